"""The whole configuration of a stack, from the keys under ``provision:`` in ``Pulumi.<stack>.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, SecretStr, ValidationError, model_validator

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.urls import host, is_loopback, is_plain
from provision._lib.validation import Problem, problems
from provision.config import json_file, runtimes
from provision.config.concept import Concept
from provision.config.docker import DockerConfig
from provision.config.files import FOLDER
from provision.config.keycloak import KeycloakConfig
from provision.config.names import NAMESPACE
from provision.config.objects import REALM, DeclaredObject, FurtherRealm, in_order, names, realm_name
from provision.config.profile import Profile, is_production
from provision.config.realm import (
    ClientConfig,
    DemoUserConfig,
    RealmConfig,
    RegistrationConfig,
)
from provision.config.rules import RulesConfig
from provision.config.secret_source import ENCRYPTED, RESOLVE, Encrypted, FromSource, GivenSecret, held
from provision.config.server import IntrospectionSecret, ServerConfig
from provision.config.yaml_file import line_of
from provision.server.options import REFERENCE_TOOLS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

KEYCLOAK = "keycloak"
"""The name of Keycloak's process or container among the names of the servers."""
_EVENTS_DAYS = 180
_PASSWORDS = "length(12) and notUsername(undefined) and notEmail(undefined)"


@dataclass(frozen=True)
class OwnSecret:
    """A secret of the stack itself.

    Args:
        key: The key in the stack file.
        value: The given secret; None if a dev or test stack generates it.
    """

    key: str
    value: SecretStr | None


