"""The calls check, diff, create, read, update and delete of any declared object, derived from its spec and handler.

The module works on plain data (see :mod:`provision.provider.wire`) and knows nothing of gRPC.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import ValidationError

from provision._lib.errors import (
    AlreadyExistsError,
    NotConfiguredError,
    NotRunningError,
    OutcomeUnknownError,
    ProvisionError,
    UnsupportedError,
    UsageError,
)
from provision._lib.validation import problems
from provision.core.across_fields import NotKnownYetError, with_unknown
from provision.core.declarations import Declarations, circular
from provision.core.record import BESIDES, carried_over, packed, unpacked
from provision.core.spec import ADOPTED_FROM, MADE_WITH, Mark, made_with
from provision.provider.journal import Entry, Journal
from provision.provider.wire import UNKNOWN, Hidden, holds_secret, holds_unknown, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.handler import Context, Handler, Observed
    from provision.core.spec import Outputs, Spec

_UNGUARDED: Final = frozenset(
    {
        *(Mark.SECRET, Mark.WRITE_ONLY, Mark.CREATE_ONLY, Mark.LEFT_TO_OTHERS),
        *(Mark.NATURAL_KEY, Mark.REPLACE_ON_CHANGE),  # their defaults count as declared
    }
)

Removal = Literal["deleted", "given back", "stays"]
"""What a removal did to an object: an adopted one has its former settings, one that the program has under another name stays."""


@dataclass(frozen=True)
class Difference:
    """One field that differs: its path, whether it was added, deleted or updated, and whether it forces replacement."""

    path: str
    kind: str
    replace: bool = False
    of_inputs: bool = True


@dataclass(frozen=True)
class Verdict:
    """The result of a diff.

    Args:
        differences: The differences, field by field; empty if there is nothing to do.
        delete_first: Whether the old object has to go first, because its replacement has the same natural key.
        reason: The reason for an update although no input changed.
    """

    differences: tuple[Difference, ...] = ()
    delete_first: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class State:
    """An object's id, its inputs and all its properties, ready for the wire."""

    id: str
    properties: dict[str, Any]
    inputs: dict[str, Any] = field(default_factory=dict)


