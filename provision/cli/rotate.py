"""``provision rotate``: replace secrets and keys while everything runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

import click

from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import command_line, hint
from provision._lib.urn import resource_of
from provision.cli.main import EXIT_FINDINGS, print_json
from provision.cli.output import say
from provision.cli.stack_secrets import GENERATED, path_of, recorded, secrets_of, suggested
from provision.cli.up import bring_up, refuse_in_production

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provision.cli.main import Invocation
    from provision.cli.screen import Screen
    from provision.cli.stack_secrets import Secret
    from provision.config.stack_config import StackConfig
    from provision.engine.operation import Engine, Result
    from provision.keycloak.key_rotation import RotatedKey

_BYTES = 32
_ADMIN = "adminClientSecret"
_INTROSPECTION = "introspectionClientSecret"
_CLIENT = re.compile(r"(?:realms\[\d+\]\.)?objects\.Client/(?P<id>.*)\.secret", re.DOTALL)


@dataclass(frozen=True)
class _Obstacle:
    """The reason why a secret can't be replaced here.

    Args:
        name: The secret's name.
        what: What stands in the way, for a sentence that begins with the name.
        do: What the user has to do instead.
    """

    name: str
    what: str
    do: str


def _obstacle(secret: Secret, config: StackConfig, engine: Engine) -> _Obstacle | None:
    """Return why a secret can't be replaced here, or None if it can."""
    apply = f"then run {hint('up')}"
    elsewhere = {server.url for key, server in _servers(config) if key == secret.name and server.url}
    if elsewhere:
        return _Obstacle(
            secret.name,
            f"is for {elsewhere.pop()}, which the stack does not start",
            f"Write a new secret into the file of that server, set the same by {hint('secret set', secret.name)}, {apply}.",
        )
    if secret.origin is not None and secret.origin.kind in {"env", "file", "command"}:
        own = secret.name != _ADMIN or engine.runtime.facts.starts_keycloak
        first = "Change it there" if own else "Change it in Keycloak and there"
        return _Obstacle(secret.name, f"comes from {secret.source}", f"{first}, {apply}.")
    if secret.origin is not None and engine.stack.is_copy:
        return _Obstacle(
            secret.name,
            f"stands in {engine.stack.file.name}, which other stacks share",
            f"Set it by {hint('secret set', secret.name)}, {apply}, and run `up` for the other stacks too.",
        )
    return None


def _servers(config: StackConfig) -> Iterator[tuple[str, Any]]:
    """Yield each MCP server after the name of its introspection client's secret."""
    for _, server in config.placed_servers:
        yield config.own_secrets[config.introspection_secret(server)].key, server


