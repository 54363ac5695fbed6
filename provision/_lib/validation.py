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
        reason: What is wrong. Never holds the value, which may be a secret.
        missing: Whether the key is absent.
    """

    path: str
    reason: str
    missing: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


def problems(error: ValidationError, model: type[BaseModel]) -> tuple[Problem, ...]:
    """Return every problem of a failed validation of ``model``."""
    found = []
    for item in error.errors(include_input=False, include_url=False):
        kind, loc, message = item["type"], item["loc"], item["msg"]
        if kind == "extra_forbidden":
            known = sorted(_keys_at(model, loc[:-1]))
            message = f"unknown key{_nearest(str(loc[-1]), known)}"
        elif kind == "missing":
            message = "must be given"
        elif kind == "value_error":
            message = str(item["ctx"]["error"])
        else:
            message = message[:1].lower() + message[1:]
        found.append(Problem(path=_spelled(loc), reason=message, missing=kind == "missing"))
    return tuple(found)


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
