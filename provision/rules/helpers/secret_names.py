"""Signs of a secret in clear: the names of values, and addresses with a password."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from provision.rules.model import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "?"
"""The stand-in for the names of environment variables that cannot be seen."""
BOOTSTRAP_OPTIONS = ("bootstrap-admin-password", "bootstrap-admin-client-secret")
"""Keycloak's options that hold the first administrator's secret."""
BOOTSTRAP_ARGUMENTS = tuple(f"--{name}" for name in BOOTSTRAP_OPTIONS)
"""The command-line arguments for these options."""
BOOTSTRAP_VARIABLES = (
    *("KC_BOOTSTRAP_ADMIN_PASSWORD", "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"),
    "KEYCLOAK_ADMIN_PASSWORD",  # before Keycloak 26
)
"""The environment variables that hold the first administrator's secret."""
_SECRET = re.compile(
    r"(^|[_./-])(secret|password|passwd|pwd|token|api[_-]?key|private[_-]?key|client[_-]?key|credentials?)$",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s:]*:[^/@\s]+@", re.IGNORECASE)
_NO_SECRET = re.compile(r"(|true|false|yes|no|on|off|\d+)", re.IGNORECASE)
_REFERENCE = re.compile(r"^existing|pull_?secret$", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}|\*+|(/|~/|\./|file:|arn:|vault:|[a-z][a-z0-9+.-]*://).*",
    re.IGNORECASE | re.DOTALL,
)
"""Values that only refer to a secret: variables, templates, files, stores, masks."""
_WORD = re.compile(r"[A-Za-z_][\w-]*")


@lru_cache(maxsize=4096)
def names_a_secret(name: str) -> bool:
    """Return whether a variable or option of this name holds a secret, not the path of a file."""
    return _SECRET.search(_HUMP.sub("_", name)) is not None


def is_a_value(value: object) -> bool:
    """Return whether a value can be a secret: it is not empty, a switch or a number."""
    return not isinstance(value, str) or _NO_SECRET.fullmatch(value) is None


def has_a_password(value: object) -> bool:
    """Return whether a value is an address with a password in it."""
    return isinstance(value, str) and "://" in value and _IN_ADDRESS.search(value) is not None


def is_a_secret(name: str, value: object) -> bool:
    """Return whether a value is a secret by its name, and not just a reference to a secret.

    Args:
        name: The name of the value.
        value: The value.
    """
    if not isinstance(value, str) or not names_a_secret(name) or _REFERENCE.search(_HUMP.sub("_", name)):
        return False
    return is_a_value(value) and _ELSEWHERE.fullmatch(value) is None


def in_values(value: Any, path: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the secrets in nested lists and maps with their paths, and unknown values that may be secrets.

    Args:
        value: A list, a map, or text; JSON text is read.
        path: The path of the value.
        name: The name of the value.
    """
    if isinstance(value, dict):
        pair = value.get("name", value.get("key"))
        for key, item in value.items():
            named = pair if key == "value" and isinstance(pair, str) else str(key)
            yield from in_values(item, path + _step(str(key)), named)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from in_values(item, f"{path}[{index}]", name)
    elif isinstance(value, str):
        yield from _in_text(value, path, name)
    elif value is UNKNOWN and names_a_secret(name):
        yield path, value


def _in_text(text: str, path: str, name: str) -> Iterator[tuple[str, Any]]:
    document = _document(text)
    if document is not None:
        yield from in_values(document, path, name)
        return
    variable, _, value = text.partition("=")
    assigned = _WORD.fullmatch(variable) is not None and is_a_secret(variable, value)
    addressed = has_a_password(text) and "${" not in text and "$(" not in text
    if assigned or addressed or is_a_secret(name, text):
        yield path, text


def _document(text: str) -> Any:
    if text[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None


def _step(key: str) -> str:
    return f".{key}" if _WORD.fullmatch(key) else f"[{json.dumps(key)}]"


def in_arguments(words: Iterable[object]) -> Iterator[str]:
    """Yield the options that hold a secret, without their values.

    Args:
        words: The arguments; a marker counts as a value.
    """
    before = ""
    for word in words:
        if before and is_a_value(word) and not str(word).startswith("-"):
            yield before
        before = ""
        if not isinstance(word, str):
            continue
        option, equals, value = word.partition("=")
        if option.startswith(BOOTSTRAP_ARGUMENTS):
            continue  # these options have a rule of their own
        if names_a_secret(option) and equals and is_a_value(value):
            yield option
        elif names_a_secret(option) and option.startswith("-") and not equals:
            before = option
        elif has_a_password(word):
            yield option if equals else "an address"
