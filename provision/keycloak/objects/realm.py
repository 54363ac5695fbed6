"""Realms (Keycloak Server Administration Guide, "Creating a realm"; Admin REST API, "Realms Admin")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from provision._lib.matches import Matches
from provision._lib.urls import segment
from provision.core.across_fields import across_fields
from provision.core.handler import Observed
from provision.core.record import without
from provision.core.spec import CreateOnly, NaturalKey, Outputs, ReplaceOnChange, Spec, Unordered
from provision.keycloak import realm_document
from provision.keycloak.api.server_info import version
from provision.keycloak.api.session import ForbiddenError, KeycloakError
from provision.keycloak.bases.client_policy_documents import drop_unsupported
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.name_index import NameIndex
from provision.keycloak.bases.realm_settings import RESET_WHEN_LEFT_OUT
from provision.keycloak.bases.representation import Outside, at, attribute
from provision.keycloak.realm_document import VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing

_MARK = "provision.owner"
_OFF = "off"
_HEADERS = {
    "contentSecurityPolicy": "frame-src 'self'; frame-ancestors 'self'; object-src 'none';",
    "contentSecurityPolicyReportOnly": "",
    "referrerPolicy": "no-referrer",
    "strictTransportSecurity": "max-age=31536000; includeSubDomains",
    "xContentTypeOptions": "nosniff",
    "xFrameOptions": "SAMEORIGIN",
    "xRobotsTag": "none",
}
"""Keycloak's own security headers of a new realm."""


