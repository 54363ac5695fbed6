"""What is shown while something goes on, with and without a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

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
