"""`voicecli chat` as a program whose models and sound are fake and can be broken from outside: `python player.py ARGUMENTS…`.

The campaign connects to the Unix socket named by the variable FAULTS and sends lines. Each is answered with `ok`. See `Handle.COMMANDS`.

The microphone and the speaker run on one clock, twice as fast as real time. The recogniser returns the text of the last `say` or `speak`. The model
answers "Answer N to QUESTION (M before). That is all.", where M is the number of messages before the question. A question with "slow" in it gets no
first word, and one with "long" an answer without end, until `release`.
"""

from __future__ import annotations

import functools
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

import numpy as np

from fakes.audio import FakeMicrophone, FakeSpeaker
from fakes.engines import ReadyModel, ToneVoice, heard
from fakes.session_rig import LoudnessDetector, speech
from voicecli.app import early_engine_start, engine_setup, model_choice, session_sound
from voicecli.audio import device_watchdog
from voicecli.audio.ports import DeviceHealth
from voicecli.cli.main import main
from voicecli.engines.ports import ALONE, ChatMessage, Device, IsCancelled, OnWords, Sampling, Transcription, Within
from voicecli.errors import AudioError, GenerationFailed, SynthesisFailed, TranscriptionFailed
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm
from voicecli.pipeline.titles import REQUEST

PACE: Final = 2.0
"""How much faster than real time the sound runs."""

UNTIL_SPEECH_MS: Final = 200.0
AFTER_SPEECH_MS: Final = 600.0

ERRORS: Final[dict[str, Exception]] = {
    "unexpected": RuntimeError("a fault of a library"),
    "memory": MemoryError(),
    "generation": GenerationFailed("The model failed."),
    "transcription": TranscriptionFailed("The recogniser failed."),
    "synthesis": SynthesisFailed("The voice failed."),
}

LONGEST_ECHO: Final = 100
"""How much of a question is repeated in its answer."""

GARBAGE: Final = "\x1b[2J\x07\x9b31m<|im_end|>\u202e\ud800[[phonemes]] " + "x" * 300 + ". "
"""What a damaged model may write: control characters, special tokens, half of a pair, a very long word."""


class Broken:
    """The next call fails with an error that was ordered."""

    def __init__(self) -> None:
        self.orders: list[Exception] = []
        self.answer: str | None = None

    def fail(self) -> None:
        """Raises the next ordered error, if there is one."""
        if self.orders:
            raise self.orders.pop(0)


class Model(ReadyModel):
    """Answers, and waits where the question says so."""

    name = "small"

    def __init__(self) -> None:
        self.broken = Broken()
        self.released = threading.Event()
        self.stuck = False
        self._answers = 0

    def reply(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling,  # noqa: ARG002 - the port's signature
        is_cancelled: IsCancelled,
    ) -> Iterator[str]:
        """Answers a question."""
        question = messages[-1].content[:LONGEST_ECHO]
        if question == REQUEST:
            return
        self._answers += 1
        if self.stuck:
            from fakes.chat_player import get_stuck

            get_stuck()
        while "slow" in question and not self.released.is_set() and not is_cancelled():
            self.broken.fail()
            time.sleep(0.01)
        self.broken.fail()
        if self.broken.answer is not None:
            made, self.broken.answer = self.broken.answer, None
            yield made
            return
        before = sum(each.role != "system" for each in messages) - 1
        yield from (f"{word} " for word in f"Answer {self._answers} to {question} ({before} before).".split())
        while "long" in question and not self.released.is_set() and not is_cancelled():
            self.broken.fail()
            yield "There is more to say. "
            time.sleep(0.02)
        yield "That is all. "


class Recogniser:
    """Returns the text that was ordered."""

    name = "ordered"
    device: Device = "cpu"

    def __init__(self) -> None:
        self.broken = Broken()
        self.text = ""

    def warm_up(self) -> None:
        """Does nothing, because it is always warm."""

    def transcribe(
        self,
        utterance: Pcm,  # noqa: ARG002 - the port's signature
        *,
        language: str | None,  # noqa: ARG002 - the same
        is_cancelled: IsCancelled,  # noqa: ARG002 - the same
        context: str = "",  # noqa: ARG002 - the same
    ) -> Transcription:
        """Returns the ordered text."""
        self.broken.fail()
        return heard(self.text)


class HummingVoice(ToneVoice):
    """Hums, and may fail."""

    def __init__(self) -> None:
        super().__init__(ms_per_character=8.0)
        self.broken = Broken()

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        """Hums."""
        self.broken.fail()
        yield from super().speak(text, is_cancelled=is_cancelled, on_words=on_words, speed=speed, within=within)


class Detector(LoudnessDetector):
    """A voice detector that may fail."""

    def __init__(self) -> None:
        self.broken = Broken()

    def score(self, block: Pcm) -> float:
        """Returns whether the block is loud."""
        self.broken.fail()
        return super().score(block)


