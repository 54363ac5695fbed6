"""One rule asked about a few objects, without a stack around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.config.rules import RulesConfig
from provision.rules import book
from provision.rules.declared import keycloak_thing
from provision.rules.judgement import Report, judge
from provision.rules.rule import Landscape

if TYPE_CHECKING:
    from provision.rules.rule import Profile
    from provision.rules.thing import Thing


def asked(
    rule: str,
    *things: Thing,
    profile: Profile = "dev",
    complete: bool = True,
    **parameters: Any,
) -> Report:
    """What the rule says.

    Args:
        rule: Its id.
        things: The objects.
        profile: What the stack is for.
        complete: Whether there are no others in the realm.
        parameters: The rule's parameters.
    """
    config = RulesConfig(parameters={rule: parameters} if parameters else {})
    return judge(Landscape(things, profile, complete), config, only=[book.rule(rule)])


def thing(kind: str, /, **properties: Any) -> Thing:
    """A Keycloak object in the realm ``mcp``."""
    return keycloak_thing(kind, f"the {kind}", {"realm": "mcp", **properties})
