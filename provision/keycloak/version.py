"""The version of Keycloak in stacks, and the SHA-256 of its zip; ``make keycloak VERSION=…`` writes the line."""

VERSION, SHA256 = "26.7.5", "30ef87fb7101c43d29688d1ae80c0588ff4a151b3330e9f664bf9692d398658a"
