"""The whole configuration of a stack, as it stands under ``provision:`` in ``Pulumi.<stack>.yaml``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator

from provision.config.concept import Concept
from provision.config.keycloak import KeycloakConfig
from provision.config.names import NAMESPACE
from provision.config.realm import (
    DemoUserConfig,
    PublicClientConfig,
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
    runtime: Literal["process"] = "process"
    """Where things run."""
    keycloak: KeycloakConfig = KeycloakConfig()
    """The Keycloak of the stack."""
    realm: RealmConfig = RealmConfig()
    """The realm."""
    scope: ScopeConfig = ScopeConfig()
    """The client scope that tokens need."""
    registration: RegistrationConfig = RegistrationConfig()
    """Who may register clients."""
    public_client: PublicClientConfig = PublicClientConfig()
    """The pre-registered public client."""
    demo_user: DemoUserConfig = DemoUserConfig()
    """Somebody who can log in at once."""
    server: ServerConfig = ServerConfig()
    """The MCP server."""
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
    def _production_names_its_secrets(self) -> StackConfig:
        if self.profile != "prod":
            return self
        for key, value in (
            ("adminClientSecret", self.admin_client_secret),
            ("introspectionClientSecret", self.introspection_client_secret),
        ):
            if value is None:
                raise ValueError(
                    f"{key} is not set, and only dev and test stacks generate secrets; "
                    f"run `pulumi config set --secret {NAMESPACE}:{key}`"
                )
        return self

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
