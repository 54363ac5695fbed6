"""``provision audit`` as far as no Keycloak has to run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

SECRET = "the-secret-of-a-client"
REALM = {
    "realm": "shop",
    "enabled": True,
    "clients": [
        {"clientId": "app", "publicClient": False, "secret": SECRET, "directAccessGrantsEnabled": True}
    ],
}


@pytest.fixture
def audit(command_line):
    (command_line.folder / "realm.json").write_text(json.dumps(REALM))
    return replace(command_line, command=("audit",))


def rules(audit, text):
    (audit.folder / "rules.yaml").write_text(text)
    return "--rules", "rules.yaml"


def test_a_broken_rule_exits_with_3_and_no_secret_is_shown(audit):
    for form in ("text", "json", "sarif", "junit"):
        done = audit("--export", "realm.json", "--format", form)
        assert done.returncode == 3, done.stderr
        assert "client-password-grant" in done.stdout
        assert SECRET not in done.stdout + done.stderr
        assert "\x1b[" not in done.stdout


def test_json_is_the_only_thing_on_standard_output(audit):
    document = json.loads(audit("--export", "realm.json", "--json").stdout)
    found = {(item["rule"], item["resource"], item["path"]) for item in document["findings"]}
    assert ("client-password-grant", "client app in realm shop", "directAccessGrants") in found


def test_the_report_goes_to_a_file(audit):
    done = audit("--export", "realm.json", "--format", "sarif", "--output", "audit.sarif")
    assert done.returncode == 3
    assert done.stdout == ""
    assert json.loads((audit.folder / "audit.sarif").read_text())["version"] == "2.1.0"
    audit("--export", "realm.json", "--output", "audit.txt")
    assert "\x1b[" not in (audit.folder / "audit.txt").read_text()
    assert "can't be written" in audit("--export", "realm.json", "--output", "no/where").stderr


def test_rules_come_from_a_file(audit):
    done = audit("--export", "realm.json", *rules(audit, "levels: {client-password-grant: 'off'}"), "--json")
    assert "client-password-grant" not in {item["rule"] for item in json.loads(done.stdout)["findings"]}


def test_advice_passes_unless_it_is_strict(audit):
    every = json.loads(audit("--export", "realm.json", "--json").stdout)["findings"]
    levels = "\n".join(f"  {id_}: advisory" for id_ in {item["rule"] for item in every})
    options = ("--export", "realm.json", *rules(audit, f"levels:\n{levels}\n"))
    assert audit(*options).returncode == 0
    assert audit(*options, "--strict").returncode == 3


def test_a_waiver_lets_pass_what_it_names(audit):
    waiver = (
        "{rule: client-password-grant, resource: client app*, reason: moves soon enough, expires: 2999-01-01}"
    )
    done = audit("--export", "realm.json", *rules(audit, f"waivers: [{waiver}]"), "--json")
    assert [item["rule"] for item in json.loads(done.stdout)["waived"]] == ["client-password-grant"]


def test_a_rule_is_explained(audit):
    done = audit("--explain", "client-password-grant")
    assert done.returncode == 0
    assert "directAccessGrants: false" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--explain", "client-pasword-grant"], "Did you mean client-password-grant?"),
        (["--url", "http://x", "--export", "realm.json", "--realm", "r"], "two things to audit"),
        (["--url", "http://x"], "--url and --realm go together"),
        (["--realm", "x"], "--url and --realm go together"),
        (["--url", "x", "--realm", "r"], "begins with http:// or https://"),
        (["--rules", "rules.yaml"], "A stack has its rules in its own file"),
        (["--export", "none.json"], "none.json can't be read"),
        (["--export", "realm.json", "--format", "xml"], "'xml' is not one of"),
        (["--export", "realm.json", "--rules", "none.yaml"], "none.yaml can't be read"),
        (["--url", "http://localhost:1", "--realm", "r"], "No secret was given"),
    ],
)
def test_wrong_usage_exits_with_2_in_a_line(audit, arguments, words):
    done = audit(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("levls: {}", "unknown key; did you mean 'levels'?"),
        ("levels: {client-pasword-grant: advisory}", "Did you mean client-password-grant?"),
        ("waivers: [{rule: client-password-grant, reason: short, expires: 2999-01-01}]", "waivers[0].reason"),
    ],
)
def test_wrong_rules_are_told_before_anything_is_read(audit, text, words):
    done = audit("--export", "none.json", *rules(audit, text))
    assert done.returncode == 2
    assert words in done.stderr


def test_a_keycloak_that_does_not_answer_is_an_error_in_lines(audit):
    done = audit("--url", "http://localhost:1", "--realm", "r", stdin=f"{SECRET}\n")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert SECRET not in done.stderr
    assert "Traceback" not in done.stderr
