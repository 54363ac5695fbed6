"""What `rotate` leaves alone, and what it tells the user to do instead."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from provision.cli.rotate import _obstacle
from provision.cli.stack_secrets import secrets_of
from provision.config.stack_config import read

_SECURE = {"secure": "v1:abc:def"}


def _obstacles(*, is_copy=False, starts_keycloak=True, **values):
    config = read(values, source="Pulumi.dev.yaml")
    engine = SimpleNamespace(
        stack=SimpleNamespace(is_copy=is_copy, file=SimpleNamespace(name="Pulumi.test.yaml")),
        runtime=SimpleNamespace(facts=SimpleNamespace(starts_keycloak=starts_keycloak)),
    )
    found = {secret.name: _obstacle(secret, config, engine) for secret in secrets_of(config, ())}
    return {name: obstacle for name, obstacle in found.items() if obstacle is not None}


def test_generated_and_encrypted_secrets_can_be_replaced():
    assert _obstacles(profile="test", adminClientSecret=_SECURE) == {}


def test_the_secret_of_a_server_that_runs_elsewhere_is_its_operators():
    found = _obstacles(profile="test", server={"url": "https://mcp.example.org/mcp"})
    (obstacle,) = found.values()
    assert obstacle.name == "introspectionClientSecret"
    assert "https://mcp.example.org/mcp, which the stack does not start" in obstacle.what
    assert "`provision secret set introspectionClientSecret -s STACK`" in obstacle.do


def test_of_several_servers_the_one_that_runs_elsewhere_is_left_alone():
    servers = [{"name": "here"}, {"name": "there", "url": "https://mcp.example.org/mcp"}]
    assert set(_obstacles(profile="test", servers=servers)) == {"servers[1].introspectionClientSecret"}


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ({"env": "SECRET"}, "environment variable SECRET"),
        ({"file": "/run/secret"}, "file /run/secret"),
        ({"command": ["vault", "get"]}, "command vault get"),
    ],
)
@pytest.mark.parametrize(
    ("own", "first"), [(True, "Change it there"), (False, "Change it in Keycloak and there")]
)
def test_a_secret_from_outside_is_changed_at_its_source(source, where, own, first):
    (obstacle,) = _obstacles(profile="test", adminClientSecret=source, starts_keycloak=own).values()
    assert obstacle.what == f"comes from {where}"
    assert obstacle.do.startswith(f"{first}, then run")


def test_a_file_that_other_stacks_share_is_not_written():
    (obstacle,) = _obstacles(profile="test", adminClientSecret=_SECURE, is_copy=True).values()
    assert "stands in Pulumi.test.yaml, which other stacks share" in obstacle.what
