"""How what a stack runs is started: one module for each runtime, behind one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from provision.config.server import ServerConfig
    from provision.config.stack_config import StackConfig


@dataclass(frozen=True, kw_only=True)
class StartedKeycloak:
    """A Keycloak that the stack itself runs.

    Args:
        resource: What goes when it goes.
        url: Its base address as browsers and the provisioner reach it, without a trailing slash; known when it runs.
        planned_url: The same, known before it runs; None where it is not.
        data_id: Which data it has, new whenever the data was made anew; None where only Keycloak itself can tell.
        runs_in: What it runs in, where Keycloak is asked which data it has.
        senders: Addresses from which requests of this machine reach it, besides loopback ones; None for none.
    """

    resource: pulumi.Resource
    url: pulumi.Output[str]
    planned_url: pulumi.Output[str] | None = None
    data_id: pulumi.Output[str] | None = None
    runs_in: pulumi.Output[str] | None = None
    senders: pulumi.Output[Sequence[str]] | None = None


@dataclass(frozen=True, kw_only=True)
class StartedServer:
    """An MCP server that the stack itself runs.

    Args:
        url: Its canonical URI (RFC 8707).
        resource_metadata: Its protected resource metadata (RFC 9728).
    """

    url: pulumi.Output[str]
    resource_metadata: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class ServerNeeds:
    """What a server has to be told besides its own configuration.

    Args:
        issuer: The realm's issuer.
        scope: The scope that every call needs.
        client_id: The client with which it introspects; None where that is named like the server's URL.
        client_secret: That client's secret.
    """

    issuer: pulumi.Output[str]
    scope: str
    client_id: str | None
    client_secret: pulumi.Output[str]


class Deployment(Protocol):
    """A place where Keycloak and MCP servers run."""

    def keycloak(self, config: StackConfig, admin_secret: pulumi.Output[str]) -> StartedKeycloak:
        """Start Keycloak.

        Args:
            config: What the stack file says.
            admin_secret: The secret of the admin service account.
        """

    def server(self, config: ServerConfig, needs: ServerNeeds) -> StartedServer:
        """Start an MCP server.

        Args:
            config: What the stack file says of it.
            needs: What it has to be told.
        """
