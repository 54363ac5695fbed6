"""Policies for clients that register themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from provision.rules.definition import RuleContext
    from provision.rules.model import Resource

POLICIES: Final = "https://www.keycloak.org/securing-apps/client-registration#_client_registration_policies"
"""The page about these policies in Keycloak's guide."""


def is_missing(kind: str, realm: Resource, context: RuleContext, registration: str = "anonymous") -> bool:
    """Return whether a realm certainly has no policy of a kind.

    Args:
        kind: The kind of policy.
        realm: The realm.
        context: The realm's surroundings.
        registration: ``anonymous`` for clients without a token, ``authenticated`` for clients with one.

    Raises:
        Inconclusive: A value needed for the answer cannot be seen.
    """
    return context.none_of(kind, realm=realm.get("name"), registration=registration)


def is_anonymous(policy: Resource) -> bool:
    """Return whether a policy is for registrations without a token.

    Raises:
        Inconclusive: The kind of registration cannot be seen.
    """
    return bool(policy.get("registration") == "anonymous")
