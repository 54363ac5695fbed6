"""Organizations, without a Keycloak."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from provision.config.objects import DeclaredObject, in_order
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.realm_listing import RealmListing

ORGANIZATION = catalogue()["provision:keycloak:Organization"]
GIVEN = {"realm": "acme", "alias": "shop", "name": "Shop"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"alias": "two words"}, "must be without slashes and blanks"),
        ({"name": ""}, "at least 1 character"),
        ({"domains": ["Shop.example"]}, "a domain is in small letters"),
        ({"domains": ["shop example"]}, "a domain is in small letters"),
        ({"domains": ["a.example"], "verifiedDomains": ["b.example"]}, "b.example is not among domains"),
    ],
)
def test_an_organization_that_keycloak_would_refuse_is_refused_with_the_reason(more, reason):
    with pytest.raises(ValidationError, match=reason):
        ORGANIZATION.spec.model_validate({**GIVEN, **more})


def declared(*entries):
    return in_order(tuple(DeclaredObject.model_validate(entry) for entry in entries), "acme")


SHOP = {"type": "Organization", "alias": "shop", "name": "Shop"}
REALM = {"type": "Realm", "name": "acme"}


def test_an_organization_in_a_realm_that_is_declared_without_them_is_refused_before_anything_is_made():
    with pytest.raises(ValueError, match="Organization/shop needs organizationsEnabled: true of the Realm"):
        declared(REALM, SHOP)


@pytest.mark.parametrize("realm", [[], [REALM | {"organizationsEnabled": True}]])
def test_one_in_a_realm_with_organizations_or_of_another_program_is_taken(realm):
    assert "Organization/shop" in declared(*realm, SHOP)


def test_an_organization_comes_after_its_identity_providers():
    provider = {
        "type": "IdentityProvider",
        "alias": "corp",
        "authorizationUrl": "https://a",
        "tokenUrl": "https://t",
        "jwksUrl": "https://j",
        "clientId": "k",
    }
    assert [*declared(SHOP | {"identityProviders": ["corp"]}, provider)] == [
        "IdentityProvider/corp",
        "Organization/shop",
    ]


class Recorded:
    """A stand-in for the Admin API of a realm with or without organizations."""

    def __init__(self, **realm):
        self.realm = realm

    def get(self, realm, *path):
        return None if path else self.realm


@pytest.mark.parametrize(
    ("realm", "more", "reason"),
    [
        ({}, {}, "Organizations are off in realm acme"),
        (
            {"organizationsEnabled": True},
            {"identityProviders": ["corp"]},
            "There is no identity provider 'corp'",
        ),
    ],
)
def test_nothing_is_written_if_the_realm_lacks_what_an_organization_needs(monkeypatch, realm, more, reason):
    monkeypatch.setattr(ORGANIZATION, "session", Recorded(**realm))
    handler = ORGANIZATION(Context(log=lambda _line: None))
    with pytest.raises(KeycloakError, match=reason):
        handler.create(ORGANIZATION.spec.model_validate({**GIVEN, **more}))


def test_a_change_of_other_fields_keeps_the_domains_and_the_attributes():
    handler = ORGANIZATION(Context(log=lambda _line: None))
    raw = {
        "id": "1",
        "alias": "shop",
        "name": "Shop",
        "domains": [{"name": "a.example", "verified": True}, {"name": "b.example", "verified": False}],
        "attributes": {"tier": ["gold"]},
        "identityProviders": ["corp"],
    }
    body = handler.to_json(ORGANIZATION.spec.model_validate(GIVEN | {"name": "New"}), raw, {"name"})
    assert body == {key: value for key, value in raw.items() if key != "identityProviders"} | {"name": "New"}


@pytest.mark.parametrize(("enabled", "found"), [(True, ["shop"]), (False, [])])
def test_organizations_are_looked_for_only_where_the_realm_has_them(enabled, found):
    class Listed(Recorded):
        def list(self, realm, *path):
            assert enabled, "an account without the role would be refused"
            yield {"alias": "shop"}

    listing = RealmListing(Listed(organizationsEnabled=enabled), "acme")
    keys = ORGANIZATION(Context(log=lambda _line: None)).discover(listing)
    assert [key.alias for key in keys] == found
