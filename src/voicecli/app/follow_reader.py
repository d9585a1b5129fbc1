"""Reads arriving text aloud, controlled by keys: for `say --follow`."""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeAlias, assert_never

import typer

from voicecli.app.speech_output import USUAL, Delivery
from voicecli.audio.clock import SampleClock
from voicecli.audio.controlled_playout import ControlledPlayout
from voicecli.audio.device_watchdog import DeviceWatch
from voicecli.audio.open_devices import open_speaker
from voicecli.audio.playout_reports import ChunkEnded, PlayoutReport, TurnPlayed
from voicecli.audio.ports import HELD_MS, Speaker
from voicecli.errors import VoiceCliError
from voicecli.messages import EngineExchanged, LeftUnsaid, SpeakJob
from voicecli.pipeline.channel import Channel
from voicecli.pipeline.stages import Synthesize
from voicecli.pipeline.worker import Worker
from voicecli.session.tuning import SPEEDS
from voicecli.speech.chunk_backlog import Backlog
from voicecli.speech.text_follower import Follower
from voicecli.turn import Turn

if TYPE_CHECKING:
    from voicecli.engines.ports import Voice

MOST_WAITING: Final = 64
"""Chunks that may wait before no more input is read, so that the writing program waits: about six minutes of speech."""

SLICE: Final = 2_048
"""Characters that are cut into chunks at once. It takes 20 ms, for which a key may have to wait."""


class Press(Enum):
    """The action of a key."""

    PAUSE = "pause"
    SKIP = "skip"
    NEWEST = "newest"
    FASTER = "faster"
    SLOWER = "slower"
    END = "end"


@dataclass(frozen=True, slots=True)
class _Arrived:
    text: str


@dataclass(frozen=True, slots=True)
class _Ended:
    error: VoiceCliError | None


@dataclass(frozen=True, slots=True)
class _Said:
    """The voice has finished a chunk."""

    index: int


@dataclass(frozen=True, slots=True)
class _AllHeard:
    pass


@dataclass(frozen=True, slots=True)
class _Stopped:
    """A signal asked the program to end."""

    number: int


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


