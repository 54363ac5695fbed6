"""Entries that are added to a stack file: every line that was there stays as it was written."""

from __future__ import annotations

import pytest

from provision._lib.errors import UsageError
from provision.config.yaml_file import load
from provision.config.yaml_insertion import insert

_OBJECTS = ("config", "provision:objects")
_WAIVERS = ("config", "provision:rules", "waivers")
_NEW = {"type": "RealmRole", "name": "new: #1"}


def _inserted(tmp_path, text, path=_OBJECTS, items=(_NEW,)):
    """Return the text of a file after the entries were added."""
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_bytes(text.encode())
    insert(file, {path: items})
    return file.read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "# head\nconfig:\n  provision:objects: # mine\n    - type: Realm\n      name: acme # why\n\n  # tail\n  provision:mcp: false\n",
            "# head\nconfig:\n  provision:objects: # mine\n    - type: Realm\n      name: acme # why\n"
            "    - type: RealmRole\n      name: 'new: #1'\n\n  # tail\n  provision:mcp: false\n",
            id="between others",
        ),
        pytest.param(
            "config:\n  provision:objects:\n  - type: Realm\n    tags: [a,\n      b]",
            "config:\n  provision:objects:\n  - type: Realm\n    tags: [a,\n      b]\n"
            "  - type: RealmRole\n    name: 'new: #1'\n",
            id="at the end of a file without a line break",
        ),
        pytest.param(
            "config:\n  provision:objects:\n    - type: Realm\n      text: |\n        a\n\n        b\n\n  provision:mcp: false\n",
            "config:\n  provision:objects:\n    - type: Realm\n      text: |\n        a\n\n        b\n\n"
            "    - type: RealmRole\n      name: 'new: #1'\n  provision:mcp: false\n",
            id="after a text of several lines",
        ),
        pytest.param(
            "config:\n  provision:objects:\n    - type: Realm\n      text: a\n        b\n      none:\n  x:y: 1\n",
            "config:\n  provision:objects:\n    - type: Realm\n      text: a\n        b\n      none:\n"
            "    - type: RealmRole\n      name: 'new: #1'\n  x:y: 1\n",
            id="after an empty value",
        ),
        pytest.param(
            "config: {} # nothing yet\nencryptionsalt: x\n",
            "config: # nothing yet\n  provision:objects:\n    - type: RealmRole\n      name: 'new: #1'\nencryptionsalt: x\n",
            id="in an empty mapping",
        ),
        pytest.param(
            "config:\n  provision:objects: [] # none\n  provision:mcp: false\n",
            "config:\n  provision:objects: # none\n    - type: RealmRole\n      name: 'new: #1'\n  provision:mcp: false\n",
            id="in an empty list",
        ),
        pytest.param(
            "config:\n  provision:objects:\n",
            "config:\n  provision:objects:\n    - type: RealmRole\n      name: 'new: #1'\n",
            id="where nothing is",
        ),
        pytest.param(
            "config:\n    a:b: 1\n    c:d: # e\n    # f\n",
            "config:\n    a:b: 1\n    c:d: # e\n    provision:objects:\n      - type: RealmRole\n        name: 'new: #1'\n    # f\n",
            id="where the key is missing",
        ),
        pytest.param(
            "config: {provision:objects: [{type: Realm}]}\n",
            "config: {provision:objects: [{type: Realm}, {type: RealmRole, name: 'new: #1'}]}\n",
            id="in brackets",
        ),
        pytest.param(
            "# only a comment\n",
            "# only a comment\nconfig:\n  provision:objects:\n    - type: RealmRole\n      name: 'new: #1'\n",
            id="in an empty file",
        ),
    ],
)
def test_entries_come_last_and_no_other_line_changes(tmp_path, before, after):
    assert _inserted(tmp_path, before) == after
    windows = tmp_path / "windows"
    windows.mkdir()
    assert _inserted(windows, _as_on_windows(before)) == _as_on_windows(after)


def _as_on_windows(text):
    return "\ufeff" + text.replace("\n", "\r\n")


def test_keys_on_the_way_to_a_list_are_made(tmp_path):
    waiver = {"rule": "a", "resource": "client x", "expires": "2027-01-31"}
    text = "config:\n  provision:rules:\n    levels: {b: advisory}\n"
    after = _inserted(tmp_path, text, _WAIVERS, (waiver,))
    assert after.startswith(text + "    waivers:\n      - rule: a\n        resource: client x\n")
    assert load(tmp_path / "Pulumi.dev.yaml")["config"]["provision:rules"]["waivers"] == [waiver]


def test_nothing_to_add_leaves_the_file_alone(tmp_path):
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config: {}\n")
    file.chmod(0o400)
    insert(file, {_OBJECTS: []})
    assert file.read_text() == "config: {}\n"


@pytest.mark.parametrize(
    "text",
    [
        'config:\n  provision:objects: \'[{"type": "Realm"}]\'\n',
        "config: {provision:objects: [{type: Realm},]}\n",
        "config: {a:b: 1}\n",
        "config:\n  provision:objects: {type: Realm}\n",
    ],
    ids=["text", "a comma at the end", "mapping in brackets", "mapping"],
)
def test_a_list_that_can_not_take_an_entry_is_refused_and_the_file_unchanged(tmp_path, text):
    with pytest.raises(UsageError, match="no entry can be added to provision:objects") as raised:
        _inserted(tmp_path, text)
    assert raised.value.do
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == text
