"""Samples of scopes' memberships."""

from tests.support.samples.sample import Sample

_SCOPE = ("provision:keycloak:ClientScope", {"name": "owner"})
_CLIENT = ("provision:keycloak:Client", {"clientId": "https://a.example/ü"})

SAMPLES = {
    "provision:keycloak:ClientScopeAssignment": Sample(
        {"client": "https://a.example/ü", "scope": "owner", "kind": "optional"}, {}, needs=(_SCOPE, _CLIENT)
    ),
    "provision:keycloak:RealmClientScopes": Sample(
        {"defaultScopes": ["basic", "phone"], "optionalScopes": ["owner", "profile"]},
        {"defaultScopes": ["basic", "address"], "optionalScopes": ["owner"]},
        needs=(_SCOPE,),
        factory=True,
    ),
}
