"""``provision doctor``: show which parts this machine has, where, and which parts are missing."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from provision._lib.errors import ProvisionError, UsageError
from provision.cli.main import print_json
from provision.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.cli.main import Invocation
    from provision.config.project import StackFile
    from provision.config.stack_config import StackConfig
    from provision.runtimes.protocol import Finding

_SIGNS = {
    "found": ("✓", "green"),
    "comes by itself": ("·", "cyan"),
    "missing": ("✗", "red"),
    "not needed": ("-", "bright_black"),
}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool) -> None:
    """Show what this machine has, where, and what is missing.

    Exits with 1 if a part is missing. Missing parts of other runtimes than the stack's are shown as not needed.
    """
    findings = list(_findings(_stack(invocation)))
    if as_json:
        print_json({"parts": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            sign, color = _SIGNS[finding.state]
            say(f"{sign} ", fg=color, nl=False)
            say(f"{finding.part:<20}{finding.where}", one_line=True)
    if any(finding.state == "missing" for finding in findings):
        click.get_current_context().exit(1)


def _stack(invocation: Invocation) -> StackFile | None:
    """Return the stack, or None if there is no project or the project has no file for the stack."""
    from provision.config.project import Project

    try:
        stack = Project.find(invocation.project_dir).stack(invocation.stack_name)
        _ = stack.file
    except UsageError:
        return None  # the machine is examined without a stack too
    return stack


def _findings(stack: StackFile | None) -> Iterator[Finding]:
    from provision._lib import cache
    from provision._lib.data_folder import user_data_dir
    from provision.runtimes.protocol import Finding

    yield Finding("Python", "found", f"{sys.version.split()[0]}, {sys.executable}")
    yield _pulumi()
    config: StackConfig | None = None
    if stack is not None:
        try:
            config = stack.config()
        except ProvisionError as error:
            yield Finding.missing("Stack file", error)
    yield from _of_runtimes(stack, config)
    yield _folder("Cache", cache.root(), "PROVISION_CACHE_DIR")
    yield _folder("State and data", user_data_dir(), "PROVISION_DATA_DIR")


def _of_runtimes(stack: StackFile | None, config: StackConfig | None) -> Iterator[Finding]:
    """Yield the findings of every runtime; parts that other runtimes than the stack's lack are not needed."""
    from provision.config import runtimes
    from provision.engine import live_stack
    from provision.runtimes import registry
    from provision.runtimes.protocol import Finding

    try:
        own = registry.DEFAULT if stack is None else live_stack.runtime(stack).name
    except ProvisionError as error:
        yield Finding.missing("Runtime", error)
        own = registry.DEFAULT
    for name in sorted(runtimes.names(), key=lambda name: name != own):
        for finding in _of_runtime(name, config):
            yield finding if name == own else finding.unless_needed()


def _of_runtime(name: str, config: StackConfig | None) -> Iterator[Finding]:
    """Yield the parts of a runtime, or the runtime itself if it can't be loaded."""
    from provision.config import runtimes
    from provision.runtimes import registry
    from provision.runtimes.protocol import Finding

    try:
        _, runtime = runtimes.facts(name), registry.runtime(name)
    except ProvisionError as error:
        yield Finding.missing(f"Runtime {name}", error)
        return
    yield from runtime.diagnose(config)


def _pulumi() -> Finding:
    from provision.engine import pulumi_cli
    from provision.runtimes.protocol import Finding

    try:
        found = pulumi_cli.find()
    except ProvisionError as error:
        return Finding.missing("Pulumi CLI", error)
    if found is not None:
        return Finding("Pulumi CLI", "found", f"{found.version}, {found.path} (from the {found.source})")
    wanted = pulumi_cli.wanted_version()
    return Finding(
        "Pulumi CLI",
        "comes by itself",
        f"{wanted} is fetched at the first start; if it can't be fetched, Go builds it, which takes minutes and leaves "
        "some 4 GB in Go's caches (`go clean -cache -modcache` empties them)",
    )


def _folder(part: str, folder: Path, variable: str) -> Finding:
    import os
    import shutil

    from provision.runtimes.protocol import Finding

    place = folder
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        return Finding(part, "missing", f"{folder} can't be written; set {variable} to another folder.")
    free = shutil.disk_usage(place).free / 1024**3
    return Finding(part, "found", f"{folder} ({free:.0f} GiB free)")
