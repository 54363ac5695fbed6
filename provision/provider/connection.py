"""The provider's own configuration: which Keycloak, and as whom."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision.provider.wire import UNKNOWN, Hidden, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.keycloak.api.session import Session

_WIRE = {
    "url": "url",
    "client_id": "clientId",
    "client_secret": "clientSecret",
    "ca_file": "caFile",
    "auth_realm": "authRealm",
    "features": "features",
}
_OPTIONAL = {"caFile", "authRealm", "features"}


@dataclass(frozen=True)
class Connection:
    """Where Keycloak's Admin API is and which service account uses it.

    Args:
        url: Keycloak's base address, without a trailing slash.
        client_id: The service account's client.
        client_secret: Its secret.
        ca_file: Path of a PEM bundle that https is verified with; empty for the system's trust store.
        auth_realm: The realm in which the service account is; empty for the master realm.
        features: Features that Keycloak has or gets before it is asked for anything, separated by commas.
    """

    url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    ca_file: str = ""
    auth_realm: str = ""
    features: str = ""

    @staticmethod
    def names() -> tuple[str, ...]:
        """The keys of the configuration, in the wire's spelling."""
        return tuple(_WIRE.values())

    @classmethod
    def check(cls, news: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The provider's own keys out of what the engine gives, and what is wrong with them."""
        inputs = {name: news[name] for name in cls.names() if news.get(name) is not None}
        values = {name: plain(value) for name, value in inputs.items()}
        failures = []
        if inputs and (missing := [n for n in cls.names() if n not in inputs and n not in _OPTIONAL]):
            failures.append(f"{', '.join(missing)}: must be given with the other settings of the connection")
        url = values.get("url", UNKNOWN)
        if url is not UNKNOWN and not str(url).startswith(("http://", "https://")):
            failures.append("url: must begin with http:// or https://")
        if "clientSecret" in inputs and inputs["clientSecret"] is not UNKNOWN:
            inputs["clientSecret"] = Hidden(values["clientSecret"])
        return inputs, failures

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Connection:
        """The connection out of the checked configuration."""
        values = {item.name: str(arguments.get(_WIRE[item.name]) or "") for item in fields(cls)}
        return cls(**(values | {"url": values["url"].rstrip("/")}))

    def open(self) -> Session:
        """A session on the Admin API.

        Raises:
            ProvisionError: The provider was given no connection, or a CA bundle that cannot be used.
        """
        from provision.keycloak.api.session import ServiceAccount, Session

        if not self.url:
            raise ProvisionError(
                "This resource needs a Keycloak, and its provider was given none.",
                "Pass a provider with url, clientId and clientSecret (`opts=ResourceOptions(provider=…)`).",
            )
        account = ServiceAccount(
            self.url, self.client_id, self.client_secret, self.ca_file or None, self.auth_realm or "master"
        )
        return Session(account)
