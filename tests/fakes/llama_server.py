"""A server of language models around a real engine of this machine. It is as small as possible and shows how the adapter affects a real engine.

`python -m fakes.llama_server MODEL.gguf` prints its address, and one JSON object for each reply that has ended.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path

from fakes.llm_server import END, STREAM, Asked, Behaviour, FakeLlmServer, delta, event
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import ChatMessage, ChatModel, Sampling


def generating(model: ChatModel, *, fails: int = 0) -> Behaviour:
    """Answers with the reply of `model`, and stops when the client has gone. The request with the number `fails`, from 1, is answered with 500."""
    lock = threading.Lock()
    count = 0

    def answer(client: socket.socket, asked: Asked) -> None:
        nonlocal count
        count += 1
        if count == fails:
            client.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
            return
        body = asked.body
        messages = [ChatMessage(role=each["role"], content=each["content"]) for each in body["messages"]]
        sampling = Sampling(temperature=body["temperature"], top_p=body["top_p"], max_tokens=body["max_tokens"])

        def gone() -> bool:
            if not asked.gone_s and _is_closed(client):
                asked.gone_s = time.monotonic()
            return bool(asked.gone_s)

        with lock:  # an engine does one piece of work at a time
            client.sendall(STREAM + event(delta(role="assistant")))
            for text in model.reply(messages, sampling=sampling, is_cancelled=gone):
                client.sendall(event(delta(text)))
                asked.sent += 1
            if gone():
                return
            usage = {"choices": [], "usage": {"prompt_tokens": model.count_tokens(messages)}}
            last = delta(finish="length" if model.hit_limit else "stop")
            client.sendall(event(last) + event(usage) + event("[DONE]") + END)

    return answer


def _is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return not client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.setblocking(True)


def main() -> None:
    """Serves until standard input is closed."""
    path = Path(sys.argv[1])
    model = LlamaChatModel(path, name=path.stem, device="cpu", threads=1, context_tokens=2048)
    models = {"data": [{"id": path.name, "owned_by": "llamacpp", "meta": {"n_ctx": model.context_tokens}}]}
    with FakeLlmServer(generating(model, fails=int(sys.argv[2])), models=models) as server:
        print(server.url, flush=True)
        sys.stdin.read()
        for asked in server.replies:
            print(json.dumps({"sent": asked.sent, "gone_s": asked.gone_s}), flush=True)


if __name__ == "__main__":
    main()
