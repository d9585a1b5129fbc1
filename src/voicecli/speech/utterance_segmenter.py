"""Splits blocks into utterances: pre-roll, pauses, the end, the maximum length.

Time is the index of samples since the microphone started. Nothing here waits, and the same blocks always give the same
utterances.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

import numpy as np

from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, blocks_of, frozen, samples_of
from voicecli.speech.voice_gate import Voicing

EndReason: TypeAlias = Literal["silence", "limit", "key"]
DropReason: TypeAlias = Literal["noise", "background", "nothing-said", "discarded", "muted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginTalk:
    """The talk key was pressed. All sound counts from now on, until `EndTalk` or the maximum length; no silence ends it.

    Attributes:
        pre_roll: Whether the sound just before the key belongs to it. It does not if an answer was playing until now, because it would be the answer.
    """

    pre_roll: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTalk:
    """The talk key was released. The utterance ends as soon as its last word is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTalk:
    """The current utterance is discarded."""


TalkOrder: TypeAlias = BeginTalk | EndTalk | DropTalk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Utterance:
    """The sound of what a person said.

    Attributes:
        samples: Shape (n,) at 16 kHz, read-only; with pre-roll before and some silence after the speech.
        first_sample: Microphone time of `samples[0]`.
        speech_end_sample: Microphone time just after the last voiced block.
        now_sample: Microphone time just after the newest block when this was cut.
    """

    samples: Pcm
    first_sample: int
    speech_end_sample: int
    now_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """Speech has started. `at_sample` is its first voiced block, or the time at which the key was pressed.

    With a key it may come while an utterance is being collected, which then becomes the beginning.
    """

    at_sample: int
    by_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechGrown:
    """The person keeps speaking. `utterance` is everything said so far.

    With `dipped` the voice has just stopped, too briefly for a pause. If a pause follows, nothing more belongs to its utterance but silence.
    """

    utterance: Utterance
    dipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechPaused:
    """A short silence, perhaps the end. `utterance` is everything said so far."""

    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechResumed:
    """It was not the end. The person continues."""

    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechEnded:
    """The person has finished. If only a pause came before, `utterance` is the same object as in its `SpeechPaused`."""

    utterance: Utterance
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechDiscarded:
    """The utterance is discarded: it was too short to be speech (a click, a cough), nothing was said, or it is not wanted."""

    at_sample: int
    because: DropReason = "noise"


Segment: TypeAlias = SpeechStarted | SpeechGrown | SpeechPaused | SpeechResumed | SpeechEnded | SpeechDiscarded


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmenterConfig:
    """What belongs to an utterance.

    Attributes:
        pre_roll_ms: Sound kept from before the first voiced block, so that no first word is lost. Silero's latest onset was 216 ms.
        end_silence_ms: Silence after which the person has finished, unless `end_after` sets another value for a pause.
        shortest_speech_ms: Less voiced sound than this is not speech.
        longest_utterance_s: A longer utterance is cut there.
        grown_ms: How often `SpeechGrown` reports the utterance so far while somebody keeps speaking; 0 for never.
        dip_ms: Silence after which `SpeechGrown` reports it as well, unless `grown_ms` is 0. It is shorter than any pause.
        voice_opens: Whether speech starts an utterance; otherwise only a key does.
        key_tail_ms: Sound that still belongs to an utterance after its key was released, because people release it on their last syllable.
        key_silence_ms: A silence that shows that the last word is complete, so that the tail is skipped. It is longer than the stop before a final t.
    """

    pre_roll_ms: int = 300
    end_silence_ms: int = 600
    shortest_speech_ms: int = 160
    longest_utterance_s: float = 30.0
    grown_ms: int = 0
    dip_ms: int = 40
    voice_opens: bool = True
    key_tail_ms: int = 200
    key_silence_ms: int = 160


LAST_SOUND_SAMPLES = samples_of(200)
"""How much is kept after the last loud sound of a person when others speak after it. It covers the soft consonants at the end of a word."""


DIPS_APART = 0.1
"""The least distance of two dips, as a share of the utterance so far."""


