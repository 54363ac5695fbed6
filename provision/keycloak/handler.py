"""The base of the handlers of all Keycloak objects: access to the Admin API, and discovery in a realm."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar, TypeVar

from provision._lib.errors import NotConfiguredError
from provision.core.handler import Handler
from provision.core.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from provision.keycloak.api.session import Session
    from provision.keycloak.realm_listing import RealmListing

S = TypeVar("S", bound=Spec)


class KeycloakAccess:
    """Access to a Keycloak for its handlers; safe to use from many threads.

    Args:
        opens: Opens the Admin API; called once, at the first use.
        features: The features that Keycloak will have at the time of the call, whether on already or not.
    """

    def __init__(self, opens: Callable[[], Session], features: Collection[str] = ()) -> None:
        self._opens = opens
        self.features = features
        self._session: Session | None = None
        self._lock = threading.Lock()

    @property
    def session(self) -> Session:
        """The Admin API.

        Raises:
            KeycloakError: The CA bundle cannot be used.
        """
        with self._lock:
            if self._session is None:
                self._session = self._opens()
            return self._session


class KeycloakHandler(Handler[S]):
    """The base of handlers that use the Admin API of a Keycloak."""

    is_told_by_export: ClassVar[bool] = False
    """Whether only an export of a realm tells which objects of the kind there are."""

    @property
    def session(self) -> Session:
        """The Admin API.

        Raises:
            NotConfiguredError: The provider has no connection.
            ProvisionError: Its CA bundle cannot be used.
        """
        access = self._access
        if access is None:
            raise NotConfiguredError(
                "This resource needs a Keycloak, and its provider was given none.",
                "Pass a provider with url, clientId and clientSecret (`opts=ResourceOptions(provider=…)`).",
            )
        return access.session

    @property
    def features(self) -> Collection[str]:
        """The features that Keycloak will have at the time of the call."""
        return () if self._access is None else self._access.features

    def discover(self, listing: RealmListing) -> Iterable[S]:  # noqa: ARG002 - the default finds nothing
        """Yield the keys of all objects of this kind in a realm that people made (built-in ones excluded)."""
        return ()

    def why_not_found(self, key: S) -> str:  # noqa: ARG002 - the default knows no other reason
        """Return why an object that was listed can't be read."""
        return "it was gone when it was read"

    @property
    def _access(self) -> KeycloakAccess | None:
        access = self.context.connection
        assert access is None or isinstance(access, KeycloakAccess)  # noqa: S101 - our configuration makes no other
        return access
