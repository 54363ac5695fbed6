"""The package as it is released: built from its sdist, installed beside nothing of this repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.release import BUILD_REQUIREMENTS

_PROJECT = Path(__file__).parents[2]
_VERSION = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["project"]["version"]
_UV = Path(sys.executable).with_name("uv")


def _run(*command, cwd):
    outside = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        command, cwd=cwd, env=outside, capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    constraints = ("--build-constraints", _PROJECT / BUILD_REQUIREMENTS, "--require-hashes")
    _run(_UV, "build", "--quiet", *constraints, "--out-dir", folder, _PROJECT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    return built / f"mcp_provision-{_VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheel):
    """The folder of programs of an environment with the wheel; what the wheel needs is borrowed from this one."""
    place = tmp_path_factory.mktemp("environment")
    _run(_UV, "venv", "--quiet", "--python", sys.executable, place / "env", cwd=place)
    python = place / "env" / "bin" / "python"
    _run(
        *(_UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel),
        cwd=place,
    )
    packages = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place).strip()
    # The last place to look at, and no editable install works through a .pth file.
    Path(packages, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    files = {
        str(path.relative_to(_PROJECT))
        for path in (_PROJECT / "provision").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = f"mcp_provision-{_VERSION}.dist-info"
    assert {name for name in names if not name.startswith(f"{about}/")} == files
    assert {f"{about}/licenses/LICENSE", f"{about}/entry_points.txt"} <= names


def test_the_sdist_holds_what_a_release_is_made_of(built):
    with tarfile.open(built / f"mcp_provision-{_VERSION}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "uv.lock", "LICENSE", "CHANGELOG.md", str(BUILD_REQUIREMENTS)} <= names
    assert not {name for name in names if name.startswith((".venv/", "dist/", ".git/"))}


def test_the_installed_package_is_the_wheels_and_tells_its_version(installed, tmp_path):
    code = "import provision, importlib.metadata as m; print(provision.__file__); print(m.version('mcp-provision'))"
    place, version = _run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert Path(place).is_relative_to(installed.parent)
    assert version == _VERSION
    assert _run(installed / "provision", "--version", cwd=tmp_path) == f"provision, version {_VERSION}\n"


def test_help_schema_and_rules_work_outside_the_repository(installed, tmp_path):
    assert "\n  up " in _run(installed / "provision", "--help", cwd=tmp_path)
    assert json.loads(_run(installed / "provision", "schema", cwd=tmp_path))["title"] == "StackConfig"
    assert "keycloak-version" in _run(installed / "provision", "rules", cwd=tmp_path)
    pulumi = json.loads(_run(installed / "provision", "schema", "--pulumi", cwd=tmp_path))
    assert pulumi["version"] == _VERSION
    assert "provision:keycloak:Realm" in pulumi["resources"]


def test_the_files_of_the_container_images_are_found_in_the_installed_package(installed, tmp_path):
    code = (
        "from provision.runtimes.docker.build_context import IMAGES\n"
        "print(*(p.relative_to(IMAGES) for p in sorted(IMAGES.rglob('*')) if p.is_file()))"
    )
    assert _run(installed / "python", "-c", code, cwd=tmp_path).split() == [
        *("keycloak/Dockerfile", "keycloak/requirements.txt"),
        *("server/Dockerfile", "server/requirements.txt"),
    ]


def test_a_copy_without_git_tells_the_same_version(tmp_path):
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(_PROJECT / name, tmp_path)
    shutil.copytree(_PROJECT / "provision", tmp_path / "provision")
    _run(_UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path / "out", tmp_path, cwd=tmp_path)
    assert (tmp_path / "out" / f"mcp_provision-{_VERSION}-py3-none-any.whl").exists()
