"""The security rules as a Pulumi policy pack (CrossGuard), for ``pulumi preview --policy-pack``.

The pack implements Pulumi's analyzer protocol itself. The policy SDK for Python removes the secret mark before a policy
sees a value, has one level for a policy in every kind of stack, and reads each resource anew for every policy; see
``docs/decisions/0009-policy-pack-on-the-protocol.md``.

A rule about one object is decided before that object is made. A rule that also looks at other objects is decided once
the whole stack is known.
"""

# ruff: noqa: N802 - the protocol names the methods
from __future__ import annotations

import json
import os
import signal
import stat
import sys
import threading
from dataclasses import dataclass, field, replace
from functools import wraps
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2 as protocol
from pulumi.runtime.proto import analyzer_pb2_grpc, plugin_pb2

from provision._lib.errors import ProvisionError
from provision._lib.grpc_server import LARGEST_OF_A_STACK, make_server
from provision._lib.styled_text import printable
from provision._lib.validation import problems
from provision.config.names import NAMESPACE
from provision.config.profile import PROFILES
from provision.config.rules import RulesConfig, WaiverConfig
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED, UNKNOWN
from provision.rules.sources import engine_inputs
from provision.rules.sources.program import is_surrounding, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from provision.config.profile import Profile
    from provision.rules.definition import Rule
    from provision.rules.evaluation import Finding, InconclusiveResult, Report
    from provision.rules.sources.resource_input import ResourceInput

NAME = "provision"
_WORKERS = 8  # a call takes the processor, not time
_LEVELS = {"mandatory": protocol.MANDATORY, "advisory": protocol.ADVISORY, "off": protocol.DISABLED}
_WORDS = {protocol.ADVISORY: "advisory", protocol.DISABLED: "off"}
_SEVERITIES = {
    "high": protocol.POLICY_SEVERITY_HIGH,
    "medium": protocol.POLICY_SEVERITY_MEDIUM,
    "low": protocol.POLICY_SEVERITY_LOW,
}
_ALL = "all"  # the engine sets this value for every policy by itself
_SHOWN = (repr(UNKNOWN), repr(MASKED))
_WAIVERS = "waivers"
_WAIVER_SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "What is let pass for a time, each with a reason and the last day on which it counts.",
    "items": {
        "type": "object",
        "properties": {
            "resource": {"type": "string"},
            "path": {"type": "string"},
            "actual": {},
            "reason": {"type": "string"},
            "expires": {"type": "string"},
        },
        "required": ["reason", "expires"],
        "additionalProperties": False,
    },
}
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object"}


@dataclass
class Session:
    """The state of one operation of the engine.

    Args:
        profile: The purpose of the stack.
        config: The configuration of the rules.
    """

    profile: Profile = "prod"
    config: RulesConfig = field(default_factory=RulesConfig)
    seen: dict[str, ResourceInput] = field(default_factory=dict)
    open: set[tuple[str, str]] = field(default_factory=set)
    """The rules about one object that were inconclusive at its declaration, by rule and URN."""

    def about_one(self, resource: ResourceInput) -> Report:
        """Evaluate the rules that need only the resource itself, before it is made."""
        self.seen[resource.name] = resource
        around = [item for item in self.seen.values() if is_surrounding(item.type) and item is not resource]
        rules = [rule for rule in checks.rules() if not rule.beside]
        report = evaluate(snapshot([*around, resource], self.profile), self.config, only=rules)
        report = _only(report, lambda item: item.resource == resource.name)
        self.open = {key for key in self.open if key[1] != resource.name}
        self.open |= {(item.rule.id, item.resource) for item in report.inconclusive}
        return report

    def about_all(self, resources: Iterable[ResourceInput]) -> Report:
        """Evaluate the other rules, once all resources are known."""
        known = [self.seen.get(resource.name, resource) for resource in resources]
        report = evaluate(snapshot(known, self.profile), self.config)
        left = replace(report, inconclusive=tuple(item for item in report.inconclusive if item.rule.beside))
        return _only(left, lambda item: bool(item.rule.beside) or (item.rule.id, item.resource) in self.open)


def _only(report: Report, wanted: Callable[[Any], bool]) -> Report:
    return replace(
        report,
        findings=tuple(filter(wanted, report.findings)),
        inconclusive=tuple(filter(wanted, report.inconclusive)),
        waived=tuple(filter(wanted, report.waived)),
    )


