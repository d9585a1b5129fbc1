"""Piper: text to speech, sounding before the sentence is finished."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voicecli.engines.memory import give_back
from voicecli.engines.onnx_session import open_session
from voicecli.engines.piper_graph import NotCuttableError, cut
from voicecli.engines.ports import IsCancelled, OnWords, SpokenWord
from voicecli.engines.word_alignment import heard_from, id_positions, phoneme_spans
from voicecli.errors import DAMAGED, EngineNotInstalled, ModelInvalid, ModelNotFound, SynthesisFailed, UnknownName
from voicecli.offline.environment import silence_telemetry
from voicecli.pcm import Float, Pcm, to_pcm
from voicecli.speech.said import in_order, spans
from voicecli.speech.stretch import Stretcher

if TYPE_CHECKING:
    from voicecli.engines.onnx_session import Session

    Latent = NDArray[np.float32]
    Timed = Callable[[NDArray[np.float32], int], None]

FIRST_CHUNK_FRAMES = 20
"""0.23 s of sound at 22.05 kHz: little work before the first sound, and enough to play while the next chunk is made."""

LARGEST_CHUNK_FRAMES = 320
"""Chunks double up to this: larger ones save no more time, and between two of them a voice can be stopped."""

CONTEXT_FRAMES = 14
"""What the decoder has to see on both sides of a chunk for its sound to be the same as in one piece.

Counted from the reach of its convolutions, in frames: 3 for the first one, then per stage half of (kernel - 1) times the sum of the
dilations, divided by how much the stage has been stretched. Voices of medium quality reach 10 frames, those of high quality 13.
"""

GAIN = 1.4
"""Voices peak near 0.6. A gain per sentence, as Piper's own, would make loudness jump between the pieces of an answer."""

NUMBERS_BEFORE = 2
"""What Piper puts before the first phoneme of a sentence: a sign for its beginning, and padding."""

PADS_PER_PHONEME = 1
"""What it puts behind every phoneme; at the end of all there is one more sign."""

FASTEST_OWN_SPEED = 1.0
"""Up to this a voice itself changes its speed; above, its sound is stretched. A voice that is driven faster runs its sounds into one another
(docs/decisions/0015-speed-by-stretching.md)."""

STRETCHABLE = 0.77
"""Which part of a sentence's length follows `length_scale`. The rest does not: every number of the input lasts whole frames, and at least one, so
that joe at a scale of 1/2 speaks 1.6 times as fast, and at 1/3 twice (three texts, three times each)."""

WARM_UP_TEXT = "Ready."
SPOKEN_KINDS = frozenset({"espeak", "text"})
"""The ways to phonemes that need nothing besides the voice; the others fetch models from the network when first used."""

_LANGUAGES = {"cmn": "zh", "cmn-latn-pinyin": "zh", "nb": "no"}

WORDS_REMEMBERED = 4096
"""How many words are kept as phonemes; asking espeak-ng takes 0.2 ms a word."""

