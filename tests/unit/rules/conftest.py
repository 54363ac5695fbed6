"""What holds in every test of rules."""

from __future__ import annotations

from unittest import mock

import pytest

from provision.rules import Resource
from provision.rules.sources.kinds import properties_of


@pytest.fixture(scope="session", autouse=True)
def _no_rule_asks_for_a_property_that_its_kind_does_not_have():
    """A name that is misspelt has no value, so that a rule would let everything pass."""
    peek = Resource.peek

    def strict(self, path):
        name = path.partition(".")[0].partition("[")[0]
        if name not in properties_of(self.kind) and name not in _OF_SOURCES:
            raise AssertionError(f"{self.kind} has no property {name!r}")
        return peek(self, path)

    with mock.patch.object(Resource, "peek", strict):
        yield


_OF_SOURCES = {"adopt", "external", "providerId", "config"}
"""What sources ask of every kind."""
