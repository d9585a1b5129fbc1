"""Hibari: a small American English voice that needs a fraction of Piper's computing (docs/decisions/0030-a-second-voice.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from voicecli.engines.onnx_session import open_session
from voicecli.engines.piper_word_times import sooner
from voicecli.engines.ports import ALONE, IsCancelled, OnWords, SpokenWord, Within
from voicecli.errors import EngineNotInstalled, ModelNotFound, SynthesisFailed, UnknownName
from voicecli.pcm import Float, Pcm, samples_of, silence, to_pcm
from voicecli.speech.pauses import added_ms, punctuated
from voicecli.speech.sentence_chunker import Cut
from voicecli.speech.time_stretch import Stretcher
from voicecli.speech.word_timing import spans

if TYPE_CHECKING:
    from voicecli.engines.onnx_session import Session

MODEL_FILE: Final = "hibari.onnx"
"""The name of the model's file, by which a voice of this engine is told from a Piper voice."""

RATE_HZ: Final = 24_000
SAMPLES_PER_DURATION: Final = 600
"""The model gives durations in units of 25 ms."""

DURATIONS: Final = "/Clip_output_0"
"""The value in the graph that tells how many frames each phoneme takes. It is not an output of the model until it is declared one."""

FIRST_CHUNK_MS: Final = 250.0
LARGEST_CHUNK_MS: Final = 1000.0
"""A sentence is computed at once, in 12 to 29 ms, and handed out in chunks that double in size, because a voice can only be stopped between two."""

QUIET: Final = 0.01
"""Sound below this share of the sentence's peak counts as quiet: -40 dB."""

BEFORE_MS: Final = 30.0
"""Quiet that is left before the first sound. The model makes 250 to 330 ms."""

AFTER_MS: Final = 180.0
"""Quiet after a sentence, as a Piper voice leaves it, so that the pauses between pieces are the same."""

SOFTENED_MS: Final = 4.0
"""How long a sound that is cut out of a sentence rises and falls."""

GAIN: Final = 1.5
"""With it the voice is as loud as the starter voice, within 2 dB (three sentences)."""

FASTEST_OWN_SPEED: Final = 1.0
"""Up to this speed the model itself changes its speed; above it, its sound is stretched, as that of Piper voices."""

WARM_UP_TEXT: Final = "Ready."
PACKAGE: Final = "hibari-tts==0.2.1"

# [text](/phonemes/) is phoneme input for the package. No text of a model may be passed as phonemes.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\[\]]")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is used of the package: its phonemizer with its symbols, and what turns the model's spectrum into sound."""

    phonemes: Callable[[str], list[str]]
    ids: Callable[[str], list[int]]
    sound: Callable[..., Float]
    sentences: Callable[[str], list[str]]