class StackConfig(Concept):
    """A stack.

    Raises:
        pydantic.ValidationError: See :func:`read` for the readable form.
    """

    profile: Profile = "dev"
    """What the defaults are for: `dev` and `test` generate secrets and have a demo user, `prod` does neither, and `staging` is held as `prod` with a few rules as advice (docs/production.md)."""
    runtime: Annotated[str, runtimes.RuntimeName(runtimes.AUTO)] = "process"
    """Where Keycloak and the servers run: as processes of this machine, in containers, in containers if they can be had, or Keycloak wherever somebody else runs it (`keycloak.url`)."""
    docker: DockerConfig = DockerConfig()
    """Settings of the containers."""
    keycloak: KeycloakConfig = KeycloakConfig()
    """The Keycloak of the stack."""
    realm: RealmConfig = RealmConfig()
    """The realm."""
    registration: RegistrationConfig = RegistrationConfig()
    """Registration of clients."""
    clients: tuple[ClientConfig, ...] = (ClientConfig(),)
    """The pre-registered public clients; `[]` for none."""
    demo_user: DemoUserConfig = DemoUserConfig()
    """A user who can log in at once."""
    server: ServerConfig = ServerConfig()
    """The MCP server."""
    servers: tuple[ServerConfig, ...] = ()
    """Several MCP servers instead of one; each server refuses the tokens for the others."""
    mcp: bool = True
    """Declare the MCP server and the objects that it needs in the realm; off, the stack declares `objects` only."""
    objects: tuple[DeclaredObject, ...] = ()
    """More objects of the realm, each with its `type` (docs/resources) and its fields; `provision adopt` writes them."""
    realms: tuple[FurtherRealm, ...] = ()
    """Realms besides the one of the key `realm`, in the same Keycloak, each with its own objects."""
    rules: RulesConfig = RulesConfig()
    """The levels, parameters and waivers of the security rules (docs/rules.md)."""
    admin_client_secret: Annotated[SecretStr, Field(min_length=16), FromSource()] | None = None
    """The admin service account's secret."""
    introspection_client_secret: IntrospectionSecret | None = None
    """The secret with which the server introspects tokens; with several servers, each server has its own secret."""
    demo_user_password: Annotated[SecretStr, Field(min_length=4), FromSource()] | None = None
    """The demo user's password."""

    @model_validator(mode="after")
    def _said_in_one_place(self) -> StackConfig:
        if self.servers and "server" in self.model_fields_set:
            raise ValueError("give server or servers, not both")
        if self.servers and self.introspection_client_secret is not None:
            raise ValueError("introspectionClientSecret is of the one server; give each of servers its own")
        return self

    @model_validator(mode="after")
    def _servers_differ(self) -> StackConfig:
        servers = self.mcp_servers
        _distinct("port", [self.keycloak.port, *(server.port for server in servers)])
        _distinct("name of a server", [server.name for server in servers])
        if KEYCLOAK in {server.name for server in servers}:
            raise ValueError(f"a server can't be called {KEYCLOAK}: what runs Keycloak has that name")
        _distinct("url of a server", [server.url for server in servers])
        _distinct("scope", [server.scope.name for server in servers])
        _distinct(
            "client id",
            [*(client.client_id for client in self.clients), *(server.client_id for server in servers)],
        )
        return self

    @model_validator(mode="after")
    def _it_fits_the_runtime(self) -> StackConfig:
        """Check the file against its runtime; with `auto`, against the first one that is tried."""
        runtime = runtimes.tried_by_auto()[0] if self.runtime == runtimes.AUTO else self.runtime
        for problem in runtimes.misfits(self, runtime):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _tools_need_more(self) -> StackConfig:
        for scope in self.further_scopes.keys() & {server.scope.name for server in self.mcp_servers}:
            raise ValueError(f"toolScopes names {scope}, which every tool of its server needs anyway")
        return self

    @model_validator(mode="after")
    def _the_reference_server_has_the_tools(self) -> StackConfig:
        for path, server in self.placed_servers:
            if not server.is_reference:
                continue
            for tool in server.unknown_tools():
                raise ValueError(
                    f"{path}.toolScopes.{tool}: the reference server has no such tool; it has "
                    + " and ".join(REFERENCE_TOOLS)
                )
        return self

    @model_validator(mode="after")
    def _production_is_not_on_this_machine(self) -> StackConfig:
        urls = [(f"{path}.url", server.url) for path, server in self.placed_servers]
        for name, url in urls:
            if is_production(self.profile) and url is None:
                raise ValueError(f"{name} is not set; in production the server's public URL must be declared")
        for name, url in (("keycloak.url", self.keycloak.url), *urls):
            if url is not None and is_plain(url) and not is_loopback(host(url)):
                raise ValueError(f"{name} must be https: tokens and secrets would cross the network in clear")
        return self

    @model_validator(mode="after")
    def _production_names_its_secrets(self) -> StackConfig:
        if not is_production(self.profile):
            return self
        own = "introspectionClientSecret"
        secrets = [
            (f"{path}.{own}" if self.servers else own, server.introspection_client_secret)
            for path, server in self.placed_servers
        ]
        for key, value in (("adminClientSecret", self.admin_client_secret), *secrets):
            if value is None:
                raise ValueError(
                    f"{key} is not set, and only dev and test stacks generate secrets; "
                    f"run {hint('secret set', key)}"
                )
        return self

    @model_validator(mode="after")
    def _the_realm_is_declared_once(self) -> StackConfig:
        realms = [item for item in self.objects if item.type == REALM]
        if len(realms) != (0 if self.mcp else 1):
            where = "the key realm" if self.mcp else "one of objects, as mcp is off"
            raise ValueError(f"the realm is declared by {where}")
        in_order(self.objects, self.realm.name)  # refuses an object that is declared twice
        if realms and realm_name(realms[0]) != self.realm.name:
            raise ValueError("realm.name and the name of the Realm in objects differ")
        _distinct("name of a realm", [self.realm.name, *(realm.name for realm in self.realms)])
        return self

    @property
    def mcp_servers(self) -> tuple[ServerConfig, ...]:
        """The MCP servers with default values for open fields; none if the stack declares objects only."""
        if not self.mcp:
            return ()
        if not self.servers:
            return (self.server.named(alone=True, secret=self.introspection_client_secret),)
        return tuple(server.named(alone=len(self.servers) == 1) for server in self.servers)

    def server_ca_files(self, names: Collection[str] | None = None) -> tuple[Path, ...]:
        """Return the bundles with the authorities of the servers' certificates, each once.

        Args:
            names: The names of the servers; None for all servers.
        """
        chosen = [item for item in self.mcp_servers if names is None or item.name in names]
        return tuple(dict.fromkeys(item.ca_file for item in chosen if item.ca_file is not None))

    def keeping(self, ports: Mapping[str, int]) -> StackConfig:
        """Return a copy in which ports that the stack file leaves open are given.

        Args:
            ports: The ports, by :data:`KEYCLOAK` and the names of the servers. A server that runs elsewhere gets none.
        """

        def given(server: ServerConfig) -> ServerConfig:
            open_one = server.port is None and server.url is None
            return server.model_copy(update={"port": ports.get(server.name)}) if open_one else server

        keycloak = self.keycloak
        if keycloak.port is None and keycloak.url is None:
            keycloak = keycloak.model_copy(update={"port": ports.get(KEYCLOAK)})
        servers = (
            {"servers": tuple(map(given, self.servers))} if self.servers else {"server": given(self.server)}
        )
        return self.model_copy(update={"keycloak": keycloak, **servers})

    @property
    def further_scopes(self) -> dict[str, tuple[str, ...]]:
        """The scopes of single tools, each with the tools that need it."""
        found: dict[str, tuple[str, ...]] = {}
        for server in self.mcp_servers:
            for tool, scopes in server.tool_scopes.items():
                for scope in scopes:
                    found[scope] = (*found.get(scope, ()), tool)
        return found

    @property
    def features(self) -> tuple[str, ...]:
        """Keycloak's features that the stack needs besides the default ones."""
        switches = {
            "cimd": self.registration.client_id_metadata.enabled,
            "resource-indicators": self.realm.resource_indicators,
        }
        own = [name for name, on in switches.items() if on and self.mcp]
        return tuple(dict.fromkeys((*self.keycloak.features, *own)))

    @property
    def placed_servers(self) -> list[tuple[str, ServerConfig]]:
        """Each server with its place in the stack file."""
        servers = self.mcp_servers
        return [
            (f"servers[{index}]" if self.servers else "server", item) for index, item in enumerate(servers)
        ]

    @property
    def given_secrets(self) -> dict[str, GivenSecret]:
        """The secrets that are set, by their keys: ``servers[0].introspectionClientSecret``, ``objects.User/ada.password``."""
        found = sorted(_given(self, ""), key=lambda item: item[0].count("."))
        for key, objects in self.lists_of_objects.items():
            entries = [{"type": item.type, **(item.model_extra or {})} for item in objects]
            found += [
                (f"{key}.{name}.{field}", value)
                for name, index in names(entries).items()
                for field, value in entries[index].items()
                if isinstance(value, GivenSecret)
            ]
        return dict(found)

    @property
    def lists_of_objects(self) -> dict[str, tuple[DeclaredObject, ...]]:
        """The lists of declared objects by their keys: ``objects``, and ``realms[0].objects`` for a further realm."""
        further = {f"realms[{place}].objects": realm.objects for place, realm in enumerate(self.realms)}
        return {"objects": self.objects, **further}

    @property
    def own_secrets(self) -> dict[str, OwnSecret]:
        """The secrets of the stack itself, by the Pulumi names that they have if the stack generates them."""
        own = {
            "admin-client-secret": OwnSecret("adminClientSecret", self.admin_client_secret),
            "demo-user-password": OwnSecret("demoUserPassword", self.demo_user_password),
        }
        for path, server in self.placed_servers:
            key = f"{path}.introspectionClientSecret" if self.servers else "introspectionClientSecret"
            own[self.introspection_secret(server)] = OwnSecret(key, server.introspection_client_secret)
        return own

    def introspection_secret(self, server: ServerConfig) -> str:
        """Return the Pulumi name of the secret with which a server introspects."""
        name = "introspection-client-secret"
        return name if len(self.mcp_servers) == 1 else f"{server.name}-{name}"

    @property
    def registration_enabled(self) -> bool:
        """Return whether clients may register themselves."""
        given = self.registration.enabled
        return not is_production(self.profile) if given is None else given

    @property
    def events(self) -> bool:
        """Return whether logins and administrative changes are kept."""
        return is_production(self.profile) if self.realm.events is None else self.realm.events

    @property
    def events_days(self) -> int | None:
        """The days for which events are kept; None if a realm that is taken over keeps its own limit."""
        keeps_its_own = self.realm.adopt and self.events
        return self.realm.events_days or (None if keeps_its_own else _EVENTS_DAYS)

    @property
    def password_policy(self) -> str | None:
        """The password policy; None leaves the realm's policy unchanged."""
        own = is_production(self.profile) and not self.realm.adopt
        return self.realm.password_policy or (_PASSWORDS if own else None)

    @property
    def ephemeral(self) -> bool:
        """Return whether the stack may generate secrets that a production stack must be given."""
        return not is_production(self.profile)


