"""The steps of an authentication flow as a tree, and the smallest change from one tree to another.

Keycloak keeps the steps of a flow in rows with a priority each; a row is an authenticator, perhaps with a configuration
of its own, or a sub-flow (Admin REST API, "Authentication Management").
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator, model_serializer

from provision._lib.matches import Matches
from provision.core.across_fields import across_fields
from provision.core.spec import Part
from provision.keycloak.bases.multivalued_fields import COLUMN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pydantic import SerializerFunctionWrapHandler

MASK = "**********"
"""Keycloak's mask of a secret in a configuration."""
_GAP = 10
"""The distance between the priorities of new steps."""


class Execution(Part):
    """A step of a flow: an authenticator, or a sub-flow with steps of its own."""

    authenticator: str = Field(
        default="",
        max_length=COLUMN,
        description="Keycloak's id of the authenticator, such as `auth-cookie`. Beside `subFlow` it is the form that the "
        "sub-flow fills, such as `registration-page-form`.",
    )
    requirement: Literal["REQUIRED", "ALTERNATIVE", "CONDITIONAL", "DISABLED"] = Field(
        description="Whether the step has to succeed; `CONDITIONAL` is for sub-flows that begin with a condition."
    )
    config_alias: str = Field(
        default="",
        max_length=COLUMN,
        description="Name of the authenticator's configuration, unique in the realm.",
    )
    config: dict[str, str] = Field(
        default={}, description="The authenticator's settings, without secrets, in Keycloak's own keys."
    )
    sub_flow: Annotated[str, Matches(r"[^/]*", "must be without slashes")] = Field(
        default="",
        max_length=COLUMN,
        description="Alias of a sub-flow, unique in the realm, instead of an authenticator.",
    )
    description: str = Field(
        default="", max_length=COLUMN, description="What the admin console says of the sub-flow."
    )
    executions: tuple[Execution, ...] = Field(default=(), description="The sub-flow's steps, in order.")

    @field_validator("config")
    @classmethod
    def _no_empty_settings(cls, config: dict[str, str]) -> dict[str, str]:
        if any(not key or not value for key, value in config.items()):
            raise ValueError("Keycloak keeps no empty setting; leave the key out")
        return config

    @across_fields
    def _is_one_thing(self) -> None:
        if not (self.authenticator or self.sub_flow):
            raise ValueError("give authenticator or subFlow")
        if self.sub_flow and self.config_alias:
            raise ValueError("a sub-flow has no configuration; an authenticator in it has")
        if not self.sub_flow and (self.executions or self.description):
            raise ValueError("executions and description need subFlow")
        if self.config and not self.config_alias:
            raise ValueError("config needs configAlias")
        if self.requirement == "CONDITIONAL" and not self.sub_flow:
            raise ValueError("only a sub-flow can be CONDITIONAL")

    @model_serializer(mode="wrap")
    def _without_what_is_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in dump(self).items() if value}

    @property
    def kind(self) -> tuple[str, str]:
        """Return the alias of the sub-flow (empty for an authenticator) and the authenticator."""
        return self.sub_flow, self.authenticator


def walk(steps: Iterable[Execution]) -> Iterator[Execution]:
    """Yield all steps, each before its own steps."""
    for step in steps:
        yield step
        yield from walk(step.executions)


@dataclass(frozen=True)
class Row:
    """A step as Keycloak has it.

    Args:
        step: The step, without the steps in it.
        id: Keycloak's id of the row.
        priority: The place among its neighbours.
        flow_id: Keycloak's id of the sub-flow; empty for an authenticator.
        config_id: Keycloak's id of the configuration; empty if there is none.
        masked: The keys of the configuration's secrets, each with the value that Keycloak shows: a mask, or in 26.4 the secret.
        rows: The steps of the sub-flow, in order.
    """

    step: Execution
    id: str = ""
    priority: int = 0
    flow_id: str = ""
    config_id: str = ""
    masked: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    rows: tuple[Row, ...] = ()

    def whole(self) -> Execution:
        """Return the step with the steps in it."""
        inner = tuple(row.whole() for row in self.rows)
        return self.step.model_copy(update={"executions": inner}) if inner else self.step


