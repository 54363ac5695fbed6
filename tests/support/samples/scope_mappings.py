"""A sample of a role scope mapping; the one of a client scope is tried in test_role_scope_mappings.py."""

from tests.support.samples.sample import Sample

_CLIENT = (
    "provision:keycloak:Client",
    {
        "clientId": "https://narrow.example/ü",
        "redirectUris": ["https://narrow.example/"],
        "fullScopeAllowed": False,
    },
)

SAMPLES = {
    "provision:keycloak:RoleScopeMapping": Sample(
        {"client": "https://narrow.example/ü", "owner": "broker", "role": "read-token"},
        {},
        needs=(_CLIENT,),
    ),
}
