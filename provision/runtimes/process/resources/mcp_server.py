"""An MCP server that runs as a process on this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from provision._lib import ca_bundle, loopback
from provision._lib.errors import UsageError
from provision._lib.urls import of_port
from provision.config.project_place import in_a_stack, is_in_a_stack
from provision.core.handler import LocalHandler, Observed
from provision.core.spec import NaturalKey, Outputs, Secret, Spec, Unordered
from provision.runtimes.process.search import SETTINGS_FILE, SETTINGS_OPTION, SETTINGS_VARIABLE
from provision.server.options import REFERENCE_TOOLS, ServerOptions
from provision.server.values import (
    STORED,
    ClientId,
    Issuer,
    Origins,
    Port,
    Scope,
    ServerName,
    file_name,
    one_line,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from provision.runtimes.process.managed_process import ProcessSettings

_OWN_SERVER = "A server of your own listens where the file in MCP_SETTINGS_FILE says; `provision.server.serve` does (docs/servers.md)."
_SECRET_FILE = "introspection-client-secret"  # noqa: S105 - a file's name


_Path = Annotated[str, AfterValidator(file_name)]
_ORIGINS = ServerOptions.model_fields["allowed_origins"]


class McpServer(ServerOptions, Spec, module="process"):
    """An MCP server on localhost, the reference server or your own; it gets settings and secret as files that only its user can read.

    A command of your own finds the settings in the file that `MCP_SETTINGS_FILE` names (docs/servers.md).
    """

    # The declaration of ServerOptions with the mark Unordered, which ServerOptions can't use: it is no resource.
    allowed_origins: Annotated[Origins, Unordered] = Field(
        default=_ORIGINS.default, description=_ORIGINS.description
    )
    home: Annotated[str, NaturalKey] = Field(
        description="The folder for settings, log and pid record; absolute, in the folder of a stack below the data folder."
    )
    name: ServerName = Field(description="Shown to clients.")
    port: Port | None = Field(default=None, description="Left out, a free one is chosen and kept.")
    command: tuple[str, ...] = Field(
        default=(),
        description="A server of your own: the program and its arguments; the reference server when left out.",
    )
    folder: str | None = Field(default=None, description="The folder in which a command runs; absolute.")
    issuer: Issuer = Field(description="The authorization server's issuer, exactly (RFC 8414).")
    realm_url: Issuer | None = Field(
        default=None,
        description="The realm's URL as the server reaches Keycloak, without a trailing slash; left out, the issuer.",
    )
    scopes: Annotated[tuple[Scope, ...], Unordered] = Field(
        min_length=1, description="What a token needs for the tools."
    )
    tls_certificate_file: _Path | None = Field(
        default=None,
        description="HTTPS: the path of a PEM file with the certificate for `localhost`, then those between it and the root; absolute.",
    )
    tls_key_file: _Path | None = Field(
        default=None,
        description="The path of a PEM file with its private key, without a password and closed to other users; absolute.",
    )
    authorization_server_ca_file: _Path | None = Field(
        default=None,
        description="The path of a PEM bundle with the authority that signed Keycloak's certificate; absolute. The system's trust store when left out.",
    )
    introspection_client_id: ClientId | None = Field(
        default=None,
        description="The confidential client with which it introspects; left out, the one that is named like its URL.",
    )
    introspection_client_secret: Annotated[str, Secret, AfterValidator(one_line)] = Field(
        min_length=16, max_length=STORED, description="Its secret, at least 16 characters."
    )


class McpServerOutputs(Outputs):
    """The outputs of a running server."""

    url: str = Field(description="Its canonical URI (RFC 8707), which is the audience of its tokens.")
    resource_metadata: str = Field(description="Its protected resource metadata (RFC 9728).")


class McpServerHandler(LocalHandler[McpServer]):
    """The handler of an MCP server's process."""

    outputs = McpServerOutputs

    def fill_defaults(self, spec: McpServer, old: McpServer | None) -> McpServer:
        """Return the spec with the port that was chosen before, or with a free port at the first check.

        Raises:
            UsageError: The certificate can't be used, or the settings contradict each other.
        """
        from provision.runtimes.process.ports import with_port

        _refuse_unusable(spec)
        return with_port(spec, old)

    def preflight(self, spec: McpServer) -> None:
        """Raise an error if the home is not in the folder of a stack."""
        in_a_stack(spec.home)

    def preview_outputs(self, spec: McpServer) -> McpServerOutputs | None:
        """Return the addresses, which follow from the port, or None if there is no port."""
        return _outputs(spec) if spec.port else None

    def needs_update(self, spec: McpServer, outputs: Mapping[str, Any]) -> str | None:
        """Return why the server needs an update: it died, its record is lost, or its certificate was renewed. Return None otherwise."""
        del outputs
        from provision.runtimes.process import managed_process

        process = managed_process.running(Path(spec.home))
        if process is None:
            return f"the MCP server {spec.name} is not running; it is started again"
        if not process.is_recorded:
            return f"the record of the MCP server {spec.name} is lost; it is started again"
        if managed_process.reads_anew(Path(spec.home), _read_by(spec)):
            return f"the certificate of the MCP server {spec.name} is another one; it is started again"
        return None

    def find(self, key: McpServer) -> Observed[McpServer] | None:
        """Return the server, running or not, or None if there is neither a folder nor a process."""
        from provision.runtimes.process import managed_process

        home = Path(key.home)
        if not home.exists() and managed_process.running(home) is None:
            return None
        return Observed(key.home, key, _outputs(key) if getattr(key, "port", None) else None)

    def create(self, spec: McpServer) -> McpServerOutputs:
        """Start the server and wait until it answers."""
        from provision.runtimes.process import managed_process, ports, record, status

        home = in_a_stack(spec.home)
        settings = _process_settings(spec)
        running = managed_process.running(home)
        if running is None:
            managed_process.stop(home)  # a child of a server that died may hold the port
        status.make_way(home, spec.port or 0)
        ports.ensure_free(spec.port or 0, besides=record.process_of(running) if running else None)
        tls = _pinned(spec)
        managed_process.start(settings, ready=lambda: _answers(spec, tls))
        return _outputs(spec)

    def delete(self, found: Observed[McpServer]) -> None:
        """Stop the server and remove its folder; a folder outside of the stacks, which a former state names, stays."""
        import shutil

        from provision.runtimes.process import managed_process

        home = Path(found.spec.home)
        if not is_in_a_stack(found.spec.home):
            managed_process.terminate(home)
            return
        managed_process.stop(home)
        if home.exists():
            shutil.rmtree(home)