class Loudspeaker(FakeSpeaker):
    """A speaker that can be lost and opened again."""

    name = "fake speaker"

    def __init__(self) -> None:
        super().__init__(RATE_HZ)
        self.lost_blocks = 0
        self.flows = True
        self.failures: list[Exception] = []

    def health(self) -> DeviceHealth:
        """Returns what was ordered."""
        return DeviceHealth(lost_blocks=self.lost_blocks, alive=self.alive, flows=self.flows)

    def release(self) -> bool:
        """Closes it."""
        self.alive = False
        return True

    def acquire(self) -> None:
        """Opens it again."""
        if self.failures:
            raise self.failures.pop(0)
        self.alive = True

    def tick(self) -> None:
        """Plays a block, if it is open."""
        if self.alive and self.flows and self._source is not None:
            self.play()
            self._played.clear()


class Handle:
    """Carries out what the campaign orders."""

    COMMANDS: ClassVar = "say TEXT, speak TEXT, quiet, release, fail ENGINE KIND, answer KIND, stuck, device NAME FIELD VALUE, asleep SECONDS"

    def __init__(self) -> None:
        self.microphone = FakeMicrophone()
        self.speaker = Loudspeaker()
        self.model = Model()
        self.recogniser = Recogniser()
        self.voice = HummingVoice()
        self.detector = Detector()
        self.asleep_s = 0.0
        self._talks_until = 0
        self._ticks = 0
        self._loud = speech(BLOCK_MS)
        self._soft = np.arange(BLOCK_SAMPLES).astype(np.int16) % 7 - 3

    def start(self) -> None:
        """Starts the clock of the sound, and waits for orders."""
        threading.Thread(target=self._run, name="fake sound", daemon=True).start()
        if "FAULTS" in os.environ:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(os.environ["FAULTS"])
            listener.listen(1)
            threading.Thread(target=self._obey, args=(listener,), name="orders", daemon=True).start()

    def _run(self) -> None:
        began_s = time.monotonic()
        while True:
            self._ticks += 1
            time.sleep(max(0.0, began_s + self._ticks * BLOCK_MS / 1000 / PACE - time.monotonic()))
            self.speaker.tick()
            microphone = self.microphone
            if microphone.alive and microphone.flows and microphone._sink is not None:  # noqa: SLF001 - a fake's
                microphone.hear(self._loud if self._ticks < self._talks_until else self._soft)

    def _obey(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        listener.close()
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                word, _, rest = line.strip().partition(" ")
                self._do(word, rest)
                lines.write("ok\n")
                lines.flush()

    def _do(self, word: str, rest: str) -> None:
        match word:
            case "say" | "speak":
                self.recogniser.text = rest
                self.model.released.clear()
                blocks = AFTER_SPEECH_MS / BLOCK_MS if word == "say" else 1e9
                self._talks_until = self._ticks + int(UNTIL_SPEECH_MS / BLOCK_MS + blocks)
            case "quiet":
                self._talks_until = 0
            case "release":
                self.model.released.set()
            case "fail":
                engine, _, kind = rest.partition(" ")
                vars(self)[engine].broken.orders.append(ERRORS[kind])
            case "answer":
                self.model.broken.answer = {"empty": "", "garbage": GARBAGE}[rest]
            case "stuck":
                self.model.stuck = True
            case "device":
                name, field, value = rest.split(" ", 2)
                setattr(vars(self)[name], field, _value(field, value))
            case "asleep":
                self.asleep_s = float(rest)
            case _:
                raise ValueError(word)


def _value(field: str, value: str) -> Any:  # noqa: ANN401 - of the field
    if field == "failures":
        return [AudioError("Another program is using the device.", "Close it.") for _ in range(int(value))]
    return int(value) if field == "lost_blocks" else value == "yes"


def _with_fake_sound(handle: Handle, *, files: bool) -> None:
    """Has the program use the fake devices; with `files` the speaker is a file."""
    sound: Any = session_sound
    sound.open_microphone = lambda *_a: handle.microphone
    if not files:
        sound.open_speaker = lambda *_a, **_k: handle.speaker
    vars(device_watchdog)["DeviceWatch"] = functools.partial(
        device_watchdog.DeviceWatch, restart=lambda: None, asleep_s=lambda: handle.asleep_s
    )


def play(arguments: list[str]) -> int:
    """Runs the program."""
    handle = Handle()
    nothing = engine_setup.Chosen(stt=None, llm=None, voice=None)
    patched: Any = engine_setup
    patched.choose = lambda *_a, **_k: nothing
    patched.load = lambda *_a, **_k: engine_setup.Engines(
        transcriber=handle.recogniser, model=handle.model, voice=handle.voice
    )
    patched.voice_rate_hz = lambda _voice: RATE_HZ
    patched.cores_are_few = lambda _engines: False
    patched.better_command = lambda _settings: ""
    patched.detectors = lambda: (handle.detector, None)
    vars(model_choice)["offer"] = lambda _fetch: None
    vars(early_engine_start)["begin"] = lambda *_a, **_k: None
    if "REAL_SOUND" not in os.environ:
        _with_fake_sound(handle, files="--speaker" in arguments)
    handle.start()
    sys.argv[1:] = ["chat", *arguments]
    return main()  # as the program itself, with a limit for the end of Python


if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
