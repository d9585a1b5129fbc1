"""Household sounds through the real voice gate are not speech."""

from __future__ import annotations

import numpy as np
import pytest

from measure_noise import Ear
from noises import MAKERS, at_level
from voicecli.pcm import RATE_HZ, samples_of
from voicecli.speech.utterance_segmenter import SpeechDiscarded, SpeechEnded, SpeechStarted

SECONDS = 12
HARMLESS = [name for name in MAKERS if name not in {"coughs", "doors"}]
"""What even begins nothing. A cough has a voice in it and a door is a blow: these may begin something, which is then over soon."""


@pytest.mark.parametrize("dbfs", [-45.0, -25.0])
@pytest.mark.parametrize("name", HARMLESS)
def test_it_begins_nothing(name: str, dbfs: float) -> None:
    sound = at_level(MAKERS[name](SECONDS * RATE_HZ, np.random.default_rng(7)), dbfs)
    assert list(Ear(None).hear(sound)) == []


@pytest.mark.parametrize("name", ["coughs", "doors"])
def test_what_a_blow_or_a_cough_begins_is_over_soon(name: str) -> None:
    sound = at_level(MAKERS[name](4 * SECONDS * RATE_HZ, np.random.default_rng(7)), -30.0)
    happened = [each.segment for each in Ear(None).hear(sound)]
    begun = [each.at_sample for each in happened if isinstance(each, SpeechStarted)]
    over = [
        each.at_sample if isinstance(each, SpeechDiscarded) else each.utterance.speech_end_sample
        for each in happened
        if isinstance(each, SpeechDiscarded | SpeechEnded)
    ]
    assert len(begun) == len(over)
    assert all(end - start < samples_of(3000) for start, end in zip(begun, over, strict=True))
