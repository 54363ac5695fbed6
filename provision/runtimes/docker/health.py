"""The timing of health checks: quick answers while a container starts, and little processor time afterwards.

Docker needs some 70 ms of processor time to start a check, so a check each second would keep an idle machine busy.
Daemons before version 25 do not know Docker's own ``start_interval``. So Docker starts the checks one right after the
other, and each check waits by itself: until the container is ready, or first for a quiet time if the previous check
succeeded.
"""

from __future__ import annotations

MARK = "/tmp/healthy"  # noqa: S108 - inside the container, in memory; gone after a restart
"""The file that a successful check leaves for the next check."""
QUIET_SECONDS = 20
"""The seconds that a check waits first if the previous check succeeded."""
START_SECONDS = 8
"""The seconds that a check waits for a container that does not answer yet."""
ANSWER_SECONDS = 5
"""The seconds that a check waits for the answer to one request."""
INTERVAL = "100ms"
TIMEOUT = f"{QUIET_SECONDS + START_SECONDS + 2 * ANSWER_SECONDS}s"
RETRIES = 10
