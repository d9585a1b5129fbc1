"""The main program of an engine's process: builds the real engine and does one piece of work at a time.

    python -P -m voicecli.engines.isolated.child DESCRIPTOR PARENT ENGINE

ENGINE only labels the process in a list of processes.

A second thread receives frames, so that work can be cancelled at any time, and ends the process when the connection ends. The process inherits the
restrictions of the operating system; it installs the guard in Python here, before anything is loaded.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import importlib
import logging
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from voicecli.config.documents import build
from voicecli.engines.isolated import codec
from voicecli.engines.isolated.fields import About, Fields
from voicecli.engines.isolated.framing import Frame, GoneError, MalformedError, Wire
from voicecli.engines.threads import in_passing
from voicecli.log_format import write_to
from voicecli.offline.audit_hook import refuse_network
from voicecli.offline.core_dumps import keep_no_core
from voicecli.offline.seccomp import close_sockets

if TYPE_CHECKING:
    from voicecli.engines.ports import ChatModel, Transcriber, TurnDetector, Voice, WordTimer
    from voicecli.pcm import Pcm

PR_SET_PDEATHSIG: Final = 1
"""A number of the system (prctl(2))."""

STDERR: Final = 2
"""The descriptor of standard error."""

NATIVE_LOG: Final = "native.log"
ARGUMENTS: Final = 4
"""How many arguments the program takes, its own name included."""

T = TypeVar("T")

log = logging.getLogger("voicecli.engines.isolated")


def main(arguments: list[str]) -> int:
    """Serves until the connection ends."""
    if len(arguments) != ARGUMENTS:
        sys.stderr.write("This program is started by voicecli itself.\n")
        return 2
    end_with(int(arguments[2]))
    keep_no_core()
    refuse_network()
    close_sockets()  # the conversation made the one connection that is needed
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent process decides when this one ends
    faulthandler.enable()
    gc.disable()  # until the engine is loaded: objects made until then live as long as the process
    Server(Wire(socket.socket(fileno=int(arguments[1])))).run()
    return 0


def end_with(parent: int) -> None:
    """Makes the system end this process when `parent` ends, for whatever reason. Works on Linux only; elsewhere the end of the connection does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)  # the parent ended before the request was made


