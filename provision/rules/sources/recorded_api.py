"""An Admin API over a realm that was read: one view of a live realm and of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from provision._lib.errors import ProvisionError
from provision.keycloak.builtin import default_role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Item: TypeAlias = "Mapping[str, Any]"

MAPPERS = ("protocol-mappers", "models")
PROVIDERS = ("identity-provider", "instances")
_QUERIES = {
    "clientId": "clientId",
    "name": "name",
    "parent": "parentId",
    "type": "providerType",
    "username": "username",
}
"""Query parameters that filter a list, each with the key that it compares."""


class NotReadError(ProvisionError):
    """A part of the realm that was not read."""


class RecordedApi:
    """An :class:`~provision.keycloak.api.admin_api.AdminApi` over one realm that was read.

    Args:
        url: Keycloak's address; empty for an export.
        name: The realm.
        id_: The realm's internal id.
    """

    def __init__(self, url: str, name: str, id_: str) -> None:
        self.url = url
        self.is_a_file = not url
        self.name = name
        self.id = id_
        self.unread: dict[str, str] = {}
        """Kinds of objects that were not read, each with the reason."""
        self.members: dict[str, list[str]] | None = None
        """Clients whose service accounts are members of groups, by the group's path; None if not read."""
        self.accounts: dict[str, str] = {}
        """The clients of service accounts, by the id of the account's user."""
        self.people: dict[tuple[str, str], list[str]] = {}
        """The names of people who hold a role directly, by the role's owner (empty for the realm) and name."""
        self._stored: dict[tuple[str, ...], Any] = {}
        self._roots: set[tuple[str, ...]] = {("authentication",)}  # no rule asks for the names of flows
        self._shut: dict[tuple[str, ...], str] = {}
        self._clients: dict[str, Item] = {}
        self._absent: dict[str, Item] = {}
        self._indexes: dict[tuple[tuple[str, ...], str], dict[Any, list[Any]]] = {}

    def get(self, realm: str, *path: str, **query: str) -> Any:
        """Return the document at a path, or None; a list is filtered by the query.

        Raises:
            NotReadError: The part of the realm was not read.
        """
        del realm
        if path == ("clients",) and query.keys() == {"clientId"}:
            found = self._clients.get(query["clientId"]) or self._absent.get(query["clientId"])
            if found is not None:
                return [found]
        if path not in self._stored:
            self._require_read(path)
            return None
        value = self._stored[path]
        wanted = {_QUERIES[name]: value for name, value in query.items() if name in _QUERIES}
        if not wanted or not isinstance(value, list):
            return value
        first = next(iter(wanted))
        return [
            item
            for item in self._indexed(path, first).get(wanted[first], ())
            if all(item.get(key) == text for key, text in wanted.items())
        ]

    def _indexed(self, path: tuple[str, ...], key: str) -> Mapping[Any, Sequence[Any]]:
        """Return the items of a list by the value of a key: a realm may have many."""
        if (path, key) not in self._indexes:
            index = self._indexes[path, key] = {}
            for item in self._stored[path]:
                index.setdefault(item.get(key), []).append(item)
        return self._indexes[path, key]

    def list(self, realm: str, *path: str, **query: str) -> Iterator[Any]:
        """Yield the items of a collection."""
        yield from self.get(realm, *path, **query) or ()

    def changes(self, realm: str) -> None:
        """Return None: what is recorded is at hand."""
        del realm

    def export(self, realm: str) -> Any:
        """Raise an error: an audit reads a realm part by part, and without the roles for an export.

        Raises:
            NotReadError: Always.
        """
        del realm
        raise NotReadError("only an export of the whole realm tells of it")

    def realm_id(self, realm: str) -> str:
        """Return the realm's internal id."""
        del realm
        return self.id

    def store(self, value: Any, *path: str, is_whole: bool = True) -> None:
        """Store the document at a path.

        Args:
            value: The document.
            path: The path.
            is_whole: Whether what is stored below the first part of the path is all that there is.
        """
        self._stored[path] = value
        self._indexes.clear()
        if is_whole:
            self._roots.add(path[:1])

    def shut(self, why: str, *path: str) -> None:
        """Record that a path, and everything below it, was not read.

        Args:
            why: The reason, as the end of a sentence.
            path: The path.
        """
        self._shut[path] = why

    def store_clients(self, clients: Sequence[Item]) -> None:
        """Store the clients with their mappers; their scopes are listed by name."""
        self.store([*clients], "clients")
        self._clients = {item["clientId"]: item for item in clients}
        for item in clients:
            where = ("clients", item["id"])
            self.store(item, *where)
            self._store_each(item.get("protocolMappers") or (), *where, *MAPPERS)
            for kind in ("default", "optional"):
                names = item.get(f"{kind}ClientScopes") or ()
                self.store([{"name": name, "id": name} for name in names], *where, f"{kind}-client-scopes")

    def store_absent_client(self, client_id: str) -> Item:
        """Store the id of a client that other parts name and that was not read; return it with its internal id."""
        if client_id in self._clients:
            return self._clients[client_id]
        item = self._absent.setdefault(client_id, {"id": f"absent-{client_id}", "clientId": client_id})
        self.store(item, "clients", item["id"])
        return item

    def owners(self, clients: Iterable[Item]) -> Iterator[Item]:
        """Yield clients, and the absent clients that other parts name."""
        yield from clients
        yield from self._absent.values()

    def store_scopes(self, scopes: Sequence[Item]) -> None:
        """Store the client scopes with their mappers."""
        self._store_each(scopes, "client-scopes")
        for item in scopes:
            self._store_each(item.get("protocolMappers") or (), "client-scopes", item["id"], *MAPPERS)

    def store_identity_providers(
        self, providers: Sequence[Item], mappers: Mapping[str, Sequence[Item]]
    ) -> None:
        """Store the identity providers, and their mappers by alias."""
        self.store([*providers], *PROVIDERS)
        for item in providers:
            alias = item["alias"]
            self.store(item, *PROVIDERS, alias)
            self._store_each(mappers.get(alias, ()), *PROVIDERS, alias, "mappers")

    def store_roles(
        self, roles: Sequence[Item], composites: Mapping[str, Sequence[Item]], *where: str
    ) -> None:
        """Store roles, and the roles that they contain.

        Args:
            roles: The roles.
            composites: The contained roles by the name of the containing role; a role without an entry was not read.
            where: The path of the client that owns the roles.
        """
        self.store([*roles], *where, "roles")
        for item in roles:
            self.store(item, *where, "roles", item["name"])
            if item["name"] in composites:
                self.store(composites[item["name"]], *where, "roles", item["name"], "composites")

    def store_groups(self, groups: Sequence[Item], *above: str) -> None:
        """Store groups with their ``subGroups``, below the named groups."""
        counted = [{**item, "subGroupCount": len(item.get("subGroups") or ())} for item in groups]
        if not above:
            self.store(counted, "groups")
        for item in counted:
            names = (*above, item["name"])
            below = [{**sub, "parentId": item["id"]} for sub in item.get("subGroups") or ()]
            self.store(item, "group-by-path", *names)
            self.store(item, "groups", item["id"])
            self.store(
                [{**sub, "subGroupCount": len(sub.get("subGroups") or ())} for sub in below],
                "groups",
                item["id"],
                "children",
            )
            self.store_groups(below, *names)

    def all_groups(self) -> Iterator[Item]:
        """Yield the groups and their subgroups.

        Raises:
            NotReadError: The groups were not read.
        """
        waiting = [*self.get(self.name, "groups")]
        while waiting:
            group = waiting.pop()
            yield group
            waiting += self.get(self.name, "groups", group["id"], "children") or ()

    def default_role(self, realm: str) -> str:
        """Return the name of the role that everybody in the realm has."""
        del realm
        found = self._stored.get((), {}).get("defaultRole") or {}
        return str(found.get("name") or default_role(self.name))

    def store_service_accounts(self, roles: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Store the roles of service accounts by client id, each with its owner (empty for the realm) and name."""
        for client_id in roles:
            self.store_absent_client(client_id)
        for client_id, item in {**self._clients, **self._absent}.items():
            user = f"service-account-{client_id}"
            self.store({"id": user, "username": user.lower()}, "clients", item["id"], "service-account-user")
            self.store(mappings(roles.get(client_id, ())), "users", user, "role-mappings")

    def _store_each(self, items: Sequence[Item], *path: str) -> None:
        self.store([*items], *path)
        for item in items:
            self.store(item, *path, item["id"])

    def _require_read(self, path: tuple[str, ...]) -> None:
        for length in range(len(path), -1, -1):
            if path[:length] in self._shut:
                raise NotReadError(self._shut[path[:length]])
        if path[:1] not in self._roots:
            raise NotReadError(f"{'/'.join(path) or 'the realm itself'} is not part of this view")


def mappings(roles: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return Keycloak's representation of a user's roles, each given with its owner (empty for the realm)."""
    own: list[Item] = []
    of_clients: dict[str, dict[str, Any]] = {}
    for owner, name in roles:
        into = of_clients.setdefault(owner, {"mappings": []})["mappings"] if owner else own
        into.append({"name": name})
    return {"realmMappings": own, "clientMappings": of_clients}
