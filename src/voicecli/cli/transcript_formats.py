"""The output formats of `transcribe`: plain lines with times, JSON, and subtitles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from voicecli.app.recording_input import left_out, notes, text_of
from voicecli.pcm import RATE_HZ, ms_of
from voicecli.speech.subtitles import VTT_HEAD, Cue, TimedText, cues_of, srt, vtt

if TYPE_CHECKING:
    from voicecli.audio.sound_reader import SoundReader
    from voicecli.pipeline.recording_transcriber import Written

Form: TypeAlias = Literal["txt", "json", "srt", "vtt"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)


def is_timed(form: Form | None, *, words: bool) -> bool:
    """Whether the times of words are needed."""
    return words or form in {"txt", "srt", "vtt"}


def timed_texts(written: Written) -> list[TimedText]:
    """Returns the words of a passage with their times in the recording."""
    text, at = written.transcription.text, written.passage.from_sample
    return [
        TimedText(
            text=text[word.start : word.end],
            from_ms=ms_of(at + word.from_sample),
            to_ms=ms_of(at + word.to_sample),
            is_joined=word.start > 0 and not text[word.start - 1].isspace(),
        )
        for word in written.words
    ]


class Lines:
    """A format that is written passage by passage.

    Args:
        form: The format.
        words: Whether each word has its time.
    """

    def __init__(self, form: Literal["txt", "srt", "vtt"], *, words: bool) -> None:
        self._form = form
        self._words = words
        self._number = 0

    def head(self) -> str:
        """Returns what comes first."""
        return VTT_HEAD if self._form == "vtt" else ""

    def passage(self, written: Written) -> str:
        """Returns what is written for a passage."""
        if not written.transcription.text:
            return ""
        if self._form == "txt":
            return "".join(self._plain(written))
        return "".join(self._blocks(self._cues(written)))

    def _plain(self, written: Written) -> Iterator[str]:
        words = timed_texts(written)
        if self._words:
            for word in words:
                yield f"{_span(word.from_ms, word.to_ms)} {word.text}\n"
            return
        from_ms, to_ms = spoken_ms(written, words)
        yield f"{_span(from_ms, to_ms)} {written.transcription.text}\n"

    def _cues(self, written: Written) -> list[Cue]:
        words = timed_texts(written)
        if self._words and self._form == "srt":
            return [Cue(from_ms=word.from_ms, to_ms=word.to_ms, words=(word,)) for word in words]
        return cues_of(words, end_ms=ms_of(written.passage.to_sample))

    def _blocks(self, cues: Sequence[Cue]) -> Iterator[str]:
        for cue in cues:
            self._number += 1
            yield srt(self._number, cue) if self._form == "srt" else vtt(cue, words=self._words)


def spoken_ms(written: Written, words: Sequence[TimedText]) -> tuple[float, float]:
    """Returns when speech in a passage begins and ends. The passage has some silence on both sides."""
    if not words:
        return ms_of(written.passage.from_sample), ms_of(written.passage.to_sample)
    return words[0].from_ms, words[-1].to_ms


def _span(from_ms: float, to_ms: float) -> str:
    return f"[{_clock(from_ms)} - {_clock(to_ms)}]"


def _clock(ms: float) -> str:
    minutes, hundredths = divmod(round(ms / 10), 6000)
    return f"{minutes}:{hundredths // 100:02}.{hundredths % 100:02}"


def as_json(name: str, reader: SoundReader, written: Sequence[Written], **besides: object) -> str:
    """Returns the JSON object of one file, in one line. Passages have their words if the times of these are known."""
    return json.dumps({**_record(name, reader, written), **besides}, ensure_ascii=False)


def _record(name: str, reader: SoundReader, written: Sequence[Written]) -> dict[str, object]:
    heard = [each for each in written if each.transcription.text]
    most = max(heard, key=lambda each: len(each.passage.samples), default=written[0] if written else None)
    return {
        "file": name,
        "text": text_of(written),
        "language": most.transcription.language if most is not None else None,
        "language_probability": round(most.transcription.language_probability, 3) if most is not None else 0.0,
        "duration_s": round(reader.read_s, 3),
        "passages": [_passage(each, reader.read_s) for each in heard],
        "left_out": [
            {"from_s": round(from_s, 2), "to_s": round(to_s, 2), "because": because}
            for from_s, to_s, because in left_out(written)
        ],
        "notes": notes(reader, written),
    }


def _passage(written: Written, end_s: float) -> dict[str, object]:
    record: dict[str, object] = {
        "from_s": round(written.passage.from_sample / RATE_HZ, 2),
        "to_s": round(min(written.passage.to_sample / RATE_HZ, end_s), 2),
        "text": written.transcription.text,
        "language": written.transcription.language,
    }
    if written.words:
        record["words"] = [
            {"text": word.text, "from_s": round(word.from_ms / 1000, 2), "to_s": round(word.to_ms / 1000, 2)}
            for word in timed_texts(written)
        ]
    return record
