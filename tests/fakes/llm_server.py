"""A server of language models on this machine. Its behaviour, above all its faults, is set by the test."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

WORDS: Sequence[str] = ("Blue", " is", " a", " colour", ".")
MODELS: dict[str, Any] = {"object": "list", "data": [{"id": "tiny", "object": "model", "owned_by": "vllm"}]}


@dataclass(slots=True)
class Asked:
    """A request.

    Attributes:
        head: The first line.
        headers: With names in lower case.
        body: The JSON body.
        sent: How many words were sent in the answer.
        gone_s: When the server noticed that the client was gone, by `time.monotonic`; 0.0 before that.
        raw: The bytes of a body that is no JSON.
    """

    head: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    sent: int = 0
    gone_s: float = 0.0
    raw: bytes = b""


Behaviour: TypeAlias = Callable[[socket.socket, Asked], None]


def response(status: str, body: str = "", *, kind: str = "application/json", headers: str = "") -> bytes:
    data = body.encode()
    lines = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
    return lines.encode() + data


def plain(status: str, body: str = "", *, kind: str = "application/json", headers: str = "") -> Behaviour:
    """Answers with a body of known length."""
    return lambda client, _: client.sendall(response(status, body, kind=kind, headers=headers))


def raw(data: bytes) -> Behaviour:
    """Answers with these bytes."""
    return lambda client, _: client.sendall(data)


def event(data: object) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return chunk(f"data: {text}\n\n".encode())


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def delta(text: str = "", *, finish: str | None = None, **more: str) -> dict[str, Any]:
    content = {"content": text} if text else {}
    return {"choices": [{"index": 0, "delta": content | more, "finish_reason": finish}]}


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def streamed(*events: object, done: bool = True, pause_s: float = 0.0, end: bytes = END) -> Behaviour:
    """Answers with a stream of events, and notices when nobody reads it any more."""

    def answer(client: socket.socket, asked: Asked) -> None:
        client.sendall(STREAM)
        for each in events:
            if pause_s and _is_gone(client, pause_s):
                asked.gone_s = time.monotonic()
                return
            client.sendall(each if isinstance(each, bytes) else event(each))
            asked.sent += 1
        client.sendall((event("[DONE]") if done else b"") + end)

    return answer


def talking(words: Sequence[str] = WORDS, *, pause_s: float = 0.0, tokens: int = 20) -> Behaviour:
    """Answers as a good server does, with at most the requested number of words."""

    def answer(client: socket.socket, asked: Asked) -> None:
        limit = asked.body.get("max_tokens", len(words))
        told = words[:limit]
        last = delta(finish="length" if len(told) < len(words) else "stop")
        usage = {"choices": [], "usage": {"prompt_tokens": tokens, "completion_tokens": len(told)}}
        streamed(delta(role="assistant"), *map(delta, told), last, usage, pause_s=pause_s)(client, asked)

    return answer


def silent(seconds: float, *before: bytes) -> Behaviour:
    """Sends `before`, and then nothing."""

    def answer(client: socket.socket, asked: Asked) -> None:
        client.sendall(b"".join(before))
        if _is_gone(client, seconds):
            asked.gone_s = time.monotonic()

    return answer


def _is_gone(client: socket.socket, seconds: float) -> bool:
    client.settimeout(seconds)
    try:
        return not client.recv(1)
    except TimeoutError:
        return False
    except OSError:
        return True


class FakeLlmServer:
    """Answers requests while it is open as a context.

    Args:
        chat: The behaviour for a request for a reply.
        models: The answer to a request for models: an object, or a behaviour.
        props: The same for llama.cpp's own properties; None if there are none.
        secure: A TLS context, if it uses TLS.

    Attributes:
        asked: All requests so far.
        chat: A test may change it.
    """

    def __init__(
        self,
        chat: Behaviour | None = None,
        *,
        models: object = None,
        props: object = None,
        secure: ssl.SSLContext | None = None,
    ) -> None:
        self.chat = chat or talking()
        self._models = MODELS if models is None else models
        self._props = props
        self._secure = secure
        self.asked: list[Asked] = []
        self._serving: list[tuple[threading.Thread, socket.socket]] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self._secure else ''}://127.0.0.1:{self.port}/v1"

    @property
    def replies(self) -> list[Asked]:
        """The requests for replies."""
        return [each for each in self.asked if "/chat/completions" in each.head]

    def audio(self, _what: str) -> Behaviour:
        """Returns the behaviour for a request for `transcriptions` or `speech`: it has none."""
        return plain("404 Not Found")

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)
        # No reply may outlive its server: the model behind it may belong to the next test, and an engine does one piece
        # of work at a time.
        for thread, client in self._serving:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            thread.join(30)
            assert not thread.is_alive(), "a reply did not end with its server"

    def _accept(self) -> None:
        while True:
            try:
                client = self._server.accept()[0]
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._serving.append((thread, client))
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, contextlib.closing(self._greeted(client)) as opened:
            asked = _read(opened)
            self.asked.append(asked)
            path = asked.head.split()[1]
            if path.endswith("/chat/completions"):
                self.chat(opened, asked)
            elif path.endswith("/models"):
                _tell(opened, asked, self._models)
            elif path.startswith("/v1/audio/"):
                self.audio(path.rpartition("/")[2])(opened, asked)
            elif path == "/props":
                _tell(opened, asked, self._props if self._props is not None else plain("404 Not Found"))
            else:
                plain("404 Not Found")(opened, asked)

    def _greeted(self, client: socket.socket) -> socket.socket:
        return self._secure.wrap_socket(client, server_side=True) if self._secure is not None else client


def _tell(client: socket.socket, asked: Asked, what: object) -> None:
    if callable(what):
        what(client, asked)
    else:
        plain("200 OK", json.dumps(what))(client, asked)


def _read(client: socket.socket) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := client.recv(65_536)):
            raise OSError
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += client.recv(65_536)
    if body and not headers.get("content-type", "").startswith("application/json"):
        return Asked(first, headers, raw=body)
    return Asked(first, headers, json.loads(body) if body else {})


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """Returns the address of a server that does not exist."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield f"http://127.0.0.1:{port}/v1"
