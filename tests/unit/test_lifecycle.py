"""What every kind of object gets from its spec: check, diff, adoption, restore, read. The world is a stand-in, a dict."""

from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from provision._lib.errors import (
    AlreadyExistsError,
    NotRunningError,
    OutcomeUnknownError,
    ProvisionError,
    UnsupportedError,
)
from provision.core.handler import Context, Handler, Observed
from provision.core.spec import (
    ADOPTED_FROM,
    CreateOnly,
    NaturalKey,
    Outputs,
    ReplaceOnChange,
    Secret,
    Spec,
    Unordered,
    WriteOnly,
)
from provision.provider.journal import Journal
from provision.provider.lifecycle import MADE_WITH, Lifecycle
from provision.provider.wire import UNKNOWN, Hidden


class Lamp(Spec):
    """A thing with every kind of field."""

    room: Annotated[str, NaturalKey]
    name: Annotated[str, NaturalKey]
    color: str = "white"
    watts: int | None = None
    socket: Annotated[str, ReplaceOnChange] = "E27"
    tags: Annotated[tuple[str, ...], Unordered] = ()
    pin: Annotated[str | None, Secret, WriteOnly] = None
    wrapping: Annotated[str, CreateOnly] = "box"


class LampOutputs(Outputs):
    """What the world adds."""

    serial_number: str


class LampHandler(Handler[Lamp]):
    """Lamps of a stand-in world, a dict."""

    spec = Lamp
    outputs = LampOutputs
    world: dict[tuple[str, str], Lamp]
    may_adopt = True
    sick: str | None = None

    def adoptable(self, spec, found):
        return self.may_adopt

    def needs_update(self, spec, outputs):
        return self.sick

    def find(self, key):
        lamp = self.world.get((key.room, key.name))
        return Observed("id", lamp, LampOutputs(serial_number="7")) if lamp else None

    def create(self, spec):
        if (spec.room, spec.name) in self.world:
            raise AlreadyExistsError("there is one")
        self.world[spec.room, spec.name] = spec
        return LampOutputs(serial_number="7")

    def update(self, found, spec):
        declared = {name: getattr(spec, name) for name in spec.model_fields_set}
        self.world[spec.room, spec.name] = found.spec.model_copy(update=declared)
        return LampOutputs(serial_number="7")

    def delete(self, found):
        del self.world[found.spec.room, found.spec.name]


class Bench:
    """A lifecycle over an empty world."""

    def __init__(self):
        self.said = []
        self.world = {}
        self.calls = type("OneWorldsLampHandler", (LampHandler,), {"world": self.world, "spec": Lamp})
        self.lifecycle = Lifecycle(self.calls, Context(log=self.said.append))

    def with_journal(self, journal, urn=""):
        lifecycle = Lifecycle(self.calls, Context(log=self.said.append), journal, urn=urn)
        lifecycle.journal = journal
        return lifecycle

    def inputs(self, **values):
        checked, failures = self.lifecycle.check({}, {"room": "attic", "name": "l1", **values})
        assert failures == []
        return checked


@pytest.fixture
def bench():
    return Bench()


def test_check_keeps_what_is_declared_and_the_defaults_that_identify_or_replace(bench):
    assert bench.inputs(watts=None, tags=["b", "a", "b"]) == {
        "room": "attic",
        "name": "l1",
        "socket": "E27",
        "tags": ["a", "b"],
    }


def test_check_names_the_nearest_known_key(bench):
    _, failures = bench.lifecycle.check({}, {"room": "attic", "name": "l1", "colour": "red"})
    assert failures == ["colour: unknown key; did you mean 'color'?"]


def test_check_never_repeats_a_value(bench):
    _, failures = bench.lifecycle.check({}, {"room": "attic", "name": "l1", "pin": Hidden(["hunter2"])})
    assert len(failures) == 1
    assert "hunter2" not in failures[0]
    assert failures[0].startswith("pin: ")


def test_check_accepts_what_only_the_apply_will_know(bench):
    checked, failures = bench.lifecycle.check({}, {"room": UNKNOWN, "name": "l1", "watts": UNKNOWN})
    assert failures == []
    assert checked["room"] is UNKNOWN
    assert checked["watts"] is UNKNOWN
    assert checked["socket"] == "E27"


