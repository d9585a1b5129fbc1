"""Formats conversations for `voicecli history`, as plain text. It does not use rich, which would delay a list."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator, Sequence

from voicecli.app.console import BOLD_OFF, BOLD_ON
from voicecli.memory.conversations import Conversation, Hit, SavedTurn
from voicecli.memory.export import CUT, DROPPED, call_line, day_name, sent_line
from voicecli.memory.titles import shortened
from voicecli.ui.sanitize import clean, clean_line

AROUND = 60
"""How many characters of a text are shown on each side of a match."""


def list_lines(found: Sequence[Conversation], width: int) -> Iterator[str]:
    """Yields a list by day, for a terminal."""
    persona = max((len(clean_line(each.persona)) for each in found), default=0)
    number = max((len(str(each.id)) for each in found), default=1)
    for day, group in itertools.groupby(found, key=lambda each: each.ended.date()):
        yield day_name(day)
        for each in group:
            start = (
                f"  {each.id:>{number}}  {each.ended:%H:%M}  {turns_text(each.turns):>9}  "
                f"{length_text(each.spoken_s):>6}  {clean_line(each.persona):{persona}}  "
            )
            yield start + shortened(clean_line(each.title), max(12, width - len(start)))


def list_row(each: Conversation) -> str:
    """Returns a line for programs, separated by tabs: number, last change, turns, seconds, persona, title."""
    values = (each.id, each.ended.isoformat(timespec="seconds"), each.turns, round(each.spoken_s))
    return "\t".join((*map(str, values), clean_line(each.persona), clean_line(each.title)))


def show_lines(conversation: Conversation, turns: Sequence[SavedTurn]) -> Iterator[str]:
    """Yields a whole conversation."""
    facts = [f"{conversation.began:%Y-%m-%d %H:%M}", conversation.persona, *sorted(conversation.models.values())]
    yield bold(f"{conversation.id}. {clean_line(conversation.title)}")
    yield clean_line(" · ".join(each for each in facts if each))
    if sent := sent_line(conversation):
        yield clean_line(sent)
    for before, turn in zip((None, *turns), turns, strict=False):
        yield ""
        if before is not None and before.session != turn.session:
            yield f"Resumed {turn.asked:%Y-%m-%d %H:%M}"
            yield ""
        yield f"you: {_block(turn.question)}"
        yield from (clean_line(call_line(call)) for call in turn.calls)
        if turn.answer:
            yield f"voicecli: {_block(turn.answer)}" + (f" {CUT}" if turn.cut else "")
        else:
            yield DROPPED


def hit_lines(hit: Hit, words: Sequence[str]) -> Iterator[str]:
    """Yields a turn that a search found, with the words in bold."""
    title = shortened(clean_line(hit.title), 48)
    yield f"{hit.conversation}, turn {hit.number}  {hit.asked:%Y-%m-%d %H:%M}  {title}"
    for who, text in (("you", hit.question), ("voicecli", hit.answer)):
        excerpt = _excerpt(clean_line(text), words)
        if excerpt:
            yield f"  {who}: {excerpt}"


def turns_text(count: int) -> str:
    """Returns `1 turn`, `2 turns` and so on."""
    return f"{count} turn" if count == 1 else f"{count} turns"


def length_text(length_s: float) -> str:
    """Returns a length such as `45 s`, `3 min` or `2 h`."""
    if length_s < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{length_s:.0f} s"
    minutes = round(length_s / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"  # noqa: PLR2004 - 90 min says more than 2 h


def terminal_width() -> int:
    """Returns the width of standard output."""
    return shutil.get_terminal_size((100, 24)).columns


def bold(text: str) -> str:
    """Marks `text` as bold for `console.write`."""
    return f"{BOLD_ON}{text}{BOLD_OFF}"


def _block(text: str) -> str:
    return clean(text).strip().replace("\n", "\n  ")


def _excerpt(text: str, words: Sequence[str]) -> str:
    """Returns the part of `text` around the first of `words`, with all of them in bold; the beginning if it has none of them."""
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    first = pattern.search(text) if words else None
    at = first.start() if first is not None else 0
    start = text.rfind(" ", 0, at - AROUND) + 1 if at > AROUND else 0
    end = text.find(" ", at + AROUND) if len(text) > at + AROUND else -1
    part = text[start : end if end != -1 else None]
    if words:
        part = pattern.sub(lambda match: bold(match[0]), part)
    return ("… " if start else "") + part + (" …" if end != -1 else "")