class Realm(Spec, module="keycloak", group="Realms", rank=1):
    """A realm (Keycloak Server Administration Guide, "Creating a realm").

    Deleting a realm deletes everything in the realm, in one call. A realm that exists already is taken over only with
    `adopt`; destroy then puts its former settings back instead of deleting the realm.

    These settings stay unchanged: the mail server and the texts (MailServer and LocalizationTexts declare them), the OTP and WebAuthn policies, and all
    attributes but `frontendUrl`. AuthenticationBindings binds authentication flows. The defaults are Keycloak's own, with three exceptions, which are off in Keycloak and
    on here: rotating refresh tokens, brute force protection and an end to offline sessions.
    """

    name: Annotated[
        str,
        NaturalKey,
        at("realm"),
        Field(min_length=1, max_length=255),
        Matches(r"[^/\s]+", "must be without slashes and blanks"),
        AfterValidator(segment),
    ] = Field(
        description="Its name, which is part of the issuer.",
    )
    display_name: str = Field(default="", description="What the login page calls it.")
    display_name_html: str = Field(
        default="", description="Shown on the login page instead of `displayName`."
    )
    enabled: bool = Field(default=True, description="Nobody can log in to a realm that is not enabled.")
    frontend_url: Annotated[str, attribute("frontendUrl")] = Field(
        default="",
        description="The realm's own public base URL; the server's when left out. Part of the issuer.",
    )
    ssl_required: Literal["all", "external", "none"] = Field(
        default="external",
        description="Which requests have to use https: all, those of other networks, or none.",
    )

    default_signature_algorithm: Annotated[
        str,
        Matches(
            "((RS|PS|ES)(256|384|512)|EdDSA)",
            "must be RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA",
        ),
    ] = Field(
        default="RS256",
        description="How tokens are signed (RFC 7518, section 3.1); the realm needs a key for it.",
    )
    access_token_lifespan: int = Field(
        default=300, ge=1, description="Seconds an access token is good for (OAuth 2.1: short-lived)."
    )
    revoke_refresh_token: bool = Field(
        default=True,
        description="Refresh tokens rotate: each is good for one use (OAuth 2.1, public clients).",
    )
    refresh_token_max_reuse: int = Field(
        default=0, ge=0, description="How often a refresh token that rotates may be used again."
    )

    sso_session_idle_timeout: int = Field(
        default=1800, ge=1, description="Seconds without use that end a session."
    )
    sso_session_max_lifespan: int = Field(
        default=36000, ge=1, description="Seconds after which a session ends."
    )
    sso_session_idle_timeout_remember_me: int = Field(
        default=0, ge=0, description="The same in seconds for a user who is remembered; 0: no other."
    )
    sso_session_max_lifespan_remember_me: int = Field(
        default=0, ge=0, description="The same in seconds for a user who is remembered; 0: no other."
    )
    client_session_idle_timeout: int = Field(
        default=0,
        ge=0,
        description="Seconds without use that end a client's part of a session; 0: the session's.",
    )
    client_session_max_lifespan: int = Field(
        default=0,
        ge=0,
        description="Seconds after which a client's part of a session ends; 0: the session's.",
    )
    offline_session_idle_timeout: int = Field(
        default=2592000, ge=1, description="Seconds without use that end an offline session."
    )
    offline_session_max_lifespan_enabled: bool = Field(
        default=True, description="Whether an offline session ends even when it is used."
    )
    offline_session_max_lifespan: int = Field(
        default=5184000, ge=1, description="Seconds after which an offline session ends, if it does."
    )
    client_offline_session_idle_timeout: int = Field(
        default=0,
        ge=0,
        description="Seconds without use that end a client's offline session; 0: the realm's.",
    )
    client_offline_session_max_lifespan: int = Field(
        default=0, ge=0, description="Seconds after which a client's offline session ends; 0: the realm's."
    )

    access_code_lifespan: int = Field(
        default=60,
        ge=1,
        description="Seconds an authorization code is good for (OAuth 2.1: ten minutes at most).",
    )
    access_code_lifespan_login: int = Field(default=1800, ge=1, description="Seconds a login may take.")
    access_code_lifespan_user_action: int = Field(
        default=300, ge=1, description="Seconds a step of a login may take, such as a change of the password."
    )
    action_token_generated_by_user_lifespan: int = Field(
        default=300, ge=1, description="Seconds a link is good for that a user asked for by mail."
    )
    action_token_generated_by_admin_lifespan: int = Field(
        default=43200, ge=1, description="Seconds a link is good for that an administrator sent by mail."
    )
    oauth2_device_code_lifespan: int = Field(
        default=600, ge=1, description="Seconds a device code is good for (RFC 8628)."
    )
    oauth2_device_polling_interval: int = Field(
        default=5, ge=0, description="Seconds between two questions of a device (RFC 8628)."
    )

    registration_allowed: bool = Field(default=False, description="Users may register themselves.")
    registration_email_as_username: bool = Field(
        default=False, description="Who registers has the e-mail address as user name."
    )
    reset_password_allowed: bool = Field(default=False, description='"Forgot password?" on the login page.')
    remember_me: bool = Field(default=False, description='"Remember me" on the login page.')
    verify_email: bool = Field(
        default=False, description="Users confirm their address first; the realm needs a MailServer."
    )
    login_with_email_allowed: bool = Field(
        default=True, description="Users may log in with their e-mail address."
    )
    duplicate_emails_allowed: bool = Field(
        default=False, description="Several users may have one address; not with `loginWithEmailAllowed`."
    )
    edit_username_allowed: bool = Field(default=False, description="Users may change their user name.")
    password_policy: str = Field(
        default="",
        description="In Keycloak's words, for example `length(12) and notUsername(undefined)`; none when left out.",
    )

    brute_force_protected: bool = Field(
        default=True, description="Lock users out for a while after failed logins."
    )
    brute_force_strategy: Literal["LINEAR", "MULTIPLE"] = Field(
        default="MULTIPLE",
        description="The wait grows with each failure (LINEAR) or with each `failureFactor` of them (MULTIPLE).",
    )
    failure_factor: int = Field(default=30, ge=1, description="Failed logins before the first lockout.")
    wait_increment_seconds: int = Field(default=60, ge=0, description="Seconds that a lockout grows by.")
    max_failure_wait_seconds: int = Field(default=900, ge=0, description="Seconds of the longest lockout.")
    max_delta_time_seconds: int = Field(
        default=43200, ge=1, description="Seconds after which failures are forgotten."
    )
    quick_login_check_milliseconds: Annotated[int, at("quickLoginCheckMilliSeconds")] = Field(
        default=1000, ge=0, description="Milliseconds between two failures that are taken for a machine's."
    )
    minimum_quick_login_wait_seconds: int = Field(
        default=60, ge=0, description="Seconds of the lockout after failures of a machine."
    )
    permanent_lockout: bool = Field(
        default=False, description="Lock users out for good; with it anybody can lock out anybody."
    )
    max_temporary_lockouts: int = Field(
        default=0, ge=0, description="Lockouts for a while before the one for good."
    )

    browser_security_headers: Annotated[dict[str, str], Outside] = Field(
        default={},
        description="Those to change, such as `xFrameOptions`: `off` leaves a header away, an empty text is "
        "Keycloak's own value.",
    )

    events_enabled: bool = Field(default=False, description="Keep what users and clients do in the database.")
    enabled_event_types: Annotated[tuple[str, ...], Unordered] = Field(
        default=(),
        description="Which of it, for example `LOGIN_ERROR`; all that Keycloak keeps when left out.",
    )
    events_listeners: Annotated[tuple[str, ...], Unordered] = Field(
        default=("jboss-logging",), description="Providers that are told of every event."
    )
    events_expiration: int = Field(
        default=0, ge=0, description="Seconds after which what users did is deleted; 0: never."
    )
    admin_events_enabled: bool = Field(
        default=False, description="Keep what administrators do in the database."
    )
    admin_events_details_enabled: bool = Field(
        default=False, description="Keep the representations they sent as well."
    )

    internationalization_enabled: bool = Field(
        default=False, description="Show pages in the user's language."
    )
    supported_locales: Annotated[tuple[str, ...], Unordered] = Field(
        default=(), description="Languages users may choose, for example `en` and `pt-BR`."
    )
    default_locale: str = Field(default="", description="The language of users who did not choose.")
    login_theme: str = Field(default="", description="The server's default when left out.")
    account_theme: str = Field(default="", description="The server's default when left out.")
    admin_theme: str = Field(default="", description="The server's default when left out.")
    email_theme: str = Field(default="", description="The server's default when left out.")

    organizations_enabled: bool = Field(
        default=False,
        description="The realm may have organizations, and logins may ask for the address first.",
    )

    adopt: Annotated[bool, CreateOnly, Outside] = Field(
        default=False, description="Take over a realm that exists already."
    )
    features: Annotated[tuple[str, ...], Unordered, Outside] = Field(
        default=(),
        description="The features of a Keycloak that the same program starts; what one that goes brought to the client policies goes with it.",
    )
    owner: Annotated[str, CreateOnly, Outside] = Field(
        default="",
        description="Who makes it; a realm with the same owner was left by an interrupted run of ours.",
    )
    supplied_keys: Annotated[bool, CreateOnly, Outside] = Field(
        default=False,
        description="Make the signing keys here instead of in Keycloak, which takes seconds. For dev and test only.",
    )
    expected_issuer: Annotated[str, Outside] = Field(
        default="", description="The issuer that the rest of the stack was told; another one is an error."
    )
    instance: Annotated[str, ReplaceOnChange, Outside] = Field(
        default="", description="Which Keycloak data it lives in; other data means that the realm is gone."
    )

    @field_validator("password_policy")
    @classmethod
    def _as_keycloak_spells_it(cls, policy: str) -> str:
        rules = [rule.strip().removesuffix("()") for rule in policy.split(" and ")]
        return " and ".join(
            {rule.partition("(")[0]: rule for rule in rules}.values()
        )  # the last rule of a kind counts

    @field_validator("browser_security_headers")
    @classmethod
    def _headers_that_keycloak_sends(cls, headers: dict[str, str]) -> dict[str, str]:
        if headers.keys() - _HEADERS.keys():
            raise ValueError(f"only {', '.join(_HEADERS)}")
        return headers

    @across_fields
    def _one_user_for_an_address(self) -> None:
        # Keycloak would silently switch off one of the two settings.
        if self.duplicate_emails_allowed and self.login_with_email_allowed:
            raise ValueError("duplicateEmailsAllowed needs loginWithEmailAllowed to be false")
        if self.duplicate_emails_allowed and self.registration_email_as_username:
            raise ValueError("duplicateEmailsAllowed does not go with registrationEmailAsUsername")


