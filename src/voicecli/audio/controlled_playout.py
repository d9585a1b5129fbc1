"""A playout that a listener controls: it resumes at the word at which it was paused, skips sentences, and changes speed at the next word."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from voicecli.audio.playout import FADE_MS, Playout
from voicecli.audio.playout_queue import PlayedChunk, PlayedTurn
from voicecli.pcm import Pcm, samples_of, silence
from voicecli.speech.time_stretch import Stretcher
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn

SPEED_MARGIN_MS: Final = 150.0
"""How far ahead the first word at a new speed must be. It is more than stretching the rest of a chunk takes."""

LONGEST_WORD_MS: Final = 3_000.0
"""How much of the played sound is kept. A longer word resumes in its middle."""


class ControlledPlayout(Playout):
    """A playout in which a single turn is heard and controlled chunk by chunk.

    It keeps the last played sound of the present chunk, so that it can resume at the beginning of a word.
    """

    _played: Pcm | None = None
    _playing: PlayedChunk | None = None
    _skipped = -1  # chunks up to this one are skipped
    _wanted_factor = 1.0  # for the present chunk, applied once it is complete

    def resume_at_word(self, turn: Turn) -> None:
        """Resumes at the beginning of the word that was interrupted."""
        with self._changed:
            if self._paused:
                self._rewind(turn)
            self._paused = False

    def skip(self, turn: Turn, through: int) -> None:
        """Skips all chunks up to number `through`. A chunk that is playing is faded out."""
        with self._changed:
            self._skipped = max(self._skipped, through)
            line = self._lines.get(turn)
            if line is None:
                return
            for chunk in [chunk for chunk in line.chunks if chunk.number <= through]:
                if chunk.started:
                    self._cut_short(chunk)
                else:
                    line.chunks.remove(chunk)
            self._changed.notify_all()

    def change_speed(self, turn: Turn, factor: float) -> None:
        """Plays the present chunk `factor` times as fast from the next word on. If the chunk is still growing, the change waits for its end."""
        with self._changed:
            chunk = self._present(turn)
            if chunk is None:
                return
            self._wanted_factor *= factor
            if not chunk.complete:
                return
            factor, self._wanted_factor = self._wanted_factor, 1.0
            word = self._next_word(chunk)
            if word is None:
                return
            begins = chunk.words[word].from_sample
            rest = np.concatenate([*chunk.waiting, silence(0)])[begins - chunk.played :]
        stretcher = Stretcher(factor, self.rate_hz)
        stretched = np.concatenate([stretcher.feed(rest), stretcher.finish()])
        with self._changed:
            if chunk.played > begins or not chunk.waiting:
                return  # playback got past the word: too little is left to be worth it
            kept = np.concatenate([*chunk.waiting])[: begins - chunk.played]
            chunk.waiting = deque([kept, stretched])
            chunk.samples = begins + len(stretched)
            chunk.words[word:] = [_scaled(timed, begins, factor) for timed in chunk.words[word:]]

    def add(self, turn: Turn, chunk: int, pcm: Pcm, rate_hz: int) -> None:
        """As `Playout.add`. Nothing happens if the chunk was skipped."""
        if chunk > self._skipped:
            super().add(turn, chunk, pcm, rate_hz)

    def time_words(self, turn: Turn, chunk: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """As `Playout.time_words`. Nothing happens if the chunk was skipped."""
        if chunk > self._skipped:
            super().time_words(turn, chunk, words, rate_hz)

    def end_chunk(self, turn: Turn, chunk: int) -> None:
        """As `Playout.end_chunk`. Applies a change of speed that waited for the end of the chunk."""
        super().end_chunk(turn, chunk)
        if self._wanted_factor != 1.0:
            self.change_speed(turn, 1.0)

    def _append(self, line: PlayedTurn, number: int, pcm: Pcm, *, complete: bool) -> None:
        if number > self._skipped:  # it may have been skipped while it was resampled
            super()._append(line, number, pcm, complete=complete)

    def _hand_out(self, chunk: PlayedChunk, block: Pcm, filled: int) -> int:
        until = super()._hand_out(chunk, block, filled)
        if chunk is not self._playing:
            self._playing, self._played = chunk, None
            self._wanted_factor = 1.0
        new = block[filled:until].copy()
        longest = samples_of(LONGEST_WORD_MS, self.rate_hz)
        self._played = new if self._played is None else np.concatenate([self._played, new])[-longest:]
        return until

    def _present(self, turn: Turn) -> PlayedChunk | None:
        line = self._lines.get(turn)
        chunk = line.chunks[0] if line is not None and line.chunks else None
        return chunk if chunk is not None and chunk.started else None

    def _rewind(self, turn: Turn) -> None:
        chunk = self._present(turn)
        if chunk is None or chunk is not self._playing or self._played is None or chunk.number <= self._skipped:
            return
        words = [n for n, word in enumerate(chunk.words) if word.from_sample < chunk.played < word.to_sample]
        if not words:
            return  # it was paused between two words
        begins = chunk.words[words[-1]].from_sample
        back = chunk.played - begins
        if not 0 < back <= len(self._played):
            return
        chunk.waiting.appendleft(self._played[-back:])
        self._played = self._played[:-back]
        chunk.played = begins
        chunk.due = min(chunk.due, words[-1])

    def _cut_short(self, chunk: PlayedChunk) -> None:
        rest = np.concatenate([*chunk.waiting, silence(0)])[: samples_of(FADE_MS, self.rate_hz)]
        fall = np.linspace(1.0, 0.0, len(rest) + 1)[1:]
        chunk.waiting = deque([np.rint(rest * fall).astype(np.int16)] if len(rest) and not self._paused else [])
        chunk.samples = chunk.played + sum(map(len, chunk.waiting))
        chunk.words = chunk.words[: chunk.due]
        chunk.complete = True

    def _next_word(self, chunk: PlayedChunk) -> int | None:
        """Returns the index of the first word that begins late enough to be played at a new speed."""
        from_sample = chunk.played + samples_of(SPEED_MARGIN_MS, self.rate_hz)
        return next((n for n, word in enumerate(chunk.words) if word.from_sample >= from_sample), None)


def _scaled(word: TimedWord, begins: int, factor: float) -> TimedWord:
    def moved(sample: int) -> int:
        return begins + round((sample - begins) / factor)

    return TimedWord(word=word.word, from_sample=moved(word.from_sample), to_sample=moved(word.to_sample))
