"""Which data folder belongs to which project folder, also after a project folder was moved or removed.

The data folder of a project is named after the project's path and holds a note with the path and the identity of the
project's folder (docs/decisions/0014-data-of-a-moved-project.md).
"""

from __future__ import annotations

import glob
import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.data_folder import user_data_dir
from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTE = "project.json"
_STATES = "state/.pulumi/stacks"
STACKS = "stacks"
"""The folder with a project's stacks, in its data folder."""
_STACK_PARTS = 3  # the project's data folder, `stacks`, the stack


@dataclass(frozen=True)
class Place:
    """The note in a data folder about its project.

    Args:
        folder: The project's folder when a command last worked there.
        name: Pulumi's name of the project.
        identity: The identity of the folder, which stays when the folder is moved within its file system.
    """

    folder: str
    name: str
    identity: str

    @property
    def is_gone(self) -> bool:
        """True if there is no project in the folder any more: it was moved or removed."""
        return not (Path(self.folder) / "Pulumi.yaml").is_file()


def home_of(folder: Path, name: str) -> Path:
    """Return a project's data folder: the one whose note names the project's folder, or a folder for a new project.

    A folder that was moved, and whose former place is empty, keeps its data.

    Args:
        folder: The project's folder.
        name: Pulumi's name of the project.
    """
    folder = folder.resolve()
    known = dict(_known(f"{glob.escape(name)}-*"))
    for home, place in known.items():
        if place.folder == str(folder):
            return home
    named = user_data_dir() / f"{name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
    if named not in known and named.exists():  # made before there were notes
        return named
    identity = _identity(folder)
    for home, place in known.items():
        if place.name == name and place.is_gone and place.identity == identity:
            return home
    count = 1
    home = named
    while home in known:  # the data of a project that lay here and was moved
        count += 1
        home = named.with_name(f"{named.name}.{count}")
    return home


def note(home: Path, folder: Path, name: str) -> str | None:
    """Note the project's folder in its data folder, if that is there and does not say so yet.

    Args:
        home: The data folder.
        folder: The project's folder.
        name: Pulumi's name of the project.

    Returns:
        The former folder if the project was moved, or None.
    """
    if not home.is_dir():
        return None
    before = _read(home)
    place = Place(str(folder.resolve()), name, _identity(folder))
    if place == before:
        return None
    write_private(home / _NOTE, json.dumps(asdict(place)), mode=0o600)
    return before.folder if before is not None and before.folder != place.folder else None


def in_a_stack(home: str) -> Path:
    """Return a folder that a resource names, if it is a stack's folder or lies within one.

    A resource's folder is written, and removed with all that is in it, so it must be none of the user's own.

    Args:
        home: The folder, as it came from the engine.

    Raises:
        UsageError: The folder is outside of the folders of all stacks.
    """
    if not is_in_a_stack(home):
        raise UsageError(
            f"{home} is not in the folder of a stack, which is below {user_data_dir()}.",
            "Take a folder in there, or let PROVISION_DATA_DIR name the folder with the stacks.",
        )
    return Path(home)


def is_in_a_stack(home: str) -> bool:
    """Return whether a folder is a stack's folder or lies within one.

    Args:
        home: The folder, as it came from the engine.
    """
    place, data = Path(home), user_data_dir()
    within = place.relative_to(data).parts if place.is_relative_to(data) else ()
    return ".." not in within and len(within) >= _STACK_PARTS and within[1] == STACKS


def gone_from(former: Path) -> Path | None:
    """Return the data folder of a project whose folder is gone, or None if there is none.

    Args:
        former: The project's former folder, the folder above a former ``stacks``, or the data folder itself.
    """
    former = former.resolve()
    for home in homes():
        place = _read(home)
        if home == former:
            return home
        if (
            place is not None
            and place.is_gone
            and former in {Path(place.folder), _above_stacks(place.folder)}
        ):
            return home
    return None


def take_over(former: Path, folder: Path, name: str) -> None:
    """Make the data of a project whose folder is gone the data of the project in another folder.

    Args:
        former: The former folder; see :func:`gone_from`.
        folder: The project's folder.
        name: Pulumi's name of the project.

    Raises:
        UsageError: There is no data of a project that is gone, or the project has stacks already.
    """
    home, own = gone_from(former), home_of(folder, name)
    if home == own:
        return
    if home is None or ((place := _read(home)) is not None and place.name != name):
        raise UsageError(
            f"There are no stacks of a project {name} that was in {former} and is gone.",
            f"{hint('status --all')} lists all stacks and their projects' folders.",
        )
    if stack_names(own):
        raise UsageError(
            f"The project in {folder} has stacks of its own: {', '.join(stack_names(own))}.",
            f"Take them down first: {hint('down', '--remove')}.",
        )
    (own / _NOTE).unlink(missing_ok=True)
    note(home, folder, name)


def former_places(name: str, stack: str) -> list[str]:
    """Return the folders, which are gone, of projects of this name that have a stack of this name.

    Args:
        name: Pulumi's name of the project.
        stack: The stack's name.
    """
    known = _known(f"{glob.escape(name)}-*")
    return [
        place.folder
        for home, place in known
        if place.name == name and place.is_gone and stack in stack_names(home)
    ]


def homes() -> list[Path]:
    """Return the data folders of all projects of this user."""
    found = user_data_dir().glob("*-*")
    return sorted(home for home in found if any((home / part).exists() for part in (_NOTE, "state", STACKS)))


def place_of(home: Path) -> Place | None:
    """Return the note in a data folder, or None if there is none or it is damaged."""
    return _read(home)


def stack_names(home: Path) -> list[str]:
    """Return the names of the stacks that a data folder has a state or a folder of.

    Args:
        home: The data folder of a project.
    """
    states = {file.stem for file in (home / _STATES).glob("*/[!.]*.json")}
    return sorted(states | {folder.name for folder in (home / STACKS).glob("[!.]*") if folder.is_dir()})


def _known(pattern: str) -> Iterator[tuple[Path, Place]]:
    for home in sorted(user_data_dir().glob(pattern)):
        if (place := _read(home)) is not None:
            yield home, place


def _read(home: Path) -> Place | None:
    try:
        document = json.loads((home / _NOTE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    match document:
        case {"folder": str(folder), "name": str(name), "identity": str(identity)}:
            return Place(folder, name, identity)
    return None


def _identity(folder: Path) -> str:
    """Return what stays of a folder when it is moved, and what no other folder has.

    The number of a removed folder may be given to a new one, so the time at which its ``Pulumi.yaml`` was written counts too.
    """
    status = folder.stat()
    written = (folder / "Pulumi.yaml").stat().st_mtime_ns
    return f"{platform.node()}:{status.st_dev}:{status.st_ino}:{written}"


def _above_stacks(folder: str) -> Path | None:
    path = Path(folder)
    return path.parent if path.name == "stacks" else None
