"""Faults of engines: errors that their libraries raise, answers that are none, a call that never returns."""

from __future__ import annotations

import signal

from faults.case import END_S, TERMINATED, Fault
from faults.devices import orders
from faults.session import Session

ASKED = frozenset({"listening", "hearing"})
"""States in which an engine is not at work, so that the next question meets the fault."""


def _hang(session: Session) -> None:
    for line in ("quiet", "release"):
        session.order(line)
    session.rest()
    session.order("stuck")
    session.order("say Stuck?")
    session.until(lambda: session.told("transcript", text="Stuck?"), 5.0)
    session.until(lambda: False, 0.5)
    session.signal(signal.SIGTERM)


FAULTS = (
    Fault(
        group="engines",
        name="the language model raises an error that nobody expected",
        do=orders("fail model unexpected"),
        code="internal-error",
        says="RuntimeError at",
        later=True,
        turns={"*": {"internal-error"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the language model reports an error",
        do=orders("fail model generation"),
        code="generation-failed",
        later=True,
        turns={"*": {"generation-failed"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the language model runs out of memory",
        do=orders("fail model memory"),
        code="internal-error",
        says="MemoryError at",
        later=True,
        turns={"*": {"internal-error"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the language model answers nothing",
        do=orders("answer empty"),
        later=True,
        code="no-answer",
        turns={"*": {"no-answer"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the language model writes garbage: control characters, special tokens, half of a character pair",
        do=orders("answer garbage"),
        later=True,
        turns={"*": {"answered otherwise"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the recogniser raises an error that nobody expected",
        do=orders("fail recogniser unexpected"),
        code="internal-error",
        says="RuntimeError at",
        later=True,
        turns={"*": {"internal-error"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the recogniser reports an error",
        do=orders("fail recogniser transcription"),
        code="transcription-failed",
        later=True,
        turns={"*": {"transcription-failed"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the voice raises an error that nobody expected",
        do=orders("fail voice unexpected"),
        code="internal-error",
        says="RuntimeError at",
        later=True,
        turns={"*": {"internal-error"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the voice reports an error",
        do=orders("fail voice synthesis"),
        code="synthesis-failed",
        later=True,
        turns={"*": {"synthesis-failed"}},
        asks=1,
    ),
    Fault(
        group="engines",
        name="the voice detector fails",
        do=orders("fail detector unexpected"),
        exit=1,
        says="Internal error in listen",
    ),
    Fault(
        group="engines",
        name="the language model hangs in native code, then SIGTERM",
        do=_hang,
        exit=TERMINATED,
        says="still running when the session ended",
        within_s=END_S,
    ),
)
