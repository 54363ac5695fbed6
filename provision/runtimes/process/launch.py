"""How Keycloak's JVM is started: directly, without kc.sh, on a flat class path.

Quarkus normally loads Keycloak through a class loader of its own, which hides most of it from the JVM's AOT
cache. With every jar on the JVM's own class path the cache holds classes loaded, linked and profiled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAIN = "org.keycloak.quarkus.runtime.KeycloakMain"
THREAD_FACTORY = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"  # Quarkus insists on it
# Measured, see docs/decisions/0002-keycloak-start-up.md.
TUNING = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xms192m",
    "-Xmn128m",
    "-Xmx512m",
    "-XX:-UsePerfData",
)
# What kc.sh passes beside its choice of heap and collector.
OPTIONS = (
    "-XX:MetaspaceSize=96M",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
    "-Dstdout.encoding=UTF-8",
    "-Dstderr.encoding=UTF-8",
    "-Djava.security.egd=file:/dev/urandom",
    "-Djdk.tls.rejectClientInitiatedRenegotiation=true",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "-Duser.language=en",
    "-Duser.country=US",
    f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={THREAD_FACTORY}",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
    "-Dquarkus-log-max-startup-records=10000",
)
NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED"  # known since Java 17, needed by Infinispan
SHARED = ("lib", "providers", "themes")


def class_path(keycloak: Path) -> list[str]:
    """List the jars of a built Keycloak, relative to its folder, in the order its own loader searches them."""
    index = (keycloak / "lib" / "quarkus" / "quarkus-application.dat").read_bytes()
    names = re.findall(rb"(?:quarkus|app|lib/boot|lib/main)/[\w.+-]+\.jar", index)
    return [f"lib/{name.decode()}" for name in dict.fromkeys(names)]


def write_arguments(file: Path, keycloak: Path, jars: list[str]) -> None:
    """Write the file of JVM arguments that every start shares (``java @file``)."""
    path = ":".join(str(keycloak / jar) for jar in jars)
    quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    file.write_text("\n".join([*TUNING, *OPTIONS, NATIVE_ACCESS, "-cp", quoted, ""]))


def lay_out(server: Path, keycloak: Path) -> None:
    """Make a stack's own Keycloak home: its data and configuration, with the programs linked in."""
    (server / "conf").mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        link = server / name
        if link.is_symlink() and link.readlink() == keycloak / name:
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(keycloak / name)


def command(
    java: Path, arguments: Path, server: Path, port: int, *, jvm: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Give the command that runs Keycloak on a port of the loopback interface.

    Args:
        java: The ``java`` program.
        arguments: The shared file of JVM arguments.
        server: The stack's own Keycloak home.
        port: The HTTP port.
        jvm: More JVM options.
    """
    return (
        str(java),
        f"@{arguments}",
        *jvm,
        f"-Dkc.home.dir={server}",
        f"-Djboss.server.config.dir={server / 'conf'}",
        MAIN,
        "start",
        "--optimized",
        "--cache=local",
        "--http-enabled=true",
        "--http-host=127.0.0.1",
        f"--http-port={port}",
        f"--hostname=http://localhost:{port}",
    )


def run_at_connect(script: Path) -> str:
    """Give the option that makes the database run a script whenever Keycloak connects to it."""
    path = str(script).replace("'", "''").replace(";", "\\;")
    return f"--db-url-properties=;INIT=RUNSCRIPT FROM '{path}' CHARSET 'UTF-8'"
