"""``provision rotate``: put new secrets and keys in the place of the present ones, without a failed call."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import command_line, hint
from provision._lib.urn import Urn
from provision.cli.main import print_json
from provision.cli.output import say
from provision.cli.stack_secrets import GENERATED, named, path_of, recorded, secrets_of, suggested
from provision.cli.up import bring_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provision.cli.main import Invocation
    from provision.cli.screen import Screen
    from provision.cli.stack_secrets import Secret
    from provision.engine.operation import Engine
    from provision.keycloak.key_rotation import RotatedKey
    from provision.stack.outputs import StackOutputs

_BYTES = 32
_ADMIN = "adminClientSecret"
_INTROSPECTION = "introspectionClientSecret"
_OUTSIDE = {"env", "file", "command"}
"""The kinds of sources that somebody else writes."""


@dataclass
class _Rotation:
    """The secrets and keys that one command rotates.

    Args:
        invocation: The options of the command.
        as_json: Whether to print a JSON document.
    """

    invocation: Invocation
    as_json: bool
    rotated: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    keys: list[RotatedKey] = field(default_factory=list)

    def secrets(self, wanted: Callable[[str], bool], *, skipping: bool = False) -> list[Secret]:
        """Return the stack's secrets that are wanted and that this machine can make anew.

        Args:
            wanted: Returns whether a secret of a name is wanted.
            skipping: Whether to leave out a secret that comes from outside of the stack, instead of refusing it.

        Raises:
            UsageError: A secret comes from outside of the stack, or there is none.
        """
        stack = self.invocation.stack()
        found = [
            secret
            for secret in secrets_of(stack.config(), recorded(self.invocation, stack))
            if wanted(secret.name)
        ]
        for secret in [item for item in found if item.origin and item.origin.kind in _OUTSIDE]:
            if not skipping:
                raise UsageError(
                    f"{secret.name} comes from {secret.source}.",
                    f"Change it there, then run {hint('up')}; the server takes it up without a restart.",
                )
            found.remove(secret)
            self.skipped.append((secret.name, secret.source))
        return found

    def run(self, chosen: Iterable[Secret], *, keys: bool = False) -> None:
        """Rotate secrets with one `up`, then the realm's keys, and say what was done.

        Args:
            chosen: The secrets.
            keys: Whether to rotate the realm's keys too.
        """
        from provision.cli.screen import Screen

        with Screen() as screen:
            engine = self.invocation.engine(screen)
            before = engine.outputs_when_up()
            if chosen := list(chosen):
                self._rotate(chosen, engine, before, screen)
            if keys:
                self._rotate_keys(engine, screen)
        self._report()

    def _rotate(self, chosen: list[Secret], engine: Engine, before: StackOutputs, screen: Screen) -> None:
        """Make new secrets where each has its place, and apply them.

        A secret in the stack file is written before anything uses it, and a generated one is recorded before anything
        uses it: after an interruption, the next `up` goes on with the same secret.
        """
        resources = engine.resources()
        given = [secret for secret in chosen if secret.origin is not None]
        generated = [secret for secret in chosen if secret.resource[0] == GENERATED]
        by_keycloak = [secret for secret in chosen if secret not in (*given, *generated)]
        made_anew = [_urn(resources, secret) for secret in generated]
        if by_keycloak:  # Pulumi looks at the world with the recorded service account, so this comes first
            self._ask_keycloak(by_keycloak, resources)
            bring_up(engine, screen, refresh=True)
        for secret in given:
            self._set(secret, engine, before)
        if given or generated:
            bring_up(engine, screen, made_anew=made_anew)
        self.rotated += [secret.name for secret in chosen]

    def _set(self, secret: Secret, engine: Engine, before: StackOutputs) -> None:
        """Write a new secret into the stack file, and give it to a service account that somebody else's Keycloak has.

        A Keycloak that the stack starts gets the new secret of its service account from `up`.

        Raises:
            ProvisionError: Keycloak accepts the service account with no known secret.
        """
        from provision.keycloak import service_account

        path, value = path_of(engine.stack, secret.name), secrets.token_urlsafe(_BYTES)
        if secret.name != _ADMIN or engine.runtime.facts.starts_keycloak:
            engine.set_secret(path, value)
            return
        recorded_one = before.service_account
        keycloak = engine.stack.config().keycloak
        # After an interruption, Keycloak may have the secret of the stack file already.
        for known in (recorded_one.client_secret, engine.secret(path)):
            present = keycloak.connection(before.keycloak_url, known, client_id=recorded_one.client_id)
            if service_account.accepts(present):
                engine.backend.rotation_note.touch()
                engine.set_secret(path, value)
                service_account.change_secret(present, value)
                engine.backend.rotation_note.unlink()
                return
        raise ProvisionError(
            f"Keycloak at {before.keycloak_url} refuses the service account {recorded_one.client_id}.",
            f"Set the secret that it has there: {hint('secret set', _ADMIN)}.",
        )

    def _ask_keycloak(self, chosen: Iterable[Secret], resources: list[dict[str, Any]]) -> None:
        """Have Keycloak generate the secrets of clients that it generated before."""
        from provision.cli.stack_session import StackSession

        it = StackSession.of(self.invocation)
        for secret in chosen:
            recorded_client = _resource(resources, secret)["inputs"]["clientId"]
            (client,) = it.session.get(it.realm, "clients", clientId=recorded_client) or (None,)
            if client is None:
                raise ProvisionError(
                    f"Keycloak has no client {recorded_client} any more.",
                    f"Repair it: {hint('up', '--refresh')}.",
                )
            it.session.post(it.realm, "clients", client["id"], "client-secret", body={})

    def _rotate_keys(self, engine: Engine, screen: Screen) -> None:
        from provision.cli.stack_session import StackSession
        from provision.keycloak.key_rotation import rotate

        with screen.step("making new keys"):
            it = StackSession.of(self.invocation)
            declared = {
                item["inputs"]["name"]
                for item in engine.resources()
                if Urn.parse(item["urn"]).type == "provision:keycloak:RealmKey"
            }
            self.keys = rotate(it.session, it.realm, declared)

    def _report(self) -> None:
        if self.as_json:
            skipped = [{"name": name, "place": place} for name, place in self.skipped]
            keys = [key.as_json() for key in self.keys]
            print_json({"rotated": self.rotated, "skipped": skipped, "keys": keys})
            return
        for name in self.rotated:
            say(f"✓ {name} is new; the former one is refused")
        for key in self.keys:
            say(f"✓ {key}")
        for name, place in self.skipped:
            say(f"· {name} is as before: it comes from {place}. Change it there, then run {hint('up')}.")
        say(f"\nNext: {command_line('verify')}    proves that tokens are really checked")


def _urn(resources: list[dict[str, Any]], secret: Secret) -> str:
    return str(_resource(resources, secret)["urn"])


def _resource(resources: list[dict[str, Any]], secret: Secret) -> dict[str, Any]:
    """Return the recorded resource that holds a generated secret.

    Raises:
        ProvisionError: The stack has not generated it yet.
    """
    type_, name, _ = secret.resource
    for item in resources:
        urn = Urn.parse(item["urn"])
        if (urn.type, urn.name) == (type_, name) and not item.get("delete"):
            return item
    raise ProvisionError(f"{secret.name} is not generated yet.", f"It is made by {hint('up')}.")


def _of_server(name: str) -> bool:
    return name.rpartition(".")[2] == _INTROSPECTION and not name.startswith("objects.")


def _of_client(name: str) -> bool:
    return name.startswith("objects.Client/") and name.endswith(".secret")


@click.group("rotate")
def command() -> None:
    """Put new secrets and keys in the place of the present ones, while everything runs."""


_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")


@command.command("introspection")
@_json
@click.pass_obj
def introspection(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate the secrets with which the MCP servers introspect tokens.

    A server has the new secret before Keycloak gets it, and reads it when Keycloak refuses the former one: no call fails
    and nothing is restarted, except a server of your own, which may read its secret at the start only.
    """
    rotation = _Rotation(invocation, as_json)
    rotation.run(rotation.secrets(_of_server))