def test_check_still_refuses_a_wrong_value_beside_an_unknown_one(bench):
    _, failures = bench.lifecycle.check({}, {"room": UNKNOWN, "watts": "many"})
    assert any(line.startswith("watts: ") for line in failures)
    assert "name: must be given" in failures


def test_a_secret_field_is_secret_even_when_it_came_in_clear(bench):
    assert bench.inputs(pin="1234")["pin"] == Hidden("1234")


def test_an_ordinary_field_that_came_in_as_a_secret_stays_one(bench):
    assert bench.inputs(color=Hidden("red"))["color"] == Hidden("red")
    assert bench.lifecycle.create(bench.inputs(color=Hidden("red")), preview=False).properties[
        "color"
    ] == Hidden("red")


def test_the_order_of_an_unordered_list_is_no_difference(bench):
    old, new = bench.inputs(tags=["a", "b"]), bench.inputs(tags=["b", "a"])
    assert bench.lifecycle.diff(old, {}, {**new, "tags": ["b", "a"]}).differences == ()


@pytest.mark.parametrize(
    ("change", "path", "kind", "replace"),
    [
        ({"color": "red"}, "color", "add", False),
        ({"watts": 5}, "watts", "update", False),
        ({"socket": "E14"}, "socket", "update", True),
        ({"name": "l2"}, "name", "update", True),
        ({"tags": ["x"]}, "tags", "update", False),
        ({"watts": None}, "watts", "delete", False),
        ({"pin": "1"}, "pin", "add", False),
    ],
)
def test_a_diff_names_the_field_and_whether_it_forces_replacement(bench, change, path, kind, replace):
    declared = {"watts": 3, "tags": ["a"]}
    verdict = bench.lifecycle.diff(bench.inputs(**declared), {}, bench.inputs(**{**declared, **change}))
    assert [(item.path, item.kind, item.replace) for item in verdict.differences] == [(path, kind, replace)]


def test_a_replacement_under_the_same_key_removes_the_old_object_first(bench):
    assert bench.lifecycle.diff(bench.inputs(), {}, bench.inputs(socket="E14")).delete_first
    assert not bench.lifecycle.diff(bench.inputs(), {}, bench.inputs(name="l2")).delete_first


def test_what_matters_only_at_creation_is_no_later_difference(bench):
    assert bench.lifecycle.diff(bench.inputs(), {}, bench.inputs(wrapping="paper")).differences == ()


def test_a_secret_flag_that_flips_is_no_difference(bench):
    assert (
        bench.lifecycle.diff(bench.inputs(color=Hidden("red")), {}, bench.inputs(color="red")).differences
        == ()
    )


def test_an_object_that_needs_an_update_is_updated_and_says_why(bench):
    bench.calls.sick = "the bulb is out"
    verdict = bench.lifecycle.diff(bench.inputs(), {}, bench.inputs())
    assert verdict.reason == "the bulb is out"
    assert len(verdict.differences) == 1


def test_a_preview_of_a_create_has_no_id_and_leaves_outputs_unknown(bench):
    state = bench.lifecycle.create(bench.inputs(), preview=True)
    assert state.id == ""
    assert "serialNumber" not in state.properties
    assert bench.world == {}


def test_a_created_object_has_its_natural_key_as_id_and_is_deleted(bench):
    state = bench.lifecycle.create(bench.inputs(room="at/tic"), preview=False)
    assert state.id == "at%2Ftic/l1"
    assert state.properties["serialNumber"] == "7"
    assert bench.lifecycle.delete(state.properties) == "deleted"
    assert bench.world == {}


def test_an_adopted_object_is_announced_and_gets_its_former_settings_back(bench):
    before = Lamp(room="attic", name="l1", color="green", tags=("theirs",))
    bench.world["attic", "l1"] = before
    state = bench.lifecycle.create(bench.inputs(color="red"), preview=False)
    assert bench.world["attic", "l1"].color == "red"
    assert "adopted" in bench.said[0]
    assert isinstance(state.properties["adoptedFrom"], Hidden)
    assert bench.lifecycle.delete(state.properties) == "given back"
    assert bench.world["attic", "l1"] == before


