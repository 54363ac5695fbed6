"""URNs are taken apart in one place."""

from __future__ import annotations

import pytest

from provision._lib.urn import Urn, is_urn


def test_a_urn_has_a_stack_a_project_a_type_and_a_name():
    urn = Urn.parse("urn:pulumi:dev::shop::provision:index:McpStack$provision:keycloak:Realm::realm::of::it")
    assert urn == Urn("dev", "shop", "provision:keycloak:Realm", "realm::of::it")


@pytest.mark.parametrize(
    "text", ["client cli in realm mcp", "", "urn:other:x::y::z::a", "urn:pulumi:dev::shop"]
)
def test_other_text_is_no_urn(text):
    assert is_urn(text) == text.startswith("urn:pulumi:")
    with pytest.raises(ValueError, match=r"no URN|unpack"):
        Urn.parse(text)
