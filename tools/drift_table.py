"""Write ``docs/drift-table.md`` from the list of changes that ``tests/integration/test_drift_table.py`` makes."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.support.changes_behind import CHANGES

PAGE = Path(__file__).parents[1] / "docs" / "drift-table.md"
_HEAD = """# Drift: what is seen and undone

Written by `python -m tools.drift_table` from the list in `tests/support/changes_behind.py`. A test makes each change alone, through the Admin API, in a realm as a
stack makes it. It fails unless the look of `provision drift` names the change, the option of `provision up` in the last column undoes it, and the next look
finds nothing.

The list holds what no field declares. Fields are compared too, see [drift.md](drift.md).

| object | change by somebody else | undone by |
|---|---|---|
"""


def page() -> str:
    """Return the page."""
    rows = [
        f"| {what} | {'; '.join(item.change for item in items)} | `up {option}` |"
        for (what, option), found in groupby(CHANGES, key=lambda item: (item.what, item.undone_by))
        if (items := list(found))
    ]
    return _HEAD + "\n".join(rows) + f"\n\n{len(CHANGES)} changes; all are seen, and all are undone.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
