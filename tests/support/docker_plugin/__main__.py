"""The plugin's process: prints its port and serves until the engine is gone."""

from __future__ import annotations

import os
import sys
import threading
from concurrent import futures

import grpc
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from tests.support.docker_plugin.servicer import Servicer


def _exit_with_the_engine() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


def main() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=_GRPC_CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_exit_with_the_engine, daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