def test_what_an_adopted_object_was_is_remembered_through_updates_and_refreshes(bench):
    before = Lamp(room="attic", name="l1", color="green")
    bench.world["attic", "l1"] = before
    state = bench.lifecycle.create(bench.inputs(color="red"), preview=False)
    properties = bench.lifecycle.update(state.properties, bench.inputs(color="blue"), preview=False)
    properties = bench.lifecycle.read("attic/l1", properties, bench.inputs(color="blue")).properties
    bench.lifecycle.delete(properties)
    assert bench.world["attic", "l1"] == before


def test_an_adoption_changes_only_what_is_declared(bench):
    bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green", watts=60, tags=("theirs",))
    bench.lifecycle.create(bench.inputs(color="red"), preview=False)
    assert bench.world["attic", "l1"] == Lamp(
        room="attic", name="l1", color="red", watts=60, tags=("theirs",)
    )


def test_what_is_no_longer_declared_goes_back_to_its_default(bench):
    state = bench.lifecycle.create(bench.inputs(color="red", watts=5), preview=False)
    bench.lifecycle.update(state.properties, bench.inputs(watts=5), preview=False)
    assert bench.world["attic", "l1"] == Lamp(room="attic", name="l1", watts=5)


def test_what_is_no_longer_declared_of_an_adopted_object_goes_back_to_what_it_was(bench):
    bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green", watts=60)
    state = bench.lifecycle.create(bench.inputs(color="red", watts=5), preview=False)
    properties = bench.lifecycle.update(state.properties, bench.inputs(watts=5), preview=False)
    assert bench.world["attic", "l1"] == Lamp(room="attic", name="l1", color="green", watts=5)
    assert "color" not in properties


def test_an_object_that_may_not_be_adopted_is_an_error_and_stays_untouched(bench):
    before = Lamp(room="attic", name="l1", color="green")
    bench.world["attic", "l1"] = before
    bench.calls.may_adopt = False
    with pytest.raises(ProvisionError, match="exists already"):
        bench.lifecycle.create(bench.inputs(), preview=False)
    assert bench.world["attic", "l1"] == before


def test_an_object_that_appears_during_the_create_is_adopted(bench):
    rival = Lamp(room="attic", name="l1", color="green")

    def beaten(self, spec):
        bench.world["attic", "l1"] = rival
        raise AlreadyExistsError("somebody was faster")

    bench.calls.create = beaten
    state = bench.lifecycle.create(bench.inputs(color="red"), preview=False)
    assert "adoptedFrom" in state.properties
    assert bench.world["attic", "l1"].color == "red"


def losing_the_first_answer(*, made):
    """A create whose first answer is lost, and the tries it saw."""
    tries = []

    def create(self, spec):
        tries.append(spec)
        if len(tries) > 1 or made:
            outputs = LampHandler.create(self, spec)
        if len(tries) == 1:
            raise OutcomeUnknownError("the line went dead")
        return outputs

    return create, tries


def test_what_was_made_although_the_answer_was_lost_is_ours(bench):
    bench.calls.rejects_duplicates = True
    bench.calls.create, tries = losing_the_first_answer(made=True)
    state = bench.lifecycle.create(bench.inputs(color="red"), preview=False)
    assert len(tries) == 1
    assert "adoptedFrom" not in state.properties
    bench.lifecycle.delete(state.properties)
    assert bench.world == {}


def test_what_was_not_made_is_made_by_a_second_try(bench):
    bench.calls.create, tries = losing_the_first_answer(made=False)
    state = bench.lifecycle.create(bench.inputs(color="red"), preview=False)
    assert len(tries) == 2
    assert "adoptedFrom" not in state.properties
    assert bench.world["attic", "l1"].color == "red"


def test_what_was_there_before_a_lost_answer_is_adopted(bench):
    bench.calls.rejects_duplicates = True
    bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green")
    bench.calls.create, _ = losing_the_first_answer(made=False)
    state = bench.lifecycle.create(bench.inputs(color="red"), preview=False)
    assert "adoptedFrom" in state.properties
    assert bench.world["attic", "l1"].color == "red"


