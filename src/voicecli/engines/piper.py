"""Piper: text to speech that plays before the sentence is finished."""

from __future__ import annotations

import itertools
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voicecli.config.documents import read_json
from voicecli.engines.native_memory import give_back
from voicecli.engines.onnx_session import open_session
from voicecli.engines.piper_graph import NotCuttableError, cut
from voicecli.engines.piper_word_times import Excerpt, Words, positions_of, sooner
from voicecli.engines.ports import ALONE, IsCancelled, OnWords, Within
from voicecli.errors import DAMAGED, ModelInvalid, ModelNotFound, SynthesisFailed, UnknownName, not_importable
from voicecli.offline.environment import silence_telemetry
from voicecli.pcm import Float, Pcm, samples_of, silence, to_pcm
from voicecli.speech.pauses import added_ms, punctuated
from voicecli.speech.sentence_chunker import Cut
from voicecli.speech.time_stretch import Stretcher

if TYPE_CHECKING:
    from piper import PiperVoice

    from voicecli.engines.onnx_session import Session

    Latent = NDArray[np.float32]

FIRST_CHUNK_FRAMES = 20
"""0.23 s of sound at 22.05 kHz. It takes little work before the first sound, and lasts while the next chunk is synthesized."""

LARGEST_CHUNK_FRAMES = 320
"""Chunks double in size up to this. Larger ones save no more time, and a voice can only be stopped between two chunks."""

CONTEXT_FRAMES = 14
"""The context that the decoder needs on both sides of a chunk for the same sound as in one piece.

Computed from the reach of its convolutions, in frames: 3 for the first one, then per stage half of (kernel - 1) times the sum of the
dilations, divided by the stage's upsampling so far. Voices of medium quality reach 10 frames, those of high quality 13.
"""

GAIN = 1.4
"""Voices peak near 0.6. A gain per sentence, like Piper's own, would make the loudness jump between the pieces of an answer."""

FASTEST_OWN_SPEED = 1.0
"""Up to this speed the voice itself changes its speed; above it, its sound is stretched. A voice that is driven faster slurs its sounds
(docs/decisions/0018-speed-by-stretching.md)."""

STRETCHABLE = 0.77
"""The part of a sentence's length that follows `length_scale`. The rest does not, because every number of the input lasts whole frames, and at least
one. So joe at a scale of 1/2 speaks 1.6 times as fast, and at 1/3 twice as fast (three texts, three times each)."""

SOFTENED_SAMPLES = 88
"""4 ms at 22.05 kHz."""

GOING_ON = {
    "en": "about it",
    "de": "davon etwas",
    "fr": "de cela",
    "es": "de eso",
    "it": "di questo",
    "nl": "ervan iets",
    "pt": "disso",
}
"""Words appended to a part of a sentence before synthesis, whose sound is cut off afterwards. With them the part ends 0.5 semitones below its own
median, as it does in the whole sentence. With a comma instead it ends 2.5 semitones below, followed by 200 ms of silence (measured with joe, ten
English sentences, twice each; the other languages were not measured)."""

WARM_UP_TEXT = "Ready."
SPOKEN_KINDS = frozenset({"espeak", "text"})
"""Phonemizers that need nothing besides the voice. The others load models from the network on first use."""

_LANGUAGES = {"cmn": "zh", "cmn-latn-pinyin": "zh", "nb": "no"}

WORDS_REMEMBERED = 4096
"""How many words are cached as phonemes. espeak-ng takes 0.2 ms per word."""

