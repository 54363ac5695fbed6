"""The engine's events in the user's terms: the object, the operation, the differences, the failures."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from provision._lib.display_names import in_words, named
from provision._lib.urn import Urn
from provision.config.objects import further_realm
from provision.core.registry import kind as handler_of
from provision.core.spec import ADOPTED_FROM, PACKAGE, made_with
from provision.provider.wire import UNKNOWNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.struct_pb2 import Struct
    from pulumi.automation import EngineEvent

    from provision.provider.lifecycle import Removal

# "replace" comes with the two steps that perform it, and those are shown.
_QUIET_OPS = frozenset({"same", "read", "refresh", "discard", "remove-pending-replace", "replace"})
# A deletion or a read does not show what the program declares.
_NOT_DECLARED = frozenset(
    {"delete", "delete-replaced", "discard", "discard-replaced", "read", "read-replacement", "refresh"}
    | {"remove-pending-replace", "replace"}
)
_REMOVALS = frozenset({"delete", "delete-replaced"})
_COLORS = re.compile(r"<\{%.*?%\}>")
_UNANSWERED = re.compile(r"not looked at: (Keycloak at \S+ does not answer)\b")
"""Repeated for each object of a realm whose Keycloak does not run; shown once."""
_NO_ANSWER = re.compile(r"Keycloak at \S+ does not answer\b")
"""The beginning of an error that each object of a realm has while its Keycloak hangs or can't work; kept once."""
_FORESEEN = (
    # Repeated for each object of a realm at a preview whose Keycloak is about to be made; normal at a preview.
    "The provider for this resource has inputs that are not known during preview",
    # After a run that was cut off. The engine asks for a refresh then; the provider's journal makes that needless.
    "Attempting to deploy or update resources with ",
)
_UNHANDLED = "an unhandled error occurred: "
_SECRET = "[secret]"  # noqa: S105 - what is shown instead of one
_NOT_KNOWN = "not known yet"
_SHORTEST = 4  # digits of the shortest value that is chosen by chance, a port


Cause = Literal["world", "program"]


@dataclass(frozen=True)
class FieldChange:
    """A field that differs. Secrets are shown as ``[secret]`` on both sides."""

    path: str
    before: Any
    after: Any
    cause: Cause = "program"

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        return {"path": self.path, "before": self.before, "after": self.after, "cause": self.cause}


@dataclass(frozen=True)
class Change:
    """An operation that is, or would be, done to an object.

    ``adopted`` is true for the creation of an object that was there already and was taken over, and for the deletion of
    such an object, which gets its former settings back and stays. ``stays`` is true for the deletion of a resource whose
    object the program has under another name.

    The cause is known after a look at the world (a refresh): ``world`` if somebody changed the object, ``program``
    if the program now declares the object differently.
    """

    urn: str
    type: str
    name: str
    op: str
    fields: tuple[FieldChange, ...] = ()
    label: str = ""
    cause: Cause = "program"
    adopted: bool = False
    stays: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        return {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "op": self.op,
            "cause": self.cause,
            "fields": [item.as_json() for item in self.fields],
        }


@dataclass(frozen=True)
class Declared:
    """A resource as the program declares it.

    Args:
        urn: The resource's URN.
        type: The type token.
        inputs: The inputs as the engine reports them: secrets masked, unknown values marked with the engine's own sign.
        given: The inputs as the provider in this process received them, if the resource is one of the provider's.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any]
    given: Struct | None = field(default=None, repr=False)


class Watcher(Protocol):
    """The receiver of an operation's progress."""

    def started(self, change: Change) -> None:
        """Show that work on an object begins."""

    def finished(self, change: Change, seconds: float) -> None:
        """Show that the operation has ended."""

    def failed(self, change: Change) -> None:
        """Show that the operation failed; the reason comes with its error."""

    def said(self, name: str, message: str) -> None:
        """Show a line about an object (or about the stack, if the name is empty)."""


class Unwatched:
    """A watcher that shows nothing."""

    def started(self, change: Change) -> None:
        """Show nothing."""

    def finished(self, change: Change, seconds: float) -> None:
        """Show nothing."""

    def failed(self, change: Change) -> None:
        """Show nothing."""

    def said(self, name: str, message: str) -> None:
        """Show nothing."""


