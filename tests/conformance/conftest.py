"""A throw-away stack with authorization on, and what the conformance suite finds in it."""

from __future__ import annotations

import subprocess
import threading
from typing import IO, TYPE_CHECKING

import pytest

from provision._lib.errors import ProvisionError
from provision.cli.screen import Screen
from provision.runtimes.process import ports
from provision.verify.authorization_code import log_in
from provision.verify.client_registration import like_claude_code, register
from provision.verify.context import Context, Run
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from tests.conformance.bearer_proxy import BearerProxy
from tests.conformance.suite import BASELINE, REVISIONS, Baseline, Finding, Suite, install
from tests.support import browser
from tests.support.reference_server import ReferenceServer, reference_server
from tests.support.requirements import need
from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.verify.target import Target

_PATIENCE_SECONDS = 30
_LOGGED_IN_AT = "http://localhost:33419/callback"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run write docs/conformance.md."""
    parser.addoption(
        "--write-page", action="store_true", help="write docs/conformance.md instead of checking it"
    )


@pytest.fixture(scope="session")
def suite() -> Suite:
    """The suite, installed now unless it was before; without npm the tests fail and say what to install."""
    try:
        with Screen() as screen:
            return install(screen)
    except ProvisionError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def baseline() -> Baseline:
    return Baseline.read()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A throw-away stack that is up."""
    stack = StackCli(tmp_path_factory.mktemp("stack"))
    try:
        stack.run("up")
        yield stack
    finally:
        stack.clean_up()


@pytest.fixture(scope="session")
def context(stack: StackCli) -> Iterator[Context]:
    """A user's way into the stack; what is registered and logged in on it is gone in the end."""
    run = Run(stack.target())
    yield Context(run)
    run.end()


@pytest.fixture(scope="session")
def server(stack: StackCli) -> Iterator[ReferenceServer]:
    """The server; the suite sends more requests in a second than one user may, so they are not limited."""
    with reference_server(stack, "conformance", requests_per_minute=0) as server:
        yield server


@pytest.fixture(scope="session")
def server_findings(
    suite: Suite, context: Context, server: ReferenceServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Finding]:
    """What the suite finds in the protected MCP server, by revision of the specification."""
    client_id = context.target.public_client_id
    login = log_in(context, context.need(authorization_server_metadata), client_id, _LOGGED_IN_AT)
    found = {}
    with BearerProxy(server.url, login.access_token) as proxy:
        for revision in REVISIONS:
            folder = tmp_path_factory.mktemp(revision)
            line = suite.line(
                "server", "--url", proxy.url, "--requirements", revision, "--output-dir", str(folder)
            )
            line += ["--expected-failures", str(BASELINE)]
            done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
            found[revision] = Finding.read(folder, done.returncode, done.stdout + done.stderr)
    return found


@pytest.fixture(scope="session")
def authorization_findings(
    suite: Suite, context: Context, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Finding]:
    """What the suite finds in the realm, by revision; a browser logs in where it asks for that."""
    need("Chromium with its driver")
    return {
        revision: _authorization(
            suite, context, revision, tmp_path_factory.mktemp(f"authorization-{revision}")
        )
        for revision in REVISIONS
    }


def _authorization(suite: Suite, context: Context, revision: str, folder: Path) -> Finding:
    """Run it with a client that registers itself, as an MCP client does."""
    port = ports.pick_free()
    endpoint = context.need(authorization_server_metadata).registration_endpoint
    client = register(context, endpoint, like_claude_code(context, f"http://127.0.0.1:{port}/callback"))
    target = context.target
    line = suite.line(
        "authorization", "--url", target.issuer, "--spec-version", revision, "--port", str(port)
    )
    line += ["--client-id", client["client_id"], "--resource", target.server_url, "--output-dir", str(folder)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        enough = threading.Timer(_PATIENCE_SECONDS, process.kill)  # the suite itself waits for five minutes
        enough.start()
        said = ""
        try:
            for text in process.stdout:
                said += text
                if text.startswith(f"{target.issuer}/protocol/openid-connect/auth?"):
                    said += _log_in(text.strip(), target, until=process.stdout)
            process.wait()
        finally:
            enough.cancel()
            process.kill()  # of no effect on one that has ended
    return Finding.read(folder, process.returncode, said)


def _log_in(url: str, target: Target, until: IO[str]) -> str:
    """Log in with a browser, which stays open until the suite has ended; return what that says."""
    with browser.browser() as person:
        person.open(url)
        person.log_in(target.demo_username, target.demo_password)
        person.consent()
        return until.read()
