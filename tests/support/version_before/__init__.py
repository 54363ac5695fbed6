"""A stack that version 0.1.0 made and left running, recorded on disk, to be laid out in a test's own folder.

``recorded/`` holds that version's files: the state, the stack's folder with Keycloak's database, and the project.
Paths, ports and the times of processes are placeholders. The secrets in it belonged to that throw-away stack alone.
To record another version: bring up its ``test`` stack, then run this module with the data folder, the project folder
and the two ports as arguments.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from tests.support.stack_cli import StackCli

RECORDED = Path(__file__).parent / "recorded"
STACK = "test"
_HOME, _QUOTED_HOME = "@HOME@", "@QUOTED_HOME@"
_PORTS = ("@KEYCLOAK_PORT@", "@SERVER_PORT@")
_STATE = Path("state/.pulumi/stacks/provision") / f"{STACK}.json"
_SALT = f"{STACK}.salt"
_SOURCES = ("sourcePosition", "stackTrace")


def lay_out(stack: StackCli, ports: tuple[int, int]) -> Path:
    """Put the recorded stack into a test's folders; the stack's processes do not run yet.

    Args:
        stack: The test's command line, with an empty data folder.
        ports: The ports for Keycloak and for the MCP server.

    Returns:
        The project's folder in the data folder, which holds the state and the stack's folder.
    """
    from provision.config.project import Project

    shutil.rmtree(stack.project)
    shutil.copytree(RECORDED / "project", stack.project)
    home = stack.data / Project.at(stack.project).home.name
    with tarfile.open(RECORDED / "home.tar.xz") as archive:
        archive.extractall(home, filter="data")
    for path in (home, *home.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (stack.data / "passphrase").write_text((RECORDED / "passphrase").read_text())
    (stack.data / "passphrase").chmod(0o600)
    (home / _STATE).parent.mkdir(parents=True)
    put_state_back(home, ports)
    facts = home / "stacks" / STACK / "keycloak/server/data/provision.json"
    facts.write_text(_filled(facts.read_text(), home, ports))
    return home


def put_state_back(home: Path, ports: tuple[int, int]) -> None:
    """Replace the present state by the recorded one.

    Args:
        home: What :func:`lay_out` returned.
        ports: The ports for Keycloak and for the MCP server.
    """
    (home / _STATE).write_text(_filled((RECORDED / "state.json").read_text(), home, ports))


def record_processes(home: Path) -> None:
    """Write the records of the running processes as the recorded version did.

    Args:
        home: What :func:`lay_out` returned.
    """
    for name, old in json.loads((RECORDED / "processes.json").read_text()).items():
        file = home / "stacks" / STACK / name / "process.json"
        now = json.loads(file.read_text())
        file.write_text(json.dumps(old | {key: now[key] for key in ("pid", "created")}))


def _filled(text: str, home: Path, ports: tuple[int, int]) -> str:
    # A port stands alone, as a number, or in an address.
    for placeholder, port in zip(_PORTS, ports, strict=True):
        text = text.replace(f'"{placeholder}"', str(port)).replace(placeholder, str(port))
    return text.replace(_QUOTED_HOME, quote(str(home), safe="")).replace(_HOME, str(home))


def _record(data: Path, project: Path, ports: tuple[str, str]) -> None:
    """Write ``recorded/`` from a stack that is up."""
    (home,) = data.glob("provision-*")
    shutil.rmtree(RECORDED, ignore_errors=True)
    (RECORDED / "project").mkdir(parents=True)
    for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml", "__main__.py"):
        shutil.copy(project / name, RECORDED / "project")
    shutil.copy(data / "passphrase", RECORDED)

    def emptied(text: str) -> str:
        for placeholder, port in zip(_PORTS, ports, strict=True):
            text = text.replace(f": {port}", f': "{placeholder}"').replace(f":{port}", f":{placeholder}")
        return text.replace(quote(str(home), safe=""), _QUOTED_HOME).replace(str(home), _HOME)

    state = _without_sources(json.loads((home / _STATE).read_text()))
    (RECORDED / "state.json").write_text(emptied(json.dumps(state, indent=1)) + "\n")
    stack = home / "stacks" / STACK
    processes = {
        name: json.loads((stack / name / "process.json").read_text()) | {"pid": 0, "created": 0.0}
        for name in ("keycloak", "calculator")
    }
    (RECORDED / "processes.json").write_text(json.dumps(processes, indent=1) + "\n")

    def kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return None if entry.issym() or Path(entry.name).name in _LEFT_OUT else entry

    with tarfile.open(RECORDED / "home.tar.xz", "w:xz") as archive:
        facts = stack / "keycloak/server/data/provision.json"
        facts.write_text(emptied(facts.read_text()))
        archive.add(stack, f"stacks/{STACK}", filter=kept)
        archive.add(home / _SALT, _SALT, filter=kept)


_LEFT_OUT = {"process.json", "process.log", "keycloak.log", "settings.json", "process.lock"}


def _without_sources(value: Any) -> Any:
    """Return a state without the source positions of its resources, which contain paths."""
    if isinstance(value, dict):
        return {key: _without_sources(item) for key, item in value.items() if key not in _SOURCES}
    return [_without_sources(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    _record(Path(sys.argv[1]), Path(sys.argv[2]), (sys.argv[3], sys.argv[4]))
