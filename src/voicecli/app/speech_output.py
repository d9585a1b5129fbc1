"""Speaks text while it is still being written: for `say` and `ask`, which need no conversation around it."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from voicecli.audio.clock import SampleClock
from voicecli.audio.open_devices import open_speaker
from voicecli.audio.output_file import SoundFile, is_stdout
from voicecli.audio.playout import Playout
from voicecli.audio.playout_reports import PlayoutReport, TurnPlayed
from voicecli.audio.ports import HELD_MS
from voicecli.audio.volume import Volume
from voicecli.errors import VoiceCliError
from voicecli.messages import LeftUnsaid, SpeakJob
from voicecli.pipeline.channel import Channel
from voicecli.pipeline.sound_sink import SoundSink
from voicecli.pipeline.stages import Synthesize
from voicecli.pipeline.worker import Worker
from voicecli.speech.sentence_chunker import Chunk, ChunkerConfig, SentenceChunker
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn

if TYPE_CHECKING:
    from voicecli.engines.ports import Voice
    from voicecli.pcm import Pcm

PIECES_AHEAD = 64
"""How many pieces of text may be ahead of the voice; then the writing program waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How text is spoken: `speed` as `reply.speed`, `volume` as `audio.volume`."""

    speed: float = 1.0
    volume: float = 100


USUAL = Delivery()


class FileSink:
    """Collects sound in a file, as fast as it is made.

    Args:
        file: The file, whose rate is the voice's; this owns it from now on.
        volume: In percent.
    """

    def __init__(self, file: SoundFile, volume: float = 100) -> None:
        self._volume = Volume(file.rate_hz, volume)
        self._file = file
        self.finished = threading.Event()

    def add(self, turn: Turn, chunk: int, pcm: Pcm, rate_hz: int) -> None:  # noqa: ARG002 - the port has them
        """Appends the sound, which has the file's own rate."""
        self._file.write(self._volume.apply(pcm))

    def time_words(self, turn: Turn, chunk: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """Does nothing: a file needs no times of words."""

    def end_chunk(self, turn: Turn, chunk: int) -> None:
        """Nothing to do."""

    def finish(self, turn: Turn) -> None:  # noqa: ARG002 - the port has it
        """Does nothing: all sound is in the file."""
        self._file.close()
        self.finished.set()

    def wait_sound(self, turn: Turn, timeout_s: float) -> None:
        """Returns at once: nobody listens to a file while it is made."""

    def wait_room(self, turn: Turn, limit_ms: float, timeout_s: float) -> bool:  # noqa: ARG002 - the port has them
        """Returns True: a file always has room."""
        return True

    def buffered_ms(self, turn: Turn) -> float:  # noqa: ARG002 - the port has it
        """Returns infinity: in the finished file each chunk directly follows the one before."""
        return inf

    def waits(self, turn: Turn, chunk: int) -> bool:  # noqa: ARG002 - the port has them
        """Returns False: sound in a file cannot be changed any more."""
        return False

    def replace(self, turn: Turn, chunk: int, pcm: Pcm, words: Sequence[TimedWord], rate_hz: int) -> bool:  # noqa: ARG002 - the port has them
        """Returns False, for the same reason."""
        return False

    @property
    def seconds(self) -> float:
        """How much sound is in the file."""
        return self._file.samples / self._file.rate_hz

    def discard(self) -> None:
        """Removes an incomplete file and leaves the file that was there before."""
        self._file.discard()


class SpeechOutput:
    """Speaks text. Use as a context manager.

    Leaving it by an exception silences it at once, and leaves no incomplete file.

    Args:
        voice: The voice; this owns it from now on.
        output: A sound file to write, as `check_target` returns it; None to speak aloud.
        speaker: The loudspeaker if there is no `output`, as `--speaker` names it.
        delivery: The speed and the volume.
        force: Whether a file that is no sound file may be replaced.
        is_shown: Whether the text is on the screen as well, so that code and tables are announced and not read.

    Attributes:
        chunks: How many chunks of the text there were to be spoken so far.
        silent: How many of them were not spoken at all, because the voice does not read the script.
        unsaid: The first such script; empty for none. Like `silent` complete after `finish`.

    Raises:
        AudioError: There is no such loudspeaker, or the file cannot be written.
        WouldOverwrite: A file of that name exists, which is no sound file.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        output: Path | None,
        speaker: str,
        delivery: Delivery = USUAL,
        force: bool = False,
        is_shown: bool = False,
    ) -> None:
        self._turn = Turn(1)
        self._splitter = SentenceChunker(ChunkerConfig(announces_in=voice.language if is_shown else ""))
        self._stack = ExitStack()
        self._error: VoiceCliError | BaseException | None = None
        self._held_s = 0.0
        self._starts: Sequence[Callable[[], None]] = ()  # what starts a loudspeaker
        self._file: FileSink | None = None
        self.chunks = 0
        self.silent = 0
        self.unsaid = ""
        sink: SoundSink
        if output is not None:
            file = SoundFile(output, voice.rate_hz, force=force)
            file.open()
            sink = self._file = FileSink(file, delivery.volume)
            self._done = self._file.finished
        else:
            sink = self._open(speaker, voice.rate_hz, delivery.volume, force=force)
        self._chunks: Channel[SpeakJob] = Channel("chunks", limit=PIECES_AHEAD)
        self._worker: Worker[SpeakJob, object] = Worker(
            "synthesize",
            jobs=self._chunks,
            stage=Synthesize(voice, sink, speed=delivery.speed, clock=time.monotonic),
            deliver=self._take,
            on_failure=lambda _job, error: self._fail(error),
            on_death=lambda _name, error: self._fail(error),
        )

    def _open(self, name: str, rate_hz: int, volume: float, *, force: bool) -> Playout:
        self._done = threading.Event()
        clock = SampleClock()
        speaker = open_speaker(name, rate_hz, clock, force=force)

        def on_report(mark: PlayoutReport) -> None:
            if isinstance(mark, TurnPlayed):
                self._done.set()

        playout = Playout(speaker.rate_hz, on_report=on_report, volume=volume)
        playout.open(self._turn)
        self._starts = (lambda: speaker.start(playout.pull), clock.start)
        self._stack.callback(clock.stop)
        self._stack.callback(speaker.stop)
        self._held_s = HELD_MS / 1000
        return playout

    def __enter__(self) -> Self:
        for start in self._starts:
            start()
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._turn.cancel()
        self._chunks.close()
        self._worker.join(2.0)
        self._stack.close()
        if error is not None and self._file is not None:
            self._file.discard()

    @property
    def seconds(self) -> float:
        """How much sound is in the file so far; 0 if it is spoken aloud."""
        return self._file.seconds if self._file is not None else 0.0

    def feed(self, text: str) -> None:
        """Takes the next part of the text. Whole sentences are spoken as soon as they are complete."""
        self._say(self._splitter.feed(text))

    def finish(self) -> None:
        """Speaks the rest and waits until all of it was heard or written.

        Raises:
            SynthesisFailed: The voice failed.
            AudioError: The file could not be written.
        """
        self._say(self._splitter.finish())
        self._chunks.put(SpeakJob(turn=self._turn, chunk=None))
        while not self._done.wait(0.1):  # short waits, so that Ctrl-C is handled
            self._check()
        self._check()
        time.sleep(self._held_s)  # wait until the sound in the card's buffer was heard

    def _say(self, chunks: Sequence[Chunk]) -> None:
        self._check()
        for chunk in chunks:
            self.chunks += 1
            self._chunks.put(SpeakJob(turn=self._turn, chunk=chunk))

    def _take(self, report: object) -> None:
        if isinstance(report, LeftUnsaid):
            self.unsaid = self.unsaid or report.script
            self.silent += report.whole

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._turn.cancel()
        self._chunks.purge()

    def _check(self) -> None:
        if self._error is None:
            return
        if isinstance(self._error.__cause__, BrokenPipeError):  # the worker does not handle it
            raise self._error.__cause__
        raise self._error


@contextlib.contextmanager
def shown_progress(out: SpeechOutput, output: Path | None) -> Iterator[None]:
    """Shows on a terminal how much sound has been made for a file."""
    if output is None or not sys.stderr.isatty():
        yield
        return
    from rich.text import Text

    from voicecli.app.console import talk

    name = "-" if is_stdout(output) else output.name

    class Made:
        def __rich__(self) -> Text:
            minutes, seconds = divmod(int(out.seconds), 60)
            return Text(f"{name}: {minutes}:{seconds:02} of sound")

    with talk().status(Made()):
        yield
