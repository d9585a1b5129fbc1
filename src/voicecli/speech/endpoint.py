"""Endpointing: how long to wait after a person falls silent until the turn is over.

Three kinds of evidence are used: the silence itself, a turn model that judges the intonation, and the words recognised so far. The last two are
probabilities. Their log-odds are bounded and added, as for independent evidence, and the sum sets the wait. A balanced sum gives the user's own
end silence; evidence against the end lengthens the wait up to the longest, and evidence for it shortens the wait down to the shortest. This module
has no clock: the owner of the utterance asks again whenever new evidence arrives, and ends the turn when the silence has the returned length.

The numbers were chosen on one half of a set of spoken sentences and checked on the other: docs/decisions/0008-endpointing.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.speech.turn_completeness import looks_finished

__all__ = ["Evidence", "Patience", "Reason", "Wait", "looks_finished", "wait"]

Reason: TypeAlias = Literal["finished-sentence", "unfinished-text", "turn-model", "undecided", "silence", "limit"]
"""The evidence that decided. `finished-sentence`, `unfinished-text`: the words; `turn-model`: the turn model, for or against; `undecided`: the
evidence is balanced; `silence`: there is no other evidence, or not yet; `limit`: the wait would have exceeded the longest."""

TURN_FOR = 1.5
"""Largest log-odds of the turn model for an end. Its certainty about an end exceeds its accuracy."""

TURN_AGAINST = 3.0
"""Largest log-odds of the turn model against an end, which it judges better."""

TEXT_BOUND = 4.0
"""Bound for the words' log-odds. Words count for more: an article at the end is open, whatever the intonation. It also keeps the logarithm finite."""

PAUSE_DOUBT = 0.25
"""Log-odds against the end for every earlier pause of the utterance. A person who stopped to think may do so again. Not measured, so small."""

MOST_PAUSES = 2
"""How many earlier pauses count at most."""

SURE = 2.8
"""Log-odds from which the wait is the shortest, or the longest. No single kind of evidence for the end reaches it; two that agree do."""

BALANCED = 0.6
"""Smaller log-odds count as `undecided`. It is more than all earlier pauses can add."""

OPEN_FACTOR = 2.5
"""The wait when the turn is certainly not over, as a multiple of the user's end silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence about one pause. None means not yet, or not available.

    Attributes:
        turn_probability: The turn model's probability, 0.0 to 1.0, that the person has finished.
        text: The recognised text of the whole utterance so far; empty if nothing was recognised.
        language: ISO 639-1 code of `text`.
        pauses_before: How many pauses the utterance has had before this one.
    """

    turn_probability: float | None = None
    text: str | None = None
    language: str = "en"
    pauses_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The silences that a user prefers.

    Attributes:
        end_silence_ms: The wait without evidence, or with balanced evidence.
        shortest_ms: The wait after a certain end.
        longest_ms: The longest wait, whatever the patience.
        patience: Multiplies the first two; 0.5 is hasty, 2.0 patient.
    """

    end_silence_ms: float = 600.0
    shortest_ms: float = 340.0
    longest_ms: float = 2000.0
    patience: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The turn is over when the silence since the last voiced sound reaches `ms`; `reason` says why."""

    ms: float
    reason: Reason


def wait(evidence: Evidence, patience: Patience) -> Wait:
    """Returns how long the silence must become for the turn to be over, given the evidence so far.

    More evidence for the end never lengthens the wait, and evidence against the end never shortens it.
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
    """Returns the log-odds of `probability`, bounded to `-against` and `towards`; 0.0 (no evidence) for None."""
    match probability:
        case None:
            return 0.0
        case _ if probability <= 0.0:
            return -against
        case _ if probability >= 1.0:
            return towards
        case _:
            return min(max(math.log(probability / (1.0 - probability)), -against), towards)