class TestAfterARunThatWasKilled:
    """The state knows nothing of what it made; the journal does."""

    @pytest.fixture
    def again(self, bench, tmp_path):
        """The lifecycle of the next run."""
        file = tmp_path / "journal"
        bench.lifecycle = bench.with_journal(Journal(file))
        return lambda: bench.with_journal(Journal(file))

    def test_what_it_made_is_ours_whatever_is_declared_now(self, bench, again):
        bench.lifecycle.create(bench.inputs(color="red"), preview=False)
        state = again().create(bench.inputs(color="blue"), preview=False)
        assert "adoptedFrom" not in state.properties
        assert bench.world["attic", "l1"].color == "blue"

    def test_what_it_adopted_still_gets_its_first_settings_back(self, bench, again):
        before = Lamp(room="attic", name="l1", color="green", watts=5)
        bench.world["attic", "l1"] = before
        bench.lifecycle.create(bench.inputs(color="red"), preview=False)
        lifecycle = again()
        state = lifecycle.create(bench.inputs(color="blue"), preview=False)
        lifecycle.delete(state.properties)
        assert bench.world["attic", "l1"] == before

    def test_what_it_had_only_begun_is_ours_if_it_is_as_it_would_have_been_made(self, bench, again):
        bench.calls.rejects_duplicates = True

        def killed(calls, spec):
            LampHandler.create(calls, spec)
            raise SystemExit

        bench.calls.create = killed
        with pytest.raises(SystemExit):
            bench.lifecycle.create(bench.inputs(color="red"), preview=False)
        bench.calls.create = LampHandler.create
        assert "adoptedFrom" not in again().create(bench.inputs(color="red"), preview=False).properties

    def test_what_it_had_only_begun_and_looks_otherwise_is_somebody_elses(self, bench, again):
        bench.calls.rejects_duplicates = True
        bench.calls.create = lambda _calls, _spec: (_ for _ in ()).throw(SystemExit)
        with pytest.raises(SystemExit):
            bench.lifecycle.create(bench.inputs(color="red"), preview=False)
        bench.calls.create = LampHandler.create
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green")
        assert "adoptedFrom" in again().create(bench.inputs(color="red"), preview=False).properties

    def test_what_the_state_has_is_no_longer_remembered(self, bench, again):
        state = bench.lifecycle.create(bench.inputs(color="red"), preview=False)
        lifecycle = again()
        lifecycle.diff(bench.inputs(color="red"), state.properties, bench.inputs(color="red"))
        lifecycle.journal.tidy()
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="theirs")
        assert "adoptedFrom" in again().create(bench.inputs(color="red"), preview=False).properties

    def test_no_secret_is_remembered(self, bench, again, tmp_path):
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", pin="hunter2")
        bench.lifecycle.create(bench.inputs(pin="hunter3"), preview=False)
        written = (tmp_path / "journal").read_text()
        assert "adopted" in written
        assert "hunter" not in written


@pytest.mark.parametrize("was_there", [False, True])
def test_a_resource_that_got_another_name_keeps_its_object_and_what_it_was_before(bench, tmp_path, was_there):
    file, inputs = tmp_path / "journal", bench.inputs(color="red")
    if was_there:
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green")
    first = bench.with_journal(Journal(file), "urn:calculator").create(inputs, preview=False)

    renaming = Journal(file)  # the engine makes the new resource, then removes the former one
    second = bench.with_journal(renaming, "urn:adder").create(inputs, preview=False)
    assert bench.with_journal(renaming, "urn:calculator").delete(first.properties) == "stays"
    assert bench.world["attic", "l1"].color == "red"
    renaming.tidy()

    removal = bench.with_journal(Journal(file), "urn:adder").delete(second.properties)
    assert removal == ("given back" if was_there else "deleted")
    left = bench.world.get(("attic", "l1"))
    assert (left and left.color) == ("green" if was_there else None)


def test_an_object_that_leaves_the_program_is_removed(bench):
    journal = Journal()
    state = bench.with_journal(journal, "urn:a").create(bench.inputs(), preview=False)
    bench.with_journal(journal, "urn:b").create(bench.inputs(name="l2"), preview=False)
    bench.with_journal(Journal(), "urn:a").delete(state.properties)
    assert list(bench.world) == [("attic", "l2")]


