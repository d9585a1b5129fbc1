"""Engines that crash their process on request. They run in their own processes (`voicecli.engines.isolated`)."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from fakes.engines import ReadyModel, ToneVoice, heard
from voicecli.engines.isolated.supervisor import WHAT, Plan
from voicecli.engines.ports import ALONE, ChatMessage, Device, IsCancelled, OnWords, Sampling, Transcription, Within
from voicecli.pcm import Pcm

SIGNALS = {"segfault": signal.SIGSEGV, "bus": signal.SIGBUS, "kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def socket_errno() -> int:
    """The error of an attempt of native code to open a Unix socket; 0 if it succeeds."""
    libc = ctypes.CDLL(None, use_errno=True)
    opened = libc.socket(1, 1, 0)
    return ctypes.get_errno() if opened < 0 else 0


class Trouble:
    """Causes trouble up to a number of times, counted over all processes of an engine.

    Args:
        file: The file with the count.
        times: The maximum number of times.
    """

    def __init__(self, file: str, times: int) -> None:
        self._file = Path(file)
        self._times = times

    def make(self, kind: str) -> None:
        """Causes trouble of `kind`, unless the maximum is reached or the kind is unknown."""
        done = len(self._file.read_bytes()) if self._file.exists() else 0
        if done >= self._times or kind not in {*SIGNALS, "hang"}:
            return
        with self._file.open("ab") as file:
            file.write(b".")
        if kind == "hang":
            threading.Event().wait()
        os.kill(os.getpid(), SIGNALS[kind])


class TroubledVoice(ToneVoice):
    """Hums. After the first chunk it causes the trouble named by the first word of the text."""

    def __init__(self, *, file: str, times: int = 1, loading: str = "") -> None:
        super().__init__(word_ms=300.0, chunk_ms=200.0)
        self._trouble = Trouble(file, times)
        self._trouble.make(loading)

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        if any(map(str.isalnum, text)):
            for number, chunk in enumerate(
                super().speak(text, is_cancelled=is_cancelled, on_words=on_words, speed=speed, within=within)
            ):
                yield chunk
                if not number:
                    self._trouble.make(text.split(maxsplit=1)[0])


class TroubledModel(ReadyModel):
    """Answers with the question, and causes the trouble named by its first word.

    The last word of the question says when: "before" the answer, or "after" its first word.
    """

    name = "troubled"

    def __init__(self, *, file: str, times: int = 1, repeated: int = 1) -> None:
        self._trouble = Trouble(file, times)
        self._repeated = repeated
        self._cut_off = threading.Event()

    def cut_off(self) -> None:
        self._cut_off.set()

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        words = messages[-1].content.split() * self._repeated
        if words[0] == "raise":
            raise RuntimeError(messages[-1].content)
        while words[0] == "endless":
            pass
        if words[0] == "long":
            self._cut_off.wait()
        if words[-1] == "before":
            self._trouble.make(words[0])
        for number, word in enumerate(words[: sampling.max_tokens]):
            if is_cancelled():
                return
            yield f"{word} "
            if not number and words[-1] == "after":
                self._trouble.make(words[0])


class TroubledTranscriber:
    """Returns the number and the sum of the samples as text, and causes the trouble named by the context."""

    name = "troubled"
    device: Device = "cpu"

    def __init__(self, *, file: str, times: int = 1) -> None:
        self._trouble = Trouble(file, times)

    def warm_up(self) -> None:
        """Does nothing, because it is always warm."""

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        self._trouble.make(context)
        if context == "socket":
            return heard(os.strerror(socket_errno()), language="en")
        return heard("" if is_cancelled() else f"{len(utterance)} {int(utterance.sum())}", language=language or "en")


class TroubledTurnDetector:
    """Returns the length of the utterance relative to 32 000 samples. It causes its trouble first."""

    def __init__(self, *, file: str, times: int = 1, trouble: str = "segfault") -> None:
        self._trouble, self._kind = Trouble(file, times), trouble

    def probability(self, utterance: Pcm) -> float:
        self._trouble.make(self._kind)
        return len(utterance) / 32000


def plan(kind: str, file: Path, **given: str | int | None) -> Plan:
    """The plan for loading a troubled engine of this kind."""
    made = {"voice": TroubledVoice, "llm": TroubledModel, "stt": TroubledTranscriber, "turn": TroubledTurnDetector}
    return Plan(
        what=WHAT[kind], target=f"fakes.crashing:{made[kind].__name__}", given={"file": str(file), **given}, log=None
    )