def read(
    values: Mapping[str, Any], *, source: str, folder: Path | None = None, resolve: bool = False
) -> StackConfig:
    """Return the configuration from the values under ``provision:``.

    Args:
        values: Key (without the namespace) → value; objects may be JSON text, the form in which Pulumi passes them.
        source: The file, for the error message.
        folder: The folder for relative paths of files; without a folder the paths stay relative.
        resolve: Whether to take secrets from their sources: the environment, files and programs.

    Raises:
        UsageError: A key is unknown, a value is wrong, or there is nothing at a secret's source. The text names every
            problem, with its line if the source is a file, and never a value.
    """
    data = {key: parsed(value) for key, value in values.items()}
    try:
        return StackConfig.model_validate(
            data, context={FOLDER: folder, RESOLVE: resolve}, by_alias=True, by_name=False
        )
    except ValidationError as error:
        lines = "\n".join(f"  {_shown(problem, source)}" for problem in problems(error, StackConfig))
        raise UsageError(
            f"The configuration in {source} is wrong:\n{lines}",
            f"Correct {source}; {hint('schema')} prints what is allowed.",
        ) from None


def _shown(problem: Problem, source: str) -> str:
    if not problem.place:
        return problem.in_yaml()
    key, *inner = problem.place
    line = line_of(Path(source), ("config", f"{NAMESPACE}:{key}", *inner)) if Path(source).is_file() else None
    where = "" if line is None else f"line {line}: "
    return f"{where}{NAMESPACE}:{problem.in_yaml()}"


