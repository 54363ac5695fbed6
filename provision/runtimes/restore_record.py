"""The record of a restore, beside the stack's folder, from the restore's first step to the first ``up`` that succeeds.

The stack's folder comes and goes during a restore; the record stays, so that no ``up`` takes the stack for a new one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.private_file import make_private_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provision.config.stack_config import StackConfig

_PORTS = range(1, 2**16)


class Stage(StrEnum):
    """How far a restore is."""

    REMOVING = "removing"
    """The stack that was there before is being removed (``--replace``)."""
    PLACING = "placing"
    """The data and the state of the backup are being put in place."""
    IN_PLACE = "in place"
    """Only ``up`` is left to do."""


@dataclass(frozen=True)
class RestoreRecord:
    """A restore that has begun.

    Args:
        backup: The digest of the backup's content.
        ports: The ports of Keycloak and the servers, by name; tokens of the backup name these ports.
        stage: How far the restore is.
    """

    backup: str
    ports: Mapping[str, int]
    stage: Stage


def read(home: Path) -> RestoreRecord | None:
    """Return the record of a restore that no ``up`` has finished, or None.

    Args:
        home: The stack's folder.

    Raises:
        ProvisionError: The record is broken.
    """
    file = _file(home)
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        found = None
    match found:
        case {"backup": str(backup), "ports": dict(ports), "stage": str(stage)} if stage in set(
            Stage
        ) and all(type(port) is int and port in _PORTS for port in ports.values()):
            return RestoreRecord(backup, ports, Stage(stage))
    raise ProvisionError(
        f"{file} is broken.", f"{hint('down', '--remove')} removes the stack; then restore it again."
    )


def has_placed(home: Path) -> bool:
    """Return whether the stack's data and state come from a restore, and have never been up since.

    Args:
        home: The stack's folder.
    """
    try:
        record = read(home)
    except ProvisionError:
        return True  # a broken record: of the stages, the one whose way out is the same for all
    return record is not None and record.stage is not Stage.REMOVING


def write(home: Path, record: RestoreRecord) -> None:
    """Write the record.

    Args:
        home: The stack's folder.
        record: The record.
    """
    file = _file(home)
    make_private_folder(file.parent)
    content = {"backup": record.backup, "ports": dict(record.ports), "stage": record.stage}
    write_private(file, json.dumps(content), mode=0o600)


def forget(home: Path) -> None:
    """Remove the record: an ``up`` has succeeded, after which the state holds the ports, or the stack is removed.

    Args:
        home: The stack's folder.
    """
    _file(home).unlink(missing_ok=True)


def refuse_half(home: Path) -> None:
    """Refuse to start a stack whose restore was cut off before the data and the state were in place.

    Args:
        home: The stack's folder.

    Raises:
        ProvisionError: The restore was cut off.
    """
    record = read(home)
    if record is None or record.stage is Stage.IN_PLACE:
        return
    again = ("restore", "FILE", "--replace") if record.stage is Stage.REMOVING else ("restore", "FILE")
    raise ProvisionError(
        "A restore of this stack was cut off before its data was in place.",
        f"Repeat it: {hint(*again)}. Or remove what it left: {hint('down', '--remove')}.",
    )


def with_ports(config: StackConfig, home: Path) -> StackConfig:
    """Return the settings with the restored ports, where the stack file leaves a port open.

    Args:
        config: The stack file's settings.
        home: The stack's folder.

    Raises:
        ProvisionError: The record of the restore is broken.
    """
    record = read(home)
    if record is None or record.stage is Stage.REMOVING:
        return config
    return config.keeping(record.ports)


def _file(home: Path) -> Path:
    return home.parent.parent / "restores" / f"{home.name}.json"
