"""The table of what was killed, and when, at the end of ``make chaos``."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_CASES: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the outcomes of the cases by step and fault."""
    case = dict(report.user_properties)
    if "step" in case and (report.when == "call" or report.failed):
        _CASES[str(case["step"]), str(case["fault"])][report.outcome] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table: how many cases of each step and fault converged."""
    if not _CASES:
        return
    steps, faults = (list(dict.fromkeys(key[place] for key in _CASES)) for place in (0, 1))
    width = max(len(fault) for fault in faults) + 2
    terminalreporter.section("commands that were interrupted: converged of tried")
    terminalreporter.write_line(" " * 22 + "".join(f"{fault:>{width}}" for fault in faults))
    for step in steps:
        cells = []
        for fault in faults:
            found = _CASES.get((step, fault), Counter())
            cell = f"{found['passed']} of {found.total()}" if found else ""
            cells.append(f"{cell:>{width}}")
        terminalreporter.write_line(f"{step:<22}" + "".join(cells))
