"""The keys of a stack file that hold secrets: the fields of the configuration that are ``SecretStr``."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import SecretStr

from provision.config.concept import Concept
from provision.config.stack_config import StackConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

_INDEX = re.compile(r"\[\d+\]")


@cache
def secret_keys() -> tuple[str, ...]:
    """Return the keys, outer ones first, with ``[0]`` for the place in a list: ``servers[0].introspectionClientSecret``."""
    return tuple(sorted(_declared(StackConfig, ""), key=lambda key: key.count(".")))


def is_secret_key(key: str) -> bool:
    """Return whether the stack file accepts a secret under a key.

    Args:
        key: The key without the namespace, such as ``servers[1].introspectionClientSecret``.
    """
    return _INDEX.sub("[0]", key) in secret_keys()


def _declared(model: type[Concept], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        for kind, index in _types(field.annotation, ""):
            if kind is SecretStr:
                yield key + index
            elif isinstance(kind, type) and issubclass(kind, Concept):
                yield from _declared(kind, f"{key}{index}.")


def _types(annotation: Any, index: str) -> Iterator[tuple[Any, str]]:
    """Yield the types inside an annotation, each with the index that leads to its values."""
    arguments = get_args(annotation)
    if not arguments:
        yield annotation, index
    for argument in arguments:
        yield from _types(argument, f"{index}[0]" if get_origin(annotation) is tuple else index)
