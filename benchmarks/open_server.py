"""The reference server without authorization, for the load benchmark to compare with: all else is the same.

Started as ``python -m provision.server`` is; what the settings say of tokens is read and not used.
"""

from __future__ import annotations

import sys

from provision.server import __main__ as process


class NoVerifier:
    """Stands where the verifier does; nobody asks it about tokens."""

    async def trouble(self) -> str | None:
        """Return that all is well."""

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


def open_up() -> None:
    """Take from `provision.server.app` what looks at tokens, and leave the rest of it as it is."""
    process._prepare_imports()  # noqa: SLF001 - the libraries are to be imported as the real server imports them
    from provision.server import app

    app.ProtectedResource = lambda *_: None  # type: ignore[assignment, misc]
    app._verifier = lambda *_: NoVerifier()  # type: ignore[assignment] # noqa: SLF001


if __name__ == "__main__":
    open_up()
    sys.exit(process.main())
