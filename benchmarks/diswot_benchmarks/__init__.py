"""What the project claims, as commands."""
