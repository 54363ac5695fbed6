"""The provider protocol (Pulumi's ``provider.proto``), answered from the catalogue of declared objects.

Written on the protocol itself rather than on ``pulumi.provider.experimental``, see
``docs/decisions/0001-provider-on-the-protocol.md``. One servicer may serve several provider resources at once
(each configured differently): the engine opens one connection for each, and a configuration counts for the connection
on which it came, for no other.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc
from pulumi.runtime.proto.plugin_pb2 import PluginInfo

from provision._lib.data_folder import user_data_dir
from provision._lib.errors import ProvisionError
from provision._lib.urn import Urn
from provision.core.declarations import Declarations
from provision.core.handler import Context, Handler
from provision.core.registry import configuration, kind
from provision.provider.configuration import check, read
from provision.provider.journal import Journal, file_of
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import from_struct, plain, to_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.struct_pb2 import Struct

    from provision.core.configuration import Configuration
    from provision.provider.lifecycle import Removal

_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The service that answers the engine.

    Args:
        version: The version to report.
        engine_address: The address at which the engine listens for log lines; empty until the engine attaches.
        backend: The backend that holds the stacks' states; distinguishes stacks of equal names.
        on_check: A callback that gets the URN and the inputs of each resource, secrets in clear, and what the check
            has just chosen for it, such as a free port.
        on_change: A callback that gets the URN and the name of each call that changes the world, before the change. Both
            refuse by raising a ProvisionError.
        on_delete: A callback that gets the URN of each removed resource and what became of its object.
    """

    def __init__(
        self,
        version: str,
        engine_address: str = "",
        *,
        backend: str = "",
        on_check: Callable[[str, Struct, Mapping[str, Any]], None] = lambda _urn, _inputs, _chosen: None,
        on_change: Callable[[str, str], None] = lambda _urn, _call: None,
        on_delete: Callable[[str, Removal], None] = lambda _urn, _removal: None,
    ) -> None:
        self._version = version
        self._on_check = on_check
        self._on_change = on_change
        self._on_delete = on_delete
        self._backend = backend
        self._journals: dict[tuple[str, ...], Journal] = {}
        self._engine_address = engine_address
        self._engine: engine_pb2_grpc.EngineStub | None = None
        self._configurations: dict[str, Configuration | None] = {}
        self._connections: dict[Configuration, object] = {}
        self._programs: dict[str, Declarations] = {}
        self._lock = threading.Lock()

    # -- the plugin itself -----------------------------------------------------------------------------------

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - the protocol's name
        """Learn the engine's address and return the abilities of this provider."""
        del context
        self._engine_address = request.engine_address or self._engine_address
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Learn the address of an engine that attaches to a running provider."""
        del context
        self._engine_address = request.address
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> PluginInfo:  # noqa: N802
        """Return the provider's version."""
        del request, context
        return PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Return the package schema, derived from the specs."""
        del request, context
        from provision.provider.schema import schema_json

        return provider_pb2.GetSchemaResponse(schema=schema_json(self._version))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Tidy the journals, as the engine ends; every call in flight ends by itself within its own time limit."""
        del request, context
        with self._lock:
            journals = tuple(self._journals.values())
        for journal in journals:
            journal.tidy()
        return empty_pb2.Empty()

    # -- configuration ---------------------------------------------------------------------------------------

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Refuse an incomplete configuration; keys of the stack that are not the provider's own are ignored."""
        try:
            inputs, failures = check(configuration(), from_struct(request.news))
        except Exception as error:  # noqa: BLE001 - the border, as in _answer
            _abort(context, grpc.StatusCode.INTERNAL, _unexpected(error))
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=_failures(failures))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Return a changed configuration as an update, never as a replacement of the objects made with it."""
        del context
        old, new = plain(from_struct(request.old_inputs)), plain(from_struct(request.news))
        names = sorted(name for name in configuration().fields() if old.get(name) != new.get(name))
        return _diff_response(dict.fromkeys(names, provider_pb2.PropertyDiff.UPDATE))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Take the configuration for later calls on this connection."""
        try:
            given = read(configuration(), plain(from_struct(request.args)))
        except ProvisionError as error:
            _abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        with self._lock:
            self._configurations[context.peer()] = given
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # -- objects ---------------------------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Validate inputs and apply defaults."""
        return self._answer(request, context, self._check)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Compare the stored with the declared inputs, field by field."""
        return self._answer(request, context, self._diff)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Make the object or adopt it."""
        return self._answer(request, context, self._create)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Bring the object to the declared state."""
        return self._answer(request, context, self._update)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Remove the object or put its former settings back."""
        return self._answer(request, context, self._delete)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Return the object as it is in the world."""
        return self._answer(request, context, self._read)

    def _check(self, lifecycle: Lifecycle, request: Any) -> Any:
        inputs, failures = lifecycle.check(from_struct(request.olds), from_struct(request.news), request.urn)
        self._on_check(request.urn, request.news, lifecycle.chosen)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=_failures(failures))

    def _diff(self, lifecycle: Lifecycle, request: Any) -> Any:
        old_inputs = request.old_inputs if request.HasField("old_inputs") else request.olds
        verdict = lifecycle.diff(
            from_struct(old_inputs), from_struct(request.olds), from_struct(request.news)
        )
        if verdict.reason:
            self._log(request.urn, verdict.reason)
        detailed = {item.path: _KINDS[item.kind, item.replace] for item in verdict.differences}
        inputs = {item.path for item in verdict.differences if item.of_inputs}
        return _diff_response(detailed, inputs, delete_first=verdict.delete_first)

    def _create(self, lifecycle: Lifecycle, request: Any) -> Any:
        if not request.preview:
            self._on_change(request.urn, "create")
        state = lifecycle.create(from_struct(request.properties), preview=request.preview)
        return provider_pb2.CreateResponse(id=state.id, properties=to_struct(state.properties))

    def _update(self, lifecycle: Lifecycle, request: Any) -> Any:
        if not request.preview:
            self._on_change(request.urn, "update")
        olds, news = from_struct(request.olds), from_struct(request.news)
        return provider_pb2.UpdateResponse(
            properties=to_struct(lifecycle.update(olds, news, preview=request.preview))
        )

    def _delete(self, lifecycle: Lifecycle, request: Any) -> empty_pb2.Empty:
        self._on_change(request.urn, "delete")
        self._on_delete(request.urn, lifecycle.delete(from_struct(request.properties)))
        return empty_pb2.Empty()

    def _read(self, lifecycle: Lifecycle, request: Any) -> Any:
        state = lifecycle.read(request.id, from_struct(request.properties), from_struct(request.inputs))
        if state is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=state.id, properties=to_struct(state.properties), inputs=to_struct(state.inputs)
        )

    # -- plumbing --------------------------------------------------------------------------------------------

    def _answer(
        self, request: Any, context: grpc.ServicerContext, call: Callable[[Lifecycle, Any], Any]
    ) -> Any:
        token = Urn.parse(request.urn).type
        handler = kind(token)
        if handler is None:
            _abort(context, grpc.StatusCode.NOT_FOUND, f"There is no resource type {token} in this version.")
        try:
            return call(self._lifecycle(handler, request.urn, context.peer()), request)
        except ProvisionError as error:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except Exception as error:  # noqa: BLE001 - the border: whatever it is, the user gets one readable line
            _abort(context, grpc.StatusCode.INTERNAL, _unexpected(error))

    def _lifecycle(self, handler: type[Handler[Any]], urn: str, peer: str) -> Lifecycle:
        """Return the calls of an object, as the peer that asks has configured the provider."""
        with self._lock:
            given = self._configurations.get(peer)
            return Lifecycle(
                handler,
                Context(log=partial(self._log, urn), connection=self._connection(given)),
                self._journal(urn, given),
                self._programs.setdefault(peer, Declarations()),
                urn,
            )

    def _connection(self, given: Configuration | None) -> object:
        """Return the one connection, and so the one pool of links, of each distinct configuration."""
        if given is None:
            return None
        if given not in self._connections:
            self._connections[given] = given.connect()
        return self._connections[given]

    def _journal(self, urn: str, given: Configuration | None) -> Journal:
        """Return the journal of the stack in that world."""
        parsed = Urn.parse(urn)
        identity = (self._backend, parsed.project, parsed.stack, "" if given is None else given.place())
        if identity not in self._journals:
            self._journals[identity] = Journal(file_of(user_data_dir() / "journals", *identity))
        return self._journals[identity]

    def _log(self, urn: str, message: str) -> None:
        if not self._engine_address:
            return
        with self._lock:
            if self._engine is None:
                self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._engine_address))
        self._engine.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn))


def _failures(reasons: list[str]) -> list[Any]:
    # The property is left empty on purpose: the engine prints the value of a named one, secret or not.
    return [provider_pb2.CheckFailure(property="", reason=reason) for reason in reasons]


def _diff_response(
    detailed: dict[str, Any], inputs: set[str] | None = None, *, delete_first: bool = False
) -> Any:
    some = provider_pb2.DiffResponse.DIFF_SOME if detailed else provider_pb2.DiffResponse.DIFF_NONE
    replacing = {
        provider_pb2.PropertyDiff.ADD_REPLACE,
        provider_pb2.PropertyDiff.DELETE_REPLACE,
        provider_pb2.PropertyDiff.UPDATE_REPLACE,
    }
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=sorted({path.split(".")[0].split("[")[0] for path in detailed}),
        replaces=[path for path, kind in detailed.items() if kind in replacing],
        deleteBeforeReplace=delete_first,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=kind, inputDiff=inputs is None or path in inputs)
            for path, kind in detailed.items()
        },
        hasDetailedDiff=True,
    )


def _unexpected(error: Exception) -> str:
    """Return the text of an unforeseen error: its type and place, not its message, which may hold a value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno})" if trace else ""
    return f"Unexpected {type(error).__name__}{place}. Please report it."


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError  # abort raises
