"""What the second voice engine does to the sound of its package, without the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voicecli.engines import registry
from voicecli.engines.hibari import AFTER_MS, BEFORE_MS, RATE_HZ, HibariSpeaker, _words, edges
from voicecli.errors import ModelNotFound, UnknownName
from voicecli.models import catalog
from voicecli.models.store import ResolvedModel
from voicecli.pcm import Float, samples_of
from voicecli.speech.word_timing import spans


def spoken(*, before_ms: float = 300.0, sound_ms: float = 500.0, after_ms: float = 400.0) -> Float:
    parts = [np.zeros(samples_of(before_ms, RATE_HZ)), np.full(samples_of(sound_ms, RATE_HZ), 0.3)]
    return np.concatenate([*parts, np.zeros(samples_of(after_ms, RATE_HZ))]).astype(np.float32)


def ms(samples: int) -> float:
    return 1000 * samples / RATE_HZ


def test_the_quiet_before_the_first_sound_is_cut_off() -> None:
    begin, end = edges(spoken(), joined=False, goes_on=False)
    assert ms(begin) == pytest.approx(300 - BEFORE_MS, abs=0.1)
    assert ms(end) == pytest.approx(800 + AFTER_MS, abs=0.1)


def test_inside_a_sentence_no_quiet_is_left() -> None:
    begin, end = edges(spoken(), joined=True, goes_on=True)
    assert ms(begin) == pytest.approx(300, abs=0.1)
    assert ms(end) == pytest.approx(800, abs=0.1)


def test_of_silence_nothing_is_left() -> None:
    assert edges(np.zeros(1000, np.float32), joined=False, goes_on=False) == (0, 0)


def test_words_are_timed_by_the_phonemes_durations() -> None:
    lasting = np.array([2, 1, 1, 3, 4, 5, 6, 2]) * 600  # an edge, "ab", a space, "cde", an edge
    words = _words("Oh yes.", 5, "ab cde", lasting, (1200, 14400))
    assert [(word.start, word.end) for word in words] == [(5, 7), (8, 12)]
    assert [(word.from_sample, word.to_sample) for word in words] == [(0, 1200), (3000, 12000)]


def test_where_a_number_is_read_as_several_words_each_gets_its_share() -> None:
    words = _words("In 1908 so", 0, "in naIntin oU eIt so", np.ones(22, dtype=np.int64), (100, 900))
    assert [(word.start, word.end) for word in words] == spans("In 1908 so")
    assert [(word.from_sample, word.to_sample) for word in words] == [(0, 200), (200, 600), (600, 800)]


def test_a_voice_without_its_model_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound) as raised:
        HibariSpeaker(tmp_path, name="hibari", threads=1)
    assert raised.value.hint == "voicecli models get hibari"


def test_it_has_one_speaker(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        HibariSpeaker(tmp_path, name="hibari", threads=1, speaker="anna")


def test_the_catalogue_names_the_engine(tmp_path: Path) -> None:
    entries = {entry.name: entry for entry in catalog.load().entries}
    named = {entry.name: (entry.kind, entry.engine) for entry in entries.values() if entry.engine}
    assert named == {"hibari": ("voice", "hibari")}
    assert all(engine in registry.ENGINES for engine in named.values())
    assert registry.engine_of("voice", entries["hibari"].engine) == "hibari"
    assert registry.engine_of("voice", entries["en_US-joe-medium"].engine) == "piper"
    own = ResolvedModel(kind="voice", name="own", path=tmp_path, entry=None)
    assert registry.engine_of(own.kind, own.engine) == "piper"


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_every_kind_of_model_has_a_usual_engine(kind: catalog.Kind) -> None:
    assert (kind, registry.engine_of(kind)) in registry.ENGINES
