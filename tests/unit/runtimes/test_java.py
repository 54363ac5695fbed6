"""Finding a Java."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision._lib.errors import ProvisionError
from provision.runtimes.process import java

if TYPE_CHECKING:
    from pathlib import Path


def _java(home: Path, version: str) -> Path:
    """A stand-in for a Java: its release file, and a program, which is not asked."""
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text(f'IMPLEMENTOR="Stand-in"\nJAVA_VERSION="{version}"\n')
    program = home / "bin" / "java"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    return home


def test_the_one_that_comes_with_the_toolkit_is_the_default(monkeypatch):
    monkeypatch.delenv("PROVISION_JAVA_HOME", raising=False)
    found = java.find()
    assert found.feature == 25
    assert found.executable.is_file()


def test_the_environment_chooses_another(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVISION_JAVA_HOME", str(_java(tmp_path / "java", "21.0.4")))
    assert java.find().version == "21.0.4"


def test_an_argument_beats_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVISION_JAVA_HOME", str(_java(tmp_path / "a", "21.0.4")))
    assert java.find(_java(tmp_path / "b", "17.0.1")).version == "17.0.1"


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2"])
def test_an_old_java_is_refused_with_its_version_and_place(tmp_path, version):
    home = _java(tmp_path / "java", version)
    with pytest.raises(ProvisionError) as caught:
        java.find(home)
    assert version in caught.value.what
    assert str(home) in caught.value.what
    assert "17" in caught.value.what


def test_a_folder_without_java_is_refused(tmp_path):
    with pytest.raises(ProvisionError, match="There is no bin/java"):
        java.find(tmp_path)


def test_another_build_of_the_same_version_has_another_identity(tmp_path):
    one, two = _java(tmp_path / "a", "25.0.2"), _java(tmp_path / "b", "25.0.2")
    for home, size in ((one, 10), (two, 20)):
        (home / "lib").mkdir()
        (home / "lib" / "modules").write_bytes(b"x" * size)
    assert java.find(one).build != java.find(two).build


@pytest.mark.parametrize(
    ("version", "number"), [("25.0.2", 25), ("1.8.0_402", 8), ("17", 17), ("unknown", 0)]
)
def test_the_feature_number_is_read_out_of_a_version(version, number):
    assert java.feature_of(version) == number
