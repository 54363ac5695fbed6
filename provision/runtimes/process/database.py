"""The database that a new stack begins with: Keycloak's schema and master realm, without any secret in it.

Keycloak needs many seconds to make schema and master realm, so both are made once and copied. The values that must
differ between stacks (the admin service account's name and secret, the master realm's keys) are empty in the copy.
The database sets these values with an SQL script when Keycloak first connects, before Keycloak has read a row.
"""
# ruff: noqa: S608 - scripts for H2's command-line tools, which know no parameters; text() quotes every value

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.runtimes.process import realm_key

if TYPE_CHECKING:
    from pathlib import Path

    from provision.runtimes.process.java import Java

FILE = "keycloakdb.mv.db"
# The rows that hold the keys of the master realm: config names by component provider.
KEY_ROWS = {
    "rsa-generated": ("privateKey", "certificate"),
    "rsa-enc-generated": ("privateKey", "certificate"),
    "hmac-generated": ("secret", "kid"),
    "aes-generated": ("secret", "kid"),
}


@dataclass(frozen=True)
class Template:
    """A database without secrets, and the ids of its rows that need a stack's own values.

    Args:
        path: The H2 database file.
        client: The row id of the admin service account's client.
        user: The row id of the admin service account's user.
        keys: The row ids of the key material, by ``provider/config name``.
    """

    path: Path
    client: str
    user: str
    keys: dict[str, str]


class H2:
    """H2's own command-line tools, run on a database file that no Keycloak has open."""

    def __init__(self, java: Java, keycloak: Path) -> None:
        self.java = java
        self.jar = next((keycloak / "lib" / "lib" / "main").glob("com.h2database.h2-*.jar"))

    def run(self, tool: str, database: Path, *arguments: str) -> str:
        """Run a tool (``Shell``, ``Script``, ``RunScript``) and return the tool's output."""
        import subprocess

        base = str(database).removesuffix(".mv.db")
        command = [
            str(self.java.executable),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            str(self.jar),
            f"org.h2.tools.{tool}",
        ]
        url = f"jdbc:h2:file:{base};NON_KEYWORDS=VALUE"
        answer = subprocess.run(
            [*command, "-url", url, "-user", "", "-password", "", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            line = (answer.stderr.strip() or answer.stdout.strip()).splitlines()
            raise ProvisionError(
                f"The database template could not be made: {line[0] if line else 'no reason given'}."
            )
        return answer.stdout


def make_template(raw: Path, target: Path, client_id: str, h2: H2) -> None:
    """Turn the database of a freshly bootstrapped Keycloak into a template.

    Args:
        raw: Keycloak's database file, which is closed and will be changed.
        target: The template file to write; a JSON file beside the template lists the template's rows.
        client_id: The admin service account that Keycloak was bootstrapped with.
        h2: The database's tools.
    """
    rows = _find_rows(raw, client_id, h2)
    blank = [f"UPDATE CLIENT SET SECRET = NULL WHERE ID = {text(rows['client'])};"]
    blank += [
        f"UPDATE COMPONENT_CONFIG SET \"VALUE\" = '' WHERE ID = {text(row)};"
        for name, row in rows.items()
        if "/" in name
    ]
    script = raw.with_suffix(".sql")
    script.write_text("\n".join(blank), encoding="utf-8")
    h2.run("RunScript", raw, "-script", str(script))
    # Exported and imported into a new file, since a database file keeps overwritten values in its free pages.
    h2.run("Script", raw, "-script", str(script))
    h2.run("RunScript", target, "-script", str(script))
    script.unlink()
    keys = {name: row for name, row in rows.items() if "/" in name}
    template = Template(target, rows["client"], rows["user"], keys)
    _rows_file(target).write_text(json.dumps({**asdict(template), "path": target.name}), encoding="utf-8")


def read_template(path: Path) -> Template:
    """Return a template that :func:`make_template` wrote to a path."""
    rows = json.loads(_rows_file(path).read_text(encoding="utf-8"))
    return Template(**{**rows, "path": path})


def _rows_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _find_rows(raw: Path, client_id: str, h2: H2) -> dict[str, str]:
    chosen = f"C.CLIENT_ID = {text(client_id)}"
    join = "USER_ENTITY U JOIN CLIENT C ON U.SERVICE_ACCOUNT_CLIENT_LINK = C.ID"
    wanted = [
        f"SELECT 'row', 'client', C.ID FROM CLIENT C WHERE {chosen}",
        f"SELECT 'row', 'user', U.ID FROM {join} WHERE {chosen}",
    ]
    for provider, names in KEY_ROWS.items():
        quoted = ", ".join(text(name) for name in names)
        wanted.append(
            "SELECT 'row', P.PROVIDER_ID || '/' || C.NAME, C.ID FROM COMPONENT_CONFIG C"
            " JOIN COMPONENT P ON C.COMPONENT_ID = P.ID"
            f" WHERE P.PROVIDER_ID = {text(provider)} AND C.NAME IN ({quoted})"
        )
    printed = h2.run("Shell", raw, "-sql", "; ".join(wanted))
    cells = [[cell.strip() for cell in line.split("|")] for line in printed.splitlines()]
    rows = {cell[1]: cell[2] for cell in cells if len(cell) == 3 and cell[0] == "row"}  # noqa: PLR2004
    expected = {"client", "user"} | {
        f"{provider}/{name}" for provider, names in KEY_ROWS.items() for name in names
    }
    if set(rows) != expected:
        raise ProvisionError(
            f"The database template could not be made: {', '.join(sorted(expected - set(rows)))} not found."
        )
    return rows


def own_values(template: Template, client_id: str, client_secret: str) -> str:
    """Return the SQL that turns a copy of the template into a stack's own database.

    Args:
        template: The template of the copy.
        client_id: The admin service account's client id.
        client_secret: The admin service account's secret.
    """
    import uuid

    values: dict[str, str] = {}
    for provider in ("rsa-generated", "rsa-enc-generated"):
        key = realm_key.generate("master")
        values[f"{provider}/privateKey"] = key.private_key
        values[f"{provider}/certificate"] = key.certificate
    for provider, size in {"hmac-generated": 128, "aes-generated": 16}.items():
        values[f"{provider}/secret"] = base64.urlsafe_b64encode(os.urandom(size)).rstrip(b"=").decode()
        values[f"{provider}/kid"] = str(uuid.uuid4())
    lines = [admin_account(template.client, template.user, client_id, client_secret)]
    lines += [
        f'UPDATE COMPONENT_CONFIG SET "VALUE" = {text(value)} WHERE ID = {text(template.keys[name])};'
        for name, value in values.items()
    ]
    return "\n".join(lines)


def admin_account(client: str, user: str, client_id: str, client_secret: str) -> str:
    """Return the SQL that sets the client id and the secret of the admin service account.

    Args:
        client: The row id of the account's client.
        user: The row id of the account's user.
        client_id: The account's client id.
        client_secret: The account's secret.
    """
    return (
        f"UPDATE CLIENT SET CLIENT_ID = {text(client_id)}, SECRET = {text(client_secret)}"
        f" WHERE ID = {text(client)};\n"
        f"UPDATE USER_ENTITY SET USERNAME = {text(f'service-account-{client_id.lower()}')}"
        f" WHERE ID = {text(user)};"
    )


def text(value: str) -> str:
    """Return a value as an SQL string literal: in single quotes, with the value's own quotes doubled."""
    return "'" + value.replace("'", "''") + "'"
