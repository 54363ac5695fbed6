"""A headless Chromium that does what a user does on Keycloak's login and consent pages.

Needs Debian's packages ``chromium`` and ``chromium-driver``, or their likes, on PATH.
"""

from __future__ import annotations

import http.server
import shutil
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.chrome.webdriver import WebDriver

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
_WAIT_SECONDS = 20.0


def missing() -> str:
    """What is missing on this machine; empty when a browser can be started."""
    return " and ".join(name for name in ("chromium", "chromedriver") if not shutil.which(name))


@dataclass
class Browser:
    """A browser with an empty profile.

    Args:
        driver: Selenium's driver.
        pictures: Where screenshots go; none are taken when None.
    """

    driver: WebDriver
    pictures: Path | None = None

    def open(self, url: str) -> None:
        """Go to an address."""
        self.driver.get(url)

    def log_in(self, username: str, password: str) -> None:
        """Fill in Keycloak's login page and send it."""
        self._wait_for("username").send_keys(username)
        self.driver.find_element(By.NAME, "password").send_keys(password)
        self._picture("login")
        self.driver.find_element(By.NAME, "login").click()

    def consent(self) -> str:
        """Say yes on Keycloak's consent page; return the text of the page."""
        button = self._wait_for("accept")
        text = self.driver.find_element(By.TAG_NAME, "body").text
        self._picture("consent")
        button.click()
        return text

    def _wait_for(self, name: str):
        WebDriverWait(self.driver, _WAIT_SECONDS).until(lambda driver: driver.find_elements(By.NAME, name))
        return self.driver.find_element(By.NAME, name)

    def _picture(self, name: str) -> None:
        if self.pictures is not None:
            self.driver.save_screenshot(str(self.pictures / f"{name}.png"))


@contextmanager
def browser(pictures: Path | None = None) -> Iterator[Browser]:
    """Start a browser, and end it.

    Args:
        pictures: Where screenshots go.
    """
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        # With the driver's path given, Selenium looks for none to download.
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            yield Browser(driver, pictures)
        finally:
            driver.quit()


@dataclass
class Redirect:
    """A client's redirect URI on a free port of localhost, and what came to it."""

    uri: str
    _arrived: threading.Event = field(default_factory=threading.Event)
    _parameters: dict[str, str] = field(default_factory=dict)

    def wait(self) -> dict[str, str]:
        """The parameters of the redirect."""
        assert self._arrived.wait(_WAIT_SECONDS), "the browser was not sent back to the client"
        return dict(self._parameters)

    def arrive(self, parameters: dict[str, str]) -> None:
        """Note what came."""
        self._parameters.update(parameters)
        self._arrived.set()


@contextmanager
def redirect(path: str = "/callback") -> Iterator[Redirect]:
    """Listen as an MCP client does while its user logs in.

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
