"""Between the playout and the conductor: marks become reports, positions become what was heard."""

from __future__ import annotations

from collections.abc import Callable

from voicecli.audio.chimes import Chime
from voicecli.audio.playout import Playout
from voicecli.audio.playout_marks import FirstSound, Mark, PieceEnded, PieceStarted, TurnPlayed, WordStarted
from voicecli.messages import Played, Report, Sounding, WordSounding
from voicecli.pcm import RATE_HZ, Pcm
from voicecli.session import history
from voicecli.turn import Turn


def report_of(mark: Mark) -> Report | None:
    """What the conductor is told of a mark; None where it need not know."""
    match mark:
        case FirstSound():
            return Sounding(turn=mark.turn)
        case WordStarted():
            return WordSounding(turn=mark.turn, piece=mark.piece, word=mark.word)
        case TurnPlayed():
            return Played(turn=mark.turn)
        case PieceStarted() | PieceEnded():
            return None


def reporting(offer: Callable[[Report], object]) -> Callable[[Mark], None]:
    """A listener for the playout that passes reports on; called from the speaker's thread, `offer` must not wait."""

    def on_mark(mark: Mark) -> None:
        report = report_of(mark)
        if report is not None:
            offer(report)

    return on_mark


class PlayoutGate:
    """The playout, as the conductor sees it.

    Thread: the conductor's.
    """

    def __init__(self, playout: Playout) -> None:
        self._playout = playout

    def open(self, turn: Turn) -> None:
        """Lets the turn be heard."""
        self._playout.open(turn)

    def drop(self, turn: Turn) -> None:
        """Silences the turn at once and for good."""
        self._playout.drop(turn)

    def pause(self) -> None:
        """Silence, until `resume`."""
        self._playout.pause()

    def resume(self) -> None:
        """Goes on where it was paused."""
        self._playout.resume()

    def set_volume(self, percent: float) -> None:
        """How loud everything is played from now on."""
        self._playout.set_volume(percent)

    def chime(self, name: Chime) -> None:
        """Plays a short tone."""
        self._playout.chime(name)

    def play(self, turn: Turn, pcm: Pcm) -> None:
        """Takes sound at 16 kHz as all that there is of the turn."""
        self._playout.add(turn, 0, pcm, RATE_HZ)
        self._playout.finish(turn)

    def played(self, turn: Turn) -> history.Played:
        """How far the speaker got with the turn.

        Where nothing is known of its words, a piece that is still being synthesized counts as as long as it is so far: synthesis is many
        times faster than speech, so that it nearly is.
        """
        at = self._playout.position(turn)
        if at is None:
            return history.Played()
        whole = max(1, at.piece_samples_so_far)
        fraction = min(1.0, at.samples_into_piece / whole)
        return history.Played(piece=at.piece, fraction=fraction, words=at.words_heard)
