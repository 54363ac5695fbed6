"""What makes a prepared Keycloak usable; making one is the integration tests' business."""

from __future__ import annotations

import json

import pytest

from provision.runtimes.process import java, preparation


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A stand-in for a prepared folder: the index and the files that it names."""
    monkeypatch.setenv("PROVISION_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("PROVISION_KEYCLOAK_HOME", raising=False)
    folder = preparation._folder(java.find(), ())
    folder.mkdir(parents=True)
    (folder / "start.aot").write_text("cache")
    (folder / "java.args").write_text("")
    (folder / preparation.INDEX).write_text(json.dumps({"start.aot": 5, "java.args": 0}))
    return folder


def test_a_whole_folder_is_found(folder):
    found = preparation.find()
    assert found is not None
    assert found.folder == folder
    assert found.has_aot_cache


@pytest.mark.parametrize("damage", ["missing", "cut short", "no index", "broken index"])
def test_a_damaged_folder_is_not_believed(folder, damage):
    {
        "missing": (folder / "java.args").unlink,
        "cut short": lambda: (folder / "start.aot").write_text("ca"),
        "no index": (folder / preparation.INDEX).unlink,
        "broken index": lambda: (folder / preparation.INDEX).write_text("{"),
    }[damage]()
    assert preparation.find() is None


def test_other_features_are_another_preparation(folder):
    assert preparation.find(("token-exchange",)) is None


def test_without_any_java_nothing_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVISION_JAVA_HOME", str(tmp_path))
    assert preparation.find() is None


def test_a_start_from_the_cache_names_it(folder, tmp_path):
    found = preparation.find()
    assert found is not None
    assert f"-XX:AOTCache={folder / 'start.aot'}" in found.command(tmp_path, 8080)