@dataclass(frozen=True)
class _Rotation:
    """One command that rotates.

    Args:
        invocation: The options of the command.
        screen: The display of the progress.
        engine: The stack's engine.
    """

    invocation: Invocation
    screen: Screen
    engine: Engine

    def chosen(
        self, wanted: Callable[[str], bool], *, skipping: bool
    ) -> tuple[list[Secret], list[_Obstacle]]:
        """Return the wanted secrets that can be replaced here, and the obstacles of the others.

        Args:
            wanted: Returns whether a secret of a name is wanted.
            skipping: Whether a secret that can't be replaced here is left out instead of refused.

        Raises:
            UsageError: The stack has no wanted secret, or one can't be replaced here.
        """
        config = self.invocation.stack().config()
        found = [item for item in secrets_of(config, self.engine.resources()) if wanted(item.name)]
        if not found and not skipping:
            raise UsageError(
                f"Stack {self.engine.stack.name} has no such secret.", f"See {hint('secret list')}."
            )
        obstacles = [it for item in found if (it := _obstacle(item, config, self.engine)) is not None]
        if obstacles and not skipping:
            raise UsageError(f"{obstacles[0].name} {obstacles[0].what}.", obstacles[0].do)
        left = {obstacle.name for obstacle in obstacles}
        return [item for item in found if item.name not in left], obstacles

    def replace(self, chosen: Sequence[Secret]) -> Result | None:
        """Make new secrets where each has its place, apply them, and return the result of the last `up`.

        A secret in the stack file is written before anything uses it, and a generated one is recorded before anything
        uses it: after an interruption, the next `up` goes on with the same secret.
        """
        engine, result = self.engine, None
        given = [secret for secret in chosen if secret.origin is not None]
        generated = [secret for secret in chosen if secret.resource[0] == GENERATED]
        by_keycloak = [secret for secret in chosen if secret not in (*given, *generated)]
        if not engine.runtime.facts.starts_keycloak:
            # What follows logs in with the recorded account, so a new secret of that account is applied by itself.
            for secret in [item for item in given if item.name == _ADMIN]:
                given.remove(secret)
                self._set_account(secret)
                result = bring_up(engine, self.screen)
        if by_keycloak:
            self._ask_keycloak(by_keycloak)
            result = bring_up(engine, self.screen, refresh=True)
        for secret in given:
            engine.set_secret(path_of(engine.stack, secret.name), token_urlsafe(_BYTES))
        if given or generated:
            resources = engine.resources()
            urns = [str(_resource(resources, secret)["urn"]) for secret in generated]
            result = bring_up(engine, self.screen, replace=urns)
        return result

    def _set_account(self, secret: Secret) -> None:
        """Give the service account of a Keycloak that somebody else runs a new secret, here and there.

        Raises:
            ProvisionError: Keycloak accepts the account with no known secret, or the account may not change itself.
        """
        from provision.keycloak import service_account

        engine, path = self.engine, path_of(self.engine.stack, secret.name)
        outputs = engine.outputs_when_up()
        account, keycloak = outputs.service_account, engine.stack.config().keycloak
        # After an interruption, Keycloak may have the secret of the stack file already.
        for candidate in (account.client_secret, engine.secret(path)):
            connection = keycloak.connection(outputs.keycloak_url, candidate, client_id=account.client_id)
            if service_account.accepts(connection):
                # The same secret again proves that the account may change it, before the file is written.
                service_account.change_secret(connection, candidate)
                value = token_urlsafe(_BYTES)
                engine.backend.rotation_note.touch()
                engine.set_secret(path, value)
                service_account.change_secret(connection, value)
                engine.backend.rotation_note.unlink()
                return
        raise ProvisionError(
            f"Keycloak at {outputs.keycloak_url} refuses the service account {account.client_id}.",
            f"Set the secret that it has there: {hint('secret set', _ADMIN)}.",
        )

    def _ask_keycloak(self, chosen: Sequence[Secret]) -> None:
        """Have Keycloak generate the secrets of clients that it generated before."""
        from provision.cli.stack_session import StackSession

        access, resources = StackSession.of(self.invocation), self.engine.resources()
        self.engine.backend.refresh_note.touch()  # only a look at Keycloak shows the secrets that it made
        for secret in chosen:
            inputs = _resource(resources, secret)["inputs"]
            realm, client_id = inputs["realm"], inputs["clientId"]
            (client,) = access.session.get(realm, "clients", clientId=client_id) or (None,)
            if client is None:
                raise ProvisionError(
                    f"Keycloak has no client {client_id} any more.", f"Repair it: {hint('up', '--refresh')}."
                )
            access.session.post(realm, "clients", client["id"], "client-secret", body={})

    def replace_keys(self) -> list[RotatedKey]:
        """Give the keys of the stack's realms successors."""
        from provision._lib.urn import Urn
        from provision.cli.stack_session import StackSession
        from provision.keycloak.key_rotation import rotate
        from provision.provider.made_realm import realms_of

        with self.screen.step("making new keys"):
            access, resources = StackSession.of(self.invocation), self.engine.resources()
            declared = {
                (item["inputs"]["realm"], item["inputs"]["name"])
                for item in resources
                if Urn.parse(item["urn"]).type == "provision:keycloak:RealmKey"
            }
            return [
                key
                for realm in realms_of(resources, access.realm)
                for key in rotate(access.session, realm, {name for owner, name in declared if owner == realm})
            ]


def _resource(resources: Sequence[dict[str, Any]], secret: Secret) -> dict[str, Any]:
    """Return the recorded resource that holds a generated secret.

    Raises:
        ProvisionError: The stack has not generated it yet.
    """
    found = resource_of(resources, *secret.resource[:2])
    if found is None:
        raise ProvisionError(f"{secret.name} is not generated yet.", f"It is made by {hint('up')}.")
    return found


