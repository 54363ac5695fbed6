"""``provision verify``: proofs against the live stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provision.cli.main import EXIT_FINDINGS, Invocation, print_json
from provision.errors import ProvisionError, UsageError

if TYPE_CHECKING:
    from provision.config.keycloak import KeycloakConfig
    from provision.verify import Proof, Target


@click.command("verify")
@click.argument("proofs", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="List the proofs and run none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, proofs: tuple[str, ...], only_list: bool, as_json: bool) -> None:
    """Prove that the stack does what the MCP specification asks and that tokens are really checked.

    Without PROOFS all are run. Exit code 3 when one fails.
    """
    from provision.verify import prove

    if only_list:
        _list(as_json=as_json)
        return
    engine = invocation.engine()
    outputs = engine.outputs()
    if not outputs:
        raise ProvisionError(f"Stack {invocation.stack_name} is not up.", "Start it: provision up")
    show = (lambda _: None) if as_json else _show
    results = prove(_target(outputs, engine.stack.config().keycloak), only=proofs, on_proof=show)
    failed = [proof for proof in results if not proof.ok]
    if as_json:
        print_json({"proofs": [_as_json(proof) for proof in results]})
    elif failed:
        click.secho(f"\n{len(failed)} of {len(results)} proofs failed.", fg="red", err=True)
    else:
        click.secho(f"\nAll {len(results)} proofs hold.", fg="green", err=True)
    if failed:
        click.get_current_context().exit(EXIT_FINDINGS)


def _list(*, as_json: bool) -> None:
    from provision.verify import catalogue

    if as_json:
        print_json({"proofs": [{"id": name, "title": title} for name, title in catalogue()]})
        return
    for name, title in catalogue():
        click.echo(f"{name:<32}{title}")


def _show(proof: Proof) -> None:
    sign, color = ("✓", "green") if proof.ok else ("✗", "red")
    click.secho(f"  {sign} ", fg=color, nl=False, err=True)
    click.echo(f"{proof.title}  ", nl=False, err=True)
    click.secho(f"{proof.seconds:.2f} s", dim=True, err=True)
    if not proof.ok:
        click.echo(f"      {proof.detail}", err=True)


def _as_json(proof: Proof) -> dict[str, Any]:
    return {
        "id": proof.id,
        "title": proof.title,
        "ok": proof.ok,
        "seconds": round(proof.seconds, 3),
        "detail": proof.detail,
    }


def _target(outputs: dict[str, Any], keycloak: KeycloakConfig) -> Target:
    from provision.verify import Target

    if "demo_user" not in outputs:
        raise UsageError(
            "The proofs log in as the demo user, and this stack has none.", "Verify a dev or test stack."
        )
    server = outputs["servers"][0]
    return Target(
        issuer=outputs["issuer"],
        realm=outputs["realm"],
        server_url=server["url"],
        scopes=tuple(server["scopes"]),
        tool_scopes={tool: tuple(scopes) for tool, scopes in server.get("tool_scopes", {}).items()},
        introspection_client_id=server["introspection"]["client_id"],
        introspection_client_secret=server["introspection"]["client_secret"],
        demo_username=outputs["demo_user"]["username"],
        demo_password=outputs["demo_user"]["password"],
        public_client_id=outputs["clients"][0]["client_id"],
        keycloak_url=outputs["keycloak_url"],
        admin_client_id=outputs["admin"]["client_id"],
        admin_client_secret=outputs["admin"]["client_secret"],
        admin_realm=keycloak.auth_realm,
        ca_file=keycloak.ca_file,
    )
