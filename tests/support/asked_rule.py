"""One rule evaluated on a few objects, without a stack around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.config.rules import RulesConfig
from provision.rules import checks
from provision.rules.evaluation import Report, evaluate
from provision.rules.model import Snapshot
from provision.rules.sources.keycloak_resource import keycloak_resource

if TYPE_CHECKING:
    from provision.config.profile import Profile
    from provision.rules.model import Resource


def asked(
    rule: str,
    *resources: Resource,
    profile: Profile = "dev",
    complete: bool = True,
    **parameters: Any,
) -> Report:
    """Return the report of one rule.

    Args:
        rule: The rule's id.
        resources: The objects.
        profile: The purpose of the stack.
        complete: Whether the realm has no other objects.
        parameters: The rule's parameters.
    """
    config = RulesConfig(parameters={rule: parameters} if parameters else {})
    return evaluate(Snapshot(resources, profile, complete), config, only=[checks.rule(rule)])


def resource(kind: str, /, **properties: Any) -> Resource:
    """Return a Keycloak object in the realm ``mcp``."""
    return keycloak_resource(kind, f"the {kind}", {"realm": "mcp", **properties})
