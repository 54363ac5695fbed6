"""Changes that break the rule ``temporary-administrator``."""

from tests.support.mutations import Add

STACK = "prod"
_MASTER = "master"
_MARK = "is_temporary_admin"
_TEMPORARY = "temporaryAdministrator"
"""The property that a live realm shows for a client with the mark; no program declares it."""
BREAKS = (
    (Add("User", {"realm": _MASTER, "username": "admin"}),),
    (Add("User", {"realm": _MASTER, "username": "first", "attributes": {_MARK: ["true"]}}),),
    (
        Add(
            "Client",
            {
                "realm": _MASTER,
                "clientId": "temp-admin",
                "access": "confidential",
                "serviceAccounts": True,
            },
        ),
    ),
    (
        Add(
            "Client",
            {"realm": _MASTER, "clientId": "first", "access": "confidential", _TEMPORARY: True},
        ),
    ),
)
