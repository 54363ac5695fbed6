"""The Docker daemon of this machine."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

PLUGIN = "pulumi-resource-docker"
PLUGIN_VERSION = "5.2.0"
_ANSWER_SECONDS = 10


def missing() -> ProvisionError | None:
    """What is not there that containers need, with how to get it; None when everything is."""
    if not _plugin_is_there():
        return ProvisionError(
            f"Pulumi's Docker plugin {PLUGIN_VERSION} is not there.",
            f"Install it: `pulumi plugin install resource docker {PLUGIN_VERSION}`, or take `runtime: process`.",
        )
    try:
        with daemon() as client:
            client.ping()
    except ProvisionError as error:
        return error
    return None


@contextmanager
def daemon() -> Iterator[DockerClient]:
    """The daemon that Docker's own variables name (``DOCKER_HOST``), or the one of this machine.

    Raises:
        ProvisionError: It does not answer, also while it is in use.
    """
    import docker
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    client = None
    try:
        client = docker.from_env(timeout=_ANSWER_SECONDS)
        yield client
    except (DockerException, RequestException) as error:
        where = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        raise ProvisionError(
            f"The Docker daemon at {where} does not do as it is asked: {_reason(error)}",
            "Start it and see that you may use it (`docker info`), or take `runtime: process`.",
        ) from error
    finally:
        if client is not None:
            client.close()


def _plugin_is_there() -> bool:
    if shutil.which(PLUGIN):
        return True
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return any(home.glob(f"plugins/resource-docker-v{PLUGIN_VERSION}*/{PLUGIN}"))


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
