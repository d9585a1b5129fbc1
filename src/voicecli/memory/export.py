"""A saved conversation as Markdown, JSON or SubRip subtitles. Pure logic: text in, text out."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeAlias, get_args

from voicecli.events.tool_words import used_in_words
from voicecli.memory.conversations import Conversation, Hit, SavedCall, SavedTurn
from voicecli.memory.timeline import Timeline
from voicecli.speech.subtitles import without_arrows

Format: TypeAlias = Literal["md", "json", "srt", "wav"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

JSON_VERSION: Final = 1
"""Rises when a program that reads the export would have to be changed."""

LONGEST_CUE: Final = 84
"""The longest subtitle in characters: two lines of 42, as is usual."""

SHORTEST_CUE_MS: Final = 1000.0
"""How long a subtitle is shown at least, as far as the next one leaves room: a typed question takes no time."""

CUT: Final = "[stopped here]"
DROPPED: Final = "[not answered]"

_SENTENCE_END: Final = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"')\]]*$")


def as_markdown(conversation: Conversation, turns: Sequence[SavedTurn]) -> str:
    """Returns the conversation as Markdown."""
    facts = [f"{conversation.began:%Y-%m-%d %H:%M}", conversation.persona, *sorted(conversation.models.values())]
    lines = [_in_line(conversation.title) or "Conversation", " · ".join(_in_line(each) for each in facts if each)]
    blocks = [f"# {lines[0]}", lines[1]]
    if sent := sent_line(conversation):
        blocks.append(f"*{_in_line(sent)}*")
    for before, turn in zip((None, *turns), turns, strict=False):
        if before is not None and before.session != turn.session:
            blocks.append(f"*Resumed {turn.asked:%Y-%m-%d %H:%M}*")
        blocks.append(f"**You:** {turn.question}")
        blocks += [f"*{_in_line(call_line(call))}*" for call in turn.calls]
        answer = f"{turn.answer} *{CUT}*" if turn.cut else turn.answer
        blocks.append(f"**Assistant:** {answer}" if answer else f"*{DROPPED}*")
    return "\n\n".join(blocks) + "\n"


def call_line(call: SavedCall) -> str:
    """Says in a line what a tool did."""
    return used_in_words(call.tool, json.loads(call.arguments), call.outcome)


def sent_line(conversation: Conversation) -> str:
    """Says that a conversation has left this machine, as what, and where to; empty if it has not."""
    sent = (("Text", conversation.sent_to), ("Sound", conversation.sound_sent_to))
    return " ".join(f"{what} of this conversation was sent to {where}." for what, where in sent if where)


def as_record(conversation: Conversation, turns: Sequence[SavedTurn]) -> dict[str, object]:
    """Returns everything that is saved of the conversation, as a JSON object."""
    return {
        "format": "voicecli-conversation",
        "version": JSON_VERSION,
        **summary(conversation),
        "turns": [_turn_record(number, turn) for number, turn in enumerate(turns, 1)],
    }


def as_json(conversation: Conversation, turns: Sequence[SavedTurn]) -> str:
    """Returns `as_record` as text."""
    return json.dumps(as_record(conversation, turns), ensure_ascii=False, indent=2) + "\n"


def summary(conversation: Conversation) -> dict[str, object]:
    """Returns what a list shows of a conversation, as a JSON object."""
    return {
        "id": conversation.id,
        "title": conversation.title,
        "persona": conversation.persona,
        "models": dict(conversation.models),
        "sent_to": conversation.sent_to,
        "sound_sent_to": conversation.sound_sent_to,
        "began": conversation.began.isoformat(timespec="milliseconds"),
        "ended": conversation.ended.isoformat(timespec="milliseconds"),
        "length_s": round(conversation.spoken_s, 1),
        "sessions": conversation.sessions,
        "turn_count": conversation.turns,
    }


def hit_record(hit: Hit) -> dict[str, object]:
    """Returns a turn that a search found, as a JSON object."""
    return {
        "conversation": hit.conversation,
        "title": hit.title,
        "number": hit.number,
        "asked": hit.asked.isoformat(timespec="milliseconds"),
        "question": hit.question,
        "answer": hit.answer,
    }


def _turn_record(number: int, turn: SavedTurn) -> dict[str, object]:
    times = turn.times
    return {
        "number": number,
        "session": turn.session,
        "asked": turn.asked.isoformat(timespec="milliseconds"),
        "question": turn.question,
        "answer": turn.answer,
        "cut": turn.cut,
        "dropped": turn.dropped,
        "typed": turn.typed,
        "language": turn.language,
        "calls": [
            {
                "tool": call.tool,
                "arguments": json.loads(call.arguments),
                "outcome": call.outcome,
                "result": call.result,
                "took_ms": round(call.took_ms, 1),
            }
            for call in turn.calls
        ],
        "question_from_ms": times.question_from_ms,
        "question_to_ms": times.question_to_ms,
        "answer_from_ms": times.answer_from_ms,
        "answer_to_ms": times.answer_to_ms,
        "words": [
            {"from_ms": from_ms, "start": start, "end": end, "text": turn.answer[start:end]}
            for from_ms, start, end in times.words
        ],
    }


@dataclass(frozen=True, slots=True)
class _Cue:
    """A subtitle; the times are those of the whole conversation."""

    from_ms: float
    to_ms: float
    text: str


def as_srt(turns: Sequence[SavedTurn]) -> str:
    """Returns subtitles with the times of the speech. The first question starts at zero, and the sessions follow each other."""
    timeline = Timeline(turns)
    cues = sorted((cue for turn in turns for cue in _cues(turn, timeline)), key=lambda cue: cue.from_ms)
    blocks = []
    for number, cue in enumerate(cues, 1):
        next_ms = cues[number].from_ms if number < len(cues) else cue.from_ms + SHORTEST_CUE_MS
        # A short cue is shown longer, up to the start of the next one. Every cue lasts at least 1 ms.
        wanted_ms = max(cue.to_ms, min(cue.from_ms + SHORTEST_CUE_MS, next_ms))
        to_ms = max(wanted_ms, cue.from_ms + 1)
        blocks.append(f"{number}\n{_srt_time(cue.from_ms)} --> {_srt_time(to_ms)}\n{_one_line(cue.text)}\n")
    return "\n".join(blocks)


def _cues(turn: SavedTurn, timeline: Timeline) -> Iterator[_Cue]:
    times = turn.times
    if times.question_from_ms is not None and times.question_to_ms is not None:
        asked = f"You: {turn.question}"
        yield _Cue(timeline.at(turn, times.question_from_ms), timeline.at(turn, times.question_to_ms), asked)
    if not turn.answer or times.answer_from_ms is None or times.answer_to_ms is None:
        return
    pieces = list(_pieces(turn)) or [(times.answer_from_ms, 0, len(turn.answer))]
    starts = [*pieces, (times.answer_to_ms, 0, 0)]
    for (from_ms, start, end), (to_ms, _, _) in pairwise(starts):
        yield _Cue(timeline.at(turn, from_ms), timeline.at(turn, max(from_ms, to_ms)), turn.answer[start:end].strip())


def _pieces(turn: SavedTurn) -> Iterator[tuple[float, int, int]]:
    """Yields sentences, and parts of long ones: start time, and start and end offset in the answer. Nothing without times of words."""
    words = turn.times.words
    first = 0
    for index, (_, start, end) in enumerate(words):
        last = index == len(words) - 1
        behind = len(turn.answer) if last else words[index + 1][1]
        sentence = _SENTENCE_END.search(turn.answer[start:behind].rstrip())
        too_long = not last and words[index + 1][2] - words[first][1] > LONGEST_CUE
        if last or sentence or too_long:
            yield words[first][0], 0 if first == 0 else words[first][1], behind if last else end
            first = index + 1


def _srt_time(ms: float) -> str:
    whole = max(0, round(ms))
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"


def _one_line(text: str) -> str:
    return without_arrows(_in_line(text)) or "…"


def _in_line(text: str) -> str:
    """Returns `text` as one line, so that no name can pass for a heading or for something that was said."""
    return " ".join(text.split())


def day_name(moment: dt.date) -> str:
    """Returns a day for a heading, such as `2026-05-04 Monday`."""
    return f"{moment:%Y-%m-%d %A}"