# Piper treats text in double brackets as phonemes. No text of a model may be passed as phonemes.
_BRACKETS = re.compile(r"\[{2,}|\]{2,}")
# Control characters end a C string; lone surrogates are not text.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class PiperSpeaker:
    """A Piper voice (VITS) on the CPU.

    The first sound of a sentence needs the encoder and a small piece of the decoder, not all of it (docs/decisions/0005-voice-in-chunks.md).
    A voice whose graph cannot be cut is run sentence by sentence.

    Args:
        path: The .onnx file, with its .onnx.json next to it, or a folder that contains one.
        name: The voice's name for users.
        threads: Threads for one run.
        speaker: Name or number of a speaker, for voices with several; None for the first.

    Raises:
        EngineNotInstalled: piper-tts or onnxruntime cannot be imported.
        ModelNotFound: The voice or its description is missing.
        ModelInvalid: It is damaged, or needs files that would have to be downloaded.
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
        # The models are freed first, so that their memory can be returned.
        self.__dict__.clear()
        if not sys.is_finalizing():
            give_back()

    @property
    def name(self) -> str:
        """The voice's name for users."""
        return self._name

    @property
    def rate_hz(self) -> int:
        """Rate of what `speak` yields; 22050 for most voices."""
        return int(self._config.sample_rate)

    @property
    def language(self) -> str:
        """Its language, as espeak-ng names it, except that Chinese has its usual code."""
        return _LANGUAGES.get(str(self._config.espeak_voice), str(self._config.espeak_voice))

    def warm_up(self) -> None:
        """Synthesizes a word and discards it."""
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
        """Synthesizes `text`; see `Voice.speak`. A cancellation takes effect between chunks. Words are reported after the first chunk was taken."""
        # The length does not change, so that offsets stay valid.
        text = _speakable(text)
        if not any(character.isalnum() for character in text):
            return
        try:
            pace = _pace(speed)
            stretcher = Stretcher(pace.stretch, self.rate_hz)
            words, sentences = self._words(text, within, sooner(on_words, pace.stretch))
            for number, phonemes in enumerate(sentences):
                if is_cancelled():
                    return
                ids = self._phonemes.phonemes_to_ids(phonemes)
                pause = self._pause_after(sentences[number - 1]) if number else silence(0)
                for sound in itertools.chain([pause], self._say(ids, pace.length, is_cancelled, words, number)):
                    words.samples += len(sound)
                    if len(stretched := stretcher.feed(sound)):
                        yield stretched
            if not is_cancelled() and len(rest := stretcher.finish()):
                yield rest
        except (SynthesisFailed, GeneratorExit):
            raise
        except Exception as error:  # onnxruntime and espeak raise many kinds without another common base class
            raise SynthesisFailed(f"The voice {self._name} failed on a sentence.") from error

    def _words(self, text: str, within: Within, on_words: OnWords | None) -> tuple[Words, list[list[str]]]:
        """Returns the words of `text` and the phonemes of its sentences; with its context, if `text` is part of a longer sentence."""
        id_map = self._config.phoneme_id_map
        before, after = _speakable(within.before).strip(), self._going_on(text) if within.goes_on else ""
        if (before or after) and self._whole is None and len(self._encoder_gives) > 1:
            whole = " ".join(part for part in (before, text, after) if part)
            sentences = self._sentences(whole)
            numbers = len(self._phonemes.phonemes_to_ids(sentences[0])) if len(sentences) == 1 else 0
            if numbers and positions_of(sentences[0], id_map)[-1] + 1 == numbers:
                start = len(before) + 1 if before else 0
                excerpt = Excerpt(start=start, end=start + len(text), joined=within.joined)
                return Words(whole, sentences, self._phonemes_alone, id_map, on_words, excerpt), sentences
        spoken = f"{text}," if within.goes_on else text  # with a comma the tone of any voice does not fall to the end
        sentences = self._sentences(spoken)
        return Words(spoken, sentences, self._phonemes_alone, id_map, on_words), sentences

    def _pause_after(self, sentence: Sequence[str]) -> Pcm:
        """Returns the silence that a reader adds to the voice's own pause after a sentence.

        Args:
            sentence: Its phonemes; the last one is its mark.
        """
        return silence(samples_of(added_ms(Cut.SENTENCE, sentence[-1]), self.rate_hz))

    def _sentences(self, text: str) -> list[list[str]]:
        return [phonemes for phonemes in self._phonemes.phonemize(text) if phonemes]

    def _going_on(self, text: str) -> str:
        """Returns words that may follow `text`, so that its tone does not fall. Their sound is cut off."""
        language = self.language.partition("-")[0]
        return GOING_ON.get(language) or " ".join(text.split()[:2])

    def _say(
        self, ids: list[int], length: float, is_cancelled: IsCancelled, words: Words, number: int
    ) -> Iterator[Pcm]:
        inputs = self._inputs(ids, length)
        if self._whole is not None:
            yield self._finished(self._whole.run(None, inputs)[0])
            return
        latent, *durations = self._encoder.run(self._encoder_gives, inputs)
        extra = {key: inputs[key] for key in self._decoder_inputs}
        frames = latent.shape[-1]
        lasting = durations[0].ravel() if durations else np.zeros(0, np.float32)
        known = lasting.size == len(ids) and round(lasting.sum()) == frames
        begin, over = words.frames(lasting) if known else (0, frames)
        timed = words.of(number)
        start, size = begin, FIRST_CHUNK_FRAMES
        while start < over and not is_cancelled():
            end = min(start + size, over)
            sound = self._decode(latent, start, end, extra)
            hop = len(sound) // (end - start)
            yield self._finished(_softened(sound, rises=begin > 0 and start == begin, falls=end == over < frames))
            if known and start == begin:
                timed(lasting, hop)
            start, size = end, min(size * 2, LARGEST_CHUNK_FRAMES)

    def _decode(self, latent: Latent, start: int, end: int, extra: dict[str, NDArray[np.generic]]) -> Float:
        """Decodes the frames from `start` to `end` with their context, and cuts the context off."""
        first, last = max(0, start - CONTEXT_FRAMES), min(latent.shape[-1], end + CONTEXT_FRAMES)
        sound: Float = self._decoder.run(None, {self._latent: latent[:, :, first:last], **extra})[0].ravel()
        hop = len(sound) // (last - first)
        return sound[(start - first) * hop : (end - first) * hop]

    def _phonemes_alone(self, word: str) -> list[str]:
        """Returns the phonemes of a word that is spoken alone."""
        found = self._alone.get(word)
        if found is None:
            if len(self._alone) >= WORDS_REMEMBERED:
                self._alone.clear()
            found = self._alone[word] = [phoneme for part in self._phonemes.phonemize(word) for phoneme in part]
        return found

    def _inputs(self, ids: list[int], length: float) -> dict[str, NDArray[np.generic]]:
        config = self._config
        scales = [config.noise_scale, config.length_scale * length, config.noise_w_scale]
        inputs: dict[str, NDArray[np.generic]] = {
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


def _speakable(text: str) -> str:
    return punctuated(_UNSPEAKABLE.sub(" ", _BRACKETS.sub(lambda found: " " * len(found[0]), text)))


def _softened(sound: Float, *, rises: bool, falls: bool) -> Float:
    """Fades `sound` in and out where it was cut out of a sentence, so that it does not click."""
    steps = min(SOFTENED_SAMPLES, len(sound))
    ramp = np.linspace(0.0, 1.0, steps, dtype=np.float32)
    if rises or falls:
        sound = sound.copy()
    if rises:
        sound[:steps] *= ramp
    if falls:
        sound[-steps:] *= ramp[::-1]
    return sound


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """How a speed is reached: the voice's `length_scale` is multiplied by `length`, and its sound is played `stretch` times as fast."""

    length: float
    stretch: float


def _pace(speed: float) -> _Pace:
    own = min(speed, FASTEST_OWN_SPEED)
    length = 1.0 if own == 1.0 else (1 / own - (1 - STRETCHABLE)) / STRETCHABLE
    return _Pace(length=length, stretch=speed / own)


def _voice_file(path: Path, name: str) -> Path:
    if path.is_dir():
        path = next(iter(sorted(path.glob("*.onnx"))), path / f"{name}.onnx")
    for needed in (path, Path(f"{path}.json")):
        if not needed.is_file():
            raise ModelNotFound(
                f"The voice {name} is not complete: {needed} is missing.", f"voicecli models get {name}"
            )
    return path


def _phonemizer(path: Path, name: str) -> PiperVoice:
    """Returns Piper's phonemizer without its session, which would take all cores."""
    silence_telemetry()
    try:
        from piper import PiperVoice
        from piper.config import PiperConfig
    except ImportError as error:
        raise not_importable("piper-tts", error) from error
    # It warns about phonemes that a voice does not know, and so logs what is being said.
    logging.getLogger("piper").setLevel(logging.CRITICAL)
    description = Path(f"{path}.json")
    try:
        config = PiperConfig.from_dict(read_json(description))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ModelInvalid(f"The description of the voice {name}, {description}, is damaged.", DAMAGED) from error
    if config.phoneme_type.value not in SPOKEN_KINDS:
        raise ModelInvalid(
            f"The voice {name} needs further files that Piper would fetch from the network.", "voicecli models list"
        )
    return PiperVoice(config=config, session=None)
