"""``provision doctor``: what was found on this machine, where, and what is missing."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from provision._lib.errors import ProvisionError
from provision.cli.main import print_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One part that the toolkit needs.

    Args:
        part: Its name.
        state: ``found``, ``comes by itself`` (the next ``up`` fetches or makes it) or ``missing``.
        where: Where it is, or what to do.
    """

    part: str
    state: str
    where: str


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
def command(*, as_json: bool) -> None:
    """Show what was found, where, and what is missing. Exit code 1 when something is."""
    findings = [_looked(look) for look in (_python, _pulumi, _java, _keycloak, _prepared, _cache, _data)]
    if as_json:
        print_json({"parts": [asdict(finding) for finding in findings]})
    else:
        signs = {"found": ("✓", "green"), "comes by itself": ("·", "cyan"), "missing": ("✗", "red")}
        for finding in findings:
            sign, color = signs[finding.state]
            click.secho(f"{sign} ", fg=color, nl=False)
            click.echo(f"{finding.part:<20}{finding.where}")
    if any(finding.state == "missing" for finding in findings):
        click.get_current_context().exit(1)


def _looked(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except ProvisionError as error:
        return Finding(look.__name__.lstrip("_").capitalize(), "missing", f"{error.what} {error.do}".strip())


def _python() -> Finding:
    return Finding("Python", "found", f"{sys.version.split()[0]}, {sys.executable}")


def _pulumi() -> Finding:
    from provision.engine import pulumi_cli

    found = pulumi_cli.find()
    if found is not None:
        return Finding("Pulumi CLI", "found", f"{found.version}, {found.path} (from the {found.source})")
    wanted = pulumi_cli.wanted_version()
    return Finding("Pulumi CLI", "comes by itself", f"{wanted} is fetched or built at the first start")


def _java() -> Finding:
    from provision.runtimes.process import java

    found = java.find()
    return Finding("Java", "found", f"{found.version}, {found.home}")


def _keycloak() -> Finding:
    from provision.keycloak.version import VERSION
    from provision.runtimes.process import distribution

    version = VERSION
    own = distribution.override()
    if own is not None:
        return Finding("Keycloak", "found", f"{version}, {own} (from {distribution.VARIABLE})")
    archive = distribution.archive()
    if archive.is_file():
        return Finding("Keycloak", "found", f"{version}, {archive}")
    return Finding("Keycloak", "comes by itself", f"{version} is fetched at the first start, to {archive}")


def _prepared() -> Finding:
    from provision.runtimes.process import preparation

    prepared = preparation.find()
    if prepared is None:
        return Finding(
            "Prepared Keycloak", "comes by itself", "it is built at the first start (about two minutes)"
        )
    speed = "" if prepared.has_aot_cache else ", without a start-up cache: starts take twice as long"
    return Finding("Prepared Keycloak", "found", f"{prepared.folder}{speed}")


def _cache() -> Finding:
    from provision._lib import cache

    return _folder("Cache", cache.root(), "PROVISION_CACHE_DIR")


def _data() -> Finding:
    from provision.config.project import user_data_dir

    return _folder("State and data", user_data_dir(), "PROVISION_DATA_DIR")


def _folder(part: str, folder: Path, variable: str) -> Finding:
    import os
    import shutil

    place = folder
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        return Finding(part, "missing", f"{folder} can't be written; set {variable} to another folder.")
    free = shutil.disk_usage(place).free / 1024**3
    return Finding(part, "found", f"{folder} ({free:.0f} GiB free)")
