"""Runs tool calls in a separate thread, so that the conversation never waits for one."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from voicecli.errors import place_of
from voicecli.session.commands import UseTool
from voicecli.tools.builtin_catalog import BY_NAME
from voicecli.tools.definitions import Call, Result
from voicecli.tools.intents import recognise
from voicecli.tools.permission import question, refusal
from voicecli.tools.registry import Registry
from voicecli.tools.reports import ToolAnswered

if TYPE_CHECKING:
    from voicecli.messages import Report

log = logging.getLogger(__name__)

LIMIT_S: Final = 12.0
"""How long a tool may take. It is longer than the database of notes waits for another program."""


class ToolRunner:
    """The thread that runs tools.

    A call whose turn is cancelled is not run. A call that hangs is abandoned after `LIMIT_S`, and the turn says so.

    Args:
        registry: The tools.
        report: Takes their results.
        limit_s: How long a call may take.
    """

    def __init__(self, registry: Registry, report: Callable[[Report], object], *, limit_s: float = LIMIT_S) -> None:
        self._registry = registry
        self._report = report
        self._limit_s = limit_s
        self._wanted: queue.SimpleQueue[UseTool | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tools", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stops after the call in progress. It does not wait for a tool that hangs."""
        self._wanted.put(None)
        self._thread.join(timeout=1.0)

    def use(self, command: UseTool) -> None:
        """Queues a call. Never waits."""
        self._wanted.put(command)

    def _run(self) -> None:
        recognise("?")  # so that the first request does not wait for the rules
        while (command := self._wanted.get()) is not None:
            if command.turn.cancelled:
                continue
            began_s = time.perf_counter()
            result = _asked(command.call, command.asks) if command.asks else self._limited(command.call)
            took_ms = (time.perf_counter() - began_s) * 1000
            self._report(ToolAnswered(turn=command.turn, call=command.call, result=result, took_ms=took_ms))

    def _limited(self, call: Call) -> Result:
        results: queue.SimpleQueue[Result] = queue.SimpleQueue()

        def work() -> None:
            try:
                results.put(self._registry.run(call))
            except Exception as error:  # noqa: BLE001 - an error of a tool ends one turn at most
                log.warning("tool %s: %s", call.name, place_of(error))
                results.put(Result(text=_told(call, "did not work", "hat nicht funktioniert"), failed=True))

        threading.Thread(target=work, name=f"tool {call.name}", daemon=True).start()
        try:
            return results.get(timeout=self._limit_s)
        except queue.Empty:
            return Result(text=_told(call, "took too long", "hat zu lange gebraucht"), failed=True)


def _told(call: Call, english: str, german: str) -> str:
    return f"Das Werkzeug {call.name} {german}." if call.language == "de" else f"The tool {call.name} {english}."


def _asked(call: Call, how: Literal["ask", "refuse"]) -> Result:
    group = BY_NAME[call.name].group
    if how == "refuse":
        return Result(text=refusal(group, call.language), failed=True)
    return Result(text=question(group, call.language), asks=True)
