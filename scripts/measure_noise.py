"""Measures what the listening side makes of sound that is not meant for it, and of speech in such sound.

    python scripts/measure_noise.py                         ten minutes of each sound at each level, then speech in noise
    python scripts/measure_noise.py --minutes 1 --only keys melody
    python scripts/measure_noise.py --speech DIR            recordings as the television, instead of the installed voice

The television comes after a person has asked something, since it is told from that person by its loudness, and behind the sentences like every sound.

Sounds are made by `noises.py` and go, faster than real time, through the real listening stage with webrtcvad and Silero as `voicecli chat` is
configured without a configuration file; what begins is written down at every pause by the real recogniser behind its real gate of believable
text, and waited for as the conversation does, by the text and without the turn model. Recognition takes no time here, on a clock of samples.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.words import word_error_rate
from noises import MAKERS, Maker, Sound, at_level, loudness, loudness_of_speech, softened
from speech_fixtures import speak
from voicecli.app import engine_setup
from voicecli.audio.sound_files import SUFFIXES, read_audio
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.ports import Transcriber, Transcription
from voicecli.messages import MicrophoneBlock, TranscribeJob
from voicecli.models.store import ModelStore
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks, ms_of, samples_of, to_float
from voicecli.pipeline.listen import EndAfter, KnowVoice, Listen
from voicecli.pipeline.stages import Transcribe
from voicecli.speech.background_voice import BackgroundVoiceConfig
from voicecli.speech.endpoint import Evidence, Patience, wait
from voicecli.speech.utterance_segmenter import (
    Segment,
    SegmenterConfig,
    SpeechDiscarded,
    SpeechEnded,
    SpeechPaused,
    SpeechStarted,
    Utterance,
)
from voicecli.speech.voice_gate import GateConfig
from voicecli.turn import Turn

LEVELS_DBFS: Final = (-55.0, -45.0, -35.0, -25.0)
SNRS_DB: Final = (20.0, 10.0, 5.0, 0.0)
SPEECH_DBFS: Final = -28.0
"""Somebody at a desk."""
BELOW_DB: Final = (24.0, 20.0, 16.0, 12.0, 8.0)
"""How much softer than that person a television is."""
CONTEXT: Final = "What is the capital of France? The capital of France is Paris."
"""What was said before, which the recogniser is told, as in a conversation."""
SENTENCES: Final = (
    "What is the capital of France?",
    "How many days are there in a week?",
    "Name a fruit that is yellow.",
    "What is the opposite of hot?",
    "Turn off the lights in the kitchen.",
    "Remind me to call my mother tomorrow.",
    "How far away is the moon?",
    "Tell me a short joke about cats.",
    "Where can I buy bread and butter?",
    "How do I make a cup of tea?",
)
"""What is said in noise: sentences that are written in one way only."""
ROOM: Final = ("silence", "pink noise", "white noise", "hum 50 Hz", "keys", "chords", "television")
"""The sounds that speech is put into."""
GAP_S: Final = 3.0
"""Nothing is said for so long between two sentences; an utterance that is not over by then has been kept open."""
RIGHT: Final = 0.2
"""The most words that may be wrong in a sentence that counts as understood."""
CHUNK_S: Final = 60
NEWS: Final = (
    "Good evening and welcome to the news at eight.",
    "The government announced on Monday that trains will become cheaper next year.",
    "Experts expect that it is going to rain in most parts of the country.",
    "She opened the door, looked at him for a long time, and said nothing at all.",
    "And now for something completely different, our report about whales in the north.",
    "You should never have come here, he whispered, and turned off the light.",
)
"""What the television says when no recordings are given."""


@dataclass
class Let:
    """What one sound at one level brought about."""

    sound: str
    dbfs: float
    minutes: float = 0.0
    begun: int = 0
    discarded: int = 0
    believed: int = 0
    open_s: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass
class Found:
    """How sentences fared in one sound."""

    sound: str
    snr_db: float
    said: int = 0
    found: int = 0
    ended: int = 0
    understood: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A fact about speech, and the end of the block after which it was told."""

    segment: Segment
    now_sample: int
    text: str | None = None


