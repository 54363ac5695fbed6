"""What a release is made from: its version, its lock file, the contents of its wheel."""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from provision._lib.errors import ProvisionError
from tools.release import refuse_other_contents

_PROJECT = Path(__file__).parents[2]


def _wheel(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in (*names, "mcp_provision-1.2.3.dist-info/METADATA"):
            archive.writestr(name, "")
    return content.getvalue()


def test_a_wheel_that_lacks_a_file_or_holds_another_is_refused():
    wanted = {"provision/__init__.py", "provision/py.typed"}
    refuse_other_contents(_wheel(*wanted), wanted)
    with pytest.raises(ProvisionError, match=r"lacks provision/py\.typed"):
        refuse_other_contents(_wheel("provision/__init__.py"), wanted)
    with pytest.raises(ProvisionError, match=r"holds provision/notes\.txt"):
        refuse_other_contents(_wheel(*wanted, "provision/notes.txt"), wanted)


def test_the_version_is_one_in_all_files_that_name_it():
    version = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["project"]["version"]
    locked = tomllib.loads((_PROJECT / "uv.lock").read_text())["package"]
    assert [item["version"] for item in locked if item["name"] == "mcp-provision"] == [version]
    newest = re.findall(r"^## \[(\d.*)\] - ", (_PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
    assert newest == version


def test_the_lock_file_names_the_public_registry_only():
    hosts = set(re.findall(r'"https?://([^/"]+)', (_PROJECT / "uv.lock").read_text()))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
