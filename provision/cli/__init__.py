"""The command line, with one module per command."""

import sys


def start() -> None:
    """Run the command line; Ctrl-C ends it in the documented way even while its modules are loaded."""
    try:
        from provision.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
