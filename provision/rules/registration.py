"""The policies for clients that register themselves, as several rules look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from provision.rules.rule import Scene
    from provision.rules.thing import Thing

POLICIES: Final = "https://www.keycloak.org/securing-apps/client-registration#_client_registration_policies"
"""Where Keycloak explains them."""


def is_missing(kind: str, realm: Thing, scene: Scene, registration: str = "anonymous") -> bool:
    """Whether a realm has certainly no policy of a kind; all that there are must let a registration pass.

    Args:
        kind: The kind of policy.
        realm: The realm.
        scene: What is there.
        registration: Whose: of clients without (``anonymous``) or with a token (``authenticated``).

    Raises:
        UndecidedError: It can't be told.
    """
    return scene.none_of(kind, realm=realm.get("name"), registration=registration)


def is_anonymous(policy: Thing) -> bool:
    """Whether a policy is for whoever registers without a token.

    Raises:
        UndecidedError: It can't be seen.
    """
    return bool(policy.get("registration") == "anonymous")
