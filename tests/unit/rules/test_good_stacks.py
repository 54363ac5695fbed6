"""The good stacks are what their names say."""

from __future__ import annotations

import pytest

from provision.config.rules import RulesConfig
from provision.rules.evaluation import evaluate
from provision.rules.sources import program
from provision.rules.sources.resource_input import ResourceInput
from tests.support import good_stacks
from tests.support.certificate_authority import Authority


@pytest.mark.parametrize(
    ("stack", "type_"),
    [
        ("dev", "provision:process:Keycloak"),
        ("docker", "docker:index/container:Container"),
        ("prod", "pulumi:providers:provision"),
        ("kubernetes", "kubernetes:apps/v1:StatefulSet"),
    ],
)
def test_a_good_stack_runs_where_it_says(stack, type_):
    made = good_stacks.resources(stack)
    assert all(isinstance(resource, ResourceInput) for resource in made)
    assert type_ in {resource.type for resource in made}


@pytest.mark.parametrize("stack", ["dev", "docker"])
def test_a_certificate_breaks_no_rule(stack, tmp_path):
    pair = Authority(tmp_path).issue()
    files = {"tlsCertificateFile": str(pair.certificate), "tlsKeyFile": str(pair.key)}
    made = good_stacks.resources(stack, server={"port": 3000, **files})
    snapshot = program.snapshot(made, "dev")
    (server,) = (resource for resource in snapshot.resources if resource.kind == "McpServer")
    assert (server.get("url"), server.get("tls")) == ("https://localhost:3000/mcp", True)
    plain = evaluate(good_stacks.good(stack), RulesConfig())
    secure = evaluate(snapshot, RulesConfig())
    assert _broken(secure) == _broken(plain)


def _broken(report):
    return {(finding.rule.id, finding.path) for finding in report.findings}
