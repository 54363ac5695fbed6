"""A mapping that is declared as a whole: what others added to it is a difference. The world is a stand-in, a dict."""

from __future__ import annotations

from typing import Annotated

import pytest

from provision.core.handler import Context, Handler, Observed
from provision.core.spec import NaturalKey, Spec, Whole
from provision.provider.lifecycle import Lifecycle


class Menu(Spec):
    """A thing with one mapping of each sort."""

    name: Annotated[str, NaturalKey]
    prices: Annotated[dict[str, str], Whole]
    notes: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it


class MenuHandler(Handler[Menu]):
    """Menus of a stand-in world."""

    spec = Menu
    world: dict[str, Menu]

    def find(self, key):
        menu = self.world.get(key.name)
        return None if menu is None else Observed("id", menu)

    def create(self, spec):
        self.world[spec.name] = spec

    def update(self, found, spec):
        notes = {key: text for key, text in {**found.spec.notes, **spec.notes}.items() if text}
        self.world[spec.name] = spec.model_copy(update={"notes": notes})


@pytest.fixture
def lifecycle():
    class Here(MenuHandler):
        world = {}  # noqa: RUF012 - one world for each test

    return Lifecycle(Here, Context(log=print))


def made(lifecycle, **values):
    inputs, failures = lifecycle.check({}, {"name": "m", **values})
    assert failures == []
    return inputs, lifecycle.create(inputs, preview=False)


def differing(lifecycle, state, inputs):
    seen = lifecycle.read(state.id, state.properties, inputs)
    return seen, [item.path for item in lifecycle.diff(seen.inputs, seen.properties, inputs).differences]


def test_a_key_that_others_added_is_drift_and_goes_with_the_repair(lifecycle):
    inputs, state = made(lifecycle, prices={"tea": "2"}, notes={"a": "1"})
    world = lifecycle._handler.world
    world["m"] = Menu(name="m", prices={"tea": "2", "rum": "0"}, notes={"a": "1", "b": "2"})
    seen, paths = differing(lifecycle, state, inputs)
    assert paths == ["prices.rum"]
    lifecycle.update(seen.properties, inputs, preview=False)
    assert (world["m"].prices, world["m"].notes) == ({"tea": "2"}, {"a": "1", "b": "2"})


def test_a_key_that_is_no_longer_declared_is_not_left_empty(lifecycle):
    inputs, state = made(lifecycle, prices={"tea": "2", "rum": "0"})
    news = {**inputs, "prices": {"tea": "2"}}
    lifecycle.update(state.properties, news, preview=False)
    assert lifecycle._handler.world["m"].prices == {"tea": "2"}


def test_an_adoption_takes_the_mapping_as_a_whole_and_gives_it_back(lifecycle):
    world = lifecycle._handler.world
    world["m"] = Menu(name="m", prices={"tea": "2", "rum": "0"})
    _, state = made(lifecycle, prices={"tea": "2"})
    assert world["m"].prices == {"tea": "2"}
    lifecycle.delete(state.properties)
    assert world["m"].prices == {"tea": "2", "rum": "0"}
