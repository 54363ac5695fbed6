"""The process runtime with the real Keycloak."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent
from provision.core.handler import Context
from provision.keycloak.bases.key_providers import key_providers
from provision.keycloak.version import VERSION
from provision.runtimes.process import keycloak, launch, managed_process, ports, preparation, readiness
from provision.runtimes.process.resources.keycloak import Keycloak, KeycloakHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT = "provision-admin"


@pytest.fixture(scope="module")
def prepared() -> preparation.Prepared:
    return preparation.prepare(Silent())


@pytest.fixture
def settings_for(tmp_path, prepared) -> Iterator[Callable[..., keycloak.KeycloakSettings]]:
    """Make settings of a stack with a home of its own; whatever ran there is gone afterwards."""
    homes: list[Path] = []

    def make(name: str = "stack", **more: Any) -> keycloak.KeycloakSettings:
        homes.append(tmp_path / name)
        values = {"port": ports.pick_free(), "admin_client_secret": secrets.token_urlsafe(24), **more}
        return keycloak.KeycloakSettings(home=tmp_path / name, admin_client_id=CLIENT, **values)

    yield make
    for home in homes:
        keycloak.stop(home, remove_data=True)


def _token(settings: keycloak.KeycloakSettings) -> str | None:
    return readiness.fetch_token(settings.port, settings.admin_client_id, settings.admin_client_secret)


def _admin(settings: keycloak.KeycloakSettings) -> httpx.Client:
    headers = {"Authorization": f"Bearer {_token(settings)}"}
    return httpx.Client(
        base_url=f"http://localhost:{settings.port}/admin/realms", headers=headers, timeout=60
    )


def _make_realm(settings: keycloak.KeycloakSettings, name: str) -> None:
    keys = {"org.keycloak.keys.KeyProvider": key_providers()}
    with _admin(settings) as admin:
        admin.post("", json={"realm": name, "enabled": True, "components": keys}).raise_for_status()


def _certificates(settings: keycloak.KeycloakSettings, realm: str = "master") -> set[str]:
    path = f"http://localhost:{settings.port}/realms/{realm}/protocol/openid-connect/certs"
    return {key["n"] for key in httpx.get(path).json()["keys"]}


def test_a_start_ends_with_a_token_and_a_stop_with_nothing(settings_for):
    settings = settings_for()
    running = keycloak.start(settings)
    assert running.url == f"http://localhost:{settings.port}"
    assert _token(settings)
    assert keycloak.running(settings.home) == running
    assert keycloak.start(settings) == running, "a second start finds the first"

    keycloak.stop(settings.home, remove_data=False)
    assert keycloak.running(settings.home) is None
    assert not psutil.pid_exists(running.pid)
    assert ports.is_free(settings.port)

    again = keycloak.start(settings)
    assert again.data_id == running.data_id
    keycloak.stop(settings.home, remove_data=True)
    assert not settings.home.exists()


def test_strangers_do_not_fill_the_disk_with_lines_of_the_log(settings_for, monkeypatch):
    size = 64 << 10
    bounded = [option.replace(launch.LOG_SIZE, "64K") for option in launch.START]
    assert bounded != list(launch.START)
    monkeypatch.setattr(launch, "START", bounded)
    settings = settings_for()
    running = keycloak.start(settings)
    path = f"{running.url}/realms/master/protocol/openid-connect/token"
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
    with httpx.Client(timeout=60) as client:
        for _ in range(500):
            assert client.post(path, data=form).status_code == httpx.codes.UNAUTHORIZED
    logs = sorted(settings.home.glob(f"{launch.LOG}*"))
    assert [file.name for file in logs] == [launch.LOG, f"{launch.LOG}{managed_process.FORMER}"]
    assert all(0 < file.stat().st_size <= size + 2000 for file in logs)
    assert "nobody" in logs[0].read_text()


def test_the_secret_is_in_no_place_where_others_could_read_it(settings_for):
    settings = settings_for()
    running = keycloak.start(settings)
    secret = settings.admin_client_secret.encode()
    for name in ("cmdline", "environ"):
        assert secret not in Path(f"/proc/{running.pid}/{name}").read_bytes()
    for path in settings.home.rglob("*"):
        if (
            path.is_file()
            and path.suffix != ".db"
            and not path.is_relative_to(settings.home / "server" / "lib")
        ):
            assert secret not in path.read_bytes(), path
    assert secret.decode() not in repr(settings)
    assert settings.home.stat().st_mode & 0o077 == 0


def test_two_stacks_at_once_share_neither_port_nor_secret_nor_key(settings_for):
    one, two = settings_for("one"), settings_for("two")
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(keycloak.start, (one, two))
    assert first.pid != second.pid
    assert first.data_id != second.data_id
    assert _certificates(one).isdisjoint(_certificates(two))
    with pytest.raises(ProvisionError, match="refuses"):
        readiness.fetch_token(one.port, CLIENT, two.admin_client_secret)


def test_the_shared_template_holds_no_secret_and_no_key(prepared, settings_for):
    settings = settings_for()
    keycloak.start(settings)
    keycloak.stop(settings.home, remove_data=False)
    own = (settings.home / "server" / "data" / "h2" / "keycloakdb.mv.db").read_bytes()
    template = prepared.template.path.read_bytes()
    for mark in (b"MIIE", b"MIIC"):  # how private keys and certificates begin
        assert mark in own, "the mark is the right one"
        assert mark not in template


def test_what_was_made_survives_a_kill(settings_for):
    settings = settings_for()
    running = keycloak.start(settings)
    _make_realm(settings, "kept")
    time.sleep(1)  # the database writes to disk every half second
    os.kill(running.pid, signal.SIGKILL)
    _wait_until(lambda: keycloak.running(settings.home) is None)

    again = keycloak.start(settings)
    assert again.data_id == running.data_id
    with _admin(settings) as admin:
        assert admin.get("/kept").json()["realm"] == "kept"


def test_another_secret_is_taken_over_by_a_restart_that_keeps_the_data(settings_for):
    old = settings_for(admin_client_secret="old'secret;--")
    first = keycloak.start(old)
    new = settings_for(port=old.port, admin_client_secret="new")
    second = keycloak.start(new)
    assert second.pid != first.pid
    assert second.data_id == first.data_id
    assert _token(new)
    with pytest.raises(ProvisionError, match="refuses"):
        _token(old)


def test_a_taken_port_is_named_with_its_holder_and_starts_nothing(settings_for):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        settings = settings_for(port=holder.getsockname()[1])
        with pytest.raises(ProvisionError, match=rf"taken by process {os.getpid()}"):
            keycloak.start(settings)
    assert keycloak.running(settings.home) is None


def test_killed_while_starting_is_an_error_long_before_the_time_limit(settings_for):
    settings = settings_for()
    killed: list[float] = []

    def kill() -> None:
        _wait_until(lambda: managed_process.running(settings.home) is not None)
        time.sleep(0.5)
        found = managed_process.running(settings.home)
        assert found is not None
        killed.append(time.monotonic())
        os.kill(found.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ProvisionError, match="ended while it was starting"):
        keycloak.start(settings)
    killer.join()
    assert time.monotonic() - killed[0] < keycloak.START_SECONDS / 4
    assert keycloak.start(settings), "nothing half-made is in the way of the next start"


def test_a_start_whose_starter_was_killed_is_gone_on_with(settings_for):
    settings = settings_for()
    values = {name: getattr(settings, name) for name in ("port", "admin_client_id", "admin_client_secret")}
    script = (
        "from pathlib import Path; from provision.runtimes.process import keycloak as k\n"
        f"k.start(k.KeycloakSettings(home=Path({str(settings.home)!r}), **{values!r}))"
    )
    starter = subprocess.Popen([sys.executable, "-c", script])
    _wait_until(lambda: managed_process.running(settings.home) is not None)
    starter.kill()
    starter.wait()
    left = managed_process.running(settings.home)
    assert left is not None
    assert not left.ready
    assert keycloak.running(settings.home) is None
    assert keycloak.start(settings).pid == left.pid


def test_two_starts_at_once_make_one_process(settings_for):
    settings = settings_for()
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(keycloak.start, (settings, settings))
    assert first == second


def test_a_port_that_changed_moves_the_server(settings_for):
    before = settings_for()
    keycloak.start(before)
    after = settings_for(admin_client_secret=before.admin_client_secret)
    assert keycloak.start(after).url == f"http://localhost:{after.port}"
    assert ports.is_free(before.port)


def test_it_ends_by_itself_when_it_is_asked_to(settings_for):
    settings = settings_for()
    keycloak.start(settings)
    began = time.monotonic()
    keycloak.stop(settings.home, remove_data=False)
    assert time.monotonic() - began < managed_process.STOP_SECONDS, "it was not killed"


def test_the_start_up_cache_is_really_used(settings_for, prepared, tmp_path):
    if not prepared.has_aot_cache:
        pytest.skip("this Java makes no start-up cache")
    settings = settings_for()
    loaded = tmp_path / "classes"
    with pytest.MonkeyPatch.context() as patch:
        command = preparation.Prepared.command
        option = (f"-Xlog:class+load:file={loaded}",)
        patch.setattr(preparation.Prepared, "command", lambda *a, **k: command(*a, **{**k, "jvm": option}))
        keycloak.start(settings)
    lines = loaded.read_text(errors="replace").splitlines()
    cached = sum("shared objects file" in line for line in lines)
    assert cached / len(lines) > 0.95


def test_a_damaged_preparation_is_made_anew(monkeypatch, tmp_path, prepared):
    monkeypatch.setenv("PROVISION_CACHE_DIR", str(tmp_path))
    folder = preparation._folder(prepared.java, ())
    folder.parent.mkdir(parents=True)
    shutil.copytree(prepared.folder, folder, ignore=shutil.ignore_patterns("start.aot"))
    made: list[Path] = []

    def make(fresh: Path, *_arguments: object, **_more: object) -> None:
        made.append(fresh)
        shutil.copytree(prepared.folder, fresh)

    monkeypatch.setattr(preparation, "make", make)
    assert preparation.prepare(Silent()).has_aot_cache
    assert len(made) == 1
    assert preparation.prepare(Silent()).has_aot_cache
    assert len(made) == 1


def _wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_of_another_version_goes_on_until_it_ends_and_the_next_start_keeps_its_data(settings_for):
    settings = settings_for()
    before = keycloak.start(settings)
    _make_realm(settings, "kept")
    spec = Keycloak(
        home=str(settings.home),
        port=settings.port,
        admin_client_id=settings.admin_client_id,
        admin_client_secret=settings.admin_client_secret,
    )
    calls = KeycloakHandler(Context(log=print))
    outputs = {"dataId": before.data_id}
    assert keycloak.version(settings.home) == VERSION
    assert calls.needs_update(spec, outputs) is None

    _pretend_version(settings.home, "0.9.1")
    assert calls.needs_update(spec, outputs) is None
    keycloak.stop(settings.home, remove_data=False)
    told = calls.needs_update(spec, outputs)
    assert (
        told == f"Keycloak is not running; it is started again as {VERSION} instead of 0.9.1, with its data"
    )

    after = keycloak.start(settings)
    assert after.data_id == before.data_id
    assert _certificates(settings, "kept")
    assert keycloak.version(settings.home) == VERSION
    assert calls.needs_update(spec, outputs) is None


def _pretend_version(home: Path, version: str) -> None:
    """Link in programs that a cache of the version would have."""
    for name in launch.SHARED:
        link = home / keycloak.SERVER / name
        folder = link.readlink().parents[1]
        link.unlink()
        link.symlink_to(folder.with_name(f"{version}-abcdef") / "keycloak" / name)
