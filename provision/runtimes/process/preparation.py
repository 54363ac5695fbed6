"""The one-time preparation of Keycloak for quick starts: build, database, JVM start-up cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib import cache, run_program
from provision._lib.errors import ProvisionError
from provision.keycloak.version import VERSION
from provision.runtimes.process import database, distribution, java, launch, ports
from provision.runtimes.process.readiness import Readiness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision._lib.progress import Progress
    from provision.runtimes.process.database import Template
    from provision.runtimes.process.java import Java

RECIPE = "2"  # raise this number whenever the preparation's result changes
START_SECONDS = 180.0
# Keycloak's own trust store checks every root certificate of the JVM at start; without it, the JVM's store is used.
BUILD_OPTIONS = ("--spi-truststore--file--enabled=false",)
INDEX = "prepared.json"
PREPARED_BYTES = 1 << 30


@dataclass(frozen=True)
class Prepared:
    """A prepared Keycloak, which all stacks of the user share and only read.

    Args:
        folder: The folder in the cache.
        java: The Java runtime that Keycloak was prepared for.
        has_aot_cache: Whether the JVM starts from a cache; without a cache a start takes about twice as long.
    """

    folder: Path
    java: Java
    has_aot_cache: bool

    @property
    def version(self) -> str:
        """Keycloak's version."""
        return VERSION

    @property
    def keycloak(self) -> Path:
        """The built distribution."""
        return self.folder / "keycloak"

    @property
    def template(self) -> Template:
        """The database that a new stack begins with."""
        return database.read_template(self.folder / database.FILE)

    @property
    def aot_options(self) -> tuple[str, ...]:
        """The JVM options that use the start-up cache; empty without a start-up cache."""
        if not self.has_aot_cache:
            return ()
        return (f"-XX:AOTCache={self.folder / 'start.aot'}", "-Xlog:aot*=error")

    def command(self, server: Path, port: int, *, jvm: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the command that runs the prepared Keycloak; see :func:`launch.command`."""
        arguments = self.folder / "java.args"
        return launch.command(self.java.executable, arguments, server, port, jvm=(*self.aot_options, *jvm))


def prepare(progress: Progress, features: tuple[str, ...] = ()) -> Prepared:
    """Return the prepared Keycloak, after making it if it is missing or damaged.

    Args:
        progress: The display of the steps; the first time takes about a minute and a half.
        features: Keycloak features to build in, besides the default features.

    Raises:
        ProvisionError: There is no Java, no Keycloak or no space, or Keycloak's own build failed.
    """
    runtime = java.find()
    folder = _folder(runtime, features)
    cache.install(
        folder,
        lambda fresh: make(fresh, folder, runtime, progress, features=features),
        what=f"Keycloak {VERSION}",
        progress=progress,
        valid=_is_whole,
        room=PREPARED_BYTES,
    )
    return read(folder, runtime)


def find(features: tuple[str, ...] = ()) -> Prepared | None:
    """Return the prepared Keycloak, or None if it is not prepared; make nothing."""
    try:
        runtime = java.find()
    except ProvisionError:
        return None
    folder = _folder(runtime, features)
    return read(folder, runtime) if _is_whole(folder) else None


def _folder(runtime: Java, features: tuple[str, ...]) -> Path:
    own = distribution.override()
    parts = [
        RECIPE,
        runtime.build,
        *BUILD_OPTIONS,
        *launch.TUNING,
        *launch.OPTIONS,
        *sorted(features),
        str(own or ""),
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
    return cache.root() / "keycloak" / f"{VERSION}-{digest}"


def version_of(program: Path) -> str:
    """Return the version of the prepared Keycloak that a file or folder is part of.

    Args:
        program: A path in the ``keycloak`` folder of a prepared Keycloak, which may be gone.
    """
    return program.parents[1].name.rpartition("-")[0]


def read(folder: Path, runtime: Java) -> Prepared:
    """Return the prepared Keycloak that :func:`make` has made in a folder."""
    return Prepared(folder, runtime, has_aot_cache=(folder / "start.aot").exists())


def _is_whole(folder: Path) -> bool:
    """Return whether every file that a start needs still has its original size."""
    try:
        sizes: dict[str, int] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        root = f"{folder}/"
        return all(os.stat(root + name).st_size == size for name, size in sizes.items())  # noqa: PTH116 - 400 files
    except (OSError, ValueError):
        return False


def make(
    fresh: Path,
    final: Path,
    runtime: Java,
    progress: Progress,
    *,
    features: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
) -> None:
    """Build, merge, bootstrap and train a Keycloak.

    Args:
        fresh: The folder to make, which does not exist yet.
        final: The folder from which Keycloak will be used.
        runtime: The Java runtime that will run Keycloak.
        progress: The display of the steps.
        features: Keycloak features to build in, besides the default features.
        options: Further options of Keycloak's own build.

    Raises:
        ProvisionError: There is no Keycloak, or Keycloak's own build or its start failed.
    """
    from provision.runtimes.process import class_path

    fresh.mkdir(parents=True)
    keycloak = fresh / "keycloak"
    distribution.unpack(keycloak, runtime, progress)
    _build(keycloak, runtime, features, options, progress)
    with progress.step("Merging Keycloak's jars into one") as step:
        jars = class_path.merge(keycloak, fresh / "jars", step)
    launch.write_security(fresh / "java.security")
    _write_arguments(fresh, fresh, jars)
    _make_template(fresh, runtime, progress)
    has_aot = runtime.feature >= java.FIRST_WITH_AOT_PROFILES and _train(fresh, runtime, progress)
    _write_arguments(fresh, final, jars)
    shutil.rmtree(keycloak / "lib" / "lib")  # the merged jars contain all jars of this folder
    names = [
        "java.args",
        "java.security",
        database.FILE,
        f"{database.FILE}.json",
        *(f"jars/{jar}" for jar in jars),
    ]
    if has_aot:
        names.append("start.aot")
    (fresh / INDEX).write_text(
        json.dumps({name: (fresh / name).stat().st_size for name in names}), encoding="utf-8"
    )


def _write_arguments(fresh: Path, place: Path, jars: list[str]) -> None:
    """Write the JVM's arguments into a fresh folder that is, or will be, at a place."""
    paths = [place / "jars" / jar for jar in jars]
    launch.write_arguments(fresh / "java.args", paths, place / "java.security")


def _build(
    keycloak: Path, runtime: Java, features: tuple[str, ...], options: tuple[str, ...], progress: Progress
) -> None:
    command = [str(keycloak / "bin" / "kc.sh"), "build", "--db=dev-file", *BUILD_OPTIONS, *options]
    if features:
        command.append(f"--features={','.join(features)}")
    environment = {"PATH": os.environ.get("PATH", ""), "JAVA_HOME": str(runtime.home)}
    with progress.step(f"Building Keycloak {VERSION} for quick starts") as step:
        done = run_program.run(command, step.note, env=environment)
    if done.code != 0 or not (keycloak / "lib" / "quarkus" / "quarkus-application.dat").exists():
        raise ProvisionError(
            f"Keycloak's own build failed: {done.last}", "Check the features in the configuration."
        )


def _make_template(fresh: Path, runtime: Java, progress: Progress) -> None:
    client_id, client_secret = "template", os.urandom(24).hex()
    prepared = Prepared(fresh, runtime, has_aot_cache=False)
    with progress.step("Making the database that new stacks begin with"), _workplace(fresh) as place:
        server = place / "server"
        launch.lay_out(server, prepared.keycloak)
        configuration = server / "conf" / "keycloak.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bootstrap-admin-client-id={client_id}\nbootstrap-admin-client-secret={client_secret}\n",
            encoding="utf-8",
        )
        with _keycloak(prepared, server, client_id, client_secret):
            pass
        raw = server / "data" / "h2" / database.FILE
        database.make_template(raw, fresh / database.FILE, client_id, database.H2(runtime, prepared.keycloak))


