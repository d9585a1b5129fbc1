"""A conversation through a real sound server, with a virtual microphone and a virtual speaker."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from fakes.program import Chat, run
from fakes.words import plain, word_error_rate
from speech_fixtures import speak
from virtual_sound_card import VirtualSoundCard

pytestmark = pytest.mark.engines

QUESTIONS = ("What is the capital of Japan?", "Now the same for Germany.")


def test_two_questions_spoken_aloud_are_answered_aloud(server: VirtualSoundCard, tmp_path: Path) -> None:
    questions = speak(QUESTIONS, tmp_path)
    recording = tmp_path / "heard.wav"
    with Chat(env=server.environment) as chat, server.record_speaker(recording):
        ready = chat.wait_for("ready")
        assert ready["microphone"] is not None
        assert ready["speaker"] is not None
        for number, question in enumerate(questions, start=1):
            server.play_into_microphone(question).wait()
            chat.wait_for("spoken", count=number)
        time.sleep(0.3)  # until the last of it has gone through the server
        chat.signal(signal.SIGTERM)
        assert chat.end() == 128 + signal.SIGTERM
        transcripts = [event["text"] for event in chat.told("transcript", final=True)]
        replies = [event["text"] for event in chat.told("reply")]
    assert [plain(text) for text in transcripts] == [plain(text) for text in QUESTIONS]
    assert "Tokyo" in replies[0]
    assert "Berlin" in replies[1]
    heard = run("transcribe", "--language", "en", str(recording))
    assert word_error_rate(" ".join(replies), heard.stdout) <= 0.15, heard.stdout


def test_a_sound_server_that_goes_away_and_comes_back_does_not_end_the_conversation(
    server: VirtualSoundCard, tmp_path: Path
) -> None:
    question = speak(QUESTIONS[:1], tmp_path)[0]
    with Chat(env=server.environment) as chat:
        chat.wait_for("ready")
        server.kill_server()
        lost = chat.wait_for("error")
        assert lost["code"] == "device-lost"
        assert "turn" not in lost
        server.start_server()
        chat.wait_for("notice", code="device-back")
        server.play_into_microphone(question).wait()
        assert "Tokyo" in chat.wait_for("spoken")["text"]
        chat.signal(signal.SIGTERM)
        chat.end()


def test_an_answer_that_was_playing_when_the_sound_server_was_restarted_is_heard_to_its_end(
    server: VirtualSoundCard, tmp_path: Path
) -> None:
    question = speak(["Tell me what a volcano is in three sentences."], tmp_path)[0]
    with Chat(env=server.environment) as chat:
        chat.wait_for("ready")
        server.play_into_microphone(question).wait()
        chat.wait_for("reply")
        began_s = time.monotonic()
        server.kill_server()
        chat.wait_for("error", code="device-lost")
        noticed_s = time.monotonic() - began_s
        server.start_server()
        chat.wait_for("notice", code="device-back")
        spoken = chat.wait_for("spoken")
        chat.signal(signal.SIGTERM)
        chat.end()
        reply = chat.told("reply")[0]["text"]
    assert noticed_s < 2.5, "two seconds, and what a busy machine takes to write an event"
    assert spoken["cut"] is False
    assert plain(spoken["text"]) == plain(reply)


def test_a_note_is_taken_once_the_person_has_said_yes_and_a_timer_speaks_up_by_itself(
    server: VirtualSoundCard, tmp_path: Path
) -> None:
    texts = ("Set a timer for twenty seconds.", "Take a note, call my sister.", "Yes, please.")
    with Chat(env=server.environment) as chat:
        chat.wait_for("ready")
        for number, question in enumerate(speak(texts, tmp_path), start=1):
            server.play_into_microphone(question).wait()
            chat.wait_for("tool", count=number)
            chat.wait_for("spoken", count=number)
        chat.wait_for("spoken", text="The timer for 20 seconds is over.")
        chat.signal(signal.SIGTERM)
        chat.end()
        used = [(event["tool"], event["outcome"]) for event in chat.told("tool")]
        said = [event["text"] for event in chat.told("spoken")]
    assert used == [("set_timer", "done"), ("add_note", "asked"), ("add_note", "done")]
    assert any("call my sister" in text for text in said)
