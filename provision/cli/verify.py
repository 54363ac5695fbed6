"""``provision verify``: run proofs against the live stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provision._lib.counts import counted
from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision.cli.main import EXIT_FINDINGS, Invocation, print_json
from provision.cli.output import say

if TYPE_CHECKING:
    from provision.config.stack_config import StackConfig
    from provision.stack.outputs import Login, ServerOutputs, StackOutputs
    from provision.verify import Proof, Target


@click.command("verify")
@click.argument("proofs", nargs=-1)
@click.option("--server", help="Only the proofs of this MCP server, when there are several.")
@click.option("--list", "only_list", is_flag=True, help="List the proofs and run none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(
    invocation: Invocation, *, proofs: tuple[str, ...], server: str | None, only_list: bool, as_json: bool
) -> None:
    """Prove that the servers follow MCP and check every token.

    Without PROOFS, all proofs are run for each MCP server of the stack. Exits with 3 if a proof fails.
    """
    from provision.verify import prove

    if only_list:
        _list(as_json=as_json)
        return
    engine = invocation.engine()
    outputs = engine.outputs_when_up()
    show = (lambda _: None) if as_json else _show
    targets = targets_of(outputs, engine.stack.config(), server)
    results: list[tuple[str, Proof]] = []
    for name, target in targets.items():
        if len(targets) > 1 and not as_json:
            say(f"{name}  {target.server_url}", bold=True)
        results += [(name, proof) for proof in prove(target, only=proofs, on_proof=show)]
    failed = [proof for _, proof in results if not proof.ok]
    if as_json:
        print_json({"proofs": [_as_json(name, proof) for name, proof in results]})
    elif failed:
        say(f"\n{len(failed)} of {counted(len(results), 'proof')} failed.", fg="red")
    else:
        say(f"\n{counted(len(results), 'proof holds', 'proofs hold')}.", fg="green")
    if failed:
        click.get_current_context().exit(EXIT_FINDINGS)


def _list(*, as_json: bool) -> None:
    from provision.verify import catalogue

    if as_json:
        print_json({"proofs": [{"id": name, "title": title} for name, title in catalogue()]})
        return
    for name, title in catalogue():
        say(f"{name:<32}{title}")


def _show(proof: Proof) -> None:
    sign, color = ("✗", "red") if not proof.ok else ("·", "yellow") if proof.in_part else ("✓", "green")
    say(f"  {sign} ", fg=color, nl=False)
    say(f"{proof.title}  ", nl=False)
    say(f"{proof.seconds:.2f} s", dim=True)
    if not proof.ok or proof.in_part:
        say(f"      {proof.detail}", one_line=True)


def _as_json(server: str, proof: Proof) -> dict[str, Any]:
    return {
        "server": server,
        "id": proof.id,
        "title": proof.title,
        "ok": proof.ok,
        "seconds": round(proof.seconds, 3),
        "detail": proof.detail,
    }


def targets_of(outputs: StackOutputs, config: StackConfig, only: str | None) -> dict[str, Target]:
    """Return the targets of the proofs, by the server's name.

    Args:
        outputs: The stack's outputs.
        config: The stack file's settings.
        only: The name of the one server to prove; None for all servers.

    Raises:
        UsageError: There is no server to prove, or no user or client to log in with.
    """
    if not outputs.servers:
        raise UsageError(
            "This stack has no MCP server, and the proofs are about one.", f"Try {hint('drift')}."
        )
    if outputs.demo_user is None:
        raise UsageError(
            "The proofs log in as the demo user, and this stack has none.", "Verify a dev or test stack."
        )
    if not outputs.clients and not config.registration_enabled:
        raise UsageError(
            "The proofs log in by a client, and this stack has neither a pre-registered one nor registration.",
            "Declare one under provision:clients.",
        )
    names = [server.name for server in outputs.servers]
    if only is not None and only not in names:
        raise UsageError(f"There is no MCP server {only!r}.", f"The stack has {', '.join(names)}.")
    return {
        item.name: _target(outputs, outputs.demo_user, config, item)
        for item in outputs.servers
        if only in {None, item.name}
    }


def _target(outputs: StackOutputs, user: Login, config: StackConfig, server: ServerOutputs) -> Target:
    from provision.verify import Target
    from provision.verify.target import Resource

    admin, client = outputs.service_account, outputs.introspection_client(server)
    return Target(
        issuer=outputs.issuer,
        realm=outputs.realm,
        server_url=server.url,
        scopes=server.scopes,
        tool_scopes=server.tool_scopes,
        is_reference=server.name in {item.name for item in config.mcp_servers if item.is_reference},
        others=tuple(Resource(item.url, item.scopes) for item in outputs.servers if item is not server),
        introspection_client_id=client.client_id,
        introspection_client_secret=client.client_secret,
        demo_username=user.username,
        demo_password=user.password,
        public_client_id=outputs.clients[0].client_id if outputs.clients else "",
        registration=config.registration_enabled,
        resource_indicators=config.realm.resource_indicators,
        connection=config.keycloak.connection(
            outputs.keycloak_url, admin.client_secret, client_id=admin.client_id
        ),
        server_ca_files=tuple(str(file) for file in config.server_ca_files()),
    )
