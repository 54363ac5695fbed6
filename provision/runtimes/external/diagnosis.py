"""The diagnosis of an external Keycloak: its answer, the trust in its certificate, and its issuer."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError

from provision._lib.ca_bundle import checked
from provision._lib.errors import ProvisionError
from provision.runtimes.protocol import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 10
_METADATA = "{url}/realms/{realm}/.well-known/openid-configuration"
_KEYCLOAK, _AUTHORITY, _ISSUER = "Keycloak's address", "Keycloak's authority", "Keycloak's issuer"


def findings(url: str, realm: str, ca_file: str | None) -> Iterator[Finding]:
    """Yield findings about Keycloak's authority, address and issuer (OpenID Connect Discovery 1.0, section 4.3).

    Args:
        url: Keycloak's base address, without a trailing slash.
        realm: The realm of the admin service account.
        ca_file: The PEM bundle with Keycloak's authority; None for the system's trust store.
    """
    if ca_file is not None:
        try:
            checked(ca_file)
        except ProvisionError as error:
            yield Finding.missing(_AUTHORITY, error)
            return
        yield Finding(_AUTHORITY, "found", ca_file)
    try:
        issuer = _metadata(url, realm, ca_file).get("issuer")
    except ProvisionError as error:
        yield Finding.missing(_KEYCLOAK, error)
        return
    yield Finding(_KEYCLOAK, "found", f"{url} answers")
    hint = (
        "" if issuer == f"{url}/realms/{realm}" else f", which is not below {url}; clients and servers use it"
    )
    yield Finding(_ISSUER, "found", f"{issuer}{hint}")


def _metadata(url: str, realm: str, ca_file: str | None) -> dict[str, Any]:
    """Return the realm's OpenID Connect metadata.

    Raises:
        ProvisionError: Keycloak does not answer, its certificate is not trusted, or the realm does not exist.
    """
    address = _METADATA.format(url=url, realm=realm)
    context = ssl.create_default_context(cafile=ca_file)
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS, context=context) as answer:  # noqa: S310 - the configuration allows http and https only
            found = json.loads(answer.read())
    except HTTPError as error:
        raise ProvisionError(
            f"{address} answers with status {error.code}.", "Correct keycloak.url or keycloak.authRealm."
        ) from error
    except ValueError as error:
        raise ProvisionError(
            f"{address} is no Keycloak: it answers with no JSON.", "Correct keycloak.url."
        ) from error
    except (URLError, OSError) as error:
        raise _unreachable(url, error) from error
    return found if isinstance(found, dict) else {}


def _unreachable(url: str, error: OSError) -> ProvisionError:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ProvisionError(
            f"The certificate of {url} is refused: {reason.verify_message}.",
            "Give the PEM bundle of the authority that signed it (keycloak.caFile).",
        )
    return ProvisionError(f"{url} does not answer: {reason}.", "Start it, or correct keycloak.url.")