def _train(fresh: Path, runtime: Java, progress: Progress) -> bool:
    """Make the JVM's start-up cache; return whether this JVM accepts the cache."""
    import subprocess

    from provision.runtimes.process import training

    profile, aot = fresh / "start.aotconfig", fresh / "start.aot"
    record = ("-XX:AOTMode=record", f"-XX:AOTConfiguration={profile}", "-Xlog:aot*=off", "-Xlog:cds*=off")
    prepared = Prepared(fresh, runtime, has_aot_cache=False)
    with progress.step("Training the start-up cache") as step, _workplace(fresh) as place:
        with _stack(prepared, place, jvm=record) as (url, client_id, client_secret):
            training.train(url, client_id, client_secret, step.note)
        step.note("writing the profile")
    with progress.step("Writing the start-up cache"):
        create = [
            str(runtime.executable),
            f"@{fresh / 'java.args'}",
            "-XX:AOTMode=create",
            f"-XX:AOTConfiguration={profile}",
            f"-XX:AOTCache={aot}",
            "-Xlog:aot*=off",
        ]
        subprocess.run(create, capture_output=True, check=False)
    profile.unlink(missing_ok=True)
    if not aot.exists():
        return False
    with progress.step("Trying the prepared Keycloak") as step, _workplace(fresh) as place:
        began = time.monotonic()
        with _stack(Prepared(fresh, runtime, has_aot_cache=True), place) as _:
            step.note(f"ready after {time.monotonic() - began:.1f} s")
        works = "[error][aot" not in (place / launch.LOG).read_text(errors="replace", encoding="utf-8")
    if not works:
        aot.unlink()
    return works