def rows(listed: Sequence[Mapping[str, Any]], configs: Callable[[str], Mapping[str, Any]]) -> tuple[Row, ...]:
    """Return the tree of a flow.

    Args:
        listed: The steps of the flow and of its sub-flows as the Admin API lists them, each with its depth.
        configs: Returns the configuration with that id.
    """
    found: list[Row] = []
    for index, item in enumerate(listed):
        if item["level"] != listed[0]["level"]:
            continue  # a step of the sub-flow before it
        below = []
        for other in listed[index + 1 :]:
            if other["level"] <= item["level"]:
                break
            below.append(other)
        found.append(_row(item, below, configs))
    return tuple(found)


def _row(
    item: Mapping[str, Any], below: Sequence[Mapping[str, Any]], configs: Callable[[str], Mapping[str, Any]]
) -> Row:
    config_id = item.get("authenticationConfig") or ""
    config = configs(config_id) if config_id else {}
    is_flow = bool(item.get("authenticationFlow"))
    settings = config.get("config") or {}
    hidden = {key for key, value in settings.items() if value == MASK or key in config.get("secrets", ())}
    step = Execution.model_construct(
        authenticator=item.get("providerId") or "",
        requirement=item["requirement"],
        config_alias=config.get("alias") or "",
        config={key: value for key, value in settings.items() if value and key not in hidden},
        sub_flow=item["displayName"] if is_flow else "",
        description=(item.get("description") or "") if is_flow else "",
        executions=(),
    )
    inner = rows(below, configs) if below else ()
    return Row(
        step,
        item["id"],
        item.get("priority") or 0,
        flow_id=item.get("flowId") or "",
        config_id=config_id,
        masked=tuple((key, settings[key]) for key in sorted(hidden)),
        rows=inner,
    )


@dataclass(frozen=True)
class Place:
    """A flow or sub-flow into which a step goes.

    Args:
        alias: Its alias.
        id: Keycloak's id; empty for a sub-flow that is not made yet.
    """

    alias: str
    id: str = ""


@dataclass(frozen=True)
class Remove:
    """The removal of a step and of everything in it."""

    row: Row


@dataclass(frozen=True)
class Add:
    """The making of a step and of everything in it."""

    step: Execution
    place: Place
    priority: int


@dataclass(frozen=True)
class Configure:
    """A new configuration of an authenticator; none if the step has no ``config_alias``."""

    row: Row
    step: Execution


@dataclass(frozen=True)
class Describe:
    """Another description of a sub-flow."""

    row: Row
    step: Execution


@dataclass(frozen=True)
class Adjust:
    """Another requirement or priority of a step."""

    row: Row
    requirement: str
    priority: int


Change = Remove | Add | Configure | Describe | Adjust


def changes(
    place: Place, present: Sequence[Row], declared: Sequence[Execution], secrets: Iterable[str] = ()
) -> list[Change]:
    """Return the smallest change from the present steps to the declared ones, in an order that Keycloak takes.

    What is new is made before anything is taken away or switched, so that a step that Keycloak refuses leaves the others
    as they are. Only a step whose names the new ones need is removed first.

    Args:
        place: The flow.
        present: Its steps.
        declared: The steps that it is to have.
        secrets: The names of the configurations that have declared secrets, which Keycloak does not tell.
    """
    found: list[Change] = list(_level(place, present, declared, frozenset(secrets)))
    needed = {name for change in found if isinstance(change, Add) for name in _names(walk([change.step]))}
    needed |= {change.step.config_alias for change in found if isinstance(change, Configure)} - {""}

    def rank(change: Change) -> int:
        if isinstance(change, Remove):
            own = set(_names(walk([change.row.whole()])))
            return 0 if own & needed else _LAST
        return _ORDER[type(change)]

    return sorted(found, key=rank)


def is_one_call(change: Change) -> bool:
    """Return whether a single call makes the change, which is then made whole or not at all."""
    return not isinstance(change, Add) or not (change.step.sub_flow or change.step.config_alias)


_ORDER: dict[type, int] = {Add: 1, Configure: 2, Describe: 3, Adjust: 5}
_LAST = 4


