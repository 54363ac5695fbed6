"""A stack for the tests of a session, and a token for its server."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import httpx
import pytest


@pytest.fixture(scope="session")
def stack():
    secret = os.environ["TEST_CLIENT_SECRET"] = secrets.token_urlsafe(24)
    program = Path(sys.executable).with_name("provision")  # of this virtual environment
    provision = [program, "-s", f"test-{secrets.token_hex(4)}"]
    try:
        done = subprocess.run(
            [*provision, "up", "--json", "--show-secrets"], stdout=subprocess.PIPE, check=True
        )
        yield json.loads(done.stdout) | {"client_secret": secret}
    finally:
        subprocess.run([*provision, "down", "--remove"], check=True)


@pytest.fixture
def token(stack):
    form = {"grant_type": "client_credentials", "client_id": "tests", "client_secret": stack["client_secret"]}
    answer = httpx.post(f"{stack['issuer']}/protocol/openid-connect/token", data=form, timeout=30)
    return answer.raise_for_status().json()["access_token"]
