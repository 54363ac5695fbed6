"""What is declared of a role scope mapping, and what of an export is said by it."""

from __future__ import annotations

import pytest

from provision.config.objects import in_order
from provision.config.stack_config import read
from provision.core.handler import Context, Observed
from provision.core.registry import catalogue
from provision.keycloak import factory_realm
from provision.keycloak.objects.role_scope_mapping import RoleScopeMapping
from provision.keycloak.realm_document import ScopeMapping, scope_mappings
from provision.keycloak.realm_listing import RealmListing
from provision.keycloak.remainder import Said, remainder
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import UNKNOWN
from tests.unit.test_remainder import Recorded

_HANDLER = catalogue()["provision:keycloak:RoleScopeMapping"]


def failures(**values):
    return Lifecycle(_HANDLER, Context(log=print)).check({}, {"realm": "r", **values})[1]


@pytest.mark.parametrize("values", [{}, {"client": "c", "scope": "s"}], ids=["neither", "both"])
def test_it_is_of_a_client_or_of_a_scope(values):
    assert failures(role="x", **values) == ["give either scope or client"]


def test_no_check_judges_by_a_holder_that_is_not_known_yet():
    assert failures(role="x", client=UNKNOWN) == []
    assert failures(role="x", client=UNKNOWN, scope="s") == []


def test_its_client_its_scope_and_its_role_are_made_first():
    entries = [
        {"type": "RoleScopeMapping", "client": "shop", "role": "reader"},
        {"type": "RoleScopeMapping", "scope": "tools", "owner": "shop", "role": "own"},
        {"type": "ClientRole", "client": "shop", "name": "own"},
        {"type": "RealmRole", "name": "reader"},
        {"type": "ClientScope", "name": "tools"},
        {"type": "Client", "clientId": "shop", "redirectUris": ["https://shop.example.org/"]},
    ]
    config = read({"objects": entries}, source="f")
    names = [*in_order(config.objects, "r")]
    first, second = (
        names.index("RoleScopeMapping//shop//reader"),
        names.index("RoleScopeMapping/tools//shop/own"),
    )
    assert {"Client/shop", "RealmRole/reader"} <= {*names[:first]}
    assert {"ClientScope/tools", "ClientRole/shop/own"} <= {*names[:second]}


def test_what_a_mapping_says_is_not_named_as_left_out():
    fresh = dict(factory_realm.factory("acme", "default-roles-acme")["realm"])
    fresh["scopeMappings"] = [*fresh["scopeMappings"], {"client": "narrow", "roles": ["a", "b"]}]
    spec = RoleScopeMapping(realm="acme", client="narrow", role="a")
    said = [Said(_HANDLER(Context(log=print)), Observed("x", spec))]
    listing = RealmListing(Recorded(), "acme")
    assert remainder(listing, fresh, said) == ["role b in the scope of the client narrow"]


def test_the_mappings_of_an_export_are_those_of_realm_and_client_roles():
    exported = {
        "scopeMappings": [{"clientScope": "s", "roles": ["r1", "r2"]}, {"client": "c", "roles": ["r1"]}],
        "clientScopeMappings": {"owner": [{"client": "c", "roles": ["o1"]}]},
    }
    assert scope_mappings(exported) == [
        ScopeMapping("s", "", "", "r1"),
        ScopeMapping("s", "", "", "r2"),
        ScopeMapping("", "c", "", "r1"),
        ScopeMapping("", "c", "owner", "o1"),
    ]
