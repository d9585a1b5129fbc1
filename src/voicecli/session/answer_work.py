"""The work on the answer to a question: who makes the answer, and how far a call of a tool has come.

An answer goes one of these ways. It stops at any state when its turn is cancelled::

    NotBegun → ModelWrites → RoundHeld → RoundRuns → ModelWrites → …
    NotBegun → ModelWrites → HeldBack
    NotBegun → CallHeld → CallRuns → CallAnswered
    NotBegun → Granted → CallRuns or RoundRuns, and on from there

A call is what a rule finds in the question, and its result is the answer. A round is what the model calls at once; the model writes
the answer from the results. Only `tool_gate.let_go` makes something run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from voicecli.tools.definitions import Call
from voicecli.tools.reports import ToolAnswered
from voicecli.tools.rounds import Wanted

Rounds: TypeAlias = tuple[tuple[ToolAnswered, ...], ...]
"""The results of the calls that the model has made in a turn, in the order in which it made them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBegun:
    """Nothing is done for the answer yet."""


NOT_BEGUN: Final = NotBegun()
"""Where every answer starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWrites:
    """The model writes the answer, or has written it. `rounds`: what it knows from tools."""

    rounds: Rounds = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld:
    """The question requests a call, which has no effect until the turn is opened."""

    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRuns:
    """A tool was told to run, or to ask whether it may. What it returns is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """The result of a tool is the answer. It may be the question whether the call is allowed."""

    answered: ToolAnswered


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundHeld:
    """The model has written calls, which have no effect until the turn is opened.

    Attributes:
        calls: The calls.
        rounds: What the model knew when it wrote them.
    """

    calls: tuple[Call, ...]
    rounds: Rounds = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRuns:
    """Calls of the model run. `rounds`: what the model knew before."""

    rounds: Rounds = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Calls of the model do not run. The program has ended the answer: it asks whether they are allowed, or says that they are not.

    Attributes:
        calls: The calls.
        answered: What the program says instead, as the result of one of them.
        rounds: What the model knew when it wrote them.
    """

    calls: tuple[Call, ...]
    answered: ToolAnswered
    rounds: Rounds = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The question is the yes that `wanted` waited for. The calls have no effect until the turn is opened."""

    wanted: Wanted


AnswerWork: TypeAlias = (
    NotBegun | ModelWrites | CallHeld | CallRuns | CallAnswered | RoundHeld | RoundRuns | HeldBack | Granted
)
"""What is done for an answer."""


def rounds_of(work: AnswerWork) -> Rounds:
    """Returns the results of the calls that the model has made."""
    match work:
        case ModelWrites() | RoundHeld() | RoundRuns() | HeldBack():
            return work.rounds
        case NotBegun() | CallHeld() | CallRuns() | CallAnswered() | Granted():
            return ()
        case _:
            assert_never(work)


def answer_of(work: AnswerWork) -> ToolAnswered | None:
    """Returns the result of a tool that is the answer; None if there is none."""
    match work:
        case CallAnswered() | HeldBack():
            return work.answered
        case NotBegun() | ModelWrites() | CallHeld() | CallRuns() | RoundHeld() | RoundRuns() | Granted():
            return None
        case _:
            assert_never(work)


def asked_for(work: AnswerWork) -> Wanted | None:
    """Returns the calls that the answer asks permission for; None if it asks for nothing."""
    answered = answer_of(work)
    if answered is None or not answered.result.asks:
        return None
    return Wanted(calls=work.calls, by_model=True) if isinstance(work, HeldBack) else Wanted(calls=(answered.call,))


def is_done(work: AnswerWork) -> bool:
    """Whether a tool has changed something or asked for permission. The turn then counts, whatever happens to its answer."""
    answered = answer_of(work)
    by_rule = answered is not None and (answered.result.changed or answered.result.asks)
    return by_rule or any(each.result.changed for round_ in rounds_of(work) for each in round_)


def kept_answer(work: AnswerWork, reply: str, heard: str) -> str:
    """Returns the answer for the history: what a tool has changed is part of it, whether it was heard or not.

    Args:
        work: What was done for the answer.
        reply: The answer.
        heard: What was heard of it.
    """
    if not is_done(work):
        return heard
    rounds = rounds_of(work)
    if not rounds:
        return reply.strip()
    done = [each.result.text for round_ in rounds for each in round_ if each.result.changed]
    return " ".join([heard, *done]).strip() or "Done."