def _names(steps: Iterable[Execution]) -> Iterator[str]:
    for step in steps:
        yield from filter(None, (step.sub_flow and f"flow {step.sub_flow}", step.config_alias))


def _level(
    place: Place, present: Sequence[Row], declared: Sequence[Execution], secrets: frozenset[str]
) -> Iterator[Change]:
    pairs = _paired(present, declared)
    kept = [row for row in pairs if row is not None]
    yield from (Remove(row) for row in present if row not in kept)
    for row, step, priority in zip(pairs, declared, _priorities(pairs), strict=True):
        if row is None:
            yield Add(step, place, priority)
            continue
        if (row.step.config_alias, row.step.config) != (step.config_alias, step.config) or (
            step.config_alias in secrets
        ):
            yield Configure(row, step)
        if row.step.description != step.description:
            yield Describe(row, step)
        if (row.step.requirement, row.priority) != (step.requirement, priority):
            yield Adjust(row, step.requirement, priority)
        yield from _level(Place(step.sub_flow, row.flow_id), row.rows, step.executions, secrets)


def _paired(present: Sequence[Row], declared: Sequence[Execution]) -> list[Row | None]:
    """Return for each declared step the present one that becomes it: the same one first, then one of the same kind."""
    pairs: list[Row | None] = [None] * len(declared)
    left = list(present)
    for same in (
        lambda row, step: (row.step.kind, row.step.config_alias) == (step.kind, step.config_alias),
        lambda row, step: row.step.kind == step.kind,
    ):
        for index, step in enumerate(declared):
            row = next((row for row in left if pairs[index] is None and same(row, step)), None)
            if row is not None:
                pairs[index] = row
                left.remove(row)
    return pairs


def _priorities(pairs: Sequence[Row | None]) -> list[int]:
    """Return priorities in ascending order, with as many of the present ones as possible."""
    standing = _ascending([(index, row.priority) for index, row in enumerate(pairs) if row is not None])
    bounds = [(-1, -1), *standing, (len(pairs), None)]
    found: list[int] = []
    for (before, low), (after, high) in itertools.pairwise(bounds):
        room = after - before - 1
        assert low is not None  # noqa: S101 - only the last bound is open
        step = _GAP if high is None else (high - low) // (room + 1)
        if room and step < 1:
            return [_GAP * (index + 1) for index in range(len(pairs))]
        found += [low + step * (number + 1) for number in range(room)]
        found += [] if high is None else [high]
    return found


def _ascending(numbers: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of a sequence of (place, number) in which the numbers ascend."""
    ends: list[int] = []
    chains: list[list[tuple[int, int]]] = []
    for place, number in numbers:
        length = bisect_left(ends, number)
        chain = [*(chains[length - 1] if length else []), (place, number)]
        if length == len(ends):
            ends.append(number)
            chains.append(chain)
        else:
            ends[length], chains[length] = number, chain
    return chains[-1] if chains else []


@dataclass(frozen=True)
class Within:
    """The parts of an export that one flow consists of.

    Args:
        flows: The flow and its sub-flows, by alias.
        configs: Their configurations, by name.
    """

    flows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return both as plain data."""
        return {"flows": dict(self.flows), "configs": dict(self.configs)}


def within(exported: Mapping[str, Any], alias: str) -> Within:
    """Return the parts of a realm's export that belong to a flow.

    Args:
        exported: The export.
        alias: The flow's alias.
    """
    flows = {item["alias"]: item for item in exported.get("authenticationFlows") or ()}
    configs = {item["alias"]: item for item in exported.get("authenticatorConfig") or ()}
    reached: dict[str, Mapping[str, Any]] = {}
    queue = [alias]
    while queue:
        name = queue.pop()
        if name in flows and name not in reached:
            reached[name] = flows[name]
            steps = flows[name].get("authenticationExecutions") or ()
            queue += [str(step["flowAlias"]) for step in steps if step.get("flowAlias")]
    used = {
        step.get("authenticatorConfig")
        for item in reached.values()
        for step in item.get("authenticationExecutions") or ()
    }
    return Within(reached, {name: item for name, item in configs.items() if name in used})
