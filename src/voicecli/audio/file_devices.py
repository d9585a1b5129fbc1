"""Files in the place of a microphone and a speaker, on one clock; and a speaker that nobody hears. No sound card is asked for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from voicecli.audio.clock import MICROPHONE_SECOND, SPEAKER_FIRST, SampleClock
from voicecli.audio.files import read_audio
from voicecli.audio.output import SoundFile
from voicecli.audio.ports import BlockSink, BlockSource, DeviceHealth
from voicecli.errors import AudioError
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, blocks, frozen, silence

log = logging.getLogger(__name__)

SILENT_BLOCK = frozen(silence(BLOCK_SAMPLES))
"""What a microphone hears between files; one for all, since most blocks of a session are this one."""


class FileMicrophone:
    """Feeds sound files as if they were spoken: in real time, with silence before the next one and after the last.

    The first file begins with the first tick, each further one on the tick after `advance`.

    Thread: blocks come from the clock's; everything else from any.

    Args:
        paths: The files, at least one. All are read at once, so that a bad one is found before the conversation begins.
        clock: Gives the pace.
        on_exhausted: Called from the clock's thread when the last block of a file has been fed.

    Raises:
        AudioError: A file cannot be read.
    """

    def __init__(
        self, paths: Sequence[str | Path], clock: SampleClock, on_exhausted: Callable[[], object] | None = None
    ) -> None:
        self.name = ", ".join(Path(path).name for path in paths)
        self.starts_samples: list[int] = []
        """At which sample of the microphone each file began that has begun so far."""
        self.on_begun: Callable[[int, str, int], object] | None = None
        """Called from the clock's thread when a file begins: its number from 1, its name, the sample of the microphone."""
        self.on_exhausted = on_exhausted
        self._names = [Path(path).name for path in paths]
        self._clock = clock
        self._lock = threading.Lock()
        self._files: list[list[Pcm]] = [list(blocks(read_audio(path)[0])) for path in paths]
        self._next_file = 0
        self._waiting: list[Pcm] = []
        self._at_block = 0
        self._sink: BlockSink | None = None
        self._exhausted = False
        self.advance()

    @property
    def exhausted(self) -> bool:
        """Whether the current file has been fed to its end."""
        return self._exhausted

    @property
    def files_left(self) -> int:
        """How many files have not begun."""
        return len(self._files) - self._next_file

    def advance(self) -> bool:
        """Begins the next file with the next block; False when there is none left."""
        with self._lock:
            if not self.files_left:
                return False
            self._waiting = self._files[self._next_file][::-1]
            self._next_file += 1
            self._exhausted = False
            return True

    def start(self, sink: BlockSink) -> None:
        """Begins to feed `sink`, as soon as the clock runs."""
        self._sink = sink
        self._clock.add(self._tick, order=MICROPHONE_SECOND)

    def stop(self) -> None:
        """Ends; after it returns the sink is not called again."""
        self._clock.remove(self._tick)
        self._sink = None

    def health(self) -> DeviceHealth:
        """Files lose nothing."""
        return DeviceHealth(lost_blocks=0, alive=self._sink is not None)

    def _tick(self, _: int) -> None:
        sink = self._sink
        if sink is None:
            return
        at_sample = self._at_block * BLOCK_SAMPLES
        self._at_block += 1
        with self._lock:
            number = self._next_file
            begun = len(self.starts_samples) < number
            if begun:
                self.starts_samples.append(at_sample)
            block = self._waiting.pop() if self._waiting else SILENT_BLOCK
            fed = not self._waiting and not self._exhausted
            self._exhausted = self._exhausted or fed
        if begun and self.on_begun is not None:
            self.on_begun(number, self._names[number - 1], at_sample)
        sink(block, at_sample)
        if fed and self.on_exhausted is not None:
            self.on_exhausted()