class HibariSpeaker:
    """A hibari voice on the CPU.

    The package would open the model with settings of its own, and download other voices. So only its parts are used, and the model is opened here.

    Args:
        path: The model, or the folder that contains it.
        name: The voice's name for users.
        threads: Threads for one run.
        speaker: None, because a model has one speaker.

    Raises:
        EngineNotInstalled: hibari-tts or onnxruntime cannot be imported.
        ModelNotFound: The model is missing.
        ModelInvalid: It is damaged.
        UnknownName: A speaker was named.
    """

    def __init__(self, path: Path, *, name: str, threads: int, speaker: str | None = None) -> None:
        if speaker is not None:
            raise UnknownName(
                f"The voice {name} has one speaker, so none is called {speaker}.", "Leave the speaker out."
            )
        file = path / MODEL_FILE if path.is_dir() else path
        if not file.is_file():
            raise ModelNotFound(f"The voice {name} is not complete: {file} is missing.", f"voicecli models get {name}")
        self._name = name
        self._parts = _parts(name)
        self._session: Session = open_session(with_durations(file.read_bytes()), threads=threads, what=f"voice {name}")

    @property
    def name(self) -> str:
        """The voice's name for users."""
        return self._name

    @property
    def rate_hz(self) -> int:
        """Rate of what `speak` yields."""
        return RATE_HZ

    @property
    def language(self) -> str:
        """American English."""
        return "en-us"

    def warm_up(self) -> None:
        """Synthesizes a word and discards it. The first time takes half a second, most of it for the package's tables."""
        for _ in self.speak(WARM_UP_TEXT, is_cancelled=lambda: False):
            pass

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        """Synthesizes `text`; see `Voice.speak`. A cancellation takes effect between chunks."""
        # The length does not change, so that offsets stay valid.
        text = punctuated(_UNSPEAKABLE.sub(" ", text))
        if not any(character.isalnum() for character in text):
            return
        try:
            own = min(speed, FASTEST_OWN_SPEED)
            stretcher = Stretcher(speed / own, RATE_HZ)
            tell = sooner(on_words, speed / own)
            given = 0
            for sound, words in self._sentences(text, own, within, is_cancelled):
                if tell is not None and words:
                    tell([_later(word, given) for word in words])
                for chunk in _chunks(sound):
                    if is_cancelled():
                        return
                    given += len(chunk)
                    if len(stretched := stretcher.feed(chunk)):
                        yield stretched
            if not is_cancelled() and len(rest := stretcher.finish()):
                yield rest
        except (SynthesisFailed, GeneratorExit):
            raise
        except Exception as error:  # onnxruntime and the package raise many kinds without another common base class
            raise SynthesisFailed(f"The voice {self._name} failed on a sentence.") from error

    def _sentences(
        self, text: str, speed: float, within: Within, is_cancelled: IsCancelled
    ) -> Iterator[tuple[Pcm, list[SpokenWord]]]:
        """Yields the sound of each sentence, pauses between them included, and its words with offsets into `text`."""
        pieces = [piece for piece in self._parts.sentences(text) if piece.strip()]
        cursor = 0
        for number, piece in enumerate(pieces):
            if is_cancelled():
                return
            start = max(0, text.find(piece, cursor))
            cursor = start + len(piece)
            last = number == len(pieces) - 1
            goes_on = within.goes_on and last
            said = f"{piece}," if goes_on else piece  # with a comma the tone does not fall to the end
            sound, lasting, phonemes = self._say(said, speed)
            begin, end = edges(sound, joined=within.joined and number == 0, goes_on=goes_on)
            words = _words(piece, start, phonemes, lasting, (begin, end)) if end > begin else []
            pcm = self._finished(sound[begin:end], rises=begin > 0, falls=end < len(sound))
            pause = 0 if last else samples_of(added_ms(Cut.SENTENCE, piece), RATE_HZ)
            yield np.concatenate([pcm, silence(pause)]), words

    def _say(self, text: str, speed: float) -> tuple[Float, NDArray[np.int64], str]:
        """Returns the sound of one sentence, how many samples each of its phonemes takes, and the phonemes."""
        sounds: list[Float] = []
        lasting: list[NDArray[np.int64]] = []
        every = self._parts.phonemes(text)
        for phonemes in every:
            ids = np.array([self._parts.ids(phonemes)], dtype=np.int64)
            inputs: dict[str, NDArray[np.generic]] = {"ids": ids, "speed": np.array([speed], dtype=np.float32)}
            *spectrum, durations = self._session.run(None, inputs)
            sounds.append(self._parts.sound(*(each[0] for each in spectrum), np.random.default_rng(0)))
            lasting.append(durations.ravel().astype(np.int64) * SAMPLES_PER_DURATION)
        if not sounds:
            return np.zeros(0, np.float32), np.zeros(0, np.int64), ""
        # With one phoneme a character, and one for each edge, the durations tell where each word is.
        whole = len(every) == 1 and len(lasting[0]) == len(every[0]) + 2
        return np.concatenate(sounds), lasting[0] if whole else np.zeros(0, np.int64), every[0] if whole else ""

    def _finished(self, sound: Float, *, rises: bool, falls: bool) -> Pcm:
        if not np.isfinite(sound).all():
            raise SynthesisFailed(f"The voice {self._name} made something that is no sound.")
        sound = sound * np.float32(GAIN)
        steps = min(samples_of(SOFTENED_MS, RATE_HZ), len(sound))
        ramp = np.linspace(0.0, 1.0, steps, dtype=np.float32)
        if rises and steps:
            sound[:steps] *= ramp
        if falls and steps:
            sound[-steps:] *= ramp[::-1]
        return to_pcm(sound)