class RealmOutputs(Outputs):
    """The values that Keycloak adds to a realm."""

    issuer: str = Field(description="The issuer exactly as Keycloak reports it (RFC 8414).")


def _shown(live: Mapping[str, str], declared: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that a program would declare: the declared headers, and others than Keycloak's own.

    A realm from before Keycloak 26 keeps headers that Keycloak no longer sends.
    """
    shown = {}
    for name in _HEADERS.keys() & live.keys():
        value = live[name]
        own = value == _HEADERS[name]
        if not own or name in declared:
            shown[name] = "" if own and not declared.get(name) else value or _OFF
    return shown


class RealmHandler(CollectionHandler[Realm]):
    """The handler of realms through the Admin API."""

    outputs = RealmOutputs
    rejects_duplicates = True
    is_recorded = True
    further_places = (("browserSecurityHeaders",),)

    def adoptable(self, spec: Realm, found: Observed[Realm]) -> bool:
        """Return whether ``adopt`` is set: a realm holds other people's users."""
        del found
        return spec.adopt

    def creates_before_find(self, spec: Realm) -> bool:
        """Return whether the realm is not to be adopted: an account that may change a realm may be unable to make one."""
        return not spec.adopt

    def is_owned(self, spec: Realm, found: Observed[Realm]) -> bool:
        """Return whether an interrupted run of the same owner made the realm."""
        mark = found.raw.get("attributes", {}).get(_MARK)
        return bool(spec.owner) and mark == spec.owner

    def collection(self, spec: Realm) -> tuple[str, ...]:
        """Return the path of all realms."""
        del spec
        return ()

    def path_of(self, found: Observed[Realm]) -> tuple[str, ...]:
        """Return the path of the realm, which is below nothing."""
        del found
        return ()

    def realm_of(self, key: Realm) -> str:
        """Return the name of the realm, which is its address."""
        return key.name

    def look_up(self, key: Realm) -> Mapping[str, Any] | None:
        """Return the realm by its name, or None."""
        found: Mapping[str, Any] | None = self.session.get(key.name)
        return found

    def discover(self, listing: RealmListing) -> Iterator[Realm]:
        """Yield the realm itself, to be taken over."""
        yield self.key(name=listing.realm, adopt=True)

    def from_json(self, key: Realm, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields; the declared values stand for fields that a realm does not hold."""
        told = {name: getattr(key, name, "") for name in ("instance", "expected_issuer")}
        told["features"] = getattr(key, "features", ())
        headers = _shown(raw.get("browserSecurityHeaders", {}), getattr(key, "browser_security_headers", {}))
        return super().from_json(key, raw) | told | {"browser_security_headers": headers}

    def find(self, key: Realm) -> Observed[Realm] | None:
        """Return the realm with its issuer, or None."""
        found = super().find(key)
        if found is None:
            return None
        address = found.spec.frontend_url
        is_moved = bool(address) and address != getattr(
            key, "frontend_url", ""
        )  # by somebody else: an update mends it
        outputs = RealmOutputs(issuer=self._issuer(found.spec)) if is_moved else self._outputs(found.spec)
        return Observed("", found.spec, outputs, found.raw)

    def besides(self, found: Observed[Realm]) -> Mapping[str, Any] | None:
        """Return the whole realm without its fields, or None for a service account that may not read the realm whole."""
        try:
            whole = realm_document.read(self.session, found.spec.name)
        except ForbiddenError:
            return None
        fields = [(realm_document.REALM, *place) for place in self.field_places()]
        return None if whole is None else without(whole, fields) | {VERSION: version(self.session)}

    def to_json(self, spec: Realm, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the declared fields only; Keycloak keeps other fields, but the attributes are sent all together."""
        told = {name: raw[name] for name in RESET_WHEN_LEFT_OUT if name in raw}
        body = told | super().to_json(spec, {}, names) | {"realm": spec.name}
        if "attributes" in body:
            attributes = {**raw.get("attributes", {}), **body["attributes"]}
            body["attributes"] = {name: value for name, value in attributes.items() if value}
        if names is None and spec.owner:
            body["attributes"][_MARK] = spec.owner
        if names is None or "browser_security_headers" in names:
            body["browserSecurityHeaders"] = {
                name: "" if value == _OFF else value or _HEADERS.get(name, "")
                for name, value in spec.browser_security_headers.items()
            }
        if names is None and spec.supplied_keys:
            from provision.keycloak.bases.key_providers import key_providers

            body["components"] = {"org.keycloak.keys.KeyProvider": key_providers()}
        return body

    def create(self, spec: Realm) -> RealmOutputs:
        """Make the realm by one POST with all settings."""
        self._forget(spec.name)
        self.session.post("", body=self.to_json(spec, {}, None))
        return self._outputs(spec)

    def update(self, found: Observed[Realm], spec: Realm) -> RealmOutputs:
        """Change the declared fields."""
        super().update(found, spec)
        if "features" in spec.model_fields_set:
            drop_unsupported(self.session, spec.name)
        return self._outputs(spec)

    def delete(self, found: Observed[Realm]) -> None:
        """Remove the realm and everything in it, in one call."""
        super().delete(found)
        self._forget(found.spec.name)

    def _forget(self, realm: str) -> None:
        session = self.session
        session.forget_realm(realm)
        NameIndex.of(session).forget_realm(realm)

    def _issuer(self, spec: Realm) -> str:
        """Return the issuer that Keycloak reports, or the issuer by rule where Keycloak shows none."""
        session = self.session
        # By plain HTTP a realm that demands HTTPS shows no document; a disabled realm never does.
        mute = spec.ssl_required == "all" and session.url.startswith("http:")
        document = None if mute else session.public(spec.name, ".well-known", "openid-configuration")
        if document is None:
            return f"{session.url}/realms/{spec.name}"
        return str(document["issuer"])

    def _outputs(self, spec: Realm) -> RealmOutputs:
        """Return the outputs of a realm that was just made or changed.

        Raises:
            KeycloakError: The issuer differs from the issuer that the rest of the stack uses.
        """
        issuer = self._issuer(spec)
        if spec.expected_issuer and issuer != spec.expected_issuer:
            raise KeycloakError(
                f"Realm {spec.name} reports the issuer {issuer}, and the rest of the stack was told {spec.expected_issuer}.",
                "Set Keycloak's hostname so that both are the same.",
            )
        return RealmOutputs(issuer=issuer)