def _process_settings(spec: McpServer) -> ProcessSettings:
    from provision.runtimes.process.managed_process import ProcessSettings
    from provision.server.settings import stack_settings

    home = Path(spec.home)
    content = stack_settings(
        spec,
        name=spec.name,
        listens=("127.0.0.1", spec.port or 0),
        url=_outputs(spec).url,
        issuer=spec.issuer,
        realm_url=spec.realm_url or spec.issuer,
        scopes=spec.scopes,
        client_id=spec.introspection_client_id,
        secret_file=str(home / _SECRET_FILE),
        **_tls_settings(spec),
        **_authority(spec),
    )
    reference = (sys.executable, "-m", "provision.server", SETTINGS_OPTION, str(home / SETTINGS_FILE))
    # A server of one's own may read its secret at the start only.
    secret = {_SECRET_FILE: spec.introspection_client_secret}
    return ProcessSettings(
        name=spec.name,
        home=home,
        command=spec.command or reference,
        folder=Path(spec.folder) if spec.folder else None,
        env={SETTINGS_VARIABLE: str(home / SETTINGS_FILE)} if spec.command else {},
        files={SETTINGS_FILE: json.dumps(content, indent=2), **(secret if spec.command else {})},
        reread={} if spec.command else secret,
        reads=_read_by(spec),
        asked=_base(spec) + _asked_path(spec),
        advice=_OWN_SERVER if spec.command else "",
    )


def _tls_settings(spec: McpServer) -> dict[str, str]:
    if spec.tls_certificate_file is None or spec.tls_key_file is None:
        return {}
    return {"tls_certificate_file": spec.tls_certificate_file, "tls_key_file": spec.tls_key_file}


def _authority(spec: McpServer) -> dict[str, str]:
    file = spec.authorization_server_ca_file
    return {} if file is None else {"authorization_server_ca_file": file}


def _read_by(spec: McpServer) -> tuple[Path, ...]:
    """Return the user's files that the server reads at its start."""
    return tuple(map(Path, (*_tls_settings(spec).values(), *_authority(spec).values())))


def _refuse_unusable(spec: McpServer) -> None:
    if (spec.tls_certificate_file is None) != (spec.tls_key_file is None):
        raise UsageError("tlsCertificateFile and tlsKeyFile go together.", "Give both or neither.")
    if not spec.command and (tools := spec.unknown_tools()):
        raise UsageError(
            f"toolScopes.{tools[0]}: the reference server has no such tool.",
            f"It has {' and '.join(REFERENCE_TOOLS)}.",
        )
    if spec.authorization_server_ca_file is not None:
        ca_bundle.checked(spec.authorization_server_ca_file)
    if files := [*map(Path, _tls_settings(spec).values())]:
        from provision.runtimes.certificate import flaw

        if problem := flaw(*files):
            raise UsageError(
                f"The certificate of the MCP server {spec.name} can't be used: {problem}",
                "Correct the file or its path.",
            )


def _pinned(spec: McpServer) -> ssl.SSLContext | None:
    if spec.tls_certificate_file is None:
        return None
    from provision.runtimes.certificate import pinned

    return pinned(Path(spec.tls_certificate_file))


def _answers(spec: McpServer, tls: ssl.SSLContext | None) -> bool:
    """Return whether the server serves: the reference server by its health page, any other server by any answer."""
    import http.client
    import socket

    connection = http.client.HTTPConnection("localhost", spec.port, timeout=1)
    try:
        wire = socket.create_connection(("127.0.0.1", spec.port), timeout=1)
        loopback.refuse_foreign_end(wire)  # another user's program must not pass for the server
        connection.sock = wire if tls is None else tls.wrap_socket(wire, server_hostname="localhost")
        connection.request("GET", _asked_path(spec))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return bool(spec.command) or status == http.HTTPStatus.OK


def _asked_path(spec: McpServer) -> str:
    return "/mcp" if spec.command else "/health/live"


def _base(spec: McpServer) -> str:
    return of_port(spec.port or 0, tls=spec.tls_certificate_file is not None)


def _outputs(spec: McpServer) -> McpServerOutputs:
    base = _base(spec)
    return McpServerOutputs(
        url=f"{base}/mcp", resource_metadata=f"{base}/.well-known/oauth-protected-resource/mcp"
    )
