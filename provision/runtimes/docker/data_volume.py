"""Keycloak's data in its volume: copied out of a stack's container, or laid out for a container that does not exist yet."""

from __future__ import annotations

import io
import tarfile
import time
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision.config.stack_config import KEYCLOAK
from provision.runtimes.docker import containers, keycloak_image
from provision.runtimes.docker.containers import LABEL, MARK_LABEL
from provision.runtimes.docker.daemon import daemon
from provision.runtimes.keycloak_data import Copied
from provision.runtimes.process import database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker import APIClient

    from provision.runtimes.docker.containers import Recorded, Stack

VOLUME = "keycloak-data"
"""The volume's name, after the stack's name."""
STOP_SECONDS = 10
"""The seconds that Docker gives a container to end by itself."""
_H2 = PurePosixPath("h2")
_MOUNTED = PurePosixPath("/data")
_OWNER, _GROUP = (int(part) for part in keycloak_image.USER.split(":"))


def take(stack: Stack, recorded: Recorded) -> Copied:
    """Copy the database of a running Keycloak, whose container is stopped for the copy and started again.

    Args:
        stack: The stack.
        recorded: The state's containers.

    Raises:
        ProvisionError: Keycloak's container does not run, its data can't be read, or the daemon does not answer.
    """
    with daemon() as client:
        api = client.api
        names = {stack.short(name): identity for identity, name in recorded.running.items()}
        container = names.get(KEYCLOAK)
        if container is None or _matter(api, stack, recorded):
            raise ProvisionError("Keycloak is not running.", f"Start it: {hint('up')}.")
        began = time.monotonic()
        try:
            api.stop(container, timeout=STOP_SECONDS)
            content = _database(api, container)
        finally:
            fault = _started_again(api, container, stack, recorded)
        return Copied(content, time.monotonic() - began, fault)


def _started_again(api: APIClient, container: str, stack: Stack, recorded: Recorded) -> ProvisionError | None:
    """Start a container that was stopped; return why Keycloak does not come up in it, or None."""
    from docker.errors import APIError

    try:
        api.start(container)
    except APIError as error:
        return ProvisionError(f"Docker did not start Keycloak again: {error.explanation}")
    if matter := _matter(api, stack, recorded):
        return ProvisionError(
            f"Keycloak {matter} after it was started again.", f"See why: {hint('logs', KEYCLOAK)}."
        )
    return None


def _matter(api: APIClient, stack: Stack, recorded: Recorded) -> str | None:
    return containers.matters(api, stack, recorded).get(KEYCLOAK)


def _database(api: APIClient, container: str) -> bytes:
    """Return Keycloak's database file from a stopped container."""
    stream, _ = api.get_archive(container, str(keycloak_image.DATA / _H2 / database.FILE))
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        file = archive.extractfile(database.FILE)
        if file is None:
            raise ProvisionError(f"Keycloak's database in container {container[:12]} is no file.")
        return file.read()


def put(stack: Stack, content: bytes) -> None:
    """Make the volume of a stack's Keycloak and lay out a database in it; Docker copies nothing into a full volume.

    Files get into a volume through a container that mounts it. This one has an empty image, needs no registry, and never
    runs.

    Args:
        stack: The stack, which has no such volume yet.
        content: The database file.

    Raises:
        ProvisionError: The daemon does not answer, or refuses a step.
    """
    from docker.errors import NotFound

    labels = {LABEL: stack.name, MARK_LABEL: stack.mark}
    volume = f"{stack.name}-{VOLUME}"
    with daemon() as client:
        api = client.api
        api.create_volume(volume, labels=labels)
        image = f"{stack.name}-restore"
        api.import_image_from_data(_archive({}), repository=image, changes=[f"LABEL {LABEL}={stack.name}"])
        try:
            mounted = api.create_host_config(binds={volume: {"bind": str(_MOUNTED), "mode": "rw"}})
            made = api.create_container(image, command=["never-run"], labels=labels, host_config=mounted)
            try:
                file = _MOUNTED / _H2 / database.FILE
                api.put_archive(made["Id"], "/", _archive({file: content}))
            finally:
                api.remove_container(made["Id"], force=True)
        finally:
            with suppress(NotFound):
                api.remove_image(image, force=True)


def _archive(files: Mapping[PurePosixPath, bytes]) -> bytes:
    """Return a tar archive of files and of the folders above them, all for Keycloak's user alone."""
    folders = {folder for file in files for folder in file.parents if folder.name}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted({*folders, *files}):
            item = tarfile.TarInfo(str(path.relative_to("/")))
            item.uid, item.gid, item.mtime = _OWNER, _GROUP, int(time.time())
            content = files.get(path)
            if content is None:
                item.type, item.mode = tarfile.DIRTYPE, 0o700
                archive.addfile(item)
            else:
                item.size, item.mode = len(content), 0o600
                archive.addfile(item, io.BytesIO(content))
    return buffer.getvalue()
