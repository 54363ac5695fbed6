"""Lines for people: how they are laid out."""

from __future__ import annotations

import pytest

from provision._lib.styled_text import laid_out, plain, printable

PARAGRAPH = (4, "  ", ("✗ ", "red"), ("one two three", "bold"), " four ", ("five", "dim"))


def test_a_line_that_fits_stays_as_it_is():
    assert [*laid_out([PARAGRAPH], 40)] == [PARAGRAPH[1:]]


def test_further_lines_hang_and_keep_their_styles():
    assert [*laid_out([PARAGRAPH], 14)] == [
        ("  ", ("✗ ", "red"), ("one two", "bold")),
        ("    ", ("three", "bold"), " four"),
        ("    ", ("five", "dim")),
    ]


@pytest.mark.parametrize("width", range(1, 60))
def test_no_word_is_lost_at_any_width(width):
    shown = " ".join(plain(line) for line in laid_out([PARAGRAPH], width))
    assert shown.split() == plain(PARAGRAPH[1:]).split()


def test_a_word_that_is_too_long_stays_whole_and_indented():
    assert [*map(plain, laid_out([(2, "  https://example.org/a/long/path")], 10))] == [
        "  https://example.org/a/long/path"
    ]


def test_a_paragraph_without_text_is_an_empty_line():
    assert [*laid_out([(0, "a"), (0, ""), (0, "b")], 10)] == [("a",), (), ("b",)]


def test_what_a_terminal_would_obey_is_shown_as_a_sign():
    assert printable("a\x1b[2J\r\u202eb\n") == "a�[2J��b�"
    assert printable("a\n\x07", besides="\n") == "a\n�"
