"""What the tests need is looked at before they begin. Stand-ins on PATH take the place of the programs."""

from __future__ import annotations

import os

import pytest

from tests.support import requirements
from tests.support.requirements import ALL_REQUIRED, REQUIREMENTS, main, missing, provide

_PROGRAMS = {
    "make": ["make"],
    "Python's venv module": ["python3"],
    "Maven": ["mvn"],
    "Chromium with its driver": ["chromium", "chromedriver"],
    "Docker": ["docker", "dockerd"],
    "iptables": ["iptables"],
    "A static busybox": [],
    "debootstrap": ["debootstrap"],
    "npm": ["npm"],
}
_FINE, _FAILS = "#!/bin/sh\n", "#!/bin/sh\nexit 1\n"
_INSTALLS = """#!/bin/sh
PATH=/bin:/usr/bin
echo "$@" >> {folder}/installed
case "$1" in install) cp -r {folder}/gone/. {folder}/bin;; esac
"""


class Machine:
    """A machine whose PATH leads to stand-ins only, and which has no network and nothing in its cache."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self._patch = monkeypatch
        for name in ("bin", "gone"):
            (folder / name).mkdir()
        for name in {name for names in _PROGRAMS.values() for name in names}:
            self.put(name)
        self.put("docker", _FAILS)  # no daemon answers
        monkeypatch.setenv("PATH", str(folder / "bin"))
        monkeypatch.setenv("PROVISION_CACHE_DIR", str(folder / "cache"))
        monkeypatch.delenv(ALL_REQUIRED, raising=False)
        monkeypatch.setattr(requirements, "_answers", lambda url: False)
        monkeypatch.setattr(requirements, "BUSYBOX", folder / "busybox")
        (folder / "busybox").write_bytes(b"\x7fELF, static")
        self.become(root=False)

    def put(self, name, text=_FINE, folder="bin"):
        file = self.folder / folder / name
        file.write_text(text)
        file.chmod(0o755)

    def become(self, *, root):
        self._patch.setattr(os, "geteuid", lambda: 0 if root else 1000)

    def lose(self, name):
        """Take a requirement away; apt-get, where it is, can bring its programs back."""
        if name == "A static busybox":
            (self.folder / "busybox").unlink()
        for program in _PROGRAMS[name]:
            (self.folder / "bin" / program).replace(self.folder / "gone" / program)
        if name == "Python's venv module":
            self.put("python3", _FAILS)

    def give_apt(self):
        self.put("apt-get", _INSTALLS.format(folder=self.folder))

    @property
    def installed(self):
        file = self.folder / "installed"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def test_the_stand_ins_are_of_every_requirement():
    assert [*_PROGRAMS] == [item.name for item in REQUIREMENTS]


def test_a_machine_that_has_everything_lacks_nothing(machine):
    assert missing() == []


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.name)
def test_one_that_is_missing_is_named_with_what_is_skipped_and_what_installs_it(machine, capsys, requirement):
    machine.lose(requirement.name)
    assert missing() == [requirement]
    assert main(["--packages"]) == 0
    said = capsys.readouterr().err
    assert said.count("is missing") == 1
    assert requirement.needed_for in said
    assert f"apt-get install --no-install-recommends {' '.join(requirement.packages)}\n" in said


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.name)
def test_where_nothing_may_be_skipped_one_that_is_missing_ends_the_run(
    machine, monkeypatch, capsys, requirement
):
    machine.lose(requirement.name)
    monkeypatch.setenv(ALL_REQUIRED, "1")
    assert main(["--packages"]) == 1
    assert requirement.complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "requirement", [item for item in REQUIREMENTS if _PROGRAMS[item.name]], ids=lambda item: item.name
)
def test_root_gets_it_installed(machine, requirement):
    machine.lose(requirement.name)
    machine.give_apt()
    machine.become(root=True)
    assert provide() == []
    assert machine.installed == [
        "update -qq",
        f"install -y -qq --no-install-recommends {' '.join(sorted(requirement.packages))}",
    ]


def test_what_apt_cannot_install_is_missing_still_and_its_words_are_shown(machine, capsys):
    machine.lose("npm")
    machine.put("apt-get", "#!/bin/sh\necho 'E: no such mirror' >&2\nexit 100\n")
    machine.become(root=True)
    assert [item.name for item in provide()] == ["npm"]
    assert "apt-get update failed: E: no such mirror" in capsys.readouterr().err


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.name)
def test_a_run_asks_for_what_it_needs_alone(machine, requirement):
    machine.lose(requirement.name)
    for run in (requirements.SETUP, requirements.TEST, requirements.CONFORMANCE):
        assert missing(run) == ([requirement] if run in requirement.runs else [])


def test_a_daemon_that_answers_needs_no_other_and_no_iptables(machine):
    machine.lose("iptables")
    (machine.folder / "bin" / "dockerd").unlink()
    machine.put("docker")
    assert missing() == []


def test_a_busybox_that_needs_a_loader_is_not_a_static_one(machine):
    (machine.folder / "busybox").write_bytes(b"\x7fELF /lib64/ld-linux-x86-64.so.2")
    assert [item.name for item in missing()] == ["A static busybox"]


def test_what_is_in_the_cache_or_in_reach_needs_no_program_that_makes_it(machine, monkeypatch):
    machine.lose("debootstrap")
    machine.lose("Maven")
    monkeypatch.setattr(requirements, "_answers", lambda url: True)
    assert missing() == []


def test_a_test_is_skipped_for_want_of_it_with_the_same_words(machine):
    machine.lose("npm")
    with pytest.raises(pytest.skip.Exception, match=r"npm is missing\. .* apt-get install"):
        requirements.need("npm")


def test_a_test_fails_for_want_of_it_where_nothing_may_be_skipped(machine, monkeypatch):
    machine.lose("npm")
    monkeypatch.setenv(ALL_REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match="npm is missing"):
        requirements.need("npm")


def test_nothing_else_installs_packages_for_the_tests():
    from pathlib import Path

    script = (Path(__file__).parents[2] / ".ci" / "run").read_text()
    assert "tests.support.requirements --packages" in script
    assert "apt-get" not in script
