"""Notices threads that die of an error nobody expected, so that no part of a session stops in silence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from voicecli.errors import internal, place_of
from voicecli.messages import Report, WorkerDied
from voicecli.pipeline.worker import log_fault

VITAL: Final = frozenset({"clock", "engines", "keys", "screen", "events"})
"""Threads without which a session cannot go on: it ends, and says why."""

WITHOUT: Final = {
    "device watch": "A sound device that is lost is not opened again",
    "control": "`voicecli ptt` cannot reach this chat",
    "keep alive": "Models keep their memory during silence",
    "timers": "Timers and reminders are not announced",
    "tools": "Tools are not used",
    "history": "What is said is not saved",
}
"""What a session lacks without the other threads."""


def notice_deaths(stack: ExitStack, offer: Callable[[Report], object], tell: Callable[[str, str], object]) -> None:
    """Notices such threads until `stack` is closed.

    Args:
        stack: Ends it.
        offer: Takes the report of a thread without which the session cannot go on; never waits.
        tell: Told, as a code and a sentence, what else has stopped.
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
