"""Plans: what a preview found, kept in a file, so that a later ``up`` does exactly that or nothing (docs/decisions/0018)."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from provision._lib import user_file
from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import hint
from provision._lib.private_file import write_private
from provision._lib.urn import Urn
from provision.config.names import NAMESPACE
from provision.config.yaml_file import dump, load
from provision.engine.pulumi_cli import wanted_version
from provision.provider.wire import UNKNOWN, UNKNOWNS, Hidden, from_struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Self

    from google.protobuf.struct_pb2 import Struct

    from provision.config.project import StackFile
    from provision.engine.events import Change
    from provision.engine.operation import Engine, Result

_FORMAT = 1
_KEY = f"{NAMESPACE}:plan"
_SALT = "encryptionsalt"
_OPEN = "?"
"""The beginning of the digest of a value that is not known, or not wholly, before the ``up``."""
_SHOWN = 12
_ANEW = "Make a new plan and have it reviewed: {}."
_CALLS = {
    "create": frozenset({"create", "create-replacement", "import"}),
    "update": frozenset({"update"}),
    "delete": frozenset({"delete", "delete-replaced"}),
}
"""The operations of a plan that allow a call of the provider."""


class PlanDiffersError(ProvisionError):
    """A plan that is not what an ``up`` would do now; nothing was changed."""

    exit_code = 3


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PlannedField(_Model):
    """A field that an operation changes; secrets are masked."""

    path: str
    before: Any = None
    after: Any = None
    cause: Literal["world", "program"]


class Operation(_Model):
    """An operation of a plan.

    Args:
        urn: The object's URN.
        label: The object in words.
        op: The operation, as ``preview --json`` names it.
        cause: Why it is done.
        fields: The fields that change.
    """

    urn: str
    label: str
    op: str
    cause: Literal["world", "program"]
    fields: tuple[PlannedField, ...] = ()

    @classmethod
    def of(cls, change: Change, invented: Mapping[str, str]) -> Self:
        """Return a change that a preview found, in plain data.

        Args:
            change: The change.
            invented: The values that the preview chose by chance, and a name for each.
        """
        found = {**change.as_json(), "label": change.label}
        known = {name: found[name] for name in cls.model_fields}
        known["fields"] = _named(known["fields"], invented)
        return cls.model_validate(json.loads(json.dumps(known)))

    def __str__(self) -> str:
        return f"{self.op} {self.label}"


class Plan(_Model):
    """The content of a plan file.

    Args:
        format: The version of the format.
        provision: The version of this toolkit.
        pulumi: The version of Pulumi.
        project: The project's name.
        stack: The stack's name.
        made: The time of the preview.
        operations: All that the preview found to do, sorted.
        inputs: For each object of the program, by URN, the keyed digest of each declared field.
        salt: The salt of the passphrase that encrypts the key; empty if a key of a cloud does.
        key: The key of the digests and the seal, encrypted like the stack's secrets.
        seal: The keyed digest of everything else.
    """

    format: Literal[1] = 1
    provision: str
    pulumi: str
    project: str
    stack: str
    made: datetime
    operations: tuple[Operation, ...]
    inputs: dict[str, dict[str, str]]
    salt: str
    key: str
    seal: str = ""

    def sealed(self, key: bytes) -> Self:
        """Return the plan with its seal."""
        return self.model_copy(update={"seal": self._seal(key)})

    def is_intact(self, key: bytes) -> bool:
        """Return whether the plan is as it was sealed."""
        return hmac.compare_digest(self.seal, self._seal(key))

    def _seal(self, key: bytes) -> str:
        return _digest(key, "plan", self.model_dump(mode="json", exclude={"seal"}))


@dataclass(frozen=True)
class Reviewed:
    """An intact plan of a stack, and its key.

    Args:
        plan: The plan.
        key: The key of its digests.
    """

    plan: Plan
    key: bytes = field(repr=False)

    def refuse_differences(self, now: Result) -> None:
        """Refuse to go on if a preview of this moment is not the plan's.

        Args:
            now: The result of the preview, which has looked at the world.

        Raises:
            PlanDiffersError: Something differs.
        """
        found = list(self._differences(now))
        if not found:
            return
        shown = [f"  • {line}" for line in found[:_SHOWN]]
        if len(found) > _SHOWN:
            shown.append(f"  … and {len(found) - _SHOWN} more")
        made = self.plan.made.astimezone().strftime("%Y-%m-%d %H:%M")
        raise PlanDiffersError(
            "\n".join([f"`up` would not do what the plan of {made} says; nothing was changed.", *shown]),
            _again(),
        )

    def _differences(self, now: Result) -> Iterator[str]:
        """Yield a line for each difference."""
        planned = {(item.urn, item.op): item for item in self.plan.operations}
        current = {(item.urn, item.op): item for item in _operations(now)}
        for item in _missing(current, planned):
            yield f"{item}: not in the plan"
        for item in _missing(planned, current):
            yield f"{item}: in the plan, and nothing to do now"
        for place in sorted(planned.keys() & current.keys()):
            if planned[place] != current[place]:
                names = ", ".join(_unlike(planned[place], current[place]))
                yield f"{current[place]}: another change than the plan's" + (f" ({names})" if names else "")
        labels = {item.urn: item.label for item in (*planned.values(), *current.values())}
        inputs = dict(_inputs(now, self.key))
        for urn in sorted(self.plan.inputs.keys() | inputs.keys()):
            before, after = self.plan.inputs.get(urn), inputs.get(urn)
            if before is None or after is None:
                if urn not in labels:
                    yield f"{Urn.parse(urn).name}: " + (
                        "declared now" if before is None else "no longer declared"
                    )
            elif before != after:
                differing = sorted(name for name in before | after if before.get(name) != after.get(name))
                yield f"{labels.get(urn) or Urn.parse(urn).name}: declared otherwise ({', '.join(differing)})"

    def refuse_otherwise(self, urn: str, inputs: Struct, invented: Mapping[str, str]) -> None:
        """Refuse an object whose declaration is not the plan's; called by the provider during the ``up``.

        Values that the preview did not know may be anything.

        Args:
            urn: The object's URN.
            inputs: The inputs as the provider receives them, secrets in clear.
            invented: The values that this run chose by chance, and a name for each.

        Raises:
            ProvisionError: The declaration is not the plan's.
        """
        planned = self.plan.inputs.get(urn)
        if planned is None:
            raise ProvisionError("declared now, and not in the plan")
        current = _digests(self.key, urn, _named(from_struct(inputs), invented))
        differing = [
            name
            for name in sorted(planned.keys() | current.keys())
            if not planned.get(name, "").startswith(_OPEN) and planned.get(name) != current.get(name)
        ]
        if differing:
            raise ProvisionError(f"declared otherwise than in the plan ({', '.join(differing)})")

    def refuse_other(self, urn: str, call: str) -> None:
        """Refuse a change that is not in the plan; called by the provider before each change of the ``up``.

        Args:
            urn: The object's URN.
            call: The change: ``create``, ``update`` or ``delete``.

        Raises:
            ProvisionError: The plan has no such change.
        """
        if not any(item.urn == urn and item.op in _CALLS[call] for item in self.plan.operations):
            raise ProvisionError(f"{call} is not in the plan")


def refuse_place(file: Path) -> None:
    """Refuse a file that a plan may not replace, before the preview.

    Args:
        file: The plan's file.

    Raises:
        UsageError: There is something else than a plan, or no folder.
    """
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent} is no folder.", "Name a file in a folder that is there.")
    if not (file.exists() or file.is_symlink()):
        return
    try:
        content = user_file.content(file)
        is_ours = not content or set(Plan.model_fields) <= set(json.loads(content))
    except (OSError, ValueError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise UsageError(f"{file} is there already, and is no plan.", "Name another file.")


def save(engine: Engine, result: Result, file: Path) -> None:
    """Write a plan, whole or not at all and for this user only.

    Args:
        engine: The stack's engine.
        result: The result of a preview that has looked at the world.
        file: The plan's file.

    Raises:
        EngineError: The stack's passphrase is wrong.
        ProvisionError: The file can't be written.
    """
    key = secrets.token_bytes(32)
    with engine.backend.exclusively():
        salt, encrypted = _encrypted(engine, key.hex())
    plan = Plan(
        provision=version("mcp-provision"),
        pulumi=wanted_version(),
        project=engine.stack.project.name,
        stack=engine.stack.name,
        made=datetime.now(UTC),
        operations=tuple(sorted(_operations(result), key=lambda item: (item.urn, item.op))),
        inputs=dict(_inputs(result, key)),
        salt=salt,
        key=encrypted,
    )
    try:
        write_private(file, plan.sealed(key).model_dump_json(indent=2) + "\n", mode=0o600)
    except OSError as error:
        raise ProvisionError(f"{file} can't be written: {error.strerror}.", "Name another file.") from None


def read(file: Path, stack: StackFile) -> Plan:
    """Return the plan of a file; whether it is intact is not checked yet.

    Args:
        file: The plan's file.
        stack: The stack that the plan is to be of.

    Raises:
        UsageError: The file can't be read, is no plan, or is the plan of another stack or version.
    """
    try:
        document = json.loads(user_file.content(file))
        if (
            isinstance(document, dict)
            and isinstance(document.get("format"), int)
            and document["format"] > _FORMAT
        ):
            raise UsageError(
                f"{file} was made by a newer version.", "Update mcp-provision, or make a new plan."
            )
        plan = Plan.model_validate(document)
    except OSError as error:
        raise UsageError(
            f"{file} can't be read: {error.strerror or error}.", f"{_make()} makes a plan."
        ) from None
    except (ValueError, RecursionError, ValidationError):
        raise UsageError(f"{file} is no plan, or is damaged.", f"{_make()} makes one.") from None
    if (plan.project, plan.stack) != (stack.project.name, stack.name):
        raise UsageError(
            f"{file} is a plan of stack {plan.stack[:80]} of project {plan.project[:80]}, "
            f"not of {stack.name} of {stack.project.name}.",
            "Name the right stack with -s, or the right file.",
        )
    for name, made, here in (
        ("mcp-provision", plan.provision, version("mcp-provision")),
        ("Pulumi", plan.pulumi, wanted_version()),
    ):
        if made != here:
            raise UsageError(f"{file} was made with {name} {made[:40]}, and this is {here}.", _again())
    return plan


def opened(engine: Engine, plan: Plan) -> Reviewed:
    """Return a plan after proof that it is what a preview of this stack wrote.

    Args:
        engine: The stack's engine.
        plan: The plan.

    Raises:
        UsageError: The plan was changed, or was made for other secrets than this stack's.
        EngineError: The stack's passphrase is wrong.
    """
    try:
        key = bytes.fromhex(_decrypted(engine, plan))
    except ValueError:
        key = b""
    if not key or not plan.is_intact(key):
        raise UsageError("The plan was changed since the preview wrote it.", _again())
    return Reviewed(plan, key)


def _again() -> str:
    return _ANEW.format(_make())


def _make() -> str:
    return hint("preview", "--save-plan", "FILE")


def _missing(
    of: Mapping[tuple[str, str], Operation], there: Mapping[tuple[str, str], Operation]
) -> Iterable[Operation]:
    return (of[place] for place in sorted(of.keys() - there.keys()))


def _unlike(one: Operation, other: Operation) -> list[str]:
    """Return the paths of the fields in which two operations differ."""
    counted = Counter(json.dumps(item.model_dump(), sort_keys=True) for item in (*one.fields, *other.fields))
    return sorted({json.loads(text)["path"] for text, count in counted.items() if count == 1})


def _operations(result: Result) -> Iterator[Operation]:
    return (Operation.of(change, result.invented) for change in result.changes)


def _inputs(result: Result, key: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the digests of every object that a program declares."""
    for item in result.declared:
        inputs = item.inputs if item.given is None else from_struct(item.given)
        yield item.urn, _digests(key, item.urn, _named(inputs, result.invented))