def _given(value: Any, key: str) -> Iterator[tuple[str, GivenSecret]]:
    """Yield the secrets that a part of the configuration has, each after its key."""
    if isinstance(value, GivenSecret):
        yield key, value
    elif isinstance(value, Concept):
        for name, field in type(value).model_fields.items():
            yield from _given(getattr(value, name), f"{key}.{field.alias or name}".lstrip("."))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _given(item, f"{key}[{index}]")


def _distinct(what: str, values: Collection[Any]) -> None:
    given = [value for value in values if value is not None]
    if twice := sorted({value for value in given if given.count(value) > 1}):
        raise ValueError(f"the {what} {twice[0]} is given twice")


def parsed(value: Any) -> Any:
    """Return the parsed value of a JSON text, in which Pulumi passes objects, and any other value unchanged."""
    if isinstance(value, str) and value[:1] in {"{", "["} and not isinstance(value, Encrypted):
        try:
            return _held(json_file.loads(value))
        except (ValueError, RecursionError):
            return value
    return _held(value)


def _held(value: Any) -> Any:
    """Return a placeholder for a secret that is set but still encrypted: here only the presence of a secret counts."""
    if isinstance(value, dict):
        if set(value) == {ENCRYPTED}:
            return held()
        return {key: _held(item) for key, item in value.items()}
    return [_held(item) for item in value] if isinstance(value, list) else value
