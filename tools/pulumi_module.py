"""Write the digests of all modules that the Pulumi CLI is built from: ``python -m tools.pulumi_module``.

To be run when the Pulumi SDK's version changes; needs a Go of 1.25 or later and its module proxy.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from provision.engine import pulumi_cli


def main() -> int:
    """Resolve the CLI's modules anew and write ``go.mod`` and ``go.sum``."""
    folder = pulumi_cli.MODULE_FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "go.mod").write_text("module provision\n\ngo 1.25.0\n", encoding="utf-8")
    (folder / "go.sum").unlink(missing_ok=True)
    tool = f"{pulumi_cli.MODULE}@v{pulumi_cli.wanted_version()}"
    environment = {**os.environ, **pulumi_cli.CHECKED_BY_GO, "GOFLAGS": ""}
    done = subprocess.run(["go", "get", "-tool", tool], cwd=folder, env=environment, check=False)
    if done.returncode == 0:
        sys.stderr.write(f"{Path(*folder.parts[-3:])} holds the modules of {tool}.\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
