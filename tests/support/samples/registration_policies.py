"""Samples of the registration policies."""

from tests.support.samples.sample import Sample

SAMPLES = {
    "provision:keycloak:MaxClientsPolicy": Sample({"maxClients": 20}, {"maxClients": 0}, factory=True),
    "provision:keycloak:AllowedProtocolMappersPolicy": Sample(
        {"allowedProtocolMapperTypes": ["oidc-full-name-mapper", "oidc-address-mapper"]},
        {"allowedProtocolMapperTypes": []},
        factory=True,
    ),
    "provision:keycloak:ConsentRequiredPolicy": Sample({}, {}, factory=True),
    "provision:keycloak:FullScopeDisabledPolicy": Sample({"registration": "authenticated"}, {}),
    "provision:keycloak:ClientDisabledPolicy": Sample({"registration": "authenticated"}, {}),
    "provision:keycloak:RegistrationWebOriginsPolicy": Sample(
        {"webOrigins": ["https://b.example", "https://ü.example, too"]}, {"webOrigins": []}, factory=True
    ),
    "provision:keycloak:GenericRegistrationPolicy": Sample(
        {
            "registration": "authenticated",
            "providerId": "trusted-hosts",
            "config": {
                "trusted-hosts": ["localhost", "ü.example, too", "127.0.0.1"],
                "client-uris-must-match": ["true"],
                "host-sending-registration-request-must-match": ["false"],
            },
        },
        {
            "config": {
                "trusted-hosts": [],
                "client-uris-must-match": ["false"],
                "host-sending-registration-request-must-match": ["true"],
            }
        },
    ),
}
