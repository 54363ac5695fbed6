"""A project folder and its stack files, and the folders of a stack's state, logs and data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.ownership import refuse_foreign
from provision._lib.suggest import nearest
from provision.config import project_place
from provision.config.names import NAMESPACE
from provision.config.yaml_file import line_of, load

if TYPE_CHECKING:
    from provision.config.stack_config import StackConfig

__all__ = ["Project", "StackFile", "kept_stack", "refuse_wrong_name", "refuse_wrong_project_name"]

_STACK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PROJECT_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_LONGEST_NAME = 100
_KEYS = ("config", "environment", "encryptionsalt", "encryptedkey", "secretsprovider")
"""The keys of a stack file, which are Pulumi's."""
_PROJECT_NAMES = ("Pulumi.yaml", "stacks/Pulumi.yaml")
_WHY = "whose files may name programs that run as you"


def refuse_wrong_name(name: str) -> None:
    """Refuse a name that no stack can have.

    Raises:
        UsageError: The name is empty or too long, or has other characters than the names of stacks.
    """
    if not name:
        raise UsageError("The name of the stack is empty.", "Name it: -s STACK.")
    if len(name) > _LONGEST_NAME:
        raise UsageError(
            f"The name of the stack is too long: it has {len(name)} characters.",
            f"Use {_LONGEST_NAME} at most.",
        )
    if not _STACK_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a stack.",
            "Use letters, digits, dots, dashes and underscores, and begin with a letter or a digit.",
        )


def refuse_wrong_project_name(name: str) -> None:
    """Refuse a name that no project can have.

    Raises:
        UsageError: The name is empty or too long, or has other characters than the names of projects.
    """
    if len(name) > _LONGEST_NAME or not _PROJECT_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a project.",
            f"Use letters, digits, dots, dashes and underscores, {_LONGEST_NAME} at most.",
        )


def _refuse_foreign(file: Path) -> None:
    """Refuse a file of a project that belongs to another user, or lies in a folder of another user."""
    refuse_foreign(file.parent, _WHY)
    refuse_foreign(file, _WHY)


def _is_list_of_mappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


@dataclass(frozen=True)
class Project:
    """A folder with a ``Pulumi.yaml``.

    Args:
        folder: The folder that holds the ``Pulumi.yaml``.
        name: Pulumi's name of the project.
        kept: The data folder, if the project's own folder is gone and ``folder`` holds copies of its files.
    """

    folder: Path
    name: str
    kept: Path | None = None

    @classmethod
    def find(cls, start: Path | None) -> Project:
        """Return the project at ``start`` (or in its ``stacks`` folder), or above the current folder.

        The first project on the way up counts. If another user put it there, the search ends with an error.

        Raises:
            UsageError: There is no project, or its ``Pulumi.yaml`` can't be read.
            ForeignFileError: The project's folder or its ``Pulumi.yaml`` belongs to another user.
        """
        places = [start] if start is not None else [Path.cwd(), *Path.cwd().parents]
        for place in places:
            for name in _PROJECT_NAMES:
                if (place / name).is_file():
                    return cls.at((place / name).absolute().parent)
        where = f"in {start}" if start is not None else "here or in a folder above"
        raise UsageError(
            f"There is no Pulumi.yaml {where}.",
            "Go to the project's folder, or name it with the option -C DIR.",
        )

    @classmethod
    def at(cls, folder: Path) -> Project:
        """Return the project whose ``Pulumi.yaml`` lies in this folder.

        Raises:
            UsageError: The ``Pulumi.yaml`` can't be read or has no name.
            ForeignFileError: The folder or its ``Pulumi.yaml`` belongs to another user.
        """
        file = folder / "Pulumi.yaml"
        _refuse_foreign(file)
        data = load(file)
        if not isinstance(data.get("name"), str):
            near = next((key for key in data if nearest(key, ("name",))), None)
            do = f"Did you mean name for {near}?" if near else "Give it a line `name: provision`."
            raise UsageError(f"{file} has no project name.", do)
        try:
            refuse_wrong_project_name(data["name"])
        except UsageError as error:
            raise UsageError(f"{file} (line {line_of(file, ('name',))}): {error.what}", error.do) from None
        plugins = data.get("plugins") or {}
        if not isinstance(plugins, dict) or not all(map(_is_list_of_mappings, plugins.values())):
            raise UsageError(
                f"{file} (line {line_of(file, ('plugins',))}): plugins must be a mapping with lists of plugins.",
                "For example `providers`, with entries that have a name and a path.",
            )
        return cls(file.parent, data["name"])

    @cached_property
    def home(self) -> Path:
        """The folder of this project's state and stacks; see :func:`provision.config.project_place.home_of`."""
        return self.kept or project_place.home_of(self.folder, self.name)

    def note_place(self) -> str | None:
        """Note the project's folder in its data folder; return the former folder if the project was moved."""
        return None if self.kept else project_place.note(self.home, self.folder, self.name)

    def stack(self, name: str) -> StackFile:
        """Return the stack of that name.

        Raises:
            UsageError: The name is not a stack name.
        """
        refuse_wrong_name(name)
        if name.endswith("-") and name not in project_place.stack_names(self.home):
            raise UsageError(f"The name of the stack, {name!r}, ends in a dash.", "Leave the dash out.")
        return StackFile(self, name)


