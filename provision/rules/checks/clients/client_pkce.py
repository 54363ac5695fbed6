"""An authorization code is useful only to the client that requested it."""

from collections.abc import Iterator
from typing import Any

from provision.keycloak.builtin import PKCE_PROFILES
from provision.rules import Resource, RuleContext, Violation, rule

_CONDITIONS = (
    "anyClient",
    "clientRoles",
    "clientScopes",
    "clientAccessType",
    "clientUpdaterContext",
    "clientUpdaterSourceHost",
    "clientIdUri",
    "conditions",
)


@rule(
    id="client-pkce",
    severity="high",
    title="Clients that log users in must use PKCE with S256",
    why="An authorization code can be stolen on its way: from a custom URL scheme, a log, a proxy. With PKCE only the program that "
    "began the login can redeem it; Keycloak does not ask for it by itself. MCP and OAuth 2.1 require it.",
    fix="requirePkce: true # or a ClientPolicy with anyClient and a ClientProfile with pkce",
    example='Client (access: "public"): requirePkce: false\nClientPolicy (name: "mcp-pkce"): enabled: false',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-code-protection",
    on=("Client",),
    beside=("ClientPolicy", "ClientProfile"),
)
def check(client: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that PKCE is required by the client itself or by a client policy."""
    if not client.get("standardFlow") or client.get("requirePkce"):
        return
    realm = client.get("realm")
    if any(
        _covers(policy, client, context) for policy in context.of("ClientPolicy", realm=realm, enabled=True)
    ):
        return
    context.all_seen("ClientPolicy")
    yield Violation("requirePkce", "logs users in without asking for PKCE, and no client policy does")


def _covers(policy: Resource, client: Resource, context: RuleContext) -> bool:
    """Return whether a policy requires PKCE of the client under no further condition."""
    stated = {name for name in _CONDITIONS if policy.get(name)}
    of_its_type = client.get("access") in ((policy.get("clientAccessType") or {}).get("type") or ())
    if (
        not stated
        or stated - {"anyClient", "clientAccessType"}
        or ("clientAccessType" in stated and not of_its_type)
    ):
        return False
    if _of(policy.get("clientAccessType") or {}, "isNegativeLogic", "is_negative_logic"):
        return False
    names = set(policy.items("profiles"))
    if names & PKCE_PROFILES:
        return True
    profiles = context.of("ClientProfile", realm=policy.get("realm"))
    return any(profile.get("name") in names and _asks(profile) for profile in profiles)


def _asks(profile: Resource) -> bool:
    if profile.get("pkce") is not None:
        return True
    return any(item.get("executor") == "pkce-enforcer" for item in profile.items("executors"))


def _of(value: dict[str, Any], *names: str) -> Any:
    return next((value[name] for name in names if name in value), None)
