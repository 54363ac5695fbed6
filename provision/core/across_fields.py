"""Checks across the fields of a spec: none judges while a field that it reads is not known yet.

A preview knows some inputs only after the apply. A spec whose class comes from :func:`with_unknown` has no value for
them: reading one raises :class:`NotKnownYetError`, and the check that reads it passes.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.core.spec import Model, Spec

M = TypeVar("M", bound="Model")
S = TypeVar("S", bound="Spec")


class NotKnownYetError(Exception):
    """The error for reading a field whose value is known only after the apply."""


def across_fields(check: Callable[[M], None]) -> Any:
    """Make a method of a spec a check across its fields, which raises ``ValueError`` for values that don't go together."""

    @wraps(check)
    def judged(self: M) -> M:
        try:
            check(self)
        except NotKnownYetError:
            return self
        return self

    return model_validator(mode="after")(judged)


@cache
def with_unknown(kind: type[S], names: frozenset[str]) -> type[S]:
    """Return the class of specs of a kind whose fields of those names are not known yet.

    Args:
        kind: The kind.
        names: The fields, by their Python names.
    """

    def read(self: Any, name: str) -> Any:
        if name in names:
            raise NotKnownYetError(name)
        return super(made, self).__getattribute__(name)

    metaclass: Any = type(kind)
    made: Any = metaclass(
        kind.__name__,
        (kind,),
        {
            "__module__": kind.__module__,
            "__annotations__": dict.fromkeys(names, Any),
            "__getattribute__": read,
            **{name: Field(default=None, alias=kind.model_fields[name].alias) for name in names},
        },
    )
    return made  # type: ignore[no-any-return]
