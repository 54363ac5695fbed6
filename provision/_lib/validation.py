"""Validation errors as lines a person can act on: the path of the key, the reason, and the nearest known key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from provision._lib.suggest import nearest

if TYPE_CHECKING:
    from pydantic import ValidationError


@dataclass(frozen=True)
class Problem:
    """An invalid value in the input.

    Args:
        path: The path of the key in the user's spelling: ``keycloak.port``, ``servers[0].name``.
        place: The same as keys and places in lists.
        reason: What is wrong. Never holds the value, which may be a secret.
        missing: Whether the key is absent.
        example: A value of the right type as YAML writes it; empty where the reason shows one.
    """

    path: str
    reason: str
    missing: bool = False
    place: tuple[int | str, ...] = ()
    example: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason

    def in_yaml(self) -> str:
        """Return the text for a reader of a YAML file, with an example of how the value is written there."""
        return f"{self}, such as {self.example}" if self.example else str(self)


_WORDS = {
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), "must be a list"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "must be a mapping of keys"
    ),
    **dict.fromkeys(("string_type", "string_sub_type", "string_unicode"), "must be text"),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "must be a whole number"
    ),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(
        (
            "date_type",
            "date_parsing",
            "date_from_datetime_parsing",
            "date_from_datetime_inexact",
            "datetime_from_date_parsing",
        ),
        "must be a day such as 2027-01-31",
    ),
    **dict.fromkeys(("literal_error", "enum"), "must be {expected}"),
    "path_type": "must be the path of a file",
    "string_too_short": "is too short: it must have {min_length} characters or more",
    "string_too_long": "is too long: it may have {max_length} characters",
    "too_short": "must have {min_length} entries or more",
    "too_long": "may have {max_length} entries",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "none_required": "must be left out",
}
"""The reasons in our words, by pydantic's type of the error."""
_EXAMPLES = {
    "must be a list": "[a, b]",
    "must be a mapping of keys": "{key: value}",
    "must be text": '"abc" (in quotes if it looks like a number, a date, true or null)',
    "must be a whole number": "10",
    "must be a number": "1.5",
    "must be the path of a file": "certs/server.pem",
}
"""How values are written in YAML, by the reasons."""
_UNKNOWN = "is wrong"


def problems(error: ValidationError, model: type[BaseModel]) -> tuple[Problem, ...]:
    """Return every problem of a failed validation of ``model``."""
    found = []
    for item in error.errors(include_input=False, include_url=False):
        kind, loc, message = _kind(item), item["loc"], item["msg"]
        if kind == "extra_forbidden":
            known = sorted(_keys_at(model, loc[:-1]))
            message = f"unknown key{_nearest(str(loc[-1]), known)}"
        elif kind == "missing":
            message = "must be given"
        elif kind == "value_error":
            message = str(item["ctx"]["error"])
        else:
            message = _WORDS[kind].format(**item.get("ctx", {})) if kind in _WORDS else _UNKNOWN
        place = _without_functions(loc)
        found.append(
            Problem(
                path=_spelled(place),
                reason=message,
                missing=kind == "missing",
                place=place,
                example=_EXAMPLES.get(message, ""),
            )
        )
    return tuple(found)


def _kind(item: Any) -> str:
    """Return pydantic's type of an error; a secret's length counts as the length of a text."""
    kind, context = str(item["type"]), item.get("ctx", {})
    of_secret = kind in {"too_short", "too_long"} and context.get("field_type") == "Value"
    return f"string_{kind}" if of_secret else kind


def _without_functions(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return a place without the steps in brackets that pydantic adds, such as ``[key]`` and ``function-wrap[…]``."""
    return tuple(
        step for step in loc if isinstance(step, int) or (not step.endswith(")") and not step.endswith("]"))
    )


def _nearest(key: str, known: list[str]) -> str:
    if close := nearest(key, known, cutoff=0.5):
        return f"; did you mean {close!r}?"
    return f"; known here: {', '.join(known)}" if known else ""


def _spelled(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """Return the known keys at a place in the tree; empty if the place holds no model."""
    current: set[type[BaseModel]] = {model}
    for part in loc:
        if isinstance(part, int):
            continue
        inner: set[type[BaseModel]] = set()
        for candidate in current:
            for name, info in candidate.model_fields.items():
                if part in {name, info.alias}:
                    inner |= _models_in(info.annotation)
        current = inner or current
    return {info.alias or name for candidate in current for name, info in candidate.model_fields.items()}


def _models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return set().union(*(_models_in(argument) for argument in get_args(annotation)), set())
