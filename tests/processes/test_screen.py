"""What is shown while something goes on, with and without a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

_SCRIPT = """
import sys, time
from provision.cli.screen import Screen
from provision.engine.events import Change, FieldChange
change = Change("urn", "provision:keycloak:Realm", "realm", "update", (FieldChange("displayName", "a", "b"),), "realm mcp")
with Screen() as screen:
    with screen.step("Fetching Keycloak") as step:
        step.advance(3 * 1024 * 1024, 6 * 1024 * 1024)
        time.sleep(0.3)
    screen.started(change)
    time.sleep(0.3)
    screen.finished(change, 0.3)
    screen.said("hosts", "adopted")
print("rich" in sys.modules)
"""


def test_without_a_terminal_it_is_plain_lines_and_nothing_that_draws_is_loaded():
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    lines = done.stderr.splitlines()
    assert lines[0] == "  … Fetching Keycloak"
    assert lines[1].startswith("  ✓ Fetching Keycloak  0.")
    assert lines[2].startswith("  ~ realm mcp  updated  0.3 s")
    assert lines[3] == "      displayName: 'a' → 'b'"
    assert lines[4] == "  · hosts: adopted"
    assert "\x1b" not in done.stderr


def test_on_a_terminal_what_is_under_way_is_redrawn_in_place():
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", _SCRIPT], stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert process.wait() == 0
    text = shown.decode()
    assert "3 of 6 MiB" in text
    assert "updating" in text
    assert "\x1b[" in text


def test_a_failed_step_is_marked_and_its_error_goes_on():
    script = (
        "from provision.cli.screen import Screen\n"
        "with Screen() as screen:\n"
        "    with screen.step('Building'):\n"
        "        raise ValueError('no')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "  ✗ Building" in done.stderr
    assert "ValueError: no" in done.stderr


def test_an_object_that_was_there_before_is_taken_over_and_given_back():
    script = (
        "from provision.cli.screen import Results, Screen\n"
        "from provision.engine.events import Change\n"
        "for adopted in (True, False):\n"
        "    for op in ('create', 'delete'):\n"
        "        change = Change('urn', 'type', 'spa', op, (), 'client spa', adopted=adopted)\n"
        "        Screen().finished(change, 1.0)\n"
        "        Results().planned(change)\n"
        "Screen().finished(Change('urn', 'type', 'spa', 'delete', (), 'client spa', stays=True), 1.0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert [line.strip() for line in done.stderr.splitlines()] == [
        "+ client spa  taken over  1.0 s",
        "- client spa  given back  1.0 s",
        "+ client spa  created  1.0 s",
        "- client spa  deleted  1.0 s",
        "· client spa  stays  1.0 s",
    ]
    assert [line.strip() for line in done.stdout.splitlines()] == [
        "+ client spa  create",
        "- client spa  give back",
        "+ client spa  create",
        "- client spa  delete",
    ]


def _on_a_terminal(script, columns):
    """What a program writes to a terminal of that width, which is its standard error."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen([sys.executable, "-c", script], stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        shown += part
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


def test_a_terminal_obeys_nothing_that_stands_in_a_line():
    script = (
        "from provision.cli.screen import Screen\n"
        "with Screen() as screen:\n"
        "    screen.line('name \\x1b]0;x\\x07', ('\\x1b[5m', 'red'), '\\u202e')\n"
    )
    shown = _on_a_terminal(script, 80)
    assert "name �]0;x�" in shown
    assert [part for part in ("\x1b]0;", "\x07", "\x1b[5m", "\u202e") if part in shown] == []


@pytest.mark.parametrize(("columns", "width"), [(80, 80), (240, 100), (10, 40)])
def test_text_is_as_wide_as_the_terminal_but_no_wider_than_can_be_read(columns, width):
    script = "from provision.cli.screen import Screen\nwith Screen() as screen: screen.line(f'width {screen.width}.')\n"
    assert f"width {width}." in _on_a_terminal(script, columns)
