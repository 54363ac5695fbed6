"""The image of a stack's Keycloak: its build context, and the arguments of its containers."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from provision.keycloak.version import VERSION
from provision.runtimes.docker import build_context, health
from provision.runtimes.process import launch

if TYPE_CHECKING:
    from pathlib import Path

BASE = f"quay.io/keycloak/keycloak:{VERSION}"
UID = 1000
USER = f"{UID}:0"
HOME = PurePosixPath("/opt/keycloak")
START = HOME / "start"  # merged jars, start-up cache, arguments of the JVM
JAVA = PurePosixPath("/opt/java")
# Docker fills an empty volume with the image's database, which a new stack begins with.
DATA = HOME / "data"
FILES = PurePosixPath("/run/keycloak")  # a volume with files, see provision.runtimes.docker
ADMIN_SCRIPT = FILES / "admin.sql"
FILE_MODE = "0400"
PORT = 8080
MANAGEMENT_PORT = 9000
TMPFS = {"/tmp": "rw,noexec,nosuid,nodev,size=64m"}  # noqa: S108 - inside the container
PROGRAM = "runtimes/docker/keycloak_build.py"
"""The module that the image's build runs."""
_PROBE = """\
ready() (
  exec 3<>/dev/tcp/127.0.0.1/{port} || exit
  printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3
  read -r -t {answer} _ status _ <&3
  [ "$status" = 200 ]
) 2>/dev/null
wait={start}
[ ! -e {mark} ] || {{ sleep {quiet}; wait={again}; }}
SECONDS=0
until ready; do
  [ $SECONDS -lt $wait ] || exit 1
  sleep 0.1
done
: > {mark}
"""
HEALTH_CHECK = (
    "CMD",
    "bash",
    "-c",
    _PROBE.format(
        port=MANAGEMENT_PORT,
        answer=health.ANSWER_SECONDS,
        mark=health.MARK,
        quiet=health.QUIET_SECONDS,
        start=health.START_SECONDS,
        again=health.AGAIN_SECONDS,
    ),
)
"""The command of the health check; see :mod:`provision.runtimes.docker.health`."""


def entrypoint(jvm: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the entry point of a container.

    Args:
        jvm: Options of the Java virtual machine in addition to the image's own options.
    """
    return (f"{JAVA}/bin/java", f"@{START / 'java.args'}", *jvm, launch.MAIN)


def command(url: str) -> tuple[str, ...]:
    """Return the arguments of a container's entry point.

    Args:
        url: Keycloak's address for browsers, without a trailing slash. Other containers may use another address, and
            Keycloak's answers then name backchannel URLs with that address (guide "Configuring the hostname").
    """
    return (
        *launch.START,
        "--http-host=0.0.0.0",
        f"--http-port={PORT}",
        "--http-management-host=127.0.0.1",
        f"--hostname={url}",
        "--hostname-backchannel-dynamic=true",
        launch.database(ADMIN_SCRIPT),
    )


def write_context(folder: Path) -> str:
    """Write the image's build context into a folder.

    Args:
        folder: The folder, whose content is replaced.

    Returns:
        A digest of the context, in hex.
    """
    return build_context.write_with(folder, "keycloak", PROGRAM)
