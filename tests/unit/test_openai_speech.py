"""Recognisers and voices on servers: against good ones, and against every kind of broken one."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from engines.contracts import TranscriberContract, VoiceContract, never
from fakes.engines import ScriptedTranscriber, ToneVoice, heard
from fakes.llm_server import Behaviour, chunk, nobody, plain, raw, silent
from fakes.speech_server import (
    SOUND,
    FakeSpeechServer,
    fields_of,
    sound_of,
    sounding,
    speaking,
    transcribing,
    wav_head,
)
from voicecli.engines.openai_transcriber import OpenAiTranscriber
from voicecli.engines.openai_voice import OpenAiVoice, ServedVoice, find_voice
from voicecli.engines.ports import Transcriber, Voice
from voicecli.engines.server.address import Key, Part, read_address, read_key
from voicecli.engines.server.http import Patience, Server
from voicecli.engines.server.model_info import ServedModel, find_model
from voicecli.errors import ServerUnreachable, VoiceCliError
from voicecli.offline.destination import Destination
from voicecli.pcm import RATE_HZ, Pcm, silence

SECRET = "sk-very-secret"  # noqa: S105 - it is one
SAID = "Which colour is the sky?"
PATIENT = Patience()
QUICK = Patience(connect_s=2.0, first_s=0.3, between_s=0.3)
in_time = pytest.mark.flaky(reruns=2)


def dial(destination: Destination, timeout_s: float, _: object) -> socket.socket:
    """Without a broker, which has tests of its own."""
    try:
        return socket.create_connection((destination.host, destination.port), timeout_s)
    except OSError as error:
        raise ServerUnreachable(f"{destination} cannot be reached: {error.strerror}.", "Check it.") from error


def server_at(url: str, part: Part, *, key: str = "", patience: Patience = PATIENT) -> Server:
    return Server(address=read_address(url, part), key=Key(key) if key else None, patience=patience, dial=dial)


def ear_at(url: str, *, key: str = "", patience: Patience = PATIENT) -> OpenAiTranscriber:
    return OpenAiTranscriber(server_at(url, "stt", key=key, patience=patience), ServedModel(id="tiny", name="tiny"))


def mouth_at(url: str, *, key: str = "", patience: Patience = PATIENT, rate_hz: int = 22_050) -> OpenAiVoice:
    found = ServedVoice(model="tiny", voice="alloy", rate_hz=rate_hz)
    return OpenAiVoice(server_at(url, "tts", key=key, patience=patience), found)


def tone(ms: int = 1000, rate_hz: int = RATE_HZ) -> Pcm:
    t = np.arange(rate_hz * ms // 1000) / rate_hz
    return (np.sin(2 * np.pi * 220 * t) * 8000).astype(np.int16)


def text_of(ear: Transcriber, language: str | None = "en", **more: Any) -> str:  # noqa: ANN401 - of `transcribe`
    return ear.transcribe(tone(), language=language, is_cancelled=never, **more).text


def said(mouth: Voice, text: str = "Good morning.", **more: Any) -> Pcm:  # noqa: ANN401 - of `speak`
    return np.concatenate([silence(0), *mouth.speak(text, is_cancelled=never, **more)])


class TestTranscriberContract(TranscriberContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with FakeSpeechServer(transcribing(ScriptedTranscriber([SAID] * 3))) as self.server:
            yield

    def transcriber(self) -> Transcriber:
        return ear_at(self.server.url)

    def speech(self) -> Pcm:
        return tone()


class TestVoiceContract(VoiceContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with FakeSpeechServer(speak=speaking(ToneVoice())) as self.server:
            yield

    def voice(self) -> Voice:
        server = server_at(self.server.url, "tts")
        return OpenAiVoice(server, find_voice(server, model="", voice="", language="en"))


# ---- what is asked


def test_what_a_recogniser_is_asked() -> None:
    with FakeSpeechServer(transcribing(ScriptedTranscriber([SAID]))) as server:
        assert text_of(ear_at(server.url, key=SECRET), context="We spoke of Graz.") == SAID
        (asked,) = server.asked_for("transcriptions")
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    # Without probabilities of an earlier answer no context is given: words of it could be heard in noise.
    assert fields_of(asked) == {
        "model": "tiny",
        "response_format": "verbose_json",
        "temperature": "0",
        "language": "en",
    }
    assert np.array_equal(sound_of(asked), tone())


def test_a_language_that_the_server_detects_is_taken_over() -> None:
    german = dataclasses.replace(heard("Guten Tag."), language="de")
    with FakeSpeechServer(transcribing(ScriptedTranscriber([german]))) as server:
        found = ear_at(server.url).transcribe(tone(), language=None, is_cancelled=never)
        assert "language" not in fields_of(server.asked_for("transcriptions")[0])
    assert (found.text, found.language) == ("Guten Tag.", "de")
    assert 0.5 < found.language_probability < 1.0


def test_a_text_that_may_be_words_of_the_context_is_asked_for_without_it() -> None:
    weak = heard("Graz. Graz.", log_probability=-0.9)
    with FakeSpeechServer(transcribing(ScriptedTranscriber([heard("Hello."), weak, heard("Grace.")]))) as server:
        ear = ear_at(server.url)
        assert [text_of(ear), text_of(ear, context="We spoke of Graz.")] == ["Hello.", "Grace."]
        prompts = [fields_of(each).get("prompt") for each in server.asked_for("transcriptions")]
    assert prompts == [None, "We spoke of Graz.", None]


def test_a_server_that_has_only_the_short_answer_is_asked_for_that() -> None:
    with FakeSpeechServer(transcribing(ScriptedTranscriber([SAID, SAID]), verbose=False)) as server:
        ear = ear_at(server.url)
        assert [text_of(ear), text_of(ear, context="We spoke of Graz.")] == [SAID, SAID]
        formats = [fields_of(each)["response_format"] for each in server.asked_for("transcriptions")]
    assert formats == ["verbose_json", "json", "json"]


def test_sound_without_speech_is_not_sent_and_words_that_nobody_said_are_left_out() -> None:
    doubtful = heard("Thank you.", no_speech=0.9, log_probability=-1.2)
    with FakeSpeechServer(transcribing(ScriptedTranscriber([doubtful]))) as server:
        ear = ear_at(server.url)
        assert not ear.transcribe(silence(RATE_HZ), language="en", is_cancelled=never).text
        assert not ear.transcribe(tone(50), language="en", is_cancelled=never).text
        assert not server.asked
        found = ear.transcribe(tone(), language="en", is_cancelled=never)
    assert (found.text, [each.because for each in found.refused]) == ("", ["no-speech"])


def test_what_a_voice_is_asked() -> None:
    with FakeSpeechServer(speak=sounding(tone(100, 22_050))) as server:
        assert len(said(mouth_at(server.url, key=SECRET), "It is [[5]] \x00past.")) == 2205
        (asked,) = server.asked_for("speech")
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.body == {"model": "tiny", "voice": "alloy", "input": "It is  5   past.", "response_format": "wav"}


def test_sound_of_another_rate_and_with_two_channels_is_converted() -> None:
    both = np.repeat(tone(500, 48_000), 2)
    with FakeSpeechServer(speak=sounding(both, rate_hz=48_000, channels=2)) as server:
        sound = said(mouth_at(server.url, rate_hz=24_000))
    assert len(sound) == 12_000
    assert 7000 < np.abs(sound).max() < 9000


def test_speed_is_made_here_at_the_same_pitch() -> None:
    with FakeSpeechServer(speak=sounding(tone(1000, 22_050))) as server:
        fast = said(mouth_at(server.url), speed=2.0)
    assert len(fast) == 22_050 // 2
    crossings = np.count_nonzero(np.diff(np.signbit(fast[2000:9000])))
    assert abs(crossings / 2 * 22_050 / 7000 - 220) < 15


def test_model_and_rate_are_found_out() -> None:
    with FakeSpeechServer(speak=sounding(tone(100, 24_000), rate_hz=24_000), models=("llama-3", "kokoro")) as server:
        found = find_voice(server_at(server.url, "tts"), model="", voice="nova", language="de")
    assert found == ServedVoice(model="kokoro", voice="nova", rate_hz=24_000, language="de")


def test_a_recogniser_is_found_among_other_models() -> None:
    from voicecli.engines.openai_transcriber import LIKE, OTHERWISE

    def found(*models: str, wanted: str = "") -> str:
        with FakeSpeechServer(models=models) as server:
            return find_model(server_at(server.url, "stt"), wanted, like=LIKE, otherwise=OTHERWISE).id

    assert found("llama-3", "Systran/faster-whisper-base", "kokoro") == "Systran/faster-whisper-base"
    assert found("mine") == "mine"
    assert found("whisper-1", "whisper-2", "llama-3") == "whisper-1"
    with pytest.raises(VoiceCliError, match="has several models: whisper-2, whisper-3") as several:
        found("whisper-2", "whisper-3", "llama-3")
    assert several.value.hint == "Choose one: --stt whisper-2"


# ---- cancellation


@in_time
def test_a_voice_that_is_not_wanted_any_more_is_stopped_at_its_server() -> None:
    with FakeSpeechServer(speak=sounding(*[tone(200, 22_050)] * 100, pause_s=0.05)) as server:
        cancelled = threading.Event()
        chunks = mouth_at(server.url).speak("A long story.", is_cancelled=cancelled.is_set)
        next(chunks)
        cancelled.set()
        at_s = time.monotonic()
        assert list(chunks) == []
        assert time.monotonic() - at_s < 0.2
        (asked,) = server.asked_for("speech")
        while not asked.gone_s and time.monotonic() < at_s + 5:
            time.sleep(0.005)
        assert 0 < asked.gone_s - at_s < 0.2
        assert asked.sent < 10


@in_time
def test_a_recogniser_that_is_not_wanted_any_more_is_left() -> None:
    with FakeSpeechServer(silent(5.0)) as server:
        began_s = time.monotonic()
        is_cancelled = lambda: time.monotonic() > began_s + 0.2  # noqa: E731 - short
        found = ear_at(server.url).transcribe(tone(), language="en", is_cancelled=is_cancelled)
        assert (found.text, found.refused) == ("", ())
        assert time.monotonic() - began_s < 1.0
        (asked,) = server.asked_for("transcriptions")
        while not asked.gone_s and time.monotonic() < began_s + 5:
            time.sleep(0.005)
        assert asked.gone_s


# ---- broken servers

BROKEN: dict[str, tuple[Behaviour, str, int, str]] = {
    "wrong key": (
        plain("401 Unauthorized", f'{{"error": "{SECRET}"}}'),
        "server-denied",
        2,
        "does not accept the key (401)",
    ),
    "no such model": (
        plain("404 Not Found", '{"error": "model not found"}'),
        "server-model-missing",
        4,
        "has no model tiny",
    ),
    "no such path": (plain("404 Not Found", "nothing"), "server-model-missing", 4, "has nothing at /v1/audio/"),
    "too many requests": (
        plain("429 Too Many", headers="Retry-After: 7\r\n"),
        "server-busy",
        5,
        "too many requests (429)",
    ),
    "overloaded": (plain("503 Unavailable"), "server-busy", 5, "is not ready (503)"),
    "failed": (plain("500 Internal", "Traceback"), "server-failed", 5, "failed (500)"),
    "elsewhere": (
        plain("307 Moved", headers="Location: http://evil.org/v1\r\n"),
        "server-untrusted",
        6,
        "sends on to evil.org",
    ),
    "not HTTP": (raw(b"220 mail.example ESMTP ready\r\n"), "server-broken", 5, "does not speak HTTP"),
    "closes at once": (raw(b""), "server-broken", 5, "closed the connection without an answer"),
    "never begins": (silent(2.0), "server-silent", 5, "did not begin to answer"),
}

BROKEN_EARS = BROKEN | {
    "nonsense": (plain("200 OK", '{"text": '), "server-broken", 5, "it is not JSON"),
    "no text": (plain("200 OK", '{"words": []}'), "server-broken", 5, "there is no text in it"),
    "cut": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "server-broken", 5, "broke off"),
}

BROKEN_MOUTHS = BROKEN | {
    "web page": (plain("200 OK", "<html>", kind="text/html"), "server-broken", 5, "it is no WAV sound"),
    "mp3": (plain("200 OK", "ID3\x04", kind="audio/mpeg"), "server-broken", 5, "it is no WAV sound"),
    "cut": (raw(SOUND + chunk(wav_head(22_050)) + b"ff\r\n\0\0"), "server-broken", 5, "broke off"),
    "shorter than it says": (
        raw(SOUND + chunk(wav_head(22_050, size=4410)) + chunk(bytes(2000)) + b"0\r\n\r\n"),
        "server-broken",
        5,
        "broke off",
    ),
    "stalls": (
        silent(2.0, SOUND + chunk(wav_head(22_050)) + chunk(bytes(20_000))),
        "server-silent",
        5,
        "stopped in the middle",
    ),
}


def check(error: VoiceCliError, code: str, exit_code: int, message: str, log: str) -> None:
    assert (error.code, error.exit_code) == (code, exit_code)
    assert message in error.message
    assert error.hint
    everything = f"{error.message} {error.hint} {error.__cause__!r} {log}"
    assert SECRET not in everything
    assert "Good morning" not in everything


@pytest.mark.parametrize("kind", BROKEN_EARS)
def test_a_broken_recogniser_is_told_of_and_the_next_utterance_is_as_ever(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    behaviour, code, exit_code, message = BROKEN_EARS[kind]
    with FakeSpeechServer(behaviour) as server, caplog.at_level("DEBUG"):
        ear = ear_at(server.url, key=SECRET, patience=QUICK)
        with pytest.raises(VoiceCliError) as told:
            text_of(ear)
        server.hear = transcribing(ScriptedTranscriber([SAID]))
        ear._server = dataclasses.replace(ear._server, patience=Patience())
        assert text_of(ear) == SAID
    check(told.value, code, exit_code, message, caplog.text)


@pytest.mark.parametrize("kind", BROKEN_MOUTHS)
def test_a_broken_voice_is_told_of_and_the_next_text_is_as_ever(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    behaviour, code, exit_code, message = BROKEN_MOUTHS[kind]
    with FakeSpeechServer(speak=behaviour) as server, caplog.at_level("DEBUG"):
        mouth = mouth_at(server.url, key=SECRET, patience=QUICK)
        with pytest.raises(VoiceCliError) as told:
            said(mouth)
        server.speak = sounding(tone(100, 22_050))
        mouth._server = dataclasses.replace(mouth._server, patience=Patience())
        assert len(said(mouth)) == 2205
    check(told.value, code, exit_code, message, caplog.text)


@pytest.mark.parametrize("ask", [lambda url: text_of(ear_at(url)), lambda url: said(mouth_at(url))])
def test_nobody_is_there(ask: Callable[[str], object]) -> None:
    with nobody() as url, pytest.raises(VoiceCliError, match="Connection refused") as told:
        ask(url)
    assert told.value.code == "server-unreachable"


@pytest.mark.parametrize(("part", "hint"), [("stt", "VOICECLI_STT_KEY"), ("tts", "models.tts_key_file")])
def test_each_server_has_a_key_and_a_setting_of_its_own(part: Part, hint: str) -> None:
    with FakeSpeechServer(plain("401 No"), plain("401 No")) as server, pytest.raises(VoiceCliError) as told:
        text_of(ear_at(server.url)) if part == "stt" else said(mouth_at(server.url))
    assert hint in told.value.hint
    with pytest.raises(VoiceCliError, match=rf"models\.{part}_url is not the address"):
        read_address("http://me@host/v1", part)
    environ = {"VOICECLI_STT_KEY": "ear", "VOICECLI_TTS_KEY": "mouth", "VOICECLI_LLM_KEY": "mind"}
    key = read_key("", environ, part)
    assert key is not None
    assert key.header() == (b"Bearer ear" if part == "stt" else b"Bearer mouth")
    assert len(environ) == 2
    read_key("", {f"VOICECLI_{part.upper()}_KEY": "x"}, part)


def test_the_longer_paths_that_people_paste_are_shortened() -> None:
    for tail in ("", "/audio/speech", "/audio/transcriptions", "/models"):
        assert read_address(f"http://host/v1{tail}", "tts").path == "/v1"


def test_json_with_surrogates_does_no_harm() -> None:
    with FakeSpeechServer(plain("200 OK", json.dumps({"text": "a \ud83d b"}))) as server:
        assert text_of(ear_at(server.url)) == "a ? b"
