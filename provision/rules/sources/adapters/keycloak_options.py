"""The reader of Keycloak's options: arguments and ``KC_*`` variables (https://www.keycloak.org/server/configuration)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision._lib.urls import is_loopback
from provision.keycloak.version import VERSION
from provision.rules.helpers.secret_names import BOOTSTRAP_ARGUMENTS, BOOTSTRAP_OPTIONS, BOOTSTRAP_VARIABLES
from provision.rules.model import MASKED, Resource
from provision.rules.sources.adapters.program import YES, Program, is_hidden
from provision.runtimes.process import launch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_OFFICIAL = re.compile(r"(^|/)keycloak/keycloak(:|@|$)")
_IMAGE = re.compile(r"(^|/)keycloakx?(:|@|$)")
_TAG = re.compile(r":v?(\d+\.\d+\.\d+)[^/@]*(@|$)")
_CERTIFICATES = ("https-certificate-file", "https-key-store-file")
_NO_AUDIENCE_CHECK = "spi-login-protocol--openid-connect--allow-token-introspection-without-audience-check"
_BUILT = frozenset({"db", "features"})  # set when an image is built, so a start need not repeat them
_PROPERTIES = {
    "mode": "",
    "url": "hostname",
    "hostname": "hostname",
    "hostnameStrict": "hostname-strict",
    "http": "http-enabled",
    "https": "https-certificate-file",
    "loopback": "http-host",
    "adminHostname": "hostname-admin",
    "database": "db",
    "features": "features",
    "logLevel": "log-level",
    "accessLogPattern": "http-access-log-pattern",
    "proxyHeaders": "proxy-headers",
    "proxyTrustedAddresses": "proxy-trusted-addresses",
    "introspectionAudienceCheck": _NO_AUDIENCE_CHECK,
    "adminSecretPlain": "bootstrap-admin-password",
}


def is_keycloak(program: Program) -> bool:
    """Return whether a program is a Keycloak: by image, main class, script or the option for the first administrator."""
    if isinstance(program.image, str) and _IMAGE.search(program.image):
        return True
    if any(name in program.environment for name in BOOTSTRAP_VARIABLES):
        return True
    return any(
        word == launch.MAIN or word.endswith("/kc.sh") or word.startswith(BOOTSTRAP_ARGUMENTS)
        for word in program.words
    )


@dataclass(frozen=True)
class Placement:
    """The surroundings of a Keycloak, which its options do not show.

    Args:
        reachable: Whether other machines can reach Keycloak, if it listens on their network; may be hidden.
        replicas: The number of replicas.
        replicas_at: The path of that number in the declared resource.
    """

    reachable: Any
    replicas: Any = 1
    replicas_at: str = ""


def keycloak_server(
    name: str, program: Program, placement: Placement, given: Mapping[str, Any] | None = None
) -> Resource:
    """Return a Keycloak that a program runs.

    Args:
        name: The Keycloak's name in reports.
        program: The program that starts Keycloak.
        placement: The surroundings of Keycloak.
        given: Options known from elsewhere.
    """
    options = _Options(program, given or {})
    return Resource(
        "KeycloakServer",
        name,
        {**_properties(options, placement), "arguments": [] if program.image else list(program.arguments)},
        secrets=frozenset({"arguments"}),
        paths={
            "arguments": program.arguments_at,
            "version": program.image_at,
            "replicas": placement.replicas_at,
            **{kind: options.at(option) for kind, option in _PROPERTIES.items()},
        },
    )


def _properties(options: _Options, placement: Placement) -> dict[str, Any]:
    mode = options.mode()
    development = mode if is_hidden(mode) else mode == "start-dev"
    # Without a host name, `start` ends at once, so the host name is in a file that can't be seen.
    hostname = options.get("hostname", None if development is True else MASKED)
    return {
        "mode": mode,
        "url": _url(hostname),
        "hostname": hostname,
        "hostnameStrict": _on(options.get("hostname-strict", _negated(development))),
        "http": _on(options.get("http-enabled", development)),
        "https": _either(options.get(name, None) for name in _CERTIFICATES),
        "loopback": _loopback(options, placement),
        "adminHostname": options.get("hostname-admin", None),
        "database": options.get("db", "dev-file"),
        "replicas": placement.replicas,
        "version": options.version(),
        "features": _names(options.get("features", "")),
        "logLevel": options.log_level(),
        "accessLogPattern": _access_log(options),
        "proxyHeaders": options.get("proxy-headers", None),
        "proxyTrustedAddresses": _names(options.get("proxy-trusted-addresses", "")),
        "introspectionAudienceCheck": _negated(_on(options.get(_NO_AUDIENCE_CHECK, False))),
        "adminSecretPlain": options.bootstrap_secret(),
    }


@dataclass(frozen=True)
class _Options:
    program: Program
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """True if this toolkit starts Keycloak; then no option is set elsewhere."""
        return launch.MAIN in self.program.words

    def get(self, name: str, default: Any) -> Any:
        """Return an option's value; arguments count before variables, and a hidden name may be any option."""
        value = self.given.get(name, self._argument(name))
        if value is None:
            value = self.program.hidden or self.program.environment.get(_variable(name))
        if value is not None:
            return value
        return MASKED if name in _BUILT and not self._settled_at_start() else default

    def at(self, name: str) -> str:
        """Return the path of an option in the declared resource, set or not."""
        variable = _variable(name)
        if name and self._argument(name) is None and variable in self.program.environment:
            return f"{self.program.environment_at}.{variable}"
        return self.program.arguments_at

    def mode(self) -> Any:
        """Return ``start`` or ``start-dev``; hidden if only the image says it."""
        for mode in ("start-dev", "start"):
            if mode in self.program.words:
                return mode
        return self.program.hidden or MASKED

    def version(self) -> Any:
        """Return the version in the image's tag."""
        if self.ours:
            return VERSION  # no other level is built into an image or used for a process
        image = self.program.image
        tag = _TAG.search(image) if isinstance(image, str) else None
        return tag.group(1) if tag else MASKED

    def log_level(self) -> Any:
        """Return all log levels in the form of ``log-level``."""
        general = self.get("log-level", "info")
        if is_hidden(general):
            return general
        return ",".join([str(general), *self._levels()])

    def bootstrap_secret(self) -> Any:
        """Return whether the first administrator's secret is given in clear."""
        if any(self._argument(name) for name in BOOTSTRAP_OPTIONS):
            return True
        if any(self.program.environment.get(name) for name in BOOTSTRAP_VARIABLES):
            return True
        return self.program.hidden or False

    def _settled_at_start(self) -> bool:
        image = self.program.image
        official = isinstance(image, str) and bool(_OFFICIAL.search(image))
        return self.ours or (official and "--optimized" not in self.program.words)

    def _levels(self) -> Iterator[str]:
        for word in self.program.words:
            if found := re.fullmatch(r"(?:--|-Dkc\.)log-level-(.+?)=(.+)", word):
                yield f"{found.group(1)}:{found.group(2)}"
        for name, value in self.program.environment.items():
            if name.startswith("KC_LOG_LEVEL_") and not is_hidden(value):
                category = name.removeprefix("KC_LOG_LEVEL_").lower().replace("_", ".")
                yield f"{category}:{value}"

    def _argument(self, name: str) -> str | None:
        words = self.program.words
        for index, word in enumerate(words):
            for start in (f"--{name}=", f"-Dkc.{name}="):
                if word.startswith(start):
                    return word.removeprefix(start)
            if word == f"--{name}" and index + 1 < len(words):
                return words[index + 1]
        return None


