"""A small web server on the loopback interface, for every test that needs one.

    with Site({"/feed": ATOM, "/old": Reply(status=301, headers=(("Location", "/feed"),))}) as site:
        ...  # ask site.url("/feed"); look at site.log

A route is one of:

- ``bytes``: a 200 with these bytes and an ETag made from them; a matching If-None-Match is answered 304;
- ``Reply``: status, headers, body; if it has an ETag or Last-Modified, conditions are honoured too;
- ``Raw``: pieces written to the socket as they are, for answers that no proper server gives;
- a callable that takes what was ``Asked`` and gives one of the above.

``site.routes`` may be changed while it runs; a path without a route is a 404. Every answer closes its
connection.
"""

from __future__ import annotations

import hashlib
import http
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

STALL = None
"""A piece of ``Raw``: say nothing more until the client hangs up, or the site closes."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request: ``target`` is path and query as sent, ``headers`` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An orderly answer; Content-Length is added. A value of ``headers`` goes out as latin-1."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Raw:
    """Bytes for the socket, as they are, from a generator too; ``STALL`` (None) among them waits for ever.

    With ``reset`` the connection ends with an RST instead of an orderly end.
    """

    pieces: Iterable[bytes | None] = ()
    reset: bool = field(default=False, kw_only=True)


Answer = bytes | Reply | Raw
Route = Answer | Callable[[Asked], Answer]


class Site:
    """A server for the ``with`` statement.

    Attributes:
        routes: Path to route.
        log: Every request, in the order of arrival.
        base: ``http://127.0.0.1:port`` without a final slash.
    """

    def __init__(
        self,
        routes: Mapping[str, Route] | None = None,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.log: list[Asked] = []
        self.ended = threading.Event()
        self._tls = tls
        self._server = _Server(self, host)
        self.port: int = self._server.server_address[1]
        self.base = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        """Give the absolute address of a path."""
        return self.base + path

    def asked(self, path: str) -> list[Asked]:
        """Give the requests for a path."""
        return [one for one in self.log if one.path == path]

    def answer(self, asked: Asked) -> Reply | Raw:
        """Find the answer to a request, conditions included."""
        route = self.routes.get(asked.path, Reply(status=404, body=b"no such page"))
        answer = route(asked) if callable(route) else route
        if isinstance(answer, bytes):
            answer = Reply(headers=(("ETag", etag(answer)),), body=answer)
        if isinstance(answer, Reply) and answer.status == 200 and _matches(asked, answer):
            kept = tuple(
                pair for pair in answer.headers if pair[0].lower() not in ("content-type", "content-encoding")
            )
            return Reply(status=304, headers=kept)
        return answer


def etag(body: bytes) -> str:
    """Give the ETag that ``Site`` sends with a body."""
    return '"' + hashlib.sha256(body).hexdigest()[:16] + '"'


def _matches(asked: Asked, reply: Reply) -> bool:
    """Say whether a request's condition holds: If-None-Match before the date (RFC 9110, 13.2.2)."""
    condition = asked.headers.get("if-none-match")
    if condition is not None:
        return condition == reply.header("ETag")
    since = asked.headers.get("if-modified-since")
    return since is not None and since == reply.header("Last-Modified")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, site: Site, host: str) -> None:
        self.site = site
        super().__init__((host, 0), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 10

    def setup(self) -> None:
        # The handshake is made here, in the connection's own thread, so that a client that refuses
        # our certificate does not hold up the others.
        tls = self.server.site._tls
        if tls is not None:
            self.request = tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        super().setup()

    def handle(self) -> None:
        try:
            if isinstance(self.request, ssl.SSLSocket):
                self.request.do_handshake()
            asked = self._read()
            if asked is not None:
                self.server.site.log.append(asked)
                self._write(self.server.site.answer(asked))
        except OSError:
            return  # the client hung up; what it saw is for the test to judge

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            return
        finally:
            if isinstance(self.request, ssl.SSLSocket):
                self.request.close()

    def _read(self) -> Asked | None:
        # Like a server of the web, what is no request (a TLS greeting, whose random bytes may fall into three
        # words) is answered at once, not waited on for headers.
        line = self.rfile.readline(65537).decode("latin-1").split()
        if len(line) != 3 or not line[2].startswith("HTTP/1."):
            if line:
                self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return None
        headers: dict[str, str] = {}
        while (raw := self.rfile.readline(65537).rstrip(b"\r\n")) != b"":
            name, _, value = raw.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip(" \t")
        return Asked(method=line[0], target=line[1], headers=headers)

    def _write(self, answer: Reply | Raw) -> None:
        if isinstance(answer, Reply):
            answer = Raw((render(answer),))
        for piece in answer.pieces:
            if piece is None:
                self._stall()
                return
            self.wfile.write(piece)
        if answer.reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.request.close()

    def _stall(self) -> None:
        self.request.settimeout(0.02)
        while not self.server.site.ended.is_set():
            try:
                if not self.request.recv(1024):
                    return
            except TimeoutError:
                continue


def render(reply: Reply) -> bytes:
    """Write an orderly answer as HTTP/1.1."""
    phrase = http.HTTPStatus(reply.status).phrase if reply.status in set(http.HTTPStatus) else "Odd"
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in reply.headers)]
    if reply.header("Content-Length") is None and reply.status not in (204, 304):
        lines.append(f"Content-Length: {len(reply.body)}")
    lines.append("Connection: close")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + reply.body
