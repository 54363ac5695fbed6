"""The page of changes lists exactly the changes that the test makes."""

from __future__ import annotations

from tests.support.changes_behind import CHANGES
from tools.drift_table import PAGE, page


def test_the_page_lists_exactly_the_changes_of_the_test():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tools.drift_table"


def test_each_change_is_in_the_list_once():
    names = [(item.what, item.change) for item in CHANGES]
    assert len(names) == len(set(names))
