"""The pages of the service, for people; they ask the API for everything that they change."""
