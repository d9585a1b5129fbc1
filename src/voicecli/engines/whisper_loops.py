"""Words that are written several times running: did the speaker repeat them, or the decoder? Pure; time is seconds.

A decoder that has lost the sound repeats what it wrote last, and is more sure of it each time. Two things tell such a loop from a person who
says "Stop!" twelve times. Each copy that was said has a stretch of sound of its own, one soon after the other, while surplus copies are aligned with
one and the same moment. And the first copy of what a person said is likely, because there was sound for it; that of a loop on noise is not.

Measured with Whisper base on ten repeated commands of the starter voice: 1.0 to 2.3 copies a second with sound of their own, at least four; mean
log probability of the first copy -0.04 to -0.6, but -1.6 for "Mama" and -2.1 for "Go". On 25 loops on noise, coughs, breath and music: at most 0.7
copies a second, or syllables that are no words of their own, and -1.1 to -3.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_COPIES = 3
"""Two copies count only where they are the whole text: people say "very, very" in the middle of a sentence."""

LONG_PATTERN = 6
"""In tokens. A pattern of so many from the beginning of the text on is a sentence; nobody begins the same sentence twice within seconds without
taking the time for it, so a second copy is looked at even where its end is missing or other."""

LONGEST_PATTERN = 48
"""In tokens; a longer one cannot be repeated often within a window."""

LEAST_SHARE = 0.6
"""Of the time from one copy to the next that another one must take, too, to have been said."""

LEAST_COPY_S = 0.12
"""Nobody says a word in less."""

PACED_COPIES = 4
PACED_PER_S = 1.0
"""So many copies of words with sound of their own, in all and a second, were said however unlikely the first one was.
Fewer were said, too, if each of them has sound of its own."""

LEAST_LIKELY = 1e-6
"""For the logarithm of a probability that was rounded to 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A pattern that stands several times running.

    Attributes:
        start: Index of its first token.
        period: Tokens of one copy.
        copies: How many copies stand there; the last one may lack its end.
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
    """A token's text as it is compared: case does not matter, and every mark is the same as every other. A space in front begins a word.

    Of a letter that takes several tokens none has a text; it is compared by its number.
    """
    if "\ufffd" in text:
        return f"#{token}"
    plain = text.casefold().rstrip()
    return plain if any(map(str.isalnum, plain)) else ","


def find_loop(tokens: Sequence[str]) -> Loop | None:
    """The repetition that covers most of `tokens`; of equally long ones that with the shortest pattern. None if there is none.

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
            # The mark behind the last copy may be missing.
            missing = 1 if at == len(tokens) and (run + 1) % period == 0 and tokens[at - period] == "," else 0
            start, copies = at - run - period, (run + missing) // period + 1
            run = 0
            if copies < LEAST_COPIES and not (copies > 1 and start == 0 and at == len(tokens)):
                continue
            if best is None or period * copies > best.period * best.copies + 1:
                best = Loop(start=start, period=period, copies=copies)
    return best or _begun_anew(tokens)


def _begun_anew(tokens: Sequence[str]) -> Loop | None:
    """A text that begins anew, once or more, and whose last copy lacks its end or has another one."""
    for period in range(LONG_PATTERN, min(LONGEST_PATTERN, len(tokens) * 2 // 3) + 1):
        pairs = zip(tokens, tokens[period:], strict=False)
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        if same * 2 >= period and len(tokens) - period - same < period:
            return Loop(start=0, period=period, copies=-(-len(tokens) // period))
    return None


def copies_said(starts_s: Sequence[float], end_s: float, last: float = 1.0) -> int:
    """How many copies have sound of their own.

    Args:
        starts_s: When each copy begins, as aligned with the sound; the first one always at the beginning of the sound, which may be silent.
        end_s: How long the sound is.
        last: Which part of the last copy is there.

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
    """A repetition with its surplus copies taken out.

    Attributes:
        kept: Indices of the tokens that stay, in order.
        surplus: Whether copies were taken out.
        mean_log_probability: Of the tokens outside the repetition and of its first copy: what repeats itself is likely, whatever it is. None
            where somebody said it again and again, so that what the decoder thinks of it as a whole counts.
        first_copy: Mean log probability of the words up to the end of the first copy; None as well.
    """

    kept: tuple[int, ...]
    surplus: bool
    mean_log_probability: float | None = None
    first_copy: float | None = None


def untangle(
    loop: Loop, tokens: Sequence[str], probabilities: Sequence[float], begins_s: Mapping[int, float], end_s: float
) -> Untangled:
    """Leaves as many copies as have sound of their own.

    Args:
        loop: What repeats itself in `tokens`.
        tokens: Text of each token, `folded`.
        probabilities: Of each token.
        begins_s: Token to the time at which its sound begins; one that is missing has none.
        end_s: How long the sound is.
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
