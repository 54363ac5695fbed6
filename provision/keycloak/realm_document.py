"""A whole realm as one document: everything that a realm holds beside its users, in an order and form that can be compared.

One call reads it (Admin REST API, ``partial-export``). Objects stand under their names, so that two documents of a realm
agree however Keycloak sorts them. A document holds no ids and no secrets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.keycloak.api.session import Session

VERSION: Final = "keycloak"
"""The key of a record for the version of Keycloak; the other keys are sections of the document."""
REALM: Final = "realm"
SCOPES_OF_NEW_CLIENTS: Final = "scopes of new clients"
ROLES: Final = "roles"
DEFAULT_GROUPS: Final = "default groups"
REQUIRED_ACTIONS: Final = "required actions"
FLOWS: Final = "authentication flows"
FLOW_SETTINGS: Final = "authenticator settings"
COMPONENTS: Final = "components"
CLIENTS: Final = "clients"
CLIENT_SCOPES: Final = "client scopes"
IDENTITY_PROVIDERS: Final = "identity providers"
MAPPERS: Final = "mappers"
SCOPES: Final = "scopes"
SCOPE_MAPPINGS: Final = "roles in scope"

COMPONENT_TYPES: Final = (
    "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy",
    "org.keycloak.keys.KeyProvider",
    "org.keycloak.userprofile.UserProfileProvider",
)
"""The types of the components that a new realm may have."""
KEYS_BY_HAND: Final = frozenset({"rsa", "rsa-enc"})
"""The providers of keys that were given to Keycloak, which never tells a private key."""


class ScopeMapping(NamedTuple):
    """A role that a client or a client scope may put into tokens.

    Args:
        scope: The client scope; empty for a client.
        client: The client; empty for a client scope.
        owner: The client that the role belongs to; empty for a realm role.
        role: The role's name.
    """

    scope: str
    client: str
    owner: str
    role: str


_NOT_OF_THE_OBJECT = frozenset(
    {"id", "internalId", "containerId", "parentId", "organizationId", "keycloakVersion", "access", "origin"}
)
_SECRET = re.compile(
    r"(^|[._-])(secret|clientSecret|authTokenClientSecret|password|keystorePassword|keyPassword|privateKey|bindCredential|registrationAccessToken)$",
    re.IGNORECASE,
)
_MASK = "**********"
_ELSEWHERE = frozenset(
    {"clients", "clientScopes", "roles", "defaultRole", "defaultRoles", "groups", "defaultGroups", "users"}
    | {"defaultDefaultClientScopes", "defaultOptionalClientScopes", "scopeMappings", "clientScopeMappings"}
    | {"components", "requiredActions", "authenticationFlows", "authenticatorConfig", "identityProviders"}
    | {"identityProviderMappers", "clientPolicies", "clientProfiles", "protocolMappers", "federatedUsers"}
    | {"organizations"}
)
"""The keys of an export that have a section of their own here, or kinds of their own."""


def read(session: Session, realm: str) -> dict[str, Any] | None:
    """Return the document of a realm, or None if there is no such realm.

    Args:
        session: The Admin API.
        realm: The realm's name.

    Raises:
        KeycloakError: The service account may not read the whole realm.
    """
    raw = session.export(realm)
    return None if raw is None else of_export(raw)


def of_export(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of a realm that Keycloak exported."""
    mappings = scope_mappings(raw)
    return {
        REALM: _realm(raw),
        SCOPES_OF_NEW_CLIENTS: _kinds(raw, "defaultDefaultClientScopes", "defaultOptionalClientScopes"),
        ROLES: dict(_roles(raw.get("roles") or {})),
        DEFAULT_GROUPS: dict.fromkeys(raw.get("defaultGroups") or (), True),
        REQUIRED_ACTIONS: _by("alias", raw.get("requiredActions")),
        FLOWS: {
            item["alias"]: {
                "topLevel": item["topLevel"],
                "executions": [_plain(step) for step in item.get("authenticationExecutions") or ()],
            }
            for item in raw.get("authenticationFlows") or ()
        },
        FLOW_SETTINGS: _by("alias", raw.get("authenticatorConfig")),
        COMPONENTS: {
            component_name(type_, item): _plain(item.get("config") or {})
            for type_, items in (raw.get("components") or {}).items()
            for item in items
        },
        CLIENTS: {
            item["clientId"]: of_client(item) | _in_scope(mappings, client=item["clientId"])
            for item in raw.get("clients") or ()
        },
        CLIENT_SCOPES: {
            item["name"]: of_client_scope(item) | _in_scope(mappings, scope=item["name"])
            for item in raw.get("clientScopes") or ()
        },
        IDENTITY_PROVIDERS: {
            item["alias"]: of_identity_provider(item, raw.get("identityProviderMappers") or ())
            for item in raw.get("identityProviders") or ()
        },
    }


