"""Tests that talk to a real Keycloak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.api.session import Session


@pytest.fixture(scope="module")
def shared_world(session: Session) -> Iterator[World]:
    """A realm that the tests of a module share."""
    world = World(session)
    yield world
    session.delete(world.realm)


@pytest.fixture
def world(request: pytest.FixtureRequest, session: Session) -> World:
    """A realm of the test's own, or the one of its module if that is marked ``shares_realm``."""
    if request.node.get_closest_marker("shares_realm"):
        return request.getfixturevalue("shared_world")
    return World(session)