class Segmenter:
    """Splits a stream of blocks into utterances, by the gate's classification of each block, and by a key if there is one.

    Thread: the listener's.
    """

    def __init__(self, config: SegmenterConfig) -> None:
        self._usual_end_ms = float(config.end_silence_ms)
        self._end_ms = self._usual_end_ms
        self._shortest_blocks = max(1, -(-config.shortest_speech_ms // BLOCK_MS))
        self._longest_samples = samples_of(config.longest_utterance_s * 1000)
        self._grown_samples = samples_of(config.grown_ms)
        self._dip_blocks = blocks_of(config.dip_ms) if config.grown_ms else 0
        self._told_sample = 0  # up to here the utterance was reported
        self._dipped_sample = 0  # the last dip that was reported
        self._pre_roll_blocks = -(-config.pre_roll_ms // BLOCK_MS)
        self._voice_opens = config.voice_opens
        self._key_tail_samples = samples_of(config.key_tail_ms)
        self._key_silence_samples = samples_of(config.key_silence_ms)
        self._before: deque[Pcm] = deque(maxlen=self._pre_roll_blocks)
        self._starting: list[Pcm] = []
        self._spoken: list[Pcm] = []
        self._now = 0
        self._last_voiced = 0
        self._open = False
        self._first_sample = 0
        self._speech_end = 0
        self._voiced_blocks = 0
        self._paused: Utterance | None = None
        self._by_key = False  # no silence ends the utterance
        self._end_sample: int | None = None  # its key was released; it ends here

    @property
    def open(self) -> bool:
        """Whether an utterance is being collected."""
        return self._open

    def step(self, block: Pcm, first_sample: int, voicing: Voicing, unvoiced_blocks: int) -> list[Segment]:
        """Takes the next block and the gate's classification of it.

        The caller closes the gate after a `SpeechEnded` or `SpeechDiscarded`.

        Args:
            block: Shape (BLOCK_SAMPLES,).
            first_sample: Microphone time of its first sample.
            voicing: The gate's classification.
            unvoiced_blocks: How many blocks in a row, including this one, were not voiced.
        """
        self._now = first_sample + BLOCK_SAMPLES
        voiced = unvoiced_blocks == 0 and voicing in {Voicing.STARTING, Voicing.SPEAKING}
        if voiced:
            self._last_voiced = self._now
        if self._open:
            return self._collect(block, voicing, unvoiced_blocks, voiced=voiced)
        voicing = voicing if self._voice_opens else Voicing.QUIET
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
            case _:
                assert_never(voicing)

    def obey(self, order: TalkOrder, at_sample: int, earliest_sample: int = 0) -> list[Segment]:
        """Carries out an order of the key. The caller closes the gate as after `step`.

        Args:
            order: Begin, end, or discard.
            at_sample: Microphone time of the next block.
            earliest_sample: Earlier sound does not count as pre-roll.
        """
        match order:
            case BeginTalk():
                return self._begin_by_key(order, at_sample, earliest_sample)
            case EndTalk():
                return self._let_go(at_sample)
            case DropTalk():
                return self.drop("discarded")
            case _:
                assert_never(order)

    def end_after(self, silence_ms: float, speech_end_sample: int) -> None:
        """Ends the utterance when the pause that began at `speech_end_sample` reaches `silence_ms`. Other pauses are not affected."""
        if self._paused is not None and self._paused.speech_end_sample == speech_end_sample:
            self._end_ms = silence_ms

    def drop(self, because: DropReason) -> list[Segment]:
        """Discards everything collected, including pre-roll, and reports it if it was an utterance."""
        dropped: list[Segment] = [SpeechDiscarded(at_sample=self._now, because=because)] if self._open else []
        self._before.clear()
        self._starting.clear()
        self._clear()
        return dropped

    def _begin(self, block: Pcm) -> list[Segment]:
        self._spoken = [*self._before, *self._starting, block]
        self._open = True
        self._first_sample = self._now - len(self._spoken) * BLOCK_SAMPLES
        started = self._now - (len(self._starting) + 1) * BLOCK_SAMPLES
        self._voiced_blocks = len(self._starting) + 1
        self._speech_end = self._told_sample = self._now
        self._dipped_sample = self._first_sample
        self._before.clear()
        self._starting.clear()
        return [SpeechStarted(at_sample=started)]

    def _begin_by_key(self, order: BeginTalk, at_sample: int, earliest_sample: int) -> list[Segment]:
        self._by_key = True
        self._end_sample = None
        if not self._open:
            self._open = True
            kept = min(self._pre_roll_blocks, max(0, at_sample - earliest_sample) // BLOCK_SAMPLES)
            before = [*self._before, *self._starting] if order.pre_roll else []
            self._spoken = before[-kept:] if kept else []
            self._first_sample = at_sample - len(self._spoken) * BLOCK_SAMPLES
            # A person who speaks and presses the key at the same time has spoken.
            self._voiced_blocks = int(self._last_voiced > self._first_sample)
            self._speech_end = max(self._last_voiced, self._first_sample)
            self._told_sample = at_sample
            self._dipped_sample = self._first_sample
            self._before.clear()
            self._starting.clear()
        return [SpeechStarted(at_sample=at_sample, by_key=True)]

    def _let_go(self, at_sample: int) -> list[Segment]:
        if not self._open:
            return []
        if self._end_sample is None:
            self._end_sample = at_sample + self._key_tail_samples
        return [self._end("key")] if self._last_word_is_whole() else []

    def _last_word_is_whole(self) -> bool:
        return self._paused is not None and self._now - self._speech_end >= self._key_silence_samples

    def _collect(self, block: Pcm, voicing: Voicing, unvoiced_blocks: int, *, voiced: bool) -> list[Segment]:
        self._spoken.append(block)
        segments: list[Segment] = []
        if voicing is Voicing.STOPPING:
            if self._paused is None:
                # Sometimes it is known only later that the person had fallen silent, because another person was talking.
                ended = max(self._first_sample, self._now - unvoiced_blocks * BLOCK_SAMPLES)
                self._paused = self._cut(ended) if ended < self._speech_end else self._cut()
                self._speech_end = self._paused.speech_end_sample
                self._end_ms = self._usual_end_ms
                self._told_sample = self._now
                segments.append(SpeechPaused(utterance=self._paused))
        else:
            if self._paused is not None:
                self._paused = None
                segments.append(SpeechResumed(at_sample=self._now - BLOCK_SAMPLES))
            if voiced:
                self._voiced_blocks += 1
                self._speech_end = self._now
                if self._grown_samples and self._now - self._told_sample >= self._grown_samples:
                    self._told_sample = self._now
                    segments.append(SpeechGrown(utterance=self._cut()))
            elif voicing is Voicing.SPEAKING and unvoiced_blocks == self._dip_blocks and self._is_apart():
                self._told_sample = self._dipped_sample = self._now
                segments.append(SpeechGrown(utterance=self._cut(), dipped=True))
        if self._end_sample is not None and (self._now >= self._end_sample or self._last_word_is_whole()):
            segments.append(self._end("key"))
        elif self._paused is not None and not self._by_key and self._now - self._speech_end >= samples_of(self._end_ms):
            segments.append(self._end("silence"))
        elif len(self._spoken) * BLOCK_SAMPLES >= self._longest_samples:
            segments.append(self._end("limit"))
        return segments

    def _is_apart(self) -> bool:
        """Whether the last dip is long enough ago, compared with the length of the utterance. Transcribing it takes a share of that length."""
        return self._now - self._dipped_sample >= DIPS_APART * (self._now - self._first_sample)

    def _cut(self, ended_sample: int | None = None) -> Utterance:
        """Returns everything said so far. If the person fell silent at `ended_sample`, it omits what others said since."""
        samples = np.concatenate(self._spoken)
        if ended_sample is not None:
            samples = samples[: ended_sample + LAST_SOUND_SAMPLES - self._first_sample]
        return Utterance(
            samples=frozen(samples),
            first_sample=self._first_sample,
            speech_end_sample=self._speech_end if ended_sample is None else ended_sample,
            now_sample=self._now,
        )

    def _end(self, reason: EndReason) -> Segment:
        # Pressing a key announces speech, so one voiced block suffices. A silence or a limit needs more evidence.
        short = self._voiced_blocks < (1 if reason == "key" else self._shortest_blocks)
        if short:
            because: DropReason = "nothing-said" if self._by_key else "noise"
            self._clear()
            return SpeechDiscarded(at_sample=self._now, because=because)
        utterance = self._paused or self._cut()
        self._clear()
        return SpeechEnded(utterance=utterance, reason=reason)

    def _clear(self) -> None:
        self._open = False
        self._spoken = []
        self._paused = None
        self._voiced_blocks = 0
        self._by_key = False
        self._end_sample = None
