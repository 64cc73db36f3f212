"""The command line."""


def main() -> None:
    """Run the command line; all that takes time to import is imported under the watch for Ctrl-C."""
    try:
        from diswot.cli.interrupt import heeding

        with heeding():
            from diswot.cli.app import main as run

            run()
    except KeyboardInterrupt:  # before anybody watched
        import sys

        sys.stderr.write("interrupted\n")
        sys.exit(130)


__all__ = ["main"]
