"""PEM bundles with the certificates of trusted authorities."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, TypeVar

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from pathlib import Path

P = TypeVar("P", "str", "Path")


def checked(ca_file: P) -> P:
    """Return the path of a bundle after checking that it can verify certificates.

    Args:
        ca_file: The bundle.

    Raises:
        ProvisionError: The bundle cannot be read, or holds no certificate.
    """
    try:
        ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise ProvisionError(
            f"The CA bundle {ca_file} holds no certificate in PEM format.", "Give another file."
        ) from error
    except OSError as error:
        raise ProvisionError(
            f"The CA bundle {ca_file} cannot be read: {error.strerror or error}.",
            "Check the path (`caFile`).",
        ) from error
    return ca_file