def _refusing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn one of our errors into an error that the engine shows unchanged."""

    @wraps(method)
    def answer(self: Analyzer, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except ProvisionError as error:
            return context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

    return answer


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Pulumi's analyzer protocol, answered with the rules."""

    def __init__(self) -> None:
        self._session = Session()

    def Handshake(self, request: Any, context: Any) -> protocol.AnalyzerHandshakeResponse:
        """Do nothing: the pack needs nothing from the engine."""
        del request, context
        return protocol.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """Return the version of the package."""
        del request, context
        return plugin_pb2.PluginInfo(version=version("mcp-provision"))

    @_refusing
    def ConfigureStack(self, request: Any, context: Any) -> protocol.AnalyzerStackConfigureResponse:
        """Store the stack's own configuration, which the engine sends before the pack's."""
        del context
        self._session = configured(request.config)
        return protocol.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(self, request: Any, context: Any) -> protocol.AnalyzerInfo:
        """Return every rule with the stack's level and parameters, which the pack's configuration may change."""
        del request, context
        return protocol.AnalyzerInfo(
            name=NAME,
            displayName="MCP authorization",
            version=version("mcp-provision"),
            supportsConfig=True,
            policies=[self._policy(rule) for rule in checks.rules()],
        )

    @_refusing
    def Configure(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Store the pack's configuration, filled with the defaults of :meth:`GetAnalyzerInfo`."""
        del context
        self._session.config = with_pack_config(self._session.config, request.policyConfig)
        return empty_pb2.Empty()

    @_refusing
    def Analyze(self, request: Any, context: Any) -> protocol.AnalyzeResponse:
        """Evaluate a resource that is about to be made."""
        del context
        return self._response(self._session.about_one(_resource(request)))

    @_refusing
    def AnalyzeStack(self, request: Any, context: Any) -> protocol.AnalyzeResponse:
        """Evaluate the whole stack."""
        del context
        return self._response(self._session.about_all(map(_resource, request.resources)))

    def Remediate(self, request: Any, context: Any) -> protocol.RemediateResponse:
        """Do nothing: the rules correct nothing."""
        del request, context
        return protocol.RemediateResponse()

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Do nothing: calls are too short to be worth cancelling."""
        del request, context
        return empty_pb2.Empty()

    def _policy(self, rule: Rule) -> protocol.PolicyInfo:
        config, profile = self._session.config, self._session.profile
        parameters = {**rule.defaults(profile), **config.parameters_of(rule.id)}
        policy = protocol.PolicyInfo(
            name=rule.id,
            displayName=rule.title,
            description=f"{rule.title}. {rule.why}",
            enforcementLevel=_LEVELS[config.levels.get(rule.id) or rule.level(profile)],
            severity=_SEVERITIES[rule.severity],
            policy_type=protocol.POLICY_TYPE_STACK if rule.beside else protocol.POLICY_TYPE_RESOURCE,
            tags=[rule.group],
            remediation_steps=rule.fix,
            url=rule.see,
        )
        schema: dict[str, Any] = {name: _schema(value) for name, value in parameters.items()}
        policy.configSchema.properties.update({**schema, _WAIVERS: _WAIVER_SCHEMA})
        return policy

    def _response(self, report: Report) -> protocol.AnalyzeResponse:
        response = protocol.AnalyzeResponse(diagnostics=map(_diagnostic, report.findings))
        for inconclusive in report.inconclusive:
            if inconclusive.why in _SHOWN:
                response.diagnostics.append(_inconclusive(inconclusive))
            else:  # only a look at the realm itself can tell
                reason = f"{inconclusive.path} of {inconclusive.resource}: {inconclusive.why}"
                response.not_applicable.add(policy_name=inconclusive.rule.id, reason=reason)
        for finding in report.waived:
            response.not_applicable.add(policy_name=finding.rule.id, reason=_waived(finding))
        return response


def configured(values: Mapping[str, str]) -> Session:
    """Return the session for a stack; a stack without a profile counts as production.

    Args:
        values: The stack's configuration.

    Raises:
        ProvisionError: The profile or the configuration of rules is wrong.
    """
    said = values.get(f"{NAMESPACE}:profile", "prod")
    profile = next((name for name in PROFILES if name == said), None)
    if profile is None:
        raise ProvisionError(f"{NAMESPACE}:profile: must be one of {', '.join(PROFILES)}.")
    text = values.get(f"{NAMESPACE}:rules", "{}")
    config = _validated(RulesConfig, json.loads(text) if text[:1] == "{" else text, f"{NAMESPACE}:rules")
    checks.validate(config)
    return Session(profile, config)


def with_pack_config(config: RulesConfig, policies: Mapping[str, Any]) -> RulesConfig:
    """Return the stack's configuration, overridden by the pack's.

    Args:
        config: The stack's configuration.
        policies: The pack's configuration by policy, in the protocol's form.

    Raises:
        ProvisionError: The pack's configuration names a rule or parameter that does not exist.
    """
    policies = {id_: policy for id_, policy in policies.items() if id_ != _ALL}
    levels = {id_: _WORDS.get(policy.enforcementLevel, "mandatory") for id_, policy in policies.items()}
    parameters, waivers = dict(config.parameters), list(config.waivers)
    for id_, policy in policies.items():
        values = engine_inputs.resource("", "", MessageToDict(policy.properties)).properties
        for index, waiver in enumerate(values.get(_WAIVERS) or ()):
            waivers.append(_validated(WaiverConfig, {**waiver, "rule": id_}, f"{id_}.{_WAIVERS}[{index}]"))
        own = {name: value for name, value in values.items() if name != _WAIVERS}
        parameters[id_] = {**config.parameters_of(id_), **own}
    made = RulesConfig(levels=levels, parameters=parameters, waivers=tuple(waivers))
    checks.validate(made)
    return made


def _validated(model: type[Any], values: Any, where: str) -> Any:
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = "\n".join(f"  {where}.{problem}" for problem in problems(error, model))
        raise ProvisionError(f"The configuration of the security rules is wrong:\n{lines}") from None


def _schema(value: Any) -> dict[str, Any]:
    if isinstance(value, (list, tuple)):
        items = {"items": {"type": _TYPES[type(value[0])]}} if value else {}
        return {"type": "array", **items, "default": list(value)}
    return {"type": _TYPES[type(value)], "default": value}


def _resource(request: Any) -> ResourceInput:
    values = MessageToDict(request.properties)
    return engine_inputs.resource(
        request.type, request.urn, values, engine_inputs.secrets_of(request.type, request.properties)
    )


def _diagnostic(finding: Finding) -> protocol.AnalyzeDiagnostic:
    place = [f"{finding.path}: {json.dumps(finding.actual, ensure_ascii=False)}"] if finding.path else []
    lines = [finding.message, *place, f"why: {finding.rule.why}", f"fix: {finding.fix}", finding.rule.see]
    return _about(finding, "\n".join(map(printable, lines)), _LEVELS[finding.level])


def _inconclusive(inconclusive: InconclusiveResult) -> protocol.AnalyzeDiagnostic:
    return _about(
        inconclusive, f"can't be told: {inconclusive.path} is {inconclusive.why}", protocol.ADVISORY
    )


def _waived(finding: Finding) -> str:
    waiver = finding.waiver
    return f"{finding.resource}: waived until {waiver.expires}: {waiver.reason}" if waiver else ""


def _about(item: Finding | InconclusiveResult, message: str, level: Any) -> protocol.AnalyzeDiagnostic:
    return protocol.AnalyzeDiagnostic(
        policyName=item.rule.id,
        policyPackName=NAME,
        policyPackVersion=version("mcp-provision"),
        description=item.rule.title,
        message=message,
        enforcementLevel=level,
        urn=item.resource,
        severity=_SEVERITIES[item.rule.severity],
    )


def serve() -> None:
    """Print the port and answer until the engine stops the pack or is gone."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    server, port = make_server(_WORKERS, largest=LARGEST_OF_A_STACK)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    server.start()
    if stat.S_ISFIFO(
        os.fstat(0).st_mode
    ):  # a language host between us and the engine ends this process itself
        threading.Thread(target=_tell_when_the_engine_is_gone, args=(done,), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    done.wait()
    server.stop(grace=None)


def _tell_when_the_engine_is_gone(done: threading.Event) -> None:
    """Set the event at the end of standard input, which an engine closes however it ends."""
    while os.read(0, 1024):
        pass
    done.set()
