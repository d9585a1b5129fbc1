"""The playout queue, in which answers are cut off. Synthesized sound waits here until the speaker pulls it or the turn is cancelled.

A turn is audible only after `open`, which keeps a draft silent, and never again after its cancellation. Both are checked on every
pull, so at most the block in flight is heard of a cancelled turn. Whenever sound breaks off (cut, paused, or not synthesized in time),
the last sample is faded to zero over 5 ms, so that there is no click. None of the cancelled sound itself is played.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from voicecli.audio.playout_queue import PlayedChunk, PlayedTurn, scaled
from voicecli.audio.playout_reports import (
    ChunkEnded,
    ChunkStarted,
    FirstSound,
    PlayedPosition,
    PlayoutReport,
    TurnPlayed,
    WordStarted,
)
from voicecli.audio.resample import Resampler, resample
from voicecli.audio.tones import Chime, Overlay
from voicecli.audio.volume import Volume
from voicecli.pcm import Pcm, frozen, ms_of, samples_of, silence
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn

FADE_MS = 5.0
"""Long enough to prevent a click, and too short to be heard as a fade."""

REMEMBERED_TURNS = 16
"""The number of past turns for which `position` still answers."""

RECHECK_S = 0.1
"""How often a thread that waits for room checks whether the turn was cancelled without a call to the playout."""


class Playout:
    """The queue between the voice and the speaker.

    Turns are played in the order in which they were opened, each to its end before the next.

    Thread: any; `add`, `end_chunk` and `finish` from the synthesis thread, `pull` from the speaker's.

    Args:
        rate_hz: The speaker's rate.
        on_mark: Called with the marks of each pull, in order, from the thread that pulls. It must be cheap, must not wait and must not raise.
        held_ms: The latency of the device. The marks of words are delayed by it, so that they come when the words are heard.
        volume: In percent, see `Volume`. The tap gets the sound after the volume was applied.
        tap: Called with every block that is handed out, silence included, by the same rules. The array is read-only. An echo canceller uses it
            as the far end, and a recording of the conversation is made from it.
    """

    def __init__(
        self,
        rate_hz: int,
        on_report: Callable[[PlayoutReport], None] | None = None,
        tap: Callable[[Pcm], None] | None = None,
        *,
        held_ms: float = 0.0,
        volume: float = 100,
    ) -> None:
        self.rate_hz = rate_hz
        self._on_report = on_report
        self._tap = tap
        self._held = samples_of(held_ms, rate_hz)
        self._volume = Volume(rate_hz, volume)
        self._overlay = Overlay(rate_hz)
        self._pulled = 0
        self._sounded = 0  # the number of samples pulled up to the last sound
        self._words_due: deque[tuple[int, WordStarted]] = deque()  # with the pulled sample at which each word is heard
        self._changed = threading.Condition()
        self._lines: dict[Turn, PlayedTurn] = {}
        self._open: deque[PlayedTurn] = deque()
        self._paused = False
        steps = samples_of(FADE_MS, rate_hz)
        self._rise = np.linspace(0.0, 1.0, steps, endpoint=False)
        self._fall = np.linspace(1.0, 0.0, steps + 1)[1:]
        self._silence = silence(0)  # the usual block, made once
        self._last_sample = 0  # where a fade-out starts
        self._fallen = steps  # how many steps of the fade-out, and of the fade-in, are done
        self._risen = steps

    # The synthesis thread's side.

    def add(self, turn: Turn, chunk: int, pcm: Pcm, rate_hz: int) -> None:
        """Takes the next sound of a chunk.

        Args:
            turn: The turn of the sound. Nothing happens if it is cancelled.
            chunk: The chunk's number. Chunks are played in the order in which they are first added.
            pcm: Shape (n,), kept.
            rate_hz: Rate of `pcm`. It is resampled here, so that the speaker's thread has nothing to compute.
        """
        line = self._line(turn)
        if line.over:
            return
        if line.adding is not None and line.adding != chunk:
            self.end_chunk(turn, line.adding)
        if line.resampler is None or line.resampler.from_hz != rate_hz:
            line.resampler = Resampler(rate_hz, self.rate_hz, "HQ")
        line.adding = chunk
        self._append(line, chunk, line.resampler.feed(pcm), complete=False)

    def time_words(self, turn: Turn, chunk: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """Takes the times of the next words of a chunk. Words that were already handed out are reported at the next pull.

        Args:
            turn: The turn of the words.
            chunk: The chunk that is being added, or whose first sound is still to come.
            words: In order, following the words given before.
            rate_hz: The rate of their sample positions.
        """
        timed = scaled(words, rate_hz, self.rate_hz)
        line = self._line(turn)
        with self._changed:
            if timed and not line.over:
                self._chunk(line, chunk).words += timed

    def end_chunk(self, turn: Turn, chunk: int) -> None:
        """Marks `chunk` as complete.

        This flushes the resampler. Chunks are synthesized one by one, so nothing between them needs to stay continuous, and the end of a
        sentence does not have to wait for the next one.
        """
        line = self._line(turn)
        if not line.over:
            rest = line.resampler.finish() if line.resampler is not None else silence(0)
            line.adding = None
            self._append(line, chunk, rest, complete=True)

    def finish(self, turn: Turn) -> None:
        """Marks `turn` as complete: nothing more will be added."""
        line = self._line(turn)
        if line.adding is not None:
            self.end_chunk(turn, line.adding)
        with self._changed:
            line.finished = True
            self._changed.notify_all()

    def buffered_ms(self, turn: Turn) -> float:
        """The duration of the sound of `turn` that waits to be played."""
        with self._changed:
            line = self._lines.get(turn)
            return ms_of(line.waiting_samples, self.rate_hz) if line is not None and not line.over else 0.0

    def wait_room(self, turn: Turn, limit_ms: float, timeout_s: float | None = None) -> bool:
        """Waits until less than `limit_ms` of `turn` is buffered or the turn is cancelled. Returns False if `timeout_s` passes first."""
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while self.buffered_ms(turn) >= limit_ms:
            left_s = RECHECK_S if deadline_s is None else min(RECHECK_S, deadline_s - time.monotonic())
            if left_s <= 0:
                return False
            with self._changed:
                self._changed.wait(left_s)
        return True

    def waits(self, turn: Turn, chunk: int) -> bool:
        """Whether `chunk` is complete and none of it was handed out."""
        with self._changed:
            return self._waiting_chunk(turn, chunk) is not None

    def replace(self, turn: Turn, chunk: int, pcm: Pcm, words: Sequence[TimedWord], rate_hz: int) -> bool:
        """Replaces the sound of a chunk that waits. Returns False if part of it was handed out, or the turn is over.

        Args:
            turn: The turn of the chunk.
            chunk: Its number.
            pcm: The whole chunk, shape (n,), kept.
            words: The times of its words.
            rate_hz: Rate of `pcm` and of the sample positions of `words`.
        """
        sound = resample(pcm, rate_hz, self.rate_hz)
        timed = scaled(words, rate_hz, self.rate_hz)
        with self._changed:
            waiting = self._waiting_chunk(turn, chunk)
            if waiting is None:
                return False
            waiting.waiting = deque([sound])
            waiting.samples = len(sound)
            waiting.words = timed
            self._changed.notify_all()
            return True

    def wait_sound(self, turn: Turn, timeout_s: float) -> None:
        """Waits until there is sound of `turn`, or it is known that there will be none, or `timeout_s` passes."""
        line = self._line(turn)
        with self._changed:
            self._changed.wait_for(
                lambda: line.over or line.finished or line.sounded or line.waiting_samples > 0, timeout_s
            )

    # The conductor's side.

    def open(self, turn: Turn) -> None:
        """Makes the turn audible, from its first sample on."""
        line = self._line(turn)
        with self._changed:
            if not line.opened:
                line.opened = True
                self._open.append(line)

    def drop(self, turn: Turn) -> None:
        """Silences the turn at once and for good, and frees its sound."""
        line = self._line(turn)
        with self._changed:
            line.drop()
            self._changed.notify_all()

    def flush(self) -> None:
        """Frees the sound of all cancelled turns, and wakes the threads that wait for room in one of them."""
        with self._changed:
            for line in self._lines.values():
                if line.turn.cancelled:
                    line.drop()
            self._changed.notify_all()

    def pause(self) -> None:
        """Hands out silence until `resume`, whatever turns come and go meanwhile."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Continues with the sample after the last one that was played."""
        with self._changed:
            self._paused = False

    def set_volume(self, percent: float) -> None:
        """Sets the volume of everything from the next block on."""
        self._volume.percent = percent

    def chime(self, name: Chime) -> None:
        """Plays a tone over any other sound. It is skipped if the next block contains an answer, which tells the user as much."""
        with self._changed:
            if not any(line.waiting_samples and not line.over for line in self._open):
                self._overlay.begin(name)

    @property
    def paused(self) -> bool:
        """Whether playing is paused."""
        return self._paused

    def position(self, turn: Turn) -> PlayedPosition | None:
        """Returns how far `turn` was played, even if it is cancelled; None if nothing of it was handed out."""
        with self._changed:
            line = self._lines.get(turn)
            if line is None or line.last is None:
                return None
            return PlayedPosition(
                chunk=line.last.number,
                samples_into_chunk=line.last.played,
                chunk_samples_so_far=line.last.samples,
                chunk_complete=line.last.complete,
                # Everything pulled since then is silence, and has pushed as much sound out of the device.
                words_heard=line.last.words_heard(max(0, self._held - (self._pulled - self._sounded))),
            )

    # The speaker's side.

    def pull(self, samples: int) -> Pcm:
        """Returns the next `samples` to be played, shape (samples,), read-only: sound of open turns, or silence."""
        marks: list[PlayoutReport] = []
        block = self._silence
        with self._changed:
            if self._open or self._fallen < len(self._fall) or self._overlay.sounds:
                block = silence(samples)
                filled = 0 if self._paused else self._fill(block, marks)
                self._soften(block, filled)
                self._overlay.mix_into(block)
                block = self._volume.apply(block)
                if filled:
                    self._sounded = self._pulled + filled
                    self._changed.notify_all()
            else:
                self._volume.settle()
                if len(block) != samples:
                    block = self._silence = silence(samples)
            self._pulled += samples
            while self._words_due and self._words_due[0][0] < self._pulled:
                marks.append(self._words_due.popleft()[1])
        frozen(block)
        if self._on_report is not None:
            for mark in marks:
                self._on_report(mark)
        if self._tap is not None:
            self._tap(block)
        return block

    def _fill(self, block: Pcm, marks: list[PlayoutReport]) -> int:
        """Copies the sound to be heard into the beginning of `block`. Returns how many samples that was."""
        filled = 0
        while self._open:
            line = self._open[0]
            if line.over:
                line.drop()
                self._open.popleft()
                continue
            filled = self._fill_from(line, block, filled, marks)
            if line.chunks or not line.finished:
                break  # the block is full, or the synthesis is behind
            marks.append(TurnPlayed(turn=line.turn))
            self._open.popleft()
        return filled

    def _fill_from(self, line: PlayedTurn, block: Pcm, filled: int, marks: list[PlayoutReport]) -> int:
        while line.chunks:
            chunk = line.chunks[0]
            if not chunk.started and (filled < len(block) if chunk.waiting else chunk.complete):
                if chunk.waiting and not line.sounded:
                    line.sounded = True
                    marks.append(FirstSound(turn=line.turn))
                marks.append(ChunkStarted(turn=line.turn, chunk=chunk.number))
                chunk.started = True
                line.last = chunk
            filled = self._hand_out(chunk, block, filled)
            self._note_words(line, chunk, filled)
            if chunk.waiting or not chunk.complete:
                return filled
            marks.append(ChunkEnded(turn=line.turn, chunk=chunk.number))
            line.chunks.popleft()
        return filled

    def _hand_out(self, chunk: PlayedChunk, block: Pcm, filled: int) -> int:
        return chunk.hand_out(block, filled)

    def _note_words(self, line: PlayedTurn, chunk: PlayedChunk, filled: int) -> None:
        """Queues the words that start in the `filled` samples of this block. The last of these is sample `chunk.played` of the chunk.

        The end of a chunk queues all its remaining words, including words without any sound.
        """
        ended = chunk.complete and not chunk.waiting
        while chunk.due < len(chunk.words) and (ended or chunk.words[chunk.due].from_sample < chunk.played):
            word = chunk.words[chunk.due]
            chunk.due += 1
            handed = self._pulled + filled - (chunk.played - word.from_sample)
            mark = WordStarted(turn=line.turn, chunk=chunk.number, word=word.word)
            self._words_due.append((handed + self._held, mark))

    def _soften(self, block: Pcm, filled: int) -> None:
        """Fades sound that breaks off to zero, and fades it in when it continues within a chunk."""
        if filled:
            step = self._rise[self._risen : self._risen + filled]
            block[: len(step)] = np.rint(block[: len(step)] * step)
            self._risen += len(step)
            self._last_sample = int(block[filled - 1])
            self._fallen = 0
        if filled < len(block):
            step = self._fall[self._fallen : self._fallen + len(block) - filled]
            block[filled : filled + len(step)] = np.rint(self._last_sample * step)
            self._fallen += len(step)
            if self._open and self._open[0].within_chunk:
                self._risen = 0

    def _line(self, turn: Turn) -> PlayedTurn:
        with self._changed:
            line = self._lines.get(turn)
            if line is None:
                line = self._lines[turn] = PlayedTurn(turn)
                past = [old for old in self._lines.values() if old.done]
                for old in past[:-REMEMBERED_TURNS]:
                    del self._lines[old.turn]
            return line

    def _append(self, line: PlayedTurn, number: int, pcm: Pcm, *, complete: bool) -> None:
        with self._changed:
            if line.over:
                return
            chunk = self._chunk(line, number)
            if len(pcm):
                chunk.waiting.append(pcm)
                chunk.samples += len(pcm)
            chunk.complete = complete
            self._changed.notify_all()

    def _waiting_chunk(self, turn: Turn, number: int) -> PlayedChunk | None:
        line = self._lines.get(turn)
        if line is None or line.over:
            return None
        found = next((chunk for chunk in line.chunks if chunk.number == number), None)
        return found if found is not None and found.complete and not found.started else None

    @staticmethod
    def _chunk(line: PlayedTurn, number: int) -> PlayedChunk:
        """Returns the chunk that is being added to, and creates it if necessary."""
        if not line.chunks or line.chunks[-1].number != number:
            line.chunks.append(PlayedChunk(number))
        return line.chunks[-1]
