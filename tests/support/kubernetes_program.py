"""A program of a user's own that declares a production Keycloak and an MCP server on Kubernetes."""

from __future__ import annotations

import json
from typing import Any

from provision.rules.sources.resource_input import ResourceInput

_DIGEST = "@sha256:" + "5" * 64
_ISSUER = "https://login.example.org/realms/mcp"
_SETTINGS = {
    "name": "calculator",
    "host": "0.0.0.0",
    "port": 3000,
    "url": "https://mcp.example.org/mcp",
    "issuer": _ISSUER,
    "verifier": "introspection",
    "introspection_url": f"{_ISSUER}/protocol/openid-connect/token/introspect",
    "introspection_client_id": "mcp-server",
    "introspection_client_secret_file": "/run/secrets/introspection",
    "jwks_url": f"{_ISSUER}/protocol/openid-connect/certs",
    "scopes": ["mcp:tools"],
    "tool_scopes": {"multiply_numbers": ["mcp:math:multiply"]},
    "tls_certificate_file": "/run/tls/tls.crt",
    "tls_key_file": "/run/tls/tls.key",
}
KEYCLOAK = (
    "start",
    "--db=postgres",
    "--hostname=https://login.example.org",
    "--hostname-admin=https://keycloak.internal.example.org",
    "--https-certificate-file=/run/tls/tls.crt",
    "--proxy-headers=xforwarded",
    "--proxy-trusted-addresses=10.0.0.0/8",
)


def resources() -> list[ResourceInput]:
    """Return all resources."""
    return [
        workload("StatefulSet", "login", keycloak(), replicas=2),
        ResourceInput(
            "kubernetes:core/v1:ConfigMap", "calculator", {"data": {"settings.json": json.dumps(_SETTINGS)}}
        ),
        workload("Deployment", "calculator", server()),
    ]


def keycloak(**changed: Any) -> dict[str, Any]:
    """Return Keycloak's container."""
    return {
        "name": "keycloak",
        "image": f"quay.io/keycloak/keycloak:26.8.0{_DIGEST}",
        "args": list(KEYCLOAK),
        "env": [{"name": "KC_DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
        "securityContext": locked(1000),
        **changed,
    }


def server(**changed: Any) -> dict[str, Any]:
    """Return the server's container."""
    return {
        "name": "calculator",
        "image": f"registry.example.org/calculator:1{_DIGEST}",
        "env": [{"name": "MCP_SETTINGS_FILE", "value": "/run/settings/settings.json"}],
        "securityContext": locked(10001),
        **changed,
    }


def locked(user: int) -> dict[str, Any]:
    """Return the fewest rights that a container can work with."""
    return {
        "runAsUser": float(user),
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def workload(kind: str, name: str, container: Any, *, replicas: int = 1, **pod: Any) -> ResourceInput:
    """Return a Deployment or a StatefulSet of one container."""
    spec = {"replicas": float(replicas), "template": {"spec": {"containers": [container], **pod}}}
    return ResourceInput(f"kubernetes:apps/v1:{kind}", name, {"spec": spec})
