"""The mail server of a realm (Keycloak Server Administration Guide, "Configuring email for a realm")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from pydantic.alias_generators import to_camel

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.matches import Matches
from provision.core.across_fields import across_fields
from provision.core.spec import Secret, Spec, WriteOnly
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.realm_settings import put_settings
from provision.keycloak.bases.representation import Encoding, FieldMapping, Outside, RealmName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.handler import Observed
    from provision.core.spec import Outputs
    from provision.keycloak.realm_listing import RealmListing

SMTP_SERVER = "smtpServer"
"""The key of the mail server in a realm's representation."""
_AUTH, _TYPE = "auth", "authType"
_TYPES = {"password": "basic", "token": "token"}
"""Keycloak's names for the types of authentication; none means the first."""
_SECRETS = {"password": "password", "token": "auth_token_client_secret"}
"""The secret that a login needs, by the type of authentication."""
_ADDRESS = Matches(r"[^\s@]+@[^\s@]+", "must be an e-mail address")
_ADDRESS_OR_NONE = Matches(r"([^\s@]+@[^\s@]+)?", "must be an e-mail address")


def _smtp(name: str, absent: Any = None) -> FieldMapping:
    """Return the place of one of the settings, a text."""
    return FieldMapping((SMTP_SERVER, name), Encoding.TEXT, absent)


def _needed_by(name: str, *types: str) -> Any:
    """Return the check that a field is given with some types of authentication."""

    def check(spec: Any) -> None:
        if not getattr(spec, name) and spec.auth_type in types:
            raise ValueError(f"authType {spec.auth_type} needs {to_camel(name)}")

    return across_fields(check)


def _only_with(name: str, *types: str) -> Any:
    """Return the check that a field is given only with some types of authentication."""

    def check(spec: Any) -> None:
        if getattr(spec, name) and spec.auth_type not in types:
            raise ValueError(f"{to_camel(name)} does not go with authType {spec.auth_type}")

    return across_fields(check)


class MailServer(Spec, module="keycloak", group="Realms", rank=4):
    """The mail server by which a realm sends mail (Server Administration Guide, "Configuring email for a realm").

    A realm has one or none, so there is one such object for a realm. Destroy takes it away; one that was there before
    gets its former settings back. Settings without a field (`debug`, the time limits of Keycloak 26.7) stay unchanged.
    """

    realm: RealmName
    host: Annotated[str, _smtp("host")] = Field(
        min_length=1, max_length=COLUMN, description="The name or address of the SMTP server."
    )
    port: Annotated[int, _smtp("port", absent=25)] = Field(
        default=25,
        ge=1,
        le=65535,
        description="Its port, for example 465 with `ssl` and 587 with `starttls`.",
    )
    ssl: Annotated[bool, _smtp("ssl")] = Field(
        default=False, description="Connect with TLS from the start (RFC 8314)."
    )
    starttls: Annotated[bool, _smtp("starttls")] = Field(
        default=False, description="Switch a plain connection to TLS (RFC 3207)."
    )
    from_address: Annotated[str, _ADDRESS, _smtp("from")] = Field(
        max_length=COLUMN, description="The sender's address."
    )
    from_display_name: Annotated[str, _smtp("fromDisplayName")] = Field(
        default="", max_length=COLUMN, description="The sender's name."
    )
    reply_to: Annotated[str, _ADDRESS_OR_NONE, _smtp("replyTo")] = Field(
        default="", max_length=COLUMN, description="The address for answers; the sender's when empty."
    )
    reply_to_display_name: Annotated[str, _smtp("replyToDisplayName")] = Field(
        default="", max_length=COLUMN, description="The name for answers."
    )
    envelope_from: Annotated[str, _ADDRESS_OR_NONE, _smtp("envelopeFrom")] = Field(
        default="",
        max_length=COLUMN,
        description="Where undelivered mail goes (RFC 5321, `MAIL FROM`); the sender's address when empty.",
    )
    allow_utf8: Annotated[bool, _smtp("allowutf8")] = Field(
        default=False, description="The server takes addresses that are not ASCII (RFC 6531)."
    )
    auth_type: Annotated[Literal["none", "password", "token"], Outside] = Field(
        default="none",
        description="How Keycloak logs in to the server: not at all, with `password`, or with an access token (XOAUTH2) that "
        "it gets from `authTokenUrl`.",
    )
    user: Annotated[str, _smtp("user")] = Field(
        default="", max_length=COLUMN, description="The user name at the server; needed for a login."
    )
    password: Annotated[str | None, Secret, WriteOnly, _smtp("password")] = Field(
        default=None,
        max_length=COLUMN,
        description="The password. A new mail server with `authType: password` must declare it.",
    )
    auth_token_url: Annotated[
        str, Matches(r"(https?://[^\s/]\S*)?", "must be a URL with http or https"), _smtp("authTokenUrl")
    ] = Field(
        default="",
        max_length=COLUMN,
        description="The token endpoint that gives the access token (RFC 6749).",
    )
    auth_token_scope: Annotated[str, _smtp("authTokenScope")] = Field(
        default="", max_length=COLUMN, description="The scope of the access token."
    )
    auth_token_client_id: Annotated[str, _smtp("authTokenClientId")] = Field(
        default="", max_length=COLUMN, description="The client that Keycloak is at that endpoint."
    )
    auth_token_client_secret: Annotated[str | None, Secret, WriteOnly, _smtp("authTokenClientSecret")] = (
        Field(
            default=None,
            max_length=COLUMN,
            description="The secret of that client. A new mail server with `authType: token` must declare it.",
        )
    )

    _user_is_needed = _needed_by("user", "password", "token")
    _auth_token_url_is_needed = _needed_by("auth_token_url", "token")
    _auth_token_scope_is_needed = _needed_by("auth_token_scope", "token")
    _auth_token_client_id_is_needed = _needed_by("auth_token_client_id", "token")
    _user = _only_with("user", "password", "token")
    _password = _only_with("password", "password")
    _auth_token_url = _only_with("auth_token_url", "token")
    _auth_token_scope = _only_with("auth_token_scope", "token")
    _auth_token_client_id = _only_with("auth_token_client_id", "token")
    _auth_token_client_secret = _only_with("auth_token_client_secret", "token")


