"""Helpers of the tests that audit real realms."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tests.support.samples import SAMPLES
from tests.support.world import lacks


@pytest.fixture
def counted(session, monkeypatch):
    """Counts the requests that are sent to Keycloak while it is open."""

    @contextmanager
    def counting():
        sent = []
        call = session._transport.call

        def counted_call(request, guard=None):
            sent.append(request.path)
            return call(request, guard)

        with monkeypatch.context() as patch:
            patch.setattr(session._transport, "call", counted_call)
            yield sent

    return counting


@pytest.fixture(scope="module")
def populated_world(shared_world):
    """A realm with one object of each kind."""
    for token, sample in SAMPLES.items():
        if (
            not token.startswith("provision:keycloak:")
            or token.endswith(":Realm")
            or lacks(shared_world.session, token)
        ):
            continue
        for needed, values in (*sample.needs, (token, sample.inputs)):
            shared_world.add(needed, values)
    return shared_world
