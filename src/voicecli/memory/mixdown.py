"""Puts the saved sound of a conversation on one time line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from voicecli.memory import sound_files
from voicecli.memory.conversations import SavedTurn
from voicecli.memory.sound_files import SIDES, Side
from voicecli.memory.timeline import Timeline
from voicecli.pcm import Pcm, samples_of, silence


def mixed(where: Path, turns: Sequence[SavedTurn], sides: Sequence[Side] = SIDES) -> Pcm:
    """Returns the voices of these sides at 16 kHz, at the times at which they were heard; empty if no sound of these turns is saved.

    Raises:
        AudioError: A file cannot be read.
    """
    timeline = Timeline(turns)
    placed: list[tuple[int, Pcm]] = []
    for turn in turns:
        times = turn.times
        you, voicecli = (sound_files.read(where, turn.row, side) if side in sides else silence(0) for side in SIDES)
        if len(you) and times.question_to_ms is not None:
            end = samples_of(timeline.at(turn, times.question_to_ms) + sound_files.TAIL_MS)
            placed.append((end - len(you), you))
        if len(voicecli) and times.answer_from_ms is not None:
            placed.append((samples_of(timeline.at(turn, times.answer_from_ms)), voicecli))
    if not placed:
        return silence(0)
    # The file of the first question may start before its first speech.
    first = min(0, *(start for start, _ in placed))
    whole = np.zeros(max(start + len(pcm) for start, pcm in placed) - first, dtype=np.int32)
    for start, pcm in placed:
        whole[start - first : start - first + len(pcm)] += pcm
    return np.clip(whole, -32_768, 32_767).astype(np.int16)
