"""Keycloak speaks HTTPS wherever others can reach it."""

from collections.abc import Iterator

from provision._lib.urls import host, is_loopback, is_plain
from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-plain-http",
    severity="high",
    title="Keycloak speaks HTTPS where others can reach it",
    why="Passwords, authorization codes and tokens cross the network in clear, and everybody on the way can use them. "
    "OAuth 2.1 wants TLS for every endpoint of an authorization server.",
    fix="https-certificate-file and https-certificate-key-file; or a proxy that speaks HTTPS in front, with proxy-headers and an https hostname",
    example="KeycloakServer: loopback: false",
    see="https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-1.5",
    on=("KeycloakServer",),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that plain HTTP stays on this machine, or between a proxy and Keycloak.

    A bare host, which `hostname` may be, is reached over https; text that begins with http: and is no URL is not on
    this machine.
    """
    url = server.get("url")
    if url and is_plain(url) and not is_loopback(host(url)):
        yield Violation("url", f"is reached at {url}, in clear")
    elif not server.get("external") and _is_open(server) and not (url and server.get("proxyHeaders")):
        yield Violation("http", "listens for plain HTTP beyond this machine, and no proxy is declared")


def _is_open(server: Resource) -> bool:
    return bool(server.get("http")) and not server.get("loopback")
