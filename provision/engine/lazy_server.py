"""One gRPC server for every call of the engine into this process: the program, the provider, the event log.

The server listens before any of the three is loaded. The engine needs half a second before its first call and our imports need
as long, so both happen at the same time; a call that comes early waits.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

import grpc

from provision._lib.grpc_server import make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WORKERS = 64  # calls wait for Keycloak, not for the processor; the engine itself limits them by --parallel

_ABOUT = "/pulumirpc.LanguageRuntime/About"  # called first and for information only: the answer need not wait


class LazyGrpcServer:
    """A gRPC server on a free port of the loopback address, open until it is closed."""

    def __init__(self) -> None:
        self._handlers: Future[list[grpc.GenericRpcHandler]] = Future()
        self._server, port = make_server(_WORKERS, [_Awaited(self._handlers)])
        self.address = f"127.0.0.1:{port}"
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server; a waiting call is refused, so that the engine ends as well."""
        self.refuse()
        self._server.stop(grace=None)

    def connect(self, *services: Callable[[Any], None]) -> None:
        """Answer calls from now on.

        Args:
            services: Functions that each add a servicer to the given server (``add_…Servicer_to_server``).
        """
        collected = _Collected()
        for add in services:
            add(collected)
        self._handlers.set_result(collected.handlers)

    def refuse(self) -> None:
        """Fail the waiting calls if nothing was connected."""
        if not self._handlers.done():
            self._handlers.set_result([])


class _Awaited(grpc.GenericRpcHandler):
    """A lookup of a call's method that waits until the methods are connected."""

    def __init__(self, handlers: Future[list[grpc.GenericRpcHandler]]) -> None:
        self._handlers = handlers

    def service(self, handler_call_details: Any) -> Any:
        if handler_call_details.method == _ABOUT:
            return grpc.unary_unary_rpc_method_handler(
                lambda _request, _context: b""
            )  # a message with nothing in it
        found = (handler.service(handler_call_details) for handler in self._handlers.result())
        return next((handler for handler in found if handler is not None), None)


class _Collected:
    """A stand-in for a server that collects the handlers which generated code adds."""

    def __init__(self) -> None:
        self.handlers: list[grpc.GenericRpcHandler] = []

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Collect the handlers; called by the generated code."""
        self.handlers.extend(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """Do nothing: the faster lookup is for C++ servers, and the generic handlers cover the same methods."""