@dataclass
class EventCollector:
    """A collector of the engine's events that also passes them on to a watcher.

    Args:
        watcher: The receiver of the progress.
    """

    watcher: Watcher
    changes: list[Change] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    watcher_error: Exception | None = None
    declared: dict[str, Declared] = field(default_factory=dict)
    """Every resource of the program by its URN, changed or not."""
    invented: dict[str, str] = field(default_factory=dict, repr=False)
    """The values that the provider chose by chance, such as a generated secret or a free port, and a name for each."""
    _given: dict[str, Struct] = field(default_factory=dict, repr=False)
    _removed: dict[str, Removal] = field(default_factory=dict, repr=False)
    _since: dict[str, float] = field(default_factory=dict)
    _unanswered: set[str] = field(default_factory=set)
    """The notes about Keycloaks that are not looked at, each shown once."""
    _failed: set[str] = field(default_factory=set)
    """The errors about Keycloaks that do not answer, each kept once."""
    _drifted: dict[str, frozenset[str] | None] = field(default_factory=dict)
    """The changes in the world that a refresh found, by URN: the paths, or None for an object that is gone."""

    def checked(self, urn: str, inputs: Struct, chosen: Mapping[str, Any]) -> None:
        """Keep a resource's inputs as the provider received them; called before the engine's event about the resource.

        Args:
            urn: The resource's URN.
            inputs: The inputs.
            chosen: The values that the provider has just chosen by chance.
        """
        self._given[urn] = inputs
        for name, value in chosen.items():
            if len(str(value)) >= _SHORTEST:
                self.invented[str(value)] = f"<{_name(urn)}.{name}>"

    def removed(self, urn: str, removal: Removal) -> None:
        """Keep what a removal did to an object; called before the engine's event about the resource."""
        self._removed[urn] = removal

    def take(self, event: EngineEvent) -> None:
        """Process one event of the engine.

        Never raises: the engine would wait forever. An error of the watcher (its terminal was closed, for example) is
        kept, and the watcher receives no further event.
        """
        try:
            self._take(event)
        except Exception as error:  # noqa: BLE001 - see above; `watcher_error` is raised when the engine is done
            self.watcher_error = error
            self.watcher = Unwatched()

    def note(self, message: str) -> None:
        """Show a line about the stack; never raises, like :meth:`take`."""
        try:
            self.watcher.said("", message)
        except Exception as error:  # noqa: BLE001 - `watcher_error` is raised when the engine is done
            self.watcher_error = error
            self.watcher = Unwatched()

    def _take(self, event: EngineEvent) -> None:
        if event.resource_pre_event is not None:
            self._begin(event.resource_pre_event.metadata, planning=bool(event.resource_pre_event.planning))
        elif event.res_outputs_event is not None:
            self._end(event.res_outputs_event.metadata, planning=bool(event.res_outputs_event.planning))
        elif event.res_op_failed_event is not None:
            self.watcher.failed(_change(event.res_op_failed_event.metadata))
        elif event.diagnostic_event is not None:
            self._diagnose(event.diagnostic_event)

    def _begin(self, metadata: Any, *, planning: bool) -> None:
        if metadata.new is not None and metadata.op not in _NOT_DECLARED:
            inputs = metadata.new.inputs or {}
            self.declared[metadata.urn] = Declared(
                metadata.urn, metadata.type, inputs, self._given.get(metadata.urn)
            )
        if not _concerns(metadata):
            return
        change = _change(metadata)
        if planning:
            self.changes.append(self._with_cause(change))
        else:
            self._since[change.urn] = time.monotonic()
            self.watcher.started(change)

    def _end(self, metadata: Any, *, planning: bool) -> None:
        if not _concerns(metadata, with_refresh=True):
            return
        change = _change(metadata)
        if metadata.op == "refresh":
            if not (change.fields or metadata.new is None):
                return
            paths = frozenset(item.path for item in change.fields)
            self._drifted[change.urn] = None if metadata.new is None else paths
            if not planning:
                self.watcher.said(change.name, "was changed by somebody else" if metadata.new else "is gone")
            return
        if planning:
            return
        if metadata.op in _REMOVALS and change.type.startswith(f"{PACKAGE}:"):
            # An object that the provider was not asked about went with the realm.
            removal = self._removed.get(change.urn, "deleted")
            change = replace(change, adopted=removal == "given back", stays=removal == "stays")
        self.changes.append(change)
        self.watcher.finished(change, time.monotonic() - self._since.pop(change.urn, time.monotonic()))

    def _with_cause(self, change: Change) -> Change:
        if change.urn not in self._drifted:
            return change
        paths = self._drifted[change.urn] or ()
        fields = (replace(item, cause="world" if item.path in paths else "program") for item in change.fields)
        return replace(change, cause="world", fields=tuple(fields))

    def _diagnose(self, event: Any) -> None:
        message = _COLORS.sub("", event.message).strip()
        name = (
            _name(event.urn)
            if event.urn and not Urn.parse(event.urn).type.startswith("pulumi:pulumi:")
            else ""
        )
        if event.severity == "error":
            self._keep_error(name, message)
        elif event.severity in {"info", "info#err", "warning"} and message and not event.ephemeral:
            self._pass_on(name, message)

    def _keep_error(self, name: str, message: str) -> None:
        told = _without_prefix(message)
        if (unanswered := _NO_ANSWER.match(told)) is not None:
            if unanswered[0] in self._failed:
                return
            self._failed.add(unanswered[0])
        if message not in {"update failed", "preview failed"} and not self._is_told(told):
            self.errors.append(f"{name}: {told}" if name else told)

    def _is_told(self, error: str) -> bool:
        """Return whether the line repeats an error of the program, as the engine does at a preview."""
        return error.startswith(_UNHANDLED) and error.removeprefix(_UNHANDLED) in self.errors

    def _pass_on(self, name: str, message: str) -> None:
        if message.startswith(_FORESEEN):
            return
        unanswered = _UNANSWERED.match(message)
        if unanswered is None:
            self.watcher.said(name, message)
        elif unanswered[1] not in self._unanswered:
            self._unanswered.add(unanswered[1])
            self.watcher.said("", f"{unanswered[1]}: what is in it is not looked at")


