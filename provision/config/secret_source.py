"""The secrets of a stack file: encrypted in the file, or taken from the environment, a file or a program."""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr
from pydantic_core import core_schema

from provision._lib import user_file
from provision._lib.styled_text import printable
from provision.config.files import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetJsonSchemaHandler, ValidationInfo
    from pydantic.json_schema import JsonSchemaValue

RESOLVE = "resolve"
"""The key of pydantic's validation context: whether secrets are taken from their sources, or only looked at."""
ENCRYPTED = "secure"
"""The key under which Pulumi writes an encrypted value."""
SOURCES = "{env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT, …]}"
_HELD = "x" * 32
_ENV_TEXT = re.compile(r"\$\{env:(.*)\}", re.DOTALL)
_REFERENCE = re.compile(r"\$\{.*\}", re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_A_SECRET = re.compile("token|secret|pass|key|credential|auth", re.IGNORECASE)
_COMMAND_SECONDS = 30.0
_LONGEST = 64 * 1024
_LONGEST_REASON = 200
_SHORTEST_HIDDEN = 4


class Encrypted(str):
    """A text that is encrypted in the stack file: decrypted, or a placeholder while only its presence counts."""

    __slots__ = ()


def held() -> Encrypted:
    """Return the placeholder of a value that is still encrypted."""
    return Encrypted(_HELD)


@dataclass(frozen=True)
class Origin:
    """The place where a secret comes from.

    Args:
        kind: The kind of the place.
        parts: The variable's name, the file's path, or the command; empty for the stack file itself.
    """

    kind: Literal["encrypted", "clear", "env", "file", "command"]
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the place in words."""
        shown = printable(shlex.join(self.parts) if self.kind == "command" else "".join(self.parts))
        return {
            "encrypted": "encrypted in the stack file",
            "clear": "in clear in the stack file",
            "env": f"environment variable {shown}",
            "file": f"file {shown}",
            "command": f"command {shown}",
        }[self.kind]


class GivenSecret(SecretStr):
    """A secret of the stack file and where it comes from."""

    def __init__(self, value: str, origin: Origin) -> None:
        super().__init__(value)
        self.origin = origin


def given(value: Any, context: Mapping[str, Any] | None) -> GivenSecret:
    """Return the secret that a value of the stack file stands for; a placeholder unless the context says RESOLVE.

    Args:
        value: The value as the file has it: an encrypted text, a source, or a text in clear.
        context: pydantic's validation context.

    Raises:
        ValueError: The value is no secret and no source, or there is nothing at the source. The text never holds the
            secret.
    """
    if isinstance(value, GivenSecret):
        return value
    origin = _origin(value)
    if origin.kind in {"encrypted", "clear"}:
        return GivenSecret(str(value), origin)
    context = context or {}
    if not context.get(RESOLVE):
        return GivenSecret(_HELD, origin)
    return GivenSecret(taken(origin, context.get(FOLDER)), origin)


def taken(origin: Origin, folder: Path | None) -> str:
    """Return the secret at a source outside of the stack file.

    Args:
        origin: The source.
        folder: The folder of the stack file, from which relative paths count.

    Raises:
        ValueError: There is nothing at the source.
    """
    if origin.kind == "command":
        found = _output(origin.parts, folder)
    else:
        (place,) = origin.parts
        found = _variable(place) if origin.kind == "env" else _file(place, folder)
    if not found:
        raise ValueError(f"{origin} gives nothing")
    return found


def marked(value: Any, written: Any) -> Any:
    """Return a decrypted value in which each text that the stack file holds encrypted is an :class:`Encrypted`.

    Args:
        value: The value as Pulumi decrypts it.
        written: The same value as it is written in the stack file.
    """
    if isinstance(written, dict) and set(written) == {ENCRYPTED}:
        return all_marked(value)
    if isinstance(value, dict) and isinstance(written, dict):
        return {key: marked(item, written.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(written, list) and len(value) == len(written):
        return [marked(item, other) for item, other in zip(value, written, strict=True)]
    return value


def all_marked(value: Any) -> Any:
    """Return a value in which each text is an :class:`Encrypted`."""
    if isinstance(value, dict):
        return {key: all_marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [all_marked(item) for item in value]
    return Encrypted(value) if isinstance(value, str) else value


def holds_encrypted(written: Any) -> bool:
    """Return whether a value of the stack file is encrypted, or has an encrypted value inside."""
    if isinstance(written, dict):
        return set(written) == {ENCRYPTED} or any(map(holds_encrypted, written.values()))
    return isinstance(written, list) and any(map(holds_encrypted, written))


class FromSource:
    """The mark of a secret in the stack file; used inside ``Annotated``, after the limits of the secret."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Find the secret, then check it as any other text."""

        def check(value: Any, inner: Any, info: ValidationInfo) -> GivenSecret:
            found = given(value, info.context)
            return GivenSecret(inner(found.get_secret_value()).get_secret_value(), found.origin)

        return core_schema.with_info_wrap_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the text and the sources."""
        return {"anyOf": [handler(schema), *source_schemas()]}


def source_schemas() -> list[dict[str, Any]]:
    """Return the JSON Schemas of the sources of a secret, and of an encrypted one."""
    text = {"type": "string", "minLength": 1}
    forms: dict[str, dict[str, Any]] = {
        ENCRYPTED: text | {"description": "The secret, as the command `secret set` encrypts it."},
        "env": text | {"description": "The environment variable that holds the secret."},
        "file": text
        | {"description": "The file that holds the secret; a newline at its end does not count."},
        "command": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "description": "The program, with its arguments, that prints the secret.",
        },
    }
    return [
        {"type": "object", "properties": {name: form}, "required": [name], "additionalProperties": False}
        for name, form in forms.items()
    ]


def _origin(value: Any) -> Origin:
    if isinstance(value, Encrypted):
        return Origin("encrypted")
    if isinstance(value, str):
        if (reference := _ENV_TEXT.fullmatch(value)) is not None:
            return _of_variable(reference[1])
        if _REFERENCE.fullmatch(value):
            raise ValueError("the only text that stands for a secret is ${env:NAME}; others are " + SOURCES)
        return Origin("clear")
    if not isinstance(value, dict):
        raise ValueError(f"must be text, or {SOURCES}")  # noqa: TRY004 - pydantic turns a ValueError into a problem
    if len(value) != 1 or not value.keys() <= {"env", "file", "command"}:
        raise ValueError(f"must have one key, as in {SOURCES}")
    ((kind, place),) = value.items()
    if kind == "command":
        return _of_command(place)
    if not isinstance(place, str) or not place:
        raise ValueError(f"{kind} must be text and not empty")
    return _of_variable(place) if kind == "env" else Origin("file", (place,))


def _of_command(command: Any) -> Origin:
    if not isinstance(command, list) or not command or not all(isinstance(part, str) for part in command):
        raise ValueError("command must be a list: the program and each of its arguments, all text")
    if not command[0]:
        raise ValueError("command must begin with a program")
    return Origin("command", tuple(command))


def _of_variable(name: str) -> Origin:
    if _VARIABLE.fullmatch(name) is None:
        raise ValueError("env must be the name of an environment variable: letters, digits and underscores")
    return Origin("env", (name,))


def _variable(name: str) -> str:
    if name not in os.environ:
        raise ValueError(f"the environment variable {name} is not set")
    return os.environ[name]


def _file(place: str, folder: Path | None) -> str:
    path = (folder or Path()) / Path(place).expanduser()
    try:
        content = user_file.content(path, _LONGEST)
    except OSError as error:
        raise ValueError(f"the file {printable(str(path))} can't be read: {error.strerror}") from None
    return _text(content, f"the file {printable(str(path))}")


@cache
def _output(command: tuple[str, ...], folder: Path | None) -> str:
    """Return what a program prints; in one process, each command runs once."""
    shown = f"the command {printable(command[0])}"
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise ValueError(f"{shown}: there is no such program") from None
    except OSError as error:
        raise ValueError(f"{shown} can't be run: {error.strerror}") from None
    with process:
        try:
            output, errors = _printed(process)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)  # with the children that it started
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            problem = f"{shown} did not end within {_COMMAND_SECONDS:.0f} s"
            raise ValueError(problem) from None
    if process.returncode != 0 and len(output) <= _LONGEST:
        raise ValueError(f"{shown} failed with exit code {process.returncode}{_reason(output, errors)}")
    return _text(output, shown)


def _printed(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Return what a program prints until its end: the output up to one byte too many, and the end of the errors.

    Raises:
        subprocess.TimeoutExpired: It did not end in time.
    """
    end = time.monotonic() + _COMMAND_SECONDS
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as waiting:
        for stream, kept in ((process.stdout, output), (process.stderr, errors)):
            if stream is not None:
                waiting.register(stream, selectors.EVENT_READ, kept)
        while waiting.get_map() and len(output) <= _LONGEST:
            ready = waiting.select(max(0.0, end - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(process.args, _COMMAND_SECONDS)
            for key, _ in ready:
                part = os.read(key.fd, _LONGEST)
                if not part:
                    waiting.unregister(key.fileobj)
                key.data.extend(part)
            del errors[:-_LONGEST]
    if len(output) > _LONGEST:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(max(0.0, end - time.monotonic()))
    return bytes(output), bytes(errors)


def _text(content: bytes, where: str) -> str:
    """Return the text without the newline at its end."""
    if len(content) > _LONGEST:
        raise ValueError(f"{where} gives more than {_LONGEST // 1024} KiB, which is no secret")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{where} gives no text in UTF-8") from None
    if "\0" in text:
        raise ValueError(f"{where} gives a NUL character")
    return text.removesuffix("\n").removesuffix("\r")


def _reason(output: bytes, errors: bytes) -> str:
    """Return the last line of a program's standard error, unless it repeats a secret of the output or the environment."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return ""
    secrets = output.decode("utf-8", "replace").split()
    secrets += [value for name, value in os.environ.items() if _OF_A_SECRET.search(name)]
    if any(secret in lines[-1] for secret in secrets if len(secret) >= _SHORTEST_HIDDEN):
        return ": its error text holds a secret and is not shown"
    return f": {printable(lines[-1])[:_LONGEST_REASON]}"
