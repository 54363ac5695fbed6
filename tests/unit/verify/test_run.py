"""How proofs run: together, each once, with what they build on."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from provision import verify
from provision.verify import Proof, prove
from provision.verify.check import Check, Evidence
from provision.verify.errors import Failed
from tests.unit.verify.samples import TARGET

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.verify.context import Context


def proof(name: str, run: Callable[[Context], Any]) -> Check[Any]:
    return Check(name, f"Title of {name}", 1, run)


def run_all(monkeypatch: pytest.MonkeyPatch, *checks: Check[Any], **more: Any) -> dict[str, Proof]:
    monkeypatch.setattr(verify, "checks", lambda: checks)
    return {result.id: result for result in prove(TARGET, **more)}


def test_what_another_proof_found_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def look(_: Context) -> Evidence[int]:
        runs.append(1)
        time.sleep(0.05)
        return Evidence("found", 42)

    base = proof("base", look)
    users = [proof(f"user-{n}", lambda context: Evidence(str(context.need(base)), None)) for n in range(5)]
    results = run_all(monkeypatch, *users, base)
    assert [result.detail for result in results.values()] == ["42"] * 5 + ["found"]
    assert len(runs) == 1


def test_a_failed_prerequisite_is_named_and_its_reason_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Context) -> Evidence[int]:
        raise Failed("the reason")

    base = proof("base", fail)
    middle = proof("middle", lambda context: Evidence("", context.need(base)))
    top = proof("top", lambda context: Evidence("", context.need(middle)))
    results = run_all(monkeypatch, base, middle, top)
    assert results["base"].detail == "the reason"
    assert results["middle"].detail == "needs base, which failed"
    assert results["top"].detail == "needs base, which failed"
    assert not any(result.ok for result in results.values())
    alone = run_all(monkeypatch, base, middle, top, only=["top"])
    assert alone["top"].detail == "needs base, which failed: the reason"


def test_a_proof_that_breaks_fails_without_showing_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: Context) -> Evidence[None]:
        raise KeyError("eyJhbGciOiJub25lIn0.e30.")

    result = run_all(monkeypatch, proof("broken", crash))["broken"]
    assert result.detail.startswith("the proof itself broke with KeyError in ")
    assert "eyJ" not in result.detail


def test_a_detail_is_one_short_line_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkZW1vIn0.c2lnbmF0dXJl"

    def talk(_: Context) -> Evidence[None]:
        raise Failed(f"first\nsecond {token} and {TARGET.demo_password} {'x' * 500}")

    detail = run_all(monkeypatch, proof("chatty", talk))["chatty"].detail
    assert detail.startswith("first second [token] and [secret] xxx")
    assert len(detail) == 300


def test_results_come_in_order_in_the_calling_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: Context) -> Evidence[None]:
        time.sleep(0.1)
        return Evidence("", None)

    seen: list[tuple[str, str]] = []
    run_all(
        monkeypatch,
        proof("slow", slow),
        proof("fast", lambda _: Evidence("", None)),
        on_proof=lambda result: seen.append((result.id, threading.current_thread().name)),
    )
    here = threading.current_thread().name
    assert seen == [("slow", here), ("fast", here)]


def test_a_proofs_seconds_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: Context) -> Evidence[None]:
        time.sleep(0.2)
        return Evidence("", None)

    base = proof("base", slow)
    results = run_all(monkeypatch, proof("user", lambda c: Evidence("", c.need(base))), base)
    assert results["user"].seconds < 0.1
    assert results["base"].seconds >= 0.2


def test_an_interrupt_ends_the_waiting_proofs_and_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned: list[str] = []

    def wait(context: Context) -> Evidence[None]:
        from provision.verify.temporary import Kind

        context.temporary.remove_later(Kind.CLIENT, "a thing", lambda: cleaned.append("a thing"))
        context.sleep(30)
        return Evidence("", None)

    def interrupt(_: Proof) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_all(
            monkeypatch,
            proof("quick", lambda context: context.sleep(0.1) or Evidence("", None)),
            proof("waiting", wait),
            on_proof=interrupt,
        )
    assert time.monotonic() - started < 5
    assert cleaned == ["a thing"]


def test_one_removal_that_fails_keeps_no_other_from_running(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gone: list[str] = []

    def make(context: Context) -> Evidence[None]:
        from provision.verify.temporary import Kind

        def refuse() -> None:
            raise Failed("no permission")

        context.temporary.remove_later(Kind.SESSION, "the first", refuse)
        context.temporary.remove_later(Kind.CLIENT, "the second", lambda: gone.append("second"))
        return Evidence("", None)

    assert run_all(monkeypatch, proof("making", make))["making"].ok
    assert gone == ["second"]
    assert "the first could not be removed (no permission); the next run removes it" in caplog.text


def test_a_target_over_https_trusts_the_systems_certificates() -> None:
    from provision.verify.context import Run

    run = Run(replace(TARGET, issuer="https://login.example.org/realms/mcp"))
    run.end()
