"""The resources of a realm export: the file of ``kc.sh export``, or of the admin console's partial export."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

from provision._lib.errors import UsageError
from provision._lib.styled_text import printable
from provision._lib.validation import problems
from provision.config import json_file
from provision.keycloak.objects.realm_key import PROVIDER_TYPE
from provision.rules.model import Resource, Snapshot, unreadable
from provision.rules.sources import realm_resources
from provision.rules.sources.kinds import NO_RULE_ASKS, OF_A_STACK
from provision.rules.sources.recorded_api import PROVIDERS, RecordedApi, mappings
from provision.rules.sources.tolerant_reading import NOT_NAMES, NULLS, SWITCHES, is_placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from provision.config.profile import Profile

_EXPORT_AGAIN: Final = (
    "Write one with `kc.sh export --realm NAME --file FILE`, or with the admin console's partial export."
)
_USER_PROFILE: Final = "org.keycloak.userprofile.UserProfileProvider"
_USER_PROFILE_KEY: Final = "kc.user.profile.config"
_NOT_EXPORTED: Final = {
    **NO_RULE_ASKS,
    "InitialAccessToken": "initial access tokens are never exported",
}


class ExportError(UsageError):
    """A file that is not an export of one realm."""


class _Part(BaseModel):
    """The keys of a representation that are read here; all others are kept unchanged."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel, hide_input_in_errors=True)

    id: Any = None

    def raw(self, number: int) -> dict[str, Any]:
        """Return the form of the Admin API, where every object has an id and nothing is null."""
        raw = _without_nulls(self.model_dump(by_alias=True, exclude_unset=True))
        raw["id"] = str(self.id or f"{type(self).__name__}-{number}")
        return raw


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not null, with a list of the keys of nulls."""
    nulls = [key for key, value in values.items() if value is None]
    return {key: value for key, value in values.items() if value is not None} | (
        {NULLS: nulls} if nulls else {}
    )


def _text(value: Any) -> Any:
    """Return a value as Keycloak reads it into a map of texts, whose values may be given as JSON's own: ``true`` for ``"true"``."""
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value


def _texts(values: Any) -> Any:
    """Return a map of texts as Keycloak reads it; anything else unchanged."""
    if not isinstance(values, dict):
        return values
    return {key: _text(value) for key, value in values.items() if value is not None}


def _listed_texts(values: Any) -> Any:
    """Return a map of lists of texts as Keycloak reads it; anything else unchanged."""
    if not isinstance(values, dict):
        return values
    return {
        key: [*map(_text, value if isinstance(value, list) else [value])]
        for key, value in values.items()
        if value is not None
    }


