"""The proofs as a whole: found by themselves, documented, in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provision._lib.errors import UsageError
from provision.verify import catalogue, checks, prove
from tests.unit.verify.samples import TARGET

PAGE = Path(__file__).parents[3] / "docs" / "verify.md"


def test_every_proof_has_a_section_in_the_docs_and_no_section_lacks_its_proof() -> None:
    headings = re.findall(r"^## (\S+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [name for name, _ in catalogue()]


def test_each_section_says_what_is_shown_and_what_to_do() -> None:
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        assert "*Shows:*" in section, section[:40]
        assert "*When it fails:*" in section, section[:40]


def test_every_module_in_proofs_is_one_proof() -> None:
    import provision.verify.proofs

    folder = Path(provision.verify.proofs.__path__[0])
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {check.run.__module__.rpartition(".")[2] for check in checks()} == modules


def test_a_module_is_named_after_its_proof() -> None:
    for check in checks():
        assert check.run.__module__.rpartition(".")[2] == check.id.replace("-", "_")


def test_every_proof_cites_where_its_rule_comes_from() -> None:
    for check in checks():
        assert re.search(r"RFC \d+ section|OAuth 2\.1 section|MCP \d{4}", check.run.__doc__ or ""), check.id


def test_an_unknown_proof_names_the_nearest_known_one() -> None:
    with pytest.raises(UsageError) as error:
        prove(TARGET, only=["refused-expire"])
    assert error.value.do == "Did you mean refused-expired?"


def test_a_target_shows_no_secret() -> None:
    assert "s-" not in repr(TARGET)
