"""Subtitles of a recording: the text in readable pieces with their times, as SubRip (SRT) or WebVTT. Pure; times are in ms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from voicecli.speech.punctuation import is_wide
from voicecli.speech.sentence_endings import Ending, ending, is_over

LINE_WIDTH: Final = 42
"""Columns of a line, as broadcasters use it. A Chinese or Japanese character takes two."""

LINES: Final = 2
"""Lines of a subtitle, as usual on screens."""

LONGEST_MS: Final = 7_000.0
"""The longest time a subtitle is shown."""

SHORTEST_MS: Final = 1_000.0
"""The shortest time a subtitle is shown, unless the next one follows sooner."""

GAP_MS: Final = 700.0
"""A longer silence separates two subtitles, wherever it is."""

CLAUSE_WIDTH: Final = 50
"""From this width on, a subtitle may end with a clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedText:
    """One or several words, and when they were said."""

    text: str
    from_ms: float
    to_ms: float
    is_joined: bool = False
    """Whether there is no space before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One subtitle. `to_ms` may be later than the last word, so that there is time to read it."""

    from_ms: float
    to_ms: float
    words: tuple[TimedText, ...]

    @property
    def text(self) -> str:
        """The text in one line."""
        return joined(self.words)


def joined(words: Iterable[TimedText]) -> str:
    """Joins the words with their original spaces."""
    return "".join(word.text if word.is_joined else f" {word.text}" for word in words).strip()


def cues_of(words: Sequence[TimedText], *, end_ms: float) -> list[Cue]:
    """Splits speech without a long pause into subtitles.

    Args:
        words: In order.
        end_ms: The latest end of the last subtitle.
    """
    if not words:
        return []
    cues: list[Cue] = []
    begun = 0
    for n, word in enumerate(words):
        if n + 1 == len(words) or _ends_here(words[begun : n + 1], words[n + 1]):
            part = tuple(words[begun : n + 1])
            cues.append(Cue(from_ms=part[0].from_ms, to_ms=word.to_ms, words=part))
            begun = n + 1
    following = [*(cue.from_ms for cue in cues[1:]), max(end_ms, words[-1].to_ms)]
    return [
        replace(cue, to_ms=max(cue.to_ms, min(cue.from_ms + SHORTEST_MS, limit)))
        for cue, limit in zip(cues, following, strict=True)
    ]


def _ends_here(words: Sequence[TimedText], following: TimedText) -> bool:
    text = joined(words)
    if following.from_ms - words[-1].to_ms >= GAP_MS or following.to_ms - words[0].from_ms > LONGEST_MS:
        return True
    if not _fits(f"{text} {following.text}"):
        return True
    end = ending(words[-1].text, words[-2].text if len(words) > 1 else "")
    return is_over(end, following.text[:1]) or (end is Ending.CLAUSE and _width(text) >= CLAUSE_WIDTH)


def _width(text: str) -> int:
    return sum(2 if is_wide(char) else 1 for char in text)


def _fits(text: str) -> bool:
    return len(_lines(text)) <= LINES and _width(text) <= LINES * LINE_WIDTH


def _lines(text: str) -> list[str]:
    """Wraps `text` into lines. Text without spaces is cut anywhere."""
    lines = [""]
    for part in _parts(text):
        if lines[-1].strip() and _width((lines[-1] + part).rstrip()) > LINE_WIDTH:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines if line.strip()]


def _parts(text: str) -> Iterator[str]:
    """Yields the parts between which a line may be broken: after spaces and after wide characters."""
    begun = 0
    for at, char in enumerate(text):
        if char == " " or is_wide(char):
            yield text[begun : at + 1]
            begun = at + 1
    yield text[begun:]


def without_arrows(text: str) -> str:
    """Returns `text` without `-->`, which players of SubRip take for times."""
    return re.sub("-{2,}>", "->", text)


def srt(number: int, cue: Cue) -> str:
    """Returns a block of a SubRip file, with the empty line after it. Blocks are numbered from 1."""
    text = without_arrows("\n".join(_lines(cue.text)))
    return f"{number}\n{_clock(cue.from_ms, ',')} --> {_clock(_end(cue), ',')}\n{text}\n\n"


VTT_HEAD: Final = "WEBVTT\n\n"


def vtt(cue: Cue, *, words: bool = False) -> str:
    """Returns a block of a WebVTT file, with the empty line after it. With `words` each word has its time."""
    if words:
        first, *rest = cue.words
        parts = [_escaped(first.text)]
        for word in rest:
            space = "" if word.is_joined else " "
            parts.append(f"{space}<{_clock(word.from_ms, '.')}>{_escaped(word.text)}")
        text = "".join(parts)
    else:
        text = "\n".join(_escaped(line) for line in _lines(cue.text))
    return f"{_clock(cue.from_ms, '.')} --> {_clock(_end(cue), '.')}\n{text}\n\n"


def _end(cue: Cue) -> float:
    return max(cue.to_ms, cue.from_ms + 1)  # some programs reject a subtitle without a duration


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: float, point: str) -> str:
    whole = max(0, round(ms))
    seconds, thousandths = divmod(whole, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"
