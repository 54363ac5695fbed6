"""Many looks at one collection are answered by a listing, and never by one that a change has made old."""

from __future__ import annotations

import pytest

from provision.keycloak.bases import listing_cache
from provision.keycloak.bases.listing_cache import FEW_LOOKS, ListingCache


class _Api:
    def __init__(self, changes=0):
        self.names, self.listed, self.number = ["a", "b"], 0, changes

    def changes(self, realm):
        del realm
        return self.number

    def list(self, realm, *path, **query):
        assert (realm, path, query) == ("shop", ("roles",), {"briefRepresentation": "false"})
        self.listed += 1
        yield from ({"name": name} for name in self.names)


@pytest.fixture
def api():
    return _Api()


def _look(api, times=1):
    found = None
    for _ in range(times):
        found = ListingCache.of(api).items("name", "shop", "roles", briefRepresentation="false")
    return None if found is None else sorted(found)


def test_few_looks_are_single_calls(api):
    assert _look(api, FEW_LOOKS) is None
    assert api.listed == 0


def test_many_looks_are_one_listing(api):
    assert _look(api, FEW_LOOKS + 100) == ["a", "b"]
    assert api.listed == 1


def test_after_a_change_of_our_own_nothing_listed_counts(api):
    _look(api, FEW_LOOKS + 1)
    api.number, api.names = 1, ["c"]
    assert _look(api, FEW_LOOKS) is None
    assert _look(api) == ["c"]


def test_after_some_seconds_the_collection_is_listed_again(api, monkeypatch):
    _look(api, FEW_LOOKS + 1)
    api.names = ["c"]
    assert _look(api) == ["a", "b"]
    monkeypatch.setattr(listing_cache, "_TRUSTED_SECONDS", 0.0)
    assert _look(api, FEW_LOOKS + 1) == ["c"]


def test_a_collection_without_a_listing_is_read_by_the_caller_when_many_look(api):
    reads = []

    def read():
        reads.append(1)
        return [{"name": ("a", "b")}]

    found = [ListingCache.of(api).items("name", "shop", "mappings", reads=read) for _ in range(FEW_LOOKS + 5)]
    assert found[:FEW_LOOKS] == [None] * FEW_LOOKS
    assert [*found[-1]] == [("a", "b")]
    assert (len(reads), api.listed) == (1, 0)


def test_what_is_recorded_is_not_listed():
    recorded = _Api(changes=None)
    assert _look(recorded, FEW_LOOKS + 1) is None
    assert recorded.listed == 0
