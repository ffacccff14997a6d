"""Who may come in: the token in the address, the host that was asked for, and what a page may do then."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

#: Nobody outside this machine has business with a server that reads its files.
HOST = "127.0.0.1"

#: Where the page speaks to the language server, below the token.
SOCKET = "socket"

#: Random bytes of a token.
_TOKEN_BYTES = 24

_STATIC = Path(__file__).with_name("static")

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

#: The names of the page's files; "" is the page itself.
_FILES = {"": "index.html", "play.js": "play.js", "play.css": "play.css", "icon.svg": "icon.svg"}

#: Stands in the page where each answer has a nonce of its own.
_NONCE = b"{{nonce}}"


@dataclass(frozen=True)
class Door:
    """Answers every request before anything else sees it.

    Attributes:
        port: that the server listens on.
        token: without which nothing is told.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_BYTES), repr=False)

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser may call this server. Another name is one that somebody made point here."""
        return tuple(f"{name}:{self.port}" for name in (HOST, "localhost"))

    @property
    def origins(self) -> tuple[str, ...]:
        """Pages that may open the socket: our own."""
        return tuple(f"http://{host}" for host in self.hosts)

    def answer(self, _: ServerConnection, request: Request) -> Response | None:
        """The response to a request; None for one that may go on to open the socket."""
        hosts = request.headers.get_all("Host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "this server is not called so")
        token, slash, name = request.path.partition("?")[0].removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode("utf-8", "replace"), self.token.encode()):
            return _refusal(HTTPStatus.FORBIDDEN, "the address lacks its token; the terminal shows all of it")
        # Older versions of the library refuse other methods themselves and tell of none.
        if getattr(request, "method", "GET") != "GET":
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "pages are only read")
        if slash and name == SOCKET:
            return self._socket(request)
        return (
            _page(name, hosts[0])
            if slash and name in _FILES
            else _refusal(HTTPStatus.NOT_FOUND, "no such page")
        )

    def _socket(self, request: Request) -> Response | None:
        """None where our own page opens it; a request without an origin is not of a page."""
        if request.headers.get_all("Origin") not in [[each] for each in self.origins]:
            return _refusal(HTTPStatus.FORBIDDEN, "only the playground's own page opens this")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return _refusal(HTTPStatus.UPGRADE_REQUIRED, "a WebSocket is wanted here")
        return None


def _page(name: str, host: str) -> Response:
    """A file of the page; the names are a fixed list, so no path of a request leads anywhere else."""
    file = _STATIC / _FILES[name]
    nonce = secrets.token_urlsafe(16)
    body = file.read_bytes()
    if file.suffix == ".html":
        body = body.replace(_NONCE, nonce.encode())
    return _response(HTTPStatus.OK, _KINDS[file.suffix], body, _policy(nonce, host))


def _refusal(status: HTTPStatus, words: str) -> Response:
    return _response(status, "text/plain; charset=utf-8", f"{words}\n".encode(), "default-src 'none'")


def _policy(nonce: str, host: str) -> str:
    """What the page may do: its own script and style, its own socket, and no text that becomes markup unseen.

    The editor writes its style sheet while it runs, hence the nonce; its marks are images in `data:`.
    """
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data:",
        "connect-src": f"ws://{host}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "default dompurify",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _response(status: HTTPStatus, kind: str, body: bytes, policy: str) -> Response:
    headers: Mapping[str, str] = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Connection": "close",
    }
    return Response(status.value, status.phrase, Headers(headers), body)
