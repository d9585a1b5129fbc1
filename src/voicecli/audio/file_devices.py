"""Files that replace a microphone and a speaker on one clock, and a silent speaker. No sound card is needed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from voicecli.audio.clock import MICROPHONE_SECOND, SPEAKER_FIRST, SampleClock
from voicecli.audio.output_file import SoundFile
from voicecli.audio.ports import BlockSink, BlockSource, DeviceHealth
from voicecli.audio.sound_files import read_audio
from voicecli.errors import AudioError
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, blocks, frozen, silence

log = logging.getLogger(__name__)

SILENT_BLOCK = frozen(silence(BLOCK_SAMPLES))
"""What the microphone records between files. It is shared, because most blocks of a session are this one."""


class FileMicrophone:
    """Feeds sound files as if they were spoken: in real time, with silence between the files and after the last one.

    The first file starts with the first tick. Each further file starts on the tick after `advance`.

    Thread: blocks come from the clock's; everything else from any.

    Args:
        paths: The files, at least one. All are read at once, so that a bad file is found before the conversation starts.
        clock: Paces the blocks.
        on_exhausted: Called from the clock's thread when the last block of a file has been fed.

    Raises:
        AudioError: A file cannot be read.
    """

    def __init__(
        self, paths: Sequence[str | Path], clock: SampleClock, on_exhausted: Callable[[], object] | None = None
    ) -> None:
        self.name = ", ".join(Path(path).name for path in paths)
        self.starts_samples: list[int] = []
        """The microphone sample at which each file started, for the files started so far."""
        self.on_begun: Callable[[int, str, int], object] | None = None
        """Called from the clock's thread when a file starts, with its number (from 1), its name and the microphone sample."""
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
    def files_left(self) -> int:
        """The number of files that have not started."""
        return len(self._files) - self._next_file

    def advance(self) -> bool:
        """Starts the next file with the next block. Returns False if there is none left."""
        with self._lock:
            if not self.files_left:
                return False
            self._waiting = self._files[self._next_file][::-1]
            self._next_file += 1
            self._exhausted = False
            return True

    def start(self, sink: BlockSink) -> None:
        """Starts feeding `sink` as soon as the clock runs."""
        self._sink = sink
        self._clock.add(self._tick, order=MICROPHONE_SECOND)

    def stop(self) -> None:
        """Stops. The sink is not called again after this method returns."""
        self._clock.remove(self._tick)
        self._sink = None

    def health(self) -> DeviceHealth:
        """Reports the health. Files lose no blocks."""
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
    """Pulls one tick's worth of samples on every tick. The count is exact to the sample over any time."""

    held_ms = 0.0

    def __init__(self, rate_hz: int, clock: SampleClock) -> None:
        self.rate_hz = rate_hz
        self._clock = clock
        self._source: BlockSource | None = None

    def _samples_until(self, tick: int) -> int:
        return tick * BLOCK_MS * self.rate_hz // 1000

    def start(self, source: BlockSource) -> None:
        """Starts pulling from `source` as soon as the clock runs."""
        self._source = source
        self._clock.add(self._tick, order=SPEAKER_FIRST)

    def stop(self) -> None:
        """Stops. The source is not called again after this method returns."""
        self._clock.remove(self._tick)
        self._source = None

    def health(self) -> DeviceHealth:
        """Reports the health. No block can be lost."""
        return DeviceHealth(lost_blocks=0, alive=self._source is not None)

    def _tick(self, tick: int) -> None:
        if self._source is not None:
            self._play(self._source(self._samples_until(tick + 1) - self._samples_until(tick)))

    def _play(self, pcm: Pcm) -> None:
        """Handles the samples that were pulled. Does nothing here."""


class NullSpeaker(_ClockedSpeaker):
    """A silent speaker. Answers take as long as they would on a card, and their sound is discarded.

    Thread: pulls from the clock's.

    Args:
        rate_hz: The rate at which it pulls.
        clock: Paces the blocks.
    """

    name = "none"


class FileSpeaker(_ClockedSpeaker):
    """Writes what would have been heard into a sound file, silence included, on the same clock as a `FileMicrophone`.

    Nothing is written before it starts. A new file has its final name from then on. An existing file is replaced when the speaker stops.

    At every tick, samples written / `rate_hz` equals samples of the microphone / 16000, so a time of 3.2 s means the same moment in both
    files. When the disk is full, `error` and `on_failed` report it, and the speaker is no longer alive.

    Thread: pulls from the clock's.

    Args:
        path: The file to write.
        rate_hz: The rate at which it pulls.
        clock: Paces the blocks.
        force: Whether a file that is not a sound file may be replaced.

    Raises:
        VoiceCliError: As `check_target`.
    """

    def __init__(self, path: str | Path, rate_hz: int, clock: SampleClock, *, force: bool = False) -> None:
        super().__init__(rate_hz, clock)
        self.name = Path(path).name
        self.error: AudioError | None = None
        self.on_failed: Callable[[AudioError], object] | None = None
        """Called once when the file could not be written, from the thread that noticed it."""
        self._writer = SoundFile(path, rate_hz, force=force, keep=True)

    def start(self, source: BlockSource) -> None:
        """Starts pulling from `source` as soon as the clock runs.

        Raises:
            AudioError: The file cannot be created.
        """
        self._writer.open()
        late = self._samples_until(self._clock.ticks)
        if late:  # the clock was running already; the file starts at the clock's start
            self._play(silence(late))
        super().start(source)

    def stop(self) -> None:
        """Stops and completes the file. The source is not called again after this method returns."""
        super().stop()
        try:
            self._writer.close()
        except AudioError as error:
            self._failed(error)
        except BrokenPipeError as error:
            self._failed(self._unread(error))

    def health(self) -> DeviceHealth:
        """Reports the health. The speaker is not alive after a failed write."""
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
