"""What rules know of the world: holes of versions, names of secrets."""

from __future__ import annotations

import re

import pytest

from provision.rules.helpers.keycloak_cves import Version, known
from provision.rules.helpers.secret_names import has_a_password, in_arguments, names_a_secret
from provision.rules.model import Resource
from tests.support.asked_rule import asked


@pytest.mark.parametrize(
    ("version", "has_it"),
    [
        ("25.0.6", True),  # before every line that was mended
        ("26.5.9", True),  # a line that was never mended
        ("26.6.7", True),
        ("26.6.8", False),
        ("26.7.4", True),
        ("26.7.5", False),
        ("26.8.0", False),  # began after the fix
    ],
)
def test_a_version_has_a_hole_until_its_line_is_mended(version, has_it):
    assert ("CVE-2026-18208" in {cve.id for cve in known().of(Version.of(version))}) is has_it


@pytest.mark.parametrize(
    ("version", "has_it"),
    [("26.4.9", False), ("26.5.9", True), ("26.6.3", True), ("26.6.4", False), ("26.7.0", False)],
)
def test_a_hole_that_came_with_something_new_is_not_in_older_lines(version, has_it):
    assert ("CVE-2026-11800" in {cve.id for cve in known().of(Version.of(version))}) is has_it


def test_every_hole_is_told_in_words_and_has_a_release_that_mends_it():
    for cve in known().cves:
        assert re.fullmatch(r"CVE-20\d\d-\d{4,}", cve.id)
        assert cve.fixed, cve.id
        assert cve.what[0].islower()
        assert not cve.what.endswith(".")
        assert cve.since is None or cve.since < min(cve.fixed)
    assert len({cve.id for cve in known().cves}) == len(known().cves)


def test_of_many_holes_the_newest_are_told_in_words_and_all_by_their_number():
    server = Resource("KeycloakServer", "a Keycloak", {"version": "24.0.0"})
    (finding,) = asked("keycloak-version", server).findings
    assert "CVE-2026-1035: one refresh token" not in finding.message
    assert "CVE-2026-79651: requests without a login" in finding.message
    assert {cve.id for cve in known().of(Version.of("24.0.0"))} == {
        *re.findall(r"CVE-\d+-\d+", finding.message)
    }


def test_the_remedy_has_none_of_the_holes():
    for text in ("24.0.0", "26.4.11", "26.6.1", "26.7.0"):
        remedy = known().mended(Version.of(text))
        assert remedy > Version.of(text)
        assert known().of(remedy) == ()


def test_versions_compare_by_numbers():
    assert Version.of("26.10.0") > Version.of("26.9.9")
    assert str(Version.of("26.4.12.redhat-00001")) == "26.4.12"


@pytest.mark.parametrize("text", ["nightly", "26.7", "999.0.0-SNAPSHOT", ""])
def test_what_is_no_release_is_no_version(text):
    assert Version.of(text) is None


@pytest.mark.parametrize(
    "name",
    [
        "MCP_CLIENT_SECRET",
        "KC_DB_PASSWORD",
        "GITHUB_TOKEN",
        "API_KEY",
        "apiKey",
        "--client-secret",
        "-Da.trustStorePassword",
    ],
)
def test_a_secret_is_known_by_its_name(name):
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "CLIENT_SECRET_FILE",
        "TOKEN_URL",
        "MAX_TOKENS",
        "PASSWORD_POLICY",
        "MONKEY",
        "MCP_SETTINGS_FILE",
        "--token-lifespan",
    ],
)
def test_a_name_that_only_sounds_like_one_is_none(name):
    assert not names_a_secret(name)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--client-secret=s3cret"], ["--client-secret"]),
        (["--client-secret", "s3cret"], ["--client-secret"]),
        (["--client-secret", "--verbose"], []),
        (["--client-secret-file=/run/secret"], []),
        (["--require-password=true"], []),
        (["PASSWORD=s3cret"], ["PASSWORD"]),
        (["--db=postgres://u:s3cret@db/x"], ["--db"]),
        (["postgres://u:s3cret@db/x"], ["an address"]),
        (["--bootstrap-admin-password=s3cret"], []),  # a rule of its own
        (["serve", "token"], []),
    ],
)
def test_secrets_among_arguments_are_told_by_their_options(words, found):
    assert list(in_arguments(words)) == found


def test_an_address_without_a_password_has_none():
    assert has_a_password("postgres://user:s3cret@db/keycloak")
    assert not has_a_password("https://login.example.org/realms/mcp")
    assert not has_a_password("http://keycloak:8080/@me")
