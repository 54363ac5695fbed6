"""What an address says of where it leads, however it is written."""

from __future__ import annotations

import pytest

from provision._lib.urls import host, is_loopback, is_plain, port_of


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://Login.example.org:8443/realms", "login.example.org"),
        ("https://user:word@login.example.org/", "login.example.org"),
        ("https://login.example.org./", "login.example.org"),
        ("//login.example.org/", "login.example.org"),
        ("http://[::1]:8080/", "::1"),
        ("cursor://anysphere.cursor-mcp/callback", "anysphere.cursor-mcp"),
        # A bare host.
        ("Login.example.org", "login.example.org"),
        ("login.example.org:8443", "login.example.org"),
        ("login.example.org:8443/realms?x=//y", "login.example.org"),
        ("login.example.org/realms", "login.example.org"),
        ("[::1]:8080", "::1"),
        ("localhost.", "localhost"),
        # No host in it.
        ("", ""),
        ("/callback", ""),
        ("?x", ""),
        ("com.example.app:/callback", ""),
        ("mailto:somebody@example.org", ""),
        ("http:login.example.org", ""),
        ("https:///realms", ""),
        # No URL.
        ("http://[::1", ""),
        ("[::1", ""),
        ("http://[localhost]:80/", ""),
        ("https://login℀.example.org/", ""),
    ],
)
def test_the_host_is_read_out_of_urls_and_bare_hosts_and_of_nothing_else(address, name):
    assert host(address) == name


@pytest.mark.parametrize("name", ["localhost", "app.localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_has_many_names(name):
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name", ["", "0.0.0.0", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.7", "keycloak"]
)
def test_other_machines_are_not_this_one(name):
    assert not is_loopback(name)


def test_plain_http_is_said_by_the_scheme_and_by_nothing_else():
    assert is_plain("HTTP://login.example.org")
    assert not is_plain("https://login.example.org")
    assert not is_plain("http.example.org:8080")


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://localhost:24762", 24762),
        ("https://localhost:8443/mcp", 8443),
        ("http://localhost", 80),
        ("https://localhost/mcp", 443),
    ],
)
def test_the_port_is_read_also_when_the_scheme_says_it(url, port):
    assert port_of(url) == port
