"""Measures a language model on a server of this machine: the first token, the speed, and how soon the server stops computing after an interruption.

    python scripts/measure_server.py http://127.0.0.1:8080/v1 [--model NAME] [--times 8]

A server computes for as long as its processor time rises. That is read every 10 ms, for the program that listens at the port and for its children,
so the superuser or the owner of the server must run this script.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import sys
import threading
import time
from typing import Final

import psutil

from voicecli.engines.openai_chat import OpenAiChatModel
from voicecli.engines.ports import ChatMessage, Sampling
from voicecli.engines.server.address import read_address
from voicecli.engines.server.http import Server
from voicecli.engines.server.model_info import find_model

STORY: Final = "Tell me a very long story about a whale that learns to sing. Number {number}."
TOKENS: Final = 6
"""How many parts of a reply are read before it is interrupted."""

IDLE_S: Final = 0.25
"""A server whose processor time did not rise for so long has stopped."""

LONGEST_S: Final = 5.0
IDLE_SHARE: Final = 0.2
"""Of one core. A server that waits for requests may use that much."""


def programs(port: int) -> list[psutil.Process]:
    """The program that listens at `port`, and its children; ends this script if there is none."""
    for found in psutil.net_connections("tcp"):
        if found.status == psutil.CONN_LISTEN and found.pid and found.laddr and found.laddr.port == port:
            one = psutil.Process(found.pid)
            return [one, *one.children(recursive=True)]
    sys.exit(f"No program that can be seen listens at port {port}.")


def used_s(of: list[psutil.Process]) -> float:
    """Processor time so far."""
    return sum(times.user + times.system for times in (each.cpu_times() for each in of))


def until_idle_ms(of: list[psutil.Process]) -> float:
    """Waits until the programs stop computing; returns how long that took."""
    began_s = time.monotonic()
    busy_s = began_s
    window: list[tuple[float, float]] = []
    while (now_s := time.monotonic()) < busy_s + IDLE_S and now_s < began_s + LONGEST_S:
        window.append((now_s, used_s(of)))
        window = [each for each in window if each[0] > now_s - 2 * IDLE_S / 5]
        (first_s, first_used_s), (last_s, last_used_s) = window[0], window[-1]
        if last_s > first_s and (last_used_s - first_used_s) > IDLE_SHARE * (last_s - first_s):
            # The rise is at the first reading of the window that differs from the last one.
            busy_s = max([busy_s, *(at_s for at_s, used in window if used < last_used_s)])
        time.sleep(0.01)
    return (busy_s - began_s) * 1000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--model", default="")
    parser.add_argument("--times", type=int, default=8)
    asked = parser.parse_args()
    address = read_address(asked.url)
    server = Server(
        address=address,
        dial=lambda there, timeout_s, _: socket.create_connection((there.host, there.port), timeout_s),
    )
    model = OpenAiChatModel(server, find_model(server, asked.model), context_tokens=2048)
    system = ChatMessage(role="system", content="You are a storyteller.")
    model.prime([system])
    computing = programs(address.destination.port)
    first_ms, token_ms, stop_ms = [], [], []
    for number in range(asked.times):
        cancelled = threading.Event()
        until_idle_ms(computing)
        began_s = time.monotonic()
        story = ChatMessage(role="user", content=STORY.format(number=number))
        reply = model.reply([system, story], sampling=Sampling(max_tokens=400), is_cancelled=cancelled.is_set)
        at_s = []
        for _ in range(TOKENS):
            next(reply)
            at_s.append(time.monotonic())
        cancelled.set()
        reply.close()  # type: ignore[attr-defined] # it is a generator
        stop_ms.append(until_idle_ms(computing))
        first_ms.append((at_s[0] - began_s) * 1000)
        token_ms.append((at_s[-1] - at_s[0]) * 1000 / (TOKENS - 1))
        print(
            f"first token {first_ms[-1]:6.0f} ms, a token {token_ms[-1]:5.0f} ms, stopped after {stop_ms[-1]:5.0f} ms",
            flush=True,
        )
    print(
        f"{model.name}: median first token {statistics.median(first_ms):.0f} ms, a token {statistics.median(token_ms):.0f} ms, "
        f"stopped after {statistics.median(stop_ms):.0f} ms, at most {max(stop_ms):.0f} ms"
    )


if __name__ == "__main__":
    main()
