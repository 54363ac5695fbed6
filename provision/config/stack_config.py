"""The whole configuration of a stack, as it stands under ``provision:`` in ``Pulumi.<stack>.yaml``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator

from provision.config.concept import Concept
from provision.config.keycloak import KeycloakConfig
from provision.config.names import NAMESPACE
from provision.config.objects import DeclaredObject, declared, in_order
from provision.config.realm import (
    ClientConfig,
    DemoUserConfig,
    RealmConfig,
    RegistrationConfig,
    ScopeConfig,
)
from provision.config.server import ServerConfig
from provision.errors import UsageError
from provision.validation import problems

if TYPE_CHECKING:
    from collections.abc import Mapping

_STILL_ENCRYPTED = "secure"


class StackConfig(Concept):
    """A stack.

    Raises:
        pydantic.ValidationError: See :func:`read` for the readable form.
    """

    profile: Literal["dev", "test", "prod"] = "dev"
    """What the defaults are for: `dev` and `test` generate secrets and have a demo user, `prod` does neither."""
    runtime: Literal["process", "external"] = "process"
    """Where Keycloak runs: as a process of this machine, or wherever somebody else runs it (`keycloak.url`)."""
    keycloak: KeycloakConfig = KeycloakConfig()
    """The Keycloak of the stack."""
    realm: RealmConfig = RealmConfig()
    """The realm."""
    scope: ScopeConfig = ScopeConfig()
    """The client scope that tokens need."""
    registration: RegistrationConfig = RegistrationConfig()
    """Who may register clients."""
    clients: tuple[ClientConfig, ...] = Field(default=(ClientConfig(),), min_length=1)
    """The pre-registered public clients."""
    demo_user: DemoUserConfig = DemoUserConfig()
    """Somebody who can log in at once."""
    server: ServerConfig = ServerConfig()
    """The MCP server."""
    mcp: bool = True
    """Declare the MCP server and what it needs in the realm; off, the stack declares `objects` only."""
    objects: tuple[DeclaredObject, ...] = ()
    """More objects of the realm, each with its `type` (docs/resources) and its fields; `provision adopt` writes them."""
    admin_client_secret: SecretStr | None = Field(default=None, min_length=16)
    """The admin service account's secret."""
    introspection_client_secret: SecretStr | None = Field(default=None, min_length=16)
    """The secret with which the server introspects."""
    demo_user_password: SecretStr | None = Field(default=None, min_length=4)
    """The demo user's password."""

    @model_validator(mode="after")
    def _ports_differ(self) -> StackConfig:
        if self.keycloak.port is not None and self.keycloak.port == self.server.port:
            raise ValueError(
                f"keycloak.port and server.port are both {self.server.port}; give one of them another"
            )
        return self

    @model_validator(mode="after")
    def _keycloak_fits_the_runtime(self) -> StackConfig:
        external = self.runtime == "external"
        if external != (self.keycloak.url is not None):
            raise ValueError("runtime: external and keycloak.url go together; give both or neither")
        if external and self.keycloak.port is not None:
            raise ValueError("keycloak.port is for a Keycloak that is started here; leave it out")
        if external and self.admin_client_secret is None:
            raise ValueError(
                "adminClientSecret is not set, and an external Keycloak has its own; "
                "run `provision secret set adminClientSecret`"
            )
        return self

    @model_validator(mode="after")
    def _tools_need_more(self) -> StackConfig:
        if self.scope.name in self.server.further_scopes:
            raise ValueError(f"server.toolScopes names {self.scope.name}, which every tool needs anyway")
        return self

    @model_validator(mode="after")
    def _clients_differ(self) -> StackConfig:
        names = [client.client_id for client in self.clients] + [self.server.client_id]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the client id {twice[0]} is given twice")
        return self

    @model_validator(mode="after")
    def _production_is_not_on_this_machine(self) -> StackConfig:
        if self.profile == "prod" and self.mcp and self.server.url is None:
            raise ValueError("server.url is not set; in production the server's public URL must be declared")
        for name, url in (("keycloak.url", self.keycloak.url), ("server.url", self.server.url)):
            if url is not None and url.startswith("http:") and not _is_loopback(url):
                raise ValueError(f"{name} must be https: tokens and secrets would cross the network in clear")
        return self

    @model_validator(mode="after")
    def _production_names_its_secrets(self) -> StackConfig:
        if self.profile != "prod":
            return self
        for key, value in (
            ("adminClientSecret", self.admin_client_secret),
            ("introspectionClientSecret", self.introspection_client_secret),
        ):
            if value is None and (self.mcp or key == "adminClientSecret"):
                raise ValueError(
                    f"{key} is not set, and only dev and test stacks generate secrets; "
                    f"run `provision secret set {key}`"
                )
        return self

    @model_validator(mode="after")
    def _the_realm_is_declared_once(self) -> StackConfig:
        realms = [item for item in self.objects if item.type == "Realm"]
        if len(realms) != (0 if self.mcp else 1):
            where = "the key realm" if self.mcp else "one of objects, as mcp is off"
            raise ValueError(f"the realm is declared by {where}")
        in_order(self.objects, self.realm.name)  # refuses what is declared twice
        if realms and declared(realms[0], self.realm.name).identity() != self.realm.name:
            raise ValueError("realm.name and the name of the Realm in objects differ")
        return self

    @property
    def registration_enabled(self) -> bool:
        """Whether clients may register themselves."""
        given = self.registration.enabled
        return self.profile != "prod" if given is None else given

    @property
    def events(self) -> bool:
        """Whether logins and administrative changes are kept."""
        return self.profile == "prod" if self.realm.events is None else self.realm.events

    @property
    def throw_away(self) -> bool:
        """Whether the stack may generate what a production stack must be given."""
        return self.profile in {"dev", "test"}


def read(values: Mapping[str, Any], *, source: str) -> StackConfig:
    """The configuration out of the values under ``provision:``.

    Args:
        values: Key (without the namespace) → value; objects may be given as JSON text, as Pulumi hands them over.
        source: The file, for the error message.

    Raises:
        UsageError: A key is unknown or a value is wrong. Names every problem, never a value.
    """
    data = {key: _parsed(value) for key, value in values.items()}
    try:
        return StackConfig.model_validate(data)
    except ValidationError as error:
        lines = "\n".join(
            f"  {NAMESPACE}:{problem}" if problem.path else f"  {problem}"
            for problem in problems(error, StackConfig)
        )
        raise UsageError(
            f"The configuration in {source} is wrong:\n{lines}",
            f"Correct {source}; `provision schema` prints what is allowed.",
        ) from None


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def _parsed(value: Any) -> Any:
    """Pulumi hands objects over as JSON text; everything else stays what it is."""
    if isinstance(value, dict) and set(value) == {_STILL_ENCRYPTED}:
        return "x" * 32  # set, but encrypted: the engine decrypts it later, here only its presence counts
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value
