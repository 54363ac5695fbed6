"""Samples of the protocol mappers."""

from tests.support.samples.sample import Sample

_SCOPE = ("provision:keycloak:ClientScope", {"name": "owner"})
_CLIENT = ("provision:keycloak:Client", {"clientId": "https://a.example/ü"})
_OTHER_WAY = {
    "jsonType": "JSON",
    "addToAccessToken": False,
    "addToIdToken": False,
    "addToUserinfo": False,
    "addToIntrospection": False,
    "addToLightweightToken": True,
}

SAMPLES = {
    "provision:keycloak:HardcodedClaimMapper": Sample(
        {
            "scope": "owner",
            "name": "tier",
            "claimName": "https://example\\.org/tier",
            "claimValue": "größe, 日本; a=b##c",
        },
        {**_OTHER_WAY, "claimName": "tier.name", "claimValue": '{"a": 1}', "addToTokenResponse": True},
        needs=(_SCOPE,),
    ),
    "provision:keycloak:UserAttributeMapper": Sample(
        {"scope": "owner", "name": "team", "claimName": "team", "userAttribute": "team", "multivalued": True},
        {
            **_OTHER_WAY,
            "claimName": "org.team",
            "userAttribute": "größe, in cm",
            "multivalued": False,
            "aggregateValues": True,
        },
        needs=(_SCOPE,),
    ),
    "provision:keycloak:RealmRoleMapper": Sample(
        {"client": "https://a.example/ü", "name": "roles", "claimName": "roles"},
        {**_OTHER_WAY, "claimName": "my\\.roles", "multivalued": False, "rolePrefix": "realm, "},
        needs=(_CLIENT,),
    ),
    "provision:keycloak:ClientRoleMapper": Sample(
        {"scope": "owner", "name": "roles", "claimName": "resource_access.${client_id}.roles"},
        {
            **_OTHER_WAY,
            "claimName": "roles",
            "rolesOfClient": "account",
            "multivalued": False,
            "rolePrefix": "ä:",
        },
        needs=(_SCOPE,),
    ),
    "provision:keycloak:AudienceResolveMapper": Sample(
        {"scope": "owner", "name": "audiences"},
        {"addToAccessToken": False, "addToIntrospection": False, "addToLightweightToken": True},
        needs=(_SCOPE,),
    ),
    "provision:keycloak:GenericProtocolMapper": Sample(
        {
            "scope": "owner",
            "name": "groups",
            "providerId": "oidc-group-membership-mapper",
            "config": {"claim.name": "my\\.groups", "full.path": "true", "of, theirs": "a,b##ü"},
        },
        {"config": {"claim.name": "größe, 日本", "full.path": "", "of, theirs": "x"}},
        needs=(_SCOPE,),
    ),
}
