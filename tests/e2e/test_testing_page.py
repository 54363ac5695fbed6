"""The fixtures of docs/testing.md, in a project that holds nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_DOCS = Path(__file__).parents[2] / "docs"


def test_the_fixtures_bring_a_stack_up_and_leave_nothing(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (project / "Pulumi.test.yaml").write_text((_DOCS / "examples" / "testing_stack.yaml").read_text())
    (project / "conftest.py").write_text((_DOCS / "examples" / "testing_conftest.py").read_text())
    (case,) = re.findall(r"```python\n(def test_.*?)```", (_DOCS / "testing.md").read_text(), re.DOTALL)
    (project / "test_server.py").write_text(f"import httpx\n\n\n{case}")
    variables = {
        **os.environ,
        "PATH": "/usr/bin:/bin",  # the fixtures find the program by themselves
        "PROVISION_DATA_DIR": str(tmp_path / "data"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--rootdir", str(project)],
        cwd=project,
        env=variables,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert [*(tmp_path / "data").glob("*/stacks/*")] == []
    assert [*(tmp_path / "data").glob("*/state/.pulumi/stacks/*/test-*.json")] == []
