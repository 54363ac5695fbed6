"""The gRPC servers that Pulumi's engine calls: each listens on the loopback address and answers this user alone.

The engine's protocols have no authentication: who reaches the port of a provider runs programs as its user. So every
server of ours is made here, and each call is refused unless the kernel says that the caller is this user.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import grpc

from provision._lib import loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LARGEST: Final = 16 << 20
"""The bytes of the largest message about one object. gRPC reads a message before it asks who the caller is."""
LARGEST_OF_A_STACK: Final = 400 << 20
"""The bytes of the largest message with all objects of a stack, as in Pulumi's own SDK."""
_PATIENCE_SECONDS: Final = 1800  # with a program that keeps the event loop busy, as in Pulumi's own SDK

_KINDS: Final = {  # (the request is a stream, the answer is a stream)
    (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
    (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
    (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
    (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
}


def make_server(
    workers: int, handlers: Sequence[grpc.GenericRpcHandler] = (), *, largest: int = LARGEST
) -> tuple[grpc.Server, int]:
    """Return a server that is not started yet, and its port on 127.0.0.1.

    Calls of another user of this machine end with ``PERMISSION_DENIED``.

    Args:
        workers: How many calls are answered at the same time.
        handlers: Handlers to begin with; generated code may add more.
        largest: The size of the largest message that is read, in bytes.
    """
    own_user = _OwnUserOnly()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=workers),
        handlers=list(handlers),
        interceptors=[own_user],
        options=(
            ("grpc.max_receive_message_length", largest),
            ("grpc.server_max_unrequested_time_in_server", _PATIENCE_SECONDS),
            # Without this, another server of any user of this machine could share the port.
            ("grpc.so_reuseport", 0),
        ),
    )
    own_user.port = server.add_insecure_port(f"{loopback.ADDRESS}:0")
    return server, own_user.port


class _OwnUserOnly(grpc.ServerInterceptor):
    """The check of each call's peer."""

    port = 0

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        name, make = _KINDS[handler.request_streaming, handler.response_streaming]
        behavior = getattr(handler, name)

        def checked(request: Any, context: grpc.ServicerContext) -> Any:
            if not loopback.is_own_peer(_address(context.peer()), self.port):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "This port is for the user who opened it.")
            return behavior(request, context)

        return make(checked, handler.request_deserializer, handler.response_serializer)


def _address(peer: str) -> tuple[str, int]:
    """Return address and port in gRPC's text for a peer, such as ``ipv4:127.0.0.1:40718``; port -1 for any other text."""
    kind, _, rest = peer.partition(":")
    address, _, number = rest.rpartition(":")
    return (address, int(number)) if kind == "ipv4" and number.isdecimal() else (rest, -1)
