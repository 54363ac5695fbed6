"""A realm that a test breaks and puts right again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.keycloak.api.session import Session

_POLICY = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"


@dataclass(frozen=True)
class LiveRealm:
    """A realm, with the ways to change it for a while."""

    session: Session
    name: str

    @contextmanager
    def changed(self, *path: str, **fields: Any) -> Iterator[None]:
        """Change fields of what stands at the path."""
        before = self.session.get(self.name, *path)
        self.session.put(self.name, *path, body={**before, **fields})
        try:
            yield
        finally:
            self.session.put(self.name, *path, body=before)

    @contextmanager
    def policy(self, provider: str, **config: Any) -> Iterator[None]:
        """Change the anonymous registration policy of that kind."""
        found = self.find_policy(provider)
        wanted = {**found["config"], **{name.replace("_", "-"): value for name, value in config.items()}}
        with self.changed("components", found["id"], config=wanted):
            yield

    @contextmanager
    def without_policy(self, provider: str) -> Iterator[None]:
        """Remove the anonymous registration policy of that kind."""
        found = self.find_policy(provider)
        with self.without("components", found["id"]):
            yield

    @contextmanager
    def mapper(self, scope: str, name: str, **config: str) -> Iterator[None]:
        """Change the settings of a scope's mapper; the names with ``_`` for ``.``."""
        path, found = self._mapper(scope, name)
        wanted = {**found["config"], **{key.replace("_", "."): value for key, value in config.items()}}
        body = {**found, "config": wanted}
        self.session.put(self.name, *path, found["id"], body=body)
        try:
            yield
        finally:
            self.session.put(self.name, *path, found["id"], body=found)

    @contextmanager
    def without_mapper(self, scope: str, name: str) -> Iterator[None]:
        """Remove a scope's mapper."""
        path, found = self._mapper(scope, name)
        with self.without(*path, found["id"]):
            yield

    @contextmanager
    def without(self, *path: str) -> Iterator[None]:
        """Remove what stands at the path."""
        found = self.session.get(self.name, *path)
        self.session.delete(self.name, *path)
        try:
            yield
        finally:
            self.session.post(self.name, *path[:-1], body=found)

    def scope_path(self, scope: str) -> tuple[str, str]:
        """Where a client scope stands."""
        return "client-scopes", self._one(("client-scopes",), lambda item: item["name"] == scope)["id"]

    def client_path(self, client_id: str) -> tuple[str, str]:
        """Where a client stands."""
        return "clients", self._one(("clients",), lambda item: item["clientId"] == client_id)["id"]

    def user_path(self, username: str) -> tuple[str, str]:
        """Where a user stands."""
        return "users", self._one(("users",), lambda item: item["username"] == username)["id"]

    def find_policy(self, provider: str) -> dict[str, Any]:
        """The anonymous registration policy of that kind."""
        policies = self.session.get(self.name, "components", type=_POLICY)
        return next(p for p in policies if p["providerId"] == provider and p["subType"] == "anonymous")

    def _mapper(self, scope: str, name: str) -> tuple[tuple[str, ...], dict[str, Any]]:
        path = (*self.scope_path(scope), "protocol-mappers", "models")
        return path, self._one(path, lambda item: item["name"] == name)

    def _one(self, path: tuple[str, ...], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        found: dict[str, Any] = next(item for item in self.session.get(self.name, *path) if wanted(item))
        return found
