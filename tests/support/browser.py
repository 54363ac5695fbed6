"""A headless Chromium that acts like a user on Keycloak's login and consent pages.

Needs Debian's packages ``chromium`` and ``chromium-driver``, or equivalents, on PATH.
"""

from __future__ import annotations

import base64
import http.server
import queue
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.requirements import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--window-size=900,900",
)
_WAIT_SECONDS = 20
_PORT = re.compile(r"started successfully on port (\d+)")


class WebDriver:
    """The few commands of the WebDriver protocol (https://www.w3.org/TR/webdriver2/) that a login needs.

    Args:
        http: A client of the driver's address.
        flags: Command line flags of the browser.
    """

    def __init__(self, http: httpx.Client, flags: tuple[str, ...]) -> None:
        self._http = http
        options = {"binary": shutil.which("chromium"), "args": list(flags)}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self._session = self._send("POST", "/session", wanted)["sessionId"]
        self._command("POST", "timeouts", {"implicit": _WAIT_SECONDS * 1000})

    def go(self, url: str) -> None:
        """Open an address."""
        self._command("POST", "url", {"url": url})

    def find(self, selector: str) -> str:
        """Return the element of a CSS selector, as soon as the element exists."""
        found: dict[str, str] = self._command("POST", "element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def type(self, element: str, text: str) -> None:
        """Type into an element."""
        self._command("POST", f"element/{element}/value", {"text": text})

    def click(self, element: str) -> None:
        """Click an element."""
        self._command("POST", f"element/{element}/click", {})

    def text(self, element: str) -> str:
        """Return the text shown in an element."""
        shown: str = self._command("GET", f"element/{element}/text")
        return shown

    def picture(self) -> bytes:
        """Return a screenshot, PNG."""
        return base64.b64decode(self._command("GET", "screenshot"))

    def quit(self) -> None:
        """Close the browser."""
        self._send("DELETE", f"/session/{self._session}")

    def _command(self, method: str, command: str, body: dict[str, Any] | None = None) -> Any:
        return self._send(method, f"/session/{self._session}/{command}", body)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, path, json=body)
        value = answer.json()["value"]
        assert answer.is_success, f"{path}: {value['error']}: {value['message'].splitlines()[0]}"
        return value


@dataclass
class Browser:
    """A browser with an empty profile.

    Args:
        driver: The remote control of the browser.
        pictures: The folder for screenshots; None for none.
    """

    driver: WebDriver
    pictures: Path | None = None

    def open(self, url: str) -> None:
        """Go to an address."""
        self.driver.go(url)

    def log_in(self, username: str, password: str) -> None:
        """Fill in Keycloak's login page and send it."""
        self.driver.type(self.driver.find("[name=username]"), username)
        self.driver.type(self.driver.find("[name=password]"), password)
        self._picture("login")
        self.driver.click(self.driver.find("[name=login]"))

    def consent(self) -> str:
        """Accept on Keycloak's consent page; return the text of the page."""
        button = self.driver.find("[name=accept]")
        text = self.driver.text(self.driver.find("body"))
        self._picture("consent")
        self.driver.click(button)
        return text

    def _picture(self, name: str) -> None:
        if self.pictures is not None:
            (self.pictures / f"{name}.png").write_bytes(self.driver.picture())


@contextmanager
def browser(pictures: Path | None = None) -> Iterator[Browser]:
    """Start a browser, which ends with the context.

    Args:
        pictures: The folder for screenshots.
    """
    need("Chromium with its driver")
    with (
        tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile,
        _driver() as http,
    ):
        driver = WebDriver(http, (*_FLAGS, f"--user-data-dir={profile}"))
        try:
            yield Browser(driver, pictures)
        except BaseException:
            if pictures is not None:
                (pictures / "failed.png").write_bytes(driver.picture())
            raise
        finally:
            driver.quit()


@contextmanager
def _driver() -> Iterator[httpx.Client]:
    """Start a chromedriver on a free port of its choice."""
    command = ["chromedriver", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            started = next(filter(None, map(_PORT.search, process.stdout)))
            url = f"http://127.0.0.1:{started[1]}"
            with httpx.Client(base_url=url, trust_env=False, timeout=2 * _WAIT_SECONDS) as http:
                yield http
        finally:
            process.terminate()


@dataclass
class Redirect:
    """A client's redirect URI on a free port of localhost, and the requests to it."""

    uri: str
    _arrived: queue.SimpleQueue[dict[str, str]] = field(default_factory=queue.SimpleQueue)

    def wait(self) -> dict[str, str]:
        """Return the parameters of the next redirect."""
        try:
            return self._arrived.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            raise AssertionError("the browser was not sent back to the client") from None

    def arrived(self) -> bool:
        """Return whether the browser is back already; it is back as soon as the page after a refusal is loaded."""
        return not self._arrived.empty()

    def arrive(self, parameters: dict[str, str]) -> None:
        """Note the parameters of a redirect."""
        self._arrived.put(parameters)


@contextmanager
def redirect(path: str = "/callback") -> Iterator[Redirect]:
    """Listen like an MCP client while its user logs in.

    Args:
        path: The path of the redirect URI.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == path:
                found.arrive({name: values[0] for name, values in parse_qs(parts.query).items()})
            self.send_response(200 if parts.path == path else 404)
            self.end_headers()
            self.wfile.write(b"You can close this window.")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    found = Redirect(f"http://localhost:{server.server_port}{path}")
    threading.Thread(target=server.serve_forever, name="redirect", daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
