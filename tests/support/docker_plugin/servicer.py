"""The provider protocol for the four resource types."""

# ruff: noqa: N802 - the protocol's names

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from provision.provider.wire import UNKNOWN, from_struct, holds_unknown, plain, to_struct
from tests.support.docker_plugin.container import Container
from tests.support.docker_plugin.daemon import Daemon, DockerError, HalfMadeError
from tests.support.docker_plugin.inputs import checked, differences, refreshed
from tests.support.docker_plugin.network import Network
from tests.support.docker_plugin.published import schema_json
from tests.support.docker_plugin.remote_image import RemoteImage
from tests.support.docker_plugin.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.docker_plugin.kind import Kind, Seen

VERSION = "5.2.0"
_KINDS: dict[str, Kind] = {kind.token: kind for kind in (Network(), Volume(), RemoteImage(), Container())}
_CONFIG = ("host", "certPath", "context", "disableDockerDaemonCheck", "registryAuth", "sshOpts", "version")


def _answered(call: Callable[[Any, Kind, Any], Any]) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    """Wrap a call on one resource: find its kind, and turn failures into the protocol's errors."""

    def answer(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        token = request.urn.split("::")[2].rsplit("$", 1)[-1]
        if token not in _KINDS:
            _abort(context, grpc.StatusCode.NOT_FOUND, f"The stand-in for pulumi-docker has no type {token}.")
        try:
            return call(self, _KINDS[token], request)
        except HalfMadeError as failure:
            _abort_half_made(context, failure, request.properties)
        except DockerError as failure:
            _abort(context, grpc.StatusCode.UNKNOWN, str(failure))

    return answer


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The provider's answers to the engine."""

    def __init__(self) -> None:
        self.daemon = Daemon()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        tables = {token: (kind.inputs, kind.outputs) for token, kind in _KINDS.items()}
        return provider_pb2.GetSchemaResponse(schema=schema_json(tables, VERSION))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.daemon.cancel()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        reasons = [
            f"{name} is no setting of the provider" for name in request.news.fields if name not in _CONFIG
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(reasons))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        changed = request.old_inputs.fields.get("host") != request.news.fields.get("host")
        return _diff({"host": ("update", False)} if changed else {}, delete_first=False)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        host = plain(from_struct(request.args)).get("host")
        self.daemon = Daemon(host if isinstance(host, str) else "")
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_answered
    def Check(self, kind: Kind, request: Any) -> Any:
        news = from_struct(request.news)
        if "name" in kind.inputs and not kind.inputs["name"].required and news.get("name") is None:
            name = request.urn.split("::")[3]
            seed = hashlib.sha256(request.randomSeed).hexdigest()[:7]
            news["name"] = plain(from_struct(request.olds)).get("name") or f"{name}-{seed}"
        inputs, reasons = checked(kind.inputs, news)
        if not reasons and not holds_unknown(inputs):
            reasons = kind.failures(plain(inputs))
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=_failures(reasons))

    @_answered
    def Diff(self, kind: Kind, request: Any) -> Any:
        old = request.old_inputs if request.HasField("old_inputs") else request.olds
        found = differences(kind.inputs, from_struct(old), from_struct(request.news))
        return _diff(found, delete_first=kind.delete_first)

    @_answered
    def Create(self, kind: Kind, request: Any) -> Any:
        inputs = from_struct(request.properties)
        if request.preview:
            computed = [
                name for name, declared in kind.inputs.items() if declared.computed and name not in inputs
            ]
            unknown = dict.fromkeys((*kind.outputs, *computed), UNKNOWN)
            return provider_pb2.CreateResponse(properties=to_struct({**inputs, **unknown}))
        made = kind.create(self.daemon, plain(inputs))
        seen = self._seen(kind, made, inputs)
        return provider_pb2.CreateResponse(id=seen.id, properties=to_struct(_outputs(kind, inputs, seen)))

    @_answered
    def Read(self, kind: Kind, request: Any) -> Any:
        stored = from_struct(request.inputs)
        seen = kind.read(self.daemon, request.id, plain(stored))
        if seen is None:
            return provider_pb2.ReadResponse()
        inputs = refreshed(kind.inputs, stored, seen.live)
        properties = to_struct(_outputs(kind, inputs, seen))
        return provider_pb2.ReadResponse(id=seen.id, inputs=to_struct(inputs), properties=properties)

    @_answered
    def Update(self, kind: Kind, request: Any) -> Any:
        news = from_struct(request.news)
        if request.preview:
            olds = from_struct(request.olds)
            return provider_pb2.UpdateResponse(properties=to_struct({**olds, **news}))
        kind.update(self.daemon, request.id, plain(from_struct(request.olds)), plain(news))
        seen = self._seen(kind, request.id, news)
        return provider_pb2.UpdateResponse(properties=to_struct(_outputs(kind, news, seen)))

    @_answered
    def Delete(self, kind: Kind, request: Any) -> empty_pb2.Empty:
        kind.delete(self.daemon, request.id, plain(from_struct(request.properties)))
        return empty_pb2.Empty()

    def _seen(self, kind: Kind, id: str, inputs: dict[str, Any]) -> Seen:  # noqa: A002
        seen = kind.read(self.daemon, id, plain(inputs))
        if seen is None:
            raise DockerError("The object was removed by somebody else: run `pulumi refresh`.")
        return seen


def _outputs(kind: Kind, inputs: dict[str, Any], seen: Seen) -> dict[str, Any]:
    filled = {
        name: seen.live[name]
        for name, declared in kind.inputs.items()
        if declared.computed and name in seen.live
    }
    return {**filled, **inputs, **seen.computed}


def _failures(reasons: list[str]) -> list[Any]:
    # Without a property: the engine prints the value of a named one, secret or not.
    return [provider_pb2.CheckFailure(property="", reason=reason) for reason in reasons]


def _diff(found: dict[str, tuple[str, bool]], *, delete_first: bool) -> Any:
    replaces = [name for name, (_, replace) in found.items() if replace]
    changes = provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=changes,
        diffs=list(found),
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and delete_first,
        detailedDiff={
            name: provider_pb2.PropertyDiff(
                kind=getattr(provider_pb2.PropertyDiff, kind.upper() + ("_REPLACE" if replace else "")),
                inputDiff=True,
            )
            for name, (kind, replace) in found.items()
        },
        hasDetailedDiff=True,
    )


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError  # abort raises


def _abort_half_made(context: grpc.ServicerContext, failure: HalfMadeError, inputs: Any) -> NoReturn:
    """Fail, but keep the object in the state, like the official plugin."""
    text = str(failure)
    made = provider_pb2.ErrorResourceInitFailed(
        id=failure.id, properties=inputs, reasons=[text], inputs=inputs
    )
    packed = any_pb2.Any()
    packed.Pack(made)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _abort(context, grpc.StatusCode.UNKNOWN, text)
