"""What a proof is before it runs: a named function that returns evidence or fails."""

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
    """What a proof found.

    Args:
        detail: One readable line; never holds a token or a secret.
        value: What other proofs may build on.
    """

    detail: str
    value: T


@dataclass(frozen=True)
class Check(Generic[T]):
    """A proof that can be run; made by the decorator `check`.

    Args:
        id: Its short name, which is also its heading in ``docs/verify.md``.
        title: What holds when it passes.
        place: Where it stands in the order that results are shown in.
        run: Looks, and returns the evidence or raises `Failed`.
        applies: Whether a stack has what the proof is about.
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
        check_id: Its short name.
        title: What holds when it passes.
        place: Where it stands in the order that results are shown in.
        applies: Whether a stack has what the proof is about; every stack when left out.
    """

    def decorate(run: Callable[[Context], Evidence[T]]) -> Check[T]:
        return Check(check_id, title, place, run, applies)

    return decorate
