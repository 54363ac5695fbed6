"""Users of dev and test stacks (Keycloak Server Administration Guide, "Managing users")."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from provision._lib.matches import Matches
from provision.core.spec import LeftToOthers, NaturalKey, Refers, Secret, Spec, Unordered, WriteOnly
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.multivalued_fields import KeyedLists, in_order, merged
from provision.keycloak.bases.representation import Outside, RealmName
from provision.keycloak.bases.role_mappings import Roles, bring, held, role
from provision.keycloak.objects.group import group_id, path_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.handler import Observed
    from provision.core.spec import Outputs


def _without_blanks(attributes: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the attributes without empty values: Keycloak drops them, so they would differ for ever."""
    if any(not text for items in attributes.values() for text in items):
        raise ValueError(
            "Keycloak keeps no empty value of a user's attribute; an empty list takes the attribute away"
        )
    return attributes


class User(Spec, module="keycloak", group="Roles, groups and users", rank=5):
    """A person who can log in; meant for dev and test stacks (Server Administration Guide, "Managing users").

    With e-mail and both names set, Keycloak's default user profile asks for nothing more at the first login. Without
    them, a login page asks for them, and a login without a page fails (*Account is not fully set up*).
    """

    follows = ("UserProfile",)

    realm: RealmName
    username: Annotated[
        str, NaturalKey, Matches(r"[^A-Z\s]+", "must be lower case, without blanks, and not empty")
    ] = Field(description="The login name, in lower case.")
    email: Annotated[str, LeftToOthers] = Field(default="", description="E-mail address.")
    email_verified: Annotated[bool, LeftToOthers] = Field(
        default=True, description="Whether the address counts as verified."
    )
    first_name: Annotated[str, LeftToOthers] = Field(default="", description="Given name.")
    last_name: Annotated[str, LeftToOthers] = Field(default="", description="Family name.")
    enabled: Annotated[bool, LeftToOthers] = Field(default=True, description="Whether the user can log in.")
    password: Annotated[str | None, Secret, WriteOnly, Outside] = Field(
        default=None,
        description="The password; without one the user can't log in by password. With `UPDATE_PASSWORD` among the "
        "required actions, it is good for one login.",
    )
    required_actions: Annotated[tuple[str, ...], Unordered, LeftToOthers] = Field(
        default=(), description="What the next login asks for, for example `UPDATE_PASSWORD`."
    )
    attributes: Annotated[KeyedLists, AfterValidator(_without_blanks), LeftToOthers] = Field(
        default={},
        description="Each key is declared apart; Keycloak keeps only those that the user profile knows or admits.",
    )
    realm_roles: Annotated[tuple[str, ...], Unordered, Outside, Refers("RealmRole")] = Field(
        default=(), description="Realm roles besides the realm's default role."
    )
    client_roles: Annotated[KeyedLists, Outside, Refers("ClientRole")] = Field(
        default={}, description="Client roles: names by client id."
    )
    groups: Annotated[tuple[str, ...], Unordered, Outside, Refers("Group")] = Field(
        default=(), description="Paths of groups, spelled as the groups' own `path`."
    )


_ROLES, _GROUPS = "roles held", "groups joined"
_ADMITTED = {"ENABLED", "ADMIN_EDIT"}
"""The policies for attributes that the user profile does not list under which an admin may set one."""
_USERNAME = re.compile(r"[^<>&\"'$%!#?§;:,*~/\\|^=\[\]{}()`\x00-\x1f\x7f\u202e]{3,255}")


def refused_by_the_first_profile(spec: User) -> Iterator[str]:
    """Yield what the user profile of a new realm refuses of a user, or drops, as long as nobody changed the profile."""
    if not _USERNAME.fullmatch(spec.username):
        yield "username: must have 3 to 255 characters, without a punctuation mark other than . - _ + @"
    if lost := sorted(key for key, items in spec.attributes.items() if items):
        yield _dropped(lost)


def _dropped(names: Collection[str]) -> str:
    return f"attributes: the user profile does not know {', '.join(names)}, so Keycloak would drop it without a word"


