"""What makes a test a unit test: it starts no process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = __file__.removesuffix("conftest.py")
_STARTS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"}
)
"""Python's audit events of a new process."""


class _Guard:
    """Fails the test that starts a process. Python keeps an audit hook for good, so the hook looks at ``active``."""

    active = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.active and event in _STARTS:
            pytest.fail(
                f"a unit test starts a process ({event} {arguments[:2]}); such a test lies in tests/processes"
            )


_GUARD = _Guard()
sys.addaudithook(_GUARD)


def _watched(item: pytest.Item) -> Iterator[None]:
    """Watch a test of this folder while it goes on."""
    _GUARD.active = str(item.path).startswith(_HERE)
    try:
        return (yield)
    finally:
        _GUARD.active = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Watch the fixtures that a test makes. What it tears down may be of the whole run, and other folders'."""
    return (yield from _watched(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Watch the test itself."""
    return (yield from _watched(item))
