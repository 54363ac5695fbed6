"""The facts about the runtime that are needed before it is loaded."""

from provision.config.runtimes import RuntimeFacts

FACTS = RuntimeFacts(
    singular="script",
    plural="scripts",
    manner="by scripts",
    server_key="command",
    rule_sources={
        "provision:scripted:Keycloak": "provision.rules.sources.adapters.process_keycloak",
        "provision:scripted:McpServer": "provision.rules.sources.adapters.process_mcp_server",
    },
)
