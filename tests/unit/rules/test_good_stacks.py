"""The good stacks are what their names say."""

from __future__ import annotations

import pytest

from provision.rules.declared import Resource
from tests.support import good_stacks


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
    assert all(isinstance(resource, Resource) for resource in made)
    assert type_ in {resource.type for resource in made}
