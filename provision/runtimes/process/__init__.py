"""Programs of this machine: a Keycloak of the toolkit's own and its servers, as plain processes."""
