"""A real Keycloak, started once for all tests that need one."""

from __future__ import annotations

import gc
import os
import secrets
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from provision._lib import hints
from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection
from tests.support import order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.runtimes.process.keycloak import RunningKeycloak
    from tests.support.docker_daemon import Docker
    from tests.support.other_keycloak import OtherKeycloak
    from tests.support.stack_cli import StackCli

ADMIN = "provision-admin"


gc.disable()
"""Until all tests are collected: what is imported stays, and the collector would look through it again and again."""


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start, also where this run was put into the background and ignores it.

    Programs in Go, such as plain ``pulumi``, collect no garbage in the seconds that they live: a third of their CPU time.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("GOGC", "off")
    os.environ.setdefault("GOMEMLIMIT", "768MiB")


def pytest_collection_finish() -> None:
    """Leave what is imported to the end of the process out of all collections."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _hints_of_no_stack() -> None:
    """Forget the stack that an earlier test worked on, which hints name."""
    hints._stacks.clear()
    hints._projects.clear()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by their folders, and sort those first that take longest: no file begins when all others are done."""
    for item in items:
        if mark := order.MARKED.get(order.folder(item.nodeid)):
            item.add_marker(mark)
    items.sort(key=lambda item: order.rank(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.FilesTogether | None:
    """Distribute whole files, those that share a stack to one worker (``--dist loadfile``)."""
    return order.FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[StackCli]:
    """A throw-away stack that is not up yet."""
    from tests.support.stack_cli import StackCli

    stack = StackCli(tmp_path)
    yield stack
    stack.throw_away()


@pytest.fixture(scope="session")
def admin_secret() -> str:
    """The secret of the admin service account."""
    return secrets.token_urlsafe(32)


@pytest.fixture(scope="session")
def live_keycloak(
    tmp_path_factory: pytest.TempPathFactory, admin_secret: str
) -> Iterator[RunningKeycloak | OtherKeycloak]:
    """A running Keycloak that this test run has to itself; of another version if ``TEST_KEYCLOAK_VERSION`` names one."""
    from tests.support import other_keycloak

    if version := os.environ.get(other_keycloak.VARIABLE):
        home = tmp_path_factory.mktemp("keycloak")
        with other_keycloak.running(version, home, ADMIN, admin_secret) as other:
            yield other
        return
    from provision._lib.progress import Silent
    from provision.runtimes.process import keycloak, ports
    from provision.runtimes.process.preparation import prepare

    prepare(Silent())
    home = tmp_path_factory.mktemp("keycloak")
    settings = keycloak.KeycloakSettings(
        home=home, port=ports.pick_free(), admin_client_id=ADMIN, admin_client_secret=admin_secret
    )
    yield keycloak.start(settings)
    keycloak.stop(home, remove_data=True)


@pytest.fixture(scope="session")
def session(live_keycloak: RunningKeycloak | OtherKeycloak, admin_secret: str) -> Session:
    """The Admin API of the running Keycloak."""
    return Session(Connection(url=live_keycloak.url, client_id=ADMIN, client_secret=admin_secret))


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    """A Docker daemon, in ``DOCKER_HOST`` too. Without one the test is skipped, unless ``TEST_ALL_REQUIRED`` is set."""
    from provision._lib.errors import ProvisionError
    from tests.support import docker_daemon, requirements

    with ExitStack() as stack:
        try:
            daemon = stack.enter_context(docker_daemon.running())
        except ProvisionError as error:
            if os.environ.get(requirements.ALL_REQUIRED):
                raise
            pytest.skip(str(error))
        for name, value in daemon.environment.items():
            stack.enter_context(pytest.MonkeyPatch.context()).setenv(name, value)
        yield daemon
