"""Short tones for users who do not look at the screen: when they come, how they sound, and what they must not disturb."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.machine_session import Session
from voicecli import messages as m
from voicecli.audio.playout import Playout
from voicecli.audio.playout_reports import PlayoutReport
from voicecli.audio.tones import LEVEL, NOTE_MS, NOTES_HZ, Chime, chime
from voicecli.config.schema import Settings
from voicecli.errors import GenerationFailed
from voicecli.pcm import FULL_SCALE, Pcm, samples_of
from voicecli.session import commands as c
from voicecli.session.state import State
from voicecli.turn import Turn

RATE_HZ = 16_000
BLOCK = 320
LENGTH = samples_of(2 * NOTE_MS, RATE_HZ)


def session(*, sounds: bool = True) -> Session:
    return Session(state=State(voice=True, half_duplex=False, sounds=sounds))


def played(session: Session) -> list[Chime]:
    return [command.chime for command in session.wanted(c.PlayChime)]


def test_who_was_heard_is_told_once_and_after_the_answer_was_let_out() -> None:
    talk = session()
    talk.ask()
    assert played(talk) == ["heard"]
    kinds = [type(command) for command in talk.commands]
    assert kinds.index(c.PlayChime) > kinds.index(c.Open)


def test_what_was_nothing_or_typed_is_told_by_no_tone() -> None:
    talk = session()
    talk.ask("")
    talk.tell(m.Typed(text="Hello?"))
    assert played(talk) == []


def test_muted_open_again_and_a_key_that_does_nothing() -> None:
    talk = session()
    talk.tell(m.MuteToggled())
    talk.tell(m.TalkPressed())
    talk.tell(m.MuteToggled())
    assert played(talk) == ["trouble", "trouble", "heard"]


def test_a_failure_is_told() -> None:
    talk = session()
    talk.ask()
    talk.tell(m.StageFailed(turn=talk.turn, stage="respond", error=GenerationFailed("It broke.")))
    assert played(talk) == ["heard", "trouble"]


def test_nobody_hears_a_tone_who_did_not_ask_for_it() -> None:
    assert Settings().ui.sounds is False
    talk = session(sounds=False)
    talk.ask()
    talk.tell(m.MuteToggled())
    assert played(talk) == []


@pytest.mark.parametrize("name", ["heard", "trouble"])
@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 48_000])
def test_a_tone_is_short_quiet_without_a_click_and_rises_or_falls(name: Chime, rate_hz: int) -> None:
    tone = chime(name, rate_hz).astype(float)
    assert len(tone) == 2 * samples_of(NOTE_MS, rate_hz)
    assert np.abs(tone).max() <= LEVEL * FULL_SCALE + 1
    assert abs(tone[0]) < 5
    assert abs(tone[-1]) < 5
    assert np.abs(np.diff(tone)).max() < LEVEL * FULL_SCALE * 2 * np.pi * max(NOTES_HZ[name]) / rate_hz * 1.2
    halves = np.split(tone, 2)
    found = [np.argmax(np.abs(np.fft.rfft(half, rate_hz))) for half in halves]
    assert found == pytest.approx(NOTES_HZ[name], abs=15)


def pulled(playout: Playout, samples: int) -> Pcm:
    return np.concatenate([playout.pull(BLOCK) for _ in range(-(-samples // BLOCK))])


def test_it_is_no_answer_and_the_canceller_is_told_of_it() -> None:
    marks: list[PlayoutReport] = []
    tapped: list[Pcm] = []
    playout = Playout(RATE_HZ, on_report=marks.append, tap=tapped.append)
    playout.pull(BLOCK)
    playout.chime("heard")
    heard = pulled(playout, LENGTH + BLOCK)
    assert np.array_equal(heard[:LENGTH], chime("heard", RATE_HZ))
    assert not heard[LENGTH:].any()
    assert marks == []
    assert np.array_equal(np.concatenate(tapped[1:]), heard)


def test_an_answer_that_begins_meanwhile_is_not_delayed() -> None:
    playout, turn = Playout(RATE_HZ), Turn(1)
    playout.open(turn)
    playout.chime("heard")
    playout.pull(BLOCK)
    answer = np.full(4 * BLOCK, 1000, dtype=np.int16)
    playout.add(turn, 0, answer, RATE_HZ)
    rest = chime("heard", RATE_HZ)[BLOCK : 2 * BLOCK]
    assert np.array_equal(playout.pull(BLOCK), answer[:BLOCK] + rest)


def test_where_the_answer_is_there_already_it_tells_as_much_as_a_tone() -> None:
    playout, turn = Playout(RATE_HZ), Turn(1)
    answer = np.full(4 * BLOCK, 1000, dtype=np.int16)
    playout.add(turn, 0, answer, RATE_HZ)
    playout.open(turn)
    playout.chime("heard")
    assert np.array_equal(pulled(playout, 4 * BLOCK), answer)


def test_it_is_as_loud_as_the_volume_says() -> None:
    playout = Playout(RATE_HZ, volume=50)
    playout.chime("trouble")
    assert np.abs(pulled(playout, LENGTH)).max() == pytest.approx(LEVEL * FULL_SCALE / 2, rel=0.05)
