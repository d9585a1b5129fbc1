"""A voice that stays far below the user's own is in the background."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from voicecli.pcm import blocks_of
from voicecli.speech.background_voice import BackgroundVoiceConfig, BackgroundVoiceFilter

PERSON, SOFTER, FAR, QUIET = -25.0, -33.0, -40.0, -70.0


def utterance(foreground: BackgroundVoiceFilter, dbfs: float, *, ms: int = 1000, understood: bool = True) -> None:
    """A person says something at one level."""
    go_on(foreground, [dbfs] * blocks_of(ms))
    foreground.end(spoken=True)
    if understood:
        foreground.know()


def go_on(foreground: BackgroundVoiceFilter, levels: Iterable[float], *, speaking: bool = True) -> int:
    far = 0
    for level in levels:
        far = foreground.step(level, voiced=level > QUIET, speaking=speaking)
    return far


def known(config: BackgroundVoiceConfig | None = None) -> BackgroundVoiceFilter:
    foreground = BackgroundVoiceFilter(config or BackgroundVoiceConfig())
    utterance(foreground, PERSON)
    go_on(foreground, [QUIET] * 50, speaking=False)
    return foreground


def test_as_long_as_nobody_was_understood_every_voice_counts() -> None:
    foreground = BackgroundVoiceFilter(BackgroundVoiceConfig())
    assert go_on(foreground, [FAR] * 20, speaking=False) == 0
    utterance(foreground, PERSON, understood=False)
    assert go_on(foreground, [FAR] * 20, speaking=False) == 0


def test_a_far_voice_is_known_by_its_loudness_and_a_near_one_at_once() -> None:
    foreground = known()
    assert go_on(foreground, [FAR] * 20, speaking=False) > 0
    assert go_on(foreground, [SOFTER], speaking=False) == 0
    assert go_on(foreground, [FAR], speaking=False) > 0  # a crack
    assert go_on(foreground, [SOFTER, FAR, SOFTER, FAR], speaking=False) == 0
    assert go_on(foreground, [FAR] * 2, speaking=False) == 0  # a stop inside a word
    assert go_on(foreground, [FAR] * 3, speaking=False) > 0


def test_every_voice_counts_if_that_was_chosen() -> None:
    assert go_on(known(BackgroundVoiceConfig(below_db=0.0)), [FAR] * 20, speaking=False) == 0


def test_who_stays_soft_has_fallen_silent_when_last_loud() -> None:
    foreground = BackgroundVoiceFilter(BackgroundVoiceConfig())
    assert go_on(foreground, [PERSON] * 30 + [FAR] * 22) == 0  # a sentence that trails off
    assert go_on(foreground, [FAR]) == 23  # half a second, less what may be a crack
    assert go_on(foreground, [FAR] * 40) >= 25
    assert go_on(foreground, [PERSON] * 3) == 0


def test_an_utterance_that_only_began_loud_is_unlike_the_person() -> None:
    foreground = known()
    go_on(foreground, [SOFTER] * 3 + [FAR] * 20)
    assert foreground.unlike
    assert not foreground.sure
    go_on(foreground, ([SOFTER] + [FAR] * 6) * 8)
    assert foreground.unlike
    assert foreground.sure


def test_a_person_who_is_somewhat_softer_is_not() -> None:
    foreground = known()
    go_on(foreground, [SOFTER] * 50)
    assert not foreground.unlike


def test_with_a_key_every_voice_counts_and_is_the_persons_from_then_on() -> None:
    foreground = known()
    foreground.begin_by_key()
    assert go_on(foreground, [FAR] * 50) == 0
    assert not foreground.unlike
    foreground.end(spoken=True)
    foreground.know()
    assert foreground._usual_dbfs == FAR


def test_one_shout_does_not_make_the_person_inaudible() -> None:
    foreground = known()
    utterance(foreground, PERSON + 15)
    assert go_on(foreground, [QUIET] * 10 + [PERSON] * 10, speaking=False) == 0


@pytest.mark.parametrize(("dbfs", "moved"), [(PERSON - 4, True), (PERSON - 10, False)])
def test_what_is_nearly_too_soft_does_not_take_the_persons_place(dbfs: float, moved: bool) -> None:
    foreground = known()
    for _ in range(20):
        utterance(foreground, dbfs)
    assert foreground._usual_dbfs is not None
    assert (abs(foreground._usual_dbfs - dbfs) < 1) is moved
    assert (foreground._usual_dbfs == PERSON) is not moved


def test_who_was_answered_by_mistake_is_outdone_by_the_person() -> None:
    foreground = BackgroundVoiceFilter(BackgroundVoiceConfig())
    utterance(foreground, FAR)  # a television, before anybody had spoken
    for _ in range(2):
        utterance(foreground, PERSON)
    assert foreground._usual_dbfs is not None
    assert go_on(foreground, [QUIET] * 10 + [FAR] * 20, speaking=False) == 0  # not yet
    for _ in range(3):
        utterance(foreground, PERSON)
    assert go_on(foreground, [QUIET] * 10 + [FAR] * 20, speaking=False) > 0


def test_another_microphone_begins_anew() -> None:
    foreground = known()
    foreground.forget()
    assert go_on(foreground, [FAR] * 20, speaking=False) == 0


def test_a_noise_teaches_nothing() -> None:
    foreground = BackgroundVoiceFilter(BackgroundVoiceConfig())
    go_on(foreground, [-5.0] * 20)
    foreground.end(spoken=False)
    foreground.know()
    assert foreground._usual_dbfs is None
