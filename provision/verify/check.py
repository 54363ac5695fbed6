"""A proof before it runs: a named function that returns evidence or fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.verify.context import Context
    from provision.verify.target import Target

T = TypeVar("T")


@dataclass(frozen=True)
class Evidence(Generic[T]):
    """The evidence of a proof.

    Args:
        detail: One readable line; never holds a token or a secret.
        value: The value for proofs that build on this one.
        in_part: Whether a part of the title could not be shown; the detail names that part.
    """

    detail: str
    value: T
    in_part: bool = False


@dataclass(frozen=True)
class Check(Generic[T]):
    """A proof that can be run; made by the decorator `check`.

    Args:
        id: The proof's short name, which is also its heading in ``docs/verify.md``.
        title: What holds if the proof passes.
        place: The position in the order of results.
        run: Returns the evidence or raises `Failed`.
        applies: Returns whether the proof applies to a stack.
    """

    id: str
    title: str
    place: int
    run: Callable[[Context], Evidence[T]]
    applies: Callable[[Target], bool] = lambda _: True


def check(
    check_id: str, title: str, *, place: int, applies: Callable[[Target], bool] = lambda _: True
) -> Callable[[Callable[[Context], Evidence[T]]], Check[T]]:
    """Make a proof of a function.

    Args:
        check_id: The proof's short name.
        title: What holds if the proof passes.
        place: The position in the order of results.
        applies: Returns whether the proof applies to a stack; every stack by default.
    """

    def decorate(run: Callable[[Context], Evidence[T]]) -> Check[T]:
        return Check(check_id, title, place, run, applies)

    return decorate
