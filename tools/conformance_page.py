"""A program that writes ``docs/conformance.md`` from the suite's results and the expected results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conformance.suite import Baseline, Finding, Scenario, Suite

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"

_HEAD = """\
<!-- Written by `make conformance WRITE=1`; do not edit. -->
# Conformance

`make conformance` runs the official suite, [`@modelcontextprotocol/conformance`](https://www.npmjs.com/package/@modelcontextprotocol/conformance)
{version}, against a throw-away stack whose server lets nobody in without a token: in front of it, a small proxy adds the token of a user who has
logged in. The number of requests is not limited there, since the suite sends more in a second than one user may. It takes about 20 seconds, and half a minute more the first time, when it installs the suite and the Node.js 22 that it needs; the machine
needs npm and Chromium.

The suite is made for test servers of SDKs. Many of its scenarios call tools, prompts and resources of its own, which this server does not have, so they
cannot pass. Each is named below with the reason and the number of its checks that pass all the same; one of these is that the messages have the right form.
A run fails when a check passes that is expected not to, and when any other does not. Scenarios that pass without showing what their name says are marked
*vacuous*, with what they do show.

"Required" is what the suite's own list requires of servers for that revision of the specification. Scenarios for clients do not apply: there is no client
here. Authorization itself is not in the suite's scenarios for servers: [`provision verify`](verify.md) proves it.
"""

_AUTHORIZATION = """
## The realm

The suite's scenarios for authorization servers, against the issuer of the provisioned realm. The client registers itself with a redirect to 127.0.0.1; the
login and the consent are done in a browser.

| scenario | 2025-11-25 | 2026-07-28 | |
|---|---|---|---|
"""


def page(
    suite: Suite, baseline: Baseline, server: Mapping[str, Finding], authorization: Mapping[str, Finding]
) -> str:
    """Return the text of the page.

    Args:
        suite: The suite that was run.
        baseline: The expected results.
        server: The results for the server, by revision.
        authorization: The results for the realm, by revision.
    """
    text = _HEAD.format(version=suite.version)
    for revision, finding in server.items():
        text += "".join(_server(suite, baseline, revision, finding))
    text += _AUTHORIZATION
    for name in sorted(next(iter(authorization.values())).scenarios):
        found = [_outcome(finding.scenarios[name]) for finding in authorization.values()]
        text += f"| {name} | {' | '.join(found)} | {baseline.reason(name)} |\n"
    return text


def _server(suite: Suite, baseline: Baseline, revision: str, finding: Finding) -> Iterator[str]:
    required, only_run = suite.required(revision)
    scenarios = [finding.scenarios[name] for name in (*required, *only_run)]
    passing = [item for item in scenarios if not item.not_passed]
    vacuous = [item for item in passing if item.name in baseline.vacuous]
    others = [item for item in scenarios if item.not_passed]
    yield f"\n## The server, revision {revision}\n\n"
    yield f"{len(scenarios)} scenarios, {len(required)} of them required: {len(passing) - len(vacuous)} pass, "
    yield f"{len(vacuous)} more pass vacuously, {len(others)} cannot pass.\n\n"
    names = {name: f"{name} (not required: {why})" for name, why in only_run.items()}
    yield "| passes | |\n|---|---|\n"
    for item in passing:
        why = f"vacuous: {baseline.vacuous[item.name]}" if item in vacuous else ""
        yield f"| {names.get(item.name, item.name)} | {why} |\n"
    yield "\n| cannot pass | why |\n|---|---|\n"
    for why, items in _by_reason(baseline, others).items():
        told = ", ".join(f"{names.get(item.name, item.name)} {_outcome(item)}" for item in items)
        yield f"| {told} | {why} |\n"


def _by_reason(baseline: Baseline, scenarios: list[Scenario]) -> dict[str, list[Scenario]]:
    found: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        found.setdefault(baseline.reason(scenario.name), []).append(scenario)
    return found


def _outcome(scenario: Scenario) -> str:
    """Return whether a scenario passes, or the number of its checks that do."""
    if not scenario.not_passed:
        return "passes"
    failed, passed = (
        sum(status in which for _, status in scenario.checks)
        for which in ({"FAILURE", "WARNING"}, {"SUCCESS"})
    )
    return f"{passed}/{passed + failed}"