def _without_secret(spec: MailServer) -> UsageError | None:
    """Return the error for a new mail server that would not let Keycloak in, or None."""
    name = _SECRETS.get(spec.auth_type)
    if name is None or getattr(spec, name) is not None:
        return None
    wire = MailServer.model_fields[name].alias
    return UsageError(
        f"The mail server of realm {spec.realm} has no {wire}, and there is none in the realm that has one.",
        f"Set it: {hint('secret set', f'objects.MailServer.{wire}')}.",
    )


class MailServerHandler(CollectionHandler[MailServer]):
    """The handler of the one mail server of a realm, a setting of the realm."""

    def collection(self, spec: MailServer) -> tuple[str, ...]:
        """Return the path of the realm itself, which holds the mail server."""
        del spec
        return ()

    def discover(self, listing: RealmListing) -> Iterator[MailServer]:
        """Yield the mail server, if the realm has one."""
        if _settings(listing.session.get(listing.realm)):
            yield self.key(realm=listing.realm)

    def look_up(self, key: MailServer) -> Mapping[str, Any] | None:
        """Return the mail server's part of the realm's representation, or None."""
        found = _settings(self.session.get(key.realm))
        return {SMTP_SERVER: found} if found else None

    def address_of(self, raw: Mapping[str, Any]) -> str:
        """Return the key of the mail server in the realm."""
        del raw
        return SMTP_SERVER

    def from_json(self, key: MailServer, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields, without the secrets, which Keycloak masks."""
        settings = raw[SMTP_SERVER]
        logs_in = settings.get(_AUTH) == "true"
        kind = "none" if not logs_in else "token" if settings.get(_TYPE) == _TYPES["token"] else "password"
        return super().from_json(key, raw) | dict.fromkeys(_SECRETS.values(), None) | {"auth_type": kind}

    def to_json(
        self, spec: MailServer, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; Keycloak's mask of a secret goes back and leaves the secret unchanged."""
        if names is not None:
            names = {*names} - {name for name in _SECRETS.values() if getattr(spec, name) is None}
        settings = super().to_json(spec, raw, names).get(SMTP_SERVER) or {}
        if names is None or "auth_type" in names:
            settings |= {_AUTH: str(spec.auth_type != "none").lower(), _TYPE: _TYPES.get(spec.auth_type, "")}
        return {SMTP_SERVER: {name: value for name, value in settings.items() if value != ""}}

    def preflight_new(self, spec: MailServer) -> None:
        """Raise an error if a secret is missing and there is no mail server, whose secret could stay."""
        if (error := _without_secret(spec)) and self.look_up(spec) is None:
            raise error

    def create(self, spec: MailServer) -> Outputs | None:
        """Give the realm the mail server."""
        if error := _without_secret(spec):
            raise error
        put_settings(self.session, spec.realm, self.to_json(spec, {}, None))
        return None

    def update(self, found: Observed[MailServer], spec: MailServer) -> Outputs | None:
        """Change the declared fields."""
        put_settings(self.session, spec.realm, self.to_json(spec, found.raw, spec.model_fields_set))
        return None

    def delete(self, found: Observed[MailServer]) -> None:
        """Take the mail server from the realm."""
        put_settings(self.session, found.spec.realm, {SMTP_SERVER: {}})


def _settings(realm: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the settings of a realm's mail server that are set; empty if there is none."""
    found = (realm or {}).get(SMTP_SERVER) or {}
    return {name: value for name, value in found.items() if value not in {None, ""}}
