"""Client metadata comes from hosts that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.examples import CLIENT_METADATA
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_DOCUMENT = "clientIdMetadataDocument"


@rule(
    id="client-metadata-domains",
    severity="medium",
    title="Client metadata comes from hosts that are known",
    why="With the address of its metadata as its id, whoever can publish a document on a trusted host is a client, and may send"
    " users to every trusted host. With a wildcard that is everybody who gets a page or a name below the domain. Keycloak "
    "fetches the document, also from hosts that only it can reach.",
    fix="clientIdMetadataDocument: {trustedDomains: [vscode.dev, claude.ai]}",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-id-metadata-document-security",
    on=("ClientProfile",),
    parameters={"allowed": []},
    breaks=tuple(
        (
            CLIENT_METADATA,
            Set(Where("ClientProfile", {"name": "metadata"}), {_DOCUMENT: {"trustedDomains": [domain]}}),
        )
        for domain in ("*", "*.example.org")
    ),
)
def check(profile: Thing, scene: Scene) -> Iterator[Violation]:
    """No trusted domain has a wildcard."""
    for domain in profile.items(f"{_DOCUMENT}.trustedDomains"):
        if "*" in domain and domain not in scene.parameters["allowed"]:
            yield Violation(
                f"{_DOCUMENT}.trustedDomains", f"takes client metadata from every host that fits {domain}"
            )
