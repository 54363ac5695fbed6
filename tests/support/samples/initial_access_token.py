"""Samples of initial access tokens."""

from tests.support.samples.sample import Sample

SAMPLES = {
    "provision:keycloak:InitialAccessToken": Sample(
        {"name": "ci/cd", "expirationSeconds": 600, "count": 3}, {}, nameless=True
    )
}
