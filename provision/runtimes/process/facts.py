"""The facts of the process runtime that are known before the runtime is loaded."""

from __future__ import annotations

from provision.config.runtimes import RuntimeFacts

FACTS = RuntimeFacts(
    singular="process",
    plural="processes",
    manner="as processes",
    server_key="command",
    auto_order=2,
    rule_sources={
        "provision:process:Keycloak": "provision.rules.sources.adapters.process_keycloak",
        "provision:process:McpServer": "provision.rules.sources.adapters.process_mcp_server",
    },
)
