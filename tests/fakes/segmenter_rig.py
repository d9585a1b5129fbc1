"""A gate and a segmenter that are fed with patterns."""

from __future__ import annotations

import numpy as np

from voicecli.pcm import BLOCK_SAMPLES, Pcm
from voicecli.speech.utterance_segmenter import (
    Segment,
    Segmenter,
    SegmenterConfig,
    SpeechDiscarded,
    SpeechEnded,
    TalkOrder,
)
from voicecli.speech.voice_gate import Gate, GateConfig

CONFIG = SegmenterConfig(pre_roll_ms=100, end_silence_ms=400, shortest_speech_ms=100, longest_utterance_s=2.0)
GATE = GateConfig(start_ms=60, pause_ms=100)


def block(index: int) -> Pcm:
    """A block whose samples contain its index."""
    return np.full(BLOCK_SAMPLES, index % 30_000, dtype=np.int16)


class Rig:
    """A gate and a segmenter fed with a pattern: `#` is a voiced block, `.` a silent one."""

    def __init__(self, config: SegmenterConfig = CONFIG) -> None:
        self.gate = Gate(GATE)
        self.segmenter = Segmenter(config)
        self.index = 0

    def feed(self, pattern: str) -> list[Segment]:
        segments: list[Segment] = []
        for sign in pattern:
            score = 1.0 if sign == "#" else 0.0
            voicing = self.gate.step(first_stage=score, confirmed=score)
            first = self.index * BLOCK_SAMPLES
            for segment in self.segmenter.step(block(self.index), first, voicing, self.gate.unvoiced_blocks):
                if isinstance(segment, SpeechEnded | SpeechDiscarded):
                    self.gate.close()
                segments.append(segment)
            self.index += 1
        return segments

    def key(self, order: TalkOrder, earliest: int = 0) -> list[Segment]:
        segments = self.segmenter.obey(order, self.index * BLOCK_SAMPLES, earliest * BLOCK_SAMPLES)
        if any(isinstance(segment, SpeechEnded | SpeechDiscarded) for segment in segments):
            self.gate.close()
        return segments


def kinds(segments: list[Segment]) -> list[str]:
    return [type(segment).__name__ for segment in segments]
