"""The command line."""

from diswot.cli.app import main

__all__ = ["main"]