class Ear:
    """The listening stage with what the conversation does about pauses, in step with the samples.

    Args:
        transcriber: None to do without words: every silence is then waited out as when nothing is known.
        foreground: Which voices are too soft to be meant.
    """

    def __init__(self, transcriber: Transcriber | None, foreground: BackgroundVoiceConfig | None = None) -> None:
        first, confirming = engine_setup.detectors()
        self._listen = Listen(
            first_stage=first,
            confirming=confirming,
            gate=GateConfig(),
            segmenter=SegmenterConfig(),
            foreground=foreground,
        )
        self._transcribe = Transcribe(transcriber) if transcriber is not None else None
        self._known: dict[int, Transcription] = {}
        self._pauses = 0

    def hear(self, sound: Pcm, first_sample: int = 0) -> Iterator[Happening]:
        """Everything that happens while `sound` is heard."""
        for index, block in enumerate(blocks(sound)):
            at = first_sample + index * BLOCK_SAMPLES
            for result in self._listen(MicrophoneBlock(samples=block, first_sample=at)):
                segment = getattr(result, "segment", None)
                if segment is not None:
                    yield Happening(segment=segment, now_sample=at + BLOCK_SAMPLES, text=self._text(segment))

    def _text(self, segment: Segment) -> str | None:
        match segment:
            case SpeechStarted():
                self._pauses = 0
            case SpeechPaused() if self._transcribe is not None:
                heard = self._words(segment.utterance)
                said = Evidence(text=heard.text, language=heard.language, pauses_before=self._pauses)
                self._pauses += 1
                silence_ms = wait(said, Patience()).ms
                self._listen.order(
                    EndAfter(silence_ms=silence_ms, speech_end_sample=segment.utterance.speech_end_sample)
                )
            case SpeechEnded() if self._transcribe is not None:
                text = self._words(segment.utterance).text
                if text:
                    self._listen.order(KnowVoice())
                return text
            case _:
                pass
        return None

    def _words(self, utterance: Utterance) -> Transcription:
        """What was said in it, asked once."""
        assert self._transcribe is not None  # noqa: S101 - the callers have looked
        if utterance.now_sample not in self._known:
            job = TranscribeJob(turn=Turn(1, 1), utterance=utterance, language=None, context=CONTEXT)
            self._known = {utterance.now_sample: next(self._transcribe(job)).transcription}
        return self._known[utterance.now_sample]


def let_through(name: str, dbfs: float, sounds: Iterator[Pcm], ear: Ear, asked: Pcm | None = None) -> Let:
    """Listens to sound that is not meant for it; after a person has `asked` something, if given."""
    figures = Let(sound=name, dbfs=dbfs)
    at = 0
    if asked is not None:
        heard = [happening.text for happening in ear.hear(asked)]
        assert any(heard), "the question was not heard"  # noqa: S101 - there is nothing to measure then
        at = before = len(asked)
    else:
        before = 0
    began: int | None = None
    for sound in sounds:
        for happening in ear.hear(sound, at):
            match happening.segment:
                case SpeechStarted(at_sample=began):
                    figures.begun += 1
                case SpeechDiscarded() | SpeechEnded():
                    figures.open_s.append(ms_of(happening.now_sample - (began or 0)) / 1000)
                    figures.discarded += isinstance(happening.segment, SpeechDiscarded)
                    began = None
                    if happening.text:
                        figures.believed += 1
                        figures.texts.append(happening.text)
                case _:
                    pass
        at += len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES
    if began is not None:
        figures.open_s.append(ms_of(at - began) / 1000)  # and still open
    figures.minutes = ms_of(at - before) / 60_000
    return figures


def chunks(name: str, dbfs: float, minutes: float, seed: int) -> Iterator[Pcm]:
    """One of the sounds, a minute at a time."""
    for number in range(max(1, round(minutes * 60 / CHUNK_S))):
        n = round(min(CHUNK_S, minutes * 60) * RATE_HZ)
        yield at_level(MAKERS[name](n, np.random.default_rng(seed + number)), dbfs, seed + number)


