"""The services that answer the engine in this process: the stack's program, the provider, the event log."""

from __future__ import annotations

import json
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.automation import EngineEvent
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import events_pb2_grpc, language_pb2_grpc, provider_pb2_grpc

from provision.provider.servicer import Servicer
from provision.stack.pulumi_program import program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from google.protobuf.struct_pb2 import Struct

    from provision.engine.events import EventCollector
    from provision.engine.plan import Reviewed


def services(
    folder: Path, backend: str, outputs: dict[str, Any], ledger: EventCollector, plan: Reviewed | None = None
) -> tuple[Callable[[Any], None], ...]:
    """Return the services that a :class:`~provision.engine.lazy_server.LazyGrpcServer` connects for one operation.

    Args:
        folder: The project's folder.
        backend: The backend that holds the stack's state.
        outputs: Receives the stack's outputs, secrets in clear, when the program has run to its end.
        ledger: Receives every event of the engine, the inputs of the provider's resources, and what removals did.
        plan: The plan that the provider keeps to; None if there is none.
    """
    program_host = LanguageServer(_program(folder, outputs))
    provider = Servicer(
        version("mcp-provision"),
        backend=backend,
        on_check=ledger.checked if plan is None else partial(_checked, ledger, plan),
        on_change=_nothing if plan is None else plan.refuse_other,
        on_delete=ledger.removed,
    )
    return (
        partial(language_pb2_grpc.add_LanguageRuntimeServicer_to_server, program_host),
        partial(provider_pb2_grpc.add_ResourceProviderServicer_to_server, provider),
        partial(events_pb2_grpc.add_EventsServicer_to_server, _EventLog(ledger.take)),
    )


def _nothing(_urn: str, _call: str) -> None:
    """Refuse no call."""


def _checked(
    ledger: EventCollector, plan: Reviewed, urn: str, inputs: Struct, chosen: Mapping[str, Any]
) -> None:
    ledger.checked(urn, inputs, chosen)
    plan.refuse_otherwise(urn, inputs, ledger.invented)


class _EventLog(events_pb2_grpc.EventsServicer):
    """The receiver of the engine's event log."""

    def __init__(self, on_event: Callable[[EngineEvent], None]) -> None:
        self._on_event = on_event

    def StreamEvents(self, request_iterator: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        """Process every event in turn."""
        del context
        for request in request_iterator:
            self._on_event(EngineEvent.from_json(json.loads(request.event)))
        return empty_pb2.Empty()


def _program(folder: Path, outputs: dict[str, Any]) -> Callable[[], None]:
    """Return the stack's program, which also hands over its outputs."""

    def run() -> None:
        # The SDK sends every debug line to the engine and waits for the answer; these lines are never shown here.
        pulumi.log.debug = lambda *_args, **_kwargs: None
        made = program(folder)
        if not pulumi.runtime.is_dry_run():
            pulumi.Output.all(**made).apply(outputs.update)

    return run
