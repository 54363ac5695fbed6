"""The build step of Keycloak's image: ``python -m provision.runtimes.docker.keycloak_build FEATURES``.

The module runs in a container that has the official distribution in ``/keycloak`` (``PROVISION_KEYCLOAK_HOME``) and
Keycloak's Java in ``/opt/java``; the image takes the results from ``/opt/keycloak/start`` and ``/built``.
"""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.runtimes.docker import keycloak_database
from provision.runtimes.process import database, distribution, java, preparation

if TYPE_CHECKING:
    from collections.abc import Iterator

START = Path("/opt/keycloak/start")
BUILT = Path("/built")


class _Line:
    def advance(self, done: int, total: int | None = None) -> None:
        pass

    def note(self, text: str) -> None:
        pass


class BuildLog:
    """A progress for the log of an image's build: one line for each finished step."""

    @contextmanager
    def step(self, title: str) -> Iterator[_Line]:
        """Run a step and write its title and duration to the log."""
        began = time.monotonic()
        yield _Line()
        sys.stdout.write(f"{title}: {time.monotonic() - began:.1f} s\n")
        sys.stdout.flush()


def main() -> None:
    """Prepare Keycloak, or end the build with an error text."""
    features = tuple(name for name in sys.argv[1].split(",") if name)
    try:
        _prepare(features)
    except ProvisionError as error:
        sys.exit(f"error: {error}")


def _prepare(features: tuple[str, ...]) -> None:
    runtime = java.find()
    preparation.make(START, START, runtime, BuildLog(), features=features, options=("--health-enabled=true",))
    prepared = preparation.read(START, runtime)
    with (START / "java.args").open("a", encoding="utf-8") as arguments:
        arguments.write("-Dkc.home.dir=/opt/keycloak\n-Djboss.server.config.dir=/opt/keycloak/conf\n")
        if prepared.has_aot_cache:
            arguments.write("".join(f"{option}\n" for option in prepared.aot_options))
        else:
            sys.stdout.write(
                "The start-up cache was left out: this Java does not take it. Starts take longer.\n"
            )
    h2 = database.H2(runtime, distribution.override() or START)
    (BUILT / "data" / "h2").mkdir(parents=True)
    keycloak_database.make_image_database(prepared.template, BUILT / "data" / "h2" / database.FILE, h2)
    (START / "keycloak" / "lib" / "quarkus").rename(BUILT / "quarkus")
    shutil.rmtree(START / "keycloak")
    for name in (preparation.INDEX, f"{database.FILE}.json"):
        (START / name).unlink()


if __name__ == "__main__":
    main()
