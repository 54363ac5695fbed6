"""Written by `make stubs`; do not edit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

class Provider(pulumi.ProviderResource):
    """Which Keycloak resources go to, and as whom."""
    def __init__(
        self,
        resource_name: str,
        *,
        url: pulumi.Input[str],
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = ...,
    ) -> None: ...

class index:
    class GeneratedSecret(pulumi.CustomResource):
        """A random secret, generated once and kept encrypted in the stack's state."""

        name: pulumi.Output[str]
        value: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            name: pulumi.Input[str],
            value: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

class keycloak:
    class AllowedClientScopesPolicy(pulumi.CustomResource):
        """Which client scopes a registration may ask for ("Client Scopes Policy")."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        allowed_client_scopes: pulumi.Output[Sequence[str]]
        allow_default_scopes: pulumi.Output[bool]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            allowed_client_scopes: pulumi.Input[Sequence[str]] | None = ...,
            allow_default_scopes: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class AudienceMapper(pulumi.CustomResource):
        """Puts an audience into access tokens (Server Administration Guide, "Hardcoded audience")."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        included_custom_audience: pulumi.Output[str]
        included_client_audience: pulumi.Output[str]
        add_to_access_token: pulumi.Output[bool]
        add_to_id_token: pulumi.Output[bool]
        add_to_introspection: pulumi.Output[bool]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            included_custom_audience: pulumi.Input[str] | None = ...,
            included_client_audience: pulumi.Input[str] | None = ...,
            add_to_access_token: pulumi.Input[bool] | None = ...,
            add_to_id_token: pulumi.Input[bool] | None = ...,
            add_to_introspection: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class Client(pulumi.CustomResource):
        """An OpenID Connect client (Server Administration Guide, "Managing OpenID Connect clients")."""

        realm: pulumi.Output[str]
        client_id: pulumi.Output[str]
        name: pulumi.Output[str]
        description: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        access: pulumi.Output[str]
        secret: pulumi.Output[str]
        standard_flow: pulumi.Output[bool]
        service_accounts: pulumi.Output[bool]
        redirect_uris: pulumi.Output[Sequence[str]]
        web_origins: pulumi.Output[Sequence[str]]
        consent_required: pulumi.Output[bool]
        full_scope_allowed: pulumi.Output[bool]
        require_pkce: pulumi.Output[bool]
        access_token_lifespan: pulumi.Output[int]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            client_id: pulumi.Input[str],
            name: pulumi.Input[str] | None = ...,
            description: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            access: pulumi.Input[str] | None = ...,
            secret: pulumi.Input[str] | None = ...,
            standard_flow: pulumi.Input[bool] | None = ...,
            service_accounts: pulumi.Input[bool] | None = ...,
            redirect_uris: pulumi.Input[Sequence[str]] | None = ...,
            web_origins: pulumi.Input[Sequence[str]] | None = ...,
            consent_required: pulumi.Input[bool] | None = ...,
            full_scope_allowed: pulumi.Input[bool] | None = ...,
            require_pkce: pulumi.Input[bool] | None = ...,
            access_token_lifespan: pulumi.Input[int] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ClientScope(pulumi.CustomResource):
        """A client scope (Keycloak Server Administration Guide, "Client scopes")."""

        realm: pulumi.Output[str]
        name: pulumi.Output[str]
        description: pulumi.Output[str]
        in_token_scope: pulumi.Output[bool]
        consent_text: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            name: pulumi.Input[str],
            description: pulumi.Input[str] | None = ...,
            in_token_scope: pulumi.Input[bool] | None = ...,
            consent_text: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class DefaultClientScope(pulumi.CustomResource):
        """Every new client of the realm gets this client scope; other memberships are left as they are."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        kind: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str],
            kind: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class Realm(pulumi.CustomResource):
        """A realm (Keycloak Server Administration Guide, "Creating a realm")."""

        name: pulumi.Output[str]
        display_name: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        ssl_required: pulumi.Output[str]
        access_token_lifespan: pulumi.Output[int]
        sso_session_idle_timeout: pulumi.Output[int]
        sso_session_max_lifespan: pulumi.Output[int]
        revoke_refresh_token: pulumi.Output[bool]
        refresh_token_max_reuse: pulumi.Output[int]
        registration_allowed: pulumi.Output[bool]
        brute_force_protected: pulumi.Output[bool]
        events_enabled: pulumi.Output[bool]
        admin_events_enabled: pulumi.Output[bool]
        adopt: pulumi.Output[bool]
        owner: pulumi.Output[str]
        supplied_keys: pulumi.Output[bool]
        expected_issuer: pulumi.Output[str]
        instance: pulumi.Output[str]
        issuer: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            name: pulumi.Input[str],
            display_name: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            ssl_required: pulumi.Input[str] | None = ...,
            access_token_lifespan: pulumi.Input[int] | None = ...,
            sso_session_idle_timeout: pulumi.Input[int] | None = ...,
            sso_session_max_lifespan: pulumi.Input[int] | None = ...,
            revoke_refresh_token: pulumi.Input[bool] | None = ...,
            refresh_token_max_reuse: pulumi.Input[int] | None = ...,
            registration_allowed: pulumi.Input[bool] | None = ...,
            brute_force_protected: pulumi.Input[bool] | None = ...,
            events_enabled: pulumi.Input[bool] | None = ...,
            admin_events_enabled: pulumi.Input[bool] | None = ...,
            adopt: pulumi.Input[bool] | None = ...,
            owner: pulumi.Input[str] | None = ...,
            supplied_keys: pulumi.Input[bool] | None = ...,
            expected_issuer: pulumi.Input[str] | None = ...,
            instance: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class TrustedHostsPolicy(pulumi.CustomResource):
        """Which hosts may register clients and which hosts their URIs may name ("Trusted Hosts Policy")."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        trusted_hosts: pulumi.Output[Sequence[str]]
        host_sending_registration_request_must_match: pulumi.Output[bool]
        client_uris_must_match: pulumi.Output[bool]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            trusted_hosts: pulumi.Input[Sequence[str]] | None = ...,
            host_sending_registration_request_must_match: pulumi.Input[bool] | None = ...,
            client_uris_must_match: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class User(pulumi.CustomResource):
        """A person who can log in; meant for dev and test stacks (Server Administration Guide, "Managing users")."""

        realm: pulumi.Output[str]
        username: pulumi.Output[str]
        email: pulumi.Output[str]
        first_name: pulumi.Output[str]
        last_name: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        password: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            username: pulumi.Input[str],
            email: pulumi.Input[str] | None = ...,
            first_name: pulumi.Input[str] | None = ...,
            last_name: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            password: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

