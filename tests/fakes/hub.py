"""A model hub on this machine, with faults on request.

It implements the part of the hub's protocol that a download needs: `GET /{repo}/resolve/{revision}/{path}` answers with a redirect to the
bytes, ranges are honoured, and everything else is 404.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_BYTES = "/bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request of a client: the path as requested, and the headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


class FakeHub:
    """Serves `files`, path -> bytes, on its own port while it is open as a context manager.

    Attributes:
        files: The files; a test may change them.
        cut_once: Path -> number of bytes after which the connection of the next answer is cut, once.
        answer_once: Path -> status codes of the next answers, instead of the file.
        ignores_ranges: Whether every answer is the whole file.
        lies_about_ranges: Whether answers state a wrong range.
        redirects_forever: Whether every answer is a redirect to the file's first address.
        requests: All requests so far.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.cut_once: dict[str, int] = {}
        self.answer_once: dict[str, list[int]] = {}
        self.ignores_ranges = False
        self.lies_about_ranges = False
        self.redirects_forever = False
        self.requests: list[Request] = []

        class Handler(BaseHTTPRequestHandler):
            hub = self

            def do_GET(self) -> None:
                self.hub._answer(self)

            def do_HEAD(self) -> None:
                self.hub._answer(self)

            def log_message(self, *_: object) -> None:
                """Discards the message."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def downloads(self, path: str) -> list[Request]:
        """The requests that received bytes of a file."""
        return [request for request in self.requests if request.method == "GET" and request.path == _BYTES + path]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append(Request(method=handler.command, path=handler.path, headers=headers))
        path = handler.path.removeprefix(_BYTES)
        if path not in self.files:
            self._status(handler, 404)
        elif self.redirects_forever or not handler.path.startswith(_BYTES):
            handler.send_response(302)
            handler.send_header("Location", f"{self.address}{'' if self.redirects_forever else _BYTES}{path}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        elif self.answer_once.get(path):
            self._status(handler, self.answer_once[path].pop(0))
        else:
            self._send(handler, path, headers.get("range", ""))

    def _send(self, handler: BaseHTTPRequestHandler, path: str, wanted: str) -> None:
        content = self.files[path]
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and not self.ignores_ranges else 0
        if start >= len(content):
            self._status(handler, 416)
            return
        piece = content[start:]
        handler.send_response(206 if start else 200)
        if start:
            shown = start + 1 if self.lies_about_ranges else start
            handler.send_header("Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(piece)))
        handler.end_headers()
        if handler.command == "GET":
            with contextlib.suppress(ConnectionError):  # a client may close the connection early
                handler.wfile.write(piece[: self.cut_once.pop(path, len(piece))])
        handler.close_connection = True

    @staticmethod
    def _status(handler: BaseHTTPRequestHandler, code: int) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
