"""A client's metadata at an address of this machine, published like a client that needs no registration."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def metadata_document(redirect_uri: str, *, host: str = "localhost", **more: Any) -> Iterator[str]:
    """Publish a client ID metadata document (draft-ietf-oauth-client-id-metadata-document); its URL is the client id.

    Args:
        redirect_uri: The client's one redirect URI.
        host: The host of the document's URL; must be this machine.
        more: Further or replacing entries of the document.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1" if host == "localhost" else host, 0), Handler)
    url = f"http://{host}:{server.server_port}/client.json"
    document = {
        "client_id": url,
        "client_name": "A client without a registration",
        "client_uri": f"http://{host}:{server.server_port}/",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        **more,
    }
    threading.Thread(target=server.serve_forever, name="metadata", daemon=True).start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
