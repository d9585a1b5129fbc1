"""A recogniser on the user's own server, with the interface that OpenAI introduced: `/v1/audio/transcriptions`.

Each utterance is one request on its own connection, sent as a WAV file and read on the calling thread. When the text is no longer wanted, the
connection is closed.
"""

from __future__ import annotations

import io
import secrets
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from voicecli.config.languages import NAMES
from voicecli.engines.ports import IsCancelled, Place, Refused, Transcription
from voicecli.engines.server import errors
from voicecli.engines.server.http import Body, CancelledError, Server
from voicecli.engines.server.model_info import ServedModel
from voicecli.engines.server.numbers import finite
from voicecli.errors import ServerError
from voicecli.pcm import RATE_HZ, Pcm, ms_of, samples_of
from voicecli.speech.hallucination import SILENT_DBFS, WEAK_NO_SPEECH, Doubt, doubt
from voicecli.speech.level import dbfs

FIRST_TIME_S: Final = 300.0
"""Longest wait for the first answer. Servers that load a model on demand take minutes."""

LIKE: Final = ("whisper", "transcri", "parakeet", "canary", "voxtral", "-asr", "asr-", "stt")
"""Parts of the names of recognisers, for servers that have other models as well."""

OTHERWISE: Final = "whisper-1"
"""The model that is asked for if the server has no list of models. Servers with one model take any name."""

SHORTEST_SAMPLES: Final = samples_of(100)
SURE_IN_CONTEXT: Final = -0.7
"""Mean log probability below which a text may be words of the context, heard in noise. The sound is then recognised again without context."""

DETECTED: Final = 0.8
"""Taken for the probability of a language that the server detected; it does not tell one."""

_NOT_SUPPORTED: Final = (400, 415, 422)
"""How servers refuse a format that they do not have."""

_CODES: Final[Mapping[str, str]] = {name.casefold(): code for code, name in NAMES.items()}

