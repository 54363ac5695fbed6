"""The realm's user profile (Keycloak Server Administration Guide, "Managing the user profile")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from provision.core.handler import Observed
from provision.core.spec import Part, Spec
from provision.keycloak import factory_realm
from provision.keycloak.bases.representation import Outside, RealmName, at, read, write
from provision.keycloak.handler import KeycloakHandler

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from provision.core.spec import Outputs
    from provision.keycloak.realm_listing import RealmListing


Who = Annotated[tuple[str, ...], AfterValidator(lambda who: tuple(sorted(set(who))))]
_EVERYBODY = ("admin", "user")
_POLICY = "unmanagedAttributePolicy"


class Permissions(Part):
    """The parties that see and that change an attribute: `admin`, `user`."""

    view: Who = Field(default=_EVERYBODY, description="Who sees it: `user`, `admin`.")
    edit: Who = Field(default=_EVERYBODY, description="Who changes it: `user`, `admin`.")


class ProfileAttribute(Part):
    """An attribute that users have."""

    name: str = Field(min_length=1, description="Its name, as tokens and mappers use it.")
    display_name: str = Field(default="", description="May be a message key such as `${email}`.")
    required: Who = Field(default=(), description="Who has to fill it: `user`, `admin`; nobody when empty.")
    permissions: Permissions = Field(default=Permissions(), description="Who sees it and who changes it.")
    multivalued: bool = Field(default=False, description="Whether it may have several values.")
    validations: dict[str, Any] = Field(
        default={}, description="Validators with their settings, for example `length: {max: 255}`."
    )
    annotations: dict[str, Any] = Field(default={}, description="Hints for forms, for example `inputType`.")
    group: str = Field(default="", description="Name of the group of attributes that it is shown in.")


class UserProfile(Spec, module="keycloak", group="Realms", rank=3):
    """The attributes that users have (Server Administration Guide, "Managing the user profile").

    The list of attributes is declared as a whole and has to hold `username` and `email`. Keycloak makes the profile
    with the realm; destroy puts the former profile back.
    """

    realm: RealmName
    attributes: Annotated[tuple[ProfileAttribute, ...], Outside] = Field(
        default=(), description="All attributes, in the order of the forms; as they are when left out."
    )
    unmanaged_attribute_policy: Annotated[
        Literal["DISABLED", "ENABLED", "ADMIN_VIEW", "ADMIN_EDIT"], at(_POLICY, absent="DISABLED")
    ] = Field(default="DISABLED", description="Who may use attributes that are not listed.")


class UserProfileHandler(KeycloakHandler[UserProfile]):
    """The handler of the one profile of a realm."""

    def discover(self, listing: RealmListing) -> Iterator[UserProfile]:
        """Yield the profile, if its attributes differ from Keycloak's own."""
        raw = listing.session.get(listing.realm, "users", "profile") or {}
        usual = factory_realm.factory(listing.realm, "")["profile"]["attributes"]
        if listing.factory or _POLICY in raw or _in_order(raw.get("attributes", ())) != _in_order(usual):
            yield self.key(realm=listing.realm)

    def find(self, key: UserProfile) -> Observed[UserProfile] | None:
        """Return the profile, or None if there is no realm."""
        raw = self.session.get(key.realm, "users", "profile")
        if raw is None:
            return None
        values = read(UserProfile, raw) | {"realm": key.realm}
        attributes = tuple(_understood(item) for item in raw.get("attributes") or ())
        return Observed("profile", UserProfile.model_construct(**values, attributes=attributes), raw=raw)

    def create(self, spec: UserProfile) -> Outputs | None:
        """Change the profile, which every realm has.

        Raises:
            KeycloakError: There is no such realm.
        """
        self._put(spec, {}, spec.model_fields_set)
        return None

    def update(self, found: Observed[UserProfile], spec: UserProfile) -> Outputs | None:
        """Change the declared fields."""
        self._put(spec, found.raw, spec.model_fields_set)
        return None

    def delete(self, found: Observed[UserProfile]) -> None:
        """Do nothing: there is no realm without a profile."""

    def _put(self, spec: UserProfile, raw: Mapping[str, Any], names: Collection[str]) -> None:
        body = write(spec, raw, names)
        if body.get(_POLICY) == "DISABLED":
            del body[_POLICY]
        if spec.attributes and "attributes" in names:
            there = {item["name"]: item for item in raw.get("attributes") or ()}
            body["attributes"] = [_represented(item, there.get(item.name, {})) for item in spec.attributes]
        self.session.put(spec.realm, "users", "profile", body=body)


def _in_order(attributes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the attributes by name, each with its settings as text; their lists have no order."""
    return {item["name"]: json.dumps(_sorted(item), sort_keys=True) for item in attributes}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    return sorted(value, key=str) if isinstance(value, list) else value


def _understood(raw: Mapping[str, Any]) -> ProfileAttribute:
    named = {info.alias: name for name, info in ProfileAttribute.model_fields.items()}
    values = {named[key]: value for key, value in raw.items() if key in named and value is not None}
    values["permissions"] = Permissions.model_validate(values.get("permissions", {"view": (), "edit": ()}))
    if (required := raw.get("required")) is not None:
        values["required"] = tuple(sorted(required.get("roles") or _EVERYBODY))
    return ProfileAttribute.model_construct(**values)


def _represented(spec: ProfileAttribute, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an attribute's representation; Keycloak's further settings, such as its scopes, stay unchanged."""
    body = {**raw, **spec.model_dump(mode="json", by_alias=True)}
    if spec.required:
        body["required"] = {**(raw.get("required") or {}), "roles": list(spec.required)}
    else:
        del body["required"]
    return {key: value for key, value in body.items() if value or key == "multivalued"}
