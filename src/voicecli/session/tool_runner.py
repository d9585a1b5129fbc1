"""Runs tool calls in a separate thread, so that the conversation never waits for one."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voicecli.errors import place_of
from voicecli.session.commands import UseTool, UseTools
from voicecli.session.tool_rounds import ToolRounds
from voicecli.tools.definitions import LIMIT_S, Call, IsCancelled, Result, Tool
from voicecli.tools.permission import question, refusal
from voicecli.tools.registry import Registry
from voicecli.tools.reports import ToolAnswered
from voicecli.tools.request_recognition import recognise

if TYPE_CHECKING:
    from voicecli.messages import Report

log = logging.getLogger(__name__)

ASK_S: Final = 0.02
"""How often a thread that waits for a tool checks whether its result is still wanted, in seconds."""

GRACE_S: Final = 1.0
"""How long a tool whose time is over, or whose turn is cancelled, may take to stop by itself."""


class ToolRunner:
    """The thread that runs tools.

    A call whose turn is cancelled is not run. If it is cancelled while the call runs, the tool is told, and stops if it can. A call that hangs is
    abandoned after the time limit of its tool, and the turn says so.

    Args:
        registry: The tools.
        report: Takes their results.
        limit_s: How long a call may take; None for the limit of its tool.
    """

    def __init__(self, registry: Registry, report: Callable[[Report], object], *, limit_s: float | None = None) -> None:
        self._registry = registry
        self._report = report
        self._limit_s = limit_s
        self._wanted: queue.SimpleQueue[UseTool | None] = queue.SimpleQueue()
        self._rounds = ToolRounds(self._carried_out, lambda name: not _stops(registry.tool(name)), report)
        self._thread = threading.Thread(target=self._run, name="tools", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stops after the call in progress. It does not wait for a tool that hangs."""
        self._wanted.put(None)
        self._thread.join(timeout=1.0)

    def use(self, command: UseTool | UseTools) -> None:
        """Queues a call, or begins the calls of a model. Never waits."""
        if isinstance(command, UseTools):
            self._rounds.use(command)
        else:
            self._wanted.put(command)

    def _run(self) -> None:
        recognise("?")  # so that the first request does not wait for the rules
        while (command := self._wanted.get()) is not None:
            if not command.turn.cancelled:
                self._report(self._carried_out(command))

    def _carried_out(self, command: UseTool) -> ToolAnswered:
        began_s = time.perf_counter()
        result = self._asked(command) if command.asks else self._limited(command)
        took_ms = (time.perf_counter() - began_s) * 1000
        return ToolAnswered(turn=command.turn, call=command.call, result=result, took_ms=took_ms)

    def _asked(self, command: UseTool) -> Result:
        call, tool = command.call, self._registry.tool(command.call.name)
        if tool is None:
            return Result(text=_told(call, "is not there any more", "gibt es nicht mehr"), failed=True)
        if command.asks == "refuse":
            return Result(text=refusal(tool, call.language), failed=True)
        return Result(text=question(tool, call.arguments, call.language), asks=True)

    def _limited(self, command: UseTool) -> Result:
        call, turn = command.call, command.turn
        tool = self._registry.tool(call.name)
        limit_s = self._limit_s if self._limit_s is not None else tool.limit_s if tool is not None else LIMIT_S
        deadline_s = time.monotonic() + limit_s
        results = self._begun(call, lambda: turn.cancelled or time.monotonic() > deadline_s)
        while time.monotonic() <= deadline_s and not (turn.cancelled and _stops(tool)):
            with contextlib.suppress(queue.Empty):
                return results.get(timeout=min(ASK_S, max(0.0, deadline_s - time.monotonic())))
        if _stops(tool):  # it was told, and says better itself what has become of it
            with contextlib.suppress(queue.Empty):
                return results.get(timeout=GRACE_S)
        return Result(text=_told(call, "took too long", "hat zu lange gebraucht"), failed=True)

    def _begun(self, call: Call, is_cancelled: IsCancelled) -> queue.SimpleQueue[Result]:
        """Runs a call in a thread of its own. Its result comes into the returned queue."""
        results: queue.SimpleQueue[Result] = queue.SimpleQueue()

        def work() -> None:
            try:
                results.put(self._registry.run(call, is_cancelled))
            except Exception as error:  # noqa: BLE001 - an error of a tool ends one turn at most
                log.warning("tool %s: %s", call.name, place_of(error))
                results.put(Result(text=_told(call, "did not work", "hat nicht funktioniert"), failed=True))

        threading.Thread(target=work, name=f"tool {call.name}", daemon=True).start()
        return results


def _stops(tool: Tool | None) -> bool:
    """Whether a tool can be stopped. The program's own cannot, and take milliseconds."""
    return tool is not None and bool(tool.source)


def _told(call: Call, english: str, german: str) -> str:
    return f"Das Werkzeug {call.name} {german}." if call.language == "de" else f"The tool {call.name} {english}."
