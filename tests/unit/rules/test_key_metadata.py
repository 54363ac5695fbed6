"""How old and how long keys are, as their certificates tell."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from provision.rules.model import Inconclusive
from provision.rules.sources import export
from provision.rules.sources.key_metadata import key_metadata
from tests.support.landscape_realm import aged_key

NOW = datetime.now(UTC)


def public(key):
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def test_a_certificate_tells_the_age_and_the_size():
    _, certificate = aged_key(40)
    assert key_metadata({"certificate": certificate}, NOW) == {"ageDays": 40, "keySize": 2048}
    assert key_metadata({"certificate": certificate}, NOW + timedelta(days=2))["ageDays"] == 42


@pytest.mark.parametrize(
    ("key", "size"),
    [
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), {"keySize": 1024}),
        (ec.generate_private_key(ec.SECP256R1()), {}),
    ],
)
def test_without_a_certificate_the_age_can_not_be_told(key, size):
    told = key_metadata({"publicKey": public(key)})
    assert repr(told.pop("ageDays")) == "no certificate of it is told, which would tell its age"
    assert told == size


def exported(tmp_path, config, provider="rsa"):
    key = {"name": "signing", "providerId": provider, "config": {"priority": ["100"], **config}}
    components = {"org.keycloak.keys.KeyProvider": [key, {"name": "a", "providerId": "aes-generated"}]}
    file = tmp_path / "export.json"
    file.write_text(json.dumps({"realm": "shop", "enabled": True, "components": components}))
    (resource,) = export.snapshot(file, "prod").of_kind("RealmKey")
    return resource


def test_an_export_tells_of_a_key_as_far_as_it_has_the_certificate(tmp_path):
    _, certificate = aged_key(400)
    key = exported(tmp_path, {"certificate": [certificate]})
    assert (key.get("ageDays"), key.get("keySize"), key.get("provider")) == (400, 2048, "rsa")


def test_of_a_key_that_was_brought_along_without_a_certificate_nothing_is_taken_for_good(tmp_path):
    key = exported(tmp_path, {})
    for name in ("ageDays", "keySize"):
        with pytest.raises(Inconclusive):
            key.get(name)


def test_a_key_of_keycloaks_making_has_the_size_of_its_settings(tmp_path):
    assert exported(tmp_path, {"keySize": ["1024"]}, "rsa-generated").get("keySize") == 1024


def test_a_certificate_that_is_none_is_undecided(tmp_path):
    with pytest.raises(Inconclusive, match="not as Keycloak writes it"):
        exported(tmp_path, {"certificate": ["bm9uZQ=="]}).get("ageDays")