@dataclass(frozen=True)
class StackFile:
    """A stack by its name. ``test-a`` has its own file, or shares ``Pulumi.test.yaml`` as a copy of that stack."""

    project: Project
    name: str

    @property
    def is_copy(self) -> bool:
        """Return whether the stack is a copy by name, whose file other stacks share."""
        return self.file.name != f"Pulumi.{self.name}.yaml"

    @property
    def file(self) -> Path:
        """The stack file, which belongs to this user, to root or to a trusted user.

        Raises:
            UsageError: There is no stack file for this name.
            ForeignFileError: A file of this name belongs to another user.
        """
        parts = self.name.split("-")
        names = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
        files = [self.project.folder / f"Pulumi.{name}.yaml" for name in names]
        files = [file for file in files if file.is_file()]
        for file in files:
            _refuse_foreign(file)
        if len(files) > 1:
            # `pulumi stack init test-a` writes a file with a salt only: no stack file.
            return next((file for file in files if "config" in load(file)), files[0])
        if files:
            return files[0]
        known = sorted(
            path.name[7:-5]
            for path in self.project.folder.glob("Pulumi.*.yaml")
            if path.name != "Pulumi.yaml"
        )
        raise UsageError(
            f"There is no stack file Pulumi.{self.name}.yaml in {self.project.folder}.",
            f"Stacks here: {', '.join(known)}."
            if known
            else f"Write one; {hint('schema')} says what goes in.",
        )

    @property
    def home(self) -> Path:
        """The folder with the pid, log and data files of the stack's processes."""
        return self.project.home / project_place.STACKS / self.name

    def document(self) -> dict[str, Any]:
        """Return the content of the stack file.

        Raises:
            UsageError: The file can't be read, is no mapping, or has a key that is none of Pulumi's.
        """
        file = self.file
        found = load(file)
        for key in found:
            if key not in _KEYS:
                near = nearest(key, _KEYS)
                do = f"Did you mean {near}?" if near else f"The keys of a stack file are {', '.join(_KEYS)}."
                raise UsageError(f"{file} (line {line_of(file, (key,))}): unknown key {key!r}.", do)
        if found.get("config") is not None and not isinstance(found["config"], dict):
            raise UsageError(
                f"{file} (line {line_of(file, ('config',))}): config must be a mapping of keys.",
                f"Below it are keys such as {NAMESPACE}:realm.",
            )
        return found

    def config(self, *, resolve: bool = False) -> StackConfig:
        """Return the checked configuration; secrets that are set count as set but are not decrypted.

        Args:
            resolve: Whether to take secrets from the environment, files and programs; otherwise they count as set too.

        Raises:
            UsageError: A key is unknown or a value is wrong.
        """
        from provision.config.stack_config import read  # takes a third of a second, which a known file saves

        values = self.document().get("config") or {}
        prefix = f"{NAMESPACE}:"
        own = {
            key.removeprefix(prefix): value for key, value in values.items() if str(key).startswith(prefix)
        }
        strangers = [key for key in values if ":" not in str(key)]
        if strangers:
            line = line_of(self.file, ("config", strangers[0]))
            raise UsageError(
                f"{self.file} (line {line}): the key {strangers[0]!r} has no namespace.",
                f"Write {prefix}{strangers[0]} instead.",
            )
        return read(own, source=str(self.file), folder=self.project.folder, resolve=resolve)


def kept_stack(home: Path, stack: str) -> StackFile:
    """Return a stack by the copies of its files that its data folder keeps, for a project whose own files are gone.

    Args:
        home: The project's data folder.
        stack: The stack's name.
    """
    place = project_place.place_of(home)
    states = (home / "state/.pulumi/stacks").glob(f"*/{stack}.json*")
    named = next((state.parent.name for state in states), home.name.rpartition("-")[0])
    return Project(home / "work" / stack, named if place is None else place.name, home).stack(stack)
