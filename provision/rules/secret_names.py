"""What tells that a secret stands where everybody can read it: names, and addresses with a password in them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from provision.rules.adapters.keycloak_options import BOOTSTRAP_ARGUMENTS
from provision.rules.thing import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
"""Values that only say where the secret is: variables, templates, files, stores, and what a mask shows."""
_WORD = re.compile(r"[A-Za-z_][\w-]*")


def names_a_secret(name: str) -> bool:
    """Whether a variable or an option of that name holds a secret; one that names a file of it does not."""
    return _SECRET.search(_HUMP.sub("_", name)) is not None


def is_a_value(value: object) -> bool:
    """Whether it can be a secret at all: not nothing, a switch or a number."""
    return not isinstance(value, str) or _NO_SECRET.fullmatch(value) is None


def has_a_password(value: object) -> bool:
    """Whether it is an address with a password in it."""
    return isinstance(value, str) and _IN_ADDRESS.search(value) is not None


def is_a_secret(name: str, value: object) -> bool:
    """Whether a value that is seen is the secret that its name tells of, and not where one is.

    Args:
        name: The name that it stands at.
        value: The value.
    """
    if not isinstance(value, str) or _REFERENCE.search(_HUMP.sub("_", name)):
        return False
    return names_a_secret(name) and is_a_value(value) and _ELSEWHERE.fullmatch(value) is None


def in_values(value: Any, path: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """The secrets in lists and maps, however deep, with their paths; also what is not known yet and may be one.

    Args:
        value: What is looked into; a text of JSON too.
        path: Where it stands.
        name: The name that it stands at.
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
    """The options with a secret among arguments, without their values.

    Args:
        words: The arguments; what can't be seen counts as a value.
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
            continue  # a rule of its own
        if names_a_secret(option) and equals and is_a_value(value):
            yield option
        elif names_a_secret(option) and option.startswith("-") and not equals:
            before = option
        elif has_a_password(word):
            yield option if equals else "an address"
