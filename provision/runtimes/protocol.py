"""What every runtime can do; ``docs/runtimes.md`` shows how to add one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from provision.config import runtimes
from provision.runtimes import runtime_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from provision._lib.errors import ProvisionError
    from provision._lib.progress import Progress
    from provision.config.project import StackFile
    from provision.config.runtimes import RuntimeFacts
    from provision.config.stack_config import StackConfig
    from provision.runtimes.deployment import Deployment, Placement


@dataclass(frozen=True, kw_only=True)
class LiveStack:
    """A stack as its runtime looks at it.

    Args:
        name: The name of everything that the stack makes outside of its folder: ``<project>-<stack>``.
        home: The stack's folder.
        mark: Tells what this very stack made from what another one of the same name made; empty when nothing is there.
        resources: Reads the resources of the stack's state, as Pulumi writes them.
        is_alone: Whether nobody else can be at work on the stack unseen: its state is in our own folder.
    """

    name: str
    home: Path
    mark: str
    resources: Callable[[], Iterable[Mapping[str, Any]]]
    is_alone: bool

    @classmethod
    def of(
        cls, stack: StackFile, resources: Callable[[], Iterable[Mapping[str, Any]]], *, is_alone: bool
    ) -> LiveStack:
        """Return the stack of a file, with its mark out of its folder.

        Raises:
            ProvisionError: The record in the folder is broken.
        """
        record = runtime_record.read(stack.home)
        return cls(
            name=f"{stack.project.name}-{stack.name}",
            home=stack.home,
            mark="" if record is None else record.mark,
            resources=resources,
            is_alone=is_alone,
        )


@dataclass(frozen=True, kw_only=True)
class RunningProcess:
    """A process or a container of a stack, whether it runs or not.

    Args:
        name: What it is called in the stack.
        pid: Its process id; None when it does not run.
        log: Its log file.
        container: The name of its container; None when it is in none.
        state: What the runtime says of it in one word; None when it says nothing.
        works: Whether it works, as far as the runtime can tell, while it runs.
    """

    name: str
    pid: int | None
    log: str
    container: str | None = None
    state: str | None = None
    works: bool = True

    @property
    def is_well(self) -> bool:
        """Whether it runs and works."""
        return self.pid is not None and self.works

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``; only what is known of the last two."""
        data = asdict(self)
        del data["works"]
        return {key: value for key, value in data.items() if key == "pid" or value is not None}


@dataclass(frozen=True)
class Finding:
    """One part that the toolkit or a runtime needs.

    Args:
        part: Its name.
        state: ``found``, ``comes by itself`` (the next ``up`` fetches or makes it), ``missing``, or ``not needed``
            (it is missing, and the stack runs in something else).
        where: Where it is, or what to do.
    """

    part: str
    state: Literal["found", "comes by itself", "missing", "not needed"]
    where: str

    @classmethod
    def missing(cls, part: str, error: ProvisionError) -> Finding:
        """Return the finding for a part that can't be had."""
        return cls(part, "missing", f"{error.what} {error.do}".strip())

    def unless_needed(self) -> Finding:
        """Return the finding for a stack that does not need the part."""
        return replace(self, state="not needed") if self.state == "missing" else self


class Runtime(ABC):
    """A way to run Keycloak and MCP servers.

    What a subclass leaves out is for runtimes that have nothing to do there.

    Args:
        name: What the stack file calls it.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def facts(self) -> RuntimeFacts:
        """What it declares of itself in its module ``facts``."""
        return runtimes.facts(self.name)

    def missing(self) -> ProvisionError | None:
        """Return what this machine lacks for the runtime, with how to get it, or None if nothing is missing."""
        return None

    def diagnose(self, config: StackConfig | None) -> Iterator[Finding]:
        """Yield what ``provision doctor`` shows: each part that the runtime needs, where it is or how to get it.

        Args:
            config: What the stack file says; None where there is none.
        """
        del config
        return iter(())

    def load_ahead(self) -> None:  # noqa: B027 - there may be nothing to load
        """Load what the first start of a stack needs sooner or later, while there is time for it."""

    def prepare(self, stack: LiveStack, config: StackConfig, progress: Progress) -> None:
        """Fetch, make or look at what the stack's start needs, where its progress can be seen.

        Args:
            stack: The stack, which may not be there yet.
            config: What its file says.
            progress: Where the steps are shown.

        Raises:
            ProvisionError: The stack can't be started.
        """
        del stack, config, progress

    @abstractmethod
    def deployment(self, placement: Placement) -> Deployment:
        """Return what starts Keycloak and the servers inside the Pulumi program.

        Args:
            placement: Where the stack is, and what its resources have in common.
        """

    @abstractmethod
    def processes(self, stack: LiveStack) -> tuple[RunningProcess, ...]:
        """Return what the stack runs, and what it should run.

        Args:
            stack: The stack.

        Raises:
            ProvisionError: The runtime does not answer.
        """

    def fetch_logs(self, chosen: Sequence[RunningProcess], *, follow: bool) -> None:
        """Bring the logs into the files that :meth:`processes` names, where they are not there by themselves.

        Args:
            chosen: Whose logs.
            follow: Whether to go on as long as this process lives.

        Raises:
            ProvisionError: A log is gone.
        """
        del chosen, follow

    def audit_log(self, process: RunningProcess) -> str | None:
        """Return the file with the audit lines of a server, or None if the process has no audit trail."""
        del process
        return None

    def before_up(self, stack: LiveStack, say: Callable[[str], None]) -> bool:
        """Remove what a killed run left and what does not work; return whether the engine has to look at the world.

        Args:
            stack: The stack.
            say: Shows a line.

        Raises:
            ProvisionError: The runtime does not answer.
        """
        del stack, say
        return False

    def before_preview(self, stack: LiveStack, say: Callable[[str], None]) -> bool:
        """Return whether the engine has to look at the world; change nothing. See :meth:`before_up`."""
        del stack, say
        return False

    def before_down(self, stack: LiveStack, say: Callable[[str], None]) -> None:
        """Remove what a killed run left, so that nothing depends on what goes now. See :meth:`before_up`."""
        del stack, say

    @abstractmethod
    def stop(self, stack: LiveStack) -> None:
        """Stop whatever of the stack runs, and remove whatever the state did not know.

        Args:
            stack: The stack, as it was before its record went.

        Raises:
            ProvisionError: Something can't be stopped or removed.
        """

    def explain(self, errors: str) -> ProvisionError | None:
        """Return an error of the engine in our words, or None if the engine's are as good.

        Args:
            errors: What failed, one line for each object, or the engine's last words.
        """
        del errors
        return None
