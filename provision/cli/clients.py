"""``provision clients``: list the clients that registered themselves, and remove old clients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from provision._lib.counts import counted
from provision._lib.styled_text import printable
from provision._lib.urls import host
from provision.cli.duration import Duration, in_words
from provision.cli.main import Invocation, print_json
from provision.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.config.stack_config import StackConfig
    from provision.keycloak.api.session import Session
    from provision.keycloak.registrations.pruning import Registrations
    from provision.keycloak.registrations.registered_client import RegisteredClient, Rule
    from provision.stack.outputs import StackOutputs

_TITLES = ("CLIENT ID", "NAME", "REDIRECTS TO", "AGE", "LAST USE", "SESSIONS")
_WIDEST = (36, 20, 26, 12, 16, 8)


@click.group("clients")
def command() -> None:
    """List and remove clients that registered themselves."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def list_clients(invocation: Invocation, *, as_json: bool) -> None:
    """List the clients that registered themselves (RFC 7591).

    Their age and last use are shown if they are known.
    """
    now = datetime.now(tz=UTC)
    found = _Realm.of(invocation).registrations(now)
    if as_json:
        print_json({"clients": [_as_json(client) for client in found.clients]})
        return
    _print_table(found.clients, now)
    _print_notes(found)
    say(f"{counted(len(found.clients), 'client')} registered by themselves.")


@command.command("prune")
@click.option(
    "--older-than", type=Duration(), default="30d", show_default=True, help="At least so long registered."
)
@click.option(
    "--unused-for", type=Duration(), default="30d", show_default=True, help="At least so long unused."
)
@click.option("--unknown", is_flag=True, help="Those too whose age or last use is not known.")
@click.option("--yes", is_flag=True, help="Remove them; otherwise they are only listed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def prune(
    invocation: Invocation,
    *,
    older_than: timedelta,
    unused_for: timedelta,
    unknown: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove unused clients that registered themselves.

    Without --yes, the clients are only listed. The stack's own clients, Keycloak's own clients, and every client with a live session stay.
    """
    from provision.cli.screen import Screen
    from provision.keycloak.registrations.pruning import remove
    from provision.keycloak.registrations.registered_client import Rule, Verdict

    rule = Rule(older_than=older_than, unused_for=unused_for, unknown=unknown)
    now = datetime.now(tz=UTC)
    realm = _Realm.of(invocation)
    found = realm.registrations(now)
    verdicts = [rule.verdict(client, now) for client in found.clients]
    going = [client for client, is_ in zip(found.clients, verdicts, strict=True) if is_ is Verdict.GOES]
    if not as_json:
        _print_table(going, now)
        _print_notes(found)
        _print_kept(Counter(item.value for item in verdicts), rule)
    removed: tuple[RegisteredClient, ...] = ()
    if yes and going:
        with Screen() as screen, screen.step(f"Removing {counted(len(going), 'client')}"):
            removed = remove(realm.session, realm.name, going)
    if as_json:
        clients = [_as_json(client) for client in going]
        print_json({"clients": clients, "pruned": [client.client_id for client in removed]})
    elif yes:
        say(f"{counted(len(removed), 'client')} removed.")
        if in_use := len(going) - len(removed):
            say(f"{counted(in_use, 'client')} kept: somebody logged in meanwhile.")
    else:
        say(f"{counted(len(going), 'client')} would go{'; --yes removes them' if going else ''}.")


@dataclass(frozen=True)
class _Realm:
    """The running stack's realm.

    Args:
        session: The session of the Admin API.
        name: The realm's name.
        declared: The ids of the clients that the stack uses.
    """

    session: Session
    name: str
    declared: frozenset[str]

    @classmethod
    def of(cls, invocation: Invocation) -> _Realm:
        from provision.cli.stack_session import StackSession

        stack = StackSession.of(invocation)
        return cls(stack.session, stack.realm, frozenset(_declared(stack.config, stack.outputs)))

    def registrations(self, now: datetime) -> Registrations:
        from provision.keycloak.registrations.pruning import find

        return find(self.session, self.name, self.declared, now)


def _declared(config: StackConfig, outputs: StackOutputs) -> Iterable[str]:
    """Yield the ids of the clients that the stack makes, refers to, or uses as the admin service account."""
    from provision.config.objects import in_order

    yield from (client.client_id for client in config.clients)
    yield from (server.introspection.client_id for server in outputs.servers if server.introspection)
    yield config.keycloak.admin_client_id
    for spec in in_order(config.objects, config.realm.name).values():
        for kind, *key in (spec.key_in_container(), *spec.references()):
            if kind in {"Client", "ClientRole"}:
                yield key[0]


def _as_json(client: RegisteredClient) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "registered": _iso(client.registered),
        "last_used": _iso(client.last_used),
        "sessions": client.sessions,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _print_table(clients: Iterable[RegisteredClient], now: datetime) -> None:
    from rich.cells import cell_len, set_cell_size

    rows = [_row(client, now) for client in clients]
    if not rows:
        return
    widths = [
        min(widest, max(map(cell_len, column)))
        for widest, column in zip(_WIDEST, zip(_TITLES, *rows, strict=True), strict=True)
    ]
    for row in (_TITLES, *rows):
        cells = [
            set_cell_size(text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…", width)
            for text, width in zip(row, widths, strict=True)
        ]
        say("  ".join(cells).rstrip())
    say()


def _row(client: RegisteredClient, now: datetime) -> tuple[str, ...]:
    hosts = sorted({_host(uri) for uri in client.redirect_uris})  # Keycloak keeps no order
    return (
        printable(client.client_id),
        printable(client.name) or "-",
        printable(", ".join(hosts)) or "-",
        _age(client, now),
        _last_use(client, now),
        str(client.sessions or "-"),
    )


def _age(client: RegisteredClient, now: datetime) -> str:
    if client.registered is not None:
        return in_words(now - client.registered)
    return _at_least(client.registered_before, now)


def _last_use(client: RegisteredClient, now: datetime) -> str:
    """Return the time since the last use: exact, as an upper or a lower bound, ``never`` or ``unknown``."""
    used, before = client.last_used, client.used_before
    if client.never_used:
        return "never"
    if used is not None:
        exact = client.sessions or before == used
        return f"{'' if exact else '≤ '}{in_words(now - used)} ago"
    return _at_least(before, now, " ago")


def _at_least(moment: datetime | None, now: datetime, behind: str = "") -> str:
    if moment is None or now - moment < timedelta(minutes=1):
        return "unknown"
    return f"≥ {in_words(now - moment)}{behind}"


def _host(uri: str) -> str:
    """Return a redirect URI's host, or the scheme of an application."""
    scheme, colon, _ = uri.partition(":")
    return host(uri) or scheme + colon


def _print_notes(found: Registrations) -> None:
    for note in found.notes:
        say(note, err=True)


def _print_kept(counts: Counter[str], rule: Rule) -> None:
    reasons = {
        "in use": "a session is alive",
        "young": f"registered in the last {in_words(rule.older_than)}",
        "used": f"used in the last {in_words(rule.unused_for)}",
        "unknown": "age or last use not known well enough; --unknown includes them",
    }
    for verdict, reason in reasons.items():
        if counts[verdict]:
            say(f"{counted(counts[verdict], 'client')} kept: {reason}.")
