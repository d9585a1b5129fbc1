"""Measures each turn of a conversation in files, from the sound given to the microphone and the sound sent to the speaker.

Both files share one clock, and the events give the time at which each question began. The last voiced sample of a question and the first
audible sample of its answer can therefore be compared without relying on the program's own times. Those are shifted to the same origin.
Files leave out the delay of the sound card: a block of 20 ms at the input, and the buffer of its driver at the output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from voicecli.bench.questions import Question
from voicecli.bench.records import Claim, Record
from voicecli.bench.voiced_spans import Span, spans, voiced
from voicecli.errors import AudioError
from voicecli.pcm import Pcm, ms_of, samples_of

Step: TypeAlias = Literal["endpoint", "transcript", "first_token", "first_audio", "first_sound"]

CLAIMS: dict[Step, Claim] = {
    "endpoint": "endpoint_ms",
    "transcript": "stt_ms",
    "first_token": "first_token_ms",
    "first_audio": "first_audio_ms",
}
"""Steps whose times only the program knows, and their names in its `latency` event. The last step is measured in the sound."""

ENOUGH_WORDS = 0.6
"""Share of a clause's words that the transcript must contain for the clause to count. Recognisers mistake words, but do not lose half a clause."""


WORD_GAP_MS = 300
"""A silence shorter than this is part of an answer, such as a stop consonant or a comma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The measurements of one question.

    Attributes:
        question: Its words, or the name of its file.
        heard: What the program recognised of it, all attempts joined.
        answer: The part of the answers that was played.
        marks_ms: Time from the last voiced sample of the question to each known step. `first_sound`, the voice-to-voice latency, is the first
            audible sample of the answer. It is missing if nothing was audible or an answer began too early.
        claimed_ms: Voice-to-voice latency as the program reports it, from its own end of speech to the first sample it passed on.
        speculative: Whether the answer was started before the endpoint.
        cut_in: Whether an answer was audible before the question was finished.
        overlap_ms: For how long both spoke at the same time.
        answered_whole: Whether an answer to all clauses of the question was played to its end; None if the words are not known.
    """

    question: str
    heard: str
    answer: str
    marks_ms: dict[Step, float]
    claimed_ms: float | None
    speculative: bool
    cut_in: bool
    overlap_ms: float
    answered_whole: bool | None

    @property
    def voice_to_voice_ms(self) -> float | None:
        """From the last voiced sample of the question to the first audible sample of the answer."""
        return self.marks_ms.get("first_sound")


def turns(questions: Sequence[Question], sounds: Sequence[Pcm], events: Sequence[Record], speaker: Pcm) -> list[Turn]:
    """Measures a conversation.

    Args:
        questions: The questions, in the order in which the microphone got them.
        sounds: Their sound as the microphone got it, each shape (n,) at 16 kHz.
        events: All events that `chat --json` printed.
        speaker: The sound sent to the speaker, shape (n,) at 16 kHz.

    Returns:
        One turn per question.

    Raises:
        AudioError: The events do not give the beginning of each question, or a question is silent.
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
        said = [Span(start=starts[number] + each.start, end=starts[number] + each.end) for each in spans(sound)]
        found.append(_turn(question, asked, within, list(_events_of(number, events)), overlap_ms(said, within)))
    return found


def overlap_ms(said: Sequence[Span], answered: Sequence[Span]) -> float:
    """Returns for how long both sides sounded at the same time."""
    both = (min(mine.end, yours.end) - max(mine.start, yours.start) for mine in said for yours in answered)
    return ms_of(sum(max(0, samples) for samples in both))


def stops_ms(
    questions: Sequence[Question], sounds: Sequence[Pcm], events: Sequence[Record], speaker: Pcm
) -> list[float | None]:
    """Measures how long answers kept playing after a person began to talk over them.

    Args:
        questions: Questions of two clauses, the second spoken during the answer to the first. In the order of `turns`.
        sounds: Their sound.
        events: All events that `chat --json` printed.
        speaker: The sound sent to the speaker.

    Returns:
        Time from the first voiced sample of the second clause to the last audible sample of the answer, in ms; None if no answer was playing.
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
    """Joins spans that are separated only by short silences."""
    whole: list[Span] = []
    for span in found:
        if whole and span.start - whole[-1].end < samples_of(WORD_GAP_MS):
            whole[-1] = Span(start=whole[-1].start, end=span.end)
        else:
            whole.append(span)
    return whole


def _events_of(number: int, events: Sequence[Record]) -> Iterator[Record]:
    """The events between the beginning of file `number` and that of the next. A file begins only when the session is idle."""
    current = 0
    for event in events:
        if event["event"] == "file_started":
            current = event["number"]
        elif current == number:
            yield event


def _turn(
    question: Question, asked: Span, audible: Sequence[Span], events: Sequence[Record], both_spoke_ms: float
) -> Turn:
    cut_in = any(span.start < asked.end for span in audible)
    latency = next((event for event in reversed(events) if event["event"] == "latency"), None)
    marks: dict[Step, float] = {}
    if latency is not None:
        # The program counts from the end of speech at its gate, which can be several blocks off the last voiced sample.
        ended = next(
            (each for each in events if each["event"] == "speech_ended" and each["turn"] == latency["turn"]), None
        )
        shift_ms = ended["at_ms"] - ms_of(asked.end) if ended is not None else 0.0
        for step, claim in CLAIMS.items():
            if (claimed_ms := latency[claim]) is not None:
                marks[step] = claimed_ms + shift_ms
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
        overlap_ms=both_spoke_ms,
        answered_whole=_answered_whole(question.clauses, events) if question.clauses else None,
    )


def _answered_whole(clauses: Sequence[str], events: Sequence[Record]) -> bool:
    """Whether an answer that was played to its end belonged to a question with all clauses in it.

    Words recognised before an earlier answer was played do not count for a later one, which answers only what came after them. Words do count
    if no answer to them was played or it was withdrawn, since the program puts them before the next question.
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
