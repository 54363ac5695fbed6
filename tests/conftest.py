"""A real Keycloak, started once for all tests that need one."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.runtimes.process.keycloak import RunningKeycloak
    from tests.support.docker_daemon import Docker
    from tests.support.other_keycloak import OtherKeycloak

ADMIN = "provision-admin"
_FIRST = ("e2e", "integration", "processes")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, in whichever order otherwise: at the end no file keeps all others waiting."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return _FIRST.index(folder) if folder in _FIRST else len(_FIRST)


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
    """A Docker daemon, in ``DOCKER_HOST`` too. Without one the test is skipped, unless ``TEST_DOCKER_REQUIRED`` is set."""
    from provision._lib.errors import ProvisionError
    from tests.support import docker_daemon

    with ExitStack() as stack:
        try:
            daemon = stack.enter_context(docker_daemon.running())
        except ProvisionError as error:
            if os.environ.get(docker_daemon.REQUIRED):
                raise
            pytest.skip(str(error))
        for name, value in daemon.environment.items():
            stack.enter_context(pytest.MonkeyPatch.context()).setenv(name, value)
        yield daemon
