"""How long to wait, after a person falls silent, before the turn is over.

Three witnesses are heard: the silence itself, a turn model that listens to the intonation, and the words recognised so far. The last two are
probabilities; their log-odds are bounded and added up, as independent witnesses are, and the sum sets the wait: evenly balanced, the user's own
silence; against the end, up to the longest; for it, down to the shortest. Nothing here knows a clock: whoever owns the utterance asks again
whenever a witness has spoken, and ends the turn once the silence is as long as the answer.

The numbers were chosen on one half of a set of spoken sentences and checked on the other: docs/decisions/0008-endpointing.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.speech.last_words import looks_finished

__all__ = ["Evidence", "Patience", "Reason", "Wait", "looks_finished", "wait"]

Reason: TypeAlias = Literal["finished-sentence", "unfinished-text", "turn-model", "undecided", "silence", "limit"]
"""Which evidence decided. `finished-sentence`, `unfinished-text`: the words; `turn-model`: the turn model, either way; `undecided`: they
are balanced; `silence`: nothing is known, or not yet; `limit`: it would have been longer than the longest."""

TURN_FOR = 1.5
"""Log-odds that the turn model counts for at most when it believes in an end: it is sure of that more often than it is right."""

TURN_AGAINST = 3.0
"""The same when it does not, which is the better half of what it knows."""

TEXT_BOUND = 4.0
"""Words count for more: an article at the end is open whatever the voice does. Keeps the logarithm finite."""

PAUSE_DOUBT = 0.25
"""Log-odds against the end for every pause the utterance has had: who has stopped to think before may do so again. Not measured, so small."""

MOST_PAUSES = 2
"""As many of them count."""

SURE = 2.8
"""Log-odds from which on the wait is the shortest, or the longest. No witness for the end reaches it alone; two that agree do."""

BALANCED = 0.6
"""Log-odds nearer to zero than this decide nothing that could be named; more than all pauses before can make up."""

OPEN_FACTOR = 2.5
"""The wait when it is sure that more will come, in silences of the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about one pause. None means: not yet, or there is nobody to ask.

    Attributes:
        turn_probability: The turn model's, 0.0 to 1.0, that the person has finished.
        text: What was recognised of the whole utterance so far; empty where nothing was.
        language: ISO 639-1 code of `text`.
        pauses_before: How many pauses the utterance has had before this one.
    """

    turn_probability: float | None = None
    text: str | None = None
    language: str = "en"
    pauses_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much silence a user wants to be given.

    Attributes:
        end_silence_ms: The wait when nothing is known, or all is balanced.
        shortest_ms: The one after what is surely finished.
        longest_ms: No wait is longer, however patient one is.
        patience: Multiplies the first two; 0.5 is hasty, 2.0 patient.
    """

    end_silence_ms: float = 600.0
    shortest_ms: float = 340.0
    longest_ms: float = 2000.0
    patience: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The turn is over once the silence since the last voiced sound is `ms` long; `reason` says why."""

    ms: float
    reason: Reason


def wait(evidence: Evidence, patience: Patience) -> Wait:
    """How long the silence must become for the turn to be over, given what is known by now.

    More evidence for the end never makes it longer, and evidence against the end never shorter.
    """
    turn = _log_odds(evidence.turn_probability, against=TURN_AGAINST, towards=TURN_FOR)
    finished = looks_finished(evidence.text, evidence.language) if evidence.text is not None else None
    text = _log_odds(finished, against=TEXT_BOUND, towards=TEXT_BOUND)
    doubt = PAUSE_DOUBT * min(evidence.pauses_before, MOST_PAUSES)
    total = turn + text - doubt

    even = patience.end_silence_ms * patience.patience
    shortest = min(even, patience.shortest_ms * patience.patience)
    towards = shortest if total > 0 else even * OPEN_FACTOR
    wanted = even + (towards - even) * min(1.0, abs(total) / SURE)
    if wanted > patience.longest_ms:
        return Wait(ms=patience.longest_ms, reason="limit")
    return Wait(ms=wanted, reason=_reason(evidence, turn=turn, text=text, total=total))


def _reason(evidence: Evidence, *, turn: float, text: float, total: float) -> Reason:
    if evidence.turn_probability is None and not evidence.text:
        return "silence"
    if abs(total) < BALANCED:
        return "undecided"
    if total > 0:
        return "finished-sentence" if text > 0 else "turn-model"
    return "unfinished-text" if text < turn else "turn-model"


def _log_odds(probability: float | None, *, against: float, towards: float) -> float:
    """Log-odds of `probability` between `-against` and `towards`; 0.0, which says nothing, where there is none."""
    match probability:
        case None:
            return 0.0
        case _ if probability <= 0.0:
            return -against
        case _ if probability >= 1.0:
            return towards
        case _:
            return min(max(math.log(probability / (1.0 - probability)), -against), towards)