class Server:
    """Does the work that the conversation asks of the engine.

    Args:
        wire: The connection.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._requests: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current = 0
        self._dropped = 0
        self._engine: object = None
        # The engine as each of the ports. Only requests to the port that it has are sent.
        self._ear: Transcriber
        self._timer: WordTimer
        self._judge: TurnDetector
        self._model: ChatModel
        self._voice: Voice
        self._work: dict[str, Callable[[Fields, Frame], Fields]] = {
            "load": self._load,
            "warm_up": self._warm_up,
            "transcribe": self._transcribe,
            "word_times": self._word_times,
            "probability": lambda _fields, frame: {"probability": float(self._judge.probability(_sound(frame)))},
            "count_tokens": self._count_tokens,
            "prime": self._prime,
            "read_ahead": self._read_ahead,
        }
        self._streams: dict[str, Callable[[Fields], Iterator[Frame]]] = {"reply": self._reply, "speak": self._speak}

    def run(self) -> None:
        """Serves for as long as the process lives."""
        threading.Thread(target=self._receive, name="receive", daemon=True).start()
        while True:
            self._serve(self._requests.get())

    # ---- receiving

    def _receive(self) -> None:
        """Runs in the thread that receives: learns which work is no longer wanted while the engine computes."""
        try:
            while True:
                frame = self._wire.receive()
                if frame is None:
                    continue
                if frame.fields["do"] == "drop":
                    self._drop(int(frame.fields["id"]))
                self._requests.put(frame)
        except (GoneError, MalformedError, KeyError, ValueError):
            os._exit(0)

    def _drop(self, number: int) -> None:
        with self._lock:
            self._dropped = max(self._dropped, number)
            if number == self._current and hasattr(self._engine, "cut_off"):
                self._engine.cut_off()

    def _is_dropped(self) -> bool:
        return self._dropped >= self._current

    # ---- serving

    def _serve(self, frame: Frame) -> None:
        fields = frame.fields
        if fields["do"] in {"drop", "next"}:
            return  # the frame belongs to work that is over
        number = int(fields["id"])
        with self._lock:
            self._current = number
            if fields.get("dropped"):
                self._dropped = number
        end: Fields = {"id": number, "end": True}
        try:
            if fields["do"] in self._streams:
                self._stream(number, self._streams[fields["do"]](fields))
            else:
                work = self._work[fields["do"]]
                end |= _as_nice(int(fields.get("nice", 0)), lambda: work(fields, frame))
        except GoneError:
            os._exit(0)
        except Exception as error:  # noqa: BLE001 - any exception of an engine is reported; none ends the process
            _note(error)
            end["error"] = codec.from_error(str(fields.get("where", "engine")), error)
        self._answer({**end, **self._state()})

    def _stream(self, number: int, frames: Iterator[Frame]) -> None:
        """Sends one frame of a stream for each request for the next one."""
        with contextlib.closing(frames):  # type: ignore[type-var] # all of them are generators
            for frame in frames:
                self._answer({**frame.fields, "id": number}, frame)
                if frame.fields.get("aside"):
                    continue
                while True:
                    told = self._requests.get().fields
                    if int(told["id"]) == number:
                        break
                if told["do"] == "drop":
                    return

    def _answer(self, fields: Fields, frame: Frame | None = None) -> None:
        try:
            self._wire.send(fields, frame.sound if frame is not None else None)
        except GoneError:
            os._exit(0)

    def _state(self) -> Fields:
        """Returns the values that a language model reports after each piece of work."""
        return build(Fields, _attributes(self._engine, ("token_ms", "hit_limit")))

    # ---- the work

    def _load(self, fields: Fields, _frame: Frame) -> Fields:
        _write_log(fields.get("log"), fields.get("log_level", logging.WARNING))
        module, _, attribute = str(fields["target"]).partition(":")
        make = getattr(importlib.import_module(module), attribute)
        given = dict(fields["given"])
        path = given.pop("path", None)
        engine = make(*([Path(str(path))] if path is not None else []), **given)
        self._engine = self._ear = self._timer = self._judge = self._model = self._voice = engine
        gc.freeze()  # no later collection visits the objects that the libraries have made
        gc.enable()
        names = ("name", "device", "context_tokens", "rate_hz", "language", "call_style")
        return {"about": build(About, _attributes(engine, names))}

    def _warm_up(self, _fields: Fields, _frame: Frame) -> Fields:
        self._voice.warm_up()
        return {}

    def _transcribe(self, fields: Fields, frame: Frame) -> Fields:
        heard = self._ear.transcribe(
            _sound(frame), language=fields["language"], is_cancelled=self._is_dropped, context=fields["context"]
        )
        return {"heard": codec.from_transcription(heard)}

    def _word_times(self, fields: Fields, frame: Frame) -> Fields:
        found = self._timer.word_times(_sound(frame), fields["text"], language=fields["language"] or "")
        return {"words": codec.from_words(found)}

    def _count_tokens(self, fields: Fields, _frame: Frame) -> Fields:
        return {"tokens": self._model.count_tokens(codec.to_messages(fields["messages"]))}

    def _prime(self, fields: Fields, _frame: Frame) -> Fields:
        self._model.prime(codec.to_messages(fields["messages"]))
        return {}

    def _read_ahead(self, fields: Fields, _frame: Frame) -> Fields:
        self._model.read_ahead(codec.to_messages(fields["messages"]), is_cancelled=self._is_dropped)
        return {}

    def _reply(self, fields: Fields) -> Iterator[Frame]:
        texts = self._model.reply(
            codec.to_messages(fields["messages"]),
            sampling=codec.to_sampling(fields["sampling"]),
            is_cancelled=self._is_dropped,
        )
        for text in texts:
            yield Frame(fields={**self._state(), "text": text})

    def _speak(self, fields: Fields) -> Iterator[Frame]:
        told: list[list[int]] = []
        sounds = self._voice.speak(
            fields["text"],
            is_cancelled=self._is_dropped,
            on_words=lambda words: told.extend(codec.from_words(words)),
            speed=fields["speed"],
            within=codec.to_within(fields["within"]),
        )
        for sound in sounds:
            if told:
                yield Frame(fields={"words": list(told), "aside": True})
                told.clear()
            yield Frame(fields={}, sound=sound)
        if told:
            yield Frame(fields={"words": list(told), "aside": True})


def _sound(frame: Frame) -> Pcm:
    if frame.sound is None:
        raise MalformedError
    return frame.sound


def _attributes(engine: object, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(engine, name) for name in names if hasattr(engine, name)}


def _as_nice(nice: int, work: Callable[[], T]) -> T:
    """Runs `work` at the niceness `nice`; other work keeps its own niceness."""
    if nice <= 0 or sys.platform != "linux":
        return work()

    def politely() -> T:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
        return work()

    return in_passing(politely)


def _write_log(path: str | None, level: int) -> None:
    """Appends log records to the conversation's own log from now on, and the output of native code to the file beside it."""
    if path is None:
        return
    with contextlib.suppress(OSError):
        native = os.open(Path(path).with_name(NATIVE_LOG), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(native, STDERR)
        os.close(native)
        write_to(Path(path), level)


def _note(error: BaseException) -> None:
    """Logs where an exception was raised, without its message, which may contain what somebody said."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.info("%s\n%s", type(error).__name__, places.rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv))