def _named(value: Any, invented: Mapping[str, str]) -> Any:
    """Return a value with names in the place of what was chosen by chance, which is another one at the next preview."""
    if isinstance(value, Hidden):
        return Hidden(_named(value.value, invented))
    if isinstance(value, dict):
        return {name: _named(item, invented) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_named(item, invented) for item in value]
    if isinstance(value, str):
        for text in sorted(invented, key=len, reverse=True):
            value = value.replace(text, invented[text])
        return value
    return invented.get(str(value), value) if isinstance(value, int) else value


def _digests(key: bytes, urn: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the keyed digest of each field; a field that is not wholly known yet is marked."""
    return {
        name: _marked(key, f"{urn} {name}", value)
        for name, value in sorted(inputs.items())
        if value is not None
    }


def _marked(key: bytes, place: str, value: Any) -> str:
    text = _canonical(value)
    return (_OPEN if any(sign in text for sign in UNKNOWNS) else "") + _digest(key, place, value)


def _digest(key: bytes, place: str, value: Any) -> str:
    return hmac.new(key, f"{place}\0{_canonical(value)}".encode(), hashlib.sha256).hexdigest()[:32]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Hidden):
        return {"hidden": value.value}
    if value is UNKNOWN:
        return min(UNKNOWNS)
    raise TypeError(type(value).__name__)


def _encrypted(engine: Engine, text: str) -> tuple[str, str]:
    """Return the salt, empty with a key of a cloud, and a text encrypted like the stack's secrets."""
    file = engine.backend.work_dir / "plan.yaml"
    try:
        write_private(file, dump(engine.backend.encryption()), mode=0o600)
        _pulumi(engine, file, "set", "--secret", text=text)
        found = load(file)
        return str(found.get(_SALT, "")), str(found["config"][_KEY]["secure"])
    finally:
        file.unlink(missing_ok=True)


def _decrypted(engine: Engine, plan: Plan) -> str:
    """Return the key of a plan."""
    file = engine.backend.work_dir / "plan.yaml"
    # Only the salt comes from the plan: a provider of secrets that a foreign file names is not asked.
    own = {name: value for name, value in engine.backend.encryption().items() if name != _SALT}
    salt = {_SALT: plan.salt} if plan.salt else {}
    try:
        write_private(file, dump({**own, **salt, "config": {_KEY: {"secure": plan.key}}}), mode=0o600)
        return _pulumi(engine, file, "get").strip()
    finally:
        file.unlink(missing_ok=True)


def _pulumi(engine: Engine, file: Path, *command: str, text: str | None = None) -> str:
    from provision.engine.operation import readable

    with readable():
        return engine.cli.run(
            *("config", *command, _KEY, "--stack", engine.stack.name, "--config-file", str(file)), text=text
        )
