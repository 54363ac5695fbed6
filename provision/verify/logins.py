"""The logins of a run, one for each kind of client that the stack lets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.proofs.login import login
from provision.verify.proofs.login_pre_registered import login_pre_registered

if TYPE_CHECKING:
    from provision.verify.authorization_code import Login
    from provision.verify.context import Context


def logins(context: Context) -> tuple[Login, ...]:
    """Return the logins to clients that registered themselves, or else to the pre-registered client."""
    if context.target.registration:
        return context.need(login)
    return (context.need(login_pre_registered),)
