"""`voicecli chat` as a program in which only models and sound are fake: `python chat_player.py [--talk] [--speak] ARGUMENTS…`.

Its model answers "Answer N to QUESTION (M before)." word by word. N counts answers, and M is the number of messages before the question. A question
with "long" in it is answered without end, "slow" without a first word, "kept" with the number of objects that garbage collection ignores,
"prompt" with its system prompt. The title of a conversation is TITLE, or none.
With `--speak` there is a voice, which hums.
With `--talk` there is a microphone. On SIGUSR1 it records the text in the file named by SAY, or the sound in the file named by
SOUND, if that exists. The recogniser's input is stored in the file named by HEARD. Reports to the conductor from keys and lines
are written, one per line, to the file named by REPORTS, and the listener's orders to the file named by ORDERS.
With QUEUE the conductor's inbox holds that many reports, and the queue of events twice as many.
A question with "stuck" in it makes the model hang in native code, which nothing can interrupt; with STUCK_LOAD loading does so.
A question with "fault" in it makes the keyboard's thread fail, one with "crash" that of the model; one with "child" kills a child of the program.
"""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from rich.console import Console

from fakes.audio import FakeMicrophone
from fakes.engines import ReadyModel, ToneVoice, heard
from fakes.session_rig import LoudnessDetector, speech
from voicecli.app import (
    chat_session,
    chat_terminal,
    early_engine_start,
    engine_setup,
    event_broadcast,
    model_choice,
    session_sound,
)
from voicecli.app.slash_commands import Surroundings
from voicecli.cli.main import main
from voicecli.engines.ports import ChatMessage, Device, IsCancelled, Sampling, Transcription
from voicecli.messages import Report, Typed
from voicecli.pcm import RATE_HZ, Pcm
from voicecli.pipeline.graph import Graph
from voicecli.pipeline.listen import ListenOrder
from voicecli.pipeline.titles import REQUEST
from voicecli.ui import bell


def get_stuck() -> None:
    """Hangs in native code: waits for a lock that this thread holds."""
    libc, lock = ctypes.CDLL(None), ctypes.create_string_buffer(256)
    libc.pthread_mutex_lock(lock)
    libc.pthread_mutex_lock(lock)


class EchoModel(ReadyModel):
    """Answers at once. The words of the question select the kind of answer."""

    name = "echo"

    def __init__(self) -> None:
        self._answers = 0

    def reply(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling,  # noqa: ARG002 - the port's signature
        is_cancelled: IsCancelled,
    ) -> Iterator[str]:
        question = messages[-1].content
        if question == REQUEST:
            yield from filter(None, [os.environ.get("TITLE", "")])
            return
        self._answers += 1
        words = f"Answer {self._answers} to {question} ({len(messages) - 2} before).".split()
        if "stuck" in question:
            get_stuck()
        if "crash" in question:
            raise RuntimeError(f"a fault at {question}")
        if "prompt" in question:
            words = messages[0].content.split(" ")
        if "kept" in question:
            words = [f"{gc.get_freeze_count()} objects."]
        while "slow" in question and not is_cancelled():
            time.sleep(0.01)
        for word in words:
            yield f"{word} "
        while "long" in question and not is_cancelled():
            yield "more "
            time.sleep(0.05)


class FileTranscriber:
    """Returns the text in a file as the transcript."""

    name = "file"
    device: Device = "cpu"

    def warm_up(self) -> None:
        """Does nothing, because it is always warm."""

    def transcribe(
        self,
        utterance: Pcm,
        *,
        language: str | None,  # noqa: ARG002 - the port's signature
        is_cancelled: IsCancelled,  # noqa: ARG002 - the same
        context: str = "",  # noqa: ARG002 - the same
    ) -> Transcription:
        if "HEARD" in os.environ:
            np.save(os.environ["HEARD"], utterance)
        return heard(Path(os.environ["SAY"]).read_text(encoding="utf-8"))


class Watched(chat_terminal.ChatTerminal):
    """Logs the reports that are offered to the conductor."""

    def __init__(
        self, console: Console, stdin: TextIO, offer: Callable[[Report], object], around: Surroundings
    ) -> None:
        log = Path(os.environ["REPORTS"]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - until the end

        def written(report: Report) -> None:
            values = ", ".join(f"{k}={v!r}" for k, v in dataclasses.asdict(report).items() if k != "prompt")
            log.write(f"{type(report).__name__}({values})\n")
            if isinstance(report, Typed) and "fault" in report.text:
                raise RuntimeError("a fault of the keyboard")
            if isinstance(report, Typed) and "child" in report.text:
                child = subprocess.Popen(["sleep", "1000"])
                child.kill()
                child.wait()
            offer(report)

        super().__init__(console, stdin, written, around)


def _write_orders(path: Path) -> None:
    """Logs every order after the listener has received it, so that all later sound is handled as ordered."""
    give = Graph.order

    def written(graph: Graph, order: ListenOrder) -> None:
        give(graph, order)
        with path.open("a", encoding="utf-8") as orders:
            orders.write(f"{type(order).__name__}\n")

    patched: Any = Graph
    patched.order = written


def _load(engines: engine_setup.Engines) -> engine_setup.Engines:
    if os.environ.get("STUCK_LOAD"):
        sys.stderr.write("stuck\n")
        get_stuck()
    if os.environ.get("SLOW_LOAD"):
        time.sleep(1000)
    return engines


def play(arguments: list[str]) -> int:
    """Runs the program."""
    talks = "--talk" in arguments
    microphone = FakeMicrophone()
    nothing = engine_setup.Chosen(stt=None, llm=None, voice=None)
    speaks = "--speak" in arguments
    fakes = engine_setup.Engines(
        transcriber=FileTranscriber() if talks else None,
        model=EchoModel(),
        voice=ToneVoice(ms_per_character=5.0) if speaks else None,
    )
    patched: Any = engine_setup
    patched.choose = lambda *_a, **_k: nothing
    patched.load = lambda *_a, **_k: _load(fakes)
    if speaks:
        patched.voice_rate_hz = lambda _voice: RATE_HZ
        patched.cores_are_few = lambda _engines: False
    patched.better_command = lambda _settings: ""
    vars(model_choice)["offer"] = lambda _fetch: None
    vars(early_engine_start)["begin"] = lambda *_a, **_k: None
    patched.detectors = lambda: (LoudnessDetector(), None)
    session: Any = session_sound
    session.open_microphone = lambda *_a: microphone
    vars(chat_terminal)["ChatTerminal"] = Watched
    if "ORDERS" in os.environ:
        _write_orders(Path(os.environ["ORDERS"]))

    def talk(_number: int, _frame: object) -> None:
        def say() -> None:
            if (sound := Path(os.environ.get("SOUND", ""))).is_file():
                microphone.hear(np.load(sound))
                sound.unlink()
                return
            microphone.hear(speech(600))
            microphone.hear_silence(3000)

        threading.Thread(target=say, daemon=True).start()

    if "QUEUE" in os.environ:
        vars(chat_session)["REPORTS"] = int(os.environ["QUEUE"])
        vars(event_broadcast)["LIMIT"] = 2 * int(os.environ["QUEUE"])
    if "LONG_S" in os.environ:
        vars(bell)["LONG_S"] = float(os.environ["LONG_S"])
    signal.signal(signal.SIGUSR1, talk)
    wanted = [each for each in arguments if each not in {"--talk", "--speak"}] + ([] if talks else ["--text"])
    return main(["chat", *([] if speaks else ["--speaker", "none"]), *wanted])


if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
