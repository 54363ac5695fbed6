"""What is said where containers cannot be had. The engines are stand-ins that answer as the real ones did."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from provision.runtimes.docker import daemon
from provision.runtimes.docker.error_messages import explained
from tests.support import engine_api


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    program = tmp_path / daemon.PLUGIN
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def engine(monkeypatch):
    """Starts a stand-in, and lets DOCKER_HOST name it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(version):
            address = stack.enter_context(engine_api.answering(version, folder))
            monkeypatch.setenv("DOCKER_HOST", address)
            return address

        yield start


def test_a_docker_daemon_is_all_that_is_needed_beside_the_plugin(plugin, engine):
    engine(engine_api.DOCKER)
    assert daemon.missing() is None


_UNKNOWN_INPUT = (
    "calculator-files: docker:index/container:Container resource 'calculator-files' has a problem:"
    " Invalid or unknown key. Examine values at 'calculator-files.uploads'."
)


def test_a_plugin_on_path_that_does_not_know_an_input_is_named_with_the_right_one(plugin, tmp_path):
    error = explained(_UNKNOWN_INPUT)
    assert error is not None
    assert f"on PATH ({tmp_path / daemon.PLUGIN}) is not {daemon.PLUGIN_VERSION}" in error.what
    assert "Examine values at 'calculator-files.uploads'" in error.what
    assert f"pulumi plugin install resource docker {daemon.PLUGIN_VERSION}" in error.do


def test_the_words_of_an_installed_plugin_stay_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert explained(_UNKNOWN_INPUT) is None


def test_no_version_is_made_up_for_a_plugin_on_path(plugin, engine):
    engine(engine_api.DOCKER)
    (found,) = (item for item in daemon.diagnose() if item.part == "Docker plugin")
    assert daemon.PLUGIN_VERSION not in found.where
    assert "on PATH" in found.where


def test_podman_is_refused_by_its_name_and_with_what_to_do(plugin, engine):
    address = engine(engine_api.PODMAN)
    missing = daemon.missing()
    assert missing is not None
    assert f"{address} is Podman" in missing.what
    assert "DOCKER_HOST" in missing.do
    assert "runtime: process" in missing.do


def test_a_daemon_that_does_not_run_is_named(plugin, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    missing = daemon.missing()
    assert missing is not None
    assert f"{tmp_path}/none.sock" in missing.what
