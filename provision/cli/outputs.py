"""A stack's outputs as the command line shows them."""

from __future__ import annotations

from typing import Any

_SECRET_KEYS = ("demo_user", "admin")
_INTERNAL_KEYS = ("keycloak_url", "runtime")


def published(outputs: dict[str, Any], *, show_secrets: bool) -> dict[str, Any]:
    """The outputs of the contract; those that hold secrets only when they are asked for.

    Args:
        outputs: The stack's outputs, secrets in clear.
        show_secrets: Whether to keep the secrets.
    """
    shown = {key: value for key, value in outputs.items() if key not in _INTERNAL_KEYS}
    if show_secrets:
        return shown
    shown = {key: value for key, value in shown.items() if key not in _SECRET_KEYS}
    shown["servers"] = [
        {key: value for key, value in server.items() if key != "introspection"}
        for server in shown.get("servers", [])
    ]
    return shown


def named(server: dict[str, Any], outputs: dict[str, Any]) -> str:
    """The name of a server behind what is said of it, where there are several."""
    return f"  ({server['name']})" if len(outputs["servers"]) > 1 else ""