class process:
    class Keycloak(pulumi.CustomResource):
        """A Keycloak on localhost, with its data, log and pid record in a folder of its own."""

        home: pulumi.Output[str]
        port: pulumi.Output[int]
        admin_client_id: pulumi.Output[str]
        admin_client_secret: pulumi.Output[str]
        features: pulumi.Output[Sequence[str]]
        url: pulumi.Output[str]
        data_id: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            home: pulumi.Input[str],
            port: pulumi.Input[int] | None = ...,
            admin_client_id: pulumi.Input[str],
            admin_client_secret: pulumi.Input[str],
            features: pulumi.Input[Sequence[str]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class McpServer(pulumi.CustomResource):
        """The reference MCP server on localhost; settings and secret reach it as files that only its user can read."""

        home: pulumi.Output[str]
        name: pulumi.Output[str]
        port: pulumi.Output[int]
        issuer: pulumi.Output[str]
        scopes: pulumi.Output[Sequence[str]]
        verifier: pulumi.Output[str]
        cache_seconds: pulumi.Output[int]
        introspection_client_id: pulumi.Output[str]
        introspection_client_secret: pulumi.Output[str]
        url: pulumi.Output[str]
        resource_metadata: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            home: pulumi.Input[str],
            name: pulumi.Input[str],
            port: pulumi.Input[int] | None = ...,
            issuer: pulumi.Input[str],
            scopes: pulumi.Input[Sequence[str]],
            verifier: pulumi.Input[str] | None = ...,
            cache_seconds: pulumi.Input[int] | None = ...,
            introspection_client_id: pulumi.Input[str],
            introspection_client_secret: pulumi.Input[str],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...
