"""What a realm holds beyond what a stack file says of it.

The export of the realm is compared with a fresh realm in which the objects of the file were made. Each difference is
named, so that nothing has to be on a list to be named.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provision._lib.display_names import in_words
from provision._lib.errors import ProvisionError
from provision.core.record import without
from provision.keycloak import builtin, factory_realm
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.execution_tree import within
from provision.keycloak.bases.registration_policy import PROVIDER_TYPE as _POLICIES
from provision.keycloak.bases.representation import places
from provision.keycloak.objects.ldap_user_federation import KEPT_BY_KEYCLOAK, READ_APART
from provision.keycloak.objects.ldap_user_federation import PROVIDER as LDAP
from provision.keycloak.objects.ldap_user_federation import PROVIDER_TYPE as DIRECTORIES
from provision.keycloak.objects.mail_server import SMTP_SERVER
from provision.keycloak.objects.realm_key import STAMPED
from provision.keycloak.realm_document import ScopeMapping, scope_mappings
from provision.keycloak.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.core.handler import Handler, Observed
    from provision.keycloak.realm_listing import RealmListing

_USER_PROFILE: Final = "org.keycloak.userprofile.UserProfileProvider"
_OF_KINDS: Final = frozenset(
    {
        *("clients", "clientScopes", "roles", "groups", "components", "users", "organizations"),
        *("identityProviders", "identityProviderMappers", "clientPolicies", "clientProfiles"),
        *("defaultDefaultClientScopes", "defaultOptionalClientScopes"),
        *("scopeMappings", "clientScopeMappings"),
        *("keycloakVersion", "adminPermissionsClient"),
    }
)
"""The parts of an export that hold objects with kinds of their own, or nothing that a file could say."""
_ELSEWHERE: Final[Mapping[str, frozenset[str]]] = {
    "Client": frozenset(
        {"access", "secret", "protocolMappers", "defaultClientScopes", "optionalClientScopes"}
        | {"attributes.client.secret.creation.time", "registrationAccessToken", "origin"}
    ),
    "ClientScope": frozenset({"protocolMappers"}),
    "RealmRole": frozenset({"composite", "composites", "clientRole"}),
    "ClientRole": frozenset({"composite", "composites", "clientRole"}),
    "Group": frozenset({"realmRoles", "clientRoles", "path", "access", "subGroups", "subGroupCount"}),
    "IdentityProvider": frozenset({"config.clientSecret", "organizationId"}),
    "MailServer": frozenset({f"{SMTP_SERVER}.auth", f"{SMTP_SERVER}.authType"}),
    "Organization": frozenset({"identityProviders"}),
    "LdapUserFederation": frozenset({f"config.{name}" for name in KEPT_BY_KEYCLOAK | READ_APART}),
}
"""Parts of an object's representation that are objects of other kinds, secrets, or for one moment only."""
_NAMES: Final = ("clientId", "alias", "client", "clientScope", "name", "username")
_ACCOUNT_PARTS: Final = ("groups", "attributes", "email", "firstName", "lastName", "requiredActions")


@dataclass(frozen=True)
class Said:
    """An object that the stack file describes.

    Args:
        handler: The handler of its kind.
        found: The object as it is in the realm.
    """

    handler: Handler[Any]
    found: Observed[Any]


def remainder(listing: RealmListing, exported: Mapping[str, Any], said: Iterable[Said]) -> list[str]:
    """Return a phrase for each setting and object that the file does not describe, in words for people.

    Args:
        listing: The realm.
        exported: The realm's export.
        said: The objects that the file describes.
    """
    record = factory_realm.factory(listing.realm, listing.default_role)
    found = list(said)
    return [
        *_of_another_version(exported),
        *_of_the_realm(exported, record, found),
        *_of_objects(record, found),
        *_of_keycloaks_own(listing, exported, record["realm"], found),
        *_of_memberships(exported, record["realm"], found),
        *_of_roles_in_scope(exported, record["realm"], found),
        *_of_components(exported, found),
        *_of_the_profile(listing, record, found),
        *_of_service_accounts(exported),
    ]


def _of_another_version(exported: Mapping[str, Any]) -> Iterator[str]:
    """Yield a remark if another version of Keycloak than the record's made the export."""
    made_by = exported.get("keycloakVersion", VERSION)
    if made_by != VERSION:
        yield f"what Keycloak {made_by} makes otherwise than {VERSION}: it is among the following, though nobody changed it"


