"""Where Keycloak comes from, with stand-ins for GitHub and Maven."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent
from provision.keycloak.version import VERSION
from provision.runtimes.process import distribution, java

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def archive(tmp_path) -> Path:
    """A small stand-in for the distribution."""
    path = tmp_path / "stand-in.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"keycloak-{VERSION}/version.txt", f"Keycloak - Version {VERSION}")
        file.writestr(f"keycloak-{VERSION}/bin/kc.sh", "#!/bin/sh\n")
    return path


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path, archive):
    monkeypatch.setenv("PROVISION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("PROVISION_KEYCLOAK_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(distribution, "URL", "http://127.0.0.1:9/keycloak.zip")
    monkeypatch.setattr(distribution, "SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())
    (tmp_path / "bin").mkdir()


def _maven(tmp_path: Path, body: str) -> None:
    """A stand-in for Maven."""
    program = tmp_path / "bin" / "mvn"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def _maven_that_delivers(tmp_path: Path, archive: Path) -> None:
    _maven(
        tmp_path,
        'for option; do case "$option" in -Dmaven.repo.local=*) repo="${option#*=}";; esac; done\n'
        f'mkdir -p "$repo/org" && cp {archive} "$repo/org/keycloak-quarkus-dist-{VERSION}.zip"',
    )


def _unpack(tmp_path: Path) -> Path:
    folder = tmp_path / "prepared" / "keycloak"
    folder.parent.mkdir()
    distribution.unpack(folder, java.Java(tmp_path, "25", "build"), Silent())
    return folder


def test_a_zip_that_was_put_into_the_cache_by_hand_is_used(tmp_path, archive):
    distribution.archive().parent.mkdir(parents=True)
    archive.rename(distribution.archive())
    folder = _unpack(tmp_path)
    assert os.access(folder / "bin" / "kc.sh", os.X_OK)


def test_a_zip_in_the_cache_is_compared_each_time_before_it_is_unpacked(tmp_path, archive):
    kept = distribution.archive()
    kept.parent.mkdir(parents=True)
    kept.write_bytes(archive.read_bytes() + b"more")
    with pytest.raises(ProvisionError, match="is not the official zip") as refused:
        _unpack(tmp_path)
    assert "Remove it" in refused.value.do
    assert list((tmp_path / "prepared").iterdir()) == []


def test_without_github_it_comes_from_maven_and_stays_in_the_cache(tmp_path, archive):
    _maven_that_delivers(tmp_path, archive)
    began = time.monotonic()
    assert (_unpack(tmp_path) / "version.txt").is_file()
    assert time.monotonic() - began < 5
    assert distribution.archive().is_file()


def test_maven_gets_the_toolkits_java_where_there_is_no_other(tmp_path, archive, monkeypatch):
    _maven_that_delivers(tmp_path, archive)
    (tmp_path / "bin" / "mvn").write_text(
        (tmp_path / "bin" / "mvn").read_text() + f'\necho "$JAVA_HOME" > {tmp_path}/java_home\n'
    )
    which = distribution.shutil.which
    monkeypatch.setattr(distribution.shutil, "which", lambda name: None if name == "java" else which(name))
    _unpack(tmp_path)
    assert (tmp_path / "java_home").read_text().strip() == str(tmp_path)


def test_a_wrong_checksum_is_refused(tmp_path, archive, monkeypatch):
    monkeypatch.setattr(distribution, "SHA256", "0" * 64)
    _maven_that_delivers(tmp_path, archive)
    with pytest.raises(ProvisionError, match="checksum"):
        _unpack(tmp_path)
    assert not distribution.archive().exists()


def test_a_failure_of_maven_is_told_with_its_reason(tmp_path):
    _maven(tmp_path, 'echo "[ERROR] Could not resolve host"; exit 1')
    with pytest.raises(ProvisionError, match="Could not resolve host") as caught:
        _unpack(tmp_path)
    assert str(distribution.archive()) in caught.value.do


def test_without_maven_the_error_names_it_and_the_place_for_the_zip(tmp_path, monkeypatch):
    monkeypatch.setattr(distribution.shutil, "which", lambda _name: None)
    with pytest.raises(ProvisionError, match="Maven is not installed") as caught:
        _unpack(tmp_path)
    assert "apt-get install maven" in caught.value.do
    assert str(distribution.archive()) in caught.value.do


def test_a_folder_of_the_users_own_is_copied(tmp_path, monkeypatch):
    own = tmp_path / "own"
    (own / "data").mkdir(parents=True)
    (own / "version.txt").write_text(f"Keycloak - Version {VERSION}")
    monkeypatch.setenv("PROVISION_KEYCLOAK_HOME", str(own))
    folder = _unpack(tmp_path)
    assert (folder / "version.txt").is_file()
    assert not (folder / "data").exists(), "somebody's database is not ours"


def test_a_folder_with_another_version_is_refused(tmp_path, monkeypatch):
    (tmp_path / "version.txt").write_text("Keycloak - Version 25.0.0")
    monkeypatch.setenv("PROVISION_KEYCLOAK_HOME", str(tmp_path))
    with pytest.raises(ProvisionError, match=r"25\.0\.0"):
        distribution.override()


def test_a_folder_without_keycloak_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_KEYCLOAK_HOME", str(tmp_path))
    with pytest.raises(ProvisionError, match="no Keycloak"):
        distribution.override()
