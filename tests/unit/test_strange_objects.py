"""Which objects of a realm are neither of the stack nor Keycloak's own; `adopt --update` takes these in."""

from __future__ import annotations

import pytest

from provision.core.registry import catalogue
from provision.core.spec import ADOPTED_FROM
from provision.provider.unmanaged import strange_to


def _held(kind, id_, **outputs):
    return {"type": f"provision:keycloak:{kind}", "id": id_, "urn": f"urn::{kind}", "outputs": outputs}


def _key(kind, **parts):
    return catalogue()[f"provision:keycloak:{kind}"].spec.model_construct(realm="acme", **parts)


_STATE = [
    _held("Realm", "acme"),
    _held("Client", "acme/ours"),
    _held("Client", "acme/theirs", **{ADOPTED_FROM: "[secret]"}),
    {"type": "pulumi:pulumi:Stack", "urn": "urn::stack"},
    {"type": "provision:keycloak:RealmRole", "urn": "urn::not-made-yet"},
]


@pytest.mark.parametrize(
    ("kind", "parts", "is_strange"),
    [
        ("Client", {"client_id": "ours"}, False),
        ("Client", {"client_id": "theirs"}, False),
        ("Client", {"client_id": "rogue"}, True),
        ("RealmRole", {"name": "boss"}, True),
        ("AudienceMapper", {"client": "theirs", "scope": "", "name": "aud"}, True),
        ("TrustedHostsPolicy", {"registration": "anonymous"}, False),  # Keycloak's own
        ("RealmKey", {"name": "fallback-RS256"}, False),  # Keycloak made it when it needed one
        ("ClientScopeAssignment", {"client": "theirs", "scope": "email"}, False),
        ("ClientScopeAssignment", {"client": "rogue", "scope": "email"}, True),  # comes with its client
    ],
)
def test_what_is_strange_to_a_stack(kind, parts, is_strange):
    assert strange_to(_STATE)(_key(kind, **parts)) is is_strange