def test_an_update_makes_anew_what_somebody_removed(bench):
    state = bench.lifecycle.create(bench.inputs(), preview=False)
    bench.world.clear()
    bench.lifecycle.update(state.properties, bench.inputs(color="red"), preview=False)
    assert bench.world["attic", "l1"].color == "red"


def test_deleting_what_is_gone_already_is_fine(bench):
    state = bench.lifecycle.create(bench.inputs(), preview=False)
    bench.world.clear()
    assert bench.lifecycle.delete(state.properties) == "deleted"
    assert bench.world == {}


def test_read_reports_only_declared_fields(bench):
    inputs = bench.inputs(color="red")
    bench.lifecycle.create(inputs, preview=False)
    bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="black", watts=60)
    state = bench.lifecycle.read("attic/l1", {}, inputs)
    assert state.inputs["color"] == "black"
    assert "watts" not in state.inputs


def test_a_secret_that_the_world_never_tells_is_no_drift(bench):
    inputs = bench.inputs(pin="1234")
    bench.lifecycle.create(inputs, preview=False)
    bench.world["attic", "l1"] = Lamp(room="attic", name="l1", pin=None)
    assert bench.lifecycle.read("attic/l1", {}, inputs).inputs["pin"] == Hidden("1234")


def test_a_secret_that_the_world_tells_and_somebody_changed_is_drift_without_its_value():
    class Safe(Spec):
        name: Annotated[str, NaturalKey]
        code: Annotated[str | None, Secret] = None

    class SafeHandler(Handler[Safe]):
        spec = Safe

        def find(self, key):
            return Observed("id", Safe(name=key.name, code="their-code"))

    lifecycle = Lifecycle(SafeHandler, Context(log=lambda _: None))
    declared, _ = lifecycle.check({}, {"name": "s", "code": "our-code"})
    seen = lifecycle.read("s", declared, declared)
    assert seen.inputs["code"] == Hidden("their-code")
    differences = lifecycle.diff(seen.inputs, seen.properties, declared).differences
    assert [(item.path, item.kind) for item in differences] == [("code", "update")]
    assert "-code" not in f"{seen!r} {differences!r}"
    assert "code" not in lifecycle.read("s", {}, {}).inputs
    undeclared, _ = lifecycle.check({}, {"name": "s"})
    assert "code" not in lifecycle.read("s", undeclared, undeclared).inputs


def test_read_of_what_is_gone_says_so(bench):
    assert bench.lifecycle.read("attic/l1", {}, bench.inputs()) is None


def test_an_import_reads_by_the_id_and_leaves_secrets_out(bench):
    bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="black", pin="1234")
    state = bench.lifecycle.read("attic/l1", {}, {})
    assert state.inputs["color"] == "black"
    assert "pin" not in state.inputs


def test_what_was_imported_is_put_back_and_not_removed(bench):
    before = Lamp(room="attic", name="l1", color="black", watts=5)
    bench.world["attic", "l1"] = before
    state = bench.lifecycle.read("attic/l1", {}, {})
    properties = bench.lifecycle.update(state.properties, bench.inputs(color="red"), preview=False)
    assert bench.world["attic", "l1"].color == "red"
    bench.lifecycle.delete(properties)
    assert bench.world["attic", "l1"] == before


def test_an_import_id_of_the_wrong_shape_says_the_right_one(bench):
    with pytest.raises(ProvisionError, match="<room>/<name>"):
        bench.lifecycle.read("l1", {}, {})


