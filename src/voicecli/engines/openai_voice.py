"""A voice on the user's own server, with the interface that OpenAI introduced: `/v1/audio/speech`.

Each piece of text is one request on its own connection. The sound, a WAV file, is handed on as it arrives, and the connection is closed when it is no
longer wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from voicecli.audio.resample import Resampler
from voicecli.audio.wav_reader import RiffError, RiffReader
from voicecli.engines.ports import ALONE, IsCancelled, OnWords, Within
from voicecli.engines.server import errors
from voicecli.engines.server.http import Answer, CancelledError, Server
from voicecli.engines.server.model_info import find_model
from voicecli.pcm import Float, Pcm, to_pcm
from voicecli.speech.time_stretch import Stretcher

FIRST_TIME_S: Final = 300.0
"""Longest wait for the first sound. Servers that load a model on demand take minutes."""

LIKE: Final = ("tts", "kokoro", "piper", "speech", "orpheus", "chatterbox", "xtts", "parler", "bark", "voice")
"""Parts of the names of voices' models, for servers that have other models as well."""

OTHERWISE: Final = "tts-1"
VOICE: Final = "alloy"
"""The voice that is asked for if the user names none: OpenAI's first one, which many servers map to one of theirs."""

CHUNK_S: Final = 0.2
"""Longest chunk of sound that is handed on at once."""

LONGEST_TOLD: Final = 1 << 29
"""A header that promises more than this, in bytes, was written before the length was known."""

WARM_UP_TEXT: Final = "Ready."

_BRACKETS: Final = re.compile(r"\[{2,}|\]{2,}")
"""Some voices take text in double brackets as phonemes. No text of a model may be passed as phonemes."""

_UNSPEAKABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedVoice:
    """A voice that was found on a server.

    Attributes:
        model: The server's name for the model.
        voice: The server's name for the voice.
        rate_hz: The rate of its sound.
        language: Its language, as `Voice.language`.
    """

    model: str
    voice: str
    rate_hz: int
    language: str = "en"


def find_voice(server: Server, *, model: str, voice: str, language: str) -> ServedVoice:
    """Asks a server for its model, and has it say a word, which shows early whether key, model and voice are right, and tells the rate of its sound.

    Args:
        server: The server.
        model: The model on the server; empty for its only one.
        voice: The voice on the server; empty for the usual one.
        language: The language that is spoken.

    Raises:
        VoiceCliError: The server failed, or does not have the model or the voice.
    """
    found = find_model(server, model, like=LIKE, otherwise=OTHERWISE)
    named = ServedVoice(model=found.id, voice=voice or VOICE, rate_hz=0, language=language)
    with _asked(server, named, WARM_UP_TEXT, lambda: False, first_s=FIRST_TIME_S) as answer:
        reader = _reader(server, answer)
        for _ in reader.frames(CHUNK_S):
            pass
    return ServedVoice(model=found.id, voice=named.voice, rate_hz=reader.layout.rate_hz, language=language)


class OpenAiVoice:
    """A voice on a server. It does not tell when words are heard.

    Args:
        server: The server, and how to reach it.
        found: The voice, as `find_voice` returns it.
    """

    def __init__(self, server: Server, found: ServedVoice) -> None:
        self._server = server
        self._found = found

    @property
    def name(self) -> str:
        """The voice's name for users."""
        return "".join(sign for sign in self._found.voice if sign.isprintable())[:60] or "voice"

    @property
    def rate_hz(self) -> int:
        """Rate of what `speak` yields."""
        return self._found.rate_hz

    @property
    def language(self) -> str:
        """The language that is expected of it."""
        return self._found.language

    def warm_up(self) -> None:
        """Does nothing: `find_voice` had it say a word."""

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,  # noqa: ARG002 - a server does not tell when words are heard
        speed: float = 1.0,
        within: Within = ALONE,  # noqa: ARG002 - it has no place for that
    ) -> Iterator[Pcm]:
        """Synthesizes `text`; see `Voice.speak`.

        Raises:
            VoiceCliError: The server failed. The next text can still be sent.
        """
        said = _BRACKETS.sub(" ", _UNSPEAKABLE.sub(" ", text)).strip()
        if not any(sign.isalnum() for sign in said) or is_cancelled():
            return
        try:
            with _asked(self._server, self._found, said, is_cancelled) as answer:
                for chunk in self._chunks(answer, speed):
                    if is_cancelled():
                        return
                    if len(chunk):
                        yield chunk
        except CancelledError:
            return

    def _chunks(self, answer: Answer, speed: float) -> Iterator[Pcm]:
        reader = _reader(self._server, answer)
        rates = Resampler(reader.layout.rate_hz, self.rate_hz, "HQ")
        stretcher = Stretcher(speed, self.rate_hz)
        for frames in reader.frames(CHUNK_S):
            yield stretcher.feed(rates.feed(_mono(frames)))
        if reader.missing and (reader.data_bytes or 0) < LONGEST_TOLD:
            raise errors.cut_off(self._server.address)
        yield stretcher.feed(rates.finish())
        yield stretcher.finish()


def _mono(frames: Float) -> Pcm:
    mixed: Float = frames[:, 0] if frames.shape[1] == 1 else np.asarray(frames.mean(axis=1), dtype=np.float32)
    return to_pcm(mixed)


def _asked(
    server: Server, found: ServedVoice, text: str, is_cancelled: IsCancelled, first_s: float | None = None
) -> Answer:
    payload = {"model": found.model, "input": text, "voice": found.voice, "response_format": "wav"}
    path = f"{server.address.path}/audio/speech"
    return server.ask(path, payload, is_cancelled=is_cancelled, model=found.model, first_s=first_s)


def _reader(server: Server, answer: Answer) -> RiffReader:
    try:
        return RiffReader(_Arriving(answer))
    except RiffError as error:
        raise errors.nonsense(server.address, "it is no WAV sound") from error


class _Arriving:
    """The body of an answer as a stream of bytes."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._pieces = answer.pieces()
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._answer.part_came()
            self._rest = piece
        found, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return found
