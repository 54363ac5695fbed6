"""The connection to a Keycloak, declared once: schema, ``Provider`` class, checks and stack file derive from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, field_validator, model_validator

from provision._lib.matches import Matches
from provision.core.configuration import Configuration
from provision.core.spec import Secret

if TYPE_CHECKING:
    from provision.keycloak.api.session import Session
    from provision.keycloak.handler import KeycloakAccess

Address = Annotated[
    str,
    Matches(
        r"https?://[^/\s?#]+(/[^\s?#]*[^/\s?#])?",
        "must be an http or https URL without a trailing slash, query and fragment, such as https://login.example.org",
    ),
]
"""The base address of a Keycloak."""
ClientId = Annotated[
    str,
    Field(min_length=1, description="The admin service account that provisioning uses (client credentials)."),
]
CaFile = Annotated[
    str | None,
    Field(
        description="Path of a PEM bundle that https is verified with; the system's trust store when left out."
    ),
]
AuthRealm = Annotated[
    str,
    Field(
        min_length=1,
        description="The realm in which the service account is; one in the managed realm itself can do least.",
    ),
]
MASTER = "master"


class Connection(Configuration):
    """The Keycloak that resources go to, and the account that makes them."""

    url: Address = Field(description="Keycloak's base address, without a trailing slash.")
    client_id: ClientId
    client_secret: Annotated[str, Secret] = Field(repr=False, description="Its secret.")
    ca_file: CaFile = None
    auth_realm: AuthRealm = MASTER
    features: str = Field(
        default="",
        description="Keycloak features, separated by commas, that the program itself switches on, so that a check need not look for them.",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_empty(cls, values: Any) -> Any:
        """Return the values without the empty ones: a value that is left out may arrive as an empty text."""
        fields = cls.fields().values()
        optional = {name for field in fields if not field.required for name in (field.name, field.wire)}
        return {name: value for name, value in values.items() if value or name not in optional}

    @field_validator("url", mode="before")
    @classmethod
    def _without_a_trailing_slash(cls, url: Any) -> Any:
        return url.rstrip("/") if isinstance(url, str) else url

    def place(self) -> str:
        """Return Keycloak's address."""
        return self.url

    def connect(self) -> KeycloakAccess:
        """Return the access to the Admin API and the features of that Keycloak."""
        from provision.keycloak.handler import KeycloakAccess

        def session() -> Session:
            from provision.keycloak.api.session import Session

            return Session(self)

        return KeycloakAccess(session, [name for name in self.features.split(",") if name])
