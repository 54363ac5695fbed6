"""``provision logs`` on a stack folder with logs as processes leave them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from provision._lib.errors import ProvisionError
from provision.cli.main import Invocation, cli

_PROVISION = Path(sys.executable).with_name("provision")


def _line(time: str, **fields: object) -> str:
    entry = {
        "time": f"2026-11-24T17:27:{time}Z",
        "event": "tool_call",
        "decision": "allowed",
        "outcome": "ok",
        "tool": "add_numbers",
        "subject": "alice",
        "client": "editor",
        "scopes": ["mcp:tools"],
        "duration_ms": 1.295,
        "correlation_id": f"id-{time}",
    }
    return json.dumps({**entry, **fields})


_REFUSAL = {"event": "refusal", "decision": "refused", "outcome": None, "tool": None, "reason": "expired"}


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """A stack of Keycloak and two servers, of which the second keeps its trail in a file of its own."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  provision:server: {port: 3456}\n")

    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, ["-C", str(tmp_path), "logs", *arguments])
        if isinstance(done.exception, ProvisionError):
            assert done.exception.exit_code == code
            return done.exception.what
        assert done.exit_code == code, done.output
        return done.output

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [str(_PROVISION), "-C", str(tmp_path), "logs", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    run.begin = begin
    run.home = Invocation("dev", tmp_path, debug=False).stack().home
    _write(run.home / "keycloak" / "process.log", "Keycloak started", _line("00.000", subject="forged"))
    _write(run.home / "keycloak" / "settings.json", '{"not": "a server\'s"}')
    _write(
        run.home / "calculator" / "process.log",
        "calculator serves http://localhost:3456/mcp",
        _line("01.000"),
        "Traceback (most recent call last):",
        '{"time": "2026',
        '{"event": "tool_call"}',
        '["tool_call"]',
        _line("03.000", **_REFUSAL, subject=None, client=None),
        "WARNING " + _line("03.500", subject="in the middle of a line"),
        _line("05.000", event="error", decision=None, outcome=None, error="KeyError", place="x.py:3"),
    )
    _write(run.home / "calculator" / "settings.json", '{"verifier": "jwt"}')
    trail = tmp_path / "trail.jsonl"
    _write(trail, _line("02.000", subject="bob"), _line("04.000", **_REFUSAL, subject="bob"))
    _write(run.home / "other" / "process.log", _line("00.500", subject="nowhere"))
    _write(run.home / "other" / "settings.json", json.dumps({"verifier": "jwt", "audit_file": str(trail)}))
    return run


def _write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    (path.parent / "process.key").touch()  # each process that was started has one


def _times(output: str) -> list[str]:
    return [entry["time"][17:19] for entry in json.loads(output)["audit"]]


def test_the_audit_lines_of_all_servers_come_in_order_whatever_stands_between(stack):
    entries = json.loads(stack("--audit", "--json"))["audit"]
    assert [entry["time"][17:19] for entry in entries] == ["01", "02", "03", "04", "05"]
    assert [entry["server"] for entry in entries] == [
        "calculator",
        "other",
        "calculator",
        "other",
        "calculator",
    ]


@pytest.mark.parametrize(
    ("options", "times"),
    [
        (["--subject", "bob"], ["02", "04"]),
        (["--decision", "refused"], ["03", "04"]),
        (["--decision", "allowed", "--subject", "alice"], ["01"]),
        (["--correlation-id", "id-05.000"], ["05"]),
        (["--correlation-id", "id-none"], []),
        (["-n", "2"], ["04", "05"]),
        (["-n", "1", "--decision", "allowed"], ["02"]),
        (["calculator", "-n", "2"], ["03", "05"]),
    ],
)
def test_only_what_is_asked_for_is_printed(stack, options, times):
    assert _times(stack(*options, "--audit", "--json")) == times


def test_a_person_reads_who_called_what_and_why_not(stack):
    call, refusal, fault = stack("calculator", "--audit").splitlines()
    assert call.split() == [
        *("2026-11-24T17:27:01.000Z", "allowed", "add_numbers", "alice", "editor"),
        *("1.3", "ms", "ok", "id-01.000"),
    ]
    assert refusal.split() == [
        *("2026-11-24T17:27:03.000Z", "refused", "-", "-", "-", "1.3", "ms", "expired", "id-03.000"),
    ]
    assert "KeyError at x.py:3" in fault


def test_with_several_servers_each_line_says_whose_it_is(stack):
    lines = stack("--audit").splitlines()
    assert [line.split(" | ")[0] for line in lines] == ["calculator", "other"] * 2 + ["calculator"]


def test_a_name_that_a_caller_chose_cannot_command_the_terminal(stack):
    _write(stack.home / "calculator" / "process.log", _line("01.000", tool="\x1b[2Jx\r\n"))
    shown = stack("calculator", "--audit")
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 1


def test_what_the_process_before_wrote_comes_first(stack):
    former = stack.home / "calculator" / "process.log.1"
    former.write_text("from before\n" + _line("00.100", subject="carol") + "\n" + _line("00.200") + "\n")
    assert _times(stack("calculator", "--audit", "--json")) == ["00", "00", "01", "03", "05"]
    assert _times(stack("calculator", "--audit", "--json", "-n", "4")) == ["00", "01", "03", "05"]
    assert _times(stack("calculator", "--audit", "--json", "--subject", "carol")) == ["00"]
    assert stack("calculator").splitlines()[0] == "from before"
    assert stack("calculator", "-n", "1").count("\n") == 1
    assert "before" not in stack("keycloak")


def test_following_goes_on_in_the_log_of_a_process_that_was_started_again(stack):
    log = stack.home / "calculator" / "process.log"
    following = stack.begin("calculator", "--audit", "-f", "--json", "-n", "1")
    try:
        assert json.loads(following.stdout.readline())["correlation_id"] == "id-05.000"
        with log.open("a") as begun:
            begun.write(_line("06.000") + "\n")
        assert json.loads(following.stdout.readline())["correlation_id"] == "id-06.000"
        log.replace(log.with_name("process.log.1"))
        _write(log, *(_line(f"{number}.500") for number in range(10, 40)))  # longer than the one before
        assert json.loads(following.stdout.readline())["correlation_id"] == "id-10.500"
    finally:
        following.kill()
        following.communicate()


def test_following_goes_on_where_the_last_lines_ended(stack):
    following = stack.begin("calculator", "--audit", "-f", "--json", "-n", "1")
    try:
        assert json.loads(following.stdout.readline())["correlation_id"] == "id-05.000"
        with (stack.home / "calculator" / "process.log").open("a") as log:
            log.write("between\n" + _line("06.000") + "\n")
        assert json.loads(following.stdout.readline())["correlation_id"] == "id-06.000"
    finally:
        following.kill()
        following.communicate()


def test_following_a_plain_log_repeats_nothing(stack):
    following = stack.begin("keycloak", "-f", "-n", "1")
    try:
        assert '"subject": "forged"' in following.stdout.readline()
        with (stack.home / "keycloak" / "process.log").open("a") as log:
            log.write("the next line\n")
        assert following.stdout.readline() == "the next line\n"
    finally:
        following.kill()
        following.communicate()


@pytest.mark.parametrize("option", [["--subject", "a"], ["--decision", "allowed"]])
def test_what_belongs_to_the_audit_trail_is_refused_without_it(stack, option):
    assert f"{option[0]} goes with --audit" in stack(*option, code=2)


def test_logs_in_json_are_one_document_and_one_a_line_when_they_go_on(stack):
    lines = json.loads(stack("keycloak", "--json", "-n", "1000"))["logs"]
    assert lines[0] == {"process": "keycloak", "line": "Keycloak started"}
    assert {item["process"] for item in json.loads(stack("--json"))["logs"]} > {"keycloak", "calculator"}
    following = stack.begin("keycloak", "--json", "-f", "-n", "1")
    try:
        assert json.loads(following.stdout.readline())["process"] == "keycloak"
    finally:
        following.kill()
        following.communicate()


def test_a_process_without_a_trail_is_said(stack):
    assert "There is no audit trail of keycloak." in stack("keycloak", "--audit", code=1)


def test_a_process_that_is_not_there_is_wrong_usage(stack):
    assert "has no process 'nosuch'" in stack("nosuch", code=2)


def test_the_plain_logs_are_as_before(stack):
    assert stack("keycloak").splitlines()[0] == "Keycloak started"
    assert "calculator | calculator serves http://localhost:3456/mcp" in stack()


def test_what_strangers_put_into_a_log_moves_no_cursor(stack):
    """Keycloak logs the client id of a login as it came: \x1b]52 would write the reader's clipboard."""
    hostile = "client_id=\x1b]0;title\x07 \x1b[2J \x9b31m \r over \u202e backwards\tend"
    _write(stack.home / "keycloak" / "process.log", hostile)
    _write(stack.home / "calculator" / "process.log", _line("01.000", subject=hostile))
    for output in (stack(), stack("keycloak"), stack("--audit"), stack("--audit", "--json")):
        assert all(char.isprintable() or char in "\n\t" for char in output), ascii(output)
        assert "over" in output
        assert "backwards" in output