def _concerns(metadata: Any, *, with_refresh: bool = False) -> bool:
    if metadata.op == "refresh":
        return with_refresh
    if metadata.op in _QUIET_OPS:
        return False
    return not metadata.type.startswith("pulumi:") and metadata.type != "provision:index:McpStack"


def _change(metadata: Any) -> Change:
    return Change(
        urn=metadata.urn,
        type=metadata.type.rsplit("$", 1)[-1],
        name=_name(metadata.urn),
        op=str(getattr(metadata.op, "value", metadata.op)),
        fields=tuple(_fields(metadata)),
        label=_label(metadata),
        adopted=ADOPTED_FROM in (getattr(metadata.new or metadata.old, "outputs", None) or {}),
    )


def _label(metadata: Any) -> str:
    """Return the object in words, with its natural key: ``client scope mcp:tools``."""
    token = metadata.type.rsplit("$", 1)[-1]
    _, module, kind = token.split(":")
    handler = handler_of(token) if module == "keycloak" else None
    if handler is None:
        return named(kind, _name(metadata.urn))
    inputs = getattr(metadata.new or metadata.old, "inputs", None) or {}
    keys = [_shown(inputs.get(field.wire)) for field in handler.spec.own_key_fields()]
    known = [str(key) for key in keys if key and key != _NOT_KNOWN]
    fallback = _name(metadata.urn) if _NOT_KNOWN in keys else ""
    label = f"{in_words(kind)} {'/'.join(known) or fallback}".rstrip()
    realm, name = further_realm(_name(metadata.urn))
    return f"{label} in realm {realm}" if name else label


def _fields(metadata: Any) -> list[FieldChange]:
    if not metadata.detailed_diff:
        return []
    changed = []
    # A field that the program does not declare goes back to what the object was made with.
    made = made_with(getattr(metadata.old, "outputs", None) or {})
    for path, difference in sorted(metadata.detailed_diff.items()):
        if any(_is_inner(key) for key in _keys(path)):
            continue
        side = "inputs" if difference.input_diff else "outputs"
        before = _at(getattr(metadata.old, side, None) or {}, path)
        new_side = "inputs" if metadata.op != "refresh" else side
        after = _at(getattr(metadata.new, new_side, None) or {}, path)
        if after is None:
            after = made.get(path)
        changed.append(FieldChange(path, _shown(before), _shown(after)))
    return changed


def _at(values: Mapping[str, Any], path: str) -> Any:
    current: Any = values
    for key in _keys(path):
        if isinstance(key, str):
            current = current.get(key) if isinstance(current, dict) else None
        else:
            current = current[key] if isinstance(current, list) and key < len(current) else None
    return current


def _keys(path: str) -> list[str | int]:
    steps = re.findall(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)', path)
    return [quoted or plain or int(index) for quoted, index, plain in steps]


def _is_inner(key: Any) -> bool:
    """Return whether a key is a bridged provider's own, such as ``__defaults``."""
    return isinstance(key, str) and key.startswith("__")


def _shown(value: Any) -> Any:
    """Return a value for display.

    A wrapped secret that the engine did not mask is masked here. The engine's sentinels of unknown values and the inner
    keys of bridged providers are not shown.
    """
    if isinstance(value, dict):
        if "ciphertext" in value:
            return _SECRET
        return {key: _shown(item) for key, item in value.items() if not _is_inner(key)}
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    return _NOT_KNOWN if isinstance(value, str) and value in UNKNOWNS else value


def _name(urn: str) -> str:
    return Urn.parse(urn).name


def _without_prefix(message: str) -> str:
    message = message.removeprefix("error: ").removeprefix("Preview failed: ")
    message = re.sub(r"^\S+ resource '.*?' has a problem: ", "", message)
    return re.sub(r"^[a-z ]*urn:pulumi:\S+: ", "", message)
