"""``make keycloak VERSION=…``, and that the version stands in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provision._lib.errors import ProvisionError
from provision.keycloak.version import SHA256, VERSION
from provision.rules.helpers.keycloak_cves import Version, known
from tools import keycloak_version

ROOT = Path(__file__).parents[2]
TEXTS = {".json", ".md", ".py", ".pyi", ".toml", ".yaml"}
MEASURED = ("benchmarks/results/", "docs/decisions/")
"""Where a version is part of what was measured or done."""
HOLES = ("provision/rules/helpers/keycloak_cves.toml", "tests/unit/rules/test_known_facts.py")
"""Where it is part of what is known of a release."""


@pytest.fixture
def changing(monkeypatch, tmp_path):
    """A change in a repository of its own, without Maven; returns what programs were run."""
    file = tmp_path / keycloak_version.FILE
    file.parent.mkdir(parents=True)
    file.write_text((ROOT / keycloak_version.FILE).read_text())
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(keycloak_version, "ROOT", tmp_path)
    monkeypatch.setattr(keycloak_version, "fetch", lambda _version: "a" * 64)
    monkeypatch.setattr(keycloak_version, "_run", lambda *arguments: ran.append(arguments) or True)
    return ran


def test_the_version_stands_in_one_line():
    like_it = re.compile(re.escape(VERSION.rpartition(".")[0]) + r"\.[0-9]")
    files = [ROOT / "Makefile", ROOT / "README.md", *(ROOT / ".ci").iterdir()]
    for folder in ("benchmarks", "docs", "policies", "provision", "stacks", "tests", "tools"):
        files += [
            path for path in (ROOT / folder).rglob("*") if path.suffix in TEXTS or path.name == "Dockerfile"
        ]
    names = [str(path.relative_to(ROOT)) for path in files if like_it.search(path.read_text())]
    assert [name for name in names if not name.startswith((*MEASURED, *HOLES))] == [
        str(keycloak_version.FILE)
    ]


def test_the_versions_page_names_the_line_of_releases():
    page = (ROOT / "docs" / "keycloak-versions.md").read_text()
    assert f"| {VERSION.rpartition('.')[0]} | " in page
    older = re.search(r"^KEYCLOAK \?= (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert older is not None
    assert f"| {older[1]} | " in page


def test_no_hole_is_known_of_the_version():
    version = Version.of(VERSION)
    assert version is not None
    assert known().of(version) == ()


def test_a_change_writes_the_line_compares_and_tries(changing, capsys):
    keycloak_version.main(["99.1.2"])
    written = (keycloak_version.ROOT / keycloak_version.FILE).read_text()
    assert f'VERSION, SHA256 = "99.1.2", "{"a" * 64}"\n' in written
    assert SHA256 not in written
    compared, tried = changing
    assert compared[-1] == "compare"
    assert set(keycloak_version.TESTS) <= set(tried)
    said = capsys.readouterr().out
    assert f"it named {VERSION}" in said
    assert "keycloak_cves.toml" in said


def test_the_tests_that_it_runs_are_there():
    assert [name for name in keycloak_version.TESTS if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("failing", ["compare", "pytest"])
def test_what_failed_is_named_with_the_way_back(failing, changing, monkeypatch):
    monkeypatch.setattr(keycloak_version, "_run", lambda *arguments: failing not in arguments)
    with pytest.raises(SystemExit) as ended:
        keycloak_version.main(["99.1.2"])
    said = str(ended.value)
    assert ("change the constants" in said) is (failing == "compare")
    assert ("tests failed" in said) is (failing == "pytest")
    assert f"git checkout {keycloak_version.FILE} (to {VERSION})" in said


@pytest.mark.parametrize("text", ["26.7", "latest", "99.1.2-SNAPSHOT", "../99.1.2", ""])
def test_what_is_no_version_is_refused_and_nothing_changed(text, changing):
    with pytest.raises(SystemExit, match="is not a version of Keycloak"):
        keycloak_version.main([text] if text else [])
    assert changing == []
    assert VERSION in (keycloak_version.ROOT / keycloak_version.FILE).read_text()


def test_a_version_that_maven_does_not_serve_changes_nothing(monkeypatch, tmp_path):
    def refuses(*_arguments):
        return "Maven failed (Could not find artifact)"

    file = ROOT / keycloak_version.FILE
    before = file.read_text()
    monkeypatch.setenv("PROVISION_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(keycloak_version.distribution, "by_maven", refuses)
    with pytest.raises(SystemExit, match=r"Keycloak 99\.1\.2 could not be fetched: Maven failed .*") as ended:
        keycloak_version.main(["99.1.2"])
    assert "Nothing was changed" in str(ended.value)
    assert file.read_text() == before


def test_a_lost_line_is_an_error(tmp_path):
    file = tmp_path / "keycloak_version.py"
    file.write_text('VERSION = "1.2.3"\n')
    with pytest.raises(ProvisionError, match="has no line"):
        keycloak_version.write(file, "1.2.4", "a" * 64)
    assert file.read_text() == 'VERSION = "1.2.3"\n'
