"""The facts of the container runtime that are known before the runtime is loaded."""

from __future__ import annotations

from provision.config.runtimes import RuntimeFacts

FACTS = RuntimeFacts(
    singular="container",
    plural="containers",
    manner="in containers",
    server_key="image",
    auto_order=1,
    rule_sources={"docker:index/container:Container": "provision.rules.sources.adapters.docker_container"},
)
