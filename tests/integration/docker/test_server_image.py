"""The image of the reference MCP server, built and run."""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from provision.runtimes.docker import health, server_image
from provision.runtimes.process import ports
from tests.support import base_images, containers
from tests.support.requirements import need

PORT = 3000
SECRET = secrets.token_urlsafe(24)
SETTINGS = {
    "name": "demo",
    "host": "0.0.0.0",
    "port": PORT,
    "url": f"http://localhost:{PORT}/mcp",
    "issuer": "http://localhost:8080/realms/mcp",
    "verifier": "introspection",
    "introspection_url": "http://keycloak:8080/realms/mcp/protocol/openid-connect/token/introspect",
    "introspection_client_id": f"http://localhost:{PORT}/mcp",
    "introspection_client_secret_file": server_image.SECRET,
    "tls_terminated_by_proxy": True,
}
# What a process of the container's user could write to, beside devices and what the kernel makes up.
_WRITABLE = """
import os
print(*(
    os.path.join(folder, name)
    for folder, folders, files in os.walk("/")
    if not folder.startswith(("/proc", "/sys", "/dev"))
    for name in [*folders, *files]
    if os.access(os.path.join(folder, name), os.W_OK, effective_ids=True) and not os.path.islink(os.path.join(folder, name))
))
"""


def _build(docker, folder, tag, *, client="docker", buildkit):
    need("debootstrap")
    server_image.write_context(folder)
    docker.run(
        "build",
        f"--tag={tag}",
        f"--build-arg=BASE={base_images.python(docker)}",
        str(folder),
        client=client,
        env={"DOCKER_BUILDKIT": str(int(buildkit))},
    )


@pytest.fixture(scope="module")
def image(docker, tmp_path_factory):
    tag = "provision-test/server:classic"
    _build(docker, tmp_path_factory.mktemp("build") / "context", tag, buildkit=False)
    return tag


@pytest.fixture(scope="module")
def port():
    return ports.pick_free()


@pytest.fixture(scope="module")
def server(docker, image, port):
    """A running server that has been given all restrictions there are."""
    arguments = [
        *containers.HARDENED,
        *(f"--tmpfs={path}:{options}" for path, options in server_image.TMPFS.items()),
        f"--publish=127.0.0.1:{port}:{PORT}",
        *containers.health_options(server_image.health_check(PORT)),
        image,
    ]
    volume = containers.volume_name()
    files = {server_image.SETTINGS: json.dumps(SETTINGS), server_image.SECRET: SECRET}
    containers.upload(docker, image, volume, server_image.UID, files)
    with containers.created(docker, *arguments, volumes={f"{server_image.FOLDER}:ro": volume}) as container:
        container.start()
        yield container


def _status(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


def test_it_serves_without_root_capabilities_or_a_place_to_write(server, port):
    assert _status(port, "/health/live") == 200
    assert _status(port, "/.well-known/oauth-protected-resource/mcp") == 200


def test_it_runs_as_a_user_of_its_own(server):
    status = server.inside("python3", "-c", "print(open('/proc/1/status').read())")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    assert fields["Uid"].split() == fields["Gid"].split() == [str(server_image.UID)] * 4
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"].strip() == "1"


def test_there_is_nothing_to_write_to_but_the_temporary_folder(server):
    writable = set(server.inside("python3", "-c", _WRITABLE).split())
    assert writable - {health.MARK} == {"/tmp"}


def test_its_secret_is_in_its_file_only(server, docker):
    assert SECRET not in json.dumps(server.inspect())
    assert SECRET not in docker.run("history", "--no-trunc", server.inspect()["Image"])
    server_itself = "import pathlib; print(*(pathlib.Path('/proc/1', name).read_bytes() for name in ('environ', 'cmdline')))"
    told = server.inside("python3", "-c", server_itself)
    assert "PATH=" in told, "its environment was read"
    assert "provision" in told, "its arguments were read"
    assert SECRET not in told
    assert SECRET not in docker.run("logs", server.name)


def test_the_image_holds_the_server_and_the_look_at_listeners_and_nothing_else_of_the_toolkit(server):
    modules = (
        "import pathlib; print(*sorted(p.as_posix() for p in pathlib.Path('/app/provision').glob('{}')))"
    )
    assert server.inside("python3", "-c", modules.format("*.py")).split() == ["/app/provision/__init__.py"]
    assert server.inside("python3", "-c", modules.format("*/")).split() == [
        f"/app/provision/{name}" for name in ("__pycache__", "_lib", "server")
    ]
    assert server.inside("python3", "-c", modules.format("_lib/*.py")).split() == [
        f"/app/provision/_lib/{name}.py" for name in ("__init__", "errors", "loopback")
    ]


def test_the_health_check_notices_a_server_that_does_not_answer(docker, server):
    nobody, no_keycloak = (
        server_image.health_check(PORT + 1),
        server_image.health_check(PORT, "/health/ready"),
    )
    with ThreadPoolExecutor() as threads:  # each waits a while, as of a container that was healthy before
        checks = [
            threads.submit(docker.attempt, "exec", server.name, *command)
            for _, *command in (nobody, no_keycloak)
        ]
    assert [check.result().returncode for check in checks] == [1, 1]


def test_it_starts_as_the_image_says_without_anything_set_by_the_stack(docker, image):
    settings = json.loads(docker.run("image", "inspect", image))[0]["Config"]
    assert tuple(settings["Entrypoint"]) == server_image.ENTRYPOINT
    assert settings["User"] == server_image.USER
    assert "Healthcheck" not in settings


def test_it_is_built_again_out_of_the_cache(docker, image, tmp_path):
    _build(docker, tmp_path / "elsewhere", "provision-test/server:again", buildkit=False)
    identities = docker.run(
        "image", "inspect", "--format={{.Id}}", image, "provision-test/server:again"
    ).split()
    assert len(set(identities)) == 1


def test_buildkit_builds_it_too(docker, tmp_path):
    client = _client_with_buildkit(docker)
    _build(docker, tmp_path / "context", "provision-test/server:buildkit", client=client, buildkit=True)


def _client_with_buildkit(docker):
    """Newer clients need the plugin buildx for it; Debian's has it built in."""
    if docker.attempt("buildx", "version").returncode == 0:
        return "docker"
    if shutil.which("/usr/bin/docker"):
        return "/usr/bin/docker"
    pytest.skip("no client here has BuildKit")
