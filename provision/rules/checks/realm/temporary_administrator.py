"""The first administrator is gone."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule

_MASTER = "master"
_MARK = "is_temporary_admin"
_TEMPORARY = "temporaryAdministrator"
"""The property that an audit sets for a client with the mark; no program declares it."""


@rule(
    id="temporary-administrator",
    severity="high",
    title="The first administrator is gone",
    why="The account that Keycloak is started with may do everything in every realm, its password or secret stands in a file or an "
    "environment, and its name (`admin`, `temp-admin`) is known. Keycloak marks it as temporary: it is for making proper "
    "administrators, with a second factor, and then to be removed.",
    fix="kcadm.sh delete users/ID -r master # or clients/ID; after a personal administrator was made",
    example='a further User: realm: "master", username: "admin"',
    see="https://www.keycloak.org/server/bootstrap-admin-recovery",
    on=("User", "Client"),
    ephemeral="advisory",
    parameters={"names": ["admin", "administrator", "temp-admin"]},
)
def check(account: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no user or client of the realm master has the mark or a usual name."""
    if account.get("realm") != _MASTER or not account.get("enabled"):
        return
    name = "username" if account.kind == "User" else "clientId"
    if account.get(name) in context.parameters["names"]:
        yield Violation(name, "is an administrator whose name everybody tries")
    elif account.kind == "Client":
        if account.get(_TEMPORARY):
            yield Violation(_TEMPORARY, "is the service account that Keycloak was started with")
    elif "true" in ((account.get("attributes") or {}).get(_MARK) or ()):
        yield Violation(f"attributes.{_MARK}", "is the administrator that Keycloak was started with")