class _ClockedSpeaker:
    """Pulls as many samples on every tick as a tick lasts, to the sample over any time."""

    held_ms = 0.0

    def __init__(self, rate_hz: int, clock: SampleClock) -> None:
        self.rate_hz = rate_hz
        self._clock = clock
        self._source: BlockSource | None = None

    def _samples_until(self, tick: int) -> int:
        return tick * BLOCK_MS * self.rate_hz // 1000

    def start(self, source: BlockSource) -> None:
        """Begins to pull from `source`, as soon as the clock runs."""
        self._source = source
        self._clock.add(self._tick, order=SPEAKER_FIRST)

    def stop(self) -> None:
        """Ends; after it returns the source is not called again."""
        self._clock.remove(self._tick)
        self._source = None

    def health(self) -> DeviceHealth:
        """Nothing can be lost."""
        return DeviceHealth(lost_blocks=0, alive=self._source is not None)

    def _tick(self, tick: int) -> None:
        if self._source is not None:
            self._play(self._source(self._samples_until(tick + 1) - self._samples_until(tick)))

    def _play(self, pcm: Pcm) -> None:
        """Takes what was pulled."""


class NullSpeaker(_ClockedSpeaker):
    """A speaker that nobody hears: answers take as long as they would, and are thrown away.

    Thread: pulls from the clock's.

    Args:
        rate_hz: The rate at which it pulls.
        clock: Gives the pace.
    """

    name = "none"


class FileSpeaker(_ClockedSpeaker):
    """Writes what would have been heard into a sound file, silence included, on the clock that a `FileMicrophone` goes by.

    Nothing is written before it starts. A new file has its name from then on; one that is replaced is replaced when the speaker stops.

    At every tick, samples written / `rate_hz` is samples of the microphone / 16000: what is at 3.2 s in one file happened at 3.2 s in the
    other. When the disk is full `error` and `on_failed` say so, and the speaker is not alive.

    Thread: pulls from the clock's.

    Args:
        path: Where to.
        rate_hz: The rate at which it pulls.
        clock: Gives the pace.
        force: Whether a file that is no sound file may be replaced.

    Raises:
        VoiceCliError: As `check_target`.
    """

    def __init__(self, path: str | Path, rate_hz: int, clock: SampleClock, *, force: bool = False) -> None:
        super().__init__(rate_hz, clock)
        self.name = Path(path).name
        self.error: AudioError | None = None
        self.on_failed: Callable[[AudioError], object] | None = None
        """Called once, from the thread that found out, when the file could not be written."""
        self._writer = SoundFile(path, rate_hz, force=force, keep=True)

    def start(self, source: BlockSource) -> None:
        """Begins to pull from `source`, as soon as the clock runs.

        Raises:
            AudioError: The file cannot be made.
        """
        self._writer.open()
        late = self._samples_until(self._clock.ticks)
        if late:  # the clock ran already: the file begins when the clock did
            self._play(silence(late))
        super().start(source)

    def stop(self) -> None:
        """Ends and completes the file; after it returns the source is not called again."""
        super().stop()
        try:
            self._writer.close()
        except AudioError as error:
            self._failed(error)
        except BrokenPipeError as error:
            self._failed(self._unread(error))

    def health(self) -> DeviceHealth:
        """Not alive once the file could not be written."""
        return DeviceHealth(lost_blocks=0, alive=self._source is not None and self.error is None)

    def _play(self, pcm: Pcm) -> None:
        if self.error is None:
            try:
                self._writer.write(pcm)
            except AudioError as error:
                self._failed(error)
            except BrokenPipeError as error:
                self._failed(self._unread(error))

    def _unread(self, error: BrokenPipeError) -> AudioError:
        fault = AudioError(f"Nobody reads {self.name} any more.", "")
        fault.__cause__ = error
        return fault

    def _failed(self, error: AudioError) -> None:
        if self.error is None:
            self.error = error
            log.error("%s", error.message)
            if self.on_failed is not None:
                self.on_failed(error)
