"""A program that changes the Keycloak version of new stacks: ``make keycloak VERSION=…``.

The program fetches the version, writes the line in ``provision/keycloak/version.py``, compares the version's built-in
objects with ``provision/keycloak/builtin.py``, and runs the tests that a version can break. docs/keycloak-versions.md has
the steps.
"""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from provision._lib import cache
from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent
from provision.keycloak.version import VERSION as PRESENT
from provision.runtimes.process import distribution, java

ROOT = Path(__file__).parents[1]
FILE = Path("provision/keycloak/version.py")
LINE = re.compile(r'^VERSION, SHA256 = "(?P<version>[^"]*)", "[0-9a-f]{64}"$', re.MULTILINE)
TESTS = (
    "tests/unit/rules",
    "tests/unit/runtimes",
    "tests/processes/test_distribution.py",
    "tests/integration/test_builtin.py",
    "tests/integration/test_keycloak_objects.py",
    "tests/integration/test_realms.py",
    "tests/integration/test_clients.py",
    "tests/integration/test_client_policies.py",
    "tests/integration/test_registration_policies.py",
    "tests/integration/test_process_runtime.py",
    "tests/integration/rules/test_factory.py",
    "tests/integration/rules/test_breaks.py",
    "tests/e2e/test_adopt.py",
)
"""The tests of objects, Keycloak's built-in objects, rules in an audit, adoption, and a stack's start and update."""
_COMPARE = "compare"


def main(arguments: list[str]) -> None:
    """Change to a version, or compare the present one with the toolkit's constants.

    Args:
        arguments: The version, or ``compare``.
    """
    try:
        if arguments == [_COMPARE]:
            _compare()
        else:
            _change(checked(*arguments))
    except ProvisionError as error:
        sys.exit(f"error: {error}")


def checked(version: str = "") -> str:
    """Return the version unchanged after checking its form.

    Raises:
        ProvisionError: The text is not the version of a release.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ProvisionError(
            f"“{version}” is not a version of Keycloak.", "Give a release: make keycloak VERSION=26.4.0."
        )
    return version


def fetch(version: str) -> str:
    """Bring the distribution of a version into the cache and return its SHA-256.

    Raises:
        ProvisionError: Maven can't fetch the distribution.
    """
    runtime = java.find()

    def by_maven(fresh: Path) -> None:
        if problem := distribution.by_maven(version, fresh, runtime, Silent()):
            raise ProvisionError(
                f"Keycloak {version} could not be fetched: {problem}.",
                "Nothing was changed. See which versions there are: "
                "https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/",
            )

    place = cache.root() / "downloads" / f"keycloak-{version}.zip"
    cache.install(place, by_maven, what=f"Keycloak {version}", progress=Silent())
    return cache.checksum(place, "sha256")


def write(file: Path, version: str, sha256: str) -> None:
    """Write a version into the line.

    Raises:
        ProvisionError: The file has no line for the version.
    """
    text, count = LINE.subn(f'VERSION, SHA256 = "{version}", "{sha256}"', file.read_text(encoding="utf-8"))
    if count != 1:
        raise ProvisionError(
            f"{file} has no line “VERSION, SHA256 = …”.", f"Put it back: git checkout {FILE}."
        )
    file.write_text(text, encoding="utf-8")


def _change(version: str) -> None:
    before = PRESENT
    _say(f"Fetching Keycloak {version}")
    sha256 = fetch(version)
    write(ROOT / FILE, version, sha256)
    _say(f"{FILE} names {version} (sha256 {sha256}); it named {before}")
    _say("Preparing it, and comparing what it makes by itself with provision/keycloak/builtin.py")
    equal = _run("-m", "tools.keycloak_version", _COMPARE)
    _say("Trying it: objects, audit, rules, adoption, start and update of a stack")
    passed = _run("-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", *TESTS)
    if not (equal and passed):
        sys.exit(_what_is_left(version, before, equal=equal, passed=passed))
    _say(f"Keycloak {version} works. Next:")
    for step in (
        f"see what it changes: https://www.keycloak.org/docs/{version}/release_notes/ and …/upgrading/",
        "enter the holes that it mends into provision/rules/helpers/keycloak_cves.toml, with the day that you looked",
        "say in docs/keycloak-versions.md what differs, and in CHANGELOG.md that the version is new",
        "make docs check test-older, then commit; CI runs all tests",
    ):
        _say(f"  {step}")


def _what_is_left(version: str, before: str, *, equal: bool, passed: bool) -> str:
    """Return the failures, and the steps forward or back."""
    failed = [
        *(
            []
            if equal
            else ["what it makes by itself differs: change the constants named above in builtin.py"]
        ),
        *([] if passed else ["tests failed: see above"]),
    ]
    return "\n".join(
        [
            f"error: Keycloak {version} does not work yet:",
            *(f"  {item}" for item in failed),
            f"{FILE} names it already, and the prepared one stays in the cache.",
            f"  Go on: mend it, and say make keycloak VERSION={version} again.",
            f"  Go back: git checkout {FILE} (to {before}).",
        ]
    )


def _compare() -> None:
    """Prepare the present version, start it, print the differences, and write the record of a fresh realm anew."""
    from provision.keycloak.api.session import Session
    from provision.keycloak.connection import Connection
    from provision.runtimes.process import keycloak, ports
    from tests.support.builtin_differences import differences
    from tools import factory_realm

    with tempfile.TemporaryDirectory() as place:
        settings = keycloak.KeycloakSettings(
            home=Path(place) / "keycloak",
            port=ports.pick_free(),
            admin_client_id="comparison",
            admin_client_secret=secrets.token_urlsafe(32),
        )
        try:
            url = keycloak.start(settings).url
            account = Connection(
                url=url, client_id=settings.admin_client_id, client_secret=settings.admin_client_secret
            )
            session = Session(account)
            found = differences(session)
            factory_realm.write(session)
        finally:
            keycloak.stop(settings.home, remove_data=True)
    for item in found:
        _say(f"builtin.py: {item}")
    if found:
        sys.exit(1)
    _say(f"Keycloak {PRESENT} makes by itself what builtin.py says")


def _run(*arguments: str) -> bool:
    """Run Python in the repository's folder, so that it reads the line as it is written now."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode == 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
