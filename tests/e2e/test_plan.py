"""A preview is kept, reviewed and applied: ``up --plan`` does exactly that, or nothing."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from provision.cli.main import Invocation
from provision.cli.stack_session import StackSession
from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ENV = "PROVISION_TEST_SHOP_SECRET"
_SECRET, _LATER = "shop-secret-one-1234567890", "shop-secret-two-1234567890"
_SHOP = f"""
  provision:objects:
    - {{type: Client, clientId: shop, access: confidential, serviceAccounts: true, secret: {{env: {_ENV}}}}}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A stack whose first ``up`` was planned."""
    stack = StackCli(tmp_path_factory.mktemp("planned"), environment={_ENV: _SECRET})
    try:
        saved = stack.json("preview", "--save-plan", str(stack.folder / "first"))
        assert saved["plan"] == str(stack.folder / "first")
        shown = stack.json("up", "--plan", str(stack.folder / "first"))
        assert shown["servers"]
        yield stack
    finally:
        stack.throw_away()


@pytest.fixture(scope="module")
def plan(stack: StackCli) -> Path:
    """A plan for a new client, whose secret comes from the environment."""
    file = stack.project / "Pulumi.test.yaml"
    file.write_text(file.read_text().rstrip() + _SHOP)
    stack.json("preview", "--save-plan", str(stack.folder / "plan"))
    return stack.folder / "plan"


@pytest.fixture(scope="module")
def session(stack: StackCli) -> Any:
    patch = pytest.MonkeyPatch()
    for name, value in stack.variables.items():
        patch.setenv(name, value)
    yield StackSession.of(Invocation(stack.stack, stack.project, debug=False)).session
    patch.undo()


def _refused(stack: StackCli, plan: Path, code: int = 3) -> str:
    """Return why an ``up`` with a plan is refused, after a look that nothing was changed."""
    what: str = stack.json("up", "--plan", str(plan), code=code)["error"]["what"]
    assert _SECRET not in what
    return what


def _clients(session: Any) -> set[str]:
    return {item["clientId"] for item in session.list("mcp-test", "clients")}


def test_a_plan_is_private_and_holds_no_secret(plan):
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600
    text = plan.read_text()
    assert _SECRET not in text
    assert [(item["label"], item["op"]) for item in json.loads(text)["operations"]] == [
        ("client shop", "create")
    ]


def test_a_plan_is_refused_while_anything_differs_and_then_applied_once(stack, plan, session):
    file = stack.project / "Pulumi.test.yaml"
    reviewed = file.read_text()

    changed = reviewed.replace("clientId: shop,", "clientId: shop, description: other,")
    file.write_text(changed.rstrip() + "\n    - {type: Client, clientId: second}\n")
    what = _refused(stack, plan)
    assert "create client second: not in the plan" in what
    assert "client shop: declared otherwise (description)" in what
    file.write_text(reviewed)

    lifespan = session.get("mcp-test")["accessTokenLifespan"]
    session.put("mcp-test", body={"accessTokenLifespan": 77})
    stack.environment[_ENV] = _LATER
    what = _refused(stack, plan)
    assert "update realm mcp-test: not in the plan" in what
    assert "client shop: declared otherwise (secret)" in what
    assert session.get("mcp-test")["accessTokenLifespan"] == 77
    session.put("mcp-test", body={"accessTokenLifespan": lifespan})
    stack.environment[_ENV] = _SECRET

    altered = stack.folder / "altered"
    altered.write_text(plan.read_text().replace('"create"', '"update"'))
    assert "was changed since" in _refused(stack, altered, code=2)
    assert not {"shop", "second"} & _clients(session)

    altered.write_text(plan.read_text())
    altered.chmod(0o644)  # as a download is
    stack.run("up", "--plan", str(altered))
    assert "shop" in _clients(session)
    assert stack.json("preview", "--refresh")["changes"] == []
    assert "create client shop: in the plan, and nothing to do now" in _refused(stack, plan)
