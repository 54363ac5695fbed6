"""LDAP user federations (Keycloak Server Administration Guide, "Lightweight Directory Access Protocol (LDAP) and Active Directory")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, field_validator

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.matches import Matches
from provision.core.across_fields import across_fields
from provision.core.spec import NaturalKey, Secret, Spec, Unordered, WriteOnly
from provision.keycloak.bases.component import ComponentHandler
from provision.keycloak.bases.multivalued_fields import COLUMN, KeyedLists, in_order
from provision.keycloak.bases.representation import Outside, RealmName, config_values, places

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.spec import Outputs
    from provision.keycloak.realm_listing import RealmListing

PROVIDER_TYPE: Final = "org.keycloak.storage.UserStorageProvider"
PROVIDER: Final = "ldap"
SECRET: Final = "bindCredential"  # noqa: S105 - the name of a setting
_ACTIVE_DIRECTORY: Final = "ad"
_SCOPES: Final = {"one": "1", "sub": "2"}
_CLASSES, _SCOPE = "userObjectClasses", "searchScope"
_KERBEROS, _PRINCIPAL = "allowKerberosAuthentication", "krbPrincipalAttribute"


class LdapUserFederation(Spec, module="keycloak", group="User federation", rank=1):
    """A directory whose users log in to the realm (Server Administration Guide, "LDAP and Active Directory").

    Keycloak makes mappers for the usual attributes with each federation; an `LdapMapper` of the same name changes one, and
    another name adds one. Keycloak does not look whether the directory answers.
    """

    realm: RealmName
    name: Annotated[str, NaturalKey] = Field(
        min_length=1,
        max_length=COLUMN,
        description="Its name, unique among the LDAP federations of the realm.",
    )
    enabled: Annotated[bool, config_values("enabled", absent=True)] = Field(
        default=True, description="Whether users of the directory can log in."
    )
    priority: Annotated[int, config_values("priority")] = Field(
        default=0, description="Of several federations, the one with the lowest number is asked first."
    )
    vendor: Annotated[
        Literal["ad", "edirectory", "other", "rhds", "tivoli"], config_values("vendor", absent="other")
    ] = Field(default="other", description="The product: Active Directory is `ad`, OpenLDAP is `other`.")
    connection_url: Annotated[
        str,
        config_values("connectionUrl"),
        Matches(
            r"ldaps?://\S+( ldaps?://\S+)*", "must be ldap:// or ldaps:// addresses, with a blank between two"
        ),
    ] = Field(description="Addresses of the directory; the first that answers is used.")
    start_tls: Annotated[bool, config_values("startTls")] = Field(
        default=False, description="Encrypt an `ldap://` connection by StartTLS (RFC 4513, section 3)."
    )
    use_truststore: Annotated[
        Literal["always", "never"], config_values("useTruststoreSpi", absent="always")
    ] = Field(
        default="always",
        description="Whether Keycloak's own trust store verifies the directory, or only Java's.",
    )
    connection_pooling: Annotated[bool, config_values("connectionPooling")] = Field(
        default=False, description="Use a connection for several requests."
    )
    connection_timeout: Annotated[int | None, config_values("connectionTimeout")] = Field(
        default=None, ge=1, description="Milliseconds that a connection may take; no limit when left out."
    )
    read_timeout: Annotated[int | None, config_values("readTimeout")] = Field(
        default=None, ge=1, description="Milliseconds that an answer may take; no limit when left out."
    )
    auth_type: Annotated[Literal["simple", "none"], config_values("authType", absent="simple")] = Field(
        default="simple",
        description="Whether Keycloak itself logs in to the directory, or searches as nobody.",
    )
    bind_dn: Annotated[str, config_values("bindDn")] = Field(
        default="",
        description="The account that Keycloak searches with, such as `cn=keycloak,dc=example,dc=org`.",
    )
    bind_credential: Annotated[str | None, Secret, WriteOnly, config_values(SECRET)] = Field(
        default=None,
        min_length=1,
        description="The password of that account. A new federation must declare it, as only one that exists already has a "
        "password.",
    )
    edit_mode: Annotated[
        Literal["READ_ONLY", "WRITABLE", "UNSYNCED"], config_values("editMode", absent="READ_ONLY")
    ] = Field(
        default="READ_ONLY",
        description="Whether changes of users are refused, written to the directory, or kept in Keycloak alone.",
    )
    users_dn: Annotated[str, config_values("usersDn")] = Field(
        min_length=1,
        description="The part of the directory in which users are, such as `ou=people,dc=example,dc=org`.",
    )
    search_scope: Annotated[Literal["one", "sub"], Outside] = Field(
        default="one",
        description="Only the entries right below `usersDn`, or the whole tree (RFC 4516, section 2).",
    )
    user_filter: Annotated[
        str,
        config_values("customUserSearchFilter"),
        Matches(r"(\(.*\))?", "must be in brackets, such as (mail=*)"),
    ] = Field(default="", description="A further condition for users (RFC 4515).")
    username_attribute: Annotated[str, config_values("usernameLDAPAttribute")] = Field(
        default="uid",
        min_length=1,
        description="The attribute with the user name; often `sAMAccountName` with `ad`.",
    )
    rdn_attribute: Annotated[str, config_values("rdnLDAPAttribute")] = Field(
        default="uid",
        min_length=1,
        description="The attribute at the beginning of a user's DN; `cn` with `ad`.",
    )
    uuid_attribute: Annotated[str, config_values("uuidLDAPAttribute")] = Field(
        default="entryUUID",
        min_length=1,
        description="The attribute that never changes and tells users apart; `objectGUID` with `ad`.",
    )
    user_object_classes: Annotated[tuple[str, ...], Unordered, Outside] = Field(
        default=("inetOrgPerson", "organizationalPerson"),
        min_length=1,
        description="The classes that an entry must all have to be a user.",
    )
    pagination: Annotated[bool, config_values("pagination")] = Field(
        default=False, description="Ask for many entries page by page (RFC 2696)."
    )
    import_users: Annotated[bool, config_values("importEnabled", absent=True)] = Field(
        default=True, description="Keep a copy of each user in Keycloak's database."
    )
    sync_registrations: Annotated[bool, config_values("syncRegistrations")] = Field(
        default=False,
        description="Create users that register in Keycloak in the directory too; needs `WRITABLE`.",
    )
    trust_email: Annotated[bool, config_values("trustEmail")] = Field(
        default=False, description="The directory's addresses count as verified."
    )
    validate_password_policy: Annotated[bool, config_values("validatePasswordPolicy")] = Field(
        default=False,
        description="The realm's password policy judges passwords that are written to the directory.",
    )
    batch_size: Annotated[int, config_values("batchSizeForSync", absent=1000)] = Field(
        default=1000, ge=1, description="Users in one transaction of a synchronisation."
    )
    full_sync_period: Annotated[int, config_values("fullSyncPeriod", absent=-1)] = Field(
        default=-1, ge=-1, description="Seconds between two synchronisations of all users; -1: never."
    )
    changed_sync_period: Annotated[int, config_values("changedSyncPeriod", absent=-1)] = Field(
        default=-1, ge=-1, description="Seconds between two synchronisations of changed users; -1: never."
    )
    config: Annotated[KeyedLists, Outside] = Field(
        default={},
        description="Further settings under Keycloak's own keys, such as those of Kerberos; an empty list takes a setting "
        "away.",
    )

    @field_validator("user_object_classes")
    @classmethod
    def _one_word_each(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if any(item.split() != [item] or "," in item for item in classes):
            raise ValueError("a class is one word without a comma")
        return classes

    @field_validator("config")
    @classmethod
    def _without_fields(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if spoken_for := sorted(value.keys() & _keys_with_a_field()):
            raise ValueError(f"{', '.join(spoken_for)} has a field of its own")
        if kept := sorted(value.keys() & _NOTES):
            raise ValueError(f"{', '.join(kept)} is Keycloak's own note")
        if any(not item.strip() for items in value.values() for item in items):
            raise ValueError("a blank value would take the whole setting away; give an empty list for that")
        return value

    @across_fields
    def _somebody_logs_in(self) -> None:
        if self.auth_type == "simple" and not self.bind_dn:
            raise ValueError("authType simple needs bindDn; set authType to none to search as nobody")

    @across_fields
    def _nobody_has_no_password(self) -> None:
        if self.auth_type == "none" and self.bind_credential:
            raise ValueError("authType none uses no bindCredential")

    @across_fields
    def _one_way_to_encrypt(self) -> None:
        if self.start_tls and "ldaps://" in self.connection_url:
            raise ValueError("startTls is for ldap:// addresses; ldaps:// is encrypted already")

    @across_fields
    def _no_pool_of_starttls(self) -> None:
        if self.start_tls and self.connection_pooling:
            raise ValueError("startTls does not go with connectionPooling; ldaps:// does")

    @across_fields
    def _as_the_product_names_it(self) -> None:
        if self.vendor == _ACTIVE_DIRECTORY and self.uuid_attribute == "entryUUID":
            raise ValueError("vendor ad has no attribute entryUUID; set uuidAttribute to objectGUID")

    @across_fields
    def _registrations_are_written(self) -> None:
        for field in ("sync_registrations", "validate_password_policy"):
            if getattr(self, field) and self.edit_mode != "WRITABLE":
                raise ValueError(f"{type(self).model_fields[field].alias} needs editMode WRITABLE")

    @across_fields
    def _changes_are_kept_somewhere(self) -> None:
        if self.edit_mode == "UNSYNCED" and not self.import_users:
            raise ValueError("editMode UNSYNCED keeps changes in Keycloak, which needs importUsers")


KEPT_BY_KEYCLOAK: Final = frozenset({"lastSync", _KERBEROS, _PRINCIPAL})
"""The settings that Keycloak notes in a federation by itself; the Kerberos settings mean nothing while Kerberos is off."""
_NOTES: Final = frozenset({"lastSync"})
READ_APART: Final = frozenset({_CLASSES, _SCOPE})
"""The settings whose fields have another form."""


def _keys_with_a_field() -> frozenset[str]:
    own = {place[1] for place in places(LdapUserFederation).values() if place[0] == "config"}
    return frozenset(own | READ_APART)


def _without_credential(spec: LdapUserFederation) -> UsageError:
    """Return the error for a new federation that could not search its directory."""
    command = hint("secret set", f"objects.LdapUserFederation/{spec.name}.{SECRET}")
    return UsageError(
        f"The LDAP user federation {spec.name} has no {SECRET}, and there is none in realm {spec.realm} that has one.",
        f"Set it: {command}; or set authType to none for a directory that anybody may search.",
    )


class LdapUserFederationHandler(ComponentHandler[LdapUserFederation]):
    """The handler of LDAP user federations through the Admin API's components."""

    provider_type = PROVIDER_TYPE
    place = "User federation"

    def provider_of(self, spec: LdapUserFederation) -> str:
        """Return the provider of all LDAP federations."""
        del spec
        return PROVIDER

    def discover(self, listing: RealmListing) -> Iterator[LdapUserFederation]:
        """Yield all LDAP federations."""
        for item in listing.ldap_federations:
            yield self.key(realm=listing.realm, name=item["name"])

    def from_json(self, key: LdapUserFederation, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields, without the password, which Keycloak masks."""
        settings = raw.get("config") or {}
        classes = (settings.get(_CLASSES) or [""])[0].split(",")
        depth = (settings.get(_SCOPE) or [""])[0]
        return super().from_json(key, raw) | {
            "bind_credential": None,
            "user_object_classes": tuple(sorted({name.strip() for name in classes} - {""})),
            "search_scope": "sub" if depth == _SCOPES["sub"] else "one",
            "config": in_order(further_settings(settings)),
        }

    def to_json(
        self, spec: LdapUserFederation, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; Keycloak's mask of the password goes back and leaves the password unchanged."""
        if names is not None and spec.bind_credential is None:
            names = {*names} - {"bind_credential"}
        body = super().to_json(spec, raw, names)
        settings = dict(body.get("config") or {})
        if names is None or "user_object_classes" in names:
            settings[_CLASSES] = [", ".join(sorted(set(spec.user_object_classes)))]
        if names is None or "search_scope" in names:
            settings[_SCOPE] = [_SCOPES[spec.search_scope]]
        if names is None or "config" in names:
            settings |= {name: list(values) for name, values in spec.config.items()}
        return {**body, "config": settings}

    def preflight_new(self, spec: LdapUserFederation) -> None:
        """Raise an error if no password is declared and there is no such federation, whose password could stay."""
        if _lacks_credential(spec) and self.look_up(spec) is None:
            raise _without_credential(spec)

    def create(self, spec: LdapUserFederation) -> Outputs | None:
        """Make the federation, if the password that it needs is declared."""
        if _lacks_credential(spec):
            raise _without_credential(spec)
        return super().create(spec)


def _lacks_credential(spec: LdapUserFederation) -> bool:
    return spec.auth_type == "simple" and spec.bind_credential is None


def further_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a federation without a field; Keycloak notes some in each federation.

    Args:
        settings: The ``config`` of the component.
    """
    own = _keys_with_a_field() | _NOTES
    if (settings.get(_KERBEROS) or ["false"])[0] != "true":
        own |= KEPT_BY_KEYCLOAK
    return {name: values for name, values in settings.items() if name not in own}