_News: TypeAlias = _Arrived | _Ended | _Said | _AllHeard | _Stopped | _Failed | Press


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message for the listener. Sent from any thread.

    Attributes:
        speed: The new speed of speech.
        paused: Whether it was paused (True) or resumed (False).
        fault: An error that does not end the reading.
        unsaid: The first script that the voice cannot read and that was left out.
    """

    speed: Callable[[float], object]
    paused: Callable[[bool], object]
    fault: Callable[[VoiceCliError], object]
    unsaid: Callable[[str], object]


class FollowReader:
    """Reads arriving text aloud. Use as a context manager; leaving it silences the voice at once.

    Nothing that arrived is left out, unless `only_newest` is set. When the voice is far behind, no more input is read, so the writing program waits.

    Thread: `run` in one, `press` in any.

    Args:
        voice: The voice; this owns it from now on.
        speaker: The loudspeaker, as `--speaker` names it.
        told: Called with messages for the listener.
        delivery: The speed and the volume.
        only_newest: Whether sentences are left out, with a message, when more than a few wait.
        force: Whether a file that is no sound file may be replaced.

    Raises:
        AudioError: There is no such loudspeaker.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        speaker: str,
        told: Told,
        delivery: Delivery = USUAL,
        only_newest: bool = False,
        force: bool = False,
    ) -> None:
        self._turn = Turn(1)
        self._told = told
        self._speed = delivery.speed
        self._follower = Follower(voice.language)
        self._backlog = Backlog(voice.language, only_newest=only_newest)
        self._only_newest = only_newest
        self._news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._may_read = threading.Event()
        self._may_read.set()
        self._is_complete = self._is_finished = self._is_over = self._has_told_unsaid = False
        self._stack = ExitStack()
        self._clock = SampleClock()
        self._speaker: Speaker = open_speaker(speaker, voice.rate_hz, self._clock, force=force, prompt=True)
        self._playout = ControlledPlayout(self._speaker.rate_hz, on_report=self._on_report, volume=delivery.volume)
        self._playout.open(self._turn)
        self._synthesize = Synthesize(voice, self._playout, speed=delivery.speed, clock=time.monotonic)
        self._chunks: Channel[SpeakJob | EngineExchanged] = Channel("chunks", limit=MOST_WAITING)
        self._worker: Worker[SpeakJob | EngineExchanged, object] = Worker(
            "synthesize",
            jobs=self._chunks,
            stage=self._synthesize,
            deliver=self._take_report,
            on_failure=self._on_failure,
            on_death=lambda _name, error: self._news.put(_Failed(error)),
        )

    def __enter__(self) -> Self:
        self._stack.callback(self._clock.stop)
        self._stack.callback(self._speaker.stop)
        watch = DeviceWatch(None, self._speaker, self._told.fault, lambda: None)
        self._stack.callback(watch.stop)
        self._speaker.start(self._playout.pull)
        self._clock.start()
        watch.start()
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turn.cancel()
        self._playout.flush()
        self._may_read.set()
        self._chunks.close()
        self._worker.join(2.0)
        self._stack.close()

    def press(self, press: Press) -> None:
        """Handles a key. A pause begins at once, whatever else is being done."""
        if press is not Press.PAUSE:
            self._news.put(press)
            return
        if self._playout.paused:
            self._playout.resume_at_word(self._turn)
        else:
            self._playout.pause()
        self._told.paused(self._playout.paused)

    def stop(self, number: int) -> None:
        """Handles a signal that asks the program to end. The signal's handler may call it.

        An exception raised in a handler could leave a lock held that was just being acquired, and the program would never end.
        """
        self._news.put(_Stopped(number))

    def run(self, text: Iterable[str]) -> None:
        """Reads `text`, which may arrive slowly, until all of it was heard or the listener ends it.

        Raises:
            VoiceCliError: The error that `text` raised, after everything before it was heard.
            KeyboardInterrupt: Ctrl-C was pressed.
            typer.Exit: Another signal asked the program to end.
        """
        threading.Thread(target=self._read, args=(text,), name="text", daemon=True).start()
        error: VoiceCliError | None = None
        while not self._is_over:
            due_s = None if self._is_complete else self._follower.due_s(time.monotonic())
            try:
                news = self._news.get(timeout=due_s)
            except queue.Empty:
                self._backlog.add(self._follower.pause())
            else:
                if isinstance(news, _Ended):
                    error = news.error
                self._take(news)
            self._hand_over()
        if error is not None:
            raise error

    def _read(self, text: Iterable[str]) -> None:
        error: VoiceCliError | None = None
        try:
            for part in text:
                for start in range(0, len(part), SLICE):
                    self._may_read.wait()
                    self._news.put(_Arrived(part[start : start + SLICE]))
                if self._turn.cancelled:
                    return
        except VoiceCliError as raised:
            error = raised
        except (OSError, ValueError):  # the pipe broke, or was closed: no more text will come
            pass
        self._news.put(_Ended(error))

    def _take(self, news: _News) -> None:
        match news:
            case _Arrived(text=text):
                self._backlog.add(self._follower.feed(text, time.monotonic()))
            case _Ended():
                self._is_complete = True
                self._backlog.add(self._follower.finish())
            case _Said(index=index):
                self._backlog.ended(index)
                if self._backlog.is_idle:
                    self._follower.open_anew()
            case _AllHeard():
                time.sleep(HELD_MS / 1000)  # wait until the sound in the card's buffer was heard
                self._is_over = True
            case _Stopped(number=signal.SIGINT):
                raise KeyboardInterrupt
            case _Stopped(number=number):
                raise typer.Exit(128 + number)
            case _Failed(error=error):
                raise error
            case Press():
                self._obey(news)
            case _:
                assert_never(news)

    def _obey(self, press: Press) -> None:
        match press:
            case Press.SKIP | Press.NEWEST:
                through = self._backlog.skip() if press is Press.SKIP else self._backlog.skip_to_newest()
                if through is not None:
                    self._playout.skip(self._turn, through)
            case Press.FASTER | Press.SLOWER:
                self._turn_speed(up=press is Press.FASTER)
            case Press.END:
                self._is_over = True
            case Press.PAUSE:  # `press` has done it already
                pass
            case _:
                assert_never(press)

    def _turn_speed(self, *, up: bool) -> None:
        steps = [speed for speed in SPEEDS if (speed > self._speed if up else speed < self._speed)]
        if steps:
            before, self._speed = self._speed, steps[0] if up else steps[-1]
            self._synthesize.manner = replace(self._synthesize.manner, speed=self._speed)
            self._chunks.insist(EngineExchanged(), first=True)  # chunks that wait are spoken anew
            self._playout.change_speed(self._turn, self._speed / before)
        self._told.speed(self._speed)

    def _hand_over(self) -> None:
        while (chunk := self._backlog.next()) is not None:
            self._chunks.put(SpeakJob(turn=self._turn, chunk=chunk))
        if self._only_newest or len(self._backlog) < MOST_WAITING:
            self._may_read.set()
        else:
            self._may_read.clear()
        if self._is_complete and not self._is_finished and not len(self._backlog):
            self._is_finished = True
            self._chunks.put(SpeakJob(turn=self._turn, chunk=None))

    def _on_report(self, mark: PlayoutReport) -> None:
        if isinstance(mark, ChunkEnded):
            self._news.put(_Said(mark.chunk))
        elif isinstance(mark, TurnPlayed):
            self._news.put(_AllHeard())

    def _take_report(self, report: object) -> None:
        if isinstance(report, LeftUnsaid) and not self._has_told_unsaid:
            self._has_told_unsaid = True
            self._told.unsaid(report.script)

    def _on_failure(self, job: SpeakJob | EngineExchanged, error: VoiceCliError) -> None:
        """Reports a chunk that the voice failed on; the next one is spoken."""
        self._told.fault(error)
        if isinstance(job, SpeakJob) and job.chunk is not None:
            self._playout.end_chunk(self._turn, job.chunk.index)
            self._news.put(_Said(job.chunk.index))
