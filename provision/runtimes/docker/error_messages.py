"""The error texts for failures of Docker, whose own texts are long and do not name what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable

_BASE_IMAGES = "Name base images that this machine has or can pull: `provision:docker: {baseImages: {keycloak: …, python: …}}`."
_NO_IMAGE = (
    r"pull access denied for (?P<denied>[^\s,]+)|manifest for (?P<unknown>\S+) not found"
    # BuildKit's own words; what a command of the build prints, and the missing file of a COPY, stand in quotes or on other lines.
    r"|failed to resolve source metadata for (?P<unresolved>\S+): "
    r"|failed to (?:solve|create LLB definition)\b[^\n\"]*: (?P<absent>[a-z0-9][\w.:/@-]*): not found"
)
_NO_REGISTRY = (
    r"failed to do request:\s+(?:Get|Head)\s+\"https?://[^\"\n]+\":[^\n]*"
    r"|(?:Get|Head) \"https?://[^\"\n]+\": (?:dial tcp|net/http|proxyconnect)[^\n]*"
)


def explained(errors: str) -> ProvisionError | None:
    """Return an error that explains the failure, or None if the engine's own text is clear enough.

    Args:
        errors: The engine's error messages, one line for each object.
    """
    for words, explain in _EXPLAINED:
        if found := re.search(words, errors):
            return explain(found)
    return None


def _port_is_taken(found: re.Match[str]) -> ProvisionError:
    from provision.runtimes.docker.published import taken

    return taken(int(found["port"]))


def _another_plugin(found: re.Match[str]) -> ProvisionError | None:
    from provision.runtimes.docker.daemon import another_plugin

    return another_plugin(found[0])


def _no_such_image(found: re.Match[str]) -> ProvisionError:
    name = found["denied"] or found["unknown"] or found["unresolved"] or found["absent"]
    return ProvisionError(
        f"The image {name} can't be pulled: there is none, or it is not for you.", _BASE_IMAGES
    )


def _no_registry(found: re.Match[str]) -> ProvisionError:
    return ProvisionError(f"An image can't be pulled, its registry is out of reach: {found[0]}", _BASE_IMAGES)


_EXPLAINED: tuple[tuple[str, Callable[[re.Match[str]], ProvisionError | None]], ...] = (
    # "Bind for 127.0.0.1:80 failed: port is already allocated" by Docker itself, or the kernel's error in Docker's proxy.
    (r"[\d.\]]+:(?P<port>\d+)\b[^\n]*(?:port is already allocated|address already in use)", _port_is_taken),
    (_NO_REGISTRY, _no_registry),
    (_NO_IMAGE, _no_such_image),
    # The bridge's check of inputs; every plugin of the right version knows all that we declare.
    (r"Invalid or unknown key\. Examine values at '[^'\n]+'", _another_plugin),
)
