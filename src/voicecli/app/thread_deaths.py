"""Detects threads that die of an unexpected error, so that no part of a session stops without a message."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from voicecli.errors import internal, place_of
from voicecli.messages import Report, WorkerDied
from voicecli.pipeline.worker import log_fault

VITAL: Final = frozenset({"clock", "engines", "keys", "screen", "events"})
"""Threads that a session cannot do without. If one dies, the session ends with its error."""

WITHOUT: Final = {
    "device watch": "A sound device that is lost is not opened again",
    "control": "`voicecli ptt` cannot reach this chat",
    "keep alive": "Models keep their memory during silence",
    "timers": "Timers and reminders are not announced",
    "tools": "Tools are not used",
    "history": "What is said is not saved",
}
"""What a session loses without each of the other threads."""


def notice_deaths(stack: ExitStack, offer: Callable[[Report], object], tell: Callable[[str, str], object]) -> None:
    """Detects such threads until `stack` is closed.

    Args:
        stack: Ends it.
        offer: Takes the report of a thread that the session cannot do without; never waits.
        tell: Called with a code and a sentence about any other thread that has stopped.
    """
    before = threading.excepthook

    def died(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or isinstance(args.exc_value, SystemExit):
            return
        name = args.thread.name if args.thread is not None else "a thread"
        log_fault(name, args.exc_value)
        if name in VITAL:
            offer(WorkerDied(worker=name, error=internal(f"the thread {name}", args.exc_value)))
        else:
            what = WITHOUT.get(name, f"The thread “{name}” has ended")
            tell("thread-died", f"{what}, because of an internal error: {place_of(args.exc_value)}.")

    threading.excepthook = died
    stack.callback(setattr, threading, "excepthook", before)
