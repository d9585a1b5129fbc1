"""The program as a user runs it: real models, with files as microphone and speaker, or without."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from fakes.program import Chat, files, run
from fakes.words import plain, word_error_rate
from speech_fixtures import speak
from voicecli.audio.sound_files import read_wav
from voicecli.pcm import RATE_HZ

pytestmark = pytest.mark.engines

QUESTIONS = (
    "What is the capital of France?",
    "And, of Spain?",  # with a comma because joe says "End of Spain" without one
)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Questions spoken by the installed voice."""
    return speak(QUESTIONS, tmp_path_factory.mktemp("questions"))


def heard_in(path: Path) -> str:
    """The text that the recogniser finds in a file."""
    found = run("transcribe", "--language", "en", str(path))
    assert found.returncode == 0, found.stderr
    return found.stdout


def cut_off() -> list[str]:
    """The command prefix that runs a program without a network interface; empty if that needs rights that the test does not have."""
    prefix = ["unshare", "--net", "--"]
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return []
    interfaces = subprocess.run([*prefix, "cat", "/proc/net/dev"], capture_output=True, text=True, check=False).stdout
    return prefix if interfaces and "eth" not in interfaces else []


def test_a_conversation_from_files_into_a_file_without_any_network(questions: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    with Chat(*files(questions), "--speaker", str(output), prefix=cut_off()) as chat:
        assert chat.end() == 0, chat.stderr()
        ready = chat.wait_for("ready")
        assert ready["offline"] is True
        assert ready["device"] == {"stt": "cpu", "llm": "cpu", "voice": "cpu"}
        transcripts = [event["text"] for event in chat.told("transcript", final=True)]
        replies = [event["text"] for event in chat.told("reply")]
        assert [plain(text) for text in transcripts] == [plain(text) for text in QUESTIONS]
        assert "Paris" in replies[0]
        assert "Madrid" in replies[1]  # because of the question before
        assert [event["cut"] for event in chat.told("spoken")] == [False] * 2
        assert chat.events[-1] == {"event": "bye", "t": chat.events[-1]["t"], "turns": 2}
        # Every word that was spoken was told of, as it was written, in its turn and in the pace of speech.
        for turn, reply in enumerate(replies, start=1):
            told = chat.told("word", turn=turn)
            assert plain(" ".join(word["text"] for word in told)) == plain(reply)
            assert all(reply[word["start"] : word["end"]] == word["text"] for word in told)
            times = [word["t"] for word in told]
            assert times == sorted(times)
            assert 0.05 * len(told) < times[-1] - times[0] < 1.0 * len(told)
        latency, started = chat.told("latency")[0], chat.told("speech_started")[0]
    # Of twelve words two may be heard otherwise: "Francis" for "France is".
    assert word_error_rate(" ".join(replies), heard_in(output)) <= 0.2
    # The file is on the microphone's clock: the answer begins in it where the events say it did.
    sound, _ = read_wav(output)
    first_ms = int(np.argmax(np.abs(sound) > 500)) * 1000 / RATE_HZ
    question_ms = read_wav(questions[0])[1] * 1000
    assert (
        started["at_ms"] + question_ms < first_ms < started["at_ms"] + question_ms + latency["voice_to_voice_ms"] + 1000
    )
    assert oct(output.stat().st_mode & 0o777) == "0o600"


def test_typed_lines_from_a_pipe_are_answered_in_turn() -> None:
    result = run("chat", "--text", "--speaker", "none", stdin="What is the capital of France?\nAnd of Italy?\n")
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if line.startswith(("you", "voicecli"))]
    assert [line.split(":")[0] for line in lines] == ["you", "voicecli", "you", "voicecli"]
    assert "Paris" in lines[1]
    assert "Rome" in lines[3]


def test_without_a_microphone_and_without_input_it_ends_well_and_says_so() -> None:
    # A folder in the place of the sound server's socket: nobody answers.
    result = run("chat", env={"PULSE_SERVER": "unix:/nonexistent", "PULSE_RUNTIME_PATH": "/nonexistent"})
    assert result.returncode == 0, result.stderr
    assert "you can only type" in result.stdout


def test_ask_answers_by_voice_a_question_asked_by_voice(tmp_path: Path) -> None:
    question, answer = speak(["What is the capital of Japan?"], tmp_path)[0], tmp_path / "answer.wav"
    result = run("ask", "--audio", str(question), "-o", str(answer))
    assert result.returncode == 0, result.stderr
    assert "Tokyo" in result.stdout or "Japan" in result.stdout  # the smallest model does not always know it
    assert word_error_rate(result.stdout, heard_in(answer)) <= 0.2


def test_ctrl_c_once_stops_the_answer_and_twice_ends(questions: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    with Chat(*files(questions[:1]), "--speaker", str(output)) as chat:
        chat.wait_for("latency")
        chat.signal(signal.SIGINT)
        chat.wait_for("interrupted", by="key")
        chat.signal(signal.SIGINT)
        assert chat.end() == 0
        assert chat.events[-1]["event"] == "bye"
    assert read_wav(output)[1] > 0  # whole, header and all
