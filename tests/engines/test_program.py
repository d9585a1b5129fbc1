"""The program as a user meets it: real models, files for a microphone and a speaker, or none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fakes.program import Chat, files, run
from fakes.words import plain, word_error_rate
from speech_fixtures import speak
from voicecli.audio.files import read_wav
from voicecli.pcm import RATE_HZ

QUESTIONS = ("What is the capital of Japan?", "Now the same for Germany.")


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Spoken by the installed voice."""
    return speak(QUESTIONS, tmp_path_factory.mktemp("questions"))


def heard_in(path: Path) -> str:
    """What the recogniser finds in a file."""
    found = run("transcribe", "--language", "en", str(path))
    assert found.returncode == 0, found.stderr
    return found.stdout


def check_conversation(chat: Chat) -> None:
    """Both questions understood, both answered, the second in the light of the first."""
    transcripts = [event["text"] for event in chat.told("transcript", final=True)]
    assert [plain(text) for text in transcripts] == [plain(text) for text in QUESTIONS]
    tokyo, berlin = (event["text"] for event in chat.told("reply"))
    assert "Tokyo" in tokyo
    assert "Berlin" in berlin
    assert [event["cut"] for event in chat.told("spoken")] == [False, False]


def test_a_conversation_from_files_into_a_file(questions: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    with Chat(*files(questions), "--speaker", str(output)) as chat:
        assert chat.end() == 0, chat.stderr()
        check_conversation(chat)
        ready = chat.events[[event["event"] for event in chat.events].index("ready")]
        assert ready["offline"] is True
        assert ready["device"] == {"stt": "cpu", "llm": "cpu", "voice": "cpu"}
        assert chat.events[-1] == {"event": "bye", "t": chat.events[-1]["t"], "turns": 2}
        replies = " ".join(event["text"] for event in chat.told("reply"))
        latencies = chat.told("latency")
        started = [event["at_ms"] for event in chat.told("speech_started")]
    assert word_error_rate(replies, heard_in(output)) <= 0.15
    # The file is on the microphone's clock: the answer begins in it where the events say it did.
    sound, _ = read_wav(output)
    first_ms = int(np.argmax(np.abs(sound) > 500)) * 1000 / RATE_HZ
    question_ms = read_wav(questions[0])[1] * 1000
    assert started[0] + question_ms < first_ms < started[0] + question_ms + latencies[0]["voice_to_voice_ms"] + 1000
    assert oct(output.stat().st_mode & 0o777) == "0o600"


def test_the_first_sentence_is_heard_before_the_reply_is_complete(tmp_path: Path) -> None:
    question = speak(["Explain in three sentences how bees make honey."], tmp_path)
    with Chat(*files(question), "--speaker", str(tmp_path / "out.wav")) as chat:
        assert chat.end() == 0, chat.stderr()
        order = [event["event"] for event in chat.events]
        assert order.index("latency") < order.index("reply")  # `latency` is told with the first sound


def test_it_all_works_where_there_is_no_network_interface_at_all(questions: list[Path], tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("making a network namespace needs root and unshare")
    cut_off = ["unshare", "--net", "--"]
    interfaces = subprocess.run([*cut_off, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
    assert "eth" not in interfaces
    with Chat(*files(questions), "--speaker", str(tmp_path / "out.wav"), prefix=cut_off) as chat:
        assert chat.end() == 0, chat.stderr()
        check_conversation(chat)


def test_typed_lines_from_a_pipe_are_answered_in_turn() -> None:
    result = run("chat", "--text", "--speaker", "none", stdin="What is the capital of France?\nAnd of Italy?\n")
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if line.startswith(("you", "voicecli"))]
    assert [line.split(":")[0] for line in lines] == ["you", "voicecli", "you", "voicecli"]
    assert "Tokyo" in lines[1]
    assert "Rome" in lines[3]


def test_without_a_microphone_and_without_input_it_ends_well_and_says_so() -> None:
    # A folder in the place of the sound server's socket: nobody answers.
    result = run("chat", env={"PULSE_SERVER": "unix:/nonexistent", "PULSE_RUNTIME_PATH": "/nonexistent"})
    assert result.returncode == 0, result.stderr
    assert "typed conversation" in result.stdout


def test_ask_answers_by_voice_a_question_asked_by_voice(tmp_path: Path) -> None:
    question, answer = speak(["What is the capital of Japan?"], tmp_path)[0], tmp_path / "answer.wav"
    result = run("ask", "--audio", str(question), "-o", str(answer))
    assert result.returncode == 0, result.stderr
    assert "Tokyo" in result.stdout
    assert word_error_rate(result.stdout, heard_in(answer)) <= 0.2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(number: int, questions: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    with Chat(*files(questions), "--speaker", str(output)) as chat:
        chat.wait_for("reply_delta")
        chat.signal(number)
        if number == signal.SIGINT:
            chat.wait_for("interrupted", by="key")
            chat.signal(number)
        code = chat.end()
        assert code == (0 if number == signal.SIGINT else 128 + number)
        assert chat.events[-1]["event"] == "bye"
    assert read_wav(output)[1] > 0  # whole, header and all


def test_a_killed_session_leaves_a_readable_recording(questions: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    with Chat(*files(questions), "--speaker", str(output)) as chat:
        chat.wait_for("spoken")
        chat.signal(signal.SIGKILL)
        chat.end()
    assert read_wav(output)[1] > 1


def test_many_turns_leave_nothing_behind(tmp_path: Path) -> None:
    """A short form of `scripts/soak.py`, which goes on for ten minutes."""
    result = subprocess.run(
        [sys.executable, "scripts/soak.py", "--turns", "6", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "threads left: none" in result.stdout
    assert "over their limit: none" in result.stdout
