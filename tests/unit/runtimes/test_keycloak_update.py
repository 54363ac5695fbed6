"""What `preview` says of a Keycloak process of another version; the process itself is told of here, not run."""

from __future__ import annotations

import pytest

from provision.core.handler import Context
from provision.keycloak.version import VERSION
from provision.runtimes.process import keycloak
from provision.runtimes.process.resources.keycloak import Keycloak, KeycloakHandler

OTHER = "0.9.1"


@pytest.fixture
def said(monkeypatch, tmp_path):
    """What is said of a Keycloak, by the version that is linked in and whether it runs."""

    def said(version, *, runs, data="1"):
        link = tmp_path / keycloak.SERVER / "lib"
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        if version is not None:
            link.symlink_to(tmp_path / "cache" / f"{version}-6e79232012f0" / "keycloak" / "lib")
        there = keycloak.RunningKeycloak(1, "http://localhost:1", data) if runs else None
        monkeypatch.setattr(keycloak, "running", lambda _home: there)
        calls = KeycloakHandler(Context(log=print))
        spec = Keycloak(home=str(tmp_path), port=1, admin_client_id="a", admin_client_secret="s" * 16)
        return calls.needs_update(spec, {"dataId": "1"})

    return said


def test_of_the_toolkits_own_version_nothing_is_said(said, capsys):
    assert said(VERSION, runs=True) is None
    assert capsys.readouterr().out == ""


def test_another_version_goes_on_running_and_a_line_says_so(said, capsys):
    assert said(OTHER, runs=True) is None
    line = capsys.readouterr().out
    assert f"Keycloak {OTHER} goes on running" in line
    assert VERSION in line


def test_one_that_died_is_started_as_the_new_version(said):
    assert said(OTHER, runs=False) == (
        f"Keycloak is not running; it is started again as {VERSION} instead of {OTHER}, with its data"
    )
    for version in (VERSION, None):
        assert said(version, runs=False) == "Keycloak is not running; it is started again with its data"


def test_lost_data_is_said_before_the_version(said):
    assert said(OTHER, runs=True, data="2") == "Keycloak's data is not what it was"
