"""``provision audit``: check a live realm, a stack or an export against the security rules."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from provision._lib.counts import counted
from provision._lib.errors import ProvisionError, UsageError
from provision.cli.main import EXIT_FINDINGS, Invocation
from provision.cli.output import say
from provision.config.profile import PROFILES

if TYPE_CHECKING:
    from provision.config.profile import Profile
    from provision.config.rules import RulesConfig
    from provision.keycloak.connection import Connection
    from provision.rules.evaluation import Report
    from provision.rules.model import Snapshot
    from provision.rules.reports import Subject

_FORMATS = ("text", "json", "sarif", "junit")
_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The options that choose what is audited."""

    url: str | None
    realm: str | None
    client_id: str
    auth_realm: str
    ca_file: str | None
    export: Path | None
    profile: Profile | None
    rules: Path | None
    server_settings: tuple[Path, ...]

    def check(self) -> None:
        """Refuse options that contradict each other.

        Raises:
            UsageError: Two options contradict each other, or one option lacks another.
        """
        if self.url and self.export:
            raise UsageError("--url and --export are two things to audit.", "Give one of them.")
        if bool(self.url) != bool(self.realm):
            raise UsageError("--url and --realm go together.", "Give both, or neither to audit the stack.")
        if self.rules and not (self.url or self.export):
            raise UsageError("A stack has its rules in its own file.", "Set them under provision:rules.")
        if self.server_settings and not (self.url or self.export):
            raise UsageError("A stack knows its own servers.", "Leave --server-settings out.")


@click.command("audit")
@click.option("--url", help="Audit a realm of the Keycloak at this address, instead of the stack.")
@click.option("--realm", help="With --url: the realm.")
@click.option(
    "--client-id", default="provision-audit", show_default=True, help="With --url: the service account."
)
@click.option(
    "--auth-realm",
    help="With --url: the realm in which the service account is; the audited one when left out.",
)
@click.option("--ca-file", type=click.Path(dir_okay=False), help="A PEM bundle that https is verified with.")
@click.option("--export", type=_FILE, help="Audit a realm export, instead of the stack.")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="What the realm is for; the stack's own, or prod, when left out.",
)
@click.option("--rules", type=_FILE, help="With --url or --export: levels, parameters and waivers as YAML.")
@click.option(
    "--server-settings",
    type=_FILE,
    multiple=True,
    help="With --url or --export: the settings file of an MCP server, as JSON or YAML; may be given several times.",
)
@click.option("--strict", is_flag=True, help="Advice and what can't be told fail too.")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="The report."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--output", type=_FILE, help="Write the report to a file.")
@click.option("--explain", metavar="RULE", help="Tell all about one rule, and audit nothing.")
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    *,
    strict: bool,
    form: str,
    as_json: bool,
    output: Path | None,
    explain: str | None,
    **options: str,
) -> None:
    """Check a realm against the security rules; change nothing.

    The realm is that of the stack, of any running Keycloak (--url) or of an export (--export).

    The rules examine the stack's live realm too. With --url, the command prompts for the service account's secret, or
    reads the secret from standard input. Exits with 3 if a rule is broken, or could not read a value that is there.
    """
    if explain:
        _explain(explain)
        return
    if as_json:
        given = click.get_current_context().get_parameter_source("form")
        if form != "json" and given is not ParameterSource.DEFAULT:
            raise UsageError(f"--json and --format {form} are two formats.", "Give one of them.")
        form = "json"
    asked = _Asked(**options)  # type: ignore[arg-type]
    asked.check()
    report, subject = _audited(invocation, asked)
    _deliver(report, subject, form, output)
    if report.fails or (strict and (report.findings or report.inconclusive)):
        click.get_current_context().exit(EXIT_FINDINGS)


def _explain(id_: str) -> None:
    from provision.cli.terminal import Terminal
    from provision.rules import checks
    from provision.rules.reports.explanation import explained

    terminal = Terminal(sys.stdout)
    for line in explained(checks.rule(id_), terminal.width):
        terminal.line(*line)