def _of_the_realm(exported: Mapping[str, Any], record: Mapping[str, Any], said: list[Said]) -> Iterator[str]:
    """Yield the realm's own settings, and the objects in parts of the export without a kind."""
    rest = factory_realm.without_ids({key: exported[key] for key in exported if key not in _OF_KINDS})
    fresh = {key: value for key, value in record["realm"].items() if key not in _OF_KINDS}
    rest = without(rest, _places_of_said(said))
    for item in said:
        match type(item.found.spec).__name__:
            case "Realm" | "AuthenticationBindings":
                fresh = _merged(fresh, item.handler.to_json(item.found.spec, {}, None))  # type: ignore[attr-defined]
            case "AuthenticationFlow":
                parts = within(exported, item.found.spec.alias)
                for key, names in (
                    ("authenticationFlows", parts.flows),
                    ("authenticatorConfig", parts.configs),
                ):
                    rest[key] = [each for each in rest[key] if each["alias"] not in names]
                    fresh[key] = [each for each in fresh[key] if each["alias"] not in names]
    settings = []
    for key in sorted(rest.keys() | fresh.keys()):
        now, usual = rest.get(key), fresh.get(key)
        if isinstance(now, list) and _is_named(now):
            yield from _items(key, now, usual or [])
        elif isinstance(now, dict) and any(isinstance(value, (dict, list)) for value in now.values()):
            yield from _groups_of_items(key, now, usual or {})
        else:
            settings += _differing(key, now, usual)
    if settings:
        yield f"settings of the realm: {', '.join(settings)}"


def _places_of_said(said: list[Said]) -> Iterator[tuple[str, ...]]:
    """Yield the places in the export of settings of the realm that have kinds of their own."""
    for item in said:
        match type(item.found.spec).__name__:
            case "MailServer":
                yield (SMTP_SERVER,)
            case "LocalizationTexts":
                yield "localizationTexts", item.found.spec.locale


def _items(key: str, now: list[Any], usual: list[Any]) -> Iterator[str]:
    """Yield each named object of a list that a fresh realm does not have, or has otherwise."""
    word = _singular(key)
    before = {_name(item): item for item in usual}
    after = {_name(item): item for item in now}
    for name, item in after.items():
        if name not in before:
            yield f"{word} {name}"
        elif not factory_realm.same(item, before[name]):
            yield f"{word} {name}: changed"
    if gone := sorted(before.keys() - after.keys()):
        yield f"not here, but in a new realm: {word} {', '.join(gone)}"


