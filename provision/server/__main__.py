"""``python -m provision.server --settings FILE``."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import resource
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from provision.server.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import ASGIApp

    from provision.server.audit import AuditTrail

# Beyond the requests that are served there are places for those that are told so, and for health checks.
_PLACES_IN_RESERVE = 64
# Files, connections to the authorization server, and connections that are being closed.
_FURTHER_DESCRIPTORS = 1024


def main(arguments: list[str] | None = None) -> int:
    """Run the server until a signal ends it.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit code: 0 for an end by signal, 1 for an address in use, 2 for wrong settings.
    """
    parser = argparse.ArgumentParser(
        prog="python -m provision.server", description="The reference MCP server."
    )
    parser.add_argument(
        "--settings", type=Path, required=True, metavar="FILE", help="JSON file with the settings"
    )
    parser.add_argument(
        "--stdio",
        action="store_true",
        help="serve on standard input and output, with the access token of the environment",
    )
    options = parser.parse_args(arguments)
    if options.stdio:
        return _until_the_end(lambda: _serve_stdio(load_settings(options.settings)))
    return run(options.settings, _reference_server)


def run(file: Path, build: Callable[[Settings, AuditTrail], ASGIApp]) -> int:
    """Serve an application until a signal ends it.

    Args:
        file: JSON file with the settings.
        build: Makes the application.

    Returns:
        The exit code: 0 for an end by signal, 1 for an address in use, 2 for wrong settings.
    """

    def serve() -> None:
        settings = load_settings(file)
        tls = _tls(settings)
        # Bound before the long imports: the connection of an early client waits in the backlog instead of being refused.
        listener = _listen(settings)
        sys.stderr.write(f"{settings.name} serves {settings.url} on {settings.host}:{settings.port}\n")
        _serve(settings, listener, tls, build)

    return _until_the_end(serve)


def _until_the_end(serve: Callable[[], None]) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        serve()
    except SettingsError as error:
        sys.stderr.writelines(f"error: {problem}\n" for problem in error.problems)
        return 2
    except OSError as error:
        sys.stderr.write(f"error: {error.strerror or error}\n")
        return 1
    return 0


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        error.strerror = f"cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        raise
    # Connections inherit this option. asyncio sets it only on its own listeners; without it the second part of an
    # answer waits until the client has acknowledged the first, which Linux does 40 ms later.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_certificate_file is None or settings.tls_key_file is None:
        return None
    from provision.server.tls import server_context

    return server_context(settings.tls_certificate_file, settings.tls_key_file)


def _reference_server(settings: Settings, audit: AuditTrail) -> ASGIApp:
    from provision.server.app import build_app

    return build_app(settings, audit)


def _serve(
    settings: Settings,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    build: Callable[[Settings, AuditTrail], ASGIApp],
) -> None:
    _prepare_imports()
    import uvicorn
    from sse_starlette.sse import AppStatus

    from provision.server.audit import AuditTrail
    from provision.server.connections import Connection, Listener, Places
    from provision.server.framing import HEAD_BYTES

    # At the first signal the library breaks off every streamed answer. Ours end by themselves, and uvicorn bounds the wait.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    app = build(settings, AuditTrail(settings.audit_file))
    gc.freeze()
    gc.enable()
    places = Places(settings.max_connections + _PLACES_IN_RESERVE)
    _allow_descriptors(settings.max_connections + _PLACES_IN_RESERVE + _FURTHER_DESCRIPTORS)
    config = uvicorn.Config(
        app,
        loop="asyncio" if tls is None else "provision.server.tls:Loop",
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        http=partial(Connection, places=places),  # type: ignore[arg-type]  # uvicorn calls it
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=settings.shutdown_seconds,  # type: ignore[arg-type]  # a fraction works
    )
    uvicorn.Server(config).run(sockets=[Listener(listener, places)])


def _allow_descriptors(wanted: int) -> None:
    """Let the process open so many files and connections, if the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _serve_stdio(settings: Settings) -> None:
    from provision.server.credentials import Credentials

    credentials = Credentials(os.environ)
    _prepare_imports()
    import asyncio

    from provision.server.stdio import serve

    gc.enable()
    # A read of standard input cannot be interrupted; a client closes standard input first, and signals only if that does not help.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    asyncio.run(serve(settings, credentials))


def _prepare_imports() -> None:
    # The libraries log their inputs, arguments and claims too; the audit trail logs everything that is needed.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("fastmcp", "mcp"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # It warns of each request that is none: whoever can connect could fill the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # The settings of this process come from its file only, not from the inherited environment.
    for name in [name for name in os.environ if name.startswith("FASTMCP_")]:
        del os.environ[name]
    os.environ["FASTMCP_ENV_FILE"] = os.devnull
    os.environ["FASTMCP_LOG_ENABLED"] = "false"
    # The HTTP client imports trio if something else has installed it; the server runs on asyncio only.
    sys.modules.setdefault("trio", None)  # type: ignore[arg-type]
    # Most models of the three protocol versions are never used: each is completed at its first use.
    BaseModel.model_config["defer_build"] = True
    # Hundreds of classes are made and none is thrown away: collecting in between is lost time.
    gc.disable()


if __name__ == "__main__":
    sys.exit(main())