def with_durations(model: bytes) -> bytes:
    """Returns the model with the durations of the phonemes as a further output.

    The fields of a message that occur twice are merged, so that a few bytes behind the model declare it.
    """
    name = DURATIONS.encode()
    output = bytes([0x0A, len(name)]) + name
    graph = bytes([0x62, len(output)]) + output
    return model + bytes([0x3A, len(graph)]) + graph


def edges(sound: Float, *, joined: bool, goes_on: bool) -> tuple[int, int]:
    """Returns where the sound of a sentence begins and ends without most of the quiet around it.

    Args:
        sound: Shape (n,).
        joined: Whether it follows the words before it without a pause.
        goes_on: Whether the words after it follow without a pause.
    """
    loud = np.flatnonzero(np.abs(sound) > QUIET * np.abs(sound).max(initial=0.0))
    if not loud.size:
        return 0, 0
    before, after = 0.0 if joined else BEFORE_MS, 0.0 if goes_on else AFTER_MS
    begin = max(0, int(loud[0]) - samples_of(before, RATE_HZ))
    return begin, min(len(sound), int(loud[-1]) + 1 + samples_of(after, RATE_HZ))


def _words(text: str, start: int, phonemes: str, lasting: NDArray[np.int64], kept: tuple[int, int]) -> list[SpokenWord]:
    """Returns when the words of a sentence are heard, counted from the beginning of its kept sound.

    The phonemes of the words are separated by spaces. Where there are as many of them as words, the durations tell the times. Where there are not,
    because a number is read as several words, each word gets its share by its length.
    """
    found = spans(text)
    begin, end = kept
    edges_at = np.concatenate([[0], np.cumsum(lasting)])
    if len(lasting) and len(phonemes.split()) == len(found):
        said = re.finditer(r"\S+", phonemes)
        times = [(int(edges_at[each.start() + 1]), int(edges_at[each.end() + 1])) for each in said]
    else:
        lengths = np.array([stop - first for first, stop in found], dtype=float)
        shares = begin + np.concatenate([[0.0], np.cumsum(lengths)]) / max(1.0, lengths.sum()) * (end - begin)
        times = [(int(first), int(stop)) for first, stop in pairwise(shares)]
    at = [(min(max(first, begin), end) - begin, min(max(stop, begin), end) - begin) for first, stop in times]
    return [
        SpokenWord(start=start + first, end=start + stop, from_sample=from_sample, to_sample=to_sample)
        for (first, stop), (from_sample, to_sample) in zip(found, at, strict=True)
    ]


def _later(word: SpokenWord, samples: int) -> SpokenWord:
    return SpokenWord(
        start=word.start,
        end=word.end,
        from_sample=word.from_sample + samples,
        to_sample=word.to_sample + samples,
    )


def _chunks(sound: Pcm) -> Iterator[Pcm]:
    size, largest = samples_of(FIRST_CHUNK_MS, RATE_HZ), samples_of(LARGEST_CHUNK_MS, RATE_HZ)
    start = 0
    while start < len(sound):
        yield sound[start : start + size]
        start, size = start + size, min(size * 2, largest)


def _parts(name: str) -> _Parts:
    """Imports the package and reads its tables."""
    try:
        from hibari import dsp
        from hibari.g2p import G2P
        from hibari.g2p.oov import OOV
        from hibari.tts import ASSETS, Hibari
    except ImportError as error:
        raise EngineNotInstalled(
            f"The package of the voice {name} is not installed.", f"pip install {PACKAGE}"
        ) from error
    assets = Path(ASSETS)
    session = open_session(assets / "oov.onnx", threads=1, what=f"pronunciation of the voice {name}")
    package = object.__new__(Hibari)  # its constructor would open the model with settings of its own
    try:
        package.vocab = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
        package._g2p = G2P(oov=OOV(session=session))
    except Exception as error:  # its files are missing or damaged, which it finds out in many ways
        reinstall = f"pip install --force-reinstall {PACKAGE}"
        raise EngineNotInstalled(f"The package of the voice {name} is damaged.", reinstall) from error
    sentences: Callable[[Sequence[str] | str], list[str]] = Hibari.split_sentences
    return _Parts(phonemes=package.phonemize, ids=package.ids, sound=dsp.synth, sentences=sentences)
