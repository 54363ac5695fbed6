"""What the parts of a backup may hold, checked before a restore touches anything.

A digest shows that a part is as it was packed, and not who packed it. A state is a list of orders: the engine deletes what
the program does not declare, and a resource of a foreign provider may say in the state what runs at its deletion. So a
state is taken only if ``backup`` could have written it.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision._lib.urn import Urn
from provision.config import runtimes
from provision.config.project import Project
from provision.config.stack_config import KEYCLOAK
from provision.core import registry
from provision.core.spec import PACKAGE
from provision.engine.backup_file import DATABASE, SECRETS, STATE, BackupError
from provision.runtimes import runtime_record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from provision.config.stack_config import StackConfig
    from provision.engine.backup_file import Backup

_H2 = b"H:2,"
"""The first bytes of a database file of H2."""
_PROVIDER = f"pulumi:providers:{PACKAGE}"
_FOREIGN_PLACE = ("pluginDownloadURL", "parameterization")
"""The inputs of a provider that bring another program in its place."""
_FOR_ROOT = 1024
"""No port below this one is chosen by itself: the system gives them to root only."""


def refuse_unfit(backup: Backup) -> None:
    """Refuse parts that no backup of this stack has.

    Args:
        backup: The backup, whole by its digests.

    Raises:
        BackupError: A part is not of the form that it should have, or names what is not of the stack.
    """
    ports = list(backup.manifest.ports.values())
    if len(set(ports)) != len(ports):
        raise _damaged("its manifest gives a port twice")
    if not backup.parts[DATABASE].startswith(_H2):
        raise _damaged(f"{DATABASE} is no database")
    secrets = _json(backup, SECRETS)
    if not isinstance(secrets, list) or not all(map(_is_secret, secrets)):
        raise _damaged(f"{SECRETS} is no list of secrets")
    for problem in _problems(_json(backup, STATE), backup.manifest.project, backup.manifest.stack):
        raise _damaged(f"{STATE}: {problem}")


def refuse_unfit_files(backup: Backup, files: Mapping[str, bytes]) -> None:
    """Refuse a project file and a stack file of a backup that `up` would refuse, or that are of another project.

    Args:
        backup: The backup.
        files: Their contents by the names that they get.

    Raises:
        BackupError: A file is wrong, or names another project.
    """
    with TemporaryDirectory() as place:
        for name, content in files.items():
            (Path(place) / name).write_bytes(content)
        try:
            project = Project.at(Path(place))
            project.stack(backup.manifest.stack).config()
        except ProvisionError as error:
            raise _damaged(error.what.replace(f"{place}/", "")) from None
    if project.name != backup.manifest.project:
        raise _damaged("its project file is of another project")


def refuse_unfit_ports(config: StackConfig, ports: Mapping[str, int]) -> None:
    """Refuse ports of a backup that the stack file leaves open and no stack chooses, or that the stack file gives to others.

    Args:
        config: The settings of the stack file.
        ports: The ports of the backup, by :data:`KEYCLOAK` and the names of the servers.

    Raises:
        BackupError: A port is refused.
    """
    kept = dict(_ports(config.keeping(ports)))
    of_the_file = dict(_ports(config))
    for name, port in kept.items():
        if port != of_the_file.get(name) and port < _FOR_ROOT:
            raise _damaged(f"it gives {name} the port {port}, which no stack chooses by itself")
    for name, port in kept.items():
        for other, taken in kept.items():
            if other != name and taken == port:
                raise BackupError(
                    f"{name} and {other} would have the same port {port}.",
                    "Give one of them another port in the stack file.",
                )


def foreign_kinds(resources: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the types of resources that a restore refuses, since they are another provider's.

    Args:
        resources: The resources of a state, as Pulumi writes them.
    """
    for item in resources:
        kind = str(item.get("type"))
        if item.get("custom") and kind != _PROVIDER and not kind.startswith(f"{PACKAGE}:"):
            yield kind


def _ports(config: StackConfig) -> Iterator[tuple[str, int]]:
    named = ((KEYCLOAK, config.keycloak.port), *((server.name, server.port) for server in config.mcp_servers))
    return ((name, port) for name, port in named if port is not None)


def _json(backup: Backup, part: str) -> Any:
    try:
        return json.loads(backup.parts[part])
    except (ValueError, RecursionError):
        raise _damaged(f"{part} can't be read") from None


def _damaged(why: str) -> BackupError:
    return BackupError(
        f"The backup is damaged, or was not written by this toolkit: {why}.", "Nothing was changed."
    )


def _is_secret(item: object) -> bool:
    match item:
        case {"path": [*steps], "value": str(), **more}:
            return not more and all(type(step) in {int, str} for step in steps)
    return False


def _problems(resources: Any, project: str, stack: str) -> Iterator[str]:
    """Yield what is wrong with the resources of a state."""
    if not isinstance(resources, list):
        yield "it is no list of resources"
        return
    seen: set[str] = set()
    for item in resources:
        problem = _problem(item, seen, project, stack)
        if problem is not None:
            yield problem
            return
        seen.add(item["urn"])


def _problem(item: Any, seen: Collection[str], project: str, stack: str) -> str | None:
    try:
        urn, kind = Urn.parse(item["urn"]), item["type"]
    except (ValueError, TypeError, LookupError, AttributeError):
        return "a resource has no name"
    if (urn.project, urn.stack) != (project, stack):
        return "it has resources of another stack"
    if urn.type != kind or item["urn"] in seen:
        return "a resource has the name of another one"
    return _problem_of_form(item, seen) or _problem_of_kind(item, kind)


def _problem_of_form(item: Mapping[str, Any], seen: Collection[str]) -> str | None:
    values = [item.get(part) or {} for part in ("inputs", "outputs")]
    if item.get("delete") or not all(isinstance(value, dict) for value in values):
        return "a resource is not whole"
    return None if set(_named_in(item)) <= set(seen) else "a resource refers to what is not there"


def _problem_of_kind(item: Mapping[str, Any], kind: str) -> str | None:
    if next(foreign_kinds([item]), None) is not None:
        return "it has resources of another provider"
    if kind == _PROVIDER:
        text = json.dumps([item.get("inputs"), item.get("outputs")])
        return "a provider is another program" if any(word in text for word in _FOREIGN_PLACE) else None
    of_a_runtime = (runtime_record.RESOURCE_TYPE, *(f"{PACKAGE}:{name}:" for name in runtimes.names()))
    if kind.startswith(of_a_runtime):
        return "it has resources that only the machine of the backup had"
    if item.get("custom") and registry.kind(kind) is None:
        return "it has resources of a kind that does not exist"
    return None


def _named_in(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the resources to which a resource refers; what is no name is one that is not there."""
    groups = item.get("propertyDependencies") or {}
    lists = [item.get("dependencies"), *(groups.values() if isinstance(groups, dict) else [[groups]])]
    for names in lists:
        yield from map(str, names or () if isinstance(names, list | None) else [names])
    yield from (str(item[key]) for key in ("parent", "deletedWith") if item.get(key))
    if item.get("provider"):
        yield str(item["provider"]).rpartition("::")[0]
