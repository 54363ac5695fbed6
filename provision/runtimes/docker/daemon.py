"""The Docker daemon of this machine."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

PLUGIN = "pulumi-resource-docker"
PLUGIN_VERSION = "5.2.0"
_ANSWER_SECONDS = 10
_PODMAN = "Podman Engine"


def missing() -> ProvisionError | None:
    """What is not there that containers need, with how to get it; None when everything is."""
    if not _plugin_is_there():
        return ProvisionError(
            f"Pulumi's Docker plugin {PLUGIN_VERSION} is not there.",
            f"Install it: `pulumi plugin install resource docker {PLUGIN_VERSION}`.",
        )
    try:
        with daemon() as client:
            engines = {str(part.get("Name")) for part in client.version().get("Components") or ()}
    except ProvisionError as error:
        return error
    return _not_docker() if _PODMAN in engines else None


def _not_docker() -> ProvisionError:
    """Podman makes of what is asked for something else, as docs/docker.md tells."""
    return ProvisionError(
        f"{_where()} is Podman, which does not take a container's health check and restrictions as Docker does.",
        "Let DOCKER_HOST name a Docker daemon, or take `runtime: process`.",
    )


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
        raise ProvisionError(
            f"The Docker daemon at {_where()} {_reason(error)}.",
            "Start it and see that you may use it (`docker info`).",
        ) from error
    finally:
        if client is not None:
            client.close()


def _where() -> str:
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


def _plugin_is_there() -> bool:
    if shutil.which(PLUGIN):
        return True
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return any(home.glob(f"plugins/resource-docker-v{PLUGIN_VERSION}*/{PLUGIN}"))


def _reason(error: Exception) -> str:
    import requests
    from docker.errors import APIError

    if isinstance(error, APIError):
        return f"does not do as it is asked: {' '.join(str(error.explanation or error).split()).rstrip('.')}"
    text = str(error)
    if "PermissionError" in text:
        return "may not be used by this user"
    if isinstance(error, requests.exceptions.RequestException) or "server API version" in text:
        return "does not answer"
    return f"can't be used: {text.splitlines()[0] if text else type(error).__name__}"
