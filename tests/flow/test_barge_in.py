"""Barge-in, from the microphone's block to the speaker's: real threads, fake engines, virtual time."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.session_rig import Headphones, Rig
from voicecli import events
from voicecli.audio.ports import Cancelling
from voicecli.pcm import BLOCK_MS

ANSWER = [
    f"{word} "
    for word in ["One", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve."]
]


def speaking(*transcripts: str, replies: int = 1, near_end: Headphones | None = None) -> Rig:
    """A session in which an answer will play."""
    return Rig(
        transcripts=["Hello?", *transcripts],
        replies=[ANSWER] * replies,
        full_duplex=True,
        near_end=near_end or Headphones(),
    )


def answer_sounds(rig: Rig) -> None:
    rig.ask()
    rig.until(rig.sounding)
    rig.wait(1000)


def test_the_first_sign_silences_the_answer_within_two_blocks() -> None:
    with speaking("Wait.", replies=2) as rig:
        answer_sounds(rig)
        rig.talk(BLOCK_MS)
        rig.speaker.play(1)
        assert not np.any(rig.speaker.play(5))
        assert len(rig.told(events.AnswerPaused)) == 1
        assert rig.told(events.Interrupted) == []


def test_after_a_click_the_answer_goes_on_and_is_heard_to_its_end() -> None:
    with speaking() as rig:
        answer_sounds(rig)
        rig.talk(2 * BLOCK_MS)
        rig.until(lambda: rig.told(events.AnswerResumed), limit_ms=500)
        rig.until_spoken(1)
    assert rig.told(events.Spoken)[0].cut is False
    assert rig.told(events.Spoken)[0].text == "".join(ANSWER).strip()
    assert len(rig.told(events.SpeechStarted)) == 1


def test_uh_huh_does_not_stop_it() -> None:
    with speaking("Uh-huh.") as rig:
        answer_sounds(rig)
        rig.talk(300)
        rig.until(lambda: rig.told(events.AnswerResumed), limit_ms=1000)
        rig.until_spoken(1)
        rig.wait(1500)
    assert [(event.because, event.heard) for event in rig.told(events.AnswerResumed)] == [("backchannel", "Uh-huh.")]
    assert [event.cut for event in rig.told(events.Spoken)] == [False]
    assert len(rig.told(events.SpeechStarted)) == 1


def test_a_short_word_that_means_it_does() -> None:
    with speaking("Stop.", replies=2) as rig:
        answer_sounds(rig)
        rig.talk(300)
        rig.until(lambda: rig.told(events.Interrupted), limit_ms=1000)
        rig.until_spoken(2)
    assert [event.cut for event in rig.told(events.Spoken)] == [True, False]
    assert [event.text for event in rig.told(events.Transcript) if event.final] == ["Hello?", "Stop."]
    # Whoever expects to hear the answer hears its echo.
    assert rig.transcriber.contexts[1] == ""
    assert len(rig.transcriber.utterances) == 2


def test_who_speaks_on_is_listened_to_from_the_first_word() -> None:
    with speaking("I have another question.", replies=2) as rig:
        answer_sounds(rig)
        began_ms = rig.microphone.samples / 16
        rig.talk(1200)
        assert len(rig.told(events.Interrupted)) == 1
        rig.wait(800)
        rig.until_spoken(2)
    started = rig.told(events.SpeechStarted)[1]
    assert started.at_ms == pytest.approx(began_ms, abs=2 * BLOCK_MS)
    said = np.count_nonzero(rig.transcriber.utterances[-1])
    assert said == pytest.approx(1.2 * 16_000, rel=0.05)
    # The history holds what was heard of the cut answer, and no more.
    cut = rig.told(events.Spoken)[0]
    assert rig.history.messages[2].content.startswith(cut.text)
    assert "twelve" not in rig.history.messages[2].content


def test_where_the_echo_stays_nobody_can_talk_over_the_answer_and_that_is_said() -> None:
    room = Headphones()
    with speaking(near_end=room) as rig:
        answer_sounds(rig)
        room.cancelling = Cancelling.NOT_CONVERGING
        rig.wait(100)
        assert [event.duplex for event in rig.told(events.DuplexChanged)] == ["half"]
        assert "half-duplex" in [event.code for event in rig.told(events.Notice)]
        rig.talk(800)
        rig.until_spoken(1)
    assert rig.told(events.Spoken)[0].cut is False
    assert rig.told(events.AnswerPaused) == []


def test_after_a_lost_block_a_single_sign_is_not_enough() -> None:
    room = Headphones()
    with speaking("Wait a moment, please.", replies=2, near_end=room) as rig:
        answer_sounds(rig)
        room.disturbed = True
        rig.wait(BLOCK_MS)
        rig.talk(2 * BLOCK_MS)
        assert rig.told(events.AnswerPaused) == []
        rig.wait(400)
        rig.talk(200)
        assert len(rig.told(events.AnswerPaused)) == 1


def test_who_goes_on_right_after_the_answer_has_begun_is_answered_as_a_whole() -> None:
    with Rig(
        transcripts=["Could you tell me", "the capital of Spain?"],
        replies=[["What? "] * 20, ["Madrid. "]],
        full_duplex=True,
    ) as rig:
        rig.ask()
        rig.until(rig.sounding)
        rig.wait(200)
        rig.talk(800)
        rig.wait(800)
        rig.until_spoken(2)
    assert [message.content for message in rig.history.messages][1:] == [
        "Could you tell me the capital of Spain?",
        "Madrid.",
    ]


@pytest.mark.parametrize("said_ms", [260, 800])
@pytest.mark.parametrize("after_ms", [100, 200, 300, 400, 500, 600])
def test_an_answer_that_begins_too_early_costs_little(after_ms: int, said_ms: int) -> None:
    with Rig(
        transcripts=["Could you tell me", "the capital of Spain?"],
        replies=[ANSWER, ["Madrid. "]],
        full_duplex=True,
    ) as rig:
        rig.talk()
        rig.until(rig.sounding)
        rig.wait(after_ms)
        sounded = len(rig.speaker.played)
        rig.talk(said_ms)
        overlap_ms = np.flatnonzero(rig.speaker.played[sounded:]).max(initial=0) / 16
        rig.wait(800)
        rig.until_spoken(2)
    assert overlap_ms <= 60
    # The whole question is answered, and the half answer does not come back.
    assert [message.content for message in rig.history.messages][1:] == [
        "Could you tell me the capital of Spain?",
        "Madrid.",
    ]
    assert [(event.withdrawn, event.overlap_ms <= 60) for event in rig.told(events.Interrupted)] == [(True, True)]
    assert rig.told(events.AnswerResumed) == []


def test_in_the_first_moments_an_answer_is_over_sooner_than_later() -> None:
    def stopped_ms(after_ms: int) -> float:
        with speaking("I have another question.", replies=2) as rig:
            rig.talk()
            rig.until(rig.sounding)
            rig.wait(after_ms)
            passed_ms = 0
            while not rig.told(events.Interrupted):
                rig.talk(BLOCK_MS)
                passed_ms += BLOCK_MS
                assert passed_ms < 1000
            rig.wait(800)
            rig.until_spoken(2)
        return passed_ms

    assert stopped_ms(100) == pytest.approx(200, abs=2 * BLOCK_MS)
    assert stopped_ms(1000) == pytest.approx(500, abs=2 * BLOCK_MS)


def test_an_echo_that_gets_past_the_canceller_is_known_by_its_sound() -> None:
    room = Headphones()
    with speaking(near_end=room) as rig:
        answer_sounds(rig)
        room.echoes = True
        rig.talk(1500)
        room.echoes = False
        rig.until_spoken(1)
    assert rig.told(events.Interrupted) == []
    assert rig.told(events.AnswerPaused) == []
    assert rig.told(events.Spoken)[0].cut is False


def test_what_has_begun_as_an_echo_is_not_taken_for_a_question() -> None:
    room = Headphones()
    with speaking(near_end=room) as rig:
        answer_sounds(rig)
        rig.talk(80)  # before there is enough of it to tell
        room.echoes = True
        rig.talk(900)
        room.echoes = False
        rig.until_spoken(1)
    assert rig.told(events.Interrupted) == []
    assert rig.told(events.Spoken)[0].cut is False
    assert len(rig.transcriber.utterances) == 1
