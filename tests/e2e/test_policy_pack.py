"""The policy pack in plain ``pulumi preview`` and ``up``: the engine asks it, and fails what breaks a mandatory rule."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from provision._lib.progress import Silent
from provision.engine.pulumi_cli import find_or_install
from tests.conftest import ADMIN
from tests.support.plain_pulumi import PLUGINS, Pulumi, python_language_host
from tests.support.pulumi_shell import PulumiShell

FAILED = 1
PACK = Path(__file__).parents[2] / "policies"
LAUNCHER = Path(__file__).parents[1] / "support" / "policy_host"
RULE = "client-password-grant"
_PROGRAM = """\
name: packed
runtime: yaml
plugins:
  providers:
    - {{name: provision, path: {plugin}}}
resources:
  admin:
    type: pulumi:providers:provision
    properties: {{url: "{url}", clientId: {admin}, clientSecret: "{secret}"}}
  realm:
    type: provision:keycloak:Realm
    properties: {{name: packed, suppliedKeys: true, eventsEnabled: true}}
    options: {{provider: "${{admin}}"}}
  app:
    type: provision:keycloak:Client
    properties: {{realm: "${{realm.name}}", clientId: app, access: public, directAccessGrants: {grants}}}
    options: {{provider: "${{admin}}", deletedWith: "${{realm}}"}}
"""
_PYTHON = """\
name: packed
runtime: {{name: python, options: {{toolchain: pip, virtualenv: {environment}}}}}
plugins:
  providers:
    - {{name: provision, path: {plugin}}}
"""
_KNOWN_WHEN_MADE = """\
import pulumi
from provision.resources import Provider, keycloak

admin = Provider("admin", url="{url}", client_id="{admin}", client_secret="{secret}")
realm = keycloak.Realm("realm", name="packed", supplied_keys=True, opts=pulumi.ResourceOptions(provider=admin))
inside = pulumi.ResourceOptions(provider=admin, deleted_with=realm)
grants = realm.issuer.apply(lambda issuer: issuer.endswith("packed"))
keycloak.Client("app", realm=realm.name, client_id="app", access="public", direct_access_grants=grants, opts=inside)
"""
"""Whether the client takes passwords is known only when the realm is there."""


class Packed(Pulumi):
    """With a client in a program and the policy pack."""

    def __init__(self, folder: Path, url: str, secret: str) -> None:
        super().__init__(folder)
        self._words = {"plugin": PLUGINS, "url": url, "admin": ADMIN, "secret": secret}

    def write(self, grants: str) -> None:
        self.program(_PROGRAM.format(**self._words, grants=grants))

    def write_python(self) -> None:
        self.program(_PYTHON.format(**self._words, environment=sys.prefix))
        (self.folder / "__main__.py").write_text(_KNOWN_WHEN_MADE.format(**self._words))

    def set(self, **values: object) -> None:
        """The stack's configuration under ``provision:``; a production realm would break rules of its own."""
        config = {f"provision:{name}": value for name, value in {"profile": "dev", **values}.items()}
        (self.folder / "Pulumi.dev.yaml").write_text(json.dumps({"config": config}))

    def asked(self, command: str, *arguments: str, code: int = 0, config: dict | None = None) -> str:
        """A command with the pack, and its configuration."""
        if config is not None:
            (self.folder / "pack.json").write_text(json.dumps(config))
            arguments = ("--policy-pack-config", str(self.folder / "pack.json"), *arguments)
        return self(command, "--stack", "dev", "--policy-pack", str(PACK), *arguments, code=code)


@pytest.fixture
def pulumi(tmp_path, live_keycloak, admin_secret):
    pulumi = Packed(tmp_path, live_keycloak.url, admin_secret)
    pulumi.write("true")
    pulumi("stack", "init", "dev")
    pulumi.set()
    return pulumi


@pytest.fixture
def made(pulumi):
    """The same, for what makes something."""
    yield pulumi
    pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")


def by_the_launcher(pulumi):
    """Where there is no language host, the engine starts a pack by an executable that has its name."""
    host = str(python_language_host(find_or_install(Silent())))
    path = [place for place in pulumi.variables["PATH"].split(os.pathsep) if place != host]
    pulumi.variables["PATH"] = os.pathsep.join([str(LAUNCHER), *path])


