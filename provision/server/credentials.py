"""The access token of a client that starts the server as its child process: taken from the environment.

Source: MCP specification, "Authorization": an implementation over standard input and output retrieves credentials
from the environment.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from provision.server.secret_file import read_secret
from provision.server.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

VARIABLE = "MCP_ACCESS_TOKEN"
FILE_VARIABLE = "MCP_ACCESS_TOKEN_FILE"
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 section 2.1
_MAX_TOKEN = 16 * 1024

_logger = logging.getLogger(__name__)


class Credentials:
    """The access token, from a variable or from a file that another program keeps fresh.

    Args:
        environment: The environment variables; the token is removed, so that no child process inherits it.

    Raises:
        SettingsError: Neither variable is set, both are set, or the variable or file holds no token.
    """

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        token, file = environment.pop(VARIABLE, None), environment.get(FILE_VARIABLE)
        if (token is None) == (file is None):
            raise SettingsError(
                [f"{VARIABLE}, {FILE_VARIABLE}: one of the two must be set in the environment"]
            )
        self._file = None if file is None else Path(file)
        self.token = self._read() if token is None else _checked(VARIABLE, token)

    def renew(self) -> bool:
        """Read the file again; return whether it now holds another token."""
        if self._file is None:
            return False
        before = self.token
        try:
            self.token = self._read()
        except SettingsError as error:
            _logger.warning("%s", error)
        return self.token != before

    def _read(self) -> str:
        secret = read_secret(FILE_VARIABLE, self._file or Path(), most=_MAX_TOKEN)
        return _checked(FILE_VARIABLE, secret.get_secret_value())


def _checked(name: str, token: str) -> str:
    if len(token) > _MAX_TOKEN or not _TOKEN.fullmatch(token):
        raise SettingsError([f"{name}: must be an access token and nothing else"])
    return token
