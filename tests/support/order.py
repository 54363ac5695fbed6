"""The order of the tests and their distribution to workers: no stack is made twice, and no long file begins last."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

MARKED = {"e2e": "e2e", "chaos": "e2e", "integration": "integration"}
"""The folders whose tests have a mark, and the mark."""

TOGETHER = {
    f"tests/e2e/{name}.py": "the shared stack"
    for name in (
        *("test_audit", "test_audit_trail", "test_client_config", "test_output_streams"),
        "test_registration_bodies",
    )
}
"""The files that look at the fixture ``shared``: one worker runs them all, so one stack is made for them."""

LONGEST = (
    *("e2e/test_docker", "e2e/test_faults"),
    *("e2e/test_refusals", "e2e/test_main_job", "e2e/test_mcp_client", "e2e/test_plain_pulumi"),
    *(
        "e2e/test_https",
        "e2e/test_docker_https",
        "integration/docker/test_stand_in_plugin",
    ),
)
"""The files that take minutes, the longest first (see ``--durations`` at the end of ``make test``)."""

_FOLDERS = ("e2e", "integration", "processes", "server", "fuzz")


def folder(nodeid: str) -> str:
    """Return the folder of ``tests`` that holds a test."""
    return nodeid.removeprefix("tests/").partition("/")[0]


def rank(nodeid: str) -> tuple[int, int]:
    """Return the sort key of a test: long files first, then by folder.

    Args:
        nodeid: The test's id.
    """
    file = nodeid.partition(".py::")[0].removeprefix("tests/")
    if file in LONGEST:
        return 0, LONGEST.index(file)
    where = folder(nodeid)
    return 1, _FOLDERS.index(where) if where in _FOLDERS else len(_FOLDERS)


class FilesTogether(LoadFileScheduling):
    """A scheduler that gives a worker whole files, and files that share a stack to the same worker."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return TOGETHER.get(file, file)
