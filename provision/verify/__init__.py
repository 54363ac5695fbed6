"""Proofs that a live stack meets the MCP authorization specification.

Each module in `provision.verify.proofs` is one proof; ``docs/verify.md`` describes each.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from provision._lib.errors import UsageError
from provision._lib.suggest import nearest
from provision.verify.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from provision.verify.check import Check
    from provision.verify.context import Outcome

__all__ = ["Proof", "Target", "catalogue", "prove"]

_TOKEN = re.compile(r"\beyJ[\w-]{8,}[\w.-]*")
_MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Proof:
    """The result of one proof.

    Args:
        id: The short name of the proof.
        title: What holds if the proof passed.
        ok: Whether the proof passed.
        seconds: The proof's own time, without the time of the proofs that it builds on.
        detail: One readable line: what was found, or what is wrong. Never holds a token or a secret.
        in_part: Whether the proof passed although a part of the title could not be shown; the detail names that part.
    """

    id: str
    title: str
    ok: bool
    seconds: float
    detail: str
    in_part: bool = False


def catalogue() -> list[tuple[str, str]]:
    """Return the id and title of every proof, in the order of results."""
    return [(check.id, check.title) for check in checks()]


@cache
def checks() -> tuple[Check[Any], ...]:
    """Return every proof, in the order of results; a new module in ``proofs`` is found automatically."""
    from provision.verify import proofs
    from provision.verify.check import Check

    found: list[Check[Any]] = []
    for module in pkgutil.iter_modules(proofs.__path__):
        contents = vars(importlib.import_module(f"{proofs.__name__}.{module.name}"))
        own = [
            value
            for value in contents.values()
            if isinstance(value, Check) and value.run.__module__ == contents["__name__"]
        ]
        if len(own) != 1:
            raise TypeError(f"{contents['__name__']} must hold one proof, not {len(own)}")
        found += own
    return tuple(sorted(found, key=lambda check: (check.place, check.id)))


def prove(
    target: Target, *, only: Collection[str] = (), on_proof: Callable[[Proof], None] = lambda _: None
) -> tuple[Proof, ...]:
    """Run the proofs concurrently, and remove from Keycloak everything that the proofs made.

    Args:
        target: The live stack.
        only: Ids of the proofs to show; all if empty. Proofs that these build on are run too, but not shown.
        on_proof: Called in this thread with each result, in the order of the catalogue, as soon as it is known.

    Raises:
        UsageError: No proof has that id.
    """
    from provision.verify.context import Run

    chosen = _chosen(only, target)
    shown = frozenset(check.id for check in chosen)
    results: list[Proof] = []
    run = Run(target)
    # A thread for each: most of a proof is waiting, and one waits for the seconds until a token expires.
    pool = ThreadPoolExecutor(max_workers=len(chosen), thread_name_prefix="verify")
    try:
        for check, future in [(check, pool.submit(run.outcome, check)) for check in chosen]:
            results.append(_proof(target, check, future.result(), shown))
            on_proof(results[-1])
    except BaseException:
        run.cancelled.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        run.end()
    return tuple(results)


def _chosen(only: Collection[str], target: Target) -> list[Check[Any]]:
    known = {check.id: check for check in checks()}
    for name in only:
        if name not in known:
            near = nearest(name, known)
            advice = f"Did you mean {near}?" if near else f"There are: {', '.join(known)}."
            raise UsageError(f"There is no proof {name!r}.", advice)
    return [check for check in checks() if check.id in only or (not only and check.applies(target))]


def _proof(target: Target, check: Check[Any], outcome: Outcome, shown: frozenset[str]) -> Proof:
    if outcome.evidence is not None:
        detail = outcome.evidence.detail
    elif not outcome.needs:
        detail = outcome.problem
    else:
        detail = f"needs {outcome.needs}, which failed"
        if outcome.needs not in shown:
            detail += f": {outcome.problem}"
    return Proof(
        check.id,
        check.title,
        ok=outcome.evidence is not None,
        seconds=round(outcome.seconds, 3),
        detail=_line(target, detail),
        in_part=outcome.evidence is not None and outcome.evidence.in_part,
    )


def _line(target: Target, detail: str) -> str:
    """Return the detail on one line, without any secret that an answer of a server may have brought along."""
    for secret in (target.introspection_client_secret, target.demo_password, target.connection.client_secret):
        if secret:
            detail = detail.replace(secret, "[secret]")
    line = " ".join(_TOKEN.sub("[token]", detail).split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
