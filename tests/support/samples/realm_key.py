"""A sample of a realm's key."""

from tests.support.samples.sample import Sample

SAMPLES = {
    # `curve` is for other providers than this one: see test_realm_keys.py.
    "provision:keycloak:RealmKey": Sample(
        {"name": "2027 / é", "priority": 200, "algorithm": "RS256", "keySize": 2048},
        {"priority": 50, "enabled": False, "active": False, "algorithm": "PS256", "keySize": 3072},
    ),
}
