"""One module for each kind of object in Keycloak."""
