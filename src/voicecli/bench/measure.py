"""What a conversation in files tells: each turn's times, read off what the microphone was fed and what the speaker got.

Both files go by one clock, and the events say where on it each question began. So the last voiced sample of a question and the first audible
sample of its answer can be compared without believing the program; the program's own marks are moved onto the same beginning.
What files leave out is the sound card: a block of 20 ms on the way in, and what its driver holds on the way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from voicecli.bench.questions import Question
from voicecli.bench.voiced import Span, spans, voiced
from voicecli.errors import AudioError
from voicecli.pcm import Pcm, ms_of, samples_of

Record: TypeAlias = dict[str, Any]
"""One event of `chat --json`."""

Step: TypeAlias = Literal["endpoint", "transcript", "first_token", "first_audio", "first_sound"]

CLAIMS: dict[Step, str] = {
    "endpoint": "endpoint_ms",
    "transcript": "stt_ms",
    "first_token": "first_token_ms",
    "first_audio": "first_audio_ms",
}
"""Steps that only the program can know, and what its `latency` event calls them. The last step is read off the sound."""

ENOUGH_WORDS = 0.6
"""A clause counts as heard when so many of its words are in the transcript: recognisers mistake a word, they do not lose half a clause."""


WORD_GAP_MS = 300
"""A shorter silence is within an answer; stop consonants and commas are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How one question fared.

    Attributes:
        question: Its words, or its file's name.
        heard: What the program took down of it, all attempts together.
        answer: What was heard of the answers.
        marks_ms: From the last voiced sample of the question to each step that is known. `first_sound`, the voice-to-voice latency, is the first
            audible sample of the answer; there is none when nothing was audible, or something was too early.
        claimed_ms: Voice-to-voice by the program's own account: its own idea of the end of speech, and the first sample that it handed out.
        speculative: Whether the answer was begun before the endpoint.
        cut_in: Whether an answer was audible before the question was finished.
        answered_whole: Whether some answer was to all clauses of the question and was heard to its end; None where the words are not known.
    """

    question: str
    heard: str
    answer: str
    marks_ms: dict[Step, float]
    claimed_ms: float | None
    speculative: bool
    cut_in: bool
    answered_whole: bool | None

    @property
    def voice_to_voice_ms(self) -> float | None:
        """From the last voiced sample of the question to the first audible sample of the answer."""
        return self.marks_ms.get("first_sound")


def turns(questions: Sequence[Question], sounds: Sequence[Pcm], events: Sequence[Record], speaker: Pcm) -> list[Turn]:
    """Measures a conversation.

    Args:
        questions: In the order in which the microphone was fed.
        sounds: Their sound, each shape (n,) at 16 kHz, as the microphone was fed.
        events: All that `chat --json` said.
        speaker: What the speaker got, shape (n,) at 16 kHz.

    Returns:
        One turn a question.

    Raises:
        AudioError: The events do not tell when each question began, or one of them is silent.
    """
    starts = {event["number"]: samples_of(event["at_ms"]) for event in events if event["event"] == "file_started"}
    if len(starts) != len(questions):
        raise AudioError(f"The program heard only {len(starts)} of {len(questions)} questions.", "voicecli doctor")
    audible = spans(speaker)
    found = []
    for number, (question, sound) in enumerate(zip(questions, sounds, strict=True), start=1):
        span = voiced(sound)
        if span is None:
            raise AudioError(f"{question.path.name} contains only silence.", "Record it again.")
        asked = Span(start=starts[number] + span.start, end=starts[number] + span.end)
        until = starts.get(number + 1, len(speaker))
        within = [each for each in audible if starts[number] <= each.start < until]
        found.append(_turn(question, asked, within, list(_events_of(number, events))))
    return found


def stops_ms(
    questions: Sequence[Question], sounds: Sequence[Pcm], events: Sequence[Record], speaker: Pcm
) -> list[float | None]:
    """How long answers sounded on after somebody began to talk over them.

    Args:
        questions: Each of two clauses, the second said into the answer to the first; the rest as in `turns`.
        sounds: Their sound.
        events: All that `chat --json` said.
        speaker: What the speaker got.

    Returns:
        From the first voiced sample of the second clause to the last audible sample of the answer, in ms; None where no answer sounded then.
    """
    starts = {event["number"]: samples_of(event["at_ms"]) for event in events if event["event"] == "file_started"}
    answers = _joined(spans(speaker))
    found: list[float | None] = []
    for number, (question, sound) in enumerate(zip(questions, sounds, strict=True), start=1):
        spoken = spans(sound)
        pause = samples_of(question.pause_ms)
        onset = next(
            (after.start for before, after in pairwise(spoken) if after.start - before.end >= pause // 2), None
        )
        if onset is None or number not in starts:
            found.append(None)
            continue
        onset += starts[number]
        over = next((answer for answer in answers if answer.start < onset < answer.end), None)
        found.append(ms_of(over.end - onset) if over is not None else None)
    return found


def _joined(found: Sequence[Span]) -> list[Span]:
    """Stretches of sound with nothing but short silences inside."""
    whole: list[Span] = []
    for span in found:
        if whole and span.start - whole[-1].end < samples_of(WORD_GAP_MS):
            whole[-1] = Span(start=whole[-1].start, end=span.end)
        else:
            whole.append(span)
    return whole


def _events_of(number: int, events: Sequence[Record]) -> Iterator[Record]:
    """The events between the beginning of file `number` and the next: a file begins only when nothing is going on."""
    current = 0
    for event in events:
        if event["event"] == "file_started":
            current = event["number"]
        elif current == number:
            yield event


def _turn(question: Question, asked: Span, audible: Sequence[Span], events: Sequence[Record]) -> Turn:
    cut_in = any(span.start < asked.end for span in audible)
    latency = next((event for event in reversed(events) if event["event"] == "latency"), None)
    marks: dict[Step, float] = {}
    if latency is not None:
        # The program counts from the end of speech by its gate, which is up to some blocks off the last voiced sample.
        ended = next(
            (each for each in events if each["event"] == "speech_ended" and each["turn"] == latency["turn"]), None
        )
        shift_ms = ended["at_ms"] - ms_of(asked.end) if ended is not None else 0.0
        for step, claim in CLAIMS.items():
            if latency[claim] is not None:
                marks[step] = latency[claim] + shift_ms
    if audible and not cut_in:
        marks["first_sound"] = ms_of(audible[0].start - asked.end)
    return Turn(
        question=question.text,
        heard=" ".join(event["text"] for event in events if event["event"] == "transcript" and event["final"]),
        answer=" ".join(event["text"] for event in events if event["event"] == "spoken"),
        marks_ms=marks,
        claimed_ms=latency["voice_to_voice_ms"] if latency is not None else None,
        speculative=bool(latency is not None and latency["speculative"]),
        cut_in=cut_in,
        answered_whole=_answered_whole(question.clauses, events) if question.clauses else None,
    )


def _answered_whole(clauses: Sequence[str], events: Sequence[Record]) -> bool:
    """Whether an answer that was heard to its end was to a question with all clauses in it.

    Words that were taken down before an earlier answer was heard do not count for a later one: it was given to what came after them. Words
    of which no answer was heard do, or whose answer was withdrawn, since the program puts them before the next.
    """
    asked, withdrawn = "", False
    for event in events:
        if event["event"] == "transcript" and event["final"]:
            asked = f"{asked} {event['text']}"
        elif event["event"] == "interrupted":
            withdrawn = event.get("withdrawn", False)
        elif event["event"] == "spoken" and event["text"]:
            if event["cut"] and withdrawn:
                continue
            if not event["cut"] and all(_holds(asked, clause) for clause in clauses):
                return True
            asked = ""
    return False


def _holds(text: str, clause: str) -> bool:
    wanted, given = _words(clause), set(_words(text))
    return sum(word in given for word in wanted) >= ENOUGH_WORDS * len(wanted)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
