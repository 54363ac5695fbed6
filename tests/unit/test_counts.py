"""Numbers of things in what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import provision
from provision._lib.counts import counted

_PACKAGE = Path(provision.__file__).parent
_BARE = re.compile(r"\{len\([^{}]*\)\} [a-z]+s\b")
_NEVER_ONE = {
    "cli/backup.py": "characters of a passphrase that is too short",
    "config/project.py": "more than the greatest number of characters",
    "rules/checks/scopes/scope_of_two_servers.py": "two or more",
    "rules/sources/export.py": "none or several",
}


def test_one_has_no_plural():
    assert counted(1, "finding") == "1 finding"
    assert [counted(number, "finding") for number in (0, 2)] == ["0 findings", "2 findings"]
    assert counted(1, "proof holds", "proofs hold") == "1 proof holds"
    assert counted(18, "proof holds", "proofs hold") == "18 proofs hold"


def test_nothing_else_puts_a_plural_after_a_number():
    found = {
        str(file.relative_to(_PACKAGE)) for file in _PACKAGE.rglob("*.py") if _BARE.search(file.read_text())
    }
    assert found == _NEVER_ONE.keys()
