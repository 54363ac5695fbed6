"""The objects in a realm, as far as a listing finds them; Keycloak's own objects only on request."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from provision._lib.counts import counted
from provision._lib.hints import hint
from provision.keycloak import builtin, factory_realm
from provision.keycloak.bases.flow_names import FLOWS
from provision.keycloak.objects.ldap_user_federation import PROVIDER, PROVIDER_TYPE, SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.keycloak.api.admin_api import AdminApi

_PROTOCOL = "openid-connect"


class RealmListing:
    """The objects of one realm; each collection is listed once, at its first use.

    Args:
        session: The Admin API.
        realm: The realm.
        factory: Whether the listing includes the objects that Keycloak makes itself.
    """

    def __init__(self, session: AdminApi, realm: str, *, factory: bool = False) -> None:
        self.session = session
        self.realm = realm
        self.factory = factory

    @cached_property
    def exported(self) -> dict[str, Any]:
        """The realm's export: in one call, what the Admin API otherwise tells object by object; empty if there is no realm.

        Raises:
            ForbiddenError: The service account may not export the realm.
        """
        return dict(self.session.export(self.realm) or {})

    @cached_property
    def default_role(self) -> str:
        """The name of the role that every user has; a realm keeps it when it gets another name."""
        found = (self.session.get(self.realm) or {}).get("defaultRole") or {}
        return str(found.get("name") or builtin.default_role(self.realm))

    @cached_property
    def clients(self) -> list[dict[str, Any]]:
        """The OpenID Connect clients."""
        return [item for item in self._clients if _speaks_openid(item)]

    @cached_property
    def clients_by_id(self) -> dict[str, dict[str, Any]]:
        """The OpenID Connect clients by their client ids."""
        return {item["clientId"]: item for item in self.clients}

    @cached_property
    def scopes(self) -> list[dict[str, Any]]:
        """The OpenID Connect client scopes."""
        return [item for item in self._scopes if _is_openid_scope(item)]

    @cached_property
    def realm_scopes(self) -> dict[str, set[str]]:
        """Names of the scopes that new clients get, by kind of membership."""
        return {
            kind: {item["name"] for item in self.listed(f"default-{kind}-client-scopes")}
            for kind in ("default", "optional")
        }

    @cached_property
    def mappers(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The protocol mappers of the scopes and clients: scope, client (one of the two is empty), mapper."""
        of_scopes = ((item["name"], "", item) for item in self.scopes)
        of_clients = (("", item["clientId"], item) for item in self.clients)
        return [
            (scope, client, mapper)
            for scope, client, owner in (*of_scopes, *of_clients)
            for mapper in owner.get("protocolMappers") or ()
            if not (client and mapper["name"] in builtin.SERVICE_ACCOUNT_MAPPERS)
        ] + self._mappers_of_keycloaks_scopes()

    def _mappers_of_keycloaks_scopes(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return the mappers that people added to the scopes that Keycloak makes, or changed there."""
        if self.factory:
            return []  # the scopes are listed like all others
        fresh = factory_realm.factory(self.realm, self.default_role)["realm"]["clientScopes"]
        usual = {
            (scope["name"], mapper["name"]): mapper
            for scope in fresh
            for mapper in scope.get("protocolMappers") or ()
        }
        return [
            (scope["name"], "", mapper)
            for scope in self._all_scopes
            if self.is_factory_scope(scope["name"]) and scope.get("protocol") == _PROTOCOL
            for mapper in scope.get("protocolMappers") or ()
            if not factory_realm.same(
                factory_realm.without_ids(mapper), usual.get((scope["name"], mapper["name"]))
            )
        ]

    @cached_property
    def identity_providers(self) -> list[dict[str, Any]]:
        """The OpenID Connect identity providers."""
        return [item for item in self._identity_providers if _is_openid_provider(item)]

    @cached_property
    def roles(self) -> list[str]:
        """The names of the realm's roles."""
        names = [item["name"] for item in self.listed("roles")]
        return [name for name in names if self.factory or not self.is_factory_role(name)]

    @cached_property
    def flows(self) -> list[dict[str, Any]]:
        """The authentication flows, without the sub-flows."""
        return self.listed(*FLOWS)

    def is_factory_client(self, client_id: str) -> bool:
        """Return whether Keycloak makes the client of that name itself."""
        return builtin.is_client(self.realm, client_id)

    def is_factory_scope(self, name: str) -> bool:
        """Return whether Keycloak makes the client scope of that name itself."""
        return name in builtin.KEYCLOAK_SCOPES

    def is_factory_role(self, name: str) -> bool:
        """Return whether Keycloak makes the realm role of that name itself."""
        return name == self.default_role or builtin.is_role(self.realm, name)

    def components(self, type_: str, parent: str = "") -> list[dict[str, Any]]:
        """Return the components of one type in the realm itself, or in the component with an id."""
        holder = parent or self.session.realm_id(self.realm) or ""
        return list(self.session.get(self.realm, "components", parent=holder, type=type_) or ())

    @cached_property
    def organizations(self) -> list[dict[str, Any]]:
        """The organizations, which are not asked for where the realm has none: that takes a role of its own."""
        if not (self.session.get(self.realm) or {}).get("organizationsEnabled"):
            return []
        return [*self.session.list(self.realm, "organizations")]

    @cached_property
    def ldap_federations(self) -> list[dict[str, Any]]:
        """The LDAP user federations."""
        return [item for item in self.components(PROVIDER_TYPE) if item["providerId"] == PROVIDER]

    def listed(self, *path: str) -> list[Any]:
        """Return the items of a collection without pages."""
        return list(self.session.get(self.realm, *path) or ())

    def strangers(self, *, own_users: int = 0) -> list[str]:
        """Return a phrase for each object that people made and that has no kind here.

        Args:
            own_users: How many users of the realm are known already.
        """
        users = max(0, (self.session.get(self.realm, "users", "count") or 0) - own_users)
        found = [f"{counted(users, 'user')} (data, not configuration)"] if users else []
        found += [
            f"client {item['clientId']} ({item['protocol']})"
            for item in self._clients
            if not _speaks_openid(item)
        ]
        found += [
            f"client scope {item['name']} ({item['protocol']})"
            for item in self._scopes
            if not _is_openid_scope(item)
        ]
        found += [
            f"identity provider {item['alias']} ({item['providerId']})"
            for item in self._identity_providers
            if not _is_openid_provider(item)
        ]
        return found

    def strange_keys(self) -> list[tuple[str, ...]]:
        """Return the kind and name of each client, scope and identity provider of a protocol without a kind here."""
        return [
            *(("Client", item["clientId"]) for item in self._clients if not _speaks_openid(item)),
            *(("ClientScope", item["name"]) for item in self._scopes if not _is_openid_scope(item)),
            *(
                ("IdentityProvider", item["alias"])
                for item in self._identity_providers
                if not _is_openid_provider(item)
            ),
        ]

    def secrets(self) -> list[str]:
        """Return a phrase for the secrets of the realm, which no stack file can take over."""
        clients = [
            item["clientId"] for item in self.clients if item.get("secret") and not item.get("publicClient")
        ]
        found = (
            [f"secrets of the clients {', '.join(clients)}: another Keycloak makes new ones"]
            if clients
            else []
        )
        for item in self.identity_providers:
            if (item.get("config") or {}).get("clientSecret"):
                command = hint("secret set", f"objects.IdentityProvider/{item['alias']}.clientSecret")
                found.append(
                    f"clientSecret of the identity provider {item['alias']}: it stays; another Keycloak needs it ({command})"
                )
        of_mail = (self.session.get(self.realm) or {}).get("smtpServer") or {}
        for name in ("password", "authTokenClientSecret"):
            if of_mail.get(name):
                command = hint("secret set", f"objects.MailServer.{name}")
                found.append(f"{name} of the mail server: it stays; another Keycloak needs it ({command})")
        for item in self.ldap_federations:
            if (item.get("config") or {}).get(SECRET):
                command = hint("secret set", f"objects.LdapUserFederation/{item['name']}.{SECRET}")
                found.append(
                    f"{SECRET} of the LDAP user federation {item['name']}: it stays; another Keycloak needs it ({command})"
                )
        return found

    @cached_property
    def _clients(self) -> list[dict[str, Any]]:
        found = self.session.list(self.realm, "clients")
        return [item for item in found if self.factory or not self.is_factory_client(item["clientId"])]

    @cached_property
    def _all_scopes(self) -> list[dict[str, Any]]:
        return self.listed("client-scopes")

    @cached_property
    def _scopes(self) -> list[dict[str, Any]]:
        found = self._all_scopes
        return [item for item in found if self.factory or not self.is_factory_scope(item["name"])]

    @cached_property
    def _identity_providers(self) -> list[dict[str, Any]]:
        return self.listed("identity-provider", "instances")


def _speaks_openid(client: Mapping[str, Any]) -> bool:
    return bool(client.get("protocol", _PROTOCOL) == _PROTOCOL)


def _is_openid_scope(scope: Mapping[str, Any]) -> bool:
    return bool(scope.get("protocol") == _PROTOCOL)


def _is_openid_provider(provider: Mapping[str, Any]) -> bool:
    return bool(provider["providerId"] == "oidc")
