"""Where the voice is cut off: what is synthesized waits here until the speaker pulls it, or nobody wants it any more.

A turn's sound is let out only after `open`, which is what makes a draft inaudible, and never again once the turn is
cancelled: both are asked on every pull, so at most the block that is in flight is heard of a cancelled turn. Whenever sound breaks
off (cut, paused, or not synthesized in time) the last sample is led down to zero over 5 ms, so that there is no click; of the
cancelled sound itself nothing more comes out.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from voicecli.audio.chimes import Chime, Overlay
from voicecli.audio.playout_lines import PlayedPiece, PlayedTurn, scaled
from voicecli.audio.playout_marks import (
    FirstSound,
    Mark,
    PieceEnded,
    PieceStarted,
    PlayedPosition,
    TurnPlayed,
    WordStarted,
)
from voicecli.audio.resample import Resampler, resample
from voicecli.audio.volume import Volume
from voicecli.pcm import Pcm, frozen, ms_of, samples_of, silence
from voicecli.speech.said import TimedWord
from voicecli.turn import Turn

FADE_MS = 5.0
"""Long enough to turn a click into nothing, too short to be heard as a fade."""

REMEMBERED_TURNS = 16
"""Of how many past turns `position` can still be asked."""

RECHECK_S = 0.1
"""How often somebody who waits for room looks whether the turn was cancelled behind our back."""


class Playout:
    """The queue between the voice and the speaker.

    Turns are played in the order in which they were opened, each to its end before the next.

    Thread: any; `add`, `end_piece` and `finish` from the synthesis thread, `pull` from the speaker's.

    Args:
        rate_hz: The speaker's rate.
        on_mark: Told what has just been handed out, in order. Called from the thread that pulls: it must be cheap, wait for nothing and
            raise nothing.
        held_ms: For how long the device holds back what was handed to it; words are told of when they are heard.
        volume: In percent, see `Volume`; the tap is given what is really played.
        tap: Given every block that is handed out, silence included, by the same rules; the array is read-only. What an echo canceller
            takes as the far end, and what a recording of the conversation is made of.
    """

    def __init__(
        self,
        rate_hz: int,
        on_mark: Callable[[Mark], None] | None = None,
        tap: Callable[[Pcm], None] | None = None,
        *,
        held_ms: float = 0.0,
        volume: float = 100,
    ) -> None:
        self.rate_hz = rate_hz
        self._on_mark = on_mark
        self._tap = tap
        self._held = samples_of(held_ms, rate_hz)
        self._volume = Volume(rate_hz, volume)
        self._overlay = Overlay(rate_hz)
        self._pulled = 0
        self._sounded = 0  # of what was pulled: up to the last sound
        self._words_due: deque[tuple[int, WordStarted]] = deque()  # with the sample pulled when each is heard
        self._changed = threading.Condition()
        self._lines: dict[Turn, PlayedTurn] = {}
        self._open: deque[PlayedTurn] = deque()
        self._paused = False
        steps = samples_of(FADE_MS, rate_hz)
        self._rise = np.linspace(0.0, 1.0, steps, endpoint=False)
        self._fall = np.linspace(1.0, 0.0, steps + 1)[1:]
        self._silence = silence(0)  # what is pulled most of the time, made once
        self._last_sample = 0  # where a fall begins
        self._fallen = steps  # how many steps of the fall, and of the rise, have been taken
        self._risen = steps

    # The synthesis thread's side.

    def add(self, turn: Turn, piece: int, pcm: Pcm, rate_hz: int) -> None:
        """Takes the next chunk of a piece.

        Args:
            turn: Whose sound it is; nothing happens if it is cancelled.
            piece: Its number; pieces are played in the order in which they are first added.
            pcm: Shape (n,), kept.
            rate_hz: Rate of `pcm`; resampled here, so that the speaker's thread has nothing to compute.
        """
        line = self._line(turn)
        if line.over:
            return
        if line.adding is not None and line.adding != piece:
            self.end_piece(turn, line.adding)
        if line.resampler is None or line.resampler.from_hz != rate_hz:
            line.resampler = Resampler(rate_hz, self.rate_hz, "HQ")
        line.adding = piece
        self._append(line, piece, line.resampler.feed(pcm), complete=False)

    def time_words(self, turn: Turn, piece: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """Takes when the next words of a piece sound; what of it has been handed out already is told of at the next pull.

        Args:
            turn: Whose words they are.
            piece: The piece that is being added, or whose first chunk is to come.
            words: In order, behind those that were given before.
            rate_hz: The rate that their samples are counted at.
        """
        timed = scaled(words, rate_hz, self.rate_hz)
        line = self._line(turn)
        with self._changed:
            if timed and not line.over:
                self._piece(line, piece).words += timed

    def end_piece(self, turn: Turn, piece: int) -> None:
        """All of `piece` has been added.

        The resampler is emptied: pieces are synthesized one by one, so there is nothing between them to keep whole, and the end of a
        sentence does not have to wait for the next one.
        """
        line = self._line(turn)
        if not line.over:
            rest = line.resampler.finish() if line.resampler is not None else silence(0)
            line.adding = None
            self._append(line, piece, rest, complete=True)

    def finish(self, turn: Turn) -> None:
        """Nothing more will be added for `turn`."""
        line = self._line(turn)
        if line.adding is not None:
            self.end_piece(turn, line.adding)
        with self._changed:
            line.finished = True
            self._changed.notify_all()

    def buffered_ms(self, turn: Turn) -> float:
        """How much sound of `turn` waits to be played."""
        with self._changed:
            line = self._lines.get(turn)
            return ms_of(line.waiting_samples, self.rate_hz) if line is not None and not line.over else 0.0

    def wait_room(self, turn: Turn, limit_ms: float, timeout_s: float | None = None) -> bool:
        """Waits until less than `limit_ms` of `turn` waits to be played, or the turn is cancelled; False when `timeout_s` was over first."""
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while self.buffered_ms(turn) >= limit_ms:
            left_s = RECHECK_S if deadline_s is None else min(RECHECK_S, deadline_s - time.monotonic())
            if left_s <= 0:
                return False
            with self._changed:
                self._changed.wait(left_s)
        return True

    def waits(self, turn: Turn, piece: int) -> bool:
        """Whether all of `piece` has been added, and none of it was handed out."""
        with self._changed:
            return self._waiting_piece(turn, piece) is not None

    def replace(self, turn: Turn, piece: int, pcm: Pcm, words: Sequence[TimedWord], rate_hz: int) -> bool:
        """Puts other sound in the place of a piece that waits; False when some of that was handed out, or it is wanted no more.

        Args:
            turn: Whose piece it is.
            piece: Its number.
            pcm: All of the piece, shape (n,), kept.
            words: When its words sound.
            rate_hz: Rate of `pcm`, by which `words` are counted, too.
        """
        sound = resample(pcm, rate_hz, self.rate_hz)
        timed = scaled(words, rate_hz, self.rate_hz)
        with self._changed:
            waiting = self._waiting_piece(turn, piece)
            if waiting is None:
                return False
            waiting.waiting = deque([sound])
            waiting.samples = len(sound)
            waiting.words = timed
            self._changed.notify_all()
            return True

    def wait_sound(self, turn: Turn, timeout_s: float) -> None:
        """Waits until there is sound of `turn`, or it is known that there will be none, or `timeout_s` is over."""
        line = self._line(turn)
        with self._changed:
            self._changed.wait_for(
                lambda: line.over or line.finished or line.sounded or line.waiting_samples > 0, timeout_s
            )

    # The conductor's side.

    def open(self, turn: Turn) -> None:
        """Lets the turn be heard, from its first sample on."""
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
        """Frees the sound of all cancelled turns, and wakes whoever waits for room in one of them."""
        with self._changed:
            for line in self._lines.values():
                if line.turn.cancelled:
                    line.drop()
            self._changed.notify_all()

    def pause(self) -> None:
        """Nothing is handed out until `resume`, whatever turns come and go meanwhile."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Goes on with the sample after the last one that was heard."""
        with self._changed:
            self._paused = False

    def set_volume(self, percent: float) -> None:
        """How loud everything is played from the next block on."""
        self._volume.percent = percent

    def chime(self, name: Chime) -> None:
        """Plays a tone over whatever else there is; not where an answer is heard with the next block, which tells as much."""
        with self._changed:
            if not any(line.waiting_samples and not line.over for line in self._open):
                self._overlay.begin(name)

    @property
    def paused(self) -> bool:
        """Whether `pause` is in force."""
        return self._paused

    def position(self, turn: Turn) -> PlayedPosition | None:
        """How far the speaker got with `turn`, which may be cancelled; None when nothing of it was handed out."""
        with self._changed:
            line = self._lines.get(turn)
            if line is None or line.last is None:
                return None
            return PlayedPosition(
                piece=line.last.number,
                samples_into_piece=line.last.played,
                piece_samples_so_far=line.last.samples,
                piece_complete=line.last.complete,
                # What was pulled since is silence, and has pushed that much sound out of the device.
                words_heard=line.last.words_heard(max(0, self._held - (self._pulled - self._sounded))),
            )

    # The speaker's side.

    def pull(self, samples: int) -> Pcm:
        """The next `samples` to be played, shape (samples,), read-only: sound of open turns, else silence."""
        marks: list[Mark] = []
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
        if self._on_mark is not None:
            for mark in marks:
                self._on_mark(mark)
        if self._tap is not None:
            self._tap(block)
        return block

    def _fill(self, block: Pcm, marks: list[Mark]) -> int:
        """Copies what is to be heard into the beginning of `block`; gives how much that was."""
        filled = 0
        while self._open:
            line = self._open[0]
            if line.over:
                line.drop()
                self._open.popleft()
                continue
            filled = self._fill_from(line, block, filled, marks)
            if line.pieces or not line.finished:
                break  # the block is full, or the synthesis is behind
            marks.append(TurnPlayed(turn=line.turn))
            self._open.popleft()
        return filled

    def _fill_from(self, line: PlayedTurn, block: Pcm, filled: int, marks: list[Mark]) -> int:
        while line.pieces:
            piece = line.pieces[0]
            if not piece.started and (filled < len(block) if piece.waiting else piece.complete):
                if piece.waiting and not line.sounded:
                    line.sounded = True
                    marks.append(FirstSound(turn=line.turn))
                marks.append(PieceStarted(turn=line.turn, piece=piece.number))
                piece.started = True
                line.last = piece
            filled = self._hand_out(piece, block, filled)
            self._note_words(line, piece, filled)
            if piece.waiting or not piece.complete:
                return filled
            marks.append(PieceEnded(turn=line.turn, piece=piece.number))
            line.pieces.popleft()
        return filled

    def _hand_out(self, piece: PlayedPiece, block: Pcm, filled: int) -> int:
        return piece.hand_out(block, filled)

    def _note_words(self, line: PlayedTurn, piece: PlayedPiece, filled: int) -> None:
        """Notes the words whose first sample is among the `filled` of this block; its last one is sample `piece.played` of the piece.

        With the end of the piece all its words are over, also those that have no sound of their own.
        """
        ended = piece.complete and not piece.waiting
        while piece.due < len(piece.words) and (ended or piece.words[piece.due].from_sample < piece.played):
            word = piece.words[piece.due]
            piece.due += 1
            handed = self._pulled + filled - (piece.played - word.from_sample)
            mark = WordStarted(turn=line.turn, piece=piece.number, word=word.word)
            self._words_due.append((handed + self._held, mark))

    def _soften(self, block: Pcm, filled: int) -> None:
        """Leads sound that breaks off down to zero, and sound that goes on within a piece up again."""
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
            if self._open and self._open[0].within_piece:
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
            piece = self._piece(line, number)
            if len(pcm):
                piece.waiting.append(pcm)
                piece.samples += len(pcm)
            piece.complete = complete
            self._changed.notify_all()

    def _waiting_piece(self, turn: Turn, number: int) -> PlayedPiece | None:
        line = self._lines.get(turn)
        if line is None or line.over:
            return None
        found = next((piece for piece in line.pieces if piece.number == number), None)
        return found if found is not None and found.complete and not found.started else None

    @staticmethod
    def _piece(line: PlayedTurn, number: int) -> PlayedPiece:
        """The piece that is being added to, which is begun if need be."""
        if not line.pieces or line.pieces[-1].number != number:
            line.pieces.append(PlayedPiece(number))
        return line.pieces[-1]
