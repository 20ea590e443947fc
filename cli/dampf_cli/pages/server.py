"""Serves the pages on loopback, to this machine's browser and to nobody else.

A request must name us by a loopback name (so that no other site's name can be bent to point here), and whoever posts
must come from a page of ours. Nothing is cached, nothing may be framed but a mail by its own page.
"""

from __future__ import annotations

import socketserver
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from dampf_cli.pages.routes import Pages, Response, problem
from dampf_cli.pages.window import OnUnsubscribe, Public, PublicPagesFailed, Window

ADDRESS: Final = "127.0.0.1"
NAMES: Final = (ADDRESS, "localhost")
LONGEST_BODY: Final = 64 * 1024
ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not `no-referrer`: browsers would then post with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Server:
    """Serves between `start` and `stop`, or inside `with`. Listens from the beginning, so `url` is always true."""

    def __init__(self, pages: Pages, *, port: int, public: Public | None = None) -> None:
        self._server = _LoopbackServer((ADDRESS, port), _handler_of(pages, public))
        self._thread: threading.Thread | None = None
        self.port: int = self._server.server_address[1]
        self.url = f"http://{ADDRESS}:{self.port}/"

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="pages", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """May be called twice, and without `start`."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    window: Window, *, port: int, on_unsubscribe: OnUnsubscribe | None = None, public: Public | None = None
) -> Server:
    """Listens on 127.0.0.1 and is not started yet. Port 0 takes a free one; OSError says that a port is taken.

    `on_unsubscribe` performs a `OneClick`; it raises UnsubscribeFailed to say what went wrong. Without it mails have no
    button. `public` answers for the stack's own public pages, to which links of mails lead.
    """
    return Server(Pages(window, on_unsubscribe, public), port=port, public=public)


class _LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def server_bind(self) -> None:
        """Without http.server's look-up of the host's own name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error of ours."""


def _names_of(port: int) -> set[str]:
    """What a browser on this machine may call us."""
    return {f"{name}:{port}" for name in NAMES} | (set(NAMES) if port == 80 else set())


def _answer_of(
    public: Public | None, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Response | None:
    """None where it is no public page. Of those the token alone decides, as on AWS, wherever the request comes from."""
    if public is None or not public.leads_here(target):
        return None
    try:
        return public.ask(method, target, headers, body)
    except PublicPagesFailed as failure:
        return problem(502, "The public pages do not answer", str(failure))


def _handler_of(pages: Pages, public: Public | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        # Buffered, so that head and body leave in one packet.
        wbufsize = -1
        disable_nagle_algorithm = True
        server: _LoopbackServer

        def do_GET(self) -> None:
            self._answer(lambda: pages.get(self.path))

        do_HEAD = do_GET

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if length.isdecimal() and int(length) <= LONGEST_BODY and not self.headers.get("Transfer-Encoding"):
                body = self.rfile.read(int(length))
                self._answer(self._posted, body)
            else:
                self.close_connection = True
                self._send(problem(413, "Too much", "Nothing here takes a body of that kind."))

        def do_other(self) -> None:
            self.close_connection = True
            self._send(
                problem(405, "Only to be looked at", "There is nothing to change here.", Allow="GET, HEAD, POST")
            )

        do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_other

        def _posted(self) -> Response:
            if self.headers.get("Origin") not in {f"http://{name}" for name in self._names()}:
                return problem(403, "Not from here", "Only a page of this server may ask for that.")
            return pages.post(self.path)

        def _answer(self, answer: Callable[[], Response], body: bytes = b"") -> None:
            if self.headers.get("Host", "").lower() not in self._names():
                self.close_connection = True
                self._send(problem(421, "Not our name", f"This server answers to {ADDRESS} and localhost alone."))
                return
            try:
                response = _answer_of(public, self.command, self.path, dict(self.headers), body) or answer()
            except Exception as fault:  # noqa: BLE001 - one page that fails must not look like a dead server
                print(f"dampf: {self.path.partition('?')[0]}: {type(fault).__name__}: {fault}", file=sys.stderr)
                response = problem(500, "This page cannot be shown", f"{type(fault).__name__}: {fault}")
            self._send(response)

        def _names(self) -> set[str]:
            return _names_of(self.server.server_port)

        def _send(self, response: Response) -> None:
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            self.send_header("Content-Security-Policy", response.policy)
            closing = {"Connection": "close"} if self.close_connection else {}
            for name, value in {**ALWAYS, **response.headers, **closing}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def version_string(self) -> str:
            return "dampf"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
            """Silent: the terminal belongs to the player."""

    return Handler
