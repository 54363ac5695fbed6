"""The record of a restore in the stack's folder, from the restore's first step to the first ``up`` that succeeds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.private_file import make_private_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provision.config.stack_config import StackConfig

_FILE = "restore.json"


@dataclass(frozen=True)
class RestoreRecord:
    """A restore that has begun.

    Args:
        backup: The digest of the backup's content.
        ports: The ports of Keycloak and the servers, by name; tokens of the backup name these ports.
        in_place: Whether the data and the state are in place, so that ``up`` may start the stack.
    """

    backup: str
    ports: Mapping[str, int]
    in_place: bool = False


def read(home: Path) -> RestoreRecord | None:
    """Return the record of a restore that no ``up`` has finished, or None.

    Args:
        home: The stack's folder.

    Raises:
        ProvisionError: The record is broken.
    """
    file = home / _FILE
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    match found:
        case {"backup": str(backup), "ports": dict(ports), "in_place": bool(in_place)}:
            return RestoreRecord(backup, {str(name): int(port) for name, port in ports.items()}, in_place)
    raise ProvisionError(
        f"{file} is broken.", f"{hint('down', '--remove')} removes the stack; then restore it again."
    )


def exists(home: Path) -> bool:
    """Return whether there is a record, whole or broken: the stack has never come up since the restore.

    Args:
        home: The stack's folder.
    """
    return (home / _FILE).is_file()


def write(home: Path, record: RestoreRecord) -> None:
    """Write the record.

    Args:
        home: The stack's folder, which is created if it does not exist.
        record: The record.
    """
    make_private_folder(home)
    write_private(home / _FILE, json.dumps(asdict(record)), mode=0o600)


def finish(home: Path) -> None:
    """Remove the record, once an ``up`` has succeeded: the state holds the ports from then on.

    Args:
        home: The stack's folder.
    """
    (home / _FILE).unlink(missing_ok=True)


def refuse_half(home: Path) -> None:
    """Refuse to start a stack whose restore was cut off before the data and the state were in place.

    Args:
        home: The stack's folder.

    Raises:
        ProvisionError: The restore was cut off.
    """
    record = read(home)
    if record is not None and not record.in_place:
        raise ProvisionError(
            "A restore of this stack was cut off before its data was in place.",
            f"Repeat it: {hint('restore', 'FILE')}. Or remove what it left: {hint('down', '--remove')}.",
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
    return config if record is None else config.keeping(record.ports)
