"""MCP servers around a realm, known by the settings files that their operator gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provision._lib.errors import UsageError
from provision._lib.suggest import nearest
from provision.config.yaml_file import load
from provision.rules.sources.adapters.server_settings import mcp_server, properties_of_settings
from provision.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provision.rules.model import Resource, Snapshot

_KIND = "McpServer"


def with_servers(snapshot: Snapshot, files: Iterable[Path]) -> Snapshot:
    """Return a realm with servers around it; without a file the snapshot is unchanged.

    Args:
        snapshot: The realm.
        files: A settings file of each server, as JSON or YAML (:mod:`provision.server.settings`).

    Raises:
        UsageError: A file cannot be read, or holds no settings of a server.
    """
    servers = tuple(map(_server, files))
    if not servers:
        return snapshot
    unseen = {kind: why for kind, why in snapshot.unseen.items() if kind != _KIND}
    return replace(snapshot, resources=(*snapshot.resources, *servers), unseen=unseen)


def _server(file: Path) -> Resource:
    settings = load(file)
    for name in settings:
        if name not in Settings.model_fields:
            near = nearest(str(name), Settings.model_fields)
            raise UsageError(
                f"{file}: a server has no setting {str(name)!r}.",
                f"Did you mean {near}?" if near else "docs/server.md lists the settings.",
            )
    lacking = [name for name in ("name", "url", "issuer") if not isinstance(settings.get(name), str)]
    if lacking:
        raise UsageError(
            f"{file}: {lacking[0]} must be given as text.", "Give the settings file that the server reads."
        )
    return mcp_server(f"MCP server {settings['name']}", properties_of_settings(settings), own=None, paths={})