def _groups_of_items(key: str, now: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[str]:
    """Yield the differing parts of a mapping, such as texts by language."""
    for name in sorted(now.keys() | usual.keys()):
        if factory_realm.same(now.get(name), usual.get(name)):
            continue
        value = now.get(name)
        inner = [_name(item) for item in value] if isinstance(value, list) and _is_named(value) else []
        yield f"{_singular(key)} {name}{': ' if inner else ''}{', '.join(inner)}"


def _of_objects(record: Mapping[str, Any], said: list[Said]) -> Iterator[str]:
    """Yield the settings of the file's objects that their kinds can't say."""
    of_scopes = {
        (scope["name"], mapper["name"]): mapper
        for scope in record["realm"]["clientScopes"]
        for mapper in scope.get("protocolMappers") or ()
    }
    for item in said:
        kind, handler = type(item.found.spec).__name__, item.handler
        if kind == "Realm" or not isinstance(handler, CollectionHandler):
            continue
        usual = of_scopes.get(_mapper_key(item.found.spec), record["new"].get(kind, {}))
        try:
            made = _merged(usual, handler.to_json(item.found.spec, {}, None))
        except ProvisionError:
            continue  # this Keycloak can't have the object anew, whose kind says why
        raw, made = factory_realm.without_ids(item.found.raw), factory_realm.without_ids(made)
        elsewhere = _ELSEWHERE.get(kind, frozenset()) | frozenset(
            map(".".join, places(type(item.found.spec)).values())
        )
        if differing := [name for name in _differing("", raw, made) if not _is_within(name, elsewhere)]:
            yield f"{item.found.spec.label()}: {', '.join(differing)}"


def _is_within(path: str, parts: Iterable[str]) -> bool:
    return any(path == part or path.startswith(f"{part}.") for part in parts)


def _of_keycloaks_own(
    listing: RealmListing, exported: Mapping[str, Any], fresh: Mapping[str, Any], said: list[Said]
) -> Iterator[str]:
    """Yield what people changed in the objects that Keycloak makes itself."""
    yield from _own(exported, fresh, "clients", listing.is_factory_client)
    yield from _own(exported, fresh, "clientScopes", listing.is_factory_scope)
    described = {_mapper_key(item.found.spec) for item in said if hasattr(item.found.spec, "scope")}
    usual = {item["name"]: _by_name(item.get("protocolMappers")) for item in fresh["clientScopes"]}
    for scope in exported.get("clientScopes") or ():
        if scope["name"] in usual:
            mappers = _by_name(factory_realm.without_ids(scope.get("protocolMappers")))
            for name, mapper in mappers.items():
                if (scope["name"], name) not in described and not factory_realm.same(
                    mapper, usual[scope["name"]].get(name)
                ):
                    yield f"mapper {name} of the client scope {scope['name']}"
            if gone := sorted(usual[scope["name"]].keys() - mappers.keys()):
                yield f"not here, but in a new realm: mapper {', '.join(gone)} of the client scope {scope['name']}"
    roles = exported.get("roles") or {}
    own = [item for item in roles.get("realm") or () if listing.is_factory_role(item["name"])]
    yield from _items("realmRoles", factory_realm.without_ids(own), fresh["roles"]["realm"])
    for client, items in (roles.get("client") or {}).items():
        if client in fresh["roles"]["client"]:
            yield from (
                f"{phrase} of the client {client}"
                for phrase in _items(
                    "clientRoles", factory_realm.without_ids(items), fresh["roles"]["client"][client]
                )
            )


def _own(
    exported: Mapping[str, Any], fresh: Mapping[str, Any], part: str, is_own: Callable[[str], bool]
) -> Iterator[str]:
    """Yield the objects of a part of the export that Keycloak made, and that differ in a fresh realm."""
    word = _singular(part)
    usual = {_name(item): item for item in fresh[part]}
    there = {_name(item): item for item in exported.get(part) or () if is_own(_name(item))}
    scopes = {item["name"] for item in exported.get("clientScopes") or ()}
    ignored = _OF_NO_CHANGE
    if not scopes >= {item["name"] for item in fresh["clientScopes"]}:
        ignored = _OF_NO_CHANGE | _SCOPE_LISTS  # Keycloak's clients have lost them with the scopes
    for name, item in there.items():
        if name not in usual:
            yield f"{word} {name}, which Keycloak made"
            continue
        paths = _differing("", factory_realm.without_ids(item), usual[name])
        if differing := [path for path in paths if not _is_within(path, ignored)]:
            yield f"{word} {name}, which Keycloak made: {', '.join(differing)}"
    if gone := sorted(usual.keys() - there.keys()):
        yield f"not here, but in a new realm: {word} {', '.join(gone)}"


_SCOPE_LISTS: Final = frozenset({"defaultClientScopes", "optionalClientScopes"})
_OF_NO_CHANGE: Final = frozenset(
    {"protocolMappers", "secret", "access", "attributes.client.secret.creation.time"}
)
"""The parts of Keycloak's own clients and scopes that are compared elsewhere, or that Keycloak makes anew for each."""


def _of_memberships(exported: Mapping[str, Any], fresh: Mapping[str, Any], said: list[Said]) -> Iterator[str]:
    """Yield the places of scopes in the lists of the realm and of clients that the file does not give them."""
    given: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in said:
        spec: Any = item.found.spec
        if type(spec).__name__ == "RealmClientScopeAssignment":
            given["", spec.kind].add(spec.scope)
        elif type(spec).__name__ == "ClientScopeAssignment":
            given[spec.client, spec.kind].add(spec.scope)
    described = {getattr(item.found.spec, "client_id", None) for item in said}
    clients = [item for item in exported.get("clients") or () if item["clientId"] in described]
    for kind in ("default", "optional"):
        part = f"default{kind.capitalize()}ClientScopes"
        of_realm = set(exported.get(part) or ())
        if differing := _plus_and_minus(of_realm, set(fresh[part]) | given["", kind]):
            yield f"{kind} client scopes of the realm: {differing}"
        for client in clients:
            own = {_SERVICE_ACCOUNT} if client.get("serviceAccountsEnabled") and kind == "default" else set()
            usual = of_realm - builtin.SAML_SCOPES | own | given[client["clientId"], kind]
            if differing := _plus_and_minus(set(client.get(f"{kind}ClientScopes") or ()), usual):
                yield f"{kind} client scopes of the client {client['clientId']}: {differing}"


_SERVICE_ACCOUNT: Final = "service_account"


def _of_roles_in_scope(
    exported: Mapping[str, Any], fresh: Mapping[str, Any], said: list[Said]
) -> Iterator[str]:
    """Yield the roles in the scope of clients and client scopes that the file does not give them, and mappings that are gone."""
    there, usual = {*scope_mappings(exported)}, {*scope_mappings(fresh)}
    specs = [item.found.spec for item in said if type(item.found.spec).__name__ == "RoleScopeMapping"]
    given = {ScopeMapping(spec.scope, spec.client, spec.owner, spec.role) for spec in specs}
    yield from map(_phrase_of_mapping, sorted(there - usual - given))
    yield from (f"not here, but in a new realm: {_phrase_of_mapping(item)}" for item in sorted(usual - there))


def _phrase_of_mapping(item: ScopeMapping) -> str:
    owner = f" of the client {item.owner}" if item.owner else ""
    holder = f"client scope {item.scope}" if item.scope else f"client {item.client}"
    return f"role {item.role}{owner} in the scope of the {holder}"


def _plus_and_minus(now: set[str], usual: set[str]) -> str:
    more, less = sorted(now - usual), sorted(usual - now)
    return "; ".join(
        [*([f"also {', '.join(more)}"] if more else []), *([f"without {', '.join(less)}"] if less else [])]
    )


def _of_components(exported: Mapping[str, Any], said: list[Said]) -> Iterator[str]:
    """Yield the components without a kind: user federation, imported keys, what extensions bring."""
    keys = {
        getattr(item.found.spec, "name", "") for item in said if type(item.found.spec).__name__ == "RealmKey"
    }
    directories = {
        (DIRECTORIES, getattr(item.found.spec, "name", ""))
        for item in said
        if type(item.found.spec).__name__ == "LdapUserFederation"
    }
    for type_, items in sorted((exported.get("components") or {}).items()):
        if type_ in {_POLICIES, _USER_PROFILE}:
            continue
        for item in items:
            name, provider = item.get("name") or item["providerId"], item["providerId"]
            if type_ == factory_realm.KEYS:
                if name in keys or _is_keycloaks_key(name, provider):
                    continue
                yield f"key {name} ({provider})"
            elif (type_, name) not in directories or provider != LDAP:
                yield f"{_component_word(type_)} {name} ({provider})"


def _is_keycloaks_key(name: str, provider: str) -> bool:
    made = provider.endswith("-generated")
    return made and (name.startswith((provider, "fallback-")) or bool(STAMPED.search(name)))


def _component_word(type_: str) -> str:
    """Return the word for a component from the last part of its type, such as ``user storage provider``."""
    return in_words(type_.rpartition(".")[2])


def _of_the_profile(listing: RealmListing, record: Mapping[str, Any], said: list[Said]) -> Iterator[str]:
    now = listing.session.get(listing.realm, "users", "profile") or {}
    usual = dict(record["profile"])
    if any(type(item.found.spec).__name__ == "UserProfile" for item in said):
        now = {key: value for key, value in now.items() if key not in _PROFILE_SAYS}
        usual = {key: value for key, value in usual.items() if key not in _PROFILE_SAYS}
    if differing := _differing("", now, usual):
        yield f"user profile: {', '.join(differing)}"


_PROFILE_SAYS: Final = frozenset({"attributes", "unmanagedAttributePolicy"})


def _of_service_accounts(exported: Mapping[str, Any]) -> Iterator[str]:
    for user in exported.get("users") or ():
        parts = [part for part in _ACCOUNT_PARTS if user.get(part)]
        if parts:
            yield f"service account of the client {user.get('serviceAccountClientId')}: {', '.join(parts)}"


# -- plain data -------------------------------------------------------------------------------------------------


def _differing(path: str, now: Any, usual: Any) -> list[str]:
    """Return the paths at which two representations differ; nothing, an empty text and an empty list are the same."""
    if isinstance(now, dict) or isinstance(usual, dict):
        now, usual = now or {}, usual or {}
        if isinstance(now, dict) and isinstance(usual, dict):
            return [
                found
                for key in sorted(now.keys() | usual.keys())
                for found in _differing(f"{path}.{key}" if path else key, now.get(key), usual.get(key))
            ]
    return [] if factory_realm.same(now, usual) else [path]


def _merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(base)
    for key, value in more.items():
        below = made.get(key)
        made[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return made


def _is_named(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and _name(item) for item in items)


def _name(item: Mapping[str, Any]) -> str:
    return next((str(item[key]) for key in _NAMES if item.get(key)), "")


def _by_name(items: Iterable[Mapping[str, Any]] | None) -> dict[str, Mapping[str, Any]]:
    return {_name(item): item for item in items or ()}


def _mapper_key(spec: Any) -> tuple[str, str]:
    """Return the scope and the name of a mapper; no scope for any other object."""
    return getattr(spec, "scope", ""), getattr(spec, "name", "")


def _singular(key: str) -> str:
    return in_words(key[0].upper() + key[1:]).removesuffix("s")
