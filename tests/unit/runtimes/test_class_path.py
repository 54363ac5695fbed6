"""Merging Keycloak's jars, tried on small jars made here."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from provision._lib.progress import Silent
from provision.runtimes.process import class_path

if TYPE_CHECKING:
    from pathlib import Path

# As in the file that Quarkus writes: names among binary data, in search order.
INDEX = b"\x00\x1fquarkus/generated-bytecode.jar\x01app/keycloak.jar\x00lib/main/org.lib-1.0.jar\x00lib/main/z.jar"


@pytest.fixture
def keycloak(tmp_path) -> Path:
    lib = tmp_path / "keycloak" / "lib"
    for name, content in {
        "quarkus/generated-bytecode.jar": {"a/A.class": "new", "application.properties": "first"},
        "app/keycloak.jar": {
            "META-INF/LICENSE": "long",
            "META-INF/services/S": "one",
            "META-INF/beans.xml": "1",
        },
        "lib/main/org.lib-1.0.jar": {
            "a/A.class": "old",
            "META-INF/services/S": "two",
            "META-INF/X.SF": "signed",
        },
        "lib/main/z.jar": {
            "a/": "",
            "b/B.class": "b",
            "application.properties": "second",
            "META-INF/beans.xml": "2",
        },
    }.items():
        (lib / name).parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(lib / name, "w") as jar:
            for path, text in content.items():
                jar.writestr(path, text)
    (lib / "quarkus" / "quarkus-application.dat").write_bytes(INDEX)
    return tmp_path / "keycloak"


def _merged(keycloak: Path, folder: Path) -> list[dict[str, str]]:
    with Silent().step("") as step:
        names = class_path.merge(keycloak, folder, step)
    jars = []
    for name in names:
        with zipfile.ZipFile(folder / name) as jar:
            jars.append({entry: jar.read(entry).decode() for entry in jar.namelist()})
    return jars


def _all(jars: list[dict[str, str]], name: str) -> list[str]:
    return [jar[name] for jar in jars if name in jar]


def test_the_jars_are_those_that_keycloak_itself_loads_in_its_order(keycloak):
    names = [str(jar.relative_to(keycloak)) for jar in class_path.members(keycloak)]
    assert names == [
        "lib/quarkus/generated-bytecode.jar",
        "lib/app/keycloak.jar",
        "lib/lib/main/org.lib-1.0.jar",
        "lib/lib/main/z.jar",
    ]


def test_the_first_class_of_a_name_hides_the_others(keycloak, tmp_path):
    assert _all(_merged(keycloak, tmp_path / "jars"), "a/A.class") == ["new"]


def test_service_files_are_joined(keycloak, tmp_path):
    (services,) = _all(_merged(keycloak, tmp_path / "jars"), "META-INF/services/S")
    assert services.split() == ["one", "two"]


def test_other_files_of_one_name_are_all_kept_in_order(keycloak, tmp_path):
    jars = _merged(keycloak, tmp_path / "jars")
    assert _all(jars, "META-INF/beans.xml") == ["1", "2"]
    assert _all(jars, "application.properties") == ["first", "second"]


def test_settings_are_not_in_the_big_jar(keycloak, tmp_path):
    assert "application.properties" not in _merged(keycloak, tmp_path / "jars")[0]


def test_signatures_and_licences_are_left_out(keycloak, tmp_path):
    jars = _merged(keycloak, tmp_path / "jars")
    assert not _all(jars, "META-INF/X.SF")
    assert not _all(jars, "META-INF/LICENSE")
    assert all("Multi-Release: true" in jar[class_path.MANIFEST] for jar in jars)