def of_client(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a client as it stands in a document."""
    lists = ("defaultClientScopes", "optionalClientScopes")
    own = {key: value for key, value in raw.items() if key not in {"protocolMappers", *lists}}
    return _object(own) | {
        MAPPERS: _by("name", raw.get("protocolMappers")),
        SCOPES: _kinds(raw, *lists),
        SCOPE_MAPPINGS: {},
    }


def of_client_scope(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a client scope as it stands in a document."""
    own = {key: value for key, value in raw.items() if key != "protocolMappers"}
    return _object(own) | {MAPPERS: _by("name", raw.get("protocolMappers")), SCOPE_MAPPINGS: {}}


def of_identity_provider(raw: Mapping[str, Any], mappers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an identity provider as it stands in a document."""
    own = [item for item in mappers if item.get("identityProviderAlias") == raw["alias"]]
    return _object(raw) | {MAPPERS: _by("name", own)}


def component_name(type_: str, raw: Mapping[str, Any]) -> str:
    """Return the name of a component in a document: its type, the kind inside the type, the provider and its own name."""
    return "/".join(
        filter(None, (type_.rpartition(".")[2], raw.get("subType"), raw["providerId"], raw.get("name")))
    )


def _realm(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the realm's own settings; some stand among the attributes a second time, as soon as anybody writes them."""
    own = _object({key: value for key, value in raw.items() if key not in _ELSEWHERE})
    attributes = {key: value for key, value in (own.get("attributes") or {}).items() if key not in raw}
    return own | {"attributes": attributes}


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_plain(dict(value)))


def _plain(value: Any) -> Any:
    """Return a value without ids, secrets and unset parts; lists of texts are sorted, since their order means nothing."""
    if isinstance(value, dict):
        return {
            key: _plain(part)
            for key, part in value.items()
            if key not in _NOT_OF_THE_OBJECT and not _SECRET.search(key) and not _is_unset(part)
        }
    if isinstance(value, list):
        return (
            sorted(value)
            if all(isinstance(item, str) for item in value)
            else [_plain(item) for item in value]
        )
    return value


def _is_unset(value: Any) -> bool:
    """Return whether a value is absent, empty or masked: Keycloak writes some unset values and leaves out others."""
    return value in (None, "", _MASK, [_MASK]) or (isinstance(value, (list, dict)) and not value)


def _by(key: str, items: Any) -> dict[str, Any]:
    return {
        item[key]: _plain({name: value for name, value in item.items() if name != key})
        for item in items or ()
    }


def _kinds(raw: Mapping[str, Any], default: str, optional: str) -> dict[str, str]:
    found = dict.fromkeys(raw.get(default) or (), "default")
    return found | dict.fromkeys(raw.get(optional) or (), "optional")


def role_name(name: str, client: str = "") -> str:
    """Return the name of a role in a document: its own, after the client that it belongs to."""
    return f"{client}/{name}" if client else f"/{name}"


def _roles(raw: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    owners = [("", raw.get("realm") or ()), *(raw.get("client") or {}).items()]
    for owner, items in owners:
        for item in items:
            composites = item.get("composites") or {}
            inner = [role_name(name) for name in composites.get("realm") or ()]
            inner += [
                role_name(name, client)
                for client, names in (composites.get("client") or {}).items()
                for name in names
            ]
            yield role_name(item["name"], owner), dict.fromkeys(inner, True)


def scope_mappings(raw: Mapping[str, Any]) -> list[ScopeMapping]:
    """Return the roles that the clients and client scopes of an exported realm may put into tokens."""
    groups = [("", raw.get("scopeMappings") or ()), *(raw.get("clientScopeMappings") or {}).items()]
    return [
        ScopeMapping(item.get("clientScope") or "", item.get("client") or "", owner, name)
        for owner, items in groups
        for item in items
        for name in item.get("roles") or ()
    ]


def _in_scope(mappings: Iterable[ScopeMapping], *, scope: str = "", client: str = "") -> dict[str, Any]:
    found = (item for item in mappings if (item.scope, item.client) == (scope, client))
    return {SCOPE_MAPPINGS: {role_name(item.role, item.owner): True for item in found}}
