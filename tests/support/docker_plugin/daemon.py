"""The connection to the Docker daemon, and its errors as one line for a user."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

_SECONDS = 1200  # the limit of the official plugin for one operation; a silent build step may take long
_DEFAULT_HOST = "unix:///var/run/docker.sock"


class DockerError(Exception):
    """An error for the user, with a text for the user."""


class HalfMadeError(DockerError):
    """An object that exists although a step after its creation failed.

    Args:
        text: The text for the user.
        id: The object's id, so that the state keeps the object.
    """

    def __init__(self, text: str, id: str) -> None:  # noqa: A002 - the protocol's word
        super().__init__(text)
        self.id = id


class Daemon:
    """A connection that is made at its first use, so that a preview of new objects needs no daemon.

    Args:
        host: The daemon's address; empty for ``DOCKER_HOST`` or the local socket.
    """

    def __init__(self, host: str = "") -> None:
        self.host = host or os.environ.get("DOCKER_HOST") or _DEFAULT_HOST
        self._lock = threading.Lock()
        self._client: APIClient | None = None
        self._streams: set[Any] = set()
        self._cancelled = False

    @property
    def client(self) -> APIClient:
        """The API of the daemon.

        Raises:
            DockerError: The daemon does not answer.
        """
        with self._lock:
            if self._client is None:
                import docker

                settings = docker.utils.kwargs_from_env({**os.environ, "DOCKER_HOST": self.host})
                try:
                    self._client = docker.APIClient(**settings, version="auto", timeout=_SECONDS)
                except docker.errors.DockerException as error:
                    text = f"The Docker daemon at {self.host} does not answer. Start it, or set DOCKER_HOST or docker:host."
                    raise DockerError(text) from error
            return self._client

    @contextmanager
    def events(self, container: str, since: float, until: float) -> Iterator[Iterator[dict[str, Any]]]:
        """Yield a container's events between two times (seconds since 1970), as they happen; end early at a cancel."""
        filters = {"container": container, "event": ["health_status", "die"]}
        stream = self.client.events(since=f"{since:.9f}", until=f"{until:.9f}", filters=filters, decode=True)
        self._streams.add(stream)
        try:
            # A cancel before the stream was noted has closed nothing.
            yield iter(()) if self._cancelled else stream
        finally:
            self._streams.discard(stream)
            stream.close()

    def cancel(self) -> None:
        """End every wait, including waits that are about to begin."""
        self._cancelled = True
        for stream in tuple(self._streams):
            stream.close()


@contextmanager
def failures(what: str) -> Iterator[None]:
    """Turn an error of the daemon into one line: the failed step and the daemon's reason."""
    import docker
    import requests

    try:
        yield
    except docker.errors.APIError as error:
        reason = " ".join(str(error.explanation or error).split())
        raise DockerError(f"Unable to {what}: {reason}") from error
    except requests.exceptions.RequestException as error:
        raise DockerError(f"Unable to {what}: the Docker daemon does not answer any more.") from error


def found(inspect: Any, *arguments: str) -> dict[str, Any] | None:
    """Return the daemon's description of an object, or ``None`` if the object does not exist."""
    import docker

    try:
        with failures(f"look at {arguments[0]}"):
            return dict(inspect(*arguments))
    except DockerError as failure:
        if isinstance(failure.__cause__, docker.errors.NotFound):
            return None
        raise


def labels_of(inputs: dict[str, Any]) -> dict[str, str]:
    """Return published labels in the daemon's form."""
    return {item["label"]: item["value"] for item in inputs.get("labels", ())}


def published_labels(labels: dict[str, str] | None) -> list[dict[str, str]]:
    """Return the daemon's labels in the published form."""
    return [{"label": name, "value": value} for name, value in sorted((labels or {}).items())]
