"""The protocol of runtimes; ``docs/runtimes.md`` shows how to add a runtime."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from provision._lib.errors import UsageError
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
    from provision.runtimes.keycloak_data import Copied, KeycloakData


@dataclass(frozen=True, kw_only=True)
class LiveStack:
    """A stack as its runtime sees it.

    Args:
        name: The prefix of all names outside of the stack's folder: ``<project>-<stack>``.
        home: The stack's folder.
        mark: A random id of this stack. It distinguishes the stack's resources from the resources of another stack
            with the same name; empty if the stack is not up.
        resources: A function that reads the resources in the stack's state, as Pulumi writes them.
        is_alone: Whether nobody else can change the stack unseen, since the state is in this machine's own folder.
        file: The stack file, for messages; empty if the file is gone.
    """

    name: str
    home: Path
    mark: str
    resources: Callable[[], Iterable[Mapping[str, Any]]]
    is_alone: bool
    file: str = ""

    @classmethod
    def of(
        cls, stack: StackFile, resources: Callable[[], Iterable[Mapping[str, Any]]], *, is_alone: bool
    ) -> LiveStack:
        """Return the stack of a stack file, with the mark that the stack's folder records.

        Raises:
            ProvisionError: The record in the folder is broken.
        """
        record = runtime_record.known(stack.home, resources if is_alone else tuple)
        return cls(
            name=f"{stack.project.name}-{stack.name}",
            home=stack.home,
            mark="" if record is None else record.mark,
            resources=resources,
            is_alone=is_alone,
            file=_file(stack),
        )


def _file(stack: StackFile) -> str:
    try:
        return str(stack.file)
    except UsageError:  # somebody removed the file of a stack that is up
        return ""


@dataclass(frozen=True, kw_only=True)
class RunningProcess:
    """A process or a container of a stack, whether it runs or not.

    Args:
        name: The name within the stack.
        pid: The process id; None if the process does not run.
        log: The log file. A file of the same name and ``.1`` holds what a process that ran before wrote, if any.
        container: The name of the container; None for a process outside of containers.
        state: The runtime's word for the state; None if the runtime has no such word.
        works: Whether the process works while it runs, as far as the runtime knows.
    """

    name: str
    pid: int | None
    log: str
    container: str | None = None
    state: str | None = None
    works: bool = True

    @property
    def is_well(self) -> bool:
        """True if the process runs and works."""
        return self.pid is not None and self.works

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``, without a container or a state that is None."""
        data = asdict(self)
        del data["works"]
        return {key: value for key, value in data.items() if key == "pid" or value is not None}


@dataclass(frozen=True)
class Finding:
    """One part that the toolkit or a runtime needs.

    Args:
        part: The part's name.
        state: ``found``, ``comes by itself`` (the next ``up`` fetches or makes the part), ``missing``, or
            ``not needed`` (the part is missing, and the stack's runtime does not need it).
        where: The place of the part, or the way to get the part.
    """

    part: str
    state: Literal["found", "comes by itself", "missing", "not needed"]
    where: str

    @classmethod
    def missing(cls, part: str, error: ProvisionError) -> Finding:
        """Return the finding for a missing part."""
        return cls(part, "missing", f"{error.what} {error.do}".strip())

    def unless_needed(self) -> Finding:
        """Return the finding for a stack that does not need the part."""
        return replace(self, state="not needed") if self.state == "missing" else self


