"""Users of dev and test stacks (Keycloak Server Administration Guide, "Managing users")."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from provision.spec import Calls, Found, NaturalKey, Secret, Spec, WriteOnly


class User(Spec, module="keycloak"):
    """A person who can log in; meant for dev and test stacks (Server Administration Guide, "Managing users").

    With e-mail and both names set, Keycloak's default user profile asks for nothing more at the first login.
    """

    realm: Annotated[str, NaturalKey]
    username: Annotated[str, NaturalKey] = Field(min_length=1, pattern=r"^[^A-Z\s]+$")
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    enabled: bool = True
    password: Annotated[str | None, Secret, WriteOnly] = None


_NAMES = {"email": "email", "first_name": "firstName", "last_name": "lastName", "enabled": "enabled"}


class UserCalls(Calls[User]):
    """Users through the Admin API."""

    def find(self, key: User) -> Found[User] | None:
        """The user by the exact name."""
        listed = self.context.session().get(key.realm, "users", username=key.username, exact="true")
        if not listed:
            return None
        raw = listed[0]
        values = {field: raw[name] for field, name in _NAMES.items() if raw.get(name) is not None}
        return Found(raw["id"], User(realm=key.realm, username=key.username, **values), raw=raw)

    def create(self, spec: User) -> None:
        """Make the user with its password."""
        self.context.session().post(spec.realm, "users", body=_representation(spec))

    def update(self, found: Found[User], spec: User) -> None:
        """Change what is declared, the password included."""
        self.context.session().put(spec.realm, "users", found.id, body=_representation(spec))

    def delete(self, found: Found[User]) -> None:
        """Remove the user."""
        self.context.session().delete(found.spec.realm, "users", found.id)


def _representation(spec: User) -> dict[str, Any]:
    body: dict[str, Any] = {name: getattr(spec, field) for field, name in _NAMES.items()}
    body |= {"username": spec.username, "emailVerified": bool(spec.email)}
    if spec.password is not None:
        body["credentials"] = [{"type": "password", "value": spec.password, "temporary": False}]
    return body