class TestWhatNobodyDeclared:
    """An undeclared field of an object that we made is guarded; of an adopted object it is not."""

    @staticmethod
    def _changed_behind_our_back(bench, **changes):
        key = ("attic", "l1")
        bench.world[key] = bench.world[key].model_copy(update=changes)

    @staticmethod
    def _read(bench, properties, inputs):
        state = bench.lifecycle.read("attic/l1", properties, inputs)
        return state, bench.lifecycle.diff(state.inputs, state.properties, inputs)

    @pytest.mark.parametrize(
        ("field", "theirs", "made"),
        [("color", "black", "white"), ("color", "", "white"), ("watts", 60, None), ("tags", ("a",), ())],
    )
    def test_a_change_of_it_is_seen_and_undone(self, bench, field, theirs, made):
        inputs = bench.inputs()
        created = bench.lifecycle.create(inputs, preview=False)
        assert self._read(bench, created.properties, inputs)[1].differences == ()
        self._changed_behind_our_back(bench, **{field: theirs})
        state, verdict = self._read(bench, created.properties, inputs)
        assert [item.path for item in verdict.differences] == [field]
        properties = bench.lifecycle.update(state.properties, inputs, preview=False)
        assert getattr(bench.world["attic", "l1"], field) == made
        assert self._read(bench, properties, inputs)[1].differences == ()

    def test_a_default_that_changed_since_is_no_difference(self, bench):
        inputs = bench.inputs()
        created = bench.lifecycle.create(inputs, preview=False)
        former = created.properties[MADE_WITH].replace("white", "grey")
        self._changed_behind_our_back(bench, color="grey")
        state, verdict = self._read(bench, {**created.properties, MADE_WITH: former}, inputs)
        assert verdict.differences == ()
        declared = bench.inputs(watts=5)
        properties = bench.lifecycle.update(state.properties, declared, preview=False)
        assert bench.world["attic", "l1"].color == "grey"
        assert self._read(bench, properties, declared)[1].differences == ()

    def test_what_is_declared_later_is_not_guarded_twice(self, bench):
        created = bench.lifecycle.create(bench.inputs(), preview=False)
        properties = bench.lifecycle.update(created.properties, bench.inputs(color="red"), preview=False)
        assert "color" not in properties[MADE_WITH]
        properties = bench.lifecycle.update(properties, bench.inputs(), preview=False)
        assert bench.world["attic", "l1"].color == "white"
        assert '"color": "white"' in properties[MADE_WITH]

    def test_secrets_and_what_the_world_never_returns_are_not_recorded(self, bench):
        made = bench.lifecycle.create(bench.inputs(), preview=False).properties[MADE_WITH]
        assert "pin" not in made
        assert "wrapping" not in made

    def test_an_adopted_object_keeps_what_nobody_declared(self, bench):
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="black")
        inputs = bench.inputs(watts=5)
        adopted = bench.lifecycle.create(inputs, preview=False)
        assert MADE_WITH not in adopted.properties
        assert ADOPTED_FROM in adopted.properties
        self._changed_behind_our_back(bench, color="red")
        assert self._read(bench, adopted.properties, inputs)[1].differences == ()


class Shelf(Spec):
    """A thing with settings under keys of the user's choice."""

    name: Annotated[str, NaturalKey]
    labels: dict[str, str] = Field(default={})
    books: dict[str, tuple[str, ...]] = Field(default={})
    width: int = Field(default=1, ge=1)


class ShelfHandler(Handler[Shelf]):
    """Shelves of a world that keeps no empty value and that a declared key is added to."""

    spec = Shelf
    world: dict[str, Shelf]

    def find(self, key):
        shelf = self.world.get(key.name)
        return Observed("id", shelf) if shelf else None

    def create(self, spec):
        self.world[spec.name] = spec

    def update(self, found, spec):
        kept = {
            name: {k: v for k, v in {**getattr(found.spec, name), **getattr(spec, name)}.items() if v}
            for name in ("labels", "books")
        }
        self.world[spec.name] = found.spec.model_copy(update={**kept, "width": spec.width})


@pytest.fixture
def shelves():
    world = {}
    calls = type("OneWorldsShelfHandler", (ShelfHandler,), {"world": world, "spec": Shelf})
    return Lifecycle(calls, Context(log=lambda _: None)), world


def test_a_key_that_a_dict_no_longer_declares_becomes_empty(shelves):
    lifecycle, world = shelves
    declared = {"name": "s", "labels": {"a": "1", "b": "2"}, "books": {"c": ["3"]}}
    state = lifecycle.create(declared, preview=False)
    world["s"] = world["s"].model_copy(update={"labels": {"a": "1", "b": "2", "theirs": "9"}})
    properties = lifecycle.update(state.properties, {"name": "s", "labels": {"a": "1"}}, preview=False)
    assert world["s"] == Shelf(name="s", labels={"a": "1", "theirs": "9"})
    assert properties == {"name": "s", "labels": {"a": "1"}, MADE_WITH: '{"books": {"c": []}, "width": 1}'}


