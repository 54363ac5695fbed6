"""Written by `make stubs`; do not edit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from typing_extensions import deprecated

class Provider(pulumi.ProviderResource):
    """The Keycloak that resources go to, and the account that makes them."""
    def __init__(
        self,
        resource_name: str,
        *,
        url: pulumi.Input[str],
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
        ca_file: pulumi.Input[str] | None = ...,
        auth_realm: pulumi.Input[str] | None = ...,
        features: pulumi.Input[str] | None = ...,
        opts: pulumi.ResourceOptions | None = ...,
    ) -> None: ...

class docker:
    class Port(pulumi.CustomResource):
        """A port on loopback, chosen once and kept: the issuer and the audience of tokens depend on it."""

        name: pulumi.Output[str]
        port: pulumi.Output[int]
        def __init__(
            self,
            resource_name: str,
            *,
            name: pulumi.Input[str],
            port: pulumi.Input[int] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ServerData(pulumi.CustomResource):
        """The identity of a Keycloak's data: a Keycloak that lost its data has another identity at the same address."""

        name: pulumi.Output[str]
        runs_in: pulumi.Output[str]
        data_id: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            name: pulumi.Input[str] | None = ...,
            runs_in: pulumi.Input[str] | None = ...,
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

    class Runtime(pulumi.CustomResource):
        """The runtime that a stack runs in: processes or containers of this machine."""

        name: pulumi.Output[str]
        home: pulumi.Output[str]
        runtime: pulumi.Output[str]
        mark: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            name: pulumi.Input[str] | None = ...,
            home: pulumi.Input[str],
            runtime: pulumi.Input[str],
            mark: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

