"""One module for each kind of object in Keycloak."""

MODULE = "keycloak"
GROUPS = (
    "Realms",
    "Clients",
    "Client scopes",
    "Protocol mappers",
    "Registration policies",
    "Roles, groups and users",
    "Identity providers",
    "Authentication",
    "User federation",
    "Organizations",
)
CONFIGURATION = "provision.keycloak.connection:Connection"
