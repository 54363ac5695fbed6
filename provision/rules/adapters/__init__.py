"""How resources of other kinds than Keycloak's objects become what rules look at: one module each."""