@command.command("admin")
@_json
@click.pass_obj
def admin(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate the secret of the service account with which the stack is provisioned.

    Keycloak goes on running as a process or where somebody else runs it; a Keycloak in a container is started again.
    """
    rotation = _Rotation(invocation, as_json)
    rotation.run(rotation.secrets(lambda name: name == _ADMIN))


@command.command("client")
@click.argument("name")
@_json
@click.pass_obj
def client(invocation: Invocation, name: str, *, as_json: bool) -> None:
    """Rotate the secret of a confidential client that the stack file declares in `objects`.

    A program that uses the client needs the new secret: `provision secret get objects.Client/NAME.secret`.
    """
    rotation = _Rotation(invocation, as_json)
    stack = invocation.stack()
    known = [
        item.name for item in secrets_of(stack.config(), recorded(invocation, stack)) if _of_client(item.name)
    ]
    wanted = named(f"objects.Client/{name}.secret", known, {})
    if wanted is None:
        names = [item.removeprefix("objects.Client/").removesuffix(".secret") for item in known]
        raise UsageError(
            f"Stack {stack.name} has no client {name!r} with a secret.",
            suggested(name, names) if names else "None of its objects is a confidential client.",
        )
    rotation.run(rotation.secrets(lambda item: item == wanted))


@command.command("keys")
@_json
@click.pass_obj
def keys(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate the keys with which the realm signs and encrypts tokens.

    The former keys verify the tokens that they signed until the last of these has expired; a later rotation removes them.
    """
    _Rotation(invocation, as_json).run((), keys=True)


@command.command("all")
@_json
@click.pass_obj
def everything(invocation: Invocation, *, as_json: bool) -> None:
    """Rotate the servers' secrets, the service account's, the secrets of declared clients, and the realm's keys."""
    rotation = _Rotation(invocation, as_json)
    wanted = rotation.secrets(
        lambda name: name == _ADMIN or _of_server(name) or _of_client(name), skipping=True
    )
    rotation.run(wanted, keys=True)