def test_a_key_that_a_dict_of_an_adopted_object_no_longer_declares_becomes_what_it_was(shelves):
    lifecycle, world = shelves
    world["s"] = Shelf(name="s", labels={"a": "theirs"})
    state = lifecycle.create({"name": "s", "labels": {"a": "1", "b": "2"}}, preview=False)
    lifecycle.update(state.properties, {"name": "s", "labels": {}}, preview=False)
    assert world["s"] == Shelf(name="s", labels={"a": "theirs"})


def test_a_key_that_an_adopted_object_had_not_goes_on_delete(shelves):
    lifecycle, world = shelves
    world["s"] = Shelf(name="s", labels={"a": "theirs"})
    state = lifecycle.create({"name": "s", "labels": {"a": "1", "b": "2"}}, preview=False)
    lifecycle.delete(state.properties)
    assert world["s"] == Shelf(name="s", labels={"a": "theirs"})


def test_destroy_puts_back_what_was_there_even_if_nobody_could_declare_it(shelves):
    lifecycle, world = shelves
    world["s"] = Shelf.model_construct(name="s", width=-1)
    state = lifecycle.create({"name": "s", "width": 5}, preview=False)
    lifecycle.delete(state.properties)
    assert world["s"].width == -1


def test_a_key_declared_as_empty_need_not_be_there(shelves):
    lifecycle, world = shelves
    declared = {"name": "s", "labels": {"a": "", "b": "2"}, "books": {"c": []}}
    world["s"] = Shelf(name="s", labels={"theirs": "9"})
    assert lifecycle.read("s", {}, declared).inputs == {"name": "s", "labels": {"a": ""}, "books": {"c": []}}


def test_what_only_the_state_knows_reaches_every_later_look(bench):
    looks = []

    def find_recorded(self, key, recorded):
        looks.append(recorded)
        return self.find(key)

    bench.calls.find_recorded = find_recorded
    state = bench.lifecycle.create(bench.inputs(), preview=False)
    assert looks == []
    properties = {**state.properties, "serialNumber": Hidden("7")}
    bench.lifecycle.read("attic/l1", properties, bench.inputs())
    bench.lifecycle.update(properties, bench.inputs(), preview=False)
    bench.lifecycle.delete(properties)
    assert [recorded["serialNumber"] for recorded in looks] == ["7", "7", "7"]


def test_nested_fields_are_compared_leaf_by_leaf():
    class Shade(BaseModel):
        cloth: str = "linen"

    class Stand(Spec):
        name: Annotated[str, NaturalKey]
        shades: tuple[dict[str, str], ...] = ()

    class StandHandler(Handler[Stand]):
        spec = Stand

    lifecycle = Lifecycle(StandHandler, Context(log=lambda _: None))
    old = {"name": "s", "shades": [{"cloth": "linen", "k.dot": "1"}]}
    new = {"name": "s", "shades": [{"cloth": "silk", "k.dot": "2"}, {"cloth": "wool"}]}
    paths = [(item.path, item.kind) for item in lifecycle.diff(old, {}, new).differences]
    assert paths == [("shades[0].cloth", "update"), ('shades[0]["k.dot"]', "update"), ("shades[1]", "add")]


def test_what_the_server_cannot_have_fails_the_check(bench):
    bench.calls.preflight = lambda *_: (_ for _ in ()).throw(
        UnsupportedError("no lamps here", "Build with lamps.")
    )
    _, failures = bench.lifecycle.check({}, {"room": "attic", "name": "l1"})
    assert failures == ["no lamps here\nBuild with lamps."]


def test_what_is_on_a_server_that_does_not_run_stays_as_it_is_recorded(bench):
    inputs = bench.inputs(color="red")
    state = bench.lifecycle.create(inputs, preview=False)
    bench.calls.find = lambda *_: (_ for _ in ()).throw(NotRunningError("nobody is there"))
    seen = bench.lifecycle.read(state.id, state.properties, inputs)
    assert (seen.properties, seen.inputs) == (state.properties, inputs)
    assert bench.said == ["not looked at: nobody is there"]
    with pytest.raises(NotRunningError):  # an import has nothing recorded
        bench.lifecycle.read(state.id, {}, {})


def test_a_server_that_is_away_does_not_fail_the_check(bench):
    bench.calls.preflight = lambda *_: (_ for _ in ()).throw(ProvisionError("does not answer"))
    assert bench.inputs()["name"] == "l1"


