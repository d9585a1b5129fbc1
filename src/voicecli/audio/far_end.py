"""The far end: what is being played, at 16 kHz, aligned with what the microphone records at the same time.

Speaker and microphone are two devices with separate clocks, and three threads use this module. The speaker's thread appends samples. The
microphone's thread notes how much had been appended when one of its blocks arrived. The listener's thread reads. A block finds its far end by its
sample index, so a listener that stalled still gets the right pairs afterwards.

A canceller looks for an echo only in the past of the far end. So the far end must never be late. It is early by the latency of
both devices as long as little of it waits here. The drift between the two clocks is corrected in steps: backwards at once, when a sample
is needed that the speaker has not requested yet; forwards when too much has waited for seconds, if possible during silence.
"""

from __future__ import annotations

import math
import threading
from collections import deque

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from voicecli.audio.ports import HELD_MS
from voicecli.pcm import BLOCK_SAMPLES, FULL_SCALE, RATE_HZ, Float, Pcm, blocks_of, samples_of, silence

KEPT_MS = 12_000
"""How much is kept for a listener that stalls. It is more than the microphone's channel holds, so that the channel is the limit."""

REACH_MS = 0.75
"""Half the length of the resampling filter, and therefore the delay of the far end. An echo travels 25 cm in that time."""

PASSBAND = 0.9
"""Cut-off of the resampling filter, as a share of half the lower rate. Speech has little above 7 kHz."""

KAISER_BETA = 5.0
"""Shape of the filter's window. Aliases are 50 dB down, which is below what any canceller reaches."""

RESERVE_SAMPLES = BLOCK_SAMPLES
"""How much is left waiting when the far end is moved forwards, because callbacks arrive up to a block too early or too late."""

TOO_MUCH_SAMPLES = 2 * BLOCK_SAMPLES
"""How much may wait before it counts as too much: the reserve, and one block because both devices deliver whole blocks."""

WATCH_BLOCKS = blocks_of(5000)
"""How long too much must have waited. The largest gap between two callbacks seen on a busy machine (65 ms) is much shorter."""


class FarEnd:
    """What was played while a block of the microphone was recorded.

    Thread: `tap` from the speaker's, `arrived` from the microphone's (both only append), `take` and `moves` from the listener's.

    Args:
        rate_hz: The speaker's rate.
    """

    def __init__(self, rate_hz: int) -> None:
        self.moves = 0
        """How often the far end was moved against the near end. Each move costs a canceller part of its adaptation."""
        self._lock = threading.Lock()
        self._played: deque[Pcm] = deque()
        self._played_samples = 0  # ever
        self._waiting_samples = 0  # in `_played`
        self._most_waiting = samples_of(KEPT_MS, rate_hz)
        self._arrivals: deque[tuple[int, int]] = deque(maxlen=blocks_of(KEPT_MS))
        self._reader = _Reader(rate_hz)
        self._offset: int | None = None  # of the far end's sample index against the near end's, both at 16 kHz
        self._ready = 0  # at 16 kHz, at the last `take`
        self._stalled = False
        self._least_spare: int | None = None
        self._watched_blocks = 0

    def tap(self, pcm: Pcm) -> None:
        """Takes the next block for the speaker, shape (n,) at its rate, silence included. The block is kept and must not change."""
        with self._lock:
            self._played.append(pcm)
            self._played_samples += len(pcm)
            self._waiting_samples += len(pcm)
            while self._waiting_samples > self._most_waiting:
                self._waiting_samples -= len(self._played.popleft())

    def arrived(self, first_sample: int) -> None:
        """Notes that the microphone's block with that index arrived just now."""
        with self._lock:
            self._arrivals.append((first_sample, self._played_samples))

    def take(self, first_sample: int) -> Pcm:
        """Returns the far end of the microphone's block with that index, shape (BLOCK_SAMPLES,) at 16 kHz. Indices must not decrease."""
        fresh, played, at_arrival = self._collect(first_sample)
        self._reader.add(fresh, played)
        ready = self._reader.ready(played)
        spare = self._reader.ready(at_arrival) - first_sample - BLOCK_SAMPLES
        if self._offset is None:
            if not at_arrival:
                return silence(BLOCK_SAMPLES)  # the speaker has not started
            self._offset = spare
        start = first_sample + self._offset
        missing = start + BLOCK_SAMPLES - ready
        nothing_new, self._ready = ready == self._ready, ready
        if missing > 0:
            # The speaker is late or has stopped. What it will play is not known, so the far end is treated as silence.
            self._offset -= missing
            self._least_spare, self._watched_blocks = None, 0
            self.moves += not self._stalled
            self._stalled = nothing_new
            return silence(BLOCK_SAMPLES) if nothing_new else self._reader.read(start - missing)
        self._stalled = False
        block = self._reader.read(start)
        self._catch_up(spare - self._offset, sounding=bool(block.any()))
        return block

    def _collect(self, first_sample: int) -> tuple[list[Pcm], int, int]:
        """Returns what was played since the last call, how many samples were ever played, and how many when the block arrived."""
        with self._lock:
            fresh = list(self._played)
            self._played.clear()
            self._waiting_samples = 0
            at_arrival = self._played_samples
            while self._arrivals and self._arrivals[0][0] <= first_sample:
                noted, samples = self._arrivals.popleft()
                if noted == first_sample:
                    at_arrival = samples
            return fresh, self._played_samples, at_arrival

    def _catch_up(self, spare: int, *, sounding: bool) -> None:
        """Moves the far end forwards if too much has waited during the whole watch period."""
        least = spare if self._least_spare is None else min(spare, self._least_spare)
        self._least_spare = least
        self._watched_blocks += 1
        if self._watched_blocks < WATCH_BLOCKS:
            return
        too_much = least > TOO_MUCH_SAMPLES
        if too_much and sounding and least < samples_of(HELD_MS):
            return  # a pause will come
        if too_much and self._offset is not None:
            self._offset += least - RESERVE_SAMPLES
            self.moves += 1
        self._least_spare, self._watched_blocks = None, 0