@contextmanager
def _workplace(fresh: Path) -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(dir=fresh, prefix="work-") as place:
        yield Path(place)


@contextmanager
def _stack(prepared: Prepared, place: Path, jvm: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    """Run Keycloak on a copy of the template like a stack's first start; yield URL, client id and client secret."""
    client_id, client_secret = "provision", os.urandom(24).hex()
    server = place / "server"
    lay_out_from_template(prepared, server)
    script = place / "admin.sql"
    script.write_text(database.own_values(prepared.template, client_id, client_secret), encoding="utf-8")
    options = (launch.database(script),)
    with _keycloak(prepared, server, client_id, client_secret, jvm=jvm, options=options) as url:
        yield url, client_id, client_secret


def lay_out_from_template(prepared: Prepared, server: Path) -> None:
    """Make a Keycloak home with a fresh copy of the template database."""
    launch.lay_out(server, prepared.keycloak)
    data = server / "data" / "h2"
    data.mkdir(parents=True)
    shutil.copyfile(prepared.template.path, data / database.FILE)


@contextmanager
def _keycloak(
    prepared: Prepared,
    server: Path,
    client_id: str,
    client_secret: str,
    *,
    jvm: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
) -> Iterator[str]:
    """Run Keycloak and yield its URL; stop Keycloak by SIGTERM, since the JVM writes its profile when it ends."""
    import subprocess

    port = ports.pick_free()
    log = server.parent / launch.LOG
    log.unlink(missing_ok=True)
    with log.open("ab") as output:  # Keycloak writes it by its name too
        process = subprocess.Popen(
            [*prepared.command(server, port, jvm=jvm), *options],
            cwd=server,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        ready = Readiness(log, port, client_id, client_secret)
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace", encoding="utf-8").strip().splitlines()
                errors = [line for line in tail if "ERROR" in line] or tail or ["no log"]
                raise ProvisionError(f"Keycloak did not start while it was prepared: {errors[0]}")
            time.sleep(0.05)
        yield f"http://localhost:{port}"
        process.terminate()
        process.wait(START_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
