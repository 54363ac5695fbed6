"""How Docker learns that a container is healthy: soon after its start, and without a cost later.

A check takes Docker some 70 ms of processor time to start, so one each second would keep a machine busy that has
nothing to do. Docker's own ``start_interval`` is unknown to daemons before 25. So the checks follow one another at
once, and each waits: while the container starts, until it is ready; when it was healthy before, a while first.
"""

from __future__ import annotations

MARK = "/tmp/healthy"  # noqa: S108 - inside the container, in memory; gone when it starts anew
"""A check that succeeds leaves this file for the next one."""
QUIET_SECONDS = 20
"""How long a check waits first, when the one before succeeded."""
START_SECONDS = 8
"""How long a check waits for what does not answer yet."""
ANSWER_SECONDS = 5
"""How long it waits for an answer to one question."""
INTERVAL = "100ms"
TIMEOUT = f"{QUIET_SECONDS + START_SECONDS + 2 * ANSWER_SECONDS}s"
RETRIES = 10
