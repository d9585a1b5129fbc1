"""A voice that is slow is not heard before it can go on: never a break in the middle of a word, and no wait where it is fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import numpy as np
import pytest

from voicecli.audio.playout import Playout
from voicecli.engines.ports import Voice
from voicecli.messages import SpeakJob
from voicecli.pcm import Pcm, samples_of
from voicecli.pipeline.sound_reserve import SoundReserve
from voicecli.pipeline.stages import Synthesize
from voicecli.speech.sentence_chunker import Chunk, Cut
from voicecli.turn import Turn

RATE_HZ = 16_000
BLOCK_MS = 20
PIECES_MS = (240, 480, 960, 1920)
WHOLE_MS = 240
"""Sound that takes as long to make as the work that a voice does once for a chunk."""


@dataclass
class Loudspeaker:
    """Time, and a loudspeaker that takes a block whenever as much time has passed."""

    playout: Playout = field(default_factory=lambda: Playout(RATE_HZ))
    now_ms: float = 0.0
    heard: list[Pcm] = field(default_factory=list)

    def clock(self) -> float:
        return self.now_ms / 1000

    def passes(self, ms: float) -> None:
        before = self.now_ms // BLOCK_MS
        self.now_ms += ms
        for _ in range(int(self.now_ms // BLOCK_MS - before)):
            self.heard.append(self.playout.pull(samples_of(BLOCK_MS, RATE_HZ)))

    def breaks(self) -> int:
        """How often sound began again after it had stopped."""
        sounding = [bool(np.any(block)) for block in self.heard]
        return sum(later and not before for before, later in pairwise(sounding)) - 1


@dataclass
class SlowVoice:
    """Makes each chunk in pieces that double in length. Takes `share` of their length for each, and some for the whole chunk before the first."""

    loudspeaker: Loudspeaker
    share: float
    name: str = "slow"
    rate_hz: int = RATE_HZ
    language: str = "en"

    def speak(self, _text: str, **_: object) -> Iterator[Pcm]:
        self.loudspeaker.passes(self.share * WHOLE_MS)
        for length_ms in PIECES_MS:
            self.loudspeaker.passes(self.share * length_ms)
            yield np.full(samples_of(length_ms, RATE_HZ), 1000, np.int16)


def spoken(share: float | Sequence[float], *, holds: bool = True) -> Loudspeaker:
    """Speaks three chunks that are heard one after the other, at a load for each."""
    loudspeaker = Loudspeaker()
    shares = [share] * 3 if isinstance(share, float) else share
    voice = SlowVoice(loudspeaker, shares[0])
    stage = Synthesize(cast("Voice", voice), loudspeaker.playout, clock=loudspeaker.clock if holds else None)
    turn = Turn(1)
    loudspeaker.playout.open(turn)
    for index, voice.share in enumerate(shares):
        chunk = Chunk(index=index, text="Some words.", start=0, end=11, cut=Cut.CLAUSE)
        for _ in stage(SpeakJob(turn=turn, chunk=chunk)):
            pass
    loudspeaker.playout.finish(turn)
    loudspeaker.passes(20_000)
    return loudspeaker


@pytest.mark.parametrize("share", [0.6, 0.9, 1.3, 3.0])
def test_a_slow_voice_breaks_off_between_chunks_only(share: float) -> None:
    assert spoken(share, holds=False).breaks() > 2
    assert spoken(share).breaks() <= 2


def test_a_fast_voice_is_heard_at_once() -> None:
    made = spoken(0.1)
    first = next(index for index, block in enumerate(made.heard) if np.any(block))
    assert first * BLOCK_MS <= 0.1 * (WHOLE_MS + PIECES_MS[0]) + BLOCK_MS
    assert made.breaks() == 0


def test_after_the_load_is_gone_a_chunk_is_heard_with_its_first_piece() -> None:
    reserve, now = SoundReserve(lambda: now_ms[0] / 1000), 0.0
    now_ms = [now]

    def pieces(share: float) -> Iterator[Pcm]:
        for length_ms in PIECES_MS:
            now_ms[0] += share * length_ms
            yield np.zeros(samples_of(length_ms, RATE_HZ), np.int16)

    def groups(share: float) -> list[int]:
        return [len(group) for group in reserve.released(pieces(share), RATE_HZ, lambda: 0.0)]

    assert groups(2.0) == [4]
    assert groups(2.0) == [4]
    for _ in range(4):
        last = groups(0.05)
    assert last == [1, 1, 1, 1]


def test_sound_that_waits_before_a_chunk_counts() -> None:
    now_ms = [0.0]
    reserve = SoundReserve(lambda: now_ms[0] / 1000)

    def pieces() -> Iterator[Pcm]:
        for length_ms in PIECES_MS:
            now_ms[0] += 0.7 * length_ms
            yield np.zeros(samples_of(length_ms, RATE_HZ), np.int16)

    list(reserve.released(pieces(), RATE_HZ, lambda: 0.0))
    assert len(next(reserve.released(pieces(), RATE_HZ, lambda: 0.0))) > 1
    assert len(next(reserve.released(pieces(), RATE_HZ, lambda: 1000.0))) == 1
