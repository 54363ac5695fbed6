"""The MCP servers of a stack."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from provision._lib.matches import Matches
from provision.config.concept import Concept
from provision.config.files import File  # noqa: TC001 - pydantic needs it when the model is built
from provision.config.secret_source import FromSource
from provision.server.options import ServerOptions
from provision.server.values import STORED, ClientId, Port, Scope, no_trailing_slash, one_line, url_with_query

Url = Annotated[
    str,
    AfterValidator(url_with_query),
    AfterValidator(no_trailing_slash),
    Field(json_schema_extra={"pattern": r"^https?://[^\s#]*[^/\s#]$"}),
]


def _one_line(secret: SecretStr) -> SecretStr:
    one_line(secret.get_secret_value())
    return secret


IntrospectionSecret = Annotated[
    SecretStr, Field(min_length=16, max_length=STORED), AfterValidator(_one_line), FromSource()
]


class ScopeConfig(Concept):
    """The client scope that tokens need for a server's tools."""

    name: Scope | None = None
    """The scope (RFC 6749, section 3.3); left out, `mcp:tools`, or `mcp:` and the server's name when there are several."""
    description: str = "Use the tools of the MCP server."
    """The scope's description in the admin console."""
    consent_text: str | None = None
    """The scope's text on the consent page; left out, a text about the use of the server's tools on the user's behalf."""


class ServerConfig(ServerOptions, Concept):
    """A protected MCP server: the reference server, a server of your own, or a server that runs elsewhere."""

    name: Annotated[
        str,
        Field(max_length=63),
        Matches(
            r"[a-z0-9][a-z0-9-]*", "must be lower-case letters, digits and dashes, and not begin with a dash"
        ),
    ] = "calculator"
    """The server's name in outputs and logs, and in the network of containers."""
    port: Port | None = None
    """The port on localhost; left out, a free one is chosen at the first start and kept."""
    command: tuple[str, ...] = ()
    """The command of a server of your own: the program and its arguments, run in the folder of the stack file; the reference server when left out."""
    image: str | None = Field(default=None, min_length=1)
    """The image of a server of your own in a container, best with a digest; `MCP_SETTINGS_FILE` names the settings file."""
    url: Url | None = None
    """The address of a server that this stack does not start: the canonical URI, which is the audience of the server's tokens."""
    tls_certificate_file: File | None = None
    """A PEM file for HTTPS, with the certificate for `localhost`, then the certificates between it and the root; the URL is then https."""
    tls_key_file: File | None = None
    """A PEM file with the private key of that certificate, without a password and closed to other users (mode 0400)."""
    ca_file: File | None = None
    """A PEM bundle with the authority of the server's certificate; the system's trust store when left out."""
    scope: ScopeConfig = ScopeConfig()
    """The client scope that tokens need."""
    client_id: ClientId | None = None
    """The confidential client with which the server introspects tokens; left out, `mcp-server`, with the server's name when there are several."""
    introspection_client_secret: IntrospectionSecret | None = None
    """The secret of the introspection client."""

    @model_validator(mode="after")
    def _runs_in_one_place(self) -> ServerConfig:
        here = self.command or self.image or self.port is not None or self.tls_certificate_file
        if self.url is not None and here:
            raise ValueError(
                "url is of a server that runs elsewhere; leave out command, image, port and tlsCertificateFile"
            )
        if self.command and self.image:
            raise ValueError("give command or image, not both")
        return self

    @model_validator(mode="after")
    def _speaks_https_or_not(self) -> ServerConfig:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tlsCertificateFile and tlsKeyFile go together; give both or neither")
        with_tls = self.tls_certificate_file is not None or (self.url or "").startswith("https:")
        if self.ca_file is not None and not with_tls:
            raise ValueError(
                "caFile is for https: give tlsCertificateFile and tlsKeyFile, or a url with https"
            )
        return self

    @property
    def is_reference(self) -> bool:
        """Return whether the stack starts the reference server here."""
        return not (self.command or self.image or self.url)

    def named(self, *, alone: bool, secret: SecretStr | None = None) -> ServerConfig:
        """Return a copy with default values for the fields that were left out.

        Args:
            alone: Whether this is the only server of the stack.
            secret: The introspection client's secret, if the server has none of its own.
        """
        scope = self.scope.model_copy(
            update={
                "name": self.scope.name or ("mcp:tools" if alone else f"mcp:{self.name}"),
                "consent_text": self.scope.consent_text
                or f"Use the tools of the MCP server{'' if alone else f' {self.name}'} on your behalf",
            }
        )
        return self.model_copy(
            update={
                "scope": scope,
                "client_id": self.client_id or ("mcp-server" if alone else f"mcp-server-{self.name}"),
                "introspection_client_secret": self.introspection_client_secret or secret,
            }
        )
