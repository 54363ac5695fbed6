"""The state that the proofs of one run share; each value is made once, when the first proof needs it."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

from provision._lib.errors import ProvisionError
from provision.verify.connection import Connections
from provision.verify.errors import Unmet
from provision.verify.temporary import Temporary

if TYPE_CHECKING:
    from provision.keycloak.api.session import Session
    from provision.verify.check import Check, Evidence
    from provision.verify.target import Target

T = TypeVar("T")
_DISTRUSTED = re.compile(r"certificate verify failed: (?P<why>[^(]*[^(\s])")
"""OpenSSL's text for an untrusted certificate, with the reason."""


class Cancelled(Exception):  # noqa: N818 - it is nobody's error
    """The end of a run by the user."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a proof.

    Args:
        evidence: The evidence; None if the proof failed.
        problem: What is wrong; empty if the proof passed.
        needs: The id of the failed proof that this one builds on; empty if the proof failed by itself.
        seconds: The proof's own time, without the time of the proofs that it builds on.
    """

    evidence: Evidence[Any] | None
    problem: str
    needs: str
    seconds: float


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    outcome: Outcome | None = None


class Run:
    """One run of proofs against one target; safe to use from many threads.

    Args:
        target: The live stack.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.cancelled = threading.Event()
        servers = (target.server_url, *(other.url for other in target.others))
        self.connections = Connections(
            (target.issuer, target.connection.url, *servers), self._end_if_cancelled, target.ca_files
        )
        self.http = self.connections.client()
        self.temporary = Temporary(self.session, (target.realm, "master"))
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}
        self._session: Session | None = None
        self._session_lock = threading.Lock()
        self.password_lock = threading.Lock()

    def session(self) -> Session:
        """Return the Admin API of the target's Keycloak."""
        from provision.keycloak.api.session import Session

        with self._session_lock:
            if self._session is None:
                self._session = Session(self.target.connection)
            return self._session

    def outcome(self, check: Check[Any]) -> Outcome:
        """Return the proof's outcome; run the proof first if it has not run yet."""
        with self._lock:
            slot = self._slots.setdefault(check.id, _Slot())
        with slot.lock:
            if slot.outcome is None:
                slot.outcome = self._run(check)
            return slot.outcome

    def end(self) -> None:
        """Remove the temporary objects and close the connections."""
        self.cancelled.clear()
        try:
            self.temporary.clean()
        finally:
            self.connections.close()

    def _run(self, check: Check[Any]) -> Outcome:
        context = Context(self)
        evidence: Evidence[Any] | None = None
        problem = needs = ""
        started = time.perf_counter()
        try:
            self._end_if_cancelled()
            evidence = check.run(context)
        except Unmet as unmet:
            problem, needs = unmet.detail, unmet.check
        except ProvisionError as error:
            problem = error.what
        except Cancelled:
            problem = "not finished"
        except httpx.HTTPError as error:
            problem = _no_answer(error)
        except Exception as error:  # noqa: BLE001 - a proof that breaks is a proof that fails; the text could hold a secret
            problem = f"the proof itself broke with {type(error).__name__} in {_place(error)}"
        return Outcome(evidence, problem, needs, time.perf_counter() - started - context.waited)

    def _end_if_cancelled(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled


class Context:
    """The surroundings of one proof.

    Args:
        run: The run that the proof is part of.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.target = run.target
        self.http = run.http
        self.temporary = run.temporary
        self.password_lock = run.password_lock
        self.waited = 0.0

    def need(self, check: Check[T]) -> T:
        """Return the value that another proof found.

        Raises:
            Unmet: The other proof failed.
        """
        started = time.perf_counter()
        outcome = self._run.outcome(check)
        self.waited += time.perf_counter() - started
        if outcome.evidence is None:
            raise Unmet(outcome.needs or check.id, outcome.problem)
        return cast("T", outcome.evidence.value)

    def session(self) -> Session:
        """Return the Admin API of the target's Keycloak."""
        return self._run.session()

    def browser(self) -> httpx.Client:
        """Return an HTTP client with an empty cookie jar of its own."""
        return self._run.connections.client()

    def sleep(self, seconds: float) -> None:
        """Wait, but end early if the user ends the run."""
        if self._run.cancelled.wait(max(seconds, 0.0)):
            raise Cancelled


def _no_answer(error: httpx.HTTPError) -> str:
    try:
        url = error.request.url.copy_with(query=None, fragment=None)
    except RuntimeError:
        return f"no answer ({type(error).__name__})"
    if found := _DISTRUSTED.search(str(error)):
        return f"the certificate of {url} is not trusted: {found['why']} (a private authority is named by caFile)"
    return f"no answer from {url} ({type(error).__name__})"


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_globals.get('__name__', 'an unknown module')}:{trace.tb_lineno}"
