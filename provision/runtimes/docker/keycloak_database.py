"""The database in Keycloak's image, and the script that gives a container its admin service account.

The database has schema and master realm, but nothing that two containers must not share: no secret and no key.
A script that the database runs whenever Keycloak connects sets the secret, unless the secret is set already.
Keycloak generates its keys when it first needs them. Keycloak takes seconds to generate RSA keys and milliseconds to
generate elliptic-curve keys, so the master realm signs with ES256.
"""
# ruff: noqa: S608 - scripts for H2, which knows no parameters here; text() quotes every value

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.runtimes.keycloak_data import ADMIN_MARK
from provision.runtimes.process.database import text

if TYPE_CHECKING:
    from pathlib import Path

    from provision.runtimes.process.database import H2, Template

_ACCOUNT = f"(SELECT CLIENT_ID FROM CLIENT_ATTRIBUTES WHERE NAME = {text(ADMIN_MARK)})"
_KEYS = "'org.keycloak.keys.KeyProvider'"


def make_image_database(template: Template, target: Path, h2: H2) -> None:
    """Turn the template of :mod:`provision.runtimes.process.database` into an image's database.

    Args:
        template: The template, which is changed and moved.
        target: The database file to make.
        h2: The database's tools.
    """
    script = target.with_suffix(".sql")
    script.write_text(
        "DELETE FROM COMPONENT_CONFIG WHERE COMPONENT_ID IN"
        f" (SELECT ID FROM COMPONENT WHERE PROVIDER_TYPE = {_KEYS});\n"
        f"DELETE FROM COMPONENT WHERE PROVIDER_TYPE = {_KEYS};\n"
        'MERGE INTO REALM_ATTRIBUTE (REALM_ID, NAME, "VALUE") KEY (REALM_ID, NAME)'
        " SELECT ID, 'defaultSignatureAlgorithm', 'ES256' FROM REALM WHERE NAME = 'master';\n"
        'INSERT INTO CLIENT_ATTRIBUTES (CLIENT_ID, NAME, "VALUE")'
        f" VALUES ({text(template.client)}, {text(ADMIN_MARK)}, 'true');\n",
        encoding="utf-8",
    )
    h2.run("RunScript", template.path, "-script", str(script))
    script.unlink()
    template.path.replace(target)


def admin_script(client_id: str, client_secret: str) -> str:
    """Return the script that sets the client id and the secret of a container's admin service account.

    Args:
        client_id: The account's client id.
        client_secret: The account's secret.
    """
    name, secret = text(client_id), text(client_secret)
    user = text(f"service-account-{client_id.lower()}")
    return (
        f"UPDATE CLIENT SET CLIENT_ID = {name}, SECRET = {secret} WHERE ID = {_ACCOUNT}"
        f" AND (SECRET IS NULL OR SECRET <> {secret} OR CLIENT_ID <> {name});\n"
        f"UPDATE USER_ENTITY SET USERNAME = {user} WHERE SERVICE_ACCOUNT_CLIENT_LINK = {_ACCOUNT}"
        f" AND USERNAME <> {user};\n"
    )
