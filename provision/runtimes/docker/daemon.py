"""The Docker daemon of this machine."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.runtimes.protocol import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

PLUGIN = "pulumi-resource-docker"
PLUGIN_VERSION = "5.2.0"
_INSTALL = f"`pulumi plugin install resource docker {PLUGIN_VERSION}`"
_ANSWER_SECONDS = 10
_PODMAN = "Podman Engine"


def missing() -> ProvisionError | None:
    """Return an error that names what the container runtime lacks and how to get it, or None if nothing is missing."""
    return _missing_plugin() or _ask()[1]


def diagnose() -> Iterator[Finding]:
    """Yield the findings of ``provision doctor`` about the daemon and Pulumi's plugin."""
    version, error = _ask()
    if error is None:
        yield Finding("Docker", "found", f"{version}, {_where()}")
    else:
        yield Finding.missing("Docker", error)
    if (lacking := _missing_plugin()) is None:
        version = "the one on PATH, of whatever version" if plugin_on_path() else PLUGIN_VERSION
        yield Finding("Docker plugin", "found", f"{version}, {_plugin()}")
    else:
        yield Finding.missing("Docker plugin", lacking)


def _missing_plugin() -> ProvisionError | None:
    if _plugin() is not None:
        return None
    return ProvisionError(
        f"Pulumi's Docker plugin {PLUGIN_VERSION} is not there.",
        f"Install it: {_INSTALL}.",
    )


def _ask() -> tuple[str, ProvisionError | None]:
    """Return the daemon's version, and the reason if the daemon can't be used."""
    try:
        with daemon() as client:
            told = client.version()
    except ProvisionError as error:
        return "", error
    engines = {str(part.get("Name")) for part in told.get("Components") or ()}
    return str(told.get("Version", "?")), _not_docker() if _PODMAN in engines else None


def _not_docker() -> ProvisionError:
    """Return the error for Podman, which changes a container's health check and restrictions (docs/docker.md)."""
    return ProvisionError(
        f"{_where()} is Podman, which does not take a container's health check and restrictions as Docker does.",
        "Let DOCKER_HOST name a Docker daemon, or take `runtime: process`.",
    )


@contextmanager
def daemon() -> Iterator[DockerClient]:
    """Open a client of the daemon that Docker's own variables name (``DOCKER_HOST``), or else of the local daemon.

    Raises:
        ProvisionError: The daemon does not answer, at first or during later requests.
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


def plugin_on_path() -> str | None:
    """Return the path of the plugin on PATH, or None if there is none.

    Pulumi prefers a plugin on PATH, of any version, to the plugins that Pulumi installed. A plugin tells its version only
    while it serves.
    """
    return shutil.which(PLUGIN)


def another_plugin(told: str) -> ProvisionError | None:
    """Return the error for a plugin on PATH that does not know an input of a declared container.

    Args:
        told: The plugin's own words.
    """
    if (found := plugin_on_path()) is None:
        return None
    return ProvisionError(
        f"Pulumi's Docker plugin on PATH ({found}) is not {PLUGIN_VERSION}: {told}",
        f"Take it off PATH, where Pulumi looks first, and install the right one: {_INSTALL}.",
    )


def _plugin() -> str | None:
    """Return the path of Pulumi's plugin, or None if the plugin is not installed."""
    if found := plugin_on_path():
        return found
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return next(map(str, home.glob(f"plugins/resource-docker-v{PLUGIN_VERSION}*/{PLUGIN}")), None)


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
