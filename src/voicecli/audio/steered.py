"""A playout that a listener controls: it resumes at the word at which it was paused, skips sentences, and changes speed at the next word."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from voicecli.audio.playout import FADE_MS, Playout
from voicecli.audio.playout_lines import PlayedPiece, PlayedTurn
from voicecli.pcm import Pcm, samples_of, silence
from voicecli.speech.said import TimedWord
from voicecli.speech.stretch import Stretcher
from voicecli.turn import Turn

SPEED_MARGIN_MS: Final = 150.0
"""How far ahead the first word at a new speed must be. It is more than stretching the rest of a piece takes."""

LONGEST_WORD_MS: Final = 3_000.0
"""How much of the played sound is kept. A longer word resumes in its middle."""


class SteeredPlayout(Playout):
    """A playout in which a single turn is heard and controlled piece by piece.

    It keeps the last played sound of the present piece, so that it can resume at the beginning of a word.
    """

    _played: Pcm | None = None
    _playing: PlayedPiece | None = None
    _skipped = -1  # pieces up to this one are skipped
    _wanted_factor = 1.0  # for the present piece, applied once it is complete

    def resume_at_word(self, turn: Turn) -> None:
        """Resumes at the beginning of the word that was interrupted."""
        with self._changed:
            if self._paused:
                self._rewind(turn)
            self._paused = False

    def skip(self, turn: Turn, through: int) -> None:
        """Skips all pieces up to number `through`. A piece that is playing is faded out."""
        with self._changed:
            self._skipped = max(self._skipped, through)
            line = self._lines.get(turn)
            if line is None:
                return
            for piece in [piece for piece in line.pieces if piece.number <= through]:
                if piece.started:
                    self._cut_short(piece)
                else:
                    line.pieces.remove(piece)
            self._changed.notify_all()

    def change_speed(self, turn: Turn, factor: float) -> None:
        """Plays the present piece `factor` times as fast from the next word on. If the piece is still growing, the change waits for its end."""
        with self._changed:
            piece = self._present(turn)
            if piece is None:
                return
            self._wanted_factor *= factor
            if not piece.complete:
                return
            factor, self._wanted_factor = self._wanted_factor, 1.0
            word = self._next_word(piece)
            if word is None:
                return
            begins = piece.words[word].from_sample
            rest = np.concatenate([*piece.waiting, silence(0)])[begins - piece.played :]
        stretcher = Stretcher(factor, self.rate_hz)
        stretched = np.concatenate([stretcher.feed(rest), stretcher.finish()])
        with self._changed:
            if piece.played > begins or not piece.waiting:
                return  # playback got past the word: too little is left to be worth it
            kept = np.concatenate([*piece.waiting])[: begins - piece.played]
            piece.waiting = deque([kept, stretched])
            piece.samples = begins + len(stretched)
            piece.words[word:] = [_scaled(timed, begins, factor) for timed in piece.words[word:]]

    def add(self, turn: Turn, piece: int, pcm: Pcm, rate_hz: int) -> None:
        """As `Playout.add`. Nothing happens if the piece was skipped."""
        if piece > self._skipped:
            super().add(turn, piece, pcm, rate_hz)

    def time_words(self, turn: Turn, piece: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """As `Playout.time_words`. Nothing happens if the piece was skipped."""
        if piece > self._skipped:
            super().time_words(turn, piece, words, rate_hz)

    def end_piece(self, turn: Turn, piece: int) -> None:
        """As `Playout.end_piece`. Applies a change of speed that waited for the end of the piece."""
        super().end_piece(turn, piece)
        if self._wanted_factor != 1.0:
            self.change_speed(turn, 1.0)

    def _append(self, line: PlayedTurn, number: int, pcm: Pcm, *, complete: bool) -> None:
        if number > self._skipped:  # it may have been skipped while it was resampled
            super()._append(line, number, pcm, complete=complete)

    def _hand_out(self, piece: PlayedPiece, block: Pcm, filled: int) -> int:
        until = super()._hand_out(piece, block, filled)
        if piece is not self._playing:
            self._playing, self._played = piece, None
            self._wanted_factor = 1.0
        new = block[filled:until].copy()
        longest = samples_of(LONGEST_WORD_MS, self.rate_hz)
        self._played = new if self._played is None else np.concatenate([self._played, new])[-longest:]
        return until

    def _present(self, turn: Turn) -> PlayedPiece | None:
        line = self._lines.get(turn)
        piece = line.pieces[0] if line is not None and line.pieces else None
        return piece if piece is not None and piece.started else None

    def _rewind(self, turn: Turn) -> None:
        piece = self._present(turn)
        if piece is None or piece is not self._playing or self._played is None or piece.number <= self._skipped:
            return
        words = [n for n, word in enumerate(piece.words) if word.from_sample < piece.played < word.to_sample]
        if not words:
            return  # it was paused between two words
        begins = piece.words[words[-1]].from_sample
        back = piece.played - begins
        if not 0 < back <= len(self._played):
            return
        piece.waiting.appendleft(self._played[-back:])
        self._played = self._played[:-back]
        piece.played = begins
        piece.due = min(piece.due, words[-1])

    def _cut_short(self, piece: PlayedPiece) -> None:
        rest = np.concatenate([*piece.waiting, silence(0)])[: samples_of(FADE_MS, self.rate_hz)]
        fall = np.linspace(1.0, 0.0, len(rest) + 1)[1:]
        piece.waiting = deque([np.rint(rest * fall).astype(np.int16)] if len(rest) and not self._paused else [])
        piece.samples = piece.played + sum(map(len, piece.waiting))
        piece.words = piece.words[: piece.due]
        piece.complete = True

    def _next_word(self, piece: PlayedPiece) -> int | None:
        """Returns the index of the first word that begins late enough to be played at a new speed."""
        from_sample = piece.played + samples_of(SPEED_MARGIN_MS, self.rate_hz)
        return next((n for n, word in enumerate(piece.words) if word.from_sample >= from_sample), None)


def _scaled(word: TimedWord, begins: int, factor: float) -> TimedWord:
    def moved(sample: int) -> int:
        return begins + round((sample - begins) / factor)

    return TimedWord(word=word.word, from_sample=moved(word.from_sample), to_sample=moved(word.to_sample))
