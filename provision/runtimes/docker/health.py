"""The timing of health checks: quick answers while a container starts, and little processor time afterwards.

Docker needs some 70 ms of processor time to start a check, so a check each second would keep an idle machine busy.
Daemons before version 25 do not know Docker's own ``start_interval``. So Docker starts the checks one right after the
other, and each check waits by itself: until the container is ready, and once the container was ready, first for a quiet
time.
"""

from __future__ import annotations

MARK = "/tmp/healthy"  # noqa: S108 - inside the container, in memory; gone after a restart
"""The file that the first successful check leaves for the next checks."""
QUIET_SECONDS = 20
"""The seconds that a check waits first if the container was ready before."""
START_SECONDS = 80
"""The seconds that a check waits for a container that was never ready since it started."""
AGAIN_SECONDS = 8
"""The seconds that a check waits for a container that was ready before and does not answer now."""
ANSWER_SECONDS = 5
"""The seconds that a check waits for the answer to one request."""
INTERVAL = "100ms"
TIMEOUT = "1m30s"
"""The time after which Docker ends a check that still waits, written as Docker shows it."""
RETRIES = 3
"""The failed checks in a row that make a container unhealthy: after 240 s of a start, or 84 s after it stopped answering."""
READY_SECONDS = RETRIES * START_SECONDS
"""The seconds that a command waits for a container to get ready: a busy machine takes minutes for what takes seconds."""
