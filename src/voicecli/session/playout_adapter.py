"""Adapts the playout to the conductor: converts marks to reports, and positions to what was heard."""

from __future__ import annotations

from collections.abc import Callable

from voicecli.audio.playout import Playout
from voicecli.audio.playout_reports import ChunkEnded, ChunkStarted, FirstSound, PlayoutReport, TurnPlayed, WordStarted
from voicecli.audio.tones import Chime
from voicecli.messages import Played, Report, Sounding, WordSounding
from voicecli.pcm import RATE_HZ, Pcm
from voicecli.session import history
from voicecli.turn import Turn


def report_of(mark: PlayoutReport) -> Report | None:
    """Returns the report for a mark; None if the conductor need not know it."""
    match mark:
        case FirstSound():
            return Sounding(turn=mark.turn)
        case WordStarted():
            return WordSounding(turn=mark.turn, chunk=mark.chunk, word=mark.word)
        case TurnPlayed():
            return Played(turn=mark.turn)
        case ChunkStarted() | ChunkEnded():
            return None


def reporting(offer: Callable[[Report], object]) -> Callable[[PlayoutReport], None]:
    """Returns a mark callback for the playout that passes reports on. It is called from the speaker's thread, so `offer` must not wait."""

    def on_report(mark: PlayoutReport) -> None:
        report = report_of(mark)
        if report is not None:
            offer(report)

    return on_report


class PlayoutAdapter:
    """The playout behind the conductor's port.

    Thread: the conductor's.
    """

    def __init__(self, playout: Playout) -> None:
        self._playout = playout

    def open(self, turn: Turn) -> None:
        """Makes the turn audible."""
        self._playout.open(turn)

    def drop(self, turn: Turn) -> None:
        """Silences the turn at once and for good."""
        self._playout.drop(turn)

    def pause(self) -> None:
        """Plays silence until `resume`."""
        self._playout.pause()

    def resume(self) -> None:
        """Continues where it was paused."""
        self._playout.resume()

    def set_volume(self, percent: float) -> None:
        """Sets the volume of everything from now on."""
        self._playout.set_volume(percent)

    def chime(self, name: Chime) -> None:
        """Plays a short tone."""
        self._playout.chime(name)

    def play(self, turn: Turn, pcm: Pcm) -> None:
        """Takes sound at 16 kHz as the complete sound of the turn."""
        self._playout.add(turn, 0, pcm, RATE_HZ)
        self._playout.finish(turn)

    def played(self, turn: Turn) -> history.Played:
        """Returns how far the turn was played.

        If the times of its words are unknown, the length of a chunk is its length so far. Synthesis is many times faster than speech, so
        that is nearly the final length.
        """
        at = self._playout.position(turn)
        if at is None:
            return history.Played()
        whole = max(1, at.chunk_samples_so_far)
        fraction = min(1.0, at.samples_into_chunk / whole)
        return history.Played(chunk=at.chunk, fraction=fraction, words=at.words_heard)
