"""What an image is built from: a folder that is the same whenever the package is, so that Docker finds the image made."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
IMAGES = Path(__file__).parent / "images"


def write(folder: Path, image: str, sources: tuple[str, ...]) -> str:
    """Write the build context of an image; what was in the folder is replaced.

    Args:
        folder: The folder to write.
        image: The image's folder in ``images``, with its ``Dockerfile`` and ``requirements.txt``.
        sources: Modules of this package that the image needs, as patterns below its folder.

    Returns:
        A digest of names and contents, in hex: another one is another image.
    """
    files = {name: IMAGES / image / name for name in ("Dockerfile", "requirements.txt")}
    for pattern in sources:
        files |= {f"provision/{path.relative_to(PACKAGE)}": path for path in PACKAGE.glob(pattern)}
    if folder.exists():
        shutil.rmtree(folder)
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o644)  # Docker counts the mode as a change, but not the time
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    for path in folder.rglob("*/"):
        path.chmod(0o755)
    return digest.hexdigest()