def _run(
    invocation: Invocation,
    wanted: Callable[[str], bool] | None,
    *,
    as_json: bool,
    keys: bool = False,
    skipping: bool = False,
) -> None:
    """Rotate what is wanted, and print what was done.

    Args:
        invocation: The options of the command.
        wanted: Returns whether a secret of a name is wanted; None for no secret.
        as_json: Whether to print a JSON document.
        keys: Whether to rotate the realm's keys.
        skipping: Whether a secret that can't be replaced here is left out instead of refused.
    """
    from provision.cli import findings
    from provision.cli.screen import Screen

    with Screen() as screen:
        engine = invocation.engine(screen)
        engine.outputs_when_up()
        rotation = _Rotation(invocation, screen, engine)
        chosen, skipped = ([], []) if wanted is None else rotation.chosen(wanted, skipping=skipping)
        with engine.backend.exclusively():
            if chosen:
                refuse_in_production(engine, screen, as_json=as_json)
            result = rotation.replace(chosen)
            made = rotation.replace_keys() if keys else []
        report, subject = findings.judged(engine.stack, result.declared if result else ())
        if result is not None:
            findings.mention(screen, report)
    names = [secret.name for secret in chosen]
    if as_json:
        left = [{"name": item.name, "why": item.what, "do": item.do} for item in skipped]
        document = {"rotated": names, "skipped": left, "keys": [key.as_json() for key in made]}
        print_json(document | (findings.document(report, subject) if result else {}))
    else:
        _print(names, skipped, made)
    if result is not None and report.mandatory:
        click.get_current_context().exit(EXIT_FINDINGS)


def _print(names: Sequence[str], skipped: Sequence[_Obstacle], keys: Sequence[RotatedKey]) -> None:
    for name in names:
        say(f"✓ {name} is new; the former one is refused")
    for key in keys:
        say(f"{'·' if key.left_alone else '✓'} {key}", one_line=True)
    for item in skipped:
        say(f"· {item.name} is as before: it {item.what}. {item.do}")
    say(f"\nNext: {command_line('verify')}    proves that tokens are really checked")


def _of_server(name: str) -> bool:
    return name.rpartition(".")[2] == _INTROSPECTION


def _of_client(name: str) -> bool:
    return _CLIENT.fullmatch(name) is not None


@click.group("rotate")
def command() -> None:
    """Replace secrets and keys while everything runs."""


_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")


@command.command("introspection")
@_json
@click.pass_obj
def introspection(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate the MCP servers' introspection secrets.

    The reference server has the new secret before Keycloak gets it, and reads it when Keycloak refuses the former one: no
    call fails and nothing is restarted. A server of your own is restarted, since it may read its secret at the start only.
    """
    _run(invocation, _of_server, as_json=as_json)


@command.command("admin")
@_json
@click.pass_obj
def admin(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate the secret of the admin service account.

    The stack is provisioned with it. Keycloak goes on running as a process or where somebody else runs it; a Keycloak in
    a container is started again.
    """
    _run(invocation, lambda name: name == _ADMIN, as_json=as_json)


@command.command("client")
@click.argument("name")
@_json
@click.pass_obj
def client(invocation: Invocation, name: str, *, as_json: bool) -> None:
    """Rotate the secret of a client of the stack file.

    NAME is the id of a confidential client that `objects` declares, or the whole name of its secret where several realms have
    a client of that id. A program that uses the client needs the new secret: `provision secret get objects.Client/NAME.secret`.
    """
    stack = invocation.stack()
    secrets = secrets_of(stack.config(), recorded(invocation, stack))
    ids = {item.name: found["id"] for item in secrets if (found := _CLIENT.fullmatch(item.name))}
    chosen = [item for item, client_id in ids.items() if name in {item, client_id}]
    if not chosen:
        raise UsageError(
            f"Stack {stack.name} has no client {name!r} with a secret.",
            suggested(name, [*ids.values()]) if ids else "None of its objects is a confidential client.",
        )
    if len(chosen) > 1:
        raise UsageError(
            f"Several realms have a client {name!r} with a secret.",
            f"Name the secret: {' or '.join(hint('rotate client', item) for item in chosen)}.",
        )
    _run(invocation, lambda item: item == chosen[0], as_json=as_json)


@command.command("keys")
@_json
@click.pass_obj
def keys(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate the keys of the stack's realms.

    They sign and encrypt tokens. The former keys verify the tokens that they signed until the last of these has expired; a later rotation removes them.
    """
    _run(invocation, None, as_json=as_json, keys=True)


@command.command("all")
@_json
@click.pass_obj
def everything(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate all that the stack holds, and the keys.

    What can't be replaced here (a secret from a vault, the secret of a server that runs elsewhere) is named with its reason.
    """
    _run(
        invocation,
        lambda name: name == _ADMIN or _of_server(name) or _of_client(name),
        as_json=as_json,
        keys=True,
        skipping=True,
    )
