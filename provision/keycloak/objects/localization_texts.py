"""A realm's own texts in one language (Keycloak UI Customization Guide, "Localization")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from provision._lib.matches import Matches
from provision._lib.urls import segment
from provision.core.handler import Observed
from provision.core.spec import NaturalKey, Spec, Whole
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.handler import KeycloakHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.realm_listing import RealmListing

LOCALIZATION = "localization"


class LocalizationTexts(Spec, module="keycloak", group="Realms", rank=5):
    """The realm's own texts in one language, which replace the texts of its themes (UI Customization Guide, "Localization").

    Pages are shown in other languages than English if the realm has `internationalizationEnabled: true` and the language
    among its `supportedLocales`. The texts are declared as a whole: one that others added is drift.
    """

    realm: RealmName
    locale: Annotated[
        str,
        NaturalKey,
        Matches(
            r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*", "must be a language, such as de or pt-BR (RFC 5646)"
        ),
    ] = Field(max_length=COLUMN, description="The language, for example `de` or `pt-BR`.")
    texts: Annotated[dict[str, str], Whole] = Field(
        min_length=1, description="The texts by their keys, for example `loginAccountTitle`."
    )

    @field_validator("texts")
    @classmethod
    def _keys_that_can_be_asked_for(cls, texts: dict[str, str]) -> dict[str, str]:
        for key in texts:
            segment(key)
        return texts


class LocalizationTextsHandler(KeycloakHandler[LocalizationTexts]):
    """The handler of a language's texts through the Admin API."""

    def discover(self, listing: RealmListing) -> Iterator[LocalizationTexts]:
        """Yield the languages in which the realm has texts of its own."""
        for locale in listing.listed(LOCALIZATION):
            yield self.key(realm=listing.realm, locale=locale)

    def find(self, key: LocalizationTexts) -> Observed[LocalizationTexts] | None:
        """Return the texts, or None if the realm has none in the language."""
        texts = self.session.get(key.realm, LOCALIZATION, key.locale)
        if not texts:
            return None
        spec = LocalizationTexts.model_construct(realm=key.realm, locale=key.locale, texts=texts)
        return Observed(key.locale, spec, raw=texts)

    def create(self, spec: LocalizationTexts) -> None:
        """Add the texts."""
        self.session.post(spec.realm, LOCALIZATION, spec.locale, body=spec.texts)

    def update(self, found: Observed[LocalizationTexts], spec: LocalizationTexts) -> None:
        """Add what is missing, change what differs, and remove what is not declared."""
        if new := {key: text for key, text in spec.texts.items() if found.raw.get(key) != text}:
            self.session.post(spec.realm, LOCALIZATION, spec.locale, body=new)
        for key in sorted(found.raw.keys() - spec.texts.keys()):
            self.session.delete(spec.realm, LOCALIZATION, spec.locale, key)

    def delete(self, found: Observed[LocalizationTexts]) -> None:
        """Remove all texts in the language."""
        self.session.delete(found.spec.realm, LOCALIZATION, found.spec.locale)
