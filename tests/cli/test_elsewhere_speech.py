"""Recogniser and voice on servers of the user's own: consent, what is told and saved, and the commands that use them. No model is installed."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from fakes import forked
from fakes.engines import ScriptedTranscriber, ToneVoice
from fakes.speech_server import FakeSpeechServer, speaking, transcribing
from voicecli.app import remote_engines
from voicecli.config.documents import build
from voicecli.config.load import load
from voicecli.config.schema import Models, Settings
from voicecli.offline.destination import Destination

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no broker here")

ELSEWHERE = "127.1"
"""A host that is not known to be this machine until it is looked up."""

SAID = "Which colour is it?"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment without models, settings and past conversations."""
    return {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE")} | {
        "VOICECLI_MODELS": str(tmp_path / "none")
    }


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """A sound file in which something is said, as far as the detectors can tell: a voice-like tone is enough for `transcribe` and its fake."""
    t = np.arange(2 * 16_000) / 16_000
    tone = sum(np.sin(2 * np.pi * 120 * n * t) / n for n in range(1, 20)) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))
    with wave.open(str(tmp_path / "q.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((tone * 5000).astype("<i2").tobytes())
    return tmp_path / "q.wav"


def run(*arguments: str, home: dict[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return forked.voicecli(*arguments, stdin=stdin, env=home)


def urls(url: str, *parts: str) -> dict[str, str]:
    return {f"VOICECLI_MODELS_{part.upper()}_URL": url for part in parts}


def test_an_answer_is_spoken_by_a_voice_on_a_server(home: dict[str, str], tmp_path: Path) -> None:
    with FakeSpeechServer(speak=speaking(ToneVoice())) as server:
        out = tmp_path / "out.wav"
        flags = ("--llm-url", server.url, "--tts-url", server.url, "--voice", "nova", "--speaker", str(out))
        done = run("chat", "--text", "--json", *flags, home=home, stdin="Which colour?\n")
        assert done.returncode == 0, done.stderr
        texts = [each.body["input"] for each in server.asked_for("speech")]
        assert {each.body["voice"] for each in server.asked_for("speech")} == {"nova"}
    events = [json.loads(line) for line in done.stdout.splitlines()]
    (ready,) = [each for each in events if each["event"] == "ready"]
    assert (ready["device"]["voice"], ready["models"]["voice"], ready["offline"], ready["sends"]) == (
        "server",
        "nova",
        True,
        {},
    )
    assert texts == ["Ready.", "Blue is a colour."]
    assert [each["text"] for each in events if each["event"] == "spoken"] == ["Blue is a colour."]
    with wave.open(str(out)) as file:
        assert file.getnframes() / file.getframerate() > 0.5


def test_say_and_transcribe_use_them_too(home: dict[str, str], question: Path, tmp_path: Path) -> None:
    with FakeSpeechServer(transcribing(ScriptedTranscriber([SAID] * 3)), speaking(ToneVoice())) as server:
        done = run("say", "Good morning.", "-o", str(tmp_path / "a.wav"), home=home | urls(server.url, "tts"))
        assert done.returncode == 0, done.stderr
        assert [each.body["input"] for each in server.asked_for("speech")][-1] == "Good morning."
        server.hear = transcribing(ScriptedTranscriber(["", SAID, SAID, SAID]))
        done = run("transcribe", str(question), home=home | urls(server.url, "stt"))
        assert done.returncode == 0, done.stderr
        assert SAID in done.stdout or not done.stdout.strip()  # the detectors may find no speech in a tone


def test_sound_is_not_sent_to_another_machine_without_consent(home: dict[str, str], question: Path) -> None:
    with FakeSpeechServer() as server:
        url = server.url.replace("127.0.0.1", ELSEWHERE)
        for arguments, parts in ((("transcribe", str(question)), "stt"), (("say", "Hello."), "tts")):
            done = run(*arguments, home=home | urls(url, parts))
            assert done.returncode == 6
            assert f"voicecli config set network.allow {ELSEWHERE}:{server.port}" in done.stderr
        assert not server.asked


def test_with_consent_it_is_told_and_saved_what_leaves(home: dict[str, str], tmp_path: Path) -> None:
    with FakeSpeechServer(speak=speaking(ToneVoice())) as server:
        where = f"{ELSEWHERE}:{server.port}"
        away = f"http://{where}/v1"
        home |= {"VOICECLI_NETWORK_ALLOW": where}
        flags = ("--llm-url", server.url, "--tts-url", away, "--speaker", str(tmp_path / "out.wav"))
        done = run("chat", "--text", "--json", *flags, home=home, stdin="Which colour?\n")
        assert done.returncode == 0, done.stderr
    (ready,) = [each for line in done.stdout.splitlines() if (each := json.loads(line))["event"] == "ready"]
    assert (ready["offline"], ready["sends"]) == (False, {"text": where})
    assert f"Text of this conversation was sent to {where}." in run("history", "show", "1", home=home).stdout


def test_what_the_model_said_before_the_voice_failed_is_shown(home: dict[str, str], tmp_path: Path) -> None:
    from fakes.llm_server import Asked, Behaviour, plain

    behaviours: list[Behaviour] = [speaking(ToneVoice()), plain("500 Oh"), speaking(ToneVoice())]

    def one_after_the_other(client: Any, asked: Asked) -> None:  # noqa: ANN401 - a socket
        behaviours.pop(0)(client, asked)

    with FakeSpeechServer(speak=one_after_the_other) as server:
        flags = ("--llm-url", server.url, "--tts-url", server.url, "--speaker", str(tmp_path / "out.wav"))
        done = run("chat", "--text", "--json", *flags, home=home, stdin="One?\nTwo?\n")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [each["code"] for each in events if each["event"] == "error"] == ["server-failed"]
    assert [each["text"] for each in events if each["event"] == "spoken"][-1] == "Blue is a colour."


# ---- consent and what is told, without a program


def served(**urls: str) -> Settings:
    return dataclasses.replace(Settings(), models=build(Models, urls))


def test_only_what_a_command_needs_is_reached() -> None:
    here = served(llm_url="http://127.0.0.1:1", stt_url="http://127.0.0.1:2", tts_url="http://127.0.0.1:2")
    assert remote_engines.permitted(here) == (Destination("127.0.0.1", 1), Destination("127.0.0.1", 2))
    assert remote_engines.permitted(here, remote_engines.parts_of(thinks=True)) == (Destination("127.0.0.1", 1),)
    assert remote_engines.parts_of(hears=True, speaks=True) == ("stt", "tts")
    assert remote_engines.consented(served(), asks=False) == ()


def test_each_kind_of_sending_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOICECLI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr(remote_engines, "somebody_is_there", lambda: True)
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(typer, "confirm", confirm)
    flags = {"models.llm_url": "https://a.lan", "models.stt_url": "http://b.lan:1", "models.tts_url": "http://b.lan:1"}
    settings = load(flags=flags).settings
    remote_engines.consented(settings, asks=True)
    told = capsys.readouterr().err
    assert asked == ["Allow a.lan:443 from now on?", "Allow b.lan:1 from now on?"]
    assert (
        "The recogniser is on another machine, b.lan:1. The sound of your voice would be sent there, unencrypted."
        in told
    )
    assert "What the assistant says would be sent there as text, unencrypted." in told
    assert "stays here" not in told
    assert load().settings.network.allow == "a.lan:443 b.lan:1"


def test_sound_and_text_are_told_apart_in_what_is_saved() -> None:
    from voicecli.app.conversation_text import ConversationText
    from voicecli.events import Ready
    from voicecli.memory.event_tracker import _sent_to
    from voicecli.memory.writer import _with_sent
    from voicecli.offline.walls import Walls

    settings = served(llm_url="http://a.lan:1", stt_url="http://b.lan:2", tts_url="http://b.lan:2")
    reached = Walls(layers=(), environment=True, reaches=(Destination("a.lan", 1), Destination("b.lan", 2)))
    sends = remote_engines.sends(reached, settings)
    assert sends == {"text": "a.lan:1, b.lan:2", "sound": "b.lan:2"}
    assert _sent_to(sends) == {"sent_to": "a.lan:1, b.lan:2", "sound_sent_to": "b.lan:2"}
    assert _with_sent({"llm": "x"}, json.dumps({"sound_sent_to": "c:3"})) == {"llm": "x", "sound_sent_to": "c:3"}
    record = ConversationText(lambda: ())
    values: dict[str, Any] = {"models": {}, "device": {}, "offline": False, "microphone": None, "speaker": None}
    record.handle(Ready(t_s=0.0, duplex=None, mode="typed", sends=sends, **values))
    assert record.as_text().splitlines() == [
        "Text of this conversation was sent to a.lan:1, b.lan:2.",
        "Sound of this conversation was sent to b.lan:2.",
    ]