class UserHandler(CollectionHandler[User]):
    """The handler of users through the Admin API."""

    rejects_duplicates = True

    def collection(self, spec: User) -> tuple[str, ...]:
        """Return the path of the realm's users."""
        del spec
        return ("users",)

    def look_up(self, key: User) -> Mapping[str, Any] | None:
        """Return the user by one query for the exact name, and one each for roles and groups, or None."""
        session = self.session
        listed = session.get(key.realm, "users", username=key.username, exact="true")
        if not listed:
            return None
        user = ("users", listed[0]["id"])
        return {
            **listed[0],
            _ROLES: held(session, key.realm, *user),
            _GROUPS: {
                path_of(session, key.realm, item): item["id"]
                for item in session.list(key.realm, *user, "groups")
            },
        }

    def from_json(self, key: User, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields without the default role, which every user has and which is not ours to give or take."""
        roles: Roles = raw[_ROLES]
        everybodys = self.session.default_role(key.realm)
        return super().from_json(key, raw) | {
            "attributes": in_order(raw.get("attributes") or {}),
            "realm_roles": tuple(name for name in roles.realm if name != everybodys),
            "client_roles": roles.client,
            "groups": tuple(raw[_GROUPS]),
        }

    def to_json(self, spec: User, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation, with the password as a credential; calls of their own give roles and groups."""
        body = super().to_json(spec, raw, names)
        body.pop(_ROLES, None)
        body.pop(_GROUPS, None)
        if names is None or "attributes" in names:
            body["attributes"] = merged(raw.get("attributes") or {}, spec.attributes)
        if spec.password is not None and (names is None or "password" in names):
            body["credentials"] = [{"type": "password", "value": spec.password, "temporary": False}]
        return body

    def find_recorded(self, key: User, recorded: Mapping[str, Any]) -> Observed[User] | None:
        """Return the user with the password of the state, which Keycloak does not tell."""
        found = self.find(key)
        password = recorded.get("password")
        if found is None or not password:
            return found
        return replace(found, spec=found.spec.model_copy(update={"password": password}))

    def create(self, spec: User) -> Outputs | None:
        """Make the user, then give the roles and groups, which must exist."""
        session = self.session
        for owner, names in Roles(spec.realm_roles, spec.client_roles).declared(None, "", ""):
            for name in sorted(names):
                role(session, spec.realm, name, owner)
        for path in spec.groups:
            group_id(session, spec.realm, path)
        self._refuse_what_is_dropped(spec)
        made = session.post(spec.realm, "users", body=self.to_json(spec, {}, None))
        self.note_made()
        self._place(spec, made, Roles(), {}, None)
        self._mention_missing(spec)
        return None

    def _refuse_what_is_dropped(self, spec: User) -> None:
        """Refuse attributes that Keycloak would drop without a word.

        Raises:
            KeycloakError: The user profile does not know an attribute.
        """
        wanted = {key for key, items in spec.attributes.items() if items}
        profile = self.session.get(spec.realm, "users", "profile") or {} if wanted else {}
        if not wanted or profile.get("unmanagedAttributePolicy") in _ADMITTED:
            return
        if lost := sorted(wanted - {item["name"] for item in profile.get("attributes", ())}):
            raise KeycloakError(
                f"The user {spec.username} in realm {spec.realm} can't be as declared: {_dropped(lost)}.",
                "List them in a UserProfile, or set its unmanagedAttributePolicy to ADMIN_EDIT.",
            )

    def _mention_missing(self, spec: User) -> None:
        """Say which values the realm's user profile asks for at the first login."""
        values = {"email": spec.email, "firstName": spec.first_name, "lastName": spec.last_name}
        empty = {name for name, value in values.items() if not value}
        if not empty:
            return
        profile = self.session.get(spec.realm, "users", "profile") or {}
        asked = [
            item["name"]
            for item in profile.get("attributes", ())
            if item["name"] in empty and "user" in (item.get("required") or {}).get("roles", ())
        ]
        if asked:
            self.context.log(
                f"{spec.username} has no {', '.join(asked)}, which the first login asks for; without a login page it fails"
            )

    def update(self, found: Observed[User], spec: User) -> Outputs | None:
        """Change the user, and the declared roles and groups; a password that is as before is not set again."""
        names = spec.model_fields_set
        if "attributes" in names:
            self._refuse_what_is_dropped(spec)
        if spec.password == found.spec.password:
            names = names - {"password"}
        super().update(found, spec.declaring(names))
        has = Roles(found.spec.realm_roles, found.spec.client_roles)
        self._place(spec, found.id, has, found.raw[_GROUPS], spec.model_fields_set)
        return None

    def _place(
        self, spec: User, user: str, has: Roles, joined: Mapping[str, str], names: Collection[str] | None
    ) -> None:
        session, wanted = self.session, Roles(spec.realm_roles, spec.client_roles)
        bring(
            session, spec.realm, ("users", user), has, wanted.declared(names, "realm_roles", "client_roles")
        )
        if names is None or "groups" in names:
            for path in sorted(set(spec.groups) - joined.keys()):
                session.put(spec.realm, "users", user, "groups", group_id(session, spec.realm, path), body={})
            for path in sorted(joined.keys() - set(spec.groups)):
                session.delete(spec.realm, "users", user, "groups", joined[path])
