"""What somebody may have meant."""

from __future__ import annotations

import pytest

from provision._lib.suggest import command_for, nearest
from provision.cli.main import _COMMANDS, _SYNONYMS


def test_the_name_that_is_most_like_it_is_the_nearest():
    assert nearest("verfy", ["preview", "verify", "status"]) == "verify"


def test_a_name_that_is_like_none_has_no_nearest():
    assert nearest("zzz", ["preview", "verify"]) is None
    assert nearest("abc", ["abxyz"]) is None
    assert nearest("abc", ["abxyz"], cutoff=0.5) == "abxyz"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ls", "status"),
        ("list", "status"),
        ("token", None),
        ("clean", "down"),
        ("destroy", "down"),
        ("apply", "up"),
        ("deploy", "up"),
        ("plan", "preview"),
        ("diff", "drift"),
        ("version", "--version"),
        ("inspect", None),
        ("upp", "up"),
        ("dow", "down"),
        ("los", "logs"),
        ("lo", None),  # not logs
        ("verfy", "verify"),
        ("zzzz", None),
    ],
)
def test_the_command_that_somebody_meant(typed, meant):
    assert command_for(typed, _COMMANDS, _SYNONYMS) == meant


def test_each_synonym_is_no_command_and_names_one():
    assert not _SYNONYMS.keys() & set(_COMMANDS)
    assert {name.split()[0] for name in _SYNONYMS.values() if name} <= {*_COMMANDS, "--version", "--help"}
