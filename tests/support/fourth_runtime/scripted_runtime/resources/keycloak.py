from provision.core.handler import Handler
from provision.runtimes.process.resources import keycloak


class Keycloak(keycloak.Keycloak, module="scripted"):
    """A Keycloak that a script starts."""


class KeycloakHandler(keycloak.KeycloakHandler, Handler[Keycloak]):
    """A handler that treats Keycloak like a process."""
