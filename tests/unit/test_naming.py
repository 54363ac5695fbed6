"""What people call a resource."""

from __future__ import annotations

import pytest

from provision._lib.display_names import shown_name


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (
            "urn:pulumi:dev::p::provision:index:McpStack$provision:keycloak:Client::mcp-client",
            "client mcp-client",
        ),
        ("urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", "stack p-dev"),
        ("urn:pulumi:dev::p::provision:keycloak:ClientScope::mcp::tools", "client scope mcp::tools"),
        ("urn:pulumi:dev::p::provision:keycloak:Client::Client/old", "client old"),
        ("urn:pulumi:dev::p::kubernetes:apps/v1:StatefulSet::keycloak", "stateful set keycloak"),
        ("urn:pulumi:dev::p::provision:process:Keycloak::keycloak", "keycloak"),
        ("urn:pulumi:dev::p::provision:keycloak:Client::a\x1b[2J", "client a�[2J"),
        ("urn:pulumi:dev::p::pulumi:providers:provision::login", "provider login"),
        ("client cli in realm mcp", "client cli in realm mcp"),
        ("client\ncli", "client�cli"),
    ],
)
def test_a_urn_is_shown_as_words(resource, name):
    assert shown_name(resource) == name
