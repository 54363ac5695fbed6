"""Audience mappers of a client scope (Server Administration Guide, "Audience support")."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from provision.keycloak.client_scope import scope_id, scope_named
from provision.spec import Calls, Found, NaturalKey, Spec

_PROVIDER = "oidc-audience-mapper"


class AudienceMapper(Spec, module="keycloak"):
    """Puts an audience into the access tokens that carry a client scope (Server Administration Guide, "Hardcoded audience").

    Give either ``included_custom_audience`` (any text, for MCP the server's canonical URI, RFC 8707) or
    ``included_client_audience`` (the client id of a client in the realm).
    """

    realm: Annotated[str, NaturalKey]
    scope: Annotated[str, NaturalKey] = Field(min_length=1)
    name: Annotated[str, NaturalKey] = Field(min_length=1)
    included_custom_audience: str | None = None
    included_client_audience: str | None = None
    add_to_access_token: bool = True
    add_to_id_token: bool = False
    add_to_introspection: bool = Field(
        default=False,
        description="Add it again whenever a token is introspected. Only lightweight tokens need this: a token whose "
        "audience was narrowed would look as if it were not.",
    )

    @model_validator(mode="after")
    def _one_audience(self) -> AudienceMapper:
        if (self.included_custom_audience is None) == (self.included_client_audience is None):
            raise ValueError("give either includedCustomAudience or includedClientAudience")
        return self


_FLAGS = {
    "add_to_access_token": "access.token.claim",
    "add_to_id_token": "id.token.claim",
    "add_to_introspection": "introspection.token.claim",
}


class AudienceMapperCalls(Calls[AudienceMapper]):
    """Audience mappers through the Admin API."""

    def find(self, key: AudienceMapper) -> Found[AudienceMapper] | None:
        """The mapper by its name within the scope."""
        scope = scope_named(self.context.session(), key.realm, key.scope) or {}
        raw = next((item for item in scope.get("protocolMappers", ()) if item["name"] == key.name), None)
        if raw is None:
            return None
        config = raw.get("config", {})
        spec = AudienceMapper.model_construct(
            realm=key.realm,
            scope=key.scope,
            name=key.name,
            included_custom_audience=config.get("included.custom.audience") or None,
            included_client_audience=config.get("included.client.audience") or None,
            **{field: config.get(name) == "true" for field, name in _FLAGS.items()},
        )
        return Found(raw["id"], spec, raw=raw)

    def create(self, spec: AudienceMapper) -> None:
        """Make the mapper."""
        self.context.session().post(spec.realm, *self._path(spec), body=_representation(spec))

    def update(self, found: Found[AudienceMapper], spec: AudienceMapper) -> None:
        """Replace the mapper's settings."""
        body = {"id": found.id, **_representation(spec)}
        self.context.session().put(spec.realm, *self._path(spec), found.id, body=body)

    def delete(self, found: Found[AudienceMapper]) -> None:
        """Remove the mapper."""
        self.context.session().delete(found.spec.realm, *self._path(found.spec), found.id)

    def _path(self, key: AudienceMapper) -> tuple[str, ...]:
        owner = scope_id(self.context.session(), key.realm, key.scope)
        return "client-scopes", owner, "protocol-mappers", "models"


def _representation(spec: AudienceMapper) -> dict[str, Any]:
    config = {name: str(getattr(spec, field)).lower() for field, name in _FLAGS.items()}
    if spec.included_custom_audience:
        config["included.custom.audience"] = spec.included_custom_audience
    if spec.included_client_audience:
        config["included.client.audience"] = spec.included_client_audience
    return {"name": spec.name, "protocol": "openid-connect", "protocolMapper": _PROVIDER, "config": config}
