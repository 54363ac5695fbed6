"""Helpers of the tests that audit real realms."""

from __future__ import annotations

from contextlib import contextmanager

import pytest


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