def _names(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
    """Return a list of names; something else counts as one name that cannot be read."""
    try:
        return inner(value)
    except ValidationError:
        return [NOT_NAMES]


def _names_by_client(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
    try:
        return inner(value)
    except ValidationError:
        return {NOT_NAMES: [NOT_NAMES]}


_Names = Annotated[list[str] | None, WrapValidator(_names)]
_NamesByClient = Annotated[dict[str, _Names] | None, WrapValidator(_names_by_client)]


def _distinct(name: str) -> AfterValidator:
    """Return the check that no two parts of a list have one name; a realm has no such objects, and rules go by the name."""

    def check(parts: list[_Part]) -> list[_Part]:
        names = Counter(str(getattr(part, name)) for part in parts)
        twice = next((found for found, count in names.items() if count > 1), None)
        if twice is not None:
            raise ValueError(f"two are called {printable(twice)!r}")
        return parts

    return AfterValidator(check)


def _protocol(given: Any) -> str:
    """Return an object's protocol; one that cannot be read is judged as OpenID Connect."""
    return given if isinstance(given, str) and not is_placeholder(given) else "openid-connect"


class _Mapper(_Part):
    name: str
    protocol_mapper: str
    config: Annotated[Any, AfterValidator(_texts)] = None


class _Client(_Part):
    client_id: str
    protocol: Any = None
    service_accounts_enabled: Any = None
    protocol_mappers: Annotated[list[_Mapper], _distinct("name")] | None = None
    default_client_scopes: _Names = None
    optional_client_scopes: _Names = None
    attributes: Annotated[Any, AfterValidator(_texts)] = None

    @property
    def has_service_account(self) -> bool:
        """Return whether the client has a service account, or may have one."""
        return str(self.service_accounts_enabled).lower() not in {"none", "false"}

    def raw(self, number: int) -> dict[str, Any]:
        switches = {
            key: value.lower() == "true"
            for key in SWITCHES
            if isinstance(value := (self.model_extra or {}).get(key), str)
            and value.lower() in {"true", "false"}
        }
        raw = super().raw(number) | _mappers(self.protocol_mappers) | switches
        return raw | {"protocol": _protocol(self.protocol)}


class _Scope(_Part):
    name: str
    protocol: Any = None
    protocol_mappers: Annotated[list[_Mapper], _distinct("name")] | None = None
    attributes: Annotated[Any, AfterValidator(_texts)] = None

    def raw(self, number: int) -> dict[str, Any]:
        raw = super().raw(number) | _mappers(self.protocol_mappers)
        return raw if self.protocol is None else raw | {"protocol": _protocol(self.protocol)}


class _Component(_Part):
    name: str | None = None
    provider_id: str
    sub_type: Any = None
    config: Annotated[Any, AfterValidator(_listed_texts)] = None

    def raw(self, number: int) -> dict[str, Any]:
        return super().raw(number) | {"name": self.name or ""}


_SUB_COMPONENTS: Final = TypeAdapter(list[_Component])


class _Provider(_Part):
    alias: str
    provider_id: str
    config: Annotated[Any, AfterValidator(_texts)] = None


class _ProviderMapper(_Part):
    name: str
    identity_provider_alias: str
    identity_provider_mapper: str
    config: Annotated[Any, AfterValidator(_texts)] = None


class _Composites(_Part):
    realm: _Names = None
    client: _NamesByClient = None


class _Role(_Part):
    name: str
    composites: _Composites | None = None


class _Roles(_Part):
    realm: Annotated[list[_Role], _distinct("name")] | None = None
    client: dict[str, Annotated[list[_Role], _distinct("name")]] | None = None


class _Holder(_Part):
    realm_roles: _Names = None
    client_roles: _NamesByClient = None

    def roles(self) -> list[tuple[str, str]]:
        """Return the roles, each with its owner."""
        of_clients = (self.client_roles or {}).items()
        return [("", name) for name in self.realm_roles or ()] + [
            (owner, name) for owner, names in of_clients for name in names or ()
        ]


class _Group(_Holder):
    name: str
    sub_groups: Annotated[list[_Group], _distinct("name")] | None = None

    def raw(self, number: int, above: str = "") -> dict[str, Any]:
        own = self.id or f"{above}/{self.name}-{number}"
        below = [group.raw(place, own) for place, group in enumerate(self.sub_groups or ())]
        return super().raw(number) | {"id": own, "subGroups": below}


class _User(_Holder):
    username: str
    service_account_client_id: str | None = None
    groups: _Names = None


class _Entry(_Part):
    name: str


class _Policies(_Part):
    policies: Annotated[list[_Entry], _distinct("name")] | None = None


class _Profiles(_Part):
    profiles: Annotated[list[_Entry], _distinct("name")] | None = None


class _Realm(_Part):
    """A RealmRepresentation (Admin REST API, "Definitions")."""

    realm: str
    keycloak_version: Any = None
    clients: Annotated[list[_Client], _distinct("client_id")] | None = None
    client_scopes: Annotated[list[_Scope], _distinct("name")] | None = None
    default_default_client_scopes: _Names = None
    default_optional_client_scopes: _Names = None
    components: dict[str, list[_Component]] | None = None
    identity_providers: Annotated[list[_Provider], _distinct("alias")] | None = None
    identity_provider_mappers: list[_ProviderMapper] | None = None
    client_policies: _Policies | None = None
    client_profiles: _Profiles | None = None
    roles: _Roles | None = None
    groups: Annotated[list[_Group], _distinct("name")] | None = None
    default_groups: _Names = None
    users: Annotated[list[_User], _distinct("username")] | None = None


_MARKS: Final = {
    "accessTokenLifespan",
    "clientScopes",
    "clients",
    "components",
    "enabled",
    "identityProviders",
    "roles",
    "sslRequired",
    "users",
}
"""Keys that mark a realm: every representation of a realm has at least one."""


def snapshot(file: Path, profile: Profile) -> Snapshot:
    """Return the realm of an export.

    Args:
        file: The export.
        profile: The purpose of the realm.

    Raises:
        ExportError: The file cannot be read, or is not an export of one realm.
    """
    document = _document(file)
    try:
        realm = _Realm.model_validate(document)
    except ValidationError as error:
        first, *others = problems(error, _Realm)
        more = f" (and {len(others)} more)" if others else ""
        raise ExportError(f"{file}: {first}{more}", _EXPORT_AGAIN) from None
    resources, unseen = realm_resources.read(_recorded(realm, document))
    absent = dict.fromkeys(OF_A_STACK, "no export tells of it; audit the stack")
    if realm.keycloak_version:
        version = _marked_version(realm.keycloak_version)
        server = Resource("KeycloakServer", "Keycloak", {"version": version}, whole=False)
        resources = (server, *resources)
        del absent["KeycloakServer"]
    return Snapshot(resources, profile, unseen={**unseen, **absent})


def _marked_version(version: Any) -> Any:
    if is_placeholder(version) or not isinstance(version, str):
        return unreadable("it is not a version", damaged=True)
    return version


def _document(file: Path) -> dict[str, Any]:
    try:
        document = json_file.load(file)
    except UsageError as error:
        raise ExportError(error.what, _EXPORT_AGAIN) from None
    if isinstance(document, list) and len(document) == 1:
        (document,) = document
    if (
        isinstance(document, list)
        and document
        and all(isinstance(item, dict) and "realm" in item for item in document)
    ):
        raise ExportError(f"{file} holds {len(document)} realms, and an audit is of one.", _EXPORT_AGAIN)
    if not isinstance(document, dict) or "realm" not in document or not _MARKS & document.keys():
        raise ExportError(f"{file} is no export of a realm.", _EXPORT_AGAIN)
    return document


def _recorded(realm: _Realm, document: dict[str, Any]) -> RecordedApi:
    """Return the export as an Admin API; a missing part counts as not read."""
    recorded = RecordedApi("", realm.realm, realm.id or realm.realm)
    recorded.unread |= _NOT_EXPORTED
    recorded.store(_without_nulls(document) | {"id": recorded.id})
    recorded.store({}, "keys")
    for name, path, store in _PARTS:
        part = getattr(realm, name)
        if part is None:
            recorded.shut(f"the export has no {to_camel(name)}", *path)
        else:
            store(recorded, realm, part)
    _store_people(recorded, realm)
    return recorded


def _raw(parts: Sequence[_Part]) -> list[dict[str, Any]]:
    return [part.raw(number) for number, part in enumerate(parts)]


def _mappers(mappers: Sequence[_Mapper] | None) -> dict[str, Any]:
    return {"protocolMappers": _raw(mappers or ())}


def _store_clients(recorded: RecordedApi, realm: _Realm, clients: Sequence[_Client]) -> None:
    del realm
    recorded.store_clients(_raw(clients))


def _store_scopes(recorded: RecordedApi, realm: _Realm, scopes: Sequence[_Scope]) -> None:
    del realm
    recorded.store_scopes(_raw(scopes))


def _store_defaults(recorded: RecordedApi, realm: _Realm, names: Sequence[str]) -> None:
    kind = "default" if names is realm.default_default_client_scopes else "optional"
    recorded.store([{"id": name, "name": name} for name in names], f"default-{kind}-client-scopes")


def _store_components(
    recorded: RecordedApi, realm: _Realm, components: Mapping[str, Sequence[_Component]]
) -> None:
    del realm
    found = [
        {"subType": None, **item, "providerType": type_, "parentId": recorded.id}
        for type_, items in components.items()
        for item in _raw(items)
    ]
    found += [below for item in found for below in _below(item)]
    recorded.store(found, "components")
    keys = [item for item in found if item["providerType"] == PROVIDER_TYPE]
    recorded.store({"keys": [*_certificates(keys)]}, "keys")
    configs = [item.config for item in components.get(_USER_PROFILE, ())]
    settings = [config for config in configs if isinstance(config, dict)]
    raw = next((values[_USER_PROFILE_KEY][0] for values in settings if values.get(_USER_PROFILE_KEY)), None)
    path = ("users", "profile")
    if raw is None:
        recorded.shut("the export has no user profile of its own", *path)
        return
    try:
        recorded.store(json.loads(raw), *path)
    except (TypeError, ValueError):
        recorded.shut("the user profile of the export is not JSON", *path)


def _below(component: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the components inside a component, such as the mappers of an LDAP user federation."""
    inner = component.get("subComponents")
    for type_, items in inner.items() if isinstance(inner, dict) else ():
        for number, item in enumerate(_SUB_COMPONENTS.validate_python(items)):
            yield item.raw(number) | {"providerType": type_, "parentId": component["id"]}


def _certificates(keys: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield the certificates of an export in the form of the Admin API's key metadata."""
    for item in keys:
        config = item.get("config")
        for certificate in (config.get("certificate") if isinstance(config, dict) else None) or ():
            yield {"providerId": item["id"], "certificate": certificate}


def _store_entries(recorded: RecordedApi, realm: _Realm, document: _Policies | _Profiles) -> None:
    del realm
    name = "policies" if isinstance(document, _Policies) else "profiles"
    recorded.store(document.model_dump(by_alias=True, exclude_unset=True), "client-policies", name)


def _store_providers(recorded: RecordedApi, realm: _Realm, providers: Sequence[_Provider]) -> None:
    mappers: dict[str, list[dict[str, Any]]] = {}
    for item in _raw(realm.identity_provider_mappers or ()):
        mappers.setdefault(item["identityProviderAlias"], []).append(item)
    recorded.store_identity_providers(_raw(providers), mappers)


def _store_roles(recorded: RecordedApi, realm: _Realm, roles: _Roles) -> None:
    """Store the roles; the export refers to clients by name, the Admin API by id."""
    ids = _Ids(recorded, realm)
    for owner, own in (("", roles.realm or ()), *(roles.client or {}).items()):
        parts = {role.name: _parts_of(role, ids) for role in own}
        listed = [item | {"composite": bool(parts[item["name"]])} for item in _raw(own)]
        recorded.store_roles(listed, parts, *(("clients", ids[owner]) if owner else ()))


class _Ids(dict[str, str]):
    """The internal ids of clients by their client ids; a client that the file only names gets one, too."""

    def __init__(self, recorded: RecordedApi, realm: _Realm) -> None:
        super().__init__(
            {item.client_id: item.raw(number)["id"] for number, item in enumerate(realm.clients or ())}
        )
        self._recorded = recorded

    def __missing__(self, client_id: str) -> str:
        self[client_id] = str(self._recorded.store_absent_client(client_id)["id"])
        return self[client_id]


def _parts_of(role: _Role, ids: Mapping[str, str]) -> list[dict[str, Any]]:
    parts = role.composites or _Composites()
    return [{"name": name, "clientRole": False} for name in parts.realm or ()] + [
        {"name": name, "clientRole": True, "containerId": ids[owner]}
        for owner, names in (parts.client or {}).items()
        for name in names or ()
    ]


def _store_groups(recorded: RecordedApi, realm: _Realm, groups: Sequence[_Group]) -> None:
    recorded.store_groups(_raw(groups))
    recorded.store([{"path": path} for path in realm.default_groups or ()], "default-groups")


def _member_of(recorded: RecordedApi, path: str) -> dict[str, Any]:
    """Return a group by the path that an export tells, in which a slash of a name is written ``~/``.

    The groups above it are stored where the export does not hold them.
    """
    above: dict[str, Any] = {}
    for name in (part.replace("~/", "/") for part in re.split(r"(?<!~)/", path.removeprefix("/"))):
        own = f"{above.get('id', 'path of')}/{name}"
        above = {"id": own, "name": name} | ({"parentId": above["id"]} if above else {})
        recorded.store(above, "groups", own, is_whole=False)
    return above


def _store_people(recorded: RecordedApi, realm: _Realm) -> None:
    """Store the users; a partial export has only the users of service accounts, a whole export may have none."""
    users = realm.users or []
    raw = _raw(users)
    recorded.store(raw, "users")
    for item, user in zip(raw, users, strict=True):
        recorded.store(mappings(user.roles()), "users", item["id"], "role-mappings")
        joined = [_member_of(recorded, path) for path in user.groups or ()]
        recorded.store(joined, "users", item["id"], "groups")
    if realm.roles is None:
        recorded.unread["ClientRole"] = "the export has no roles"
    if all(user.service_account_client_id for user in users):
        recorded.unread["User"] = "the export has no people"
    accounts = {
        user.service_account_client_id: user.roles() for user in users if user.service_account_client_id
    }
    enabled = {item.client_id for item in realm.clients or () if item.has_service_account}
    if realm.clients is not None:
        recorded.store_service_accounts(accounts)
    if not enabled <= accounts.keys():
        recorded.unread["ServiceAccountRole"] = "the export has not the users of all service accounts"
        return
    recorded.members = {}
    for user in users:
        for path in user.groups or () if user.service_account_client_id else ():
            recorded.members.setdefault(path, []).append(str(user.service_account_client_id))


_PARTS: Final[Sequence[tuple[str, tuple[str, ...], Callable[[RecordedApi, _Realm, Any], None]]]] = (
    ("clients", ("clients",), _store_clients),
    ("client_scopes", ("client-scopes",), _store_scopes),
    ("default_default_client_scopes", ("default-default-client-scopes",), _store_defaults),
    ("default_optional_client_scopes", ("default-optional-client-scopes",), _store_defaults),
    ("components", ("components",), _store_components),
    ("components", ("users", "profile"), lambda *_: None),
    ("client_policies", ("client-policies", "policies"), _store_entries),
    ("client_profiles", ("client-policies", "profiles"), _store_entries),
    ("identity_providers", PROVIDERS, _store_providers),
    ("roles", ("roles",), _store_roles),
    ("groups", ("groups",), _store_groups),
)
"""Each part of an export with its path in the Admin API, and the function that stores it."""
