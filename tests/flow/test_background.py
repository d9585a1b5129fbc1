"""A television behind a person, from the microphone to the answer: real threads and channels, fake engines, virtual time."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.session_rig import Rig
from voicecli import events
from voicecli.messages import DeviceChanged, FileBegun, Report, TalkPressed, TalkReleased
from voicecli.pcm import RATE_HZ, Pcm, ms_of

PERSON, TELEVISION = 24_000, 3_500  # 17 dB apart, and both are speech to the detectors
ANSWER = [
    f"{word} "
    for word in ["One", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve."]
]


def voice(duration_ms: float, loudness: int) -> Pcm:
    at = np.arange(round(duration_ms * RATE_HZ / 1000)) / RATE_HZ
    return (loudness * np.sin(2 * np.pi * 200 * at)).astype(np.int16)


def ask(rig: Rig) -> None:
    rig.hear(voice(800, PERSON))
    rig.wait(700)


def test_it_opens_no_turn_once_a_person_was_heard_and_that_is_told_once() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]]) as rig:
        ask(rig)
        rig.until_spoken(1)
        rig.wait(500)
        for _ in range(3):
            rig.hear(voice(3000, TELEVISION))
            rig.wait(500)
    assert len(rig.told(events.SpeechStarted)) == 1
    assert [event.code for event in rig.told(events.Notice)] == ["voice-ignored"]


def test_it_does_not_keep_a_turn_open_and_is_not_in_it() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]]) as rig:
        rig.hear(voice(800, PERSON))
        rig.hear(voice(1500, TELEVISION))
        assert len(rig.told(events.SpeechEnded)) == 1
        rig.until_spoken(1)
    heard = rig.transcriber.utterances[0]
    loud = np.flatnonzero(np.abs(heard) > TELEVISION)
    assert ms_of(len(heard) - int(loud[-1])) <= 210
    latency = rig.told(events.Latency)[0]
    assert latency.endpoint_ms is not None
    assert (
        400 < latency.endpoint_ms < 600
    )  # counted from the person's last sound, though that is known half a second later


def test_who_goes_on_with_it_behind_is_heard_whole() -> None:
    with Rig(transcripts=["Could you", "Could you tell me?"], replies=[["What? "], ["Yes. "]]) as rig:
        rig.hear(voice(800, PERSON))
        rig.hear(voice(540, TELEVISION))
        rig.hear(voice(800, PERSON))
        rig.wait(700)
        rig.until_spoken(1)
    assert [event.text for event in rig.told(events.Spoken)] == ["Yes."]
    assert ms_of(len(rig.transcriber.utterances[-1])) >= 800 + 540 + 800


def test_it_does_not_make_an_answer_falter() -> None:
    with Rig(transcripts=["Hello?"], replies=[ANSWER], full_duplex=True) as rig:
        ask(rig)
        rig.until(rig.sounding)
        rig.wait(200)
        rig.hear(voice(2000, TELEVISION))
        rig.until_spoken(1)
    assert rig.told(events.AnswerPaused) == []
    assert rig.told(events.Spoken)[0].cut is False


def test_a_person_interrupts_all_the_same() -> None:
    with Rig(transcripts=["Hello?", "Stop."], replies=[ANSWER, ["Yes. "]], full_duplex=True) as rig:
        ask(rig)
        rig.until(rig.sounding)
        rig.hear(voice(500, TELEVISION))
        rig.hear(voice(800, PERSON))
        rig.wait(700)
        rig.until_spoken(2)
    assert [event.cut for event in rig.told(events.Spoken)] == [True, False]


@pytest.mark.parametrize("other", [DeviceChanged(error=None), FileBegun(number=2, name="soft.wav", at_sample=0)])
def test_on_another_microphone_a_soft_voice_may_be_the_persons(other: Report) -> None:
    with Rig(transcripts=["Hello?", "Softly?"], replies=[["Hi. "], ["Yes. "]]) as rig:
        ask(rig)
        rig.until_spoken(1)
        rig.wait(500)
        rig.tell(other)
        rig.hear(voice(800, TELEVISION))
        rig.wait(700)
        rig.until_spoken(2)


@pytest.mark.parametrize("push_to_talk", [False, True])
def test_with_the_key_a_soft_voice_is_heard(push_to_talk: bool) -> None:
    with Rig(transcripts=["Hello?", "Softly?"], replies=[["Hi. "], ["Yes. "]], push_to_talk=push_to_talk) as rig:
        for loudness in (PERSON, TELEVISION):
            rig.tell(TalkPressed())
            rig.hear(voice(800, loudness))
            rig.tell(TalkReleased())
            rig.wait(400)
            rig.until_spoken(1 + (loudness == TELEVISION))
    assert [event.text for event in rig.told(events.Spoken)] == ["Hi.", "Yes."]
