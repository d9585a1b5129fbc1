"""A spoken conversation is saved with its sound, found, exported and resumed by another process; real models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fakes.program import Chat, files, run
from fakes.words import plain, word_error_rate
from speech_fixtures import speak
from voicecli.audio.sound_files import read_audio
from voicecli.pcm import RATE_HZ, Pcm

pytestmark = pytest.mark.engines


def onset_ms(pcm: Pcm, after_ms: float) -> float:
    """The time of the first sound after `after_ms`, in ms."""
    first = round(after_ms * RATE_HZ / 1000)
    return after_ms + int(np.argmax(np.abs(pcm[first:].astype(np.int32)) > 500)) * 1000 / RATE_HZ


def test_a_spoken_conversation_is_saved_exported_and_resumed(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path / "data")}
    (question,) = speak(["What is the capital of France?"], tmp_path)
    output, talk = tmp_path / "out.wav", tmp_path / "talk.wav"
    with Chat(*files([question]), "--speaker", str(output), "--save-audio", env=env) as chat:
        assert chat.end() == 0, chat.stderr()
        started, ended = chat.told("speech_started")[0], chat.told("speech_ended")[0]
    shown = json.loads(run("history", "show", "--json", env=env).stdout)
    (turn,) = shown["turns"]
    assert plain(turn["question"]) == plain("What is the capital of France?")
    assert "Paris" in turn["answer"]
    assert 0 < len(shown["title"].split()) <= 7  # by the model, or from the question
    assert turn["question_to_ms"] - turn["question_from_ms"] == pytest.approx(ended["at_ms"] - started["at_ms"], abs=1)

    assert run("history", "search", "pari", env=env).stdout.startswith("1, turn 1")
    assert run("history", "export", "-o", str(talk), env=env).returncode == 0
    whole = read_audio(talk)[0]
    # In the file both voices are as far apart as they were in the room.
    answer_ms = turn["answer_from_ms"] - turn["question_from_ms"]
    heard_ms = onset_ms(read_audio(output)[0], ended["at_ms"]) - started["at_ms"]
    assert onset_ms(whole, answer_ms - 200) == pytest.approx(heard_ms, abs=150)
    heard = run("transcribe", "--language", "en", str(talk), env=env).stdout
    assert word_error_rate(f"{turn['question']} {turn['answer']}", heard) <= 0.2

    done = run("chat", "--text", "--speaker", "none", "--resume", "--json", stdin="And of Spain?\n", env=env)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["question"] for event in told if event["event"] == "past_turn"] == [turn["question"]]
    assert "Madrid" in next(
        event["text"] for event in told if event["event"] == "reply"
    )  # because of the question before
    assert len(json.loads(run("history", "show", "--json", env=env).stdout)["turns"]) == 2

    assert run("history", "rm", "--all", "-y", env=env).returncode == 0
    left = [file for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert [file.name for file in left] == ["history.db"]
    assert b"Paris" not in left[0].read_bytes()
