"""Client scopes (Keycloak Server Administration Guide, "Client scopes")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision.core.spec import NaturalKey, Spec, WhenNew
from provision.keycloak import realm_document
from provision.keycloak.api.session import KeycloakError, Session
from provision.keycloak.bases.collection import NamedCollectionHandler
from provision.keycloak.bases.listing_cache import ListingCache
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.name_index import NameIndex
from provision.keycloak.bases.representation import Outside, RealmName, attribute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.handler import Observed
    from provision.keycloak.realm_listing import RealmListing


_SHOWN = "display.on.consent.screen"
_TEXT = "consent.screen.text"


class ClientScope(Spec, module="keycloak", group="Client scopes", rank=1):
    """A client scope (Keycloak Server Administration Guide, "Client scopes")."""

    realm: RealmName
    name: Annotated[
        str,
        NaturalKey,
        WhenNew(
            r"[\x21\x23-\x5B\x5D-\x7E]+",
            "must be ASCII without blanks, quotes and backslashes (RFC 6749, section 3.3)",
        ),
    ] = Field(min_length=1, max_length=COLUMN, description="What a request's `scope` names.")
    description: str = Field(default="", max_length=COLUMN, description="What the admin console says of it.")
    in_token_scope: Annotated[bool, attribute("include.in.token.scope", absent=True)] = Field(
        default=True,
        description="Include it in the token's `scope` claim; resource servers look for it there.",
    )
    consent_text: Annotated[str | None, Outside] = Field(
        default=None,
        min_length=1,
        description="What the consent page says; without one the page does not mention the scope.",
    )


_IN_REQUESTS = r"[\x21\x23-\x5B\x5D-\x7E]+"
"""The form of one scope in a request (RFC 6749, section 3.3)."""


class ClientScopeHandler(NamedCollectionHandler[ClientScope]):
    """The handler of client scopes through the Admin API."""

    fixed = {"protocol": "openid-connect"}  # noqa: RUF012 - declared ClassVar in the base
    is_recorded = True
    further_places = (("attributes", _SHOWN), ("attributes", _TEXT))

    def creates_before_find(self, spec: ClientScope) -> bool:
        """Return whether Keycloak takes the name for a new scope: an imported scope may have another, and is there."""
        return re.fullmatch(_IN_REQUESTS, spec.name) is not None

    def collection(self, spec: ClientScope) -> tuple[str, ...]:
        """Return the path of the realm's client scopes."""
        del spec
        return ("client-scopes",)

    def look_up(self, key: ClientScope) -> Mapping[str, Any] | None:
        """Return the scope with that name, or None."""
        listed = ListingCache.of(self.session).items("name", key.realm, "client-scopes")
        return super().look_up(key) if listed is None else listed.get(key.name)

    def discover(self, listing: RealmListing) -> Iterator[ClientScope]:
        """Yield the client scopes that people made."""
        for item in listing.scopes:
            yield self.key(realm=listing.realm, name=item["name"])

    def from_json(self, key: ClientScope, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields; only a scope on the consent page has a consent text."""
        attributes = raw.get("attributes", {})
        shown = attributes.get(_SHOWN, "true") == "true"
        return super().from_json(key, raw) | {
            "consent_text": (attributes.get(_TEXT) or None) if shown else None
        }

    def in_document(self, found: Observed[ClientScope]) -> Mapping[str, Any]:
        """Return the scope as it stands in the realm's document."""
        return realm_document.of_client_scope(found.raw)

    def to_json(
        self, spec: ClientScope, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation without mappers, which are objects of their own."""
        body = super().to_json(spec, raw, names)
        body.pop("protocolMappers", None)
        if names is None or "consent_text" in names:
            shown = {_SHOWN: str(spec.consent_text is not None).lower(), _TEXT: spec.consent_text or ""}
            body["attributes"] = body.get("attributes", {}) | shown
        return body


def scope_id(session: Session, realm: str, name: str) -> str:
    """Return the id of the client scope with that name.

    Raises:
        KeycloakError: There is no such client scope.
    """
    found = NameIndex.of(session).id_of(name, realm, "client-scopes")
    if found is None:
        raise KeycloakError(
            f"There is no client scope {name!r} in realm {realm}.", "Declare the client scope first."
        )
    return found
