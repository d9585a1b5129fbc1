"""Blocks in, utterances out: pre-roll, pauses, the end, the longest length.

Time is the index of samples since the microphone began. Nothing here waits, and any way of feeding the same blocks gives the same
utterances.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, frozen, samples_of
from voicecli.speech.gate import Voicing

EndReason: TypeAlias = Literal["silence", "limit", "key"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Utterance:
    """What a person said, as sound.

    Attributes:
        samples: Shape (n,) at 16 kHz, read-only; with pre-roll before and some silence after the speech.
        first_sample: Microphone time of `samples[0]`.
        speech_end_sample: Microphone time just after the last voiced block.
        now_sample: Microphone time just after the newest block there was when this was cut.
    """

    samples: Pcm
    first_sample: int
    speech_end_sample: int
    now_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """Speech has begun; `at_sample` is its first voiced block."""

    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechGrown:
    """The person speaks on; `utterance` is all that was said so far."""

    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechPaused:
    """A short silence: perhaps the end. `utterance` is all that was said so far."""

    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechResumed:
    """It was not the end: the person goes on."""

    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechEnded:
    """The person has finished. After a pause and nothing else, `utterance` is the one of that pause, the very object."""

    utterance: Utterance
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechDiscarded:
    """What began was too short to be speech: a click, a cough."""

    at_sample: int


Segment: TypeAlias = SpeechStarted | SpeechGrown | SpeechPaused | SpeechResumed | SpeechEnded | SpeechDiscarded


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmenterConfig:
    """What belongs to an utterance.

    Attributes:
        pre_roll_ms: Sound kept from before the first voiced block, so that no first word is lost. Silero's latest onset was 216 ms.
        end_silence_ms: Silence after which the person has finished, unless `end_after` says otherwise for a pause.
        shortest_speech_ms: Voiced sound below this is no speech.
        longest_utterance_s: A longer one is cut there.
        grown_ms: How often `SpeechGrown` tells what was said so far while somebody speaks on; 0 for never.
    """

    pre_roll_ms: int = 300
    end_silence_ms: int = 600
    shortest_speech_ms: int = 160
    longest_utterance_s: float = 30.0
    grown_ms: int = 0


class Segmenter:
    """Cuts a stream of blocks into utterances, told by the gate what each block is.

    Thread: the one that listens.
    """

    def __init__(self, config: SegmenterConfig) -> None:
        self._usual_end_ms = float(config.end_silence_ms)
        self._end_ms = self._usual_end_ms
        self._shortest_blocks = max(1, -(-config.shortest_speech_ms // BLOCK_MS))
        self._longest_samples = samples_of(config.longest_utterance_s * 1000)
        self._grown_samples = samples_of(config.grown_ms)
        self._told_sample = 0  # up to where what was said is known
        self._before: deque[Pcm] = deque(maxlen=-(-config.pre_roll_ms // BLOCK_MS))
        self._starting: list[Pcm] = []
        self._spoken: list[Pcm] = []
        self._now = 0
        self._first_sample = 0
        self._speech_end = 0
        self._voiced_blocks = 0
        self._paused: Utterance | None = None

    @property
    def open(self) -> bool:
        """Whether an utterance is being collected."""
        return bool(self._spoken)

    def step(self, block: Pcm, first_sample: int, voicing: Voicing, unvoiced_blocks: int) -> list[Segment]:
        """Takes the next block and the gate's opinion of it.

        The caller closes the gate after a `SpeechEnded` or `SpeechDiscarded`.

        Args:
            block: Shape (BLOCK_SAMPLES,).
            first_sample: Microphone time of its first sample.
            voicing: What the gate takes it for.
            unvoiced_blocks: How many blocks in a row, this one included, were not voiced.
        """
        self._now = first_sample + BLOCK_SAMPLES
        if self._spoken:
            return self._collect(block, voicing, unvoiced_blocks)
        match voicing:
            case Voicing.QUIET:
                self._before.extend(self._starting)
                self._starting.clear()
                self._before.append(block)
                return []
            case Voicing.STARTING:
                self._starting.append(block)
                return []
            case Voicing.SPEAKING | Voicing.STOPPING:
                return self._begin(block)

    def finish(self, reason: EndReason) -> list[Segment]:
        """Ends the utterance now, whatever the gate says; nothing when there is none."""
        return [self._end(reason)] if self._spoken else []

    def end_after(self, silence_ms: float, speech_end_sample: int) -> None:
        """The pause that began at `speech_end_sample` ends the utterance once it is so long; another pause is not meant."""
        if self._paused is not None and self._paused.speech_end_sample == speech_end_sample:
            self._end_ms = silence_ms

    def forget(self) -> None:
        """Throws away what was collected, pre-roll and all, as when the microphone is muted."""
        self._before.clear()
        self._starting.clear()
        self._clear()

    def _begin(self, block: Pcm) -> list[Segment]:
        self._spoken = [*self._before, *self._starting, block]
        self._first_sample = self._now - len(self._spoken) * BLOCK_SAMPLES
        started = self._now - (len(self._starting) + 1) * BLOCK_SAMPLES
        self._voiced_blocks = len(self._starting) + 1
        self._speech_end = self._told_sample = self._now
        self._before.clear()
        self._starting.clear()
        return [SpeechStarted(at_sample=started)]

    def _collect(self, block: Pcm, voicing: Voicing, unvoiced_blocks: int) -> list[Segment]:
        self._spoken.append(block)
        segments: list[Segment] = []
        if voicing is Voicing.STOPPING:
            if self._paused is None:
                self._paused = self._cut()
                self._end_ms = self._usual_end_ms
                self._told_sample = self._now
                segments.append(SpeechPaused(utterance=self._paused))
        else:
            if self._paused is not None:
                self._paused = None
                segments.append(SpeechResumed(at_sample=self._now - BLOCK_SAMPLES))
            self._voiced_blocks += unvoiced_blocks == 0
            self._speech_end = self._now - unvoiced_blocks * BLOCK_SAMPLES
            if self._grown_samples and self._now - self._told_sample >= self._grown_samples:
                self._told_sample = self._now
                segments.append(SpeechGrown(utterance=self._cut()))
        if self._paused is not None and self._now - self._speech_end >= samples_of(self._end_ms):
            segments.append(self._end("silence"))
        elif len(self._spoken) * BLOCK_SAMPLES >= self._longest_samples:
            segments.append(self._end("limit"))
        return segments

    def _cut(self) -> Utterance:
        return Utterance(
            samples=frozen(np.concatenate(self._spoken)),
            first_sample=self._first_sample,
            speech_end_sample=self._speech_end,
            now_sample=self._now,
        )

    def _end(self, reason: EndReason) -> Segment:
        # A key says that there was speech; a silence or a limit has to show it.
        short = self._voiced_blocks < self._shortest_blocks and reason != "key"
        utterance = self._paused or self._cut()
        self._clear()
        if short:
            return SpeechDiscarded(at_sample=self._now)
        return SpeechEnded(utterance=utterance, reason=reason)

    def _clear(self) -> None:
        self._spoken = []
        self._paused = None
        self._voiced_blocks = 0