def _variable(option: str) -> str:
    return "KC_" + option.upper().replace("-", "_")


def _url(hostname: Any) -> Any:
    if hostname is None or is_hidden(hostname):
        return hostname
    return hostname.rstrip("/") if "://" in hostname else f"https://{hostname}"


def _loopback(options: _Options, placement: Placement) -> Any:
    if placement.reachable is False:
        return True
    listens = options.get("http-host", "")
    if not is_hidden(listens) and is_loopback(str(listens).strip("[]")):
        return True
    return next((value for value in (placement.reachable, listens) if is_hidden(value)), False)


def _access_log(options: _Options) -> Any:
    """Return the pattern of the access log; empty if there is no such log."""
    enabled = _on(options.get("http-access-log-enabled", False))
    pattern = options.get("http-access-log-pattern", "common")
    return pattern if enabled is True else enabled or ""


def reachable(addresses: Iterable[Any]) -> Any:
    """Return whether other machines can reach a port through its published addresses; may be hidden."""
    given = list(addresses)
    if any(not is_hidden(address) and not is_loopback(address) for address in given):
        return True
    return next((address for address in given if is_hidden(address)), False)


def _on(value: Any) -> Any:
    return value if is_hidden(value) else str(value).lower() in YES


def _negated(value: Any) -> Any:
    return value if is_hidden(value) else not value


def _either(values: Iterable[Any]) -> Any:
    given = [value for value in values if value is not None]
    return next((value for value in given if is_hidden(value)), bool(given))


def _names(value: Any) -> Any:
    return value if is_hidden(value) else [name.strip() for name in str(value).split(",") if name.strip()]
