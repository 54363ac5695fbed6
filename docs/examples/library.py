"""A scope, its audience and who may register clients, in a realm that is there already."""

import pulumi

from provision.resources import Provider, keycloak

config = pulumi.Config()
realm, server = config.require("realm"), config.require("server")
url, secret = config.require("url"), config.require_secret("clientSecret")
admin = Provider("admin", url=url, client_id=config.require("clientId"), client_secret=secret)
here = pulumi.ResourceOptions(provider=admin)

tools = keycloak.ClientScope("tools", realm=realm, name="mcp:tools", consent_text="Use the tools", opts=here)
keycloak.AudienceMapper(
    "audience", realm=realm, scope=tools.name, name="server", included_custom_audience=server, opts=here
)
keycloak.TrustedHostsPolicy(
    "hosts", realm=realm, trusted_hosts=["localhost", "127.0.0.1", "claude.ai"], opts=here
)
