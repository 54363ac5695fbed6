"""The plugin process that the engine starts for a plain ``pulumi`` command."""

from __future__ import annotations

import os
import sys
import threading
from importlib.metadata import version

from pulumi.runtime.proto import provider_pb2_grpc

from provision._lib.grpc_server import make_server
from provision.provider.servicer import Servicer

_WORKERS = 32  # calls wait for Keycloak, not for the processor; the engine itself limits them by --parallel


def main() -> None:
    """Run the plugin executable ``pulumi-resource-provision``: print its port and serve until the engine is gone."""
    engine = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    server, port = make_server(_WORKERS)
    servicer = Servicer(version("mcp-provision"), engine, backend=os.environ.get("PULUMI_BACKEND_URL", ""))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    server.start()
    threading.Thread(target=_exit_with_the_engine, daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()


def _exit_with_the_engine() -> None:
    """End the process when the engine closes our standard input: the plugin would outlive an engine that is killed."""
    while os.read(0, 1024):
        pass
    os._exit(0)
