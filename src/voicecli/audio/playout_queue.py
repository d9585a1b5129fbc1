"""The queued chunks of a turn in the playout, and how much of them was played."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from voicecli.audio.resample import Resampler
from voicecli.pcm import Pcm
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn


def scaled(words: Sequence[TimedWord], from_hz: int, to_hz: int) -> list[TimedWord]:
    """Converts the sample positions of `words` to another rate."""
    return [
        TimedWord(
            word=word.word,
            from_sample=word.from_sample * to_hz // from_hz,
            to_sample=word.to_sample * to_hz // from_hz,
        )
        for word in words
    ]


class PlayedChunk:
    """One chunk of a turn: its queued sound, and how much was played."""

    __slots__ = ("complete", "due", "number", "played", "samples", "started", "waiting", "words")

    def __init__(self, number: int) -> None:
        self.number = number
        self.waiting: deque[Pcm] = deque()
        self.samples = 0
        self.played = 0
        self.complete = False
        self.started = False
        self.words: list[TimedWord] = []  # in samples at the speaker's rate
        self.due = 0  # how many words were handed out, at least in part

    def hand_out(self, block: Pcm, filled: int) -> int:
        """Copies queued sound into `block` from `filled` on. Returns the new fill position."""
        while self.waiting and filled < len(block):
            part = self.waiting.popleft()
            taken = min(len(part), len(block) - filled)
            block[filled : filled + taken] = part[:taken]
            filled += taken
            self.played += taken
            if taken < len(part):
                self.waiting.appendleft(part[taken:])
        return filled

    def words_heard(self, held: int) -> int | None:
        """Returns how many words were heard completely if the device still holds `held` samples; None if the chunk has no timed words."""
        if not self.words:
            return None
        return next((word.word for word in self.words if word.to_sample > self.played - held), self.words[-1].word + 1)


class PlayedTurn:
    """The chunks of one turn. `adding` and `resampler` belong to the synthesis thread; the rest is accessed under the playout's lock."""

    __slots__ = ("adding", "chunks", "dropped", "finished", "last", "opened", "resampler", "sounded", "turn")

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.opened = False
        self.finished = False
        self.dropped = False
        self.sounded = False
        self.chunks: deque[PlayedChunk] = deque()
        self.last: PlayedChunk | None = None  # the chunk that sounded last
        self.adding: int | None = None  # the chunk that is not complete yet
        self.resampler: Resampler | None = None

    @property
    def waiting_samples(self) -> int:
        """The number of samples that were added and not yet pulled."""
        return sum(chunk.samples - chunk.played for chunk in self.chunks)

    @property
    def over(self) -> bool:
        """Whether the turn was dropped or cancelled."""
        return self.dropped or self.turn.cancelled

    @property
    def done(self) -> bool:
        """Whether nothing of the turn will be played any more."""
        return self.over or (self.opened and self.finished and not self.chunks)

    @property
    def within_chunk(self) -> bool:
        """Whether the first queued chunk was played in part."""
        return bool(self.chunks) and self.chunks[0].played > 0

    def drop(self) -> None:
        """Frees its sound. None of it is played any more."""
        self.dropped = True
        for chunk in self.chunks:
            chunk.waiting.clear()
        self.chunks.clear()