@pytest.mark.parametrize("was_there", [False, True])
def test_a_former_resource_that_goes_in_a_later_run_leaves_the_object_to_its_new_name(
    bench, tmp_path, was_there
):
    """The run that made the new resource failed before it removed the former one; a later run removes it."""
    file, inputs = tmp_path / "journal", bench.inputs(color="red")
    if was_there:
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green")
    first = bench.with_journal(Journal(file), "urn:calculator").create(inputs, preview=False)
    renaming = Journal(file)
    second = bench.with_journal(renaming, "urn:adder").create(inputs, preview=False)
    renaming.tidy()

    later = Journal(file)
    news = bench.inputs(color="blue")
    assert bench.with_journal(later, "urn:adder").diff(inputs, second.properties, news).differences
    bench.with_journal(later, "urn:calculator").delete(first.properties)
    assert ("attic", "l1") in bench.world
    later.tidy()

    bench.with_journal(Journal(file), "urn:adder").delete(second.properties)
    left = bench.world.get(("attic", "l1"))
    assert (left and left.color) == ("green" if was_there else None)


def test_a_resource_that_is_replaced_loses_its_object_first(bench):
    journal, inputs = Journal(), bench.inputs(socket="E14")
    state = bench.with_journal(journal, "urn:a").create(inputs, preview=False)
    journal.tidy()  # the run ends
    verdict = bench.with_journal(journal, "urn:a").diff(inputs, state.properties, bench.inputs(socket="E27"))
    assert verdict.delete_first
    bench.with_journal(journal, "urn:a").delete(state.properties)
    assert bench.world == {}


class TestACreationThatIsRefused:
    """An object of that name that is there later was not made by the refused call."""

    @pytest.fixture
    def again(self, bench, tmp_path):
        return lambda: bench.with_journal(Journal(tmp_path / "journal"), "urn:a")

    def _refused(self, bench, again, *, makes=False):
        def create(handler, spec):
            if makes:
                LampHandler.create(handler, spec.model_copy(update={"color": "half"}))
                handler.note_made()
            raise ProvisionError("refused")

        bench.calls.create = create
        with pytest.raises(ProvisionError, match="refused"):
            again().create(bench.inputs(color="red"), preview=False)
        bench.calls.create = LampHandler.create

    @pytest.mark.parametrize("rejects_duplicates", [False, True])
    def test_what_somebody_made_afterwards_is_given_back(self, bench, again, rejects_duplicates):
        bench.calls.rejects_duplicates = rejects_duplicates
        self._refused(bench, again)
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green")
        state = again().create(bench.inputs(color="red"), preview=False)
        again().delete(state.properties)
        assert bench.world["attic", "l1"].color == "green"

    def test_what_must_not_be_adopted_is_refused(self, bench, again):
        bench.calls.may_adopt = False
        self._refused(bench, again)
        bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="green")
        with pytest.raises(ProvisionError, match="exists already"):
            again().create(bench.inputs(color="red"), preview=False)

    @pytest.mark.parametrize("rejects_duplicates", [False, True])
    def test_what_was_made_before_a_later_part_was_refused_is_ours(self, bench, again, rejects_duplicates):
        bench.calls.rejects_duplicates = rejects_duplicates
        self._refused(bench, again, makes=True)
        state = again().create(bench.inputs(color="blue"), preview=False)
        assert ADOPTED_FROM not in state.properties
        again().delete(state.properties)
        assert bench.world == {}


def test_what_is_removed_for_good_is_forgotten_though_the_state_had_it(bench, tmp_path):
    file, inputs = tmp_path / "journal", bench.inputs(color="red")
    state = bench.with_journal(Journal(file), "urn:a").create(inputs, preview=False)
    cut = bench.with_journal(
        Journal(file), "urn:a"
    )  # a run that looks, removes, and is killed before its end
    cut.read("attic/l1", state.properties, inputs)
    cut.delete(state.properties)
    bench.world["attic", "l1"] = Lamp(room="attic", name="l1", color="theirs")
    state = bench.with_journal(Journal(file), "urn:a").create(inputs, preview=False)
    assert ADOPTED_FROM in state.properties