def _audited(invocation: Invocation, asked: _Asked) -> tuple[Report, Subject]:
    from provision.rules import checks
    from provision.rules.evaluation import evaluate
    from provision.rules.reports import Subject
    from provision.rules.sources.server_files import with_servers

    if not (asked.export or asked.url):
        return _of_stack(invocation, asked)
    config = _rules(asked.rules)
    checks.validate(config)  # refuses a wrong configuration before the prompt for a secret
    snapshot, name, where = _of_export(asked) if asked.export else _of_realm(asked)
    snapshot = with_servers(snapshot, asked.server_settings)
    return evaluate(snapshot, config), Subject(name, snapshot.profile, where)


def _of_export(asked: _Asked) -> tuple[Snapshot, str, str]:
    from provision.cli.report_place import address
    from provision.rules.sources import export

    file = asked.export or Path()
    snapshot = export.snapshot(file, asked.profile or "prod")
    (realm,) = (resource for resource in snapshot.resources if resource.kind == "Realm")
    return snapshot, f"realm {realm.peek('name')} in {file.name}", address(file)


def _of_realm(asked: _Asked) -> tuple[Snapshot, str, str]:
    from provision.cli.secret import asked_for
    from provision.keycloak.api.session import Session
    from provision.rules.sources import live

    realm, url = asked.realm or "", (asked.url or "").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"--url {url} is no address.", "It begins with http:// or https://.")
    connection = _connection(
        url=url,
        client_id=asked.client_id,
        client_secret=asked_for(f"secret of {asked.client_id}"),
        ca_file=asked.ca_file,
        auth_realm=asked.auth_realm or realm,
    )
    snapshot = live.snapshot(Session(connection), realm, asked.profile or "prod")
    return snapshot, f"realm {realm} at {url}", f"{url}/realms/{realm}"


def _connection(**given: str | None) -> Connection:
    from pydantic import ValidationError

    from provision._lib.validation import problems
    from provision.keycloak.connection import Connection

    try:
        return Connection.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(map(str, problems(error, Connection)))
        raise UsageError(f"These options are wrong: {wrong}.", "Correct them.") from None


def _of_stack(invocation: Invocation, asked: _Asked) -> tuple[Report, Subject]:
    from provision.cli.report_place import address, line_finder
    from provision.cli.stack_session import StackSession
    from provision.provider.made_realm import realms_of
    from provision.rules import checks
    from provision.rules.evaluation import evaluate
    from provision.rules.model import merged
    from provision.rules.reports import Subject
    from provision.rules.sources import live, program, state

    stack = StackSession.of(invocation)
    checks.validate(stack.config.rules)
    profile = asked.profile or stack.config.profile
    recorded = stack.engine.resources()
    realms = realms_of(recorded, stack.realm)
    seen = merged(live.snapshot(stack.session, realm, profile) for realm in realms)
    snapshot = state.surrounded(seen, program.snapshot(state.resource_inputs(recorded), profile))
    word = "realm" if len(realms) == 1 else "realms"
    name = f"stack {invocation.stack_name}, {word} {', '.join(realms)} at {stack.session.url}"
    file = stack.engine.stack
    return evaluate(snapshot, stack.config.rules), Subject(
        name, profile, address(file.file), line_finder(file)
    )


def _rules(file: Path | None) -> RulesConfig:
    from pydantic import ValidationError

    from provision._lib.validation import problems
    from provision.config.rules import RulesConfig
    from provision.config.yaml_file import load

    try:
        return RulesConfig.model_validate(load(file) if file else {})
    except ValidationError as error:
        lines = "\n".join(str(problem) for problem in problems(error, RulesConfig))
        raise UsageError(f"{file}: {lines}", "It has the keys levels, parameters and waivers.") from None


def _deliver(report: Report, subject: Subject, form: str, output: Path | None) -> None:
    from provision.rules.reports import written

    if output is not None:
        _write(output, written(report, subject, form))
        say(f"The report is in {output}: {counted(len(report.findings), 'finding')}.", err=True)
    elif form == "text":
        _show(report, subject)
    else:
        say(written(report, subject, form))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ProvisionError(f"{file} can't be written: {error.strerror}.", "Name another file.") from None


def _show(report: Report, subject: Subject) -> None:
    from provision.cli.terminal import Terminal
    from provision.rules.reports import text

    terminal = Terminal(sys.stdout)
    for line in text.lines(report, subject, terminal.width):
        terminal.line(*line)
