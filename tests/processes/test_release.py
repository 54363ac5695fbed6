"""What `make release` refuses, and what is the same in each build of a commit."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from provision._lib.errors import ProvisionError
from tools import release
from tools.release import Commit, bill_of_materials, refuse_unfinished

_PROJECT = Path(__file__).parents[2]
_WHEEL = "mcp_provision-1.2.3-py3-none-any.whl"


@pytest.fixture
def git(tmp_path):
    """A repository with one commit, which is a release."""

    def run(*arguments):
        identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
        signing = ("-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
        subprocess.run(
            ["git", *identity, *signing, *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    def write(name, text):
        (tmp_path / name).write_text(text)
        run("add", "-A")
        run("commit", "-m", name)

    run.write = write
    run.folder = tmp_path
    run("init", "-q")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    write("CHANGELOG.md", "## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n")
    run("tag", "v1.2.3")
    return run


def test_a_tagged_commit_with_its_changelog_is_released(git):
    refuse_unfinished(Commit.head(git.folder))


def test_a_commit_without_the_tag_of_its_version_is_refused(git):
    git("tag", "-d", "v1.2.3")
    with pytest.raises(ProvisionError, match=r"no tag v1\.2\.3.*\n.*git tag -a v1\.2\.3.*DRY=1"):
        refuse_unfinished(Commit.head(git.folder))


def test_a_version_that_another_commit_carries_is_refused(git):
    git.write("more.py", "")
    with pytest.raises(ProvisionError, match=r"v1\.2\.3 is on another commit.*\n.*raise the version"):
        refuse_unfinished(Commit.head(git.folder))


def test_a_changed_or_new_file_is_refused_by_name(git):
    (git.folder / "CHANGELOG.md").write_text("changed")
    (git.folder / "new.py").write_text("")
    with pytest.raises(ProvisionError, match=r"Not committed: CHANGELOG.md, new.py\."):
        refuse_unfinished(Commit.head(git.folder))


def test_of_many_changed_files_a_few_are_named(git):
    for number in range(7):
        (git.folder / f"{number}.py").write_text("")
    with pytest.raises(ProvisionError, match=r"0.py, 1.py, 2.py, 3.py, 4.py and 2 more\."):
        refuse_unfinished(Commit.head(git.folder))


@pytest.mark.parametrize("version", ["1.2", "1.2.3rc1", "1.2.3.dev4", "v1.2.3"])
def test_a_version_that_the_engine_reads_differently_is_refused(git, version):
    git.write("pyproject.toml", f'[project]\nversion = "{version}"\n')
    git("tag", f"v{version}")
    with pytest.raises(ProvisionError, match=rf"{re.escape(version)} in pyproject.toml is not of the form"):
        refuse_unfinished(Commit.head(git.folder))


def test_a_version_without_a_section_of_the_changelog_is_refused(git):
    git.write("CHANGELOG.md", "## [Unreleased]\n\n## [1.2.2] - 2026-01-01\n")
    git("tag", "-f", "v1.2.3")
    with pytest.raises(ProvisionError, match=r"no section for 1\.2\.3"):
        refuse_unfinished(Commit.head(git.folder))


def test_a_folder_that_is_no_repository_is_refused_with_the_words_of_git(tmp_path):
    with pytest.raises(ProvisionError, match=r"git show failed: .*not a git repository"):
        Commit.head(tmp_path)


def _wheel(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in (*names, "mcp_provision-1.2.3.dist-info/METADATA"):
            archive.writestr(name, "")
    return content.getvalue()


def test_two_builds_that_differ_are_no_release(git, monkeypatch):
    monkeypatch.setattr(
        release, "_build", lambda _commit, _place, seed: {_WHEEL: _wheel(), "sdist": bytes([seed])}
    )
    with pytest.raises(ProvisionError, match="differ in sdist"):
        release.release(Commit.head(git.folder), git.folder / "dist")
    assert not (git.folder / "dist").exists()


def test_a_release_is_written_with_sums_that_sha256sum_takes_and_without_what_was_there(git, monkeypatch):
    monkeypatch.setattr(release, "_build", lambda *_arguments: {_WHEEL: _wheel(), "sdist": b"s"})
    target = git.folder / "dist"
    target.mkdir()
    (target / "old.whl").write_text("")
    release.release(Commit.head(git.folder), target)
    assert sorted(path.name for path in target.iterdir()) == ["SHA256SUMS", _WHEEL, "sdist"]
    subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=target, check=True, capture_output=True
    )


def test_the_bill_of_materials_is_the_commits_own_and_the_same_in_each_build(git):
    commit = Commit.head(git.folder)

    def written(number, of=commit):
        exported = {
            "serialNumber": f"urn:uuid:{number}",
            "metadata": {"timestamp": number, "component": {"name": "mcp-provision"}},
            "components": [],
        }
        return bill_of_materials(exported, of)

    assert written("1") == written("2")
    assert written("1") != written("1", replace(commit, sha="0" * 40))
    assert "pkg:pypi/mcp-provision@1.2.3" in written("1")