Format: TypeAlias = Literal["verbose_json", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What a server wrote. Probabilities are None where it does not tell them."""

    text: str
    language: str = ""
    log_probability: float | None = None
    no_speech: float | None = None

    @property
    def is_weak(self) -> bool:
        """Whether it may be words that were not said."""
        return (self.no_speech or 0.0) > WEAK_NO_SPEECH or (self.log_probability or 0.0) < SURE_IN_CONTEXT


class OpenAiTranscriber:
    """A recogniser on a server.

    Args:
        server: The server, and how to reach it.
        model: The model to use.
    """

    def __init__(self, server: Server, model: ServedModel) -> None:
        self._server = server
        self._model = model
        self._format: Format = "verbose_json"
        self._tells = False  # whether it tells probabilities, without which context would do harm in noise
        self._language = "en"

    @property
    def name(self) -> str:
        """The name of the model for the user."""
        return self._model.name

    @property
    def device(self) -> Place:
        """Where the model runs."""
        return "server"

    def warm_up(self) -> None:
        """Has the server recognise a second of quiet noise. Errors of the server show early this way.

        Raises:
            VoiceCliError: The server failed.
        """
        noise = np.random.default_rng(0).normal(0, 300, RATE_HZ).astype(np.int16)
        self._ask(noise, "en", "", lambda: False, first_s=FIRST_TIME_S)

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        """Transcribes an utterance; see `Transcriber.transcribe`. Sound that is too short or too quiet for speech is not sent.

        Raises:
            VoiceCliError: The server failed. The next utterance can still be sent.
        """
        if len(utterance) < SHORTEST_SAMPLES or is_cancelled():
            return self._nothing(language)
        loudness = dbfs(utterance)
        if loudness < SILENT_DBFS:
            return self._nothing(language, utterance, "silent")
        try:
            heard = self._ask(utterance, language, context if self._tells else "", is_cancelled)
            if context and self._tells and heard.is_weak:
                heard = self._ask(utterance, language, "", is_cancelled)
        except CancelledError:
            return self._nothing(language)
        if is_cancelled():
            return self._nothing(language)
        self._tells = heard.log_probability is not None
        because = doubt(
            heard.text,
            no_speech_probability=heard.no_speech or 0.0,
            mean_log_probability=heard.log_probability or 0.0,
            duration_ms=ms_of(len(utterance)),
            loudness_dbfs=loudness,
        )
        if because is not None:
            return self._nothing(language, utterance, because)
        self._language = language or heard.language or self._language
        return Transcription(
            text=heard.text,
            language=self._language,
            language_probability=1.0 if language else DETECTED if heard.language else 0.0,
            no_speech_probability=heard.no_speech or 0.0,
            mean_log_probability=heard.log_probability or 0.0,
        )

    def _nothing(self, language: str | None, utterance: Pcm | None = None, because: Doubt = "silent") -> Transcription:
        refused = () if utterance is None else (Refused(from_sample=0, to_sample=len(utterance), because=because),)
        return Transcription(
            text="",
            language=language or self._language,
            language_probability=1.0 if language else 0.0,
            no_speech_probability=0.0,
            mean_log_probability=0.0,
            refused=refused,
        )

    # ---- requests

    def _ask(
        self,
        utterance: Pcm,
        language: str | None,
        context: str,
        is_cancelled: IsCancelled,
        first_s: float | None = None,
    ) -> _Heard:
        try:
            return self._request(utterance, language, context, is_cancelled, first_s)
        except ServerError as error:
            if self._format == "json" or error.status not in _NOT_SUPPORTED:
                raise
            self._format = "json"  # many servers have only the short answer
            return self._request(utterance, language, context, is_cancelled, first_s)

    def _request(
        self, utterance: Pcm, language: str | None, context: str, is_cancelled: IsCancelled, first_s: float | None
    ) -> _Heard:
        fields = {"model": self._model.id, "response_format": self._format, "temperature": "0"}
        fields |= {"language": language} if language else {}
        fields |= {"prompt": context} if context else {}
        path = f"{self._server.address.path}/audio/transcriptions"
        body = form(fields, file=as_wav(utterance))
        with self._server.ask(path, body, is_cancelled=is_cancelled, model=self._model.name, first_s=first_s) as answer:
            return self._read(answer.json())

    def _read(self, record: object) -> _Heard:
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise errors.nonsense(self._server.address, "there is no text in it")
        text = " ".join(record["text"].encode("utf-8", errors="replace").decode("utf-8").split())
        said = str(record.get("language") or "").casefold()
        segments = record.get("segments")
        parts = [each for each in segments if isinstance(each, dict)] if isinstance(segments, list) else []
        scores = list(_numbers(parts, "avg_logprob"))
        silences = list(_numbers(parts, "no_speech_prob"))
        return _Heard(
            text=text,
            language=_CODES.get(said, said if said in NAMES else ""),
            log_probability=min(0.0, sum(scores) / len(scores)) if scores else None,
            no_speech=min(1.0, max(0.0, *silences, 0.0)) if silences else None,
        )


def _numbers(parts: list[dict[str, object]], name: str) -> Iterator[float]:
    for part in parts:
        value = finite(part.get(name))
        if value is not None:
            yield value


def as_wav(utterance: Pcm) -> bytes:
    """Returns the sound as a WAV file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(utterance.astype("<i2").tobytes())
    return data.getvalue()


def form(fields: Mapping[str, str], *, file: bytes) -> Body:
    """Returns a form with fields and a sound file (RFC 7578)."""
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode(
            "utf-8", errors="replace"
        )
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="speech.wav"\r\nContent-Type: audio/wav'
    parts += [f"--{mark}\r\n{head}\r\n\r\n".encode(), file, f"\r\n--{mark}--\r\n".encode()]
    return Body(kind=f"multipart/form-data; boundary={mark}", data=b"".join(parts))
