"""The build context of an image: a folder that depends on the package's files only, so that Docker reuses the image."""

from __future__ import annotations

import ast
import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = Path(__file__).parents[2]
IMAGES = Path(__file__).parent / "images"


def write(folder: Path, image: str, sources: Iterable[str]) -> str:
    """Write the build context of an image; leave a folder with the same content as it is, replace any other folder.

    Args:
        folder: The folder to write.
        image: The image's folder in ``images``, with its ``Dockerfile`` and ``requirements.txt``.
        sources: The modules of this package that the image needs, as paths below the package's folder.

    Returns:
        A digest of names and contents, in hex: another digest means another image.
    """
    files = {name: (IMAGES / image / name).read_bytes() for name in ("Dockerfile", "requirements.txt")}
    files |= {f"{PACKAGE.name}/{path}": (PACKAGE / path).read_bytes() for path in sources}
    if _held(folder) != files:
        _replace(folder, files)
    return _digest(files)


def write_with(folder: Path, image: str, program: str) -> str:
    """Write the build context of an image with a module and all imports of the module; see :func:`write`.

    The list of these modules is kept beside the folder. As long as the folder and this package have equal copies of
    each listed module, the imports are the same as when the list was written, so the modules are not parsed again.

    Args:
        folder: The folder to write.
        image: The image's folder in ``images``.
        program: The module's path below the package's folder, such as ``runtimes/docker/keycloak_build.py``.
    """
    kept = folder.with_name(f"{folder.name}.modules")
    sources = tuple(kept.read_text(encoding="utf-8").split("\n")) if kept.is_file() else ()
    if program not in sources or not all(_is_as_ours(folder, path) for path in sources):
        sources = imported_by(program)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_private(kept, "\n".join(sources), mode=0o600)
    return write(folder, image, sources)


def _is_as_ours(folder: Path, path: str) -> bool:
    """Return whether a context has an unchanged copy of a module of this package."""
    held, own = folder / PACKAGE.name / path, PACKAGE / path
    return held.is_file() and own.is_file() and held.read_bytes() == own.read_bytes()


def package(name: str) -> tuple[str, ...]:
    """Return the modules of a subpackage as paths below this package's folder, with this package's ``__init__.py``.

    Args:
        name: The subpackage's folder.
    """
    return (
        "__init__.py",
        *(str(path.relative_to(PACKAGE)) for path in sorted((PACKAGE / name).glob("*.py"))),
    )


def imported_by(program: str) -> tuple[str, ...]:
    """Return the modules of this package that a module needs to run, the module included.

    The modules are paths below the package's folder.

    Imports for type checkers only are left out; imports inside functions count.

    Args:
        program: The module's path below the package's folder, such as ``runtimes/docker/keycloak_build.py``.
    """
    found: set[str] = set()
    waiting = [program]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imports(ast.parse((PACKAGE / path).read_text(encoding="utf-8")))
            waiting += [str(folder / "__init__.py") for folder in Path(path).parents]
    return tuple(sorted(found))


def _imports(node: ast.AST) -> Iterator[str]:
    """Yield the modules of this package that a syntax tree imports."""
    for child in ast.iter_child_nodes(node):
        if (
            isinstance(child, ast.If)
            and isinstance(child.test, ast.Name)
            and child.test.id == "TYPE_CHECKING"
        ):
            continue
        if isinstance(child, ast.ImportFrom) and child.module:
            names = (child.module, *(f"{child.module}.{item.name}" for item in child.names))
        elif isinstance(child, ast.Import):
            names = tuple(item.name for item in child.names)
        else:
            yield from _imports(child)
            continue
        for name in names:
            package, *parts = name.split(".")
            place = Path(*parts)
            if package == PACKAGE.name and (PACKAGE / place).with_suffix(".py").is_file():
                yield str(place.with_suffix(".py"))
            elif package == PACKAGE.name and (PACKAGE / place / "__init__.py").is_file():
                yield str(place / "__init__.py")


def _held(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files in a folder, by relative path."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def _replace(folder: Path, files: dict[str, bytes]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o644)  # Docker counts a new mode as a change, but not a new time
    for path in folder.rglob("*/"):
        path.chmod(0o755)


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