class Lifecycle:
    """The calls of one kind of object, driven by the protocol.

    Args:
        handler: The class that finds, makes, changes and removes such objects.
        context: The context that those calls get.
        journal: The journal of the objects made; by default a journal in memory, which ends with the process.
        program: The objects that the program has declared so far.
        urn: The name of the program's resource; empty for calls that no program makes.
    """

    def __init__(
        self,
        handler: type[Handler[Any]],
        context: Context,
        journal: Journal | None = None,
        program: Declarations | None = None,
        urn: str = "",
    ) -> None:
        self._journal = journal or Journal()
        self._program = program or Declarations()
        self._urn = urn
        self._spec: type[Spec] = handler.spec
        self._handler: Handler[Any] = handler(context)
        self._log = context.log
        self.chosen: dict[str, Any] = {}
        """The values that a check has chosen by chance, such as a free port; no state knows them yet."""

    def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], declaration: str = ""
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the inputs with defaults applied, and the reasons why they are refused (without any value).

        Args:
            olds: The inputs in the state; empty for a new object.
            news: The declared inputs.
            declaration: What tells this declaration from others of the program, such as its URN.
        """
        news = {key: value for key, value in news.items() if not key.startswith("__")}
        unknown = {key: value for key, value in news.items() if holds_unknown(value)}
        known = {key: plain(value) for key, value in news.items() if key not in unknown}
        try:
            spec = self._partly(known, unknown)
        except ValidationError as error:
            return dict(news), [str(problem) for problem in problems(error, self._spec)]
        if not unknown:
            try:
                filled = self._handler.fill_defaults(spec, self._believed(olds))
                if filled is not spec:
                    self.chosen = _chosen(spec, filled, plain(dict(olds)))
                spec = filled
                self._refuse_unsupported(spec, is_new=not olds)
            except ProvisionError as error:
                return dict(news), [str(error)]
        if problem := self._conflict(declaration, spec, is_new=not olds):
            return dict(news), [problem]
        checked = spec.wire() | unknown
        return self._sealed(checked, like=news), []

    def _partly(self, known: Mapping[str, Any], unknown: Collection[str]) -> Spec:
        """Return the spec of the known inputs; a field of ``unknown`` has no value, and no check judges by it.

        Raises:
            ValidationError: An input is wrong, even if every unknown input turns out right.
        """
        fields = self._spec.fields()
        names = frozenset(field.name for field in fields.values() if {field.wire, field.name} & {*unknown})
        strange = {key: None for key in unknown if key not in fields and key not in names}
        kind = with_unknown(self._spec, names) if names else self._spec
        return kind.model_validate({**known, **strange})

    def _conflict(self, declaration: str, spec: Spec, *, is_new: bool) -> str | None:
        """Return why a new object can't be made beside the objects that the program has declared before it, or None."""
        try:
            taken = self._program.add(declaration, spec)
        except NotKnownYetError:
            return None
        if not is_new or taken is not None:
            return taken if is_new else None
        circle, refused = self._program.circle(spec), _refused_when_new(spec)
        if not (circle or refused) or self._may_exist(spec):
            return None
        return "; ".join(refused) or circular(circle)

    def _may_exist(self, spec: Spec) -> bool:
        """Return whether the object is there, or may be: a server that refuses to tell may have it."""
        try:
            return self._handler.find(spec) is not None
        except (NotRunningError, NotConfiguredError):  # a server that is not there yet has no objects
            return False
        except ProvisionError:
            return True

    def _refuse_unsupported(self, spec: Spec, *, is_new: bool) -> None:
        try:
            self._handler.preflight(spec)
            if is_new:
                self._handler.preflight_new(spec)
        except (UnsupportedError, UsageError):
            raise
        except (
            ProvisionError
        ):  # the server is away or not there yet: the check is made again before anything is written
            return

    def diff(
        self, old_inputs: Mapping[str, Any], olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> Verdict:
        """Return the differences between the stored and the declared inputs; looks at this machine only."""
        old, new = plain(dict(old_inputs)), plain(dict(news))
        self._known_to_the_state(old)
        found = tuple(self._differences(old, new))
        if not found:
            reason = None if holds_unknown(new) else self._needs_update(new, plain(dict(olds)))
            stale = Difference(path="state", kind="update", of_inputs=False)
            self._take(old)
            return Verdict((stale,), reason=reason) if reason else Verdict()
        key = [item.wire for item in self._spec.key_fields()]
        same_key = all(old.get(name) == new.get(name) for name in key)
        is_replaced = any(item.replace for item in found)
        if not is_replaced:
            self._take(old)
        return Verdict(found, delete_first=same_key and is_replaced)

    def create(self, news: Mapping[str, Any], *, preview: bool) -> State:
        """Make the object, or take over an existing one."""
        if preview:
            return State("", self._foreseen(news, {}))
        spec = self._spec.model_validate(plain(dict(news)))
        state = self._create(spec, news)
        self._take(news)
        return state

    def _create(self, spec: Spec, news: Mapping[str, Any]) -> State:
        earlier = self._earlier(spec)
        found = (
            None if self._handler.creates_before_find(spec) and earlier is None else self._handler.find(spec)
        )
        if found is not None and earlier is not None:
            return self._taken_up(spec, found, earlier, news)
        if found is None:
            self._journal.note(self._key(spec), "begun")
            try:
                return self._made_now(spec, self._made_by_handler(spec), news)
            except AlreadyExistsError:  # the object was there, or somebody made it meanwhile
                found = self._handler.find(spec)
                if found is None:
                    raise
            except OutcomeUnknownError:
                found = self._handler.find(spec)
                if found is None:  # the first try made nothing
                    return self._made_now(spec, self._made_by_handler(spec), news)
                return self._taken_up(spec, found, Entry("begun"), news)
        return self._adopted(spec, found, found.spec.wire(whole=True), news)

    def _made_by_handler(self, spec: Spec) -> Outputs | None:
        """Make an object, and correct its entry in the journal, which says that it is begun, if the server refuses.

        Raises:
            ProvisionError: The server refused.
        """
        self._handler.note_made = lambda: self._journal.note(self._key(spec), "made")
        try:
            return self._handler.create(spec)
        except (AlreadyExistsError, OutcomeUnknownError):
            raise
        except ProvisionError:
            with suppress(ProvisionError):  # a server that is away now may have made it
                self._note_refusal(spec)
            raise

    def _note_refusal(self, spec: Spec) -> None:
        """Note what a refused creation left: nothing, or an object whose first part was made."""
        if self._handler.find(spec) is None:
            self._journal.drop(self._key(spec), for_good=True)
        elif not self._handler.creates_before_find(spec):  # it was not there before
            self._journal.note(self._key(spec), "made")

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], *, preview: bool) -> dict[str, Any]:
        """Bring the object to the declared state; make it anew if somebody removed it."""
        if preview:
            return self._foreseen(news, olds)
        spec = self._with_resets(plain(dict(olds)), plain(dict(news)))
        found = self._handler.find_recorded(spec, plain(dict(olds)))
        record = None if found is None else unpacked(olds)
        before = None if found is None or record is None else self._handler.besides(found)
        outputs = self._handler.create(spec) if found is None else self._handler.update(found, spec)
        state = self._made(spec, outputs, news).properties
        if ADOPTED_FROM in olds and found is not None:
            state[ADOPTED_FROM] = Hidden(plain(olds[ADOPTED_FROM]))
        elif found is None:
            state[MADE_WITH] = self._guarded(spec, news)
            state |= self._recorded(spec)
        elif MADE_WITH in olds:
            state[MADE_WITH] = self._still_guarded(spec, olds, news)
        if record is not None:
            state |= self._recorded_anew(spec, record, before)
        return state

    def _recorded(self, spec: Spec) -> dict[str, str]:
        """Return the output with the record of an object that was made just now; none for kinds without records."""
        found = self._handler.find(spec) if self._handler.is_recorded else None
        besides = None if found is None else self._handler.besides(found)
        return {} if besides is None else {BESIDES: packed(besides)}

    def _recorded_anew(
        self, spec: Spec, record: Mapping[str, Any], before: Mapping[str, Any] | None
    ) -> dict[str, str]:
        """Return the output with the record after an update; ``before`` is what the object held before the update."""
        found = None if before is None else self._handler.find(spec)
        after = None if found is None else self._handler.besides(found)
        if before is None or after is None:
            return {BESIDES: packed(record)}
        return {BESIDES: packed(carried_over(record, before, after))}

    def delete(self, olds: Mapping[str, Any]) -> Removal:
        """Remove an object that was made, or put back the former settings of an adopted one; return what was done.

        An object that a resource of the program has stays: the engine makes a new resource before it removes the former one,
        where somebody renamed the resource or asked for its replacement, perhaps in a run before this one that failed.
        """
        properties = plain(dict(olds))
        before = properties.pop(ADOPTED_FROM, None)
        spec = self._stored(properties)
        if any(map(self._journal.is_taken, self._keys(spec))):
            # The state of the new resource takes it for adopted as it is now.
            self._journal.note(self._key(spec), "inherited", before)
            self._log("stays: the program has it under another name, or anew")
            return "stays"
        earlier = self._earlier(spec)
        if earlier is not None and earlier.step == "inherited":
            before = earlier.before
        found = self._handler.find_recorded(spec, properties)
        for key in self._keys(spec):
            self._journal.drop(key, for_good=True)
        if found is not None and before is not None:
            self._put_back(found, self._emptied(before, properties, {}), properties)
            return "given back"
        if found is not None:
            self._handler.delete(found)
        return "deleted"

    def _put_back(
        self, found: Observed[Any], before: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> None:
        """Give the declared fields their former values, where they differ, and touch no other field."""
        former = self._stored(before)
        then, now = former.wire(whole=True), found.spec.wire(whole=True)
        names = {
            field.name
            for wire, field in self._spec.fields().items()
            if wire in properties and then.get(wire) != now.get(wire)
        }
        if names:
            self._handler.update(found, former.declaring(names))

    def read(self, identity: str, properties: Mapping[str, Any], inputs: Mapping[str, Any]) -> State | None:
        """Return the object as it is in the world, in the declared fields only, or None if the object is gone."""
        imported = not inputs
        key = self._spec.from_identity(identity) if imported else plain(dict(inputs))
        sought = self._spec.model_construct(**key) if imported else self._stored(key)
        self._known_to_the_state(key)
        try:
            found = self._handler.find_recorded(sought, plain(dict(properties)))
        except NotRunningError as error:
            if imported:
                raise
            self._log(f"not looked at: {error.what}")
            return State(identity, dict(properties), dict(inputs))
        if found is None:
            return None
        live = found.spec.wire(whole=True)
        fields = self._spec.fields()
        if imported:
            declared = self._unlike_defaults(live)
        else:
            declared = {
                name: old
                if {Mark.WRITE_ONLY, Mark.CREATE_ONLY} & fields[name].marks
                else self._declared(name, live.get(name), old)
                for name, old in key.items()
                if name in fields
            } | self._changed_by_others(live, properties, key)
        declared = {name: value for name, value in declared.items() if value is not None}
        # Values that the world never returns (and the settings before an adoption) stay as they are recorded.
        recorded = {name: value for name, value in properties.items() if name not in fields}
        state = recorded | self._made(found.spec, found.outputs, declared).properties
        record = unpacked(properties)
        if record is not None and self._handler.is_outdated(record):
            besides = self._handler.besides(found)
            state |= {} if besides is None else {BESIDES: packed(besides)}
        if imported:  # an import is an adoption: destroy must not remove what somebody else made
            state[ADOPTED_FROM] = Hidden(live)
        return State(found.spec.identity(), state, self._sealed(declared, like=inputs))

    def entry(self, found: Observed[Any]) -> dict[str, Any]:
        """Return the fields that a program would declare for an object of the world: without secrets and defaults.

        Args:
            found: The object.
        """
        declared = self._unlike_defaults(found.spec.wire(whole=True))
        return {name: plain(value) for name, value in declared.items() if value is not None}

    # -- derived from the spec ------------------------------------------------------------------------------

    def _unlike_defaults(self, live: Mapping[str, Any]) -> dict[str, Any]:
        defaults, fields = self._spec.defaults(), self._spec.fields()
        return {
            name: value
            for name, value in live.items()
            if not fields[name].secret and (name not in defaults or value != defaults[name])
        } | self._key_of(live)

    def _key_of(self, live: Mapping[str, Any]) -> dict[str, Any]:
        standing = {field.wire for field in self._spec.key_fields()} | self._standing_defaults().keys()
        return {name: value for name, value in live.items() if name in standing}

    def _standing_defaults(self) -> dict[str, Any]:
        """Return the defaults that count as declared, see :meth:`Spec.wire`."""
        fields = self._spec.fields()
        return {
            name: value
            for name, value in self._spec.defaults().items()
            if value is not None and {Mark.NATURAL_KEY, Mark.REPLACE_ON_CHANGE} & fields[name].marks
        }

    def _with_resets(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Spec:
        """Return the declared spec.

        A field that is not declared any more, or that somebody else changed, gets its value from before the adoption, the
        value that the object was made with, or its default.
        """
        defaults = {**self._spec.defaults(), **made_with(olds)}
        dropped = {name: value for name, value in defaults.items() if name in olds and name not in news}
        before = olds.get(ADOPTED_FROM) or {}
        if before:
            former = {name: before.get(name) for name in dropped}
            with suppress(
                ValidationError
            ):  # the former value may not go with the declared ones: then the default does
                return self._spec.model_validate(self._emptied({**former, **news}, olds, before))
        return self._spec.model_validate(self._emptied({**dropped, **news}, olds, before))

    def _emptied(
        self, news: Mapping[str, Any], olds: Mapping[str, Any], before: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the inputs and the keys that a dict no longer has: with the values before the adoption, or empty."""
        data = dict(news)
        for name in self._free_keyed() & news.keys() & olds.keys():
            kept, former = news[name] or {}, before.get(name) or {}
            lost = {key: value for key, value in olds[name].items() if key not in kept}
            data[name] = {key: former.get(key, type(value)()) for key, value in lost.items()} | kept
        return data

    def _free_keyed(self) -> set[str]:
        """Return the fields that are dicts of text, or of lists of text, under keys of the user's choice, each declared apart."""
        free = (dict[str, str], dict[str, tuple[str, ...]])
        fields = [field for field in self._spec.fields().values() if Mark.WHOLE not in field.marks]
        return {field.wire for field in fields if self._spec.model_fields[field.name].annotation in free}

    def _believed(self, olds: Mapping[str, Any]) -> Spec | None:
        try:
            return self._spec.model_validate(plain(dict(olds))) if olds else None
        except ValidationError:
            return None  # written by another version; the check of the new inputs decides

    def _stored(self, properties: Mapping[str, Any]) -> Spec:
        """Return the spec of the stored properties; a state that another version wrote still has the natural key."""
        fields = self._spec.fields()
        data = {name: value for name, value in properties.items() if name in fields}
        try:
            return self._spec.model_validate(data)
        except ValidationError:
            return self._spec.model_construct(**{fields[name].name: value for name, value in data.items()})

    def _differences(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
        for name, item in self._spec.fields().items():
            before, after = old.get(name), new.get(name)
            if Mark.CREATE_ONLY in item.marks or before == after:
                continue
            unordered = Mark.UNORDERED in item.marks
            if (
                unordered
                and isinstance(before, list)
                and isinstance(after, list)
                and set(before) == set(after)
            ):
                continue
            replace = bool({Mark.REPLACE_ON_CHANGE, Mark.NATURAL_KEY} & item.marks)
            for path, kind in _leaves(name, before, after, whole=unordered):
                yield Difference(path, kind, replace)

    def _needs_update(self, new: Mapping[str, Any], olds: Mapping[str, Any]) -> str | None:
        return self._handler.needs_update(self._spec.model_validate(new), olds)

    def _foreseen(self, news: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
        properties = {name: value for name, value in olds.items() if name not in self._spec.fields()} | dict(
            news
        )
        if not holds_unknown(properties):
            outputs = self._handler.preview_outputs(self._spec.model_validate(plain(dict(news))))
            properties |= {} if outputs is None else self._sealed_outputs(outputs)
        return properties

    def _made(self, spec: Spec, outputs: Outputs | None, inputs: Mapping[str, Any]) -> State:
        properties = self._sealed(dict(inputs), like=inputs)
        return State(spec.identity(), properties | ({} if outputs is None else self._sealed_outputs(outputs)))

    def _made_now(self, spec: Spec, outputs: Outputs | None, news: Mapping[str, Any]) -> State:
        self._journal.note(self._key(spec), "made")
        state = self._made(spec, outputs, news)
        state.properties[MADE_WITH] = self._guarded(spec, news)
        state.properties.update(self._recorded(spec))
        return state

    def _guarded(self, spec: Spec, declared: Mapping[str, Any]) -> str:
        """Return the values of the fields that are not declared, as JSON; None means that the field is not set."""
        values, fields = spec.wire(whole=True), self._spec.fields()
        guarded = {
            name: values.get(name)
            for name in self._spec.defaults()
            if name not in declared and not _UNGUARDED & fields[name].marks
        }
        return json.dumps(guarded, sort_keys=True)

    def _still_guarded(self, spec: Spec, olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
        """Return what is guarded after an update: what was, and the fields that were declared until now.

        A default that changed since is no difference, and neither is a field that only a later version knows.
        """
        former = made_with(olds)
        now = json.loads(self._guarded(spec, news))
        guarded = {
            name: former.get(name, value) for name, value in now.items() if name in former or name in olds
        }
        return json.dumps(guarded, sort_keys=True)

    def _changed_by_others(
        self, live: Mapping[str, Any], properties: Mapping[str, Any], declared: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the fields of an object of ours that nobody declared and that differ from what it was made with.

        They count as declared from then on, so that the next update, whose program does not declare them, resets them.
        """
        return {
            name: live.get(name, type(made)())
            for name, made in made_with(properties).items()
            if name not in declared and _without_blanks(live.get(name)) != _without_blanks(made)
        }

    def _taken_up(self, spec: Spec, found: Observed[Any], earlier: Entry, news: Mapping[str, Any]) -> State:
        """Go on with an object that an earlier run began (``earlier``) before it was cut off."""
        if earlier.before is not None:
            return self._adopted(spec, found, earlier.before, news)
        # A create that looks first saw no object; without that look, an equal object is the one that it made.
        if (
            earlier.step == "made"
            or not self._handler.creates_before_find(spec)
            or self._is_as_made(spec, found)
        ):
            return self._made_now(spec, self._handler.update(found, spec), news)
        return self._adopted(spec, found, found.spec.wire(whole=True), news)

    def _take(self, properties: Mapping[str, Any]) -> None:
        """Remember, for this run only, that a resource of the program keeps the object or has it now."""
        if self._urn:
            self._journal.take(self._key(self._stored(plain(dict(properties)))))

    def _known_to_the_state(self, properties: Mapping[str, Any]) -> None:
        if self._journal.holds_entries:
            for key in self._keys(self._stored(properties)):
                self._journal.drop(key)

    def _earlier(self, spec: Spec) -> Entry | None:
        """Return the entry that an earlier run left for an object under any of its names, or None."""
        return next(filter(None, map(self._journal.recall, self._keys(spec))), None)

    def _key(self, spec: Spec) -> str:
        """Return the journal's name for an object."""
        return self._keys(spec)[0]

    def _keys(self, spec: Spec) -> tuple[str, ...]:
        """Return the journal's names for an object: the present one, and one for each former name of the kind."""
        return tuple(f"{token} {spec.identity()}" for token in (self._spec.token, *self._spec.former_tokens))

    def _adopted(
        self, spec: Spec, found: Observed[Any], before: dict[str, Any], news: Mapping[str, Any]
    ) -> State:
        handler = self._handler
        ours = handler.is_owned(spec, found)
        if not ours and not handler.adoptable(spec, found):
            raise ProvisionError(
                f"The {spec.label()} exists already and was not made by this stack.",
                "Set `adopt: true` to take it over, give another name, or remove it first.",
            )
        if ours:
            return self._made_now(spec, handler.update(found, spec), news)
        fields = self._spec.fields()
        open_part = {name: value for name, value in before.items() if not fields[name].secret}
        self._journal.note(self._key(spec), "adopted", open_part)
        differing = [*self._differing(spec, found)]
        outputs = handler.update(found, spec) if differing else found.outputs
        state = self._made(spec, outputs, news)
        # An existing membership has no settings of its own: nothing was changed, and nothing will be put back.
        if differing or not self._spec.is_membership():
            changed = f", changed: {', '.join(differing)}" if differing else ""
            self._log(f"adopted (it was there already){changed}; its former settings come back on destroy")
        state.properties[ADOPTED_FROM] = Hidden(before)
        return state

    def _differing(self, spec: Spec, found: Observed[Any]) -> Iterator[str]:
        """Yield the declared fields in which the object differs; without any, an adoption writes nothing."""
        live, fields = found.spec.wire(whole=True), self._spec.fields()
        for name, value in spec.wire().items():
            marks = fields[name].marks
            if Mark.CREATE_ONLY not in marks and (
                Mark.WRITE_ONLY in marks or self._declared(name, live.get(name), value) != value
            ):
                yield name

    def _is_as_made(self, spec: Spec, found: Observed[Any]) -> bool:
        """Return whether an object has exactly the values of our own request, whose answer was lost."""
        told, live = spec.wire(whole=True), found.spec.wire(whole=True)
        silent = {Mark.WRITE_ONLY, Mark.CREATE_ONLY}
        fields = self._spec.fields()
        return all(
            told.get(name) == live.get(name) for name, item in fields.items() if not silent & item.marks
        )

    def _sealed(self, data: Mapping[str, Any], *, like: Mapping[str, Any]) -> dict[str, Any]:
        """Wrap the values of the spec's secret fields, and the values that came in as secrets."""
        fields = self._spec.fields()
        return {
            name: Hidden(plain(value))
            if value is not UNKNOWN
            and ((name in fields and fields[name].secret) or holds_secret(like.get(name)))
            else value
            for name, value in data.items()
        }

    def _sealed_outputs(self, outputs: Outputs) -> dict[str, Any]:
        fields = outputs.fields()
        return {
            name: Hidden(value) if fields[name].secret else value for name, value in outputs.wire().items()
        }

    def _declared(self, name: str, live: Any, declared: Any) -> Any:
        """Return the live value of a field, cut down to the declared keys unless the field is declared as a whole."""
        return live if Mark.WHOLE in self._spec.fields()[name].marks else _cut_down(live, declared)


def _cut_down(live: Any, declared: Any) -> Any:
    """Return a live value with the declared keys only; a key that is declared as empty need not exist."""
    if isinstance(live, dict) and isinstance(declared, dict):
        return {
            name: _cut_down(live.get(name, old), old)
            for name, old in declared.items()
            if name in live or old in ("", [])
        }
    return live


def _chosen(spec: Spec, filled: Spec, olds: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a handler has filled in and no state knows yet."""
    before = spec.wire(whole=True)
    return {
        name: value
        for name, value in filled.wire(whole=True).items()
        if value != before.get(name) and value != olds.get(name)
    }


def _refused_when_new(spec: Spec) -> list[str]:
    """Return why the server would not make the object, as far as the fields are known."""
    found: list[str] = []
    with suppress(NotKnownYetError):
        found.extend(spec.refused_when_new())
    return found


def _without_blanks(value: Any) -> Any:
    """Return a value without its empty parts, None if nothing is left: an unset value and an empty one mean the same."""
    if isinstance(value, dict):
        value = {key: part for key, part in value.items() if part}
    return value or None


def _leaves(path: str, old: Any, new: Any, *, whole: bool) -> Iterator[tuple[str, str]]:
    """Yield the paths at which two values differ, as deep as both values have the same shape."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            step = f".{name}" if name.isidentifier() else f'["{name}"]'
            yield from _leaves(path + step, old.get(name), new.get(name), whole=False)
    elif not whole and isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from _leaves(f"{path}[{index}]", before, after, whole=False)
    else:
        yield path, "add" if old is None else "delete" if new is None else "update"
