"""The facts of the external runtime that are known before the runtime is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.hints import hint
from provision.config.runtimes import RuntimeFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.config.stack_config import StackConfig


def _problems(config: StackConfig) -> Iterator[str]:
    if config.keycloak.port is not None:
        yield "keycloak.port is for a Keycloak that is started here; leave it out"
    if config.admin_client_secret is None:
        yield (
            "adminClientSecret is not set, and an external Keycloak has its own; "
            f"run {hint('secret set', 'adminClientSecret')}"
        )


FACTS = RuntimeFacts(
    singular="process",
    plural="processes",
    manner="as processes",
    server_key="command",
    starts_keycloak=False,
    is_recorded=False,
    problems=_problems,
    rule_sources={"pulumi:providers:provision": "provision.rules.sources.adapters.external_keycloak"},
)
