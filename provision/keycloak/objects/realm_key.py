"""Key providers of a realm (Keycloak Server Administration Guide, "Configuring realm keys")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.spec import NaturalKey, Spec
from provision.keycloak.bases.component import ComponentHandler
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import Outside, RealmName, at, config_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing

PROVIDER_TYPE = "org.keycloak.keys.KeyProvider"
STAMPED = re.compile(r"-\d{8}T\d{6}Z$")
"""The end of the name of a key that a rotation made."""
_CURVE_KEYS = {"ecdsa-generated": "ecdsaEllipticCurveKey", "eddsa-generated": "eddsaEllipticCurveKey"}
_FIRST_CURVES = {"ecdsa-generated": "P-256", "eddsa-generated": "Ed25519"}


class RealmKey(Spec, module="keycloak", group="Realms", rank=2):
    """A signing or encryption key that Keycloak makes (Server Administration Guide, "Configuring realm keys").

    Keycloak uses the active key with the highest priority of an algorithm. To rotate, add a key with a higher priority,
    make the former one passive (`active: false`), and remove the former key when the tokens that it signed are expired.
    """

    realm: RealmName
    provider: Annotated[
        Literal["rsa-generated", "rsa-enc-generated", "ecdsa-generated", "eddsa-generated"],
        NaturalKey,
        at("providerId"),
    ] = Field(
        default="rsa-generated", description="Keycloak's type of key provider, which decides the kind of key."
    )
    name: Annotated[str, NaturalKey] = Field(
        min_length=1, max_length=COLUMN, description="Its name, unique among the keys of that provider."
    )
    priority: Annotated[int, config_values("priority")] = Field(
        default=0,
        description="Of several active keys for one algorithm, the one with the highest priority signs.",
    )
    enabled: Annotated[bool, config_values("enabled", absent=True)] = Field(
        default=True, description="A key that is not enabled is not published: its tokens are refused."
    )
    active: Annotated[bool, config_values("active", absent=True)] = Field(
        default=True, description="A key that is not active makes no new tokens."
    )
    algorithm: Annotated[str | None, config_values("algorithm")] = Field(
        default=None, description="Of an RSA key, for example `PS256`; Keycloak's default when left out."
    )
    key_size: Annotated[int | None, config_values("keySize")] = Field(
        default=None, ge=2048, description="Bits of an RSA key; another size makes another key at once."
    )
    curve: Annotated[str | None, Outside] = Field(
        default=None, description="Of an ECDSA or EdDSA key; another curve makes another key at once."
    )

    @across_fields
    def _fits_the_provider(self) -> None:
        if self.provider in _CURVE_KEYS and (self.algorithm or self.key_size):
            raise ValueError(f"{self.provider} has a curve, but neither algorithm nor keySize")
        if self.provider not in _CURVE_KEYS and self.curve:
            raise ValueError(f"{self.provider} has no curve")


class RealmKeyHandler(ComponentHandler[RealmKey]):
    """The handler of key providers through the Admin API's components."""

    provider_type = PROVIDER_TYPE
    place = "Realm settings, Keys"

    def provider_of(self, spec: RealmKey) -> str:
        """Return the type of the key."""
        return spec.provider

    def discover(self, listing: RealmListing) -> Iterator[RealmKey]:
        """Yield the keys of the types of this kind, without the keys that Keycloak and rotations make."""
        types = get_args(RealmKey.model_fields["provider"].annotation)
        for item in listing.components(PROVIDER_TYPE):
            own = item["name"] != item["providerId"] and not STAMPED.search(item["name"])
            if item["providerId"] in types and (own or listing.factory):
                yield self.key(realm=listing.realm, provider=item["providerId"], name=item["name"])

    def from_json(self, key: RealmKey, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields; the curve stands under a key that depends on the provider."""
        curves = raw.get("config", {}).get(_CURVE_KEYS.get(key.provider, ""))
        return super().from_json(key, raw) | {"curve": curves[0] if curves else None}

    def to_json(
        self, spec: RealmKey, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; a field that is reset goes back to Keycloak's default."""
        body = super().to_json(spec, raw, names)
        settings = body.setdefault("config", {})
        if spec.provider in _CURVE_KEYS and (names is None or "curve" in names):
            settings[_CURVE_KEYS[spec.provider]] = [spec.curve or _FIRST_CURVES[spec.provider]]
        body["config"] = {key: values for key, values in settings.items() if values}
        return body
