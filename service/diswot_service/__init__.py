"""The HTTP service: a thin API, a job store, a worker."""
