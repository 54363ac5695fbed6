"""Users of dev and test stacks (Keycloak Server Administration Guide, "Managing users")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision.keycloak.collection import CollectionCalls
from provision.keycloak.representation import Outside, RealmName
from provision.spec import NaturalKey, Secret, Spec, WriteOnly

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class User(Spec, module="keycloak"):
    """A person who can log in; meant for dev and test stacks (Server Administration Guide, "Managing users").

    With e-mail and both names set, Keycloak's default user profile asks for nothing more at the first login.
    """

    realm: RealmName
    username: Annotated[str, NaturalKey] = Field(min_length=1, pattern=r"^[^A-Z\s]+$")
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    enabled: bool = True
    password: Annotated[str | None, Secret, WriteOnly, Outside] = None


class UserCalls(CollectionCalls[User]):
    """Users through the Admin API."""

    refuses_duplicates = True

    def collection(self, spec: User) -> tuple[str, ...]:
        """The realm's users."""
        del spec
        return ("users",)

    def look_up(self, key: User) -> Mapping[str, Any] | None:
        """One query by the exact name."""
        listed = self.context.session().get(key.realm, "users", username=key.username, exact="true")
        return dict(listed[0]) if listed else None

    def represented(
        self, spec: User, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """An address that is declared counts as verified; the password goes along as a credential."""
        body = super().represented(spec, raw, names)
        if names is None or "email" in names:
            body["emailVerified"] = bool(spec.email)
        if spec.password is not None and (names is None or "password" in names):
            body["credentials"] = [{"type": "password", "value": spec.password, "temporary": False}]
        return body
