"""``provision rules``: list the security rules and the stack's level for each rule."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provision._lib.counts import counted
from provision.cli.main import Invocation, print_json
from provision.cli.output import say

if TYPE_CHECKING:
    from provision.config.profile import Profile
    from provision.config.project import StackFile
    from provision.config.rules import RulesConfig
    from provision.rules.definition import Rule

_PACK_MAIN = '''\
"""The policy pack: the engine of ``pulumi preview --policy-pack`` starts this file and asks it."""

from provision.rules.pack import serve

serve()
'''
_PACK_PROJECT = """\
name: provision
description: The security rules of MCP authorization on Keycloak (docs/rules.md)
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: {environment}
"""


@click.command("rules")
@click.option("--group", help="Only the rules of this group.")
@click.option(
    "--pack",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the policy pack for `pulumi preview --policy-pack DIR` instead.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, group: str | None, pack: Path | None, as_json: bool) -> None:
    """List the security rules, each with the stack's level.

    docs/rules.md explains each rule.
    """
    if pack is not None:
        _write_pack(pack, as_json=as_json)
        return
    from provision.rules import checks

    profile, config = _held(invocation)
    listed = [_listed(rule, profile, config) for rule in checks.rules() if group in {None, rule.group}]
    if not listed:
        groups = ", ".join(sorted({rule.group for rule in checks.rules()}))
        raise click.BadParameter(f"There is no group {group!r}. Groups: {groups}.", param_hint="--group")
    if as_json:
        print_json({"profile": profile, "rules": listed})
    else:
        _print(listed, profile)


def pack_files(environment: str) -> dict[str, str]:
    """Return the files of the policy pack, by name.

    Args:
        environment: The path from the pack to the virtual environment that has this package.
    """
    return {"PulumiPolicy.yaml": _PACK_PROJECT.format(environment=environment), "__main__.py": _PACK_MAIN}


def _write_pack(folder: Path, *, as_json: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pack_files(sys.prefix).items():
        (folder / name).write_text(text, encoding="utf-8")
    if as_json:
        print_json({"pack": str(folder)})
    else:
        say(f"Use it: pulumi preview --policy-pack {folder}")


def _held(invocation: Invocation) -> tuple[Profile, RulesConfig]:
    """Return the profile and the rules of the stack, or the defaults of a dev stack outside of a project."""
    from provision._lib.errors import UsageError
    from provision.config.project import Project
    from provision.config.rules import RulesConfig

    try:
        project = Project.find(invocation.project_dir)
    except UsageError:
        if invocation.project_dir is not None:
            raise
        return "dev", RulesConfig()
    return _said(project.stack(invocation.stack_name))


def _said(stack: StackFile) -> tuple[Profile, RulesConfig]:
    """Return the profile and the rules in a stack file, which may still lack the secrets of production."""
    from provision._lib.errors import UsageError
    from provision.config.names import NAMESPACE
    from provision.config.profile import PROFILES
    from provision.config.stack_config import read
    from provision.rules import checks

    values = stack.document().get("config") or {}
    rules = {"rules": values[key]} if (key := f"{NAMESPACE}:rules") in values else {}
    config = read(rules, source=str(stack.file)).rules
    checks.validate(config)
    said = values.get(f"{NAMESPACE}:profile", "dev")
    profile = next((name for name in PROFILES if name == said), None)
    if profile is None:
        raise UsageError(
            f"{stack.file}: {NAMESPACE}:profile is none of {', '.join(PROFILES)}.", "Correct the file."
        )
    return profile, config


def _listed(rule: Rule, profile: Profile, config: RulesConfig) -> dict[str, Any]:
    waivers = [waiver for waiver in config.waivers if waiver.rule == rule.id]
    return {
        "id": rule.id,
        "group": rule.group,
        "severity": rule.severity,
        "level": config.levels.get(rule.id) or rule.level(profile),
        "title": rule.title,
        "why": rule.why,
        "fix": rule.fix,
        "see": rule.see,
        "parameters": {**rule.defaults(profile), **config.parameters_of(rule.id)},
        "configured": [
            name
            for name, said in (
                ("level", rule.id in config.levels),
                ("parameters", bool(config.parameters_of(rule.id))),
                ("waivers", bool(waivers)),
            )
            if said
        ],
        "waivers": [
            waiver.model_dump(mode="json", exclude={"rule"}, exclude_none=True) for waiver in waivers
        ],
    }


def _print(listed: list[dict[str, Any]], profile: str) -> None:
    width = max(len(item["id"]) for item in listed)
    group = None
    for item in listed:
        if item["group"] != group:
            group = item["group"]
            say(f"\n{group}", bold=True)
        mark = f"  (this stack's {' and '.join(item['configured'])})" if item["configured"] else ""
        say(f"  {item['id']:<{width}}  {item['severity']:<6}  {item['level']:<9}  {item['title']}{mark}")
        for waiver in item["waivers"]:
            say(
                f"  {'':<{width}}  waived until {waiver['expires']} for {waiver['resource']}: {waiver['reason']}"
            )
    say(f"\n{counted(len(listed), 'rule')}, as a {profile} stack holds them.")
