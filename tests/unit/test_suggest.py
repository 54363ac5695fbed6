"""What somebody may have meant."""

from __future__ import annotations

from provision._lib.suggest import nearest


def test_the_name_that_is_most_like_it_is_the_nearest():
    assert nearest("verfy", ["preview", "verify", "status"]) == "verify"


def test_a_name_that_is_like_none_has_no_nearest():
    assert nearest("zzz", ["preview", "verify"]) is None
    assert nearest("abc", ["abxyz"]) is None
    assert nearest("abc", ["abxyz"], cutoff=0.5) == "abxyz"