# Piper takes what stands in double brackets for phonemes; no text of a model may reach that.
_BRACKETS = re.compile(r"\[{2,}|\]{2,}")
# Control characters end a C string, half surrogates are not text at all.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class PiperSpeaker:
    """A Piper voice (VITS) on the CPU.

    The first sound of a sentence needs the encoder and a small piece of the decoder, not the whole (docs/decisions/0005-voice-in-chunks.md).
    A voice whose graph cannot be cut is run sentence by sentence.

    Args:
        path: The .onnx file, with its .onnx.json beside it, or a folder that holds one.
        name: The voice, in words for a user.
        threads: Threads for one run.
        speaker: Name or number of a speaker, for voices that have several; None for the first.

    Raises:
        EngineNotInstalled: piper-tts or onnxruntime cannot be imported.
        ModelNotFound: The voice or its description is missing.
        ModelInvalid: It is damaged, or needs files that would have to be fetched.
        UnknownName: It has no such speaker.
    """

    def __init__(self, path: Path, *, name: str, threads: int, speaker: str | None = None) -> None:
        self._name = name
        path = _voice_file(path, name)
        self._phonemes = _phonemizer(path, name)
        self._config = self._phonemes.config
        self._speaker = self._speaker_number(speaker)
        self._whole: Session | None = None
        self._alone: dict[str, list[str]] = {}
        what = f"voice {name}"
        try:
            halves = cut(path.read_bytes())
        except NotCuttableError:
            self._whole = open_session(path, threads=threads, what=what)
            return
        self._encoder = open_session(halves.encoder, threads=threads, what=what)
        self._decoder = open_session(halves.decoder, threads=threads, what=what)
        self._encoder_gives = [name for name in (halves.latent, halves.durations) if name is not None]
        self._latent = halves.latent
        self._decoder_inputs = halves.decoder_inputs

    def __del__(self) -> None:
        # Its models go first, so that their memory can be given back.
        self.__dict__.clear()
        if not sys.is_finalizing():
            give_back()

    @property
    def name(self) -> str:
        """The voice, in words for a user."""
        return self._name

    @property
    def rate_hz(self) -> int:
        """Rate of what `speak` yields; most voices have 22050."""
        return int(self._config.sample_rate)

    @property
    def language(self) -> str:
        """What it speaks, as espeak-ng calls it, but Chinese by its usual code."""
        return _LANGUAGES.get(str(self._config.espeak_voice), str(self._config.espeak_voice))

    def warm_up(self) -> None:
        """Says a word to nobody."""
        for _ in self.speak(WARM_UP_TEXT, is_cancelled=lambda: False):
            pass

    def speak(
        self, text: str, *, is_cancelled: IsCancelled, on_words: OnWords | None = None, speed: float = 1.0
    ) -> Iterator[Pcm]:
        """Says `text`; see `Voice.speak`. Cancelling takes effect between chunks; words are told of once the first chunk was taken."""
        # As long as before, so that places in it are places in what was asked for.
        text = _UNSPEAKABLE.sub(" ", _BRACKETS.sub(lambda found: " " * len(found[0]), text))
        if not any(character.isalnum() for character in text):
            return
        try:
            sentences = [phonemes for phonemes in self._phonemes.phonemize(text) if phonemes]
            pace = _pace(speed)
            stretcher = Stretcher(pace.stretch, self.rate_hz)
            told = _sooner(on_words, pace.stretch)
            words = _Words(text, sentences, self._phonemes_alone, self._config.phoneme_id_map, told)
            for number, phonemes in enumerate(sentences):
                if is_cancelled():
                    return
                ids = self._phonemes.phonemes_to_ids(phonemes)
                for sound in self._say(ids, pace.length, is_cancelled, words.of(number)):
                    words.samples += len(sound)
                    if len(stretched := stretcher.feed(sound)):
                        yield stretched
            if not is_cancelled() and len(rest := stretcher.finish()):
                yield rest
        except (SynthesisFailed, GeneratorExit):
            raise
        except Exception as error:  # onnxruntime and espeak raise many kinds that share no base class but this one
            raise SynthesisFailed(f"The voice {self._name} failed on a sentence.") from error

    def _say(self, ids: list[int], length: float, is_cancelled: IsCancelled, timed: Timed) -> Iterator[Pcm]:
        inputs = self._inputs(ids, length)
        if self._whole is not None:
            yield self._finished(self._whole.run(None, inputs)[0])
            return
        latent, *durations = self._encoder.run(self._encoder_gives, inputs)
        extra = {key: inputs[key] for key in self._decoder_inputs}
        frames = latent.shape[-1]
        start, size = 0, FIRST_CHUNK_FRAMES
        while start < frames and not is_cancelled():
            end = min(start + size, frames)
            sound = self._decode(latent, start, end, extra)
            yield self._finished(sound)
            if durations and not start and durations[0].size == len(ids) and round(durations[0].sum()) == frames:
                timed(durations[0].ravel(), len(sound) // end)
            start, size = end, min(size * 2, LARGEST_CHUNK_FRAMES)

    def _decode(self, latent: Latent, start: int, end: int, extra: dict[str, NDArray[Any]]) -> Float:
        """The sound of the frames from `start` to `end`: made with their neighbours, which are then cut off again."""
        first, last = max(0, start - CONTEXT_FRAMES), min(latent.shape[-1], end + CONTEXT_FRAMES)
        sound: Float = self._decoder.run(None, {self._latent: latent[:, :, first:last], **extra})[0].ravel()
        hop = len(sound) // (last - first)
        return sound[(start - first) * hop : (end - first) * hop]

    def _phonemes_alone(self, word: str) -> list[str]:
        """The phonemes of a word that is said alone."""
        found = self._alone.get(word)
        if found is None:
            if len(self._alone) >= WORDS_REMEMBERED:
                self._alone.clear()
            found = self._alone[word] = [phoneme for part in self._phonemes.phonemize(word) for phoneme in part]
        return found

    def _inputs(self, ids: list[int], length: float) -> dict[str, NDArray[Any]]:
        config = self._config
        scales = [config.noise_scale, config.length_scale * length, config.noise_w_scale]
        inputs: dict[str, NDArray[Any]] = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": np.array(scales, dtype=np.float32),
        }
        if self._speaker is not None:
            inputs["sid"] = np.array([self._speaker], dtype=np.int64)
        return inputs

    def _finished(self, sound: Float) -> Pcm:
        if not np.isfinite(sound).all():
            raise SynthesisFailed(f"The voice {self._name} made something that is no sound.")
        return to_pcm(sound.ravel() * np.float32(GAIN))

    def _speaker_number(self, speaker: str | None) -> int | None:
        config = self._config
        if config.num_speakers <= 1:
            if speaker is not None:
                raise UnknownName(
                    f"The voice {self._name} has one speaker, so none is called {speaker}.", "Leave the speaker out."
                )
            return None
        if speaker is None:
            return int(config.default_speaker_id)
        if speaker in config.speaker_id_map:
            return int(config.speaker_id_map[speaker])
        if speaker.isdigit() and int(speaker) < config.num_speakers:
            return int(speaker)
        raise UnknownName(
            f"The voice {self._name} has no speaker {speaker}.",
            f"It has {config.num_speakers}, numbered from 0; name one of them.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """How a speed is reached: the voice's `length_scale` times `length`, and its sound `stretch` times as fast."""

    length: float
    stretch: float


def _pace(speed: float) -> _Pace:
    own = min(speed, FASTEST_OWN_SPEED)
    length = 1.0 if own == 1.0 else (1 / own - (1 - STRETCHABLE)) / STRETCHABLE
    return _Pace(length=length, stretch=speed / own)


def _sooner(on_words: OnWords | None, stretch: float) -> OnWords | None:
    """`on_words` for sound that is stretched afterwards."""
    if on_words is None or stretch == 1.0:
        return on_words

    def told(words: Sequence[SpokenWord]) -> None:
        on_words(
            [
                replace(word, from_sample=round(word.from_sample / stretch), to_sample=round(word.to_sample / stretch))
                for word in words
            ]
        )

    return told


class _Words:
    """When the words of a text sound, told sentence by sentence."""

    def __init__(
        self,
        text: str,
        sentences: Sequence[Sequence[str]],
        alone: Callable[[str], list[str]],
        id_map: dict[str, list[int]],
        on_words: OnWords | None,
    ) -> None:
        self.samples = 0
        """How much of the text was yielded."""
        self._text = text
        self._sentences = sentences
        self._alone = alone
        self._id_map = id_map
        self._on_words = on_words
        self._found: list[tuple[tuple[int, int], tuple[int, int]]] | None = None

    def of(self, number: int) -> Timed:
        """What is to be called when it is known how long each phoneme of a sentence is, after its first chunk was yielded."""
        begun = self.samples

        def timed(durations: NDArray[np.float32], hop: int) -> None:
            if self._on_words is not None:
                self._on_words(self._timed(number, begun, durations, hop))

        return timed

    def _timed(self, number: int, begun: int, durations: NDArray[np.float32], hop: int) -> list[SpokenWord]:
        sentence = self._sentences[number]
        first = sum(len(before) + 1 for before in self._sentences[:number])
        after = first + len(sentence)
        positions = id_positions(sentence, self._id_map, pad=PADS_PER_PHONEME, begin=NUMBERS_BEFORE)
        if positions[-1] + 1 != len(durations):
            return []  # another way of numbering than the one that is known here
        frames = np.concatenate([[0.0], np.cumsum(durations)])
        mine = [(chars, (a - first, min(b, after) - first)) for chars, (a, b) in self._aligned() if first <= a < after]
        times = [(frames[positions[heard_from(sentence, a)]], frames[positions[b]]) for _, (a, b) in mine]
        ordered = in_order([(round(a) * hop, round(b) * hop) for a, b in times], round(frames[-1]) * hop)
        return [
            SpokenWord(start=chars[0], end=chars[1], from_sample=begun + start, to_sample=begun + end)
            for (chars, _), (start, end) in zip(mine, ordered, strict=True)
        ]

    def _aligned(self) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Each word's characters and phonemes; those are counted over all sentences, with a space between two."""
        if self._found is None:
            chars = spans(self._text)
            together = [phoneme for sentence in self._sentences for phoneme in (*sentence, " ")]
            alone = [self._alone(self._text[start:end]) for start, end in chars]
            self._found = list(zip(chars, phoneme_spans(alone, together), strict=True))
        return self._found


def _voice_file(path: Path, name: str) -> Path:
    if path.is_dir():
        path = next(iter(sorted(path.glob("*.onnx"))), path / f"{name}.onnx")
    for needed in (path, Path(f"{path}.json")):
        if not needed.is_file():
            raise ModelNotFound(
                f"The voice {name} is not complete: {needed} is missing.", f"voicecli models get {name}"
            )
    return path


def _phonemizer(path: Path, name: str) -> Any:  # noqa: ANN401 - piper has no types of its own here
    """Piper's way from text to phonemes, without its session: that one would take all cores."""
    silence_telemetry()
    try:
        from piper import PiperVoice
        from piper.config import PiperConfig
    except ImportError as error:
        raise EngineNotInstalled("piper-tts cannot be imported.", "pip install piper-tts") from error
    # It warns of phonemes a voice does not know, and with that writes down what is being said.
    logging.getLogger("piper").setLevel(logging.CRITICAL)
    description = Path(f"{path}.json")
    try:
        config = PiperConfig.from_dict(json.loads(description.read_text(encoding="utf-8-sig")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelInvalid(f"The description of the voice {name}, {description}, is damaged.", DAMAGED) from error
    if config.phoneme_type.value not in SPOKEN_KINDS:
        raise ModelInvalid(
            f"The voice {name} needs further files that Piper would fetch from the network.", "voicecli models list"
        )
    return PiperVoice(config=config, session=None)
