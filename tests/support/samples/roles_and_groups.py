"""Samples of roles, groups and their members."""

from tests.support.samples.sample import Sample

_ROLE = ("provision:keycloak:RealmRole", {"name": "reader / é %"})
_OTHER_ROLE = ("provision:keycloak:RealmRole", {"name": "writer"})
_CLIENT = (
    "provision:keycloak:Client",
    {"clientId": "http://localhost:3000/mcp", "access": "confidential", "serviceAccounts": True},
)
_GROUP = ("provision:keycloak:Group", {"path": "/team a/b~/é"})
_ABOVE = ("provision:keycloak:Group", {"path": "/team a"})
_OTHER_GROUP = ("provision:keycloak:Group", {"path": "/others"})
_ANY_ATTRIBUTE = (
    "provision:keycloak:UserProfile",
    {"unmanagedAttributePolicy": "ENABLED"},
)

_COMPOSITES = {
    "realmComposites": ["reader / é %"],
    "clientComposites": {"account": ["view-profile"], "broker": ["read-token"]},
}
_OTHER_COMPOSITES = {
    "realmComposites": ["writer"],
    "clientComposites": {"account": ["manage-account", "view-consent"], "broker": ["read-token"]},
}

SAMPLES = {
    "provision:keycloak:RealmRole": Sample(
        {
            "name": "mcp/tools: alle ü 100%",
            "description": "Uses tools",
            "attributes": {"cost": ["2", "1"], "first_name": ["x"]},
            **_COMPOSITES,
        },
        {"description": "", "attributes": {"cost": ["3"], "first_name": ["x"]}, **_OTHER_COMPOSITES},
        needs=(_ROLE, _OTHER_ROLE),
    ),
    "provision:keycloak:ClientRole": Sample(
        {
            "client": "http://localhost:3000/mcp",
            "name": "tool/run é",
            "description": "Runs tools",
            "attributes": {"cost": ["1"]},
            **_COMPOSITES,
        },
        {"description": "", "attributes": {"cost": ["3"]}, **_OTHER_COMPOSITES},
        needs=(_ROLE, _OTHER_ROLE, _CLIENT),
    ),
    "provision:keycloak:Group": Sample(
        {
            "path": "/team a/b~/é",
            "attributes": {"floor": ["2", "1"]},
            "realmRoles": ["reader / é %"],
            "clientRoles": {"account": ["view-profile"]},
        },
        {
            "attributes": {"floor": ["3"]},
            "realmRoles": ["writer"],
            "clientRoles": {"account": ["manage-account", "view-profile"]},
        },
        needs=(_ROLE, _OTHER_ROLE, _ABOVE),
    ),
    "provision:keycloak:User": Sample(
        {
            "username": "ada",
            "email": "ada@example.org",
            "firstName": "Ada",
            "lastName": "L",
            "password": "pass-1",
            "attributes": {"floor": ["2", "1"]},
            "realmRoles": ["reader / é %"],
            "clientRoles": {"account": ["view-consent"]},
            "groups": ["/team a/b~/é"],
        },
        {
            "email": "ada@example.com",
            "emailVerified": False,
            "firstName": "Augusta Ada",
            "lastName": "Lovelace",
            "enabled": False,
            "password": "pass-2",
            "requiredActions": ["VERIFY_EMAIL", "UPDATE_PASSWORD"],
            "attributes": {"floor": ["3"]},
            "realmRoles": ["writer"],
            "clientRoles": {"account": ["delete-account"]},
            "groups": ["/others", "/team a"],
        },
        needs=(_ROLE, _OTHER_ROLE, _ABOVE, _GROUP, _OTHER_GROUP, _ANY_ATTRIBUTE),
    ),
    "provision:keycloak:ServiceAccountRole": Sample(
        {"client": "http://localhost:3000/mcp", "owner": "broker", "role": "read-token"},
        {},
        needs=(_CLIENT,),
    ),
}
