"""Voice, speed, volume and model are changed while the program speaks: real models, a simulated terminal, and the audible result."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes import live_session
from fakes.program import run
from fakes.words import word_error_rate
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.pcm import Pcm

if sys.platform == "win32":
    pytest.skip("terminals of Unix", allow_module_level=True)

from fakes.pty_terminal import PtyTerminal

pytestmark = pytest.mark.engines

DEEP_HZ = 16_000
"""The rate that the deep voice claims to have: joe, played so much slower."""

NO_MEMORY = """
from voicecli.app import engine_loader
engine_loader.available_bytes = lambda: 1
"""


@pytest.fixture
def deep(model_path: Callable[[str, str], Path], tmp_path: Path) -> Path:
    """A user's own voice."""
    voice = next(model_path("voice", "en_US-joe-medium").glob("*.onnx"))
    shutil.copy(voice, tmp_path / "deep.onnx")
    description = json.loads(Path(f"{voice}.json").read_text(encoding="utf-8"))
    description["audio"]["sample_rate"] = DEEP_HZ
    (tmp_path / "deep.onnx.json").write_text(json.dumps(description), encoding="utf-8")
    return tmp_path / "deep.onnx"


class Session:
    """A typed session whose speech goes to a file."""

    def __init__(self, folder: Path, models: Path, *, prelude: str = "") -> None:
        self.folder = folder
        self.output = folder / "out.wav"
        arguments = ["chat", "--text", "--speaker", str(self.output), "--llm", "qwen2.5-coder-0.5b"]
        program = f"import sys\n{prelude}\nfrom voicecli.cli.main import main\nsys.exit(main({arguments!r}))"
        source = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "VOICECLI_MODELS": str(models)}
        self.terminal = PtyTerminal(
            [sys.executable, "-c", program],
            environment=live_session.homes(folder) | live_session.LOG | source,
            width=100,
        )
        self.until("ready")

    def events(self, name: str, **fields: object) -> list[dict[str, object]]:
        return live_session.events(self.folder, name, **fields)

    def type(self, line: str) -> None:
        self.terminal.type(f"{line}\r")

    def until(self, name: str, count: int = 1, **fields: object) -> None:
        self.terminal.until(lambda: len(self.events(name, **fields)) >= count, (name, count, fields))

    def end(self) -> None:
        self.type("/quit")
        assert self.terminal.end() == 0
        self.terminal.__exit__(None, None, None)


@pytest.fixture
def start(model_path: Callable[[str, str], Path], tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []
    models = model_path("llm", "qwen2.5-coder-0.5b").parents[1]

    def start(*, prelude: str = "") -> Session:
        sessions.append(Session(tmp_path, models, prelude=prelude))
        return sessions[-1]

    yield start
    for session in sessions:
        if session.terminal.process.poll() is None:
            session.terminal.__exit__(None, None, None)


BETWEEN_S = 3.0
"""Silence between the answer and its repetition: longer than any within an answer, also on a busy machine."""


def pitch_hz(sound: Pcm, rate_hz: int) -> float:
    """Median pitch of the voiced parts."""
    found = []
    size = rate_hz // 16
    for start in range(0, len(sound) - size, size // 2):
        window = sound[start : start + size].astype(float)
        if np.sqrt(np.mean(window**2)) < 300:
            continue
        window -= window.mean()
        likeness = np.correlate(window, window, "full")[size - 1 :]
        shortest, longest = rate_hz // 250, rate_hz // 55
        lag = shortest + int(np.argmax(likeness[shortest:longest]))
        if likeness[lag] > 0.5 * likeness[0]:
            found.append(rate_hz / lag)
    return float(np.median(found))


def halves(sound: Pcm) -> tuple[Pcm, Pcm]:
    """The sound before and after the longest silence inside it."""
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 100)
    gap = int(np.argmax(np.diff(loud)))
    middle = (loud[gap] + loud[gap + 1]) // 2
    return sound[:middle], sound[middle:]


def test_another_voice_takes_over_in_the_middle_of_an_answer(start: Callable[..., Session], deep: Path) -> None:
    session = start()
    session.type("Please tell me a short story about a cat.")
    session.until("word")
    session.type(f"/voice {deep}")
    session.until("changed", what="voice", value="deep")
    session.until("spoken")
    before = len(session.events("changed"))
    session.type("/speed 2")
    session.until("changed", before + 1)  # two lines that come at once are a paste, and one message
    session.type("/volume 50")
    session.until("changed", before + 2)
    time.sleep(BETWEEN_S)
    session.type("/repeat")
    session.until("spoken", 2)
    session.end()
    spoken = session.events("spoken")
    assert [event["cut"] for event in spoken] == [False, False]
    times = [float(str(event["t"])) for event in (*session.events("latency"), *spoken)]
    sound, seconds = read_wav(session.output)
    rate_hz = round(len(sound) / seconds)
    first_s, whole_s, repeated_s = times[0], times[1], times[2]
    at_first, again = halves(sound)
    assert pitch_hz(at_first[: round(1.5 * rate_hz)], rate_hz) > 1.15 * pitch_hz(again, rate_hz)
    # All of it, twice as fast, was said again in less time than it took at first.
    assert repeated_s - whole_s - BETWEEN_S < 0.8 * (whole_s - first_s)
    reply = str(session.events("reply")[0]["text"])
    for name, part in (("first.wav", at_first), ("again.wav", again)):
        file = WavWriter(session.folder / name, rate_hz)
        file.write(part)
        file.close()
        heard = run("transcribe", "--language", "en", str(session.folder / name)).stdout
        # A voice that is slowed down for this test, and twice as fast, is hard to understand; half of the words missing is another thing.
        assert word_error_rate(reply, heard) < 0.6, heard


@pytest.mark.parametrize("prelude", ["", NO_MEMORY], ids=["beside", "released first"])
def test_another_model_goes_on_with_the_conversation(start: Callable[..., Session], prelude: str) -> None:
    session = start(prelude=prelude)
    session.type("What is the capital of France?")
    session.until("spoken")
    session.type("/model smollm2-135m")
    session.terminal.wait("not enough memory" if prelude else "Loading the model")
    session.type("And of Spain?")
    session.until("changed", what="model", value="smollm2-135m")
    session.until("spoken", 2)
    session.type("/model qwen")
    session.until("changed", what="model", value="qwen2.5-coder-0.5b")
    session.type("And of Italy?")
    session.until("spoken", 3)
    session.end()
    assert ("not enough memory" in session.terminal.text) is bool(prelude)
    assert "Rome" in str(session.events("reply")[2]["text"])


def test_a_model_that_is_damaged_leaves_the_one_before(start: Callable[..., Session], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF" + bytes(1000))
    session = start()
    session.type(f"/model {damaged}")
    session.terminal.wait("damaged")
    session.type("What is the capital of France?")
    session.until("spoken")
    session.end()
    assert session.events("changed") == []
    assert "Paris" in str(session.events("reply")[0]["text"])
