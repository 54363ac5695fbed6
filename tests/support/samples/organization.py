"""A sample of an organization."""

from tests.support.samples.identity_providers import PROVIDER
from tests.support.samples.sample import Sample

SAMPLES = {
    "provision:keycloak:Organization": Sample(
        {
            "alias": "acme-é",
            "name": "Acme & Söhne",
            "domains": ["acme.example", "acme.test"],
            "verifiedDomains": ["acme.test"],
            "attributes": {"tier": ["gold", "größe"]},
        },
        {
            "name": "Acme / Group",
            "description": "Changed",
            "enabled": False,
            "redirectUrl": "https://acme.example/start",
            "domains": ["acme.test", "xn--acm-epa.example"],
            "verifiedDomains": [],
            "attributes": {"tier": ["silver"]},
            "identityProviders": [PROVIDER["alias"]],
        },
        # Keycloak switches the providers of an organization off together with it.
        needs=(("provision:keycloak:IdentityProvider", {**PROVIDER, "enabled": False}),),
    ),
}
