"""One module for each kind of object in Keycloak."""

MODULE = "keycloak"
CONFIGURATION = "provision.keycloak.connection:Connection"