def by_the_language_host(pulumi):
    """As it comes."""


@pytest.mark.parametrize("start", [by_the_launcher, by_the_language_host])
def test_a_broken_rule_fails_the_preview_with_place_reason_and_what_mends_it(pulumi, start):
    start(pulumi)
    shown = pulumi.asked("preview", code=FAILED)
    assert f"[mandatory] [severity: high]  {RULE}  (provision:keycloak:Client: app)" in shown
    assert "takes its users' passwords" in shown
    assert "directAccessGrants: true" in shown
    assert "fix: directAccessGrants: false" in shown
    assert "https://datatracker.ietf.org/" in shown
    assert "Traceback" not in shown


def test_an_up_makes_nothing_then(pulumi, session):
    pulumi.asked("up", "--yes", code=FAILED)
    assert session.get("packed") is None


def test_what_keeps_the_rules_passes_and_is_made(made, session):
    made.write("false")
    assert "provision@v" in made.asked("up", "--yes")
    assert session.get("packed") is not None


def test_a_value_that_only_the_update_knows_does_not_pass_and_is_decided_before_its_object_is_made(
    made, session
):
    made.write_python()
    shown = made.asked("preview")
    assert f"[advisory] [severity: high]  {RULE}  (provision:keycloak:Client: app)" in shown
    assert "can't be told: directAccessGrants is not known yet" in shown
    shown = made.asked("up", "--yes", "--skip-preview", code=FAILED)
    assert f"[mandatory] [severity: high]  {RULE}" in shown
    assert "app" not in [client["clientId"] for client in session.list("packed", "clients")]


def test_a_secret_neither_passes_in_silence_nor_shows(pulumi):
    pulumi.write("{fn::secret: true}")
    shown = pulumi.asked("preview")
    assert f"[advisory] [severity: high]  {RULE}" in shown
    assert "can't be told: directAccessGrants is not shown here" in shown
    assert "directAccessGrants: true" not in shown


def test_the_packs_configuration_sets_levels(pulumi):
    shown = pulumi.asked("preview", config={RULE: "advisory"})
    assert f"[advisory] [severity: high]  {RULE}" in shown
    assert RULE not in pulumi.asked("preview", config={RULE: {"enforcementLevel": "disabled"}})
    assert f"[mandatory] [severity: high]  {RULE}" in pulumi.asked(
        "preview", config={"all": "advisory", RULE: "mandatory"}, code=FAILED
    )


def test_a_waiver_of_the_pack_counts_until_its_day(pulumi):
    waiver = {"resource": "*::app", "reason": "goes away with the old app", "expires": "2999-12-31"}
    pulumi.asked("preview", config={RULE: {"waivers": [waiver]}})
    pulumi.asked("preview", config={RULE: {"waivers": [{**waiver, "resource": "*::other"}]}}, code=FAILED)
    pulumi.asked("preview", config={RULE: {"waivers": [{**waiver, "expires": "2001-01-01"}]}}, code=FAILED)
    bad = {RULE: {"waivers": [{**waiver, "expires": "soon"}]}}
    assert f"{RULE}.waivers[0].expires" in pulumi.asked("preview", config=bad, code=FAILED)


def test_what_the_stack_file_says_of_the_rules_counts_too(pulumi):
    pulumi.set(rules={"levels": {RULE: "advisory"}})
    assert f"[advisory] [severity: high]  {RULE}" in pulumi.asked("preview")
    pulumi.set(rules={"levels": {"client-pasword-grant": "off"}})
    shown = pulumi.asked("preview", code=FAILED)
    assert "provision:rules.levels: there is no rule 'client-pasword-grant'. Did you mean" in shown


def test_the_projects_own_program_passes(stack):
    shell = PulumiShell(stack)
    shell.pulumi("stack", "init", "test")
    shown = shell.pulumi("preview", "--policy-pack", str(PACK))
    assert "provision@v" in shown
    assert "[mandatory]" not in shown
