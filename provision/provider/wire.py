"""Property values between the Pulumi protocol's structs and plain Python data.

On the Python side a value is plain data (``None``, bool, int, float, str, list, dict) in which a secret is
wrapped as :class:`Hidden` and a value that is not known yet is :data:`UNKNOWN`.
Source: Pulumi's ``rpc.py``, whose special signatures are fixed by the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import struct_pb2

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a protocol constant
OUTPUT_VALUE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
# The engine has one sentinel for each kind of value that may be unknown (pkg/v3/resource/plugin/rpc.go).
UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that is known only after the apply."""


@dataclass(frozen=True)
class Hidden:
    """A secret value, which its text form never shows."""

    value: Any = field(repr=False)


def from_struct(struct: struct_pb2.Struct | None) -> dict[str, Any]:
    """Return a protocol struct as plain data."""
    return {} if struct is None else {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_object(value.struct_value)
        case _:
            return None


def _from_object(struct: struct_pb2.Struct) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else None
    if signature is None:
        return from_struct(struct)
    if signature == SECRET:
        return Hidden(_from_value(struct.fields["value"]))
    if signature == OUTPUT_VALUE:
        value = _from_value(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
        return Hidden(value) if struct.fields["secret"].bool_value else value
    if signature == _RESOURCE:
        return _from_value(struct.fields["id"])
    raise ProvisionError(
        "A file or archive was given where a plain value is expected.", "Give its text instead."
    )


def to_struct(data: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return plain data as a protocol struct; keys whose value is ``None`` are left out."""
    return struct_pb2.Struct(
        fields={key: _to_value(value) for key, value in data.items() if value is not None}
    )


def _to_value(value: Any) -> struct_pb2.Value:
    made = struct_pb2.Value()
    match value:
        case None:
            made.null_value = struct_pb2.NULL_VALUE
        case _Unknown():
            made.string_value = _UNKNOWN_STRING
        case Hidden():
            made.struct_value.CopyFrom(to_struct({SIGNATURE: SECRET, "value": value.value}))
        case bool():
            made.bool_value = value
        case int() | float():
            made.number_value = value
        case str():
            made.string_value = value
        case dict():
            made.struct_value.CopyFrom(to_struct(value))
        case _:
            made.list_value.CopyFrom(struct_pb2.ListValue(values=[_to_value(item) for item in value]))
    return made


def plain(value: Any) -> Any:
    """Return the value without its secret wrappers, at every depth."""
    if isinstance(value, Hidden):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def holds_unknown(value: Any) -> bool:
    """Return whether the value or anything inside it is unknown."""
    if isinstance(value, Hidden):
        return holds_unknown(value.value)
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(holds_unknown, value))
    return value is UNKNOWN


def holds_secret(value: Any) -> bool:
    """Return whether the value or anything inside it is a secret."""
    if isinstance(value, dict):
        return any(map(holds_secret, value.values()))
    if isinstance(value, list):
        return any(map(holds_secret, value))
    return isinstance(value, Hidden)
