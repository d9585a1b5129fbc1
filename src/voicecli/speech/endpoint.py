"""Endpointing: how long to wait after a person falls silent until the turn is over.

Four kinds of evidence are used: the silence itself, a turn model that judges the intonation, how the last sounds were spoken, and the words
recognised so far. All but the first are turned into log-odds, which are bounded and added, as for independent evidence, and the sum sets the wait.
A balanced sum gives the user's own end silence; evidence against the end lengthens the wait up to the longest, and evidence for it shortens the
wait down to the shortest. This module has no clock: the owner of the utterance asks again whenever new evidence arrives, and ends the turn when the
silence has the returned length.

The numbers were chosen on one half of a set of spoken sentences and checked on the other: docs/decisions/0008-endpointing.md. The weight of the last
sounds was chosen on recordings of people, by cross-validation over speakers: docs/decisions/0036-turns-of-real-people.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.speech.last_sounds import LastSounds
from voicecli.speech.turn_completeness import looks_finished

__all__ = ["Evidence", "Patience", "Reason", "Wait", "looks_finished", "wait"]

Reason: TypeAlias = Literal["finished-sentence", "unfinished-text", "turn-model", "undecided", "silence", "limit"]
"""The evidence that decided. `finished-sentence`, `unfinished-text`: the words; `turn-model`: the sound, for or against; `undecided`: the
evidence is balanced; `silence`: there is no other evidence, or not yet; `limit`: the wait would have exceeded the longest."""

TURN_FOR = 4.0
"""Largest log-odds of the turn model for an end. Among high probabilities only the highest speak for one, so the bound is where they still differ."""

TURN_AGAINST = 4.5
"""Largest log-odds of the turn model against an end, which it judges better."""

TURN_WEIGHT = 0.4
"""How much of the turn model's log-odds counts. It is surer of itself than it is right, above all on spontaneous speech."""

TEXT_BOUND = 4.0
"""Bound for the words' log-odds. Words count for more: an article at the end is open, whatever the intonation. It also keeps the logarithm finite."""

HELD = 2.2
"""Log-odds against the end for a last sound that is held e times as long (after `HELD_FROM_MS` are added, so that short ones are alike)."""

HELD_FROM_MS = 50.0
USUAL_HELD_MS = 80.0
"""What a last sound is held before half of all pauses. It speaks neither way."""

FADING = 0.02
"""Log-odds for the end for every dB per second by which the voice falls more slowly than usual."""

USUAL_CHANGE_DB_S = -40.0
"""How the loudness changes before half of all pauses."""

STEEPEST_DB_S = -120.0
FLATTEST_DB_S = 20.0
"""Bounds of that change. Beyond them it is a click or a breath."""

SOUND_FOR = 0.3
"""Largest log-odds of the last sounds for an end. That nothing is held says little: at half of all pauses nothing is."""

SOUND_AGAINST = 3.0
"""Largest log-odds of the last sounds against an end."""

PAUSE_DOUBT = 0.25
"""Log-odds against the end for every earlier pause of the utterance. A person who stopped to think may do so again. Not measured, so small."""

MOST_PAUSES = 2
"""How many earlier pauses count at most."""

SURE = 2.1
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
        last: How the last sounds were spoken.
        pauses_before: How many pauses the utterance has had before this one.
    """

    turn_probability: float | None = None
    text: str | None = None
    language: str = "en"
    last: LastSounds | None = None
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
    turn = TURN_WEIGHT * _log_odds(evidence.turn_probability, against=TURN_AGAINST, towards=TURN_FOR)
    finished = looks_finished(evidence.text, evidence.language) if evidence.text is not None else None
    text = _log_odds(finished, against=TEXT_BOUND, towards=TEXT_BOUND)
    heard = turn + _of_last_sounds(evidence.last)
    doubt = PAUSE_DOUBT * min(evidence.pauses_before, MOST_PAUSES)
    total = heard + text - doubt

    even = patience.end_silence_ms * patience.patience
    shortest = min(even, patience.shortest_ms * patience.patience)
    towards = shortest if total > 0 else even * OPEN_FACTOR
    wanted = even + (towards - even) * min(1.0, abs(total) / SURE)
    if wanted > patience.longest_ms:
        return Wait(ms=patience.longest_ms, reason="limit")
    return Wait(ms=wanted, reason=_reason(evidence, heard=heard, text=text, total=total))


def _reason(evidence: Evidence, *, heard: float, text: float, total: float) -> Reason:
    if evidence.turn_probability is None and not evidence.text:
        return "silence"
    if abs(total) < BALANCED:
        return "undecided"
    if total > 0:
        return "finished-sentence" if text > 0 else "turn-model"
    return "unfinished-text" if text < heard else "turn-model"


def _of_last_sounds(last: LastSounds | None) -> float:
    """Returns the log-odds for the end by how the last sounds were spoken; 0.0 if that is not known."""
    if last is None:
        return 0.0
    held = math.log((last.held_ms + HELD_FROM_MS) / (USUAL_HELD_MS + HELD_FROM_MS))
    fading = min(max(last.change_db_s, STEEPEST_DB_S), FLATTEST_DB_S) - USUAL_CHANGE_DB_S
    return min(max(FADING * fading - HELD * held, -SOUND_AGAINST), SOUND_FOR)


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
