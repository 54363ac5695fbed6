"""The runtime's part of the Pulumi program."""

from provision.resources import scripted
from provision.runtimes.deployment import StartedKeycloak, StartedServer
from scripted_runtime.runtime import FOLDER


class ScriptedDeployment:
    def __init__(self, placement):
        self._placement = placement
        self._home = placement.home / FOLDER

    def keycloak(self, admin_secret):
        config = self._placement.config
        started = scripted.Keycloak(
            "keycloak",
            home=str(self._home / "keycloak"),
            port=config.keycloak.port,
            admin_client_id=config.keycloak.admin_client_id,
            admin_client_secret=admin_secret,
            features=config.features,
            opts=self._placement.opts,
        )
        return StartedKeycloak(resource=started, url=started.url, data_id=lambda _: started.data_id)

    def server(self, config, needs):
        started = scripted.McpServer(
            config.name,
            home=str(self._home / config.name),
            name=config.name,
            port=config.port,
            command=config.command,
            folder=str(self._placement.folder),
            issuer=needs.issuer,
            scopes=[needs.scope],
            **config.options(),
            introspection_client_id=needs.client_id,
            introspection_client_secret=needs.client_secret,
            opts=self._placement.opts,
        )
        return StartedServer(url=started.url, resource_metadata=started.resource_metadata)
