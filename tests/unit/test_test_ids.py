"""The comparison of two lists of tests."""

from __future__ import annotations

from tools.test_ids import differences, ids, main

_OLD = """\
tests/unit/test_a.py::test_stays
tests/unit/test_a.py::test_moves[x y]
tests/unit/test_a.py::test_goes[http://127.0.0.1:40001/]
tests/unit/test_a.py::test_port[http://127.0.0.1:40002/]

4 tests collected in 1.00s
"""
_NEW = """\
tests/unit/test_a.py::test_stays
tests/unit/test_b.py::test_moves[x y]
tests/unit/test_a.py::test_port[http://127.0.0.1:50002/]
tests/unit/test_a.py::test_comes
"""


def test_what_has_gone_moved_and_come_is_named():
    assert [*differences(ids(_OLD), ids(_NEW))] == [
        "moved  test_moves[x y]: tests/unit/test_a.py -> tests/unit/test_b.py",
        "gone   tests/unit/test_a.py::test_goes[http://127.0.0.1:*/]",
        "new    tests/unit/test_a.py::test_comes",
    ]


def test_of_two_that_have_the_same_id_one_that_goes_is_missed():
    twice = ids("tests/unit/test_a.py::test_x\ntests/unit/test_a.py::test_x\n")
    assert [*differences(twice, ids("tests/unit/test_a.py::test_x\n"))] == [
        "gone   tests/unit/test_a.py::test_x"
    ]


def test_it_fails_only_if_a_test_has_gone(tmp_path, capsys):
    for name, text in (("old", _OLD), ("new", _NEW)):
        (tmp_path / name).write_text(text)
    assert main([str(tmp_path / "old"), str(tmp_path / "new")]) == 1
    assert main([str(tmp_path / "old"), str(tmp_path / "old")]) == 0
    assert "test_goes" in capsys.readouterr().out