class keycloak:
    class AllowedClientScopesPolicy(pulumi.CustomResource):
        """The client scopes that a registration may ask for ("Client Scopes Policy")."""

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
            allowed_client_scopes: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            allow_default_scopes: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class AllowedProtocolMappersPolicy(pulumi.CustomResource):
        """The types of protocol mappers that a registered client may have ("Protocol Mappers Policy")."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        allowed_protocol_mapper_types: pulumi.Output[Sequence[str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            allowed_protocol_mapper_types: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class AudienceMapper(pulumi.CustomResource):
        """A mapper that puts an audience into access tokens (Server Administration Guide, "Hardcoded audience")."""

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

    class AudienceResolveMapper(pulumi.CustomResource):
        """A mapper that adds each client in which the user has a role to a token's audience ("Automatically add audience")."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        add_to_access_token: pulumi.Output[bool]
        add_to_introspection: pulumi.Output[bool]
        add_to_lightweight_token: pulumi.Output[bool]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            add_to_access_token: pulumi.Input[bool] | None = ...,
            add_to_introspection: pulumi.Input[bool] | None = ...,
            add_to_lightweight_token: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class AuthenticationBindings(pulumi.CustomResource):
        """The flows that a realm uses for logins and the like (Server Administration Guide, "Authentication flows")."""

        realm: pulumi.Output[str]
        browser_flow: pulumi.Output[str]
        registration_flow: pulumi.Output[str]
        direct_grant_flow: pulumi.Output[str]
        reset_credentials_flow: pulumi.Output[str]
        client_authentication_flow: pulumi.Output[str]
        first_broker_login_flow: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            browser_flow: pulumi.Input[str] | None = ...,
            registration_flow: pulumi.Input[str] | None = ...,
            direct_grant_flow: pulumi.Input[str] | None = ...,
            reset_credentials_flow: pulumi.Input[str] | None = ...,
            client_authentication_flow: pulumi.Input[str] | None = ...,
            first_broker_login_flow: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class AuthenticationFlow(pulumi.CustomResource):
        """A flow that people or clients go through to log in (Server Administration Guide, "Authentication flows")."""

        realm: pulumi.Output[str]
        alias: pulumi.Output[str]
        description: pulumi.Output[str]
        flow_type: pulumi.Output[str]
        executions: pulumi.Output[Sequence[Any]]
        config_secrets: pulumi.Output[Mapping[str, str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            alias: pulumi.Input[str],
            description: pulumi.Input[str] | None = ...,
            flow_type: pulumi.Input[str] | None = ...,
            executions: pulumi.Input[Sequence[pulumi.Input[Any]]] | None = ...,
            config_secrets: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = ...,
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
        client_authenticator: pulumi.Output[str]
        jwks_url: pulumi.Output[str]
        standard_flow: pulumi.Output[bool]
        require_pkce: pulumi.Output[bool]
        service_accounts: pulumi.Output[bool]
        device_grant: pulumi.Output[bool]
        token_exchange: pulumi.Output[bool]
        implicit_flow: pulumi.Output[bool]
        direct_access_grants: pulumi.Output[bool]
        redirect_uris: pulumi.Output[Sequence[str]]
        post_logout_redirect_uris: pulumi.Output[Sequence[str]]
        web_origins: pulumi.Output[Sequence[str]]
        root_url: pulumi.Output[str]
        base_url: pulumi.Output[str]
        admin_url: pulumi.Output[str]
        front_channel_logout_url: pulumi.Output[str]
        back_channel_logout_url: pulumi.Output[str]
        resource_url: pulumi.Output[str]
        consent_required: pulumi.Output[bool]
        display_on_consent_screen: pulumi.Output[bool]
        consent_screen_text: pulumi.Output[str]
        always_display_in_console: pulumi.Output[bool]
        full_scope_allowed: pulumi.Output[bool]
        browser_flow: pulumi.Output[str]
        direct_grant_flow: pulumi.Output[str]
        access_token_lifespan: pulumi.Output[int]
        client_session_idle_timeout: pulumi.Output[int]
        client_session_max_lifespan: pulumi.Output[int]
        client_offline_session_idle_timeout: pulumi.Output[int]
        client_offline_session_max_lifespan: pulumi.Output[int]
        use_refresh_tokens: pulumi.Output[bool]
        use_refresh_token_for_client_credentials: pulumi.Output[bool]
        access_token_signature_algorithm: pulumi.Output[str]
        id_token_signature_algorithm: pulumi.Output[str]
        lightweight_access_tokens: pulumi.Output[bool]
        generated_secret: pulumi.Output[str]
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
            client_authenticator: pulumi.Input[str] | None = ...,
            jwks_url: pulumi.Input[str] | None = ...,
            standard_flow: pulumi.Input[bool] | None = ...,
            require_pkce: pulumi.Input[bool] | None = ...,
            service_accounts: pulumi.Input[bool] | None = ...,
            device_grant: pulumi.Input[bool] | None = ...,
            token_exchange: pulumi.Input[bool] | None = ...,
            implicit_flow: pulumi.Input[bool] | None = ...,
            direct_access_grants: pulumi.Input[bool] | None = ...,
            redirect_uris: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            post_logout_redirect_uris: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            web_origins: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            root_url: pulumi.Input[str] | None = ...,
            base_url: pulumi.Input[str] | None = ...,
            admin_url: pulumi.Input[str] | None = ...,
            front_channel_logout_url: pulumi.Input[str] | None = ...,
            back_channel_logout_url: pulumi.Input[str] | None = ...,
            resource_url: pulumi.Input[str] | None = ...,
            consent_required: pulumi.Input[bool] | None = ...,
            display_on_consent_screen: pulumi.Input[bool] | None = ...,
            consent_screen_text: pulumi.Input[str] | None = ...,
            always_display_in_console: pulumi.Input[bool] | None = ...,
            full_scope_allowed: pulumi.Input[bool] | None = ...,
            browser_flow: pulumi.Input[str] | None = ...,
            direct_grant_flow: pulumi.Input[str] | None = ...,
            access_token_lifespan: pulumi.Input[int] | None = ...,
            client_session_idle_timeout: pulumi.Input[int] | None = ...,
            client_session_max_lifespan: pulumi.Input[int] | None = ...,
            client_offline_session_idle_timeout: pulumi.Input[int] | None = ...,
            client_offline_session_max_lifespan: pulumi.Input[int] | None = ...,
            use_refresh_tokens: pulumi.Input[bool] | None = ...,
            use_refresh_token_for_client_credentials: pulumi.Input[bool] | None = ...,
            access_token_signature_algorithm: pulumi.Input[str] | None = ...,
            id_token_signature_algorithm: pulumi.Input[str] | None = ...,
            lightweight_access_tokens: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ClientDisabledPolicy(pulumi.CustomResource):
        """A policy that disables every registered client until somebody enables the client ("Client Disabled Policy")."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ClientPolicy(pulumi.CustomResource):
        """A client policy: profiles for the clients that meet all conditions (Server Administration Guide, "Client Policies")."""

        realm: pulumi.Output[str]
        name: pulumi.Output[str]
        description: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        any_client: pulumi.Output[bool]
        client_roles: pulumi.Output[Any]
        client_scopes: pulumi.Output[Any]
        client_access_type: pulumi.Output[Any]
        client_updater_context: pulumi.Output[Any]
        client_updater_source_host: pulumi.Output[Any]
        client_id_uri: pulumi.Output[Any]
        conditions: pulumi.Output[Sequence[Any]]
        profiles: pulumi.Output[Sequence[str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            name: pulumi.Input[str],
            description: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            any_client: pulumi.Input[bool] | None = ...,
            client_roles: pulumi.Input[Any] | None = ...,
            client_scopes: pulumi.Input[Any] | None = ...,
            client_access_type: pulumi.Input[Any] | None = ...,
            client_updater_context: pulumi.Input[Any] | None = ...,
            client_updater_source_host: pulumi.Input[Any] | None = ...,
            client_id_uri: pulumi.Input[Any] | None = ...,
            conditions: pulumi.Input[Sequence[pulumi.Input[Any]]] | None = ...,
            profiles: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ClientProfile(pulumi.CustomResource):
        """A client profile: executors that a client policy applies (Server Administration Guide, "Client Policies")."""

        realm: pulumi.Output[str]
        name: pulumi.Output[str]
        description: pulumi.Output[str]
        pkce: pulumi.Output[Any]
        client_authenticators: pulumi.Output[Any]
        redirect_uris: pulumi.Output[Any]
        rotation: pulumi.Output[Any]
        client_id_metadata_document: pulumi.Output[Any]
        executors: pulumi.Output[Sequence[Any]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            name: pulumi.Input[str],
            description: pulumi.Input[str] | None = ...,
            pkce: pulumi.Input[Any] | None = ...,
            client_authenticators: pulumi.Input[Any] | None = ...,
            redirect_uris: pulumi.Input[Any] | None = ...,
            rotation: pulumi.Input[Any] | None = ...,
            client_id_metadata_document: pulumi.Input[Any] | None = ...,
            executors: pulumi.Input[Sequence[pulumi.Input[Any]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ClientRole(pulumi.CustomResource):
        """A role of a client (Server Administration Guide, "Client roles")."""

        description: pulumi.Output[str]
        attributes: pulumi.Output[Mapping[str, Sequence[str]]]
        realm_composites: pulumi.Output[Sequence[str]]
        client_composites: pulumi.Output[Mapping[str, Sequence[str]]]
        realm: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            description: pulumi.Input[str] | None = ...,
            attributes: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            realm_composites: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            client_composites: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            realm: pulumi.Input[str],
            client: pulumi.Input[str],
            name: pulumi.Input[str],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ClientRoleMapper(pulumi.CustomResource):
        """A mapper that writes the user's roles of one client, or of all clients, into a claim (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        claim_name: pulumi.Output[str]
        json_type: pulumi.Output[str]
        add_to_access_token: pulumi.Output[bool]
        add_to_id_token: pulumi.Output[bool]
        add_to_userinfo: pulumi.Output[bool]
        add_to_introspection: pulumi.Output[bool]
        add_to_lightweight_token: pulumi.Output[bool]
        roles_of_client: pulumi.Output[str]
        multivalued: pulumi.Output[bool]
        role_prefix: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            claim_name: pulumi.Input[str],
            json_type: pulumi.Input[str] | None = ...,
            add_to_access_token: pulumi.Input[bool] | None = ...,
            add_to_id_token: pulumi.Input[bool] | None = ...,
            add_to_userinfo: pulumi.Input[bool] | None = ...,
            add_to_introspection: pulumi.Input[bool] | None = ...,
            add_to_lightweight_token: pulumi.Input[bool] | None = ...,
            roles_of_client: pulumi.Input[str] | None = ...,
            multivalued: pulumi.Input[bool] | None = ...,
            role_prefix: pulumi.Input[str] | None = ...,
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

    class ClientScopeAssignment(pulumi.CustomResource):
        """The assignment of a client scope to a client ("Link client scope with the client"), beside its other scopes."""

        realm: pulumi.Output[str]
        client: pulumi.Output[str]
        scope: pulumi.Output[str]
        kind: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            client: pulumi.Input[str],
            scope: pulumi.Input[str],
            kind: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    @deprecated("Renamed to ClientScopeAssignment.")
    class ClientDefaultScope(ClientScopeAssignment): ...

    class ConsentRequiredPolicy(pulumi.CustomResource):
        """A policy that makes every registered client ask its users for consent ("Consent Required Policy")."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class FullScopeDisabledPolicy(pulumi.CustomResource):
        """A policy that denies every registered client the full scope, all roles of its users ("Full Scope Policy")."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class GenericProtocolMapper(pulumi.CustomResource):
        """A mapper of a type without a kind of its own here, such as a type of an extension of the server."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        provider_id: pulumi.Output[str]
        config: pulumi.Output[Mapping[str, str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            provider_id: pulumi.Input[str],
            config: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class GenericRegistrationPolicy(pulumi.CustomResource):
        """A policy of a type without a kind of its own here, such as a type of a newer server or of an extension."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        provider_id: pulumi.Output[str]
        config: pulumi.Output[Mapping[str, Sequence[str]]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            provider_id: pulumi.Input[str],
            config: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class Group(pulumi.CustomResource):
        """A group of users (Server Administration Guide, "Groups"); Keycloak deletes a group's subgroups with the group."""

        realm: pulumi.Output[str]
        path: pulumi.Output[str]
        attributes: pulumi.Output[Mapping[str, Sequence[str]]]
        realm_roles: pulumi.Output[Sequence[str]]
        client_roles: pulumi.Output[Mapping[str, Sequence[str]]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            path: pulumi.Input[str],
            attributes: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            realm_roles: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            client_roles: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class HardcodedClaimMapper(pulumi.CustomResource):
        """A mapper that writes a claim with a fixed value into every token ("OIDC token and SAML assertion mappings")."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        claim_name: pulumi.Output[str]
        json_type: pulumi.Output[str]
        add_to_access_token: pulumi.Output[bool]
        add_to_id_token: pulumi.Output[bool]
        add_to_userinfo: pulumi.Output[bool]
        add_to_introspection: pulumi.Output[bool]
        add_to_lightweight_token: pulumi.Output[bool]
        claim_value: pulumi.Output[str]
        add_to_token_response: pulumi.Output[bool]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            claim_name: pulumi.Input[str],
            json_type: pulumi.Input[str] | None = ...,
            add_to_access_token: pulumi.Input[bool] | None = ...,
            add_to_id_token: pulumi.Input[bool] | None = ...,
            add_to_userinfo: pulumi.Input[bool] | None = ...,
            add_to_introspection: pulumi.Input[bool] | None = ...,
            add_to_lightweight_token: pulumi.Input[bool] | None = ...,
            claim_value: pulumi.Input[str],
            add_to_token_response: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class IdentityProvider(pulumi.CustomResource):
        """An OpenID Connect provider that people log in with (Server Administration Guide, "OpenID Connect v1.0 identity providers")."""

        realm: pulumi.Output[str]
        alias: pulumi.Output[str]
        display_name: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        issuer: pulumi.Output[str]
        authorization_url: pulumi.Output[str]
        token_url: pulumi.Output[str]
        jwks_url: pulumi.Output[str]
        userinfo_url: pulumi.Output[str]
        logout_url: pulumi.Output[str]
        client_id: pulumi.Output[str]
        client_secret: pulumi.Output[str]
        default_scopes: pulumi.Output[Sequence[str]]
        trust_email: pulumi.Output[bool]
        store_token: pulumi.Output[bool]
        hide_on_login: pulumi.Output[bool]
        link_only: pulumi.Output[bool]
        pkce_method: pulumi.Output[str]
        validate_signature: pulumi.Output[bool]
        sync_mode: pulumi.Output[str]
        first_login_flow: pulumi.Output[str]
        organization_domain: pulumi.Output[str]
        redirect_by_domain: pulumi.Output[bool]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            alias: pulumi.Input[str],
            display_name: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            issuer: pulumi.Input[str] | None = ...,
            authorization_url: pulumi.Input[str],
            token_url: pulumi.Input[str],
            jwks_url: pulumi.Input[str] | None = ...,
            userinfo_url: pulumi.Input[str] | None = ...,
            logout_url: pulumi.Input[str] | None = ...,
            client_id: pulumi.Input[str],
            client_secret: pulumi.Input[str] | None = ...,
            default_scopes: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            trust_email: pulumi.Input[bool] | None = ...,
            store_token: pulumi.Input[bool] | None = ...,
            hide_on_login: pulumi.Input[bool] | None = ...,
            link_only: pulumi.Input[bool] | None = ...,
            pkce_method: pulumi.Input[str] | None = ...,
            validate_signature: pulumi.Input[bool] | None = ...,
            sync_mode: pulumi.Input[str] | None = ...,
            first_login_flow: pulumi.Input[str] | None = ...,
            organization_domain: pulumi.Input[str] | None = ...,
            redirect_by_domain: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class IdentityProviderMapper(pulumi.CustomResource):
        """A mapper from a provider's tokens to users (Server Administration Guide, "Mapping claims and assertions")."""

        realm: pulumi.Output[str]
        identity_provider: pulumi.Output[str]
        name: pulumi.Output[str]
        sync_mode: pulumi.Output[str]
        claim_to_attribute: pulumi.Output[Any]
        claim_to_role: pulumi.Output[Any]
        hardcoded_attribute: pulumi.Output[Any]
        hardcoded_role: pulumi.Output[Any]
        mapper: pulumi.Output[Any]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            identity_provider: pulumi.Input[str],
            name: pulumi.Input[str],
            sync_mode: pulumi.Input[str] | None = ...,
            claim_to_attribute: pulumi.Input[Any] | None = ...,
            claim_to_role: pulumi.Input[Any] | None = ...,
            hardcoded_attribute: pulumi.Input[Any] | None = ...,
            hardcoded_role: pulumi.Input[Any] | None = ...,
            mapper: pulumi.Input[Any] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class InitialAccessToken(pulumi.CustomResource):
        """A token to register clients, under the realm's policies for authenticated registration ("Initial Access Token")."""

        realm: pulumi.Output[str]
        name: pulumi.Output[str]
        expiration_seconds: pulumi.Output[int]
        count: pulumi.Output[int]
        token: pulumi.Output[str]
        token_id: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            name: pulumi.Input[str],
            expiration_seconds: pulumi.Input[int] | None = ...,
            count: pulumi.Input[int] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class LdapMapper(pulumi.CustomResource):
        """A mapper between entries of a directory and users, groups or roles ("LDAP mappers")."""

        realm: pulumi.Output[str]
        federation: pulumi.Output[str]
        name: pulumi.Output[str]
        provider_id: pulumi.Output[str]
        config: pulumi.Output[Mapping[str, str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            federation: pulumi.Input[str],
            name: pulumi.Input[str],
            provider_id: pulumi.Input[str],
            config: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class LdapUserFederation(pulumi.CustomResource):
        """A directory whose users log in to the realm (Server Administration Guide, "LDAP and Active Directory")."""

        realm: pulumi.Output[str]
        name: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        priority: pulumi.Output[int]
        vendor: pulumi.Output[str]
        connection_url: pulumi.Output[str]
        start_tls: pulumi.Output[bool]
        use_truststore: pulumi.Output[str]
        connection_pooling: pulumi.Output[bool]
        connection_timeout: pulumi.Output[int]
        read_timeout: pulumi.Output[int]
        auth_type: pulumi.Output[str]
        bind_dn: pulumi.Output[str]
        bind_credential: pulumi.Output[str]
        edit_mode: pulumi.Output[str]
        users_dn: pulumi.Output[str]
        search_scope: pulumi.Output[str]
        user_filter: pulumi.Output[str]
        username_attribute: pulumi.Output[str]
        rdn_attribute: pulumi.Output[str]
        uuid_attribute: pulumi.Output[str]
        user_object_classes: pulumi.Output[Sequence[str]]
        pagination: pulumi.Output[bool]
        import_users: pulumi.Output[bool]
        sync_registrations: pulumi.Output[bool]
        trust_email: pulumi.Output[bool]
        validate_password_policy: pulumi.Output[bool]
        batch_size: pulumi.Output[int]
        full_sync_period: pulumi.Output[int]
        changed_sync_period: pulumi.Output[int]
        config: pulumi.Output[Mapping[str, Sequence[str]]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            name: pulumi.Input[str],
            enabled: pulumi.Input[bool] | None = ...,
            priority: pulumi.Input[int] | None = ...,
            vendor: pulumi.Input[str] | None = ...,
            connection_url: pulumi.Input[str],
            start_tls: pulumi.Input[bool] | None = ...,
            use_truststore: pulumi.Input[str] | None = ...,
            connection_pooling: pulumi.Input[bool] | None = ...,
            connection_timeout: pulumi.Input[int] | None = ...,
            read_timeout: pulumi.Input[int] | None = ...,
            auth_type: pulumi.Input[str] | None = ...,
            bind_dn: pulumi.Input[str] | None = ...,
            bind_credential: pulumi.Input[str] | None = ...,
            edit_mode: pulumi.Input[str] | None = ...,
            users_dn: pulumi.Input[str],
            search_scope: pulumi.Input[str] | None = ...,
            user_filter: pulumi.Input[str] | None = ...,
            username_attribute: pulumi.Input[str] | None = ...,
            rdn_attribute: pulumi.Input[str] | None = ...,
            uuid_attribute: pulumi.Input[str] | None = ...,
            user_object_classes: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            pagination: pulumi.Input[bool] | None = ...,
            import_users: pulumi.Input[bool] | None = ...,
            sync_registrations: pulumi.Input[bool] | None = ...,
            trust_email: pulumi.Input[bool] | None = ...,
            validate_password_policy: pulumi.Input[bool] | None = ...,
            batch_size: pulumi.Input[int] | None = ...,
            full_sync_period: pulumi.Input[int] | None = ...,
            changed_sync_period: pulumi.Input[int] | None = ...,
            config: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class LocalizationTexts(pulumi.CustomResource):
        """The realm's own texts in one language, which replace the texts of its themes (UI Customization Guide, "Localization")."""

        realm: pulumi.Output[str]
        locale: pulumi.Output[str]
        texts: pulumi.Output[Mapping[str, str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            locale: pulumi.Input[str],
            texts: pulumi.Input[Mapping[str, pulumi.Input[str]]],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class MailServer(pulumi.CustomResource):
        """The mail server by which a realm sends mail (Server Administration Guide, "Configuring email for a realm")."""

        realm: pulumi.Output[str]
        host: pulumi.Output[str]
        port: pulumi.Output[int]
        ssl: pulumi.Output[bool]
        starttls: pulumi.Output[bool]
        from_address: pulumi.Output[str]
        from_display_name: pulumi.Output[str]
        reply_to: pulumi.Output[str]
        reply_to_display_name: pulumi.Output[str]
        envelope_from: pulumi.Output[str]
        allow_utf8: pulumi.Output[bool]
        auth_type: pulumi.Output[str]
        user: pulumi.Output[str]
        password: pulumi.Output[str]
        auth_token_url: pulumi.Output[str]
        auth_token_scope: pulumi.Output[str]
        auth_token_client_id: pulumi.Output[str]
        auth_token_client_secret: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            host: pulumi.Input[str],
            port: pulumi.Input[int] | None = ...,
            ssl: pulumi.Input[bool] | None = ...,
            starttls: pulumi.Input[bool] | None = ...,
            from_address: pulumi.Input[str],
            from_display_name: pulumi.Input[str] | None = ...,
            reply_to: pulumi.Input[str] | None = ...,
            reply_to_display_name: pulumi.Input[str] | None = ...,
            envelope_from: pulumi.Input[str] | None = ...,
            allow_utf8: pulumi.Input[bool] | None = ...,
            auth_type: pulumi.Input[str] | None = ...,
            user: pulumi.Input[str] | None = ...,
            password: pulumi.Input[str] | None = ...,
            auth_token_url: pulumi.Input[str] | None = ...,
            auth_token_scope: pulumi.Input[str] | None = ...,
            auth_token_client_id: pulumi.Input[str] | None = ...,
            auth_token_client_secret: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class MaxClientsPolicy(pulumi.CustomResource):
        """The number of clients at which a realm refuses further registrations ("Max Clients Policy")."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        max_clients: pulumi.Output[int]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            max_clients: pulumi.Input[int] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class Organization(pulumi.CustomResource):
        """An organization, such as a customer, with its domains and identity providers ("Managing organizations")."""

        realm: pulumi.Output[str]
        alias: pulumi.Output[str]
        name: pulumi.Output[str]
        description: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        redirect_url: pulumi.Output[str]
        domains: pulumi.Output[Sequence[str]]
        verified_domains: pulumi.Output[Sequence[str]]
        attributes: pulumi.Output[Mapping[str, Sequence[str]]]
        identity_providers: pulumi.Output[Sequence[str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            alias: pulumi.Input[str],
            name: pulumi.Input[str],
            description: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            redirect_url: pulumi.Input[str] | None = ...,
            domains: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            verified_domains: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            attributes: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            identity_providers: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class Realm(pulumi.CustomResource):
        """A realm (Keycloak Server Administration Guide, "Creating a realm")."""

        name: pulumi.Output[str]
        display_name: pulumi.Output[str]
        display_name_html: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        frontend_url: pulumi.Output[str]
        ssl_required: pulumi.Output[str]
        default_signature_algorithm: pulumi.Output[str]
        access_token_lifespan: pulumi.Output[int]
        revoke_refresh_token: pulumi.Output[bool]
        refresh_token_max_reuse: pulumi.Output[int]
        sso_session_idle_timeout: pulumi.Output[int]
        sso_session_max_lifespan: pulumi.Output[int]
        sso_session_idle_timeout_remember_me: pulumi.Output[int]
        sso_session_max_lifespan_remember_me: pulumi.Output[int]
        client_session_idle_timeout: pulumi.Output[int]
        client_session_max_lifespan: pulumi.Output[int]
        offline_session_idle_timeout: pulumi.Output[int]
        offline_session_max_lifespan_enabled: pulumi.Output[bool]
        offline_session_max_lifespan: pulumi.Output[int]
        client_offline_session_idle_timeout: pulumi.Output[int]
        client_offline_session_max_lifespan: pulumi.Output[int]
        access_code_lifespan: pulumi.Output[int]
        access_code_lifespan_login: pulumi.Output[int]
        access_code_lifespan_user_action: pulumi.Output[int]
        action_token_generated_by_user_lifespan: pulumi.Output[int]
        action_token_generated_by_admin_lifespan: pulumi.Output[int]
        oauth2_device_code_lifespan: pulumi.Output[int]
        oauth2_device_polling_interval: pulumi.Output[int]
        registration_allowed: pulumi.Output[bool]
        registration_email_as_username: pulumi.Output[bool]
        reset_password_allowed: pulumi.Output[bool]
        remember_me: pulumi.Output[bool]
        verify_email: pulumi.Output[bool]
        login_with_email_allowed: pulumi.Output[bool]
        duplicate_emails_allowed: pulumi.Output[bool]
        edit_username_allowed: pulumi.Output[bool]
        password_policy: pulumi.Output[str]
        brute_force_protected: pulumi.Output[bool]
        brute_force_strategy: pulumi.Output[str]
        failure_factor: pulumi.Output[int]
        wait_increment_seconds: pulumi.Output[int]
        max_failure_wait_seconds: pulumi.Output[int]
        max_delta_time_seconds: pulumi.Output[int]
        quick_login_check_milliseconds: pulumi.Output[int]
        minimum_quick_login_wait_seconds: pulumi.Output[int]
        permanent_lockout: pulumi.Output[bool]
        max_temporary_lockouts: pulumi.Output[int]
        browser_security_headers: pulumi.Output[Mapping[str, str]]
        events_enabled: pulumi.Output[bool]
        enabled_event_types: pulumi.Output[Sequence[str]]
        events_listeners: pulumi.Output[Sequence[str]]
        events_expiration: pulumi.Output[int]
        admin_events_enabled: pulumi.Output[bool]
        admin_events_details_enabled: pulumi.Output[bool]
        internationalization_enabled: pulumi.Output[bool]
        supported_locales: pulumi.Output[Sequence[str]]
        default_locale: pulumi.Output[str]
        login_theme: pulumi.Output[str]
        account_theme: pulumi.Output[str]
        admin_theme: pulumi.Output[str]
        email_theme: pulumi.Output[str]
        organizations_enabled: pulumi.Output[bool]
        adopt: pulumi.Output[bool]
        features: pulumi.Output[Sequence[str]]
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
            display_name_html: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            frontend_url: pulumi.Input[str] | None = ...,
            ssl_required: pulumi.Input[str] | None = ...,
            default_signature_algorithm: pulumi.Input[str] | None = ...,
            access_token_lifespan: pulumi.Input[int] | None = ...,
            revoke_refresh_token: pulumi.Input[bool] | None = ...,
            refresh_token_max_reuse: pulumi.Input[int] | None = ...,
            sso_session_idle_timeout: pulumi.Input[int] | None = ...,
            sso_session_max_lifespan: pulumi.Input[int] | None = ...,
            sso_session_idle_timeout_remember_me: pulumi.Input[int] | None = ...,
            sso_session_max_lifespan_remember_me: pulumi.Input[int] | None = ...,
            client_session_idle_timeout: pulumi.Input[int] | None = ...,
            client_session_max_lifespan: pulumi.Input[int] | None = ...,
            offline_session_idle_timeout: pulumi.Input[int] | None = ...,
            offline_session_max_lifespan_enabled: pulumi.Input[bool] | None = ...,
            offline_session_max_lifespan: pulumi.Input[int] | None = ...,
            client_offline_session_idle_timeout: pulumi.Input[int] | None = ...,
            client_offline_session_max_lifespan: pulumi.Input[int] | None = ...,
            access_code_lifespan: pulumi.Input[int] | None = ...,
            access_code_lifespan_login: pulumi.Input[int] | None = ...,
            access_code_lifespan_user_action: pulumi.Input[int] | None = ...,
            action_token_generated_by_user_lifespan: pulumi.Input[int] | None = ...,
            action_token_generated_by_admin_lifespan: pulumi.Input[int] | None = ...,
            oauth2_device_code_lifespan: pulumi.Input[int] | None = ...,
            oauth2_device_polling_interval: pulumi.Input[int] | None = ...,
            registration_allowed: pulumi.Input[bool] | None = ...,
            registration_email_as_username: pulumi.Input[bool] | None = ...,
            reset_password_allowed: pulumi.Input[bool] | None = ...,
            remember_me: pulumi.Input[bool] | None = ...,
            verify_email: pulumi.Input[bool] | None = ...,
            login_with_email_allowed: pulumi.Input[bool] | None = ...,
            duplicate_emails_allowed: pulumi.Input[bool] | None = ...,
            edit_username_allowed: pulumi.Input[bool] | None = ...,
            password_policy: pulumi.Input[str] | None = ...,
            brute_force_protected: pulumi.Input[bool] | None = ...,
            brute_force_strategy: pulumi.Input[str] | None = ...,
            failure_factor: pulumi.Input[int] | None = ...,
            wait_increment_seconds: pulumi.Input[int] | None = ...,
            max_failure_wait_seconds: pulumi.Input[int] | None = ...,
            max_delta_time_seconds: pulumi.Input[int] | None = ...,
            quick_login_check_milliseconds: pulumi.Input[int] | None = ...,
            minimum_quick_login_wait_seconds: pulumi.Input[int] | None = ...,
            permanent_lockout: pulumi.Input[bool] | None = ...,
            max_temporary_lockouts: pulumi.Input[int] | None = ...,
            browser_security_headers: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = ...,
            events_enabled: pulumi.Input[bool] | None = ...,
            enabled_event_types: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            events_listeners: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            events_expiration: pulumi.Input[int] | None = ...,
            admin_events_enabled: pulumi.Input[bool] | None = ...,
            admin_events_details_enabled: pulumi.Input[bool] | None = ...,
            internationalization_enabled: pulumi.Input[bool] | None = ...,
            supported_locales: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            default_locale: pulumi.Input[str] | None = ...,
            login_theme: pulumi.Input[str] | None = ...,
            account_theme: pulumi.Input[str] | None = ...,
            admin_theme: pulumi.Input[str] | None = ...,
            email_theme: pulumi.Input[str] | None = ...,
            organizations_enabled: pulumi.Input[bool] | None = ...,
            adopt: pulumi.Input[bool] | None = ...,
            features: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            owner: pulumi.Input[str] | None = ...,
            supplied_keys: pulumi.Input[bool] | None = ...,
            expected_issuer: pulumi.Input[str] | None = ...,
            instance: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class RealmClientScopeAssignment(pulumi.CustomResource):
        """The assignment of a client scope to every new client of the realm; other memberships stay unchanged."""

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

    @deprecated("Renamed to RealmClientScopeAssignment.")
    class DefaultClientScope(RealmClientScopeAssignment): ...

    class RealmClientScopes(pulumi.CustomResource):
        """The realm's whole lists of default and optional client scopes ("Realm default client scopes")."""

        realm: pulumi.Output[str]
        default_scopes: pulumi.Output[Sequence[str]]
        optional_scopes: pulumi.Output[Sequence[str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            default_scopes: pulumi.Input[Sequence[pulumi.Input[str]]],
            optional_scopes: pulumi.Input[Sequence[pulumi.Input[str]]],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class RealmKey(pulumi.CustomResource):
        """A signing or encryption key that Keycloak makes (Server Administration Guide, "Configuring realm keys")."""

        realm: pulumi.Output[str]
        provider: pulumi.Output[str]
        name: pulumi.Output[str]
        priority: pulumi.Output[int]
        enabled: pulumi.Output[bool]
        active: pulumi.Output[bool]
        algorithm: pulumi.Output[str]
        key_size: pulumi.Output[int]
        curve: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            provider: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            priority: pulumi.Input[int] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            active: pulumi.Input[bool] | None = ...,
            algorithm: pulumi.Input[str] | None = ...,
            key_size: pulumi.Input[int] | None = ...,
            curve: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class RealmRole(pulumi.CustomResource):
        """A role of the realm (Server Administration Guide, "Creating a realm role")."""

        description: pulumi.Output[str]
        attributes: pulumi.Output[Mapping[str, Sequence[str]]]
        realm_composites: pulumi.Output[Sequence[str]]
        client_composites: pulumi.Output[Mapping[str, Sequence[str]]]
        realm: pulumi.Output[str]
        name: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            description: pulumi.Input[str] | None = ...,
            attributes: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            realm_composites: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            client_composites: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            realm: pulumi.Input[str],
            name: pulumi.Input[str],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class RealmRoleMapper(pulumi.CustomResource):
        """A mapper that writes the user's realm roles into a claim (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        claim_name: pulumi.Output[str]
        json_type: pulumi.Output[str]
        add_to_access_token: pulumi.Output[bool]
        add_to_id_token: pulumi.Output[bool]
        add_to_userinfo: pulumi.Output[bool]
        add_to_introspection: pulumi.Output[bool]
        add_to_lightweight_token: pulumi.Output[bool]
        multivalued: pulumi.Output[bool]
        role_prefix: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            claim_name: pulumi.Input[str],
            json_type: pulumi.Input[str] | None = ...,
            add_to_access_token: pulumi.Input[bool] | None = ...,
            add_to_id_token: pulumi.Input[bool] | None = ...,
            add_to_userinfo: pulumi.Input[bool] | None = ...,
            add_to_introspection: pulumi.Input[bool] | None = ...,
            add_to_lightweight_token: pulumi.Input[bool] | None = ...,
            multivalued: pulumi.Input[bool] | None = ...,
            role_prefix: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class RegistrationWebOriginsPolicy(pulumi.CustomResource):
        """The web origins from which a browser may register clients (CORS on the registration endpoint)."""

        realm: pulumi.Output[str]
        registration: pulumi.Output[str]
        web_origins: pulumi.Output[Sequence[str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            registration: pulumi.Input[str] | None = ...,
            web_origins: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class RoleScopeMapping(pulumi.CustomResource):
        """A role that a client or a client scope may put into tokens ("Role scope mappings"), beside its other roles."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        owner: pulumi.Output[str]
        role: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            owner: pulumi.Input[str] | None = ...,
            role: pulumi.Input[str],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class ServiceAccountRole(pulumi.CustomResource):
        """A role that is given to a client's service account; the account's other roles stay unchanged."""

        realm: pulumi.Output[str]
        client: pulumi.Output[str]
        owner: pulumi.Output[str]
        role: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            client: pulumi.Input[str],
            owner: pulumi.Input[str] | None = ...,
            role: pulumi.Input[str],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class TrustedHostsPolicy(pulumi.CustomResource):
        """The hosts that may register clients and the hosts that clients' URIs may name ("Trusted Hosts Policy")."""

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
            trusted_hosts: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            host_sending_registration_request_must_match: pulumi.Input[bool] | None = ...,
            client_uris_must_match: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class User(pulumi.CustomResource):
        """A person who can log in; meant for dev and test stacks (Server Administration Guide, "Managing users")."""

        realm: pulumi.Output[str]
        username: pulumi.Output[str]
        email: pulumi.Output[str]
        email_verified: pulumi.Output[bool]
        first_name: pulumi.Output[str]
        last_name: pulumi.Output[str]
        enabled: pulumi.Output[bool]
        password: pulumi.Output[str]
        required_actions: pulumi.Output[Sequence[str]]
        attributes: pulumi.Output[Mapping[str, Sequence[str]]]
        realm_roles: pulumi.Output[Sequence[str]]
        client_roles: pulumi.Output[Mapping[str, Sequence[str]]]
        groups: pulumi.Output[Sequence[str]]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            username: pulumi.Input[str],
            email: pulumi.Input[str] | None = ...,
            email_verified: pulumi.Input[bool] | None = ...,
            first_name: pulumi.Input[str] | None = ...,
            last_name: pulumi.Input[str] | None = ...,
            enabled: pulumi.Input[bool] | None = ...,
            password: pulumi.Input[str] | None = ...,
            required_actions: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            attributes: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            realm_roles: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            client_roles: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            groups: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class UserAttributeMapper(pulumi.CustomResource):
        """A mapper that writes an attribute of the user into a claim (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

        realm: pulumi.Output[str]
        scope: pulumi.Output[str]
        client: pulumi.Output[str]
        name: pulumi.Output[str]
        claim_name: pulumi.Output[str]
        json_type: pulumi.Output[str]
        add_to_access_token: pulumi.Output[bool]
        add_to_id_token: pulumi.Output[bool]
        add_to_userinfo: pulumi.Output[bool]
        add_to_introspection: pulumi.Output[bool]
        add_to_lightweight_token: pulumi.Output[bool]
        user_attribute: pulumi.Output[str]
        multivalued: pulumi.Output[bool]
        aggregate_values: pulumi.Output[bool]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            scope: pulumi.Input[str] | None = ...,
            client: pulumi.Input[str] | None = ...,
            name: pulumi.Input[str],
            claim_name: pulumi.Input[str],
            json_type: pulumi.Input[str] | None = ...,
            add_to_access_token: pulumi.Input[bool] | None = ...,
            add_to_id_token: pulumi.Input[bool] | None = ...,
            add_to_userinfo: pulumi.Input[bool] | None = ...,
            add_to_introspection: pulumi.Input[bool] | None = ...,
            add_to_lightweight_token: pulumi.Input[bool] | None = ...,
            user_attribute: pulumi.Input[str],
            multivalued: pulumi.Input[bool] | None = ...,
            aggregate_values: pulumi.Input[bool] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class UserProfile(pulumi.CustomResource):
        """The attributes that users have (Server Administration Guide, "Managing the user profile")."""

        realm: pulumi.Output[str]
        attributes: pulumi.Output[Sequence[Any]]
        unmanaged_attribute_policy: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            realm: pulumi.Input[str],
            attributes: pulumi.Input[Sequence[pulumi.Input[Any]]] | None = ...,
            unmanaged_attribute_policy: pulumi.Input[str] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

class process:
    class Keycloak(pulumi.CustomResource):
        """A Keycloak on localhost, with its data, log and pid record in a folder of its own."""

        home: pulumi.Output[str]
        port: pulumi.Output[int]
        admin_client_id: pulumi.Output[str]
        admin_client_secret: pulumi.Output[str]
        java_options: pulumi.Output[Sequence[str]]
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
            java_options: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            features: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...

    class McpServer(pulumi.CustomResource):
        """An MCP server on localhost, the reference server or your own; it gets settings and secret as files that only its user can read."""

        tool_scopes: pulumi.Output[Mapping[str, Sequence[str]]]
        verifier: pulumi.Output[str]
        cache_seconds: pulumi.Output[float]
        requests_per_minute: pulumi.Output[int]
        burst_requests: pulumi.Output[int]
        metrics: pulumi.Output[bool]
        allowed_origins: pulumi.Output[Sequence[str]]
        home: pulumi.Output[str]
        name: pulumi.Output[str]
        port: pulumi.Output[int]
        command: pulumi.Output[Sequence[str]]
        folder: pulumi.Output[str]
        issuer: pulumi.Output[str]
        realm_url: pulumi.Output[str]
        scopes: pulumi.Output[Sequence[str]]
        tls_certificate_file: pulumi.Output[str]
        tls_key_file: pulumi.Output[str]
        authorization_server_ca_file: pulumi.Output[str]
        introspection_client_id: pulumi.Output[str]
        introspection_client_secret: pulumi.Output[str]
        url: pulumi.Output[str]
        resource_metadata: pulumi.Output[str]
        def __init__(
            self,
            resource_name: str,
            *,
            tool_scopes: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = ...,
            verifier: pulumi.Input[str] | None = ...,
            cache_seconds: pulumi.Input[float] | None = ...,
            requests_per_minute: pulumi.Input[int] | None = ...,
            burst_requests: pulumi.Input[int] | None = ...,
            metrics: pulumi.Input[bool] | None = ...,
            allowed_origins: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            home: pulumi.Input[str],
            name: pulumi.Input[str],
            port: pulumi.Input[int] | None = ...,
            command: pulumi.Input[Sequence[pulumi.Input[str]]] | None = ...,
            folder: pulumi.Input[str] | None = ...,
            issuer: pulumi.Input[str],
            realm_url: pulumi.Input[str] | None = ...,
            scopes: pulumi.Input[Sequence[pulumi.Input[str]]],
            tls_certificate_file: pulumi.Input[str] | None = ...,
            tls_key_file: pulumi.Input[str] | None = ...,
            authorization_server_ca_file: pulumi.Input[str] | None = ...,
            introspection_client_id: pulumi.Input[str] | None = ...,
            introspection_client_secret: pulumi.Input[str],
            opts: pulumi.ResourceOptions | None = ...,
        ) -> None: ...
