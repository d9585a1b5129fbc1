"""Decides whether repeated words were repeated by the speaker or by the decoder. Pure; time is seconds.

A decoder that has lost the sound repeats what it wrote last, and is more certain of it each time. Two things distinguish such a loop from a person
who says "Stop!" twelve times. Each spoken copy has its own stretch of sound, one soon after the other, while surplus copies are aligned with
the same moment. And the first copy of what a person said is probable, because there was sound for it; that of a loop on noise is not.

Measured with Whisper base on ten repeated commands of the starter voice: 1.0 to 2.3 copies per second with their own sound, at least four; mean
log probability of the first copy -0.04 to -0.6, but -1.6 for "Mama" and -2.1 for "Go". On 25 loops on noise, coughs, breath and music: at most 0.7
copies per second, or syllables that are not words, and -1.1 to -3.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_COPIES = 3
"""Two copies of a shorter pattern than `LONG_PATTERN` count only if they are the whole text, because people say "very, very" in the middle of a
sentence."""

LONG_PATTERN = 6
"""In tokens. A pattern of this length is a sentence, or several. Nobody says the same sentence twice within seconds without the time for it, so two
copies are examined wherever they stand; at the beginning and at the end of the text even if the end of the second one is missing, and at the
beginning if it is different."""

LONGEST_PATTERN = 48
"""In tokens. A longer pattern cannot be repeated often within a window."""

LEAST_SHARE = 0.6
"""The share of the time from one copy to the next that another copy must also take to count as spoken."""

LEAST_COPY_S = 0.12
"""Nobody says a word in less time."""

PACED_COPIES = 4
PACED_PER_S = 1.0
"""With at least this many copies of words with their own sound, in total and per second, the words count as spoken, however improbable the first copy
is. Fewer also count if each of them has its own sound."""

LEAST_LIKELY = 1e-6
"""For the logarithm of a probability that was rounded to 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A pattern that is repeated several times in a row.

    Attributes:
        start: Index of its first token.
        period: Tokens of one copy.
        copies: The number of copies; the last one may lack its end.
    """

    start: int
    period: int
    copies: int

    @property
    def first_end(self) -> int:
        """Index behind the first copy."""
        return self.start + self.period

    @property
    def end(self) -> int:
        """Index behind the last whole copy."""
        return self.start + self.period * self.copies


def folded(token: int, text: str) -> str:
    """Returns a token's text in the form for comparison: case is ignored, and all marks are equal. A leading space begins a word.

    If a letter takes several tokens, none of them has a text; they are compared by number.
    """
    if "\ufffd" in text:
        return f"#{token}"
    plain = text.casefold().rstrip()
    return plain if any(map(str.isalnum, plain)) else ","


def find_loop(tokens: Sequence[str]) -> Loop | None:
    """Returns the repetition that covers most of `tokens`; of equally long ones that with the shortest pattern. None if there is none.

    Args:
        tokens: Text of each token, `folded`.
    """
    best: Loop | None = None
    for period in range(1, min(LONGEST_PATTERN, len(tokens) // 2) + 1):
        run = 0
        for at in range(period, len(tokens) + 1):
            if at < len(tokens) and tokens[at] == tokens[at - period]:
                run += 1
                continue
            # The mark after the last copy may be missing.
            missing = 1 if at == len(tokens) and (run + 1) % period == 0 and tokens[at - period] == "," else 0
            start, copies = at - run - period, (run + missing) // period + 1
            run = 0
            if copies < LEAST_COPIES and not (copies > 1 and start == 0 and at == len(tokens)):
                continue
            if best is None or period * copies > best.period * best.copies + 1:
                best = Loop(start=start, period=period, copies=copies)
    return best or _begun_anew(tokens) or _said_twice(tokens)


def _begun_anew(tokens: Sequence[str]) -> Loop | None:
    """Finds a text that starts again, once or more, and whose last copy lacks its end or has a different one."""
    for period in range(LONG_PATTERN, min(LONGEST_PATTERN, len(tokens) * 2 // 3) + 1):
        pairs = zip(tokens, tokens[period:], strict=False)
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        if same * 2 >= period and len(tokens) - period - same < period:
            return Loop(start=0, period=period, copies=-(-len(tokens) // period))
    return None


def _said_twice(tokens: Sequence[str]) -> Loop | None:
    """Finds a sentence, or several, that follow once more; at the end of the text also without the end of the second copy."""
    for period in range(LONG_PATTERN, min(LONGEST_PATTERN, len(tokens) - LONG_PATTERN) + 1):
        run = 0
        for at in range(period, len(tokens)):
            run = run + 1 if tokens[at] == tokens[at - period] else 0
            if run == period or (at + 1 == len(tokens) and run >= max(LONG_PATTERN, period // 2)):
                return Loop(start=at + 1 - run - period, period=period, copies=2)
    return None


def copies_said(starts_s: Sequence[float], end_s: float, last: float = 1.0) -> int:
    """Returns how many copies have their own sound.

    Args:
        starts_s: When each copy begins, as aligned with the sound; the first one always at the beginning of the sound, which may be silent.
        end_s: The length of the sound.
        last: Which part of the last copy exists.

    Returns:
        At least 1.
    """
    if len(starts_s) == 1:
        return 1
    steps = [after - before for before, after in itertools.pairwise(starts_s)]
    usual_s = steps[1] if len(steps) > 1 and LEAST_COPY_S <= steps[1] < steps[0] else steps[0]
    least_s = max(LEAST_COPY_S, LEAST_SHARE * usual_s)
    said, last_s = 1, starts_s[0]
    for number, start_s in enumerate(starts_s[1:], start=2):
        takes_s = max(LEAST_COPY_S, least_s * last) if number == len(starts_s) else least_s
        if start_s - last_s >= least_s and start_s + takes_s <= end_s:
            said += 1
            last_s = start_s
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Untangled:
    """A repetition without its surplus copies.

    Attributes:
        kept: Indices of the tokens that stay, in order.
        surplus: Whether copies were removed.
        mean_log_probability: Of the tokens outside the repetition and of its first copy, because repeated text is always probable. None
            if somebody really said it repeatedly, so that the decoder's own value counts.
        first_copy: Mean log probability of the words up to the end of the first copy; None in the same case.
    """

    kept: tuple[int, ...]
    surplus: bool
    mean_log_probability: float | None = None
    first_copy: float | None = None


def untangle(
    loop: Loop, tokens: Sequence[str], probabilities: Sequence[float], begins_s: Mapping[int, float], end_s: float
) -> Untangled:
    """Keeps as many copies as have their own sound.

    Args:
        loop: The repetition in `tokens`.
        tokens: Text of each token, `folded`.
        probabilities: The probability of each token.
        begins_s: The time at which the sound of each token begins; missing for tokens without sound.
        end_s: The length of the sound.
    """
    logs = [math.log(max(probability, LEAST_LIKELY)) for probability in probabilities]
    starts_s = [begins_s.get(loop.start + n * loop.period, end_s) for n in range(loop.copies)]
    last = min(1.0, (len(tokens) - loop.end) / loop.period + 1)
    said = copies_said(starts_s, end_s, last)
    surplus = said < loop.copies
    tail = range(min(loop.end, len(tokens)), len(tokens))
    kept = (*range(loop.start + said * loop.period), *tail) if surplus else tuple(range(len(tokens)))
    of_words = any(token.startswith(" ") for token in tokens[loop.start : loop.first_end])
    paced = of_words and (said >= PACED_COPIES or not surplus) and said >= PACED_PER_S * end_s
    if paced or loop.copies < LEAST_COPIES:
        return Untangled(kept=kept, surplus=surplus)
    by_themselves = [*range(loop.first_end), *tail]
    words = [logs[at] for at in range(loop.first_end) if tokens[at] != ","]
    return Untangled(
        kept=kept,
        surplus=surplus,
        mean_log_probability=sum(logs[at] for at in by_themselves) / len(by_themselves),
        first_copy=sum(words) / len(words) if words else sum(logs) / len(logs),
    )
