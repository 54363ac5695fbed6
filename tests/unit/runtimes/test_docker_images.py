"""What the container images are built from and how their containers are started."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

from provision.runtimes.docker import build_context, keycloak_database, keycloak_image, server_image
from provision.runtimes.process import launch

IMAGES = {"server": server_image, "keycloak": keycloak_image}


def _dockerfile(image: str) -> str:
    return (build_context.IMAGES / image / "Dockerfile").read_text()


@pytest.mark.parametrize("image", IMAGES)
def test_a_context_is_the_same_wherever_it_is_written(image, tmp_path):
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "left.over").touch()
    digests = {IMAGES[image].write_context(tmp_path / name) for name in ("one", "two")}
    assert len(digests) == 1
    files = [
        {path.relative_to(root) for path in root.rglob("*")} for root in (tmp_path / "one", tmp_path / "two")
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize("image", IMAGES)
def test_a_context_that_is_there_is_left_alone_and_a_changed_one_is_mended(image, tmp_path):
    digest = IMAGES[image].write_context(tmp_path)
    file = tmp_path / "provision" / "__init__.py"
    written = file.stat().st_mtime_ns, file.stat().st_ino
    assert IMAGES[image].write_context(tmp_path) == digest
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == written
    file.write_text("# by hand\n")
    assert IMAGES[image].write_context(tmp_path) == digest
    assert file.read_bytes() == (build_context.PACKAGE / "__init__.py").read_bytes()


def test_another_source_is_another_context(tmp_path, monkeypatch):
    before = server_image.write_context(tmp_path / "before")
    for folder in ("server", "_lib"):
        shutil.copytree(build_context.PACKAGE / folder, tmp_path / "provision" / folder)
    shutil.copy(build_context.PACKAGE / "__init__.py", tmp_path / "provision")
    monkeypatch.setattr(build_context, "PACKAGE", tmp_path / "provision")
    assert server_image.write_context(tmp_path / "same") == before
    with (tmp_path / "provision" / "server" / "app.py").open("a") as file:
        file.write("# changed\n")
    assert server_image.write_context(tmp_path / "after") != before


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the package, of which modules may be changed."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(build_context.PACKAGE, tmp_path / "provision", ignore=ignored)
    monkeypatch.setattr(build_context, "PACKAGE", tmp_path / "provision")
    return tmp_path / "provision"


def test_what_a_context_needs_is_looked_for_only_when_a_module_of_it_changed(copied, tmp_path, monkeypatch):
    looks = []
    whole = build_context.imported_by
    monkeypatch.setattr(build_context, "imported_by", lambda program: looks.append(program) or whole(program))
    folder = tmp_path / "context"
    digest = keycloak_image.write_context(folder)
    assert keycloak_image.write_context(folder) == digest
    assert len(looks) == 1
    with (copied / keycloak_image.PROGRAM).open("a") as file:
        file.write("from provision._lib import line_that_is_new\n")
    (copied / "_lib" / "line_that_is_new.py").write_text("")
    assert keycloak_image.write_context(folder) != digest
    assert len(looks) == 2
    assert (folder / "provision" / "_lib" / "line_that_is_new.py").is_file()


def test_a_module_that_somebody_took_out_of_a_context_comes_back(tmp_path):
    digest = keycloak_image.write_context(tmp_path)
    (tmp_path / "provision" / keycloak_image.PROGRAM).unlink()
    (tmp_path / "provision" / "__init__.py").unlink()
    assert keycloak_image.write_context(tmp_path) == digest
    assert (tmp_path / "provision" / keycloak_image.PROGRAM).is_file()


@pytest.mark.parametrize("image", IMAGES)
def test_a_context_holds_every_module_that_its_code_imports(image, tmp_path):
    IMAGES[image].write_context(tmp_path / "context")
    for file in (tmp_path / "context" / "provision").rglob("*.py"):
        for module in _imports(ast.parse(file.read_text())):
            path = tmp_path / "context" / Path(*module.split("."))
            assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), (
                f"{file.name}: {module}"
            )


def _imports(tree: ast.AST):
    """Modules of the package that a module imports at run time, at its head or later."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("provision"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("provision"):
            package = build_context.PACKAGE.parent / Path(*node.module.split("."))
            modules = [name.name for name in node.names if (package / f"{name.name}.py").is_file()]
            yield from (f"{node.module}.{name}" for name in modules)
            yield node.module
        yield from _imports(node)


@pytest.mark.parametrize("image", IMAGES)
def test_a_dockerfile_is_for_either_builder(image):
    text = _dockerfile(image)
    assert not re.search(r"--mount|--chmod|--link|<<|^# *syntax=", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("image", "entrypoint"), [("server", server_image.ENTRYPOINT), ("keycloak", keycloak_image.entrypoint())]
)
def test_an_image_starts_as_the_stack_thinks_it_does(image, entrypoint):
    last = _dockerfile(image).rpartition("FROM ")[2]
    written = re.search(r"^ENTRYPOINT (.*)$", last, re.MULTILINE)
    assert written is not None
    assert tuple(json.loads(written[1])) == entrypoint
    assert f"USER {IMAGES[image].USER}\n" in last


def test_a_dockerfile_begins_with_the_base_that_the_stack_gives():
    assert f"ARG BASE={server_image.BASE}\n" in _dockerfile("server")
    # Each version of Keycloak has a base of its own: the stack always gives it, and the file names none.
    assert "ARG BASE\n" in _dockerfile("keycloak")


def test_keycloak_has_one_address_for_browsers_and_follows_that_of_containers():
    command = keycloak_image.command("http://localhost:8180")
    assert "--hostname=http://localhost:8180" in command
    assert "--hostname-backchannel-dynamic=true" in command


def test_keycloaks_management_port_is_closed_to_other_containers():
    assert "--http-management-host=127.0.0.1" in keycloak_image.command("http://localhost:8080")


def test_further_jvm_options_stand_before_the_main_class():
    entrypoint = keycloak_image.entrypoint(("-Xmx1g",))
    assert entrypoint.index("-Xmx1g") < entrypoint.index(launch.MAIN)


def test_a_secret_with_quotes_stays_one_text():
    script = keycloak_database.admin_script("ad'min", "se'; DROP TABLE CLIENT; --")
    assert "SECRET = 'se''; DROP TABLE CLIENT; --'" in script
    assert "CLIENT_ID = 'ad''min'" in script
    assert "'service-account-ad''min'" in script


def test_the_same_account_is_the_same_script():
    assert keycloak_database.admin_script("admin", "secret") == keycloak_database.admin_script(
        "admin", "secret"
    )
