"""The version of Keycloak that stacks get, and the SHA-256 of its zip; ``make keycloak VERSION=…`` writes the line."""

VERSION, SHA256 = "26.7.3", "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
