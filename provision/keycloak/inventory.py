"""What people made in a realm, as far as its objects are found by listing; what Keycloak makes itself is left out."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.keycloak.session import Session

KEYCLOAK_CLIENTS = frozenset(
    {"account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"}
)
"""The clients that Keycloak makes in every realm."""
KEYCLOAK_SCOPES = frozenset(
    {
        "acr",
        "address",
        "basic",
        "email",
        "microprofile-jwt",
        "offline_access",
        "organization",
        "phone",
        "profile",
        "role_list",
        "roles",
        "saml_organization",
        "service_account",
        "web-origins",
    }
)
"""The client scopes that Keycloak makes in every realm."""
_ROLES = {"offline_access", "uma_authorization"}
_OF_MASTER = {"admin", "create-realm"}
_PROTOCOL = "openid-connect"


class Inventory:
    """The objects of one realm, each collection listed once and only when it is asked for.

    Args:
        session: The Admin API.
        realm: The realm.
    """

    def __init__(self, session: Session, realm: str) -> None:
        self.session = session
        self.realm = realm

    @cached_property
    def clients(self) -> list[dict[str, Any]]:
        """The OpenID Connect clients that people made."""
        return [item for item in self._clients if item.get("protocol", _PROTOCOL) == _PROTOCOL]

    @cached_property
    def scopes(self) -> list[dict[str, Any]]:
        """The OpenID Connect client scopes that people made."""
        return [item for item in self._scopes if item.get("protocol") == _PROTOCOL]

    @cached_property
    def realm_scopes(self) -> dict[str, set[str]]:
        """Names of the scopes that new clients get, by kind of membership."""
        return {
            kind: {item["name"] for item in self.listed(f"default-{kind}-client-scopes")}
            for kind in ("default", "optional")
        }

    @cached_property
    def mappers(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The protocol mappers of those scopes and clients: scope, client (one of the two is empty), mapper."""
        of_scopes = ((item["name"], "", item) for item in self.scopes)
        of_clients = (("", item["clientId"], item) for item in self.clients)
        return [
            (scope, client, mapper)
            for scope, client, owner in (*of_scopes, *of_clients)
            for mapper in owner.get("protocolMappers") or ()
            if not (client and mapper["name"] in _OF_SERVICE_ACCOUNTS)
        ]

    @cached_property
    def identity_providers(self) -> list[dict[str, Any]]:
        """The identity providers of the type that there is a kind for."""
        return [item for item in self._identity_providers if item["providerId"] == "oidc"]

    @cached_property
    def roles(self) -> list[str]:
        """The names of the realm's roles."""
        own = {
            *_ROLES,
            f"default-roles-{self.realm.lower()}",
            *(_OF_MASTER if self.realm == "master" else ()),
        }
        return [item["name"] for item in self.listed("roles") if item["name"] not in own]

    def components(self, type_: str) -> list[dict[str, Any]]:
        """The realm's components of one type."""
        realm_id = self.session.realm_id(self.realm)
        return list(self.session.get(self.realm, "components", parent=realm_id or "", type=type_) or ())

    def listed(self, *path: str) -> list[Any]:
        """A collection that is not paged."""
        return list(self.session.get(self.realm, *path) or ())

    def strangers(self) -> list[str]:
        """What people made and no kind of object is for, a phrase each."""
        users = self.session.get(self.realm, "users", "count")
        found = [f"{users} users: they are data, not configuration"] if users else []
        found += [
            f"client {item['clientId']} ({item['protocol']})"
            for item in self._clients
            if item not in self.clients
        ]
        found += [
            f"client scope {item['name']} ({item['protocol']})"
            for item in self._scopes
            if item not in self.scopes
        ]
        found += [
            f"identity provider {item['alias']} ({item['providerId']})"
            for item in self._identity_providers
            if item not in self.identity_providers
        ]
        flows = [item["alias"] for item in self.listed("authentication", "flows") if not item["builtIn"]]
        return found + [f"authentication flow {alias}" for alias in flows]

    @cached_property
    def _clients(self) -> list[dict[str, Any]]:
        found = self.session.list(self.realm, "clients")
        return [item for item in found if not self._is_keycloaks(item["clientId"])]

    def _is_keycloaks(self, client_id: str) -> bool:
        return client_id in KEYCLOAK_CLIENTS or (self.realm == "master" and client_id.endswith("-realm"))

    @cached_property
    def _scopes(self) -> list[dict[str, Any]]:
        return [item for item in self.listed("client-scopes") if item["name"] not in KEYCLOAK_SCOPES]

    @cached_property
    def _identity_providers(self) -> list[dict[str, Any]]:
        return self.listed("identity-provider", "instances")


_OF_SERVICE_ACCOUNTS = {"Client ID", "Client Host", "Client IP Address"}
"""The mappers that Keycloak adds to a client with a service account."""
