"""The security rules in `provision preview` and `provision up`: what breaks one is said, and stops a production stack."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ADMIN
from tests.support.stack_cli import StackCli

FINDINGS = 3
USAGE = 2
_DOCUMENT = {"subject", "profile", "rules", "findings", "undecided", "waived", "expired", "unused"}
"""What an audit's report has, too."""
_CLIENT = """\
  provision:objects:
    - type: Client
      clientId: old
      access: public
      directAccessGrants: {on}
"""
_PRODUCTION = """\
config:
  provision:profile: prod
  provision:mcp: false
  provision:runtime: external
  provision:keycloak:
    url: {url}
    adminClientId: {admin}
  provision:realm:
    name: held
  provision:objects:
    - type: Realm
      name: held
      adminEventsEnabled: true
      eventsEnabled: true
    - type: Client
      clientId: old
      access: public
      redirectUris: ["https://app.example.org/callback"]
      directAccessGrants: true
"""


def _add(stack, text):
    file = stack.project / f"Pulumi.{stack.stack}.yaml"
    file.write_text(file.read_text() + text)


@pytest.fixture
def broken(stack):
    """A throw-away stack, not up, with a client that takes passwords."""
    _add(stack, _CLIENT.format(on="true"))
    return stack


def test_a_preview_says_which_rule_is_broken_where_why_and_what_mends_it(broken):
    done = broken.run("preview", code=FINDINGS)
    assert "✗ HIGH  client-password-grant  No client takes passwords" in done.stdout
    assert "• client old in realm mcp-test: takes its users' passwords" in done.stdout
    assert "directAccessGrants = true" in done.stdout
    assert "Why: With the password grant" in done.stdout
    assert "Fix: directAccessGrants: false" in done.stdout
    assert "https://datatracker.ietf.org/" in done.stdout


def test_a_preview_in_json_has_the_findings_beside_the_changes(broken):
    shown = broken.json("preview", code=FINDINGS)
    assert shown.keys() == {"changes", *_DOCUMENT}
    assert "Client/old" in {change["name"] for change in shown["changes"]}
    (found,) = (item for item in shown["findings"] if item["rule"] == "client-password-grant")
    assert found["resource"].endswith("provision:keycloak:Client::Client/old")
    assert found["name"] == "client old in realm mcp-test"
    assert (found["path"], found["actual"], found["level"]) == ("directAccessGrants", True, "mandatory")


@pytest.mark.parametrize("resource", ["*::Client/old", "client old in realm mcp-test"])
def test_a_waiver_in_the_stack_file_lets_it_pass_and_is_shown(broken, resource):
    _add(
        broken,
        f"  provision:rules:\n    waivers:\n      - rule: client-password-grant\n        resource: '{resource}'\n"
        "        reason: goes away with the old app\n        expires: 2999-12-31\n",
    )
    shown = broken.run("preview").stdout
    assert "waived until 2999-12-31: goes away with the old app" in shown
    assert [item["waived"]["reason"] for item in broken.json("preview")["waived"]] == [
        "goes away with the old app"
    ]


def test_a_waiver_whose_day_is_over_is_named_and_no_longer_counts(broken):
    _add(
        broken,
        "  provision:rules:\n    waivers:\n      - rule: client-password-grant\n"
        "        reason: goes away with the old app\n        expires: 2001-01-01\n",
    )
    assert "the waiver for client-password-grant ended on 2001-01-01" in broken.run("preview", code=3).stdout


def test_a_level_of_the_stack_file_counts(broken):
    _add(broken, "  provision:rules:\n    levels:\n      client-password-grant: advisory\n")
    (found,) = (
        item for item in broken.json("preview")["findings"] if item["rule"] == "client-password-grant"
    )
    assert found["level"] == "advisory"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            "levels: {client-pasword-grant: 'off'}",
            "rules.levels: there is no rule 'client-pasword-grant'. Did you mean client-password-grant?",
        ),
        ("parameters: {client-password-grant: {x: 1}}", "there is no parameter 'x'"),
        (
            "waivers: [{rule: client-password-grant, reason: known for long, expires: soon}]",
            "rules.waivers[0].expires",
        ),
        (
            "waivers: [{rule: nothing, reason: known for long, expires: 2999-01-01}]",
            "rules.waivers[0].rule: there is no rule 'nothing'",
        ),
    ],
)
@pytest.mark.parametrize("command", ["preview", "up"])
def test_what_names_a_wrong_rule_is_refused_before_anything_starts(stack, command, rules, words):
    _add(stack, f"  provision:rules: {{{rules}}}\n")
    done = stack.run(command, code=USAGE)
    assert words in done.stderr
    assert not (stack.data / "locks").exists()


def test_a_throw_away_stack_comes_up_and_tells_what_to_mend(stack):
    _add(stack, _CLIENT.format(on="true"))
    done = stack.run("up", code=FINDINGS)
    assert "✗ client-password-grant  client old in realm mcp-test: takes its users' passwords" in done.stderr
    hint = f"`provision preview -s test -C {stack.project}` says why and what mends it"
    assert hint in " ".join(done.stderr.split())
    assert "Why:" not in done.stderr
    shown = stack.json("up", code=FINDINGS)
    assert shown["issuer"]
    assert shown.keys() >= _DOCUMENT
    assert "client-password-grant" in {item["rule"] for item in shown["findings"]}
    stack.change_config("directAccessGrants: true", "directAccessGrants: false")
    assert "client-password-grant" not in stack.run("up").stderr
    assert stack.run("drift").returncode == 0


@pytest.fixture
def production(tmp_path, live_keycloak, admin_secret):
    stack = StackCli(tmp_path, stack="prod")
    (stack.project / "Pulumi.prod.yaml").write_text(_PRODUCTION.format(url=live_keycloak.url, admin=ADMIN))
    stack.run("secret", "set", "adminClientSecret", stdin=f"{admin_secret}\n")
    yield stack
    stack.clean_up()


def test_in_production_nothing_is_made_while_a_mandatory_rule_is_broken(production, session):
    done = production.run("up", code=FINDINGS)
    assert "✗ HIGH  client-password-grant" in done.stderr
    assert "Why: With the password grant" in done.stderr
    assert "nothing was changed" in done.stderr
    assert "created" not in done.stderr
    assert session.realm_id("held") is None
    shown = production.json("up", code=FINDINGS)
    assert shown.keys() == _DOCUMENT
    assert "client-password-grant" in {item["rule"] for item in shown["findings"]}
    assert session.realm_id("held") is None


def test_a_weak_secret_is_found_in_the_preview_and_not_shown(stack):
    weak = "introspection-pass"
    stack.run("secret", "set", "introspectionClientSecret", stdin=f"{weak}\n")
    done = stack.run("preview", "--json", code=FINDINGS)
    assert weak not in done.stdout + done.stderr
    (found,) = (item for item in json.loads(done.stdout)["findings"] if item["rule"] == "client-secret-weak")
    assert (found["path"], found["actual"]) == ("secret", "[secret]")
    assert "fewer than 22 characters" in found["message"]
