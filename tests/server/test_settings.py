"""Settings are read once, checked once, and never repeated in an error."""

from __future__ import annotations

import json

import pytest

from provision.server.settings import SettingsError, load_settings


@pytest.fixture
def load(tmp_path, settings_document):
    def load(**changes: object):
        document = {
            name: value for name, value in {**settings_document, **changes}.items() if value != "absent"
        }
        path = tmp_path / "settings.json"
        path.write_text(json.dumps(document))
        return load_settings(path)

    return load


def test_the_defaults(load):
    settings = load()
    assert settings.host == "127.0.0.1"
    assert settings.scopes == ("mcp:tools",)
    assert settings.cache_seconds == 3
    assert settings.allowed_origins == ()
    assert (settings.path, settings.base_url) == ("/mcp", "http://localhost:3000")


def test_settings_do_not_change(load):
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"port": "absent"}, "port: is required"),
        ({"port": "3000"}, "port: Input should be a valid integer"),
        ({"port": 70000}, "port: Input should be less than or equal to 65535"),
        ({"prot": 1}, "prot: unknown setting; did you mean port?"),
        ({"zzz": 1}, "zzz: unknown setting"),
        ({"url": "http://localhost:3000/mcp/"}, "url: must end in /mcp, without a trailing slash"),
        ({"url": "http://localhost:3000"}, "url: must end in /mcp, without a trailing slash"),
        (
            {"url": "http://LOCALHOST:3000/mcp"},
            "url: must be in its canonical form: http://localhost:3000/mcp",
        ),
        ({"url": "http://localhost:80/mcp"}, "url: must be in its canonical form: http://localhost/mcp"),
        ({"url": "http://localhost/x?/mcp"}, "url: must have no query and no fragment"),
        ({"url": "ftp://localhost/mcp"}, "url: must be an http or https URL"),
        ({"url": "http://user:pw@localhost/mcp"}, "url: must not hold a user name or a password"),
        (
            {"issuer": "http://localhost:8080/realms/mcp/"},
            "issuer: must not end in a slash: clients compare the",
        ),
        ({"issuer": "localhost"}, "issuer: must be an http or https URL"),
        ({"verifier": "none"}, "verifier: Input should be 'introspection' or 'jwt'"),
        ({"jwks_url": "absent", "verifier": "jwt"}, 'verifier "jwt" needs jwks_url'),
        ({"introspection_url": "absent"}, 'verifier "introspection" needs introspection_url'),
        ({"scopes": []}, "scopes: must hold at least one scope"),
        ({"scopes": ["a b"]}, "scopes.0: must be scope names without spaces, quotes or backslashes"),
        ({"scopes": ['a"']}, "scopes.0: must be scope names without spaces, quotes or backslashes"),
        ({"scopes": ["offline_access"]}, "scopes.0: must not hold offline_access"),
        ({"scopes": ["a", "a"]}, "scopes: must not hold one entry twice"),
        ({"cache_seconds": -1}, "cache_seconds: Input should be greater than or equal to 0"),
        ({"allowed_origins": ["*"]}, "allowed_origins.0: must be exact origins such as"),
        ({"allowed_origins": ["http://a.example/"]}, "allowed_origins.0: must be exact origins such as"),
        ({"host": "0.0.0.0"}, "host 0.0.0.0 is not loopback: set tls_certificate_file and tls_key_file, or"),
        ({"host": "::"}, "host :: is not loopback"),
        ({"host": "mcp.example.com"}, "host mcp.example.com is not loopback"),
        ({"url": "http://mcp.example.com/mcp"}, "url must be https unless its host is loopback"),
        (
            {"url": "http://mcp.example.com/mcp", "tls_terminated_by_proxy": True},
            "url must be https unless its host is loopback",
        ),
        (
            {"tls_certificate_file": "a", "tls_key_file": "b"},
            "url must be https",
        ),
        ({"tls_certificate_file": "a"}, "tls_certificate_file and tls_key_file go together"),
        ({"tls_key_file": "a"}, "tls_certificate_file and tls_key_file go together"),
        ({"name": "a\nb"}, "name: must be printable characters"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(load, changes, line):
    with pytest.raises(SettingsError) as raised:
        load(**changes)
    (problem,) = raised.value.problems
    assert line in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "127.0.0.2"},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "tls_terminated_by_proxy": True},
        {"host": "0.0.0.0", "tls_terminated_by_proxy": True, "url": "https://mcp.example.com/mcp"},
        {"url": "https://mcp.example.com/mcp"},
        {"url": "http://[::1]:3000/mcp"},
        {
            "host": "0.0.0.0",
            "url": "https://mcp.example.com/mcp",
            "tls_certificate_file": "a",
            "tls_key_file": "b",
        },
    ],
    ids=str,
)
def test_what_keeps_tokens_off_the_open_wire_is_accepted(load, changes):
    assert load(**changes)


def test_every_wrong_setting_is_named(load):
    with pytest.raises(SettingsError) as raised:
        load(port=0, scopes=[])
    assert len(raised.value.problems) == 2


def test_a_secret_in_the_wrong_place_is_not_repeated(load):
    with pytest.raises(SettingsError) as raised:
        load(introspection_client_secret="hush-hush", port="hush-hush")
    assert "did you mean introspection_client_secret_file?" in str(raised.value)
    assert "hush-hush" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("text", ["", "{", "[]", '"hush-hush"', "\xff"])
def test_what_is_no_settings_file_is_said(tmp_path, text):
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError) as raised:
        load_settings(path)
    assert str(raised.value).startswith(str(path))
    assert "hush-hush" not in str(raised.value)


def test_a_settings_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SettingsError, match="No such file or directory"):
        load_settings(tmp_path / "absent.json")
