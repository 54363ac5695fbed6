"""The reader of a Keycloak that somebody else runs: a program knows only its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.model import Resource, unreadable
from provision.rules.sources.adapters.program import is_hidden
from provision.rules.sources.kinds import OF_A_STACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.sources.resource_input import ResourceInput

_THEIRS = unreadable("known only to those who run this Keycloak")
_SEEN = {"url", "https", "external", "arguments"}


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the Keycloak, if the provider has a connection."""
    url = declared.properties.get("url")
    if url is None:
        return
    yield Resource(
        "KeycloakServer",
        declared.name,
        {
            "url": url if is_hidden(url) else str(url).rstrip("/"),
            "https": url if is_hidden(url) else str(url).startswith("https:"),
            "external": True,
        },
        defaults={name: _THEIRS for name in OF_A_STACK["KeycloakServer"] if name not in _SEEN},
        paths={"https": "url"},
    )
