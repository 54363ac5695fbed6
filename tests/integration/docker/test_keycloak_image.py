"""The image of a stack's Keycloak, built and run."""

from __future__ import annotations

import base64
import json
import secrets
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from provision.runtimes.docker import keycloak_database, keycloak_image
from provision.runtimes.process import ports
from provision.runtimes.process.readiness import fetch_token
from tests.support import base_images, containers
from tests.support.requirements import need

ADMIN = "provision-admin"
# The first build takes minutes.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def image(docker, tmp_path_factory):
    need("debootstrap")
    folder = tmp_path_factory.mktemp("build") / "context"
    keycloak_image.write_context(folder)
    tag = "provision-test/keycloak-image:classic"
    docker.run(
        "build",
        f"--tag={tag}",
        f"--build-arg=BASE={base_images.keycloak(docker)}",
        f"--build-arg=PYTHON={base_images.python(docker)}",
        str(folder),
        env={"DOCKER_BUILDKIT": "0"},
    )
    return tag


class Keycloak:
    """A container of the image."""

    def __init__(self, container: containers.Container, files: str, port: int, secret: str) -> None:
        self.container, self.files, self.port, self.secret = container, files, port, secret

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def token(self) -> str:
        token = fetch_token(self.port, ADMIN, self.secret)
        assert token is not None
        return token


@pytest.fixture
def create(docker, image):
    """Makes containers; they and their volumes go with the test."""
    with ExitStack() as stack:

        def create(secret: str) -> Keycloak:
            return stack.enter_context(_created(docker, image, secret))

        yield create


@contextmanager
def _created(docker, image, secret):
    port = ports.pick_free()
    arguments = [
        *containers.HARDENED,
        *(f"--tmpfs={path}:{options}" for path, options in keycloak_image.TMPFS.items()),
        f"--publish=127.0.0.1:{port}:{keycloak_image.PORT}",
        *containers.health_options(keycloak_image.HEALTH_CHECK),
        "--memory=1g",
        image,
        *keycloak_image.command(f"http://localhost:{port}"),
    ]
    files, data = containers.volume_name(), containers.volume_name()
    _set_secret(docker, image, files, secret)
    volumes = {f"{keycloak_image.FILES}:ro": files, str(keycloak_image.DATA): data}
    with containers.created(docker, *arguments, volumes=volumes) as container:
        yield Keycloak(container, files, port, secret)


def _set_secret(docker, image, volume, secret):
    script = keycloak_database.admin_script(ADMIN, secret)
    containers.upload(docker, image, volume, keycloak_image.UID, {str(keycloak_image.ADMIN_SCRIPT): script})


@pytest.fixture(scope="module")
def keycloak(docker, image):
    """One that runs with all restrictions there are."""
    with _created(docker, image, secrets.token_urlsafe(24)) as keycloak:
        keycloak.container.start()
        keycloak.token()
        yield keycloak


def test_it_gives_the_service_account_a_token_as_soon_as_it_is_healthy(keycloak):
    assert keycloak.token()


def test_its_secret_is_in_its_files_only(keycloak, docker):
    container = keycloak.container
    assert keycloak.secret not in json.dumps(container.inspect())
    assert keycloak.secret not in docker.run("logs", container.name)
    told = container.inside("bash", "-c", r"cat /proc/1/environ /proc/1/cmdline | tr '\0' '\n'")
    assert "PATH=" in told, "its environment was read"
    assert "quarkus" in told, "its arguments were read"
    assert keycloak.secret not in told
    assert container.inside("stat", "--format=%a %u", str(keycloak_image.ADMIN_SCRIPT)) == "400 1000\n"


def test_it_runs_as_the_user_of_the_official_image(keycloak):
    status = dict(
        line.split(":", 1) for line in keycloak.container.inside("cat", "/proc/1/status").splitlines()
    )
    assert status["Uid"].split() == [str(keycloak_image.UID)] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"


def test_there_is_nothing_to_write_to_but_its_data_and_the_temporary_folder(keycloak):
    search = r"find / \( -path /proc -o -path /sys -o -path /dev \) -prune -o ! -type l -writable -print 2>/dev/null; true"
    writable = keycloak.container.inside("bash", "-c", search).split()
    data = str(keycloak_image.DATA)
    assert {path for path in writable if not path.startswith((f"{data}/", "/tmp/"))} == {data, "/tmp"}


def test_it_starts_again_after_it_was_killed(create):
    keycloak = create(secrets.token_urlsafe(24))
    keycloak.container.start()
    keycloak.container.docker.run("kill", keycloak.container.name)
    keycloak.container.start()
    assert keycloak.token()


def test_it_starts_from_the_cache_that_was_trained_for_it(keycloak, docker):
    assert "start.aot" in keycloak.container.inside("cat", "/proc/1/maps")
    assert "[error][aot" not in docker.run("logs", keycloak.container.name)


def test_it_says_the_outer_address_to_browsers_and_the_inner_one_to_containers(keycloak):
    metadata = httpx.get(
        f"{keycloak.url}/realms/master/.well-known/openid-configuration", headers={"Host": "keycloak:8080"}
    ).json()
    assert metadata["issuer"] == f"{keycloak.url}/realms/master"
    assert metadata["authorization_endpoint"].startswith(keycloak.url)
    assert metadata["introspection_endpoint"].startswith("http://keycloak:8080/")


def test_the_management_port_is_for_the_container_alone(keycloak, docker):
    address = keycloak.container.inspect()["NetworkSettings"]["IPAddress"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{address}:{keycloak_image.MANAGEMENT_PORT}/health/ready", timeout=5)


def test_two_containers_share_no_key(keycloak, create):
    other = create(secrets.token_urlsafe(24))
    other.container.start()
    other.token()
    assert not _keys(keycloak) & _keys(other)


def test_its_tokens_are_signed_with_a_key_that_takes_no_seconds_to_make(keycloak):
    head = keycloak.token().split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "ES256"


def test_a_changed_secret_holds_from_the_next_start_on_and_the_data_stays(docker, image, create):
    keycloak = create("first-" + secrets.token_urlsafe(24))
    keycloak.container.start()
    admin = {"Authorization": f"Bearer {keycloak.token()}"}
    httpx.post(
        f"{keycloak.url}/admin/realms", json={"realm": "kept"}, headers=admin, timeout=60
    ).raise_for_status()
    docker.run("stop", keycloak.container.name)
    keycloak.secret = "it's; another-" + secrets.token_urlsafe(24)
    _set_secret(docker, image, keycloak.files, keycloak.secret)
    keycloak.container.start()
    assert keycloak.token()
    assert httpx.get(f"{keycloak.url}/realms/kept").status_code == 200


def test_the_scripts_of_the_image_work_too(keycloak):
    assert keycloak.container.inside(f"{keycloak_image.HOME}/bin/kc.sh", "--version").startswith("Keycloak")


def test_the_image_says_what_the_stack_says(docker, image):
    settings = json.loads(docker.run("image", "inspect", image))[0]["Config"]
    assert tuple(settings["Entrypoint"]) == keycloak_image.entrypoint()
    assert settings["User"] == keycloak_image.USER


def _keys(keycloak):
    return {
        key["kid"]
        for key in httpx.get(f"{keycloak.url}/realms/master/protocol/openid-connect/certs").json()["keys"]
    }