def television(clips: Sequence[Pcm], dbfs: float, minutes: float, seed: int) -> Iterator[Pcm]:
    """Speech that is not meant for the assistant, out of another room."""
    rng = np.random.default_rng(seed)
    heard, wanted = 0, round(minutes * 60 * RATE_HZ)
    while heard < wanted:
        clip = to_float(clips[int(rng.integers(len(clips)))]).astype(np.float64)
        pause = np.zeros(round(rng.uniform(0.2, 1.5) * RATE_HZ))
        whole = np.concatenate([clip, pause])
        whole = whole[: len(whole) // BLOCK_SAMPLES * BLOCK_SAMPLES]
        heard += len(whole)
        yield at_level(softened(whole), dbfs, seed + heard)


def behind(clips: Sequence[Pcm]) -> Maker:
    """A television that goes on behind somebody."""

    def make(n: int, rng: np.random.Generator) -> Sound:
        parts = television(clips, SPEECH_DBFS, n / RATE_HZ / 60, int(rng.integers(1000)))
        return np.concatenate([to_float(part).astype(np.float64) for part in parts])[:n]

    return make


def question(sound: Pcm) -> Pcm:
    """Somebody at a desk asks something, and waits."""
    said = to_float(sound).astype(np.float64)
    said *= 10 ** (SPEECH_DBFS / 20) / loudness_of_speech(said)
    whole = np.concatenate([np.zeros(RATE_HZ), said, np.zeros(3 * RATE_HZ)])
    whole = whole[: len(whole) // BLOCK_SAMPLES * BLOCK_SAMPLES]
    return at_level(whole, 20 * np.log10(loudness(whole)))


def in_noise(name: str, snr_db: float, spoken: Sequence[tuple[str, Pcm]], ear: Ear, maker: Maker) -> Found:
    """Sentences with `name` going on behind them; the noise is there before and after them.

    The ratio is that of what is sounded of the speech to the loudest tenth of the noise.
    """
    figures = Found(sound=name, snr_db=snr_db)
    gap = np.zeros(round(GAP_S * RATE_HZ))
    parts: list[Sound] = [gap]
    spans: list[tuple[int, int]] = []
    for _, sound in spoken:
        said = to_float(sound).astype(np.float64)
        start = sum(len(part) for part in parts)
        parts += [said * 10 ** (SPEECH_DBFS / 20) / loudness_of_speech(said), gap]
        spans.append((start, start + len(said)))
    speech = np.concatenate(parts)
    noise = maker(len(speech), np.random.default_rng(1))
    if (loud := loudness(noise)) > 0:
        noise *= 10 ** ((SPEECH_DBFS - snr_db) / 20) / loud
    mixed = at_level(speech + noise, 20 * np.log10(loudness(speech + noise)))
    happenings = list(ear.hear(mixed))
    slack = samples_of(300)
    for (text, _), (start, end) in zip(spoken, spans, strict=True):
        figures.said += 1
        begun = [h.segment.at_sample for h in happenings if isinstance(h.segment, SpeechStarted)]
        over = [h for h in happenings if isinstance(h.segment, SpeechEnded) and start < h.now_sample]
        mine = [h for h in over if h.now_sample <= end + samples_of(GAP_S * 1000)]
        figures.found += any(start - slack <= at < end for at in begun) and bool(over)
        figures.ended += bool(mine)
        heard = " ".join(h.text for h in mine if h.text)
        figures.understood += bool(heard) and word_error_rate(text, heard) <= RIGHT
    return figures


def recordings(folder: Path) -> list[Pcm]:
    """All sound files of a folder, by name."""
    return [read_audio(path)[0] for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]


def table_of_sounds(rows: Sequence[Let]) -> list[str]:
    """In words."""
    lines = [
        "| sound | dBFS | minutes | utterances begun | discarded | turns opened | open, median s | longest s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        middle = f"{statistics.median(row.open_s):.1f}" if row.open_s else ""
        longest = f"{max(row.open_s):.1f}" if row.open_s else ""
        lines.append(
            f"| {row.sound} | {row.dbfs:.0f} | {row.minutes:.0f} | {row.begun} | {row.discarded} | {row.believed} | {middle} | {longest} |"
        )
    return lines


def table_of_speech(rows: Sequence[Found]) -> list[str]:
    """In words."""
    lines = [
        "| sound behind it | SNR dB | sentences | found | ended in time | understood |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.sound} | {row.snr_db:.0f} | {row.said} | {row.found} | {row.ended} | {row.understood} |"
        for row in rows
    ]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="of each sound at each level")
    parser.add_argument("--only", nargs="+", choices=[*MAKERS, "television"], help="these sounds, also behind speech")
    parser.add_argument("--speech", type=Path, help="recordings for the television")
    parser.add_argument(
        "--background-db", type=float, default=BackgroundVoiceConfig().below_db, help="0: every voice counts"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", action="store_true", help="print what was believed")
    parser.add_argument("--no-speech-in-noise", action="store_true", help="leave the second part out")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args(arguments)
    store = ModelStore.default()
    model = store.resolve("stt")
    transcriber = FasterWhisperTranscriber(model.path, name=model.name, device="cpu", threads=2)
    foreground = BackgroundVoiceConfig(below_db=options.background_db)

    def ear() -> Ear:
        return Ear(transcriber, foreground)

    wanted = options.only or [*MAKERS, "television"]
    with tempfile.TemporaryDirectory() as folder:
        said = [read_audio(path)[0] for path in speak([*SENTENCES, *NEWS], Path(folder))]
    clips = recordings(options.speech) if options.speech else said[len(SENTENCES) :]
    rows: list[Let] = []
    for name in wanted:
        far = tuple(SPEECH_DBFS - below_db for below_db in BELOW_DB)
        levels = {"silence": LEVELS_DBFS[:1], "television": far}.get(name, LEVELS_DBFS)
        for dbfs in levels:
            if name == "television":
                sounds = television(clips, dbfs, options.minutes, options.seed)
                rows.append(let_through(name, dbfs, sounds, ear(), question(said[0])))
            else:
                sounds = chunks(name, dbfs, options.minutes, options.seed)
                rows.append(let_through(name, dbfs, sounds, ear()))
            print(table_of_sounds(rows)[-1], file=sys.stderr)
    found: list[Found] = []
    if not options.no_speech_in_noise:
        spoken = list(zip(SENTENCES, said, strict=False))
        for name in options.only or ROOM:
            snrs_db = {"silence": (math.inf,), "television": BELOW_DB}.get(name, SNRS_DB)
            maker = behind(clips) if name == "television" else MAKERS[name]
            for snr_db in snrs_db:
                found.append(in_noise(name, snr_db, spoken, ear(), maker))
                print(table_of_speech(found)[-1], file=sys.stderr)
    print("\n".join(table_of_sounds(rows)))
    if found:
        print("\n".join(["", *table_of_speech(found)]))
    if options.texts:
        print("\n".join(f"{row.sound} {row.dbfs:.0f}: {text}" for row in rows for text in row.texts))
    if options.json:
        figures = {"sounds": [asdict(row) for row in rows], "speech": [asdict(row) for row in found]}
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
