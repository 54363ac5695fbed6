"""A Keycloak that somebody else runs: a program knows only its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.adapters.program import is_hidden
from provision.rules.thing import Thing, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.declared import Resource

_THEIRS = unreadable("known only to those who run this Keycloak")
_UNSEEN = (
    *("mode", "hostname", "hostnameStrict", "http", "loopback", "adminHostname", "database", "replicas"),
    *("version", "features", "logLevel", "accessLogPattern", "proxyHeaders", "proxyTrustedAddresses"),
    *("introspectionAudienceCheck", "adminSecretPlain"),
)


def things(resource: Resource) -> Iterator[Thing]:
    """It, if the provider has a connection at all."""
    url = resource.properties.get("url")
    if url is None:
        return
    yield Thing(
        "KeycloakServer",
        resource.name,
        {
            "url": url if is_hidden(url) else str(url).rstrip("/"),
            "https": url if is_hidden(url) else str(url).startswith("https:"),
            "external": True,
        },
        defaults=dict.fromkeys(_UNSEEN, _THEIRS),
        paths={"https": "url"},
    )
