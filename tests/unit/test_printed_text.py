"""What is printed for people goes through one door, which lets no control character through."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest

import provision
from provision.cli.output import hand_over, say
from provision.cli.terminal import Terminal
from tests.support.syntax import parsed

_PACKAGE = Path(provision.__file__).parent
_DOORS = {"cli/output.py", "cli/terminal.py", "cli/drawing.py", "cli/__init__.py"}
_FOR_PROGRAMS = {
    "provider/host.py",  # the engine reads the port
    "rules/pack.py",  # the engine reads the port
    "runtimes/docker/keycloak_build.py",  # runs inside of an image's build
    "resources/stubs.py",  # a tool of developers
}


def _printing(tree: ast.AST) -> list[int]:
    """Return the lines that print without the door."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="print"):
                found.append(node.lineno)
            case ast.Attribute(value=ast.Name(id="click"), attr="echo" | "secho" | "echo_via_pager"):
                found.append(node.lineno)
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"), attr="write"
            ):
                found.append(node.lineno)
    return found


def test_nothing_but_the_doors_prints():
    found = {
        f"{file.relative_to(_PACKAGE)}:{line}"
        for file in _PACKAGE.rglob("*.py")
        if file.relative_to(_PACKAGE).parts[0] != "server"
        and str(file.relative_to(_PACKAGE)) not in _DOORS | _FOR_PROGRAMS
        for line in _printing(parsed(file.read_text()))
    }
    assert found == set()


@pytest.mark.parametrize("line", ["print(1)", "click.echo(x)", "click.secho(x)", "sys.stderr.write(x)"])
def test_the_search_finds_each_way_of_printing(line):
    assert _printing(ast.parse(line)) == [1]


@pytest.mark.parametrize(
    "foreign", ["\x1b[2J", "\x1b]0;title\x07", "\r", "\x00", "\u202e", "\x9b31m", "\u2028"]
)
def test_no_control_character_gets_through(foreign, capsys):
    say(f"a {foreign} b\n\tc")
    shown = "".join(char if char.isprintable() else "�" for char in foreign)
    assert capsys.readouterr().out == f"a {shown} b\n\tc\n"
    say(f"a{foreign}b\nc", one_line=True, err=True)
    assert "b�c\n" in capsys.readouterr().err


def test_what_a_program_reads_is_not_changed(capsys):
    hand_over("p\x1b")
    assert capsys.readouterr().out == "p\x1b\n"


@pytest.mark.parametrize(("value", "plain"), [("1", True), ("", False), (None, False)])
def test_no_color_is_honoured(monkeypatch, value, plain):
    shown = []
    monkeypatch.setattr("click.secho", lambda text, **style: shown.append(style))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    say("✓", fg="green")
    assert shown == [{"err": False, "nl": True, "color": False if plain else None, "fg": "green"}]


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    class _DumbTerminal(io.StringIO):
        def isatty(self):
            return True

    shown = []
    monkeypatch.setattr("click.secho", lambda text, **style: shown.append(style["color"]))
    monkeypatch.setenv("TERM", "dumb")
    say("✓", fg="green")
    assert shown == [False]
    terminal = Terminal(stream := _DumbTerminal())
    terminal.line(("✗ ", "bold red"), "broken")
    assert terminal.console is None
    assert stream.getvalue() == "✗ broken\n"