class Runtime(ABC):
    """A way to run Keycloak and MCP servers.

    The methods that are not abstract do nothing; a subclass overrides them where its runtime has something to do.

    Args:
        name: The runtime's name in the stack file.
    """

    resource_types: ClassVar[tuple[str, ...]] = ()
    """The beginnings of the type tokens of resources that the deployment declares, besides ``provision:<name>:``."""
    instead_of_backup: ClassVar[str] = "Save Keycloak's data with the tools of what runs it."
    """What a user does instead of a backup; empty if :meth:`take_data` and :meth:`put_data` work."""

    def __init__(self, name: str) -> None:
        self.name = name

    def refuse_backup(self) -> None:
        """Refuse a backup or a restore in a runtime that can do neither.

        Raises:
            UsageError: The runtime can do neither; the error names what to do instead.
        """
        if self.instead_of_backup:
            raise UsageError(
                f"Backup and restore do not work with `runtime: {self.name}`.", self.instead_of_backup
            )

    @property
    def facts(self) -> RuntimeFacts:
        """The facts that the runtime declares in its module ``facts``."""
        return runtimes.facts(self.name)

    def missing(self) -> ProvisionError | None:
        """Return an error that names what this machine lacks for the runtime and how to get it, or None if nothing."""
        return None

    def diagnose(self, config: StackConfig | None) -> Iterator[Finding]:
        """Yield a finding for ``provision doctor`` about each part that the runtime needs.

        Args:
            config: The stack file's settings; None if there is no stack file.
        """
        del config
        return iter(())

    def load_ahead(self) -> None:  # noqa: B027 - there may be nothing to load
        """Load in advance what the start of a stack will need, while the program waits for something else."""

    def check(self, stack: LiveStack, config: StackConfig) -> None:  # noqa: B027 - there may be nothing to check
        """Refuse what would stop the stack's start half-way, such as a port that is taken; change nothing.

        Args:
            stack: The stack, which may not exist yet.
            config: The stack file's settings.

        Raises:
            ProvisionError: The stack can't be started.
        """

    def prepare(self, stack: LiveStack, config: StackConfig, progress: Progress) -> None:
        """Fetch, make or check what the stack's start needs, and show the progress.

        Args:
            stack: The stack, which may not exist yet.
            config: The stack file's settings.
            progress: The display of the steps.

        Raises:
            ProvisionError: The stack can't be started.
        """
        del stack, config, progress

    @abstractmethod
    def deployment(self, placement: Placement) -> Deployment:
        """Return the deployment that starts Keycloak and the servers inside the Pulumi program.

        Args:
            placement: The place of the stack and the common options of its resources.
        """

    @abstractmethod
    def processes(self, stack: LiveStack) -> tuple[RunningProcess, ...]:
        """Return the processes and containers that the stack runs or should run.

        Args:
            stack: The stack.

        Raises:
            ProvisionError: The runtime does not answer.
        """

    def fetch_logs(self, chosen: Sequence[RunningProcess], *, follow: bool) -> None:
        """Copy the logs into the files that :meth:`processes` names, unless the processes write these files themselves.

        Args:
            chosen: The processes whose logs are copied.
            follow: Whether to go on copying as long as this process lives.

        Raises:
            ProvisionError: A log is gone.
        """
        del chosen, follow

    def audit_log(self, process: RunningProcess) -> str | None:
        """Return the file with the audit lines of a server, or None if the process has no audit trail."""
        del process
        return None

    def before_up(
        self, stack: LiveStack, config: Callable[[], StackConfig], say: Callable[[str], None]
    ) -> bool:
        """Remove what a killed run left, what does not work, and what holds a port that something new in the stack needs.

        Args:
            stack: The stack.
            config: The function that reads the stack file's settings, which takes a third of a second.
            say: The function that shows a line to the user.

        Returns:
            Whether the engine has to refresh its state.

        Raises:
            ProvisionError: The runtime does not answer.
        """
        del stack, config, say
        return False

    def before_preview(self, stack: LiveStack, say: Callable[[str], None]) -> bool:
        """Return whether the engine has to refresh its state, without changing anything. See :meth:`before_up`."""
        del stack, say
        return False

    def before_down(self, stack: LiveStack, say: Callable[[str], None]) -> None:
        """Remove what a killed run left, so that nothing depends on the objects to be removed. See :meth:`before_up`."""
        del stack, say

    @abstractmethod
    def stop(self, stack: LiveStack) -> None:
        """Stop everything that the stack still runs, and remove everything that the state did not know.

        Args:
            stack: The stack as it was before its record was removed.

        Raises:
            ProvisionError: A process or a container can't be stopped or removed.
        """

    def end(self, stack: LiveStack, process: RunningProcess) -> None:
        """Stop one process for a restart, in such a way that the next ``up`` starts it again.

        Args:
            stack: The stack, which is up.
            process: One of :meth:`processes`, which may have ended already.

        Raises:
            ProvisionError: The process can't be stopped.
            UsageError: The runtime can't stop single processes.
        """
        del stack
        raise UsageError(
            f"Restart does not work with `runtime: {self.name}`.",
            f"Restart {process.name} with the tools of what runs it.",
        )

    def take_data(self, stack: LiveStack, progress: Progress) -> Copied:
        """Copy Keycloak's data for a backup; Keycloak is stopped for the copy and started again, come what may.

        Args:
            stack: The stack, which is up.
            progress: The display of the steps.

        Returns:
            The copy, and whether Keycloak is back: a copy is not lost because Keycloak does not start again.

        Raises:
            ProvisionError: Keycloak does not run, or its data can't be read.
        """
        del stack, progress
        raise NotImplementedError

    def put_data(self, stack: LiveStack, data: KeycloakData) -> None:
        """Lay out Keycloak's data from a backup, so that the next start of the stack finds the data.

        Args:
            stack: The stack; nothing of it exists but its record in its folder.
            data: The data.

        Raises:
            ProvisionError: The data can't be written.
        """
        del stack, data
        raise NotImplementedError

    def explain(self, errors: str) -> ProvisionError | None:
        """Return an error that explains an error of the engine, or None if the engine's own text is clear enough.

        Args:
            errors: The engine's error messages, one line for each object, or the engine's last output.
        """
        del errors
        return None
