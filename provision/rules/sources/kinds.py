"""The kinds that rules may look at, and the properties of each."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from provision.core.registry import catalogue
from provision.rules.sources.keycloak_resource import KEYCLOAK

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_A_STACK: Final[Mapping[str, tuple[str, ...]]] = {
    "Container": (
        *("name", "image", "user", "readOnlyRoot", "capabilitiesAdded", "capabilitiesDropped", "privileged"),
        *("environment", "arguments", "publishedOn", "mounts", "securityOptions"),
    ),
    "KeycloakServer": (
        *(
            "mode",
            "url",
            "hostname",
            "hostnameStrict",
            "http",
            "https",
            "loopback",
            "adminHostname",
            "database",
        ),
        *("replicas", "version", "features", "logLevel", "accessLogPattern", "proxyHeaders"),
        *("proxyTrustedAddresses", "introspectionAudienceCheck", "adminSecretPlain", "arguments", "external"),
    ),
    "McpServer": (
        *(
            "name",
            "url",
            "issuer",
            "issuers",
            "verifier",
            "audience",
            "introspectionUrl",
            "jwksUrl",
            "loopback",
        ),
        *(
            "tls",
            "authorizationServers",
            "sessionIdentity",
            "detailedErrors",
            "logLevel",
            "scopes",
            "toolScopes",
        ),
        *("introspectionClientId", "arguments"),
    ),
    "Resource": ("type", "inputs"),
    "Stack": ("profile", "runtime", "plainSecrets", "serversElsewhere"),
}
"""Kinds that no realm holds. ``Resource`` is any declared resource that may hold a secret in clear."""
NO_RULE_ASKS: Final[Mapping[str, str]] = {
    "LdapMapper": "no rule looks at the mappers of user federations",
    "LdapUserFederation": "user federations are read as sources of users",
    "LocalizationTexts": "no rule looks at texts",
    "Organization": "no rule looks at organizations",
    "RoleScopeMapping": "no rule looks at the roles in the scope of clients and client scopes",
}
"""Kinds of a realm that no rule looks at and that cost requests of their own, each with the reason why it is not read."""
OF_A_REALM: Final[Mapping[str, tuple[str, ...]]] = {
    "UserSource": ("realm", "name", "type", "enabled", "declared"),
}
"""Kinds that a live realm or an export shows, and that no program declares under this name."""
_READ_ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "Client": ("cibaGrant", "jwtGrant", "temporaryAdministrator"),
    "Group": ("everyone", "serviceAccounts"),
    "RealmKey": ("ageDays", "declared"),
    "RealmRole": ("everyone",),
}
"""Properties that a live realm or an export shows and no program declares."""
CONTAINER_SECRETS: Final = frozenset({"environment", "arguments"})
"""Properties of a container that reports never show, because they may hold a secret."""


@cache
def properties_of(kind: str) -> frozenset[str]:
    """Return the names of the properties of a kind.

    Raises:
        KeyError: The kind does not exist.
    """
    others = {**OF_A_STACK, **OF_A_REALM}
    own = others[kind] if kind in others else catalogue()[KEYCLOAK + kind].spec.fields()
    return frozenset((*own, *_READ_ONLY.get(kind, ())))
