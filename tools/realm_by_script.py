"""A script that sets up the realm of the MCP authorization tutorial with plain python-keycloak, without this toolkit.

The script is the baseline of the benchmarks, and its realm serves the tests of the proofs: the same objects that a dev
stack has, made by one script that runs once. It ignores existing objects; a second run fails at the realm.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from pathlib import Path
from typing import Any

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakError

SCOPE = "mcp:tools"
TRUSTED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "vscode.dev",
    "insiders.vscode.dev",
    "code.visualstudio.com",
    "claude.ai",
    "claude.com",
]
POLICY_TYPE = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"

EXACT_REDIRECT = r"^(https?|cursor)://[^/?#*]+(/[^*#]*)?$"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keycloak-url", required=True, help="for example http://localhost:8080")
    parser.add_argument("--admin-client-id", required=True, help="service account in the master realm")
    parser.add_argument("--admin-secret-file", required=True, type=Path)
    parser.add_argument("--realm", default="mcp")
    parser.add_argument("--server-url", default="http://localhost:3000/mcp", help="the MCP server's URL")
    parser.add_argument("--introspection-client-id", default="mcp-server")
    parser.add_argument("--introspection-secret-file", type=Path, help="made up when left out")
    parser.add_argument("--public-client-id", default="mcp-client")
    parser.add_argument("--username", default="demo")
    parser.add_argument("--password-file", type=Path, help="made up when left out")
    return parser.parse_args()


def secret(file: Path | None) -> str:
    return file.read_text(encoding="utf-8").strip() if file else secrets.token_urlsafe(24)


def connect(options: argparse.Namespace) -> KeycloakAdmin:
    connection = KeycloakOpenIDConnection(
        server_url=f"{options.keycloak_url}/",
        realm_name="master",
        client_id=options.admin_client_id,
        client_secret_key=secret(options.admin_secret_file),
        grant_type="client_credentials",
    )
    return KeycloakAdmin(connection=connection)


def create_scope(admin: KeycloakAdmin, options: argparse.Namespace) -> None:
    scope_id = admin.create_client_scope(
        {
            "name": SCOPE,
            "protocol": "openid-connect",
            "attributes": {
                "include.in.token.scope": "true",
                "display.on.consent.screen": "true",
                "consent.screen.text": "Use the tools of the MCP server on your behalf",
            },
        }
    )
    admin.add_default_default_client_scope(scope_id)
    audience = {"included.custom.audience": options.server_url}
    admin.add_mapper_to_client_scope(scope_id, mapper("audience-config", audience))
    # Since the fix for CVE-2026-37979 the introspecting client must be an audience too.
    introspection = {"included.client.audience": options.introspection_client_id}
    admin.add_mapper_to_client_scope(scope_id, mapper("introspection-audience", introspection))


def mapper(name: str, audience: dict[str, str]) -> dict[str, Any]:
    # Not for introspection: Keycloak would add the audience to the answer about tokens with a narrowed audience.
    config = {"access.token.claim": "true", "id.token.claim": "false", "introspection.token.claim": "false"}
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {**config, **audience},
    }


def trust_hosts(admin: KeycloakAdmin) -> None:
    for policy in admin.get_components({"type": POLICY_TYPE}):
        if policy["subType"] != "anonymous":
            continue
        if policy["providerId"] == "trusted-hosts":
            policy["config"]["trusted-hosts"] = TRUSTED_HOSTS
            admin.update_component(policy["id"], policy)
        elif policy["providerId"] == "allowed-client-templates":
            policy["config"]["allowed-client-scopes"] = [SCOPE]
            admin.update_component(policy["id"], policy)


def require_pkce_and_limit_registration(admin: KeycloakAdmin) -> None:
    by_itself = {"update-client-source": ["ByAnonymous", "ByRegistrationAccessToken"]}
    public = {"allowed-client-authenticators": ["none"], "default-client-authenticator": "none"}
    exact = {"allowed-patterns": [EXACT_REDIRECT], "client-uri-fields": ["redirectUris"]}
    rules = {
        "mcp-pkce": (
            {"condition": "any-client", "configuration": {}},
            [{"executor": "pkce-enforcer", "configuration": {"auto-configure": "true"}}],
        ),
        "mcp-registered": (
            {"condition": "client-updater-context", "configuration": by_itself},
            [
                {"executor": "secure-client-authenticator", "configuration": public},
                {"executor": "secure-client-uris-pattern", "configuration": exact},
            ],
        ),
    }
    profiles = [{"name": name, "executors": executors} for name, (_, executors) in rules.items()]
    policies = [
        {"name": name, "enabled": True, "conditions": [condition], "profiles": [name]}
        for name, (condition, _) in rules.items()
    ]
    where = f"admin/realms/{admin.connection.realm_name}/client-policies"
    for kind, items in (("profiles", profiles), ("policies", policies)):
        answer = admin.connection.raw_put(f"{where}/{kind}", data=json.dumps({kind: items}))
        answer.raise_for_status()


def create_clients(admin: KeycloakAdmin, options: argparse.Namespace) -> None:
    admin.create_client(
        {
            "clientId": options.introspection_client_id,
            "secret": secret(options.introspection_secret_file),
            "publicClient": False,
            "standardFlowEnabled": False,
            "directAccessGrantsEnabled": False,
            "serviceAccountsEnabled": False,
        }
    )
    admin.create_client(
        {
            "clientId": options.public_client_id,
            "publicClient": True,
            "standardFlowEnabled": True,
            "directAccessGrantsEnabled": False,
            "consentRequired": True,
            "fullScopeAllowed": False,
            "redirectUris": ["http://127.0.0.1/", "http://localhost/callback", "https://vscode.dev/redirect"],
            "attributes": {"pkce.code.challenge.method": "S256"},
        }
    )


def create_user(admin: KeycloakAdmin, options: argparse.Namespace) -> None:
    admin.create_user(
        {
            "username": options.username,
            "enabled": True,
            "email": f"{options.username}@example.org",
            "emailVerified": True,
            "firstName": "Demo",
            "lastName": "User",
            "credentials": [{"type": "password", "value": secret(options.password_file), "temporary": False}],
        }
    )


def main() -> int:
    options = arguments()
    try:
        admin = connect(options)
        admin.create_realm({"realm": options.realm, "enabled": True})
        admin.change_current_realm(options.realm)
        create_scope(admin, options)
        trust_hosts(admin)
        require_pkce_and_limit_registration(admin)
        create_clients(admin, options)
        create_user(admin, options)
    except (KeycloakError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
