"""The command that starts Keycloak's JVM directly, without kc.sh and without Quarkus's class loader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.urls import of_port
from provision.runtimes.process.search import KEYCLOAK_HOME

if TYPE_CHECKING:
    from pathlib import Path, PurePath

MAIN = "org.keycloak.quarkus.runtime.KeycloakMain"
THREAD_FACTORY = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"  # Quarkus requires it
# Measured, see docs/decisions/0002-keycloak-start-up.md.
TUNING = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xms192m",
    "-Xmn128m",
    "-Xmx512m",
    "-XX:-UsePerfData",
)
# The options that kc.sh passes besides its choice of heap and collector.
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
SECURITY_PROVIDERS = (
    "SUN",
    "SunRsaSign",
    "SunEC",
    "SunJSSE",
    "SunJCE",
    "SunJGSS",
    "SunSASL",
    "XMLDSig",
    "JdkLDAP",
)
SHARED = ("lib", "providers", "themes")
TEMPORARY = "tmp"  # Keycloak's own folder for temporary files, in a folder that nobody else may enter
LOG = "keycloak.log"
LOG_SIZE = "10M"
"""The size at which Keycloak begins its log anew; the log before it stays beside it."""
START = (
    "start",
    "--optimized",
    "--cache=local",
    "--http-enabled=true",
    "--shutdown-delay=0s",  # a delay would only let a load balancer notice the shutdown
    "--log=file",  # a file that Keycloak bounds: strangers fill it, by failed logins for example
    f"--log-file-rotation-max-file-size={LOG_SIZE}",
    "--log-file-rotation-max-backup-index=1",
)


def write_arguments(file: Path, jars: list[Path], security: Path) -> None:
    """Write the file of JVM arguments that every start shares (``java @file``).

    Args:
        file: The file to write.
        jars: The class path.
        security: The file of :func:`write_security`.
    """
    path = ":".join(str(jar) for jar in jars)
    shared = [*TUNING, *OPTIONS, NATIVE_ACCESS]
    shared += [f"-Djava.security.properties={security}", "-cp", path]
    file.write_text("".join(f"{_quoted(argument)}\n" for argument in shared), encoding="utf-8")


def write_security(file: Path) -> None:
    """Write the list of security providers, without the providers that a slim Java lacks.

    Java searches the whole class path for each listed provider that is missing.
    """
    names = [*SECURITY_PROVIDERS, ""]  # the empty name ends the list
    lines = [f"security.provider.{number}={name}\n" for number, name in enumerate(names, 1)]
    file.write_text("".join(lines), encoding="utf-8")


def _quoted(argument: str) -> str:
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def lay_out(server: Path, keycloak: Path) -> None:
    """Make a stack's own Keycloak home, with links to the shared programs."""
    for folder in ("conf", TEMPORARY):
        (server / folder).mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        link = server / name
        if link.is_symlink() and link.readlink() == keycloak / name:
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(keycloak / name)


def command(
    java: Path, arguments: Path, server: Path, port: int, *, jvm: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the command that runs Keycloak on a port of the loopback interface.

    Args:
        java: The ``java`` program.
        arguments: The shared file of JVM arguments.
        server: The stack's own Keycloak home; the log lies beside it.
        port: The HTTP port.
        jvm: Further JVM options.
    """
    return (
        str(java),
        f"@{arguments}",
        f"-Djava.io.tmpdir={server / TEMPORARY}",
        f"-Dvertx.cacheDirBase={server / TEMPORARY / 'vertx'}",  # else /tmp/vertx-cache, which all users share
        *jvm,
        f"{KEYCLOAK_HOME}{server}",
        f"-Djboss.server.config.dir={server / 'conf'}",
        MAIN,
        *START,
        f"--log-file={server.parent / LOG}",
        "--http-host=127.0.0.1",
        f"--http-port={port}",
        f"--hostname={of_port(port)}",
    )


def database(script: PurePath | None = None) -> str:
    """Return the option of Keycloak for its H2 database.

    Without ``WRITE_DELAY=0``, H2 writes what is committed up to half a second later: a Keycloak that is killed would lose
    objects whose creation it has confirmed, and with which a stack's state counts.

    Args:
        script: A script that the database runs whenever Keycloak connects.
    """
    durable = "--db-url-properties=;WRITE_DELAY=0"
    if script is None:
        return durable
    path = str(script).replace("'", "''").replace(";", "\\;")
    return f"{durable};INIT=RUNSCRIPT FROM '{path}' CHARSET 'UTF-8'"