class _Reader:
    """Computes any stretch of the newest sound at 16 kHz. It uses a windowed sinc per phase, so that its only delay is half the filter.

    soxr, which resamples everything else, would add 20 ms of delay, which the far end cannot afford.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._reach = 0 if rate_hz == RATE_HZ else math.ceil(rate_hz * REACH_MS / 1000)
        self._phases = RATE_HZ // math.gcd(rate_hz, RATE_HZ)
        self._filters = _filters(rate_hz, self._reach, self._phases)
        self._held = silence(0)
        self._end = 0  # index of the first sample after `_held`

    def add(self, fresh: list[Pcm], played: int) -> None:
        """Takes what was played since the last call. Its last sample has the index `played` - 1."""
        if not fresh:
            return
        arrays = [self._held, *fresh] if self._end + sum(map(len, fresh)) == played else fresh
        self._held = np.concatenate(arrays)
        self._end = played

    def ready(self, played: int) -> int:
        """The number of samples at 16 kHz that can be computed from the first `played` samples."""
        return max(0, (played - self._reach) * RATE_HZ // self._rate_hz)

    def read(self, start: int) -> Pcm:
        """Returns a block from index `start` at 16 kHz on, silent where nothing is known. Discards samples that are too old for any later move."""
        if start < 0:
            known = self.read(0)
            return np.concatenate([silence(min(-start, BLOCK_SAMPLES)), known])[:BLOCK_SAMPLES]
        ticks = np.arange(start, start + BLOCK_SAMPLES, dtype=np.int64) * self._rate_hz
        whole, fraction = np.divmod(ticks, RATE_HZ)
        first = int(whole[0]) - max(0, self._reach - 1)
        stretch = self._stretch(first, int(whole[-1]) + self._reach + 1)
        # A move backwards may need samples that were read before.
        self._held = self._held[max(0, len(self._held) - self._end + first - samples_of(HELD_MS, self._rate_hz)) :]
        if not self._reach or not stretch.any():
            return stretch[:BLOCK_SAMPLES]
        windows = sliding_window_view(stretch.astype(np.float32), 2 * self._reach)[whole - whole[0]]
        filters = self._filters[fraction * self._phases // RATE_HZ]
        samples: Float = np.rint(np.einsum("ij,ij->i", windows, filters))
        return np.clip(samples, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)

    def _stretch(self, first: int, after: int) -> Pcm:
        """Returns samples `first` to `after` at the speaker's rate, zero where they are not held."""
        held_from = self._end - len(self._held)
        known = self._held[max(0, first - held_from) : max(0, after - held_from)]
        before = min(after, max(first, held_from)) - first
        if len(known) == after - first:
            return known
        return np.concatenate([silence(before), known, silence(after - first - before - len(known))])


def _filters(rate_hz: int, reach: int, phases: int) -> Float:
    """Returns a low-pass filter for each phase between two samples, shape (phases, 2 * reach). Each has unit gain at 0 Hz."""
    if not reach:
        return np.zeros((1, 0), dtype=np.float32)
    cutoff = PASSBAND * min(rate_hz, RATE_HZ) / rate_hz
    distance = np.arange(1 - reach, reach + 1)[None, :] - np.arange(phases)[:, None] / phases
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0.0, 1 - (distance / reach) ** 2)))
    filters = np.sinc(cutoff * distance) * window
    normalised: Float = (filters / filters.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised
