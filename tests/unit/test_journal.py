"""What is remembered of a run that was cut off."""

import json
import threading

import pytest

from provision._lib.errors import ProvisionError
from provision.provider.journal import Entry, Journal, file_of, files_of, forget, keys, settle


@pytest.fixture
def file(tmp_path):
    return file_of(tmp_path / "journals", "file:///state", "shop", "dev", "http://localhost:8080")


def test_a_later_run_recalls_how_far_an_earlier_one_came(file):
    first = Journal(file)
    first.note("a", "begun")
    first.note("b", "begun")
    first.note("b", "made")
    first.note("c", "adopted", {"description": "théirs"})
    later = Journal(file)
    assert [later.recall(key) for key in "abcd"] == [
        Entry("begun"),
        Entry("made"),
        Entry("adopted", {"description": "théirs"}),
        None,
    ]


def test_what_this_very_run_noted_is_not_of_an_earlier_one(file):
    journal = Journal(file)
    journal.note("a", "made")
    assert journal.recall("a") is None


def test_a_line_that_was_cut_off_is_passed_over(file):
    Journal(file).note("a", "made")
    with file.open("a") as stream:
        stream.write('{"key":"b","st')
    later = Journal(file)
    assert later.recall("a") == Entry("made")
    assert later.recall("b") is None


@pytest.mark.parametrize("rest", [b'{"key":"b","st', b"\xff\xfe", b'{"key":"b","step":"made"}'])
def test_an_entry_after_a_line_that_was_cut_off_begins_a_line_of_its_own(file, rest):
    Journal(file).note("a", "made")
    with file.open("ab") as stream:
        stream.write(rest)
    Journal(file).note("c", "adopted", {"x": 1})
    later = Journal(file)
    assert later.recall("a") == Entry("made")
    assert later.recall("c") == Entry("adopted", {"x": 1})
    assert b"\n\n" not in file.read_bytes()


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'"a"',
        b"7",
        b"{}",
        b'{"step":"made"}',
        b'{"key":["a"],"step":"made"}',
        b'{"key":"a","step":"eaten"}',
        b'{"key":"a","step":null}',
        b"[" * 100,
    ],
)
def test_what_is_no_entry_is_skipped_and_takes_nothing_away(file, line):
    Journal(file).note("a", "made")
    with file.open("ab") as stream:
        stream.write(line + b"\n")
    assert Journal(file).recall("a") == Entry("made")


def test_the_settings_of_a_damaged_entry_are_not_handed_on(file):
    file.parent.mkdir()
    file.write_text('{"key":"a","step":"adopted","before":"text"}\n')
    assert Journal(file).recall("a") == Entry("adopted")


def test_what_the_state_has_is_dropped_and_an_empty_journal_leaves_no_file(file):
    Journal(file).note("a", "made")
    later = Journal(file)
    assert later.holds_entries
    later.drop("a")
    later.tidy()
    assert not file.exists()


def test_tidying_keeps_what_still_stands(file):
    first = Journal(file)
    for key in "abc":
        first.note(key, "begun")
        first.note(key, "made")
    later = Journal(file)
    later.drop("b")
    later.tidy()
    assert len(file.read_text().splitlines()) == 2
    assert Journal(file).recall("c") == Entry("made")
    assert list(file.parent.iterdir()) == [file]


def test_what_is_removed_is_forgotten_even_when_the_run_is_killed_then(file):
    Journal(file).note("a", "made")
    Journal(file).drop("a", for_good=True)  # and never tidied
    assert Journal(file).recall("a") is None


def test_nobody_else_may_read_it(file):
    Journal(file).note("a", "adopted", {"x": 1})
    assert file.stat().st_mode & 0o077 == 0
    later = Journal(file)
    later.tidy()
    assert file.stat().st_mode & 0o077 == 0


def test_many_threads_lose_no_entry(file):
    journal = Journal(file)

    def work(start):
        for number in range(start, start + 50):
            journal.note(str(number), "made")

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 400, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 400


def test_without_a_file_nothing_is_written(tmp_path):
    journal = Journal()
    journal.note("a", "made")
    journal.tidy()
    assert list(tmp_path.iterdir()) == []


def test_a_stack_that_is_removed_leaves_no_journal_of_any_keycloak(tmp_path):
    own = [file_of(tmp_path, "file:///state", "shop", "dev", place) for place in ("", "http://localhost:1")]
    others = [
        file_of(tmp_path, "file:///state", "shop", "test", ""),
        file_of(tmp_path, "file:///elsewhere", "shop", "dev", ""),
    ]
    for file in (*own, *others):
        Journal(file).note("a", "made")
    forget(tmp_path, "file:///state", "shop", "dev")
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_the_objects_of_all_journals_of_a_stack_are_told(tmp_path):
    for number, stack in enumerate(("dev", "dev", "test")):
        Journal(file_of(tmp_path, "file:///state", "shop", stack, f"http://localhost:{number}")).note(
            f"{stack}{number}", "made"
        )
    found = files_of(tmp_path, "file:///state", "shop", "dev")
    assert {key for file in found for key in keys(file)} == {"dev0", "dev1"}
    assert keys(tmp_path / "gone") == frozenset()


def test_what_a_completed_run_did_not_take_up_is_dropped_and_named(tmp_path):
    file = tmp_path / "journal"
    journal = Journal(file)
    for key in ("made here", "left behind", "begun here"):
        journal.note(key, "begun")
    assert settle([file], {"made here", "begun here"}) == ["left behind"]
    assert keys(file) == {"made here", "begun here"}
    assert settle([file], {"made here", "begun here"}) == []
    assert sorted(settle([file], ())) == ["begun here", "made here"]
    assert not file.exists()


def test_a_journal_that_can_not_be_written_names_its_file(tmp_path):
    journal = Journal(tmp_path / "journals" / "a.jsonl")
    (tmp_path / "journals").write_text("no folder")
    with pytest.raises(ProvisionError, match=r"The journal .*a\.jsonl can't be written: Not a directory"):
        journal.note("key", "begun")
