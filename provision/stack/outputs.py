"""The outputs of a stack: what users and the command line know about a stack that is up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.validation import problems

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRETS = ("admin", "demo_user")
_INTERNAL = ("keycloak_url", "runtime")


class _Part(BaseModel):
    # A newer version may write further fields, which this version ignores.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class ServiceAccount(_Part):
    """A confidential client and its secret."""

    client_id: str
    client_secret: str = Field(repr=False)


class Login(_Part):
    """A user's name and password."""

    username: str
    password: str = Field(repr=False)


class PublicClient(_Part):
    """A pre-registered client."""

    client_id: str


class ServerOutputs(_Part):
    """An MCP server.

    Args:
        name: The server's name.
        url: The server's canonical URI (RFC 8707), the audience of the server's tokens.
        resource_metadata: The URL of the server's protected resource metadata (RFC 9728).
        scopes: The scopes that every call needs.
        tool_scopes: The additional scopes that single tools need, by the tool's name.
        introspection: The client with which the server introspects; None if secrets are left out.
    """

    name: str
    url: str
    resource_metadata: str
    scopes: tuple[str, ...]
    tool_scopes: dict[str, tuple[str, ...]] = {}
    introspection: ServiceAccount | None = None


class StackOutputs(_Part):
    """The outputs of a stack that is up. The component exports the outputs under these names and in this order.

    Args:
        issuer: The issuer of the realm, exactly as Keycloak reports it.
        realm: The name of the realm.
        admin_console: The URL of the realm in Keycloak's admin console.
        servers: The MCP servers; none if the stack declares objects only.
        clients: The pre-registered public clients.
        keycloak_url: Keycloak's base address, without a trailing slash.
        runtime: The runtime of Keycloak and the servers; None in outputs of a version without this field.
        admin: The service account that provisioning uses; None if secrets are left out.
        demo_user: The user that can log in at once, in dev and test stacks.
    """

    issuer: str
    realm: str
    admin_console: str
    servers: tuple[ServerOutputs, ...]
    clients: tuple[PublicClient, ...]
    keycloak_url: str
    runtime: str | None = None
    admin: ServiceAccount | None = None
    demo_user: Login | None = None
    _document: Mapping[str, Any] = PrivateAttr(default_factory=dict)
    _stack: str = PrivateAttr("")

    @classmethod
    def read(cls, document: Mapping[str, Any], *, stack: str) -> Self:
        """Return the outputs in a document from Pulumi or from the program.

        Args:
            document: The document, secrets in clear.
            stack: The stack's name.

        Raises:
            ProvisionError: A field is missing or of another type. The error never contains a value.
        """
        try:
            outputs = cls.model_validate(document)
        except ValidationError as error:
            wrong = "; ".join(map(str, problems(error, cls)))
            raise ProvisionError(
                f"The outputs of stack {stack} are not those of this version: {wrong}.", _again(stack)
            ) from None
        outputs._document, outputs._stack = document, stack  # noqa: SLF001 - fields of this class
        return outputs

    @property
    def introspection_url(self) -> str:
        """The address at which servers introspect tokens (RFC 7662)."""
        return f"{self.issuer}/protocol/openid-connect/token/introspect"

    @property
    def jwks_url(self) -> str:
        """The address of the realm's key set (RFC 7517)."""
        return f"{self.issuer}/protocol/openid-connect/certs"

    @property
    def service_account(self) -> ServiceAccount:
        """The service account that provisioning uses.

        Raises:
            ProvisionError: The outputs do not contain the service account.
        """
        return self._there(self.admin, "the admin's service account")

    def introspection_client(self, server: ServerOutputs) -> ServiceAccount:
        """Return the client with which a server introspects.

        Raises:
            ProvisionError: The outputs do not contain the client.
        """
        return self._there(server.introspection, f"the client with which {server.name} introspects")

    def _there(self, account: ServiceAccount | None, what: str) -> ServiceAccount:
        if account is None:
            raise ProvisionError(
                f"The outputs of stack {self._stack} do not name {what}.", _again(self._stack)
            )
        return account

    def published(self, *, show_secrets: bool) -> dict[str, Any]:
        """Return the documented outputs, with their keys in the order of the document that was read.

        Args:
            show_secrets: Whether to include the secrets.
        """
        left_out: set[str] = {*_INTERNAL, *(() if show_secrets else _SECRETS)}
        shown = self.model_dump(mode="json", exclude_unset=True, exclude=left_out)
        if not show_secrets:
            for server in shown["servers"]:
                server.pop("introspection", None)
        ordered: dict[str, Any] = _in_order(shown, self._document)
        return ordered

    def label(self, server: ServerOutputs) -> str:
        """Return the server's name as a suffix for a line about the server; empty if the stack has only one server."""
        return f"  ({server.name})" if len(self.servers) > 1 else ""


def _again(stack: str) -> str:
    return f"Make them anew: {hint('up', stack=stack)}."


def _in_order(value: Any, like: Any) -> Any:
    """Return a value with the keys of its mappings ordered as in another value, which has all these keys."""
    if isinstance(value, dict):
        return {key: _in_order(value[key], like[key]) for key in like if key in value}
    if isinstance(value, list):
        return [_in_order(item, other) for item, other in zip(value, like, strict=True)]
    return value
