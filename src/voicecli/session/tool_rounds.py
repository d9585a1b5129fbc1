"""Runs the calls that a language model makes at once, side by side, and tells when they take long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voicecli.session.commands import UseTool, UseTools
from voicecli.tools.reports import ToolAnswered
from voicecli.tools.rounds import RoundDone, ToolSlow

if TYPE_CHECKING:
    from voicecli.messages import Report

SLOW_S: Final = 1.5
"""How long a listener waits before a word is said. It counts from the beginning of the calls."""


class ToolRounds:
    """Runs rounds of calls, each in threads of its own.

    Args:
        carry_out: Runs one call. It returns in limited time, whatever the tool does, and may be called by several threads.
        alone: Whether a tool, by its name, must not run beside another.
        report: Takes results.
        slow_s: As `SLOW_S`.
    """

    def __init__(
        self,
        carry_out: Callable[[UseTool], ToolAnswered],
        alone: Callable[[str], bool],
        report: Callable[[Report], object],
        *,
        slow_s: float = SLOW_S,
    ) -> None:
        self._carry_out = carry_out
        self._alone = alone
        self._report = report
        self._slow_s = slow_s
        self._one = threading.Lock()

    def use(self, command: UseTools) -> None:
        """Begins a round. Never waits."""
        threading.Thread(target=self._run, args=(command,), name="tool round", daemon=True).start()

    def _run(self, command: UseTools) -> None:
        if command.turn.cancelled:
            return
        began_s = time.monotonic()
        answered: dict[int, ToolAnswered] = {}

        def work(numbers: list[int]) -> None:
            for number in numbers:
                call = command.calls[number]
                if not command.turn.cancelled:
                    answered[number] = self._carry_out(UseTool(turn=command.turn, call=call))

        def work_alone(numbers: list[int]) -> None:
            with self._one:
                work(numbers)

        single = [number for number, call in enumerate(command.calls) if self._alone(call.name)]
        others = [[number] for number in range(len(command.calls)) if number not in single]
        threads = [threading.Thread(target=work, args=(each,), daemon=True) for each in others]
        threads += [threading.Thread(target=work_alone, args=(single,), daemon=True)] if single else []
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, began_s + self._slow_s - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            self._report(ToolSlow(turn=command.turn))
        for thread in threads:
            thread.join()
        done = tuple(answered[number] for number in sorted(answered))
        if done:
            self._report(RoundDone(turn=command.turn, answered=done))
