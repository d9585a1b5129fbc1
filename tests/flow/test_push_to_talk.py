"""Push-to-talk from end to end: real threads and channels, fake engines, virtual time."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.session_rig import Rig, speech
from voicecli import events
from voicecli.messages import MicrophoneBlock, MuteToggled, TalkDiscarded, TalkPressed, TalkReleased, TalkToggled
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence

PRE_ROLL, TAIL = 15 * BLOCK_SAMPLES, 10 * BLOCK_SAMPLES
ANSWER = [
    f"{word} "
    for word in ["One", "two", "three", "four", "five", "six.", "Seven", "eight", "nine", "ten", "eleven", "twelve."]
]


def noise(duration_ms: float, seed: int = 0, loudness: int = 8000) -> Pcm:
    """Loud noise in which no part repeats, so that any part of it can be found again."""
    samples = round(duration_ms * RATE_HZ / 1000)
    return np.random.default_rng(seed).integers(-loudness, loudness, samples).astype(np.int16)


def found(part: Pcm, whole: Pcm) -> int:
    """The sample in `whole` where an exact copy of `part` begins."""
    at = [
        at
        for at in range(0, len(whole) - len(part) + 1, BLOCK_SAMPLES)
        if np.array_equal(part, whole[at:][: len(part)])
    ]
    assert len(at) == 1, f"found {len(at)} times"
    return at[0]


@pytest.mark.parametrize("push_to_talk", [False, True])
def test_what_is_transcribed_is_what_was_heard_from_press_to_release(push_to_talk: bool) -> None:
    quiet, said = noise(1000, 1, 500), noise(1500, 2)
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]], push_to_talk=push_to_talk) as rig:
        rig.hear(quiet)
        rig.tell(TalkPressed())
        rig.hear(said[:RATE_HZ])
        assert rig.told(events.SpeechStarted)[0].at_ms == 1000
        rig.tell(TalkReleased())
        rig.hear(said[RATE_HZ:])
        rig.until_spoken(1)
    fed = np.concatenate([quiet, said])
    heard = rig.transcriber.utterances[0]
    assert found(heard, fed) == len(quiet) - PRE_ROLL
    assert len(heard) == PRE_ROLL + RATE_HZ + TAIL
    ended = rig.told(events.SpeechEnded)[0]
    assert (ended.reason, ended.because) == ("key", "key")


def test_voice_alone_opens_nothing_in_push_to_talk() -> None:
    with Rig(push_to_talk=True) as rig:
        rig.talk(3000)
        rig.wait(2000)
    assert rig.told(events.SpeechStarted) == []
    assert rig.transcriber.utterances == []


def test_voice_does_not_interrupt_in_push_to_talk() -> None:
    with Rig(transcripts=["Hello?"], replies=[ANSWER], push_to_talk=True, full_duplex=True) as rig:
        rig.tell(TalkPressed())
        rig.talk(400)
        rig.tell(TalkReleased())
        rig.until(rig.sounding)
        rig.talk(600)
        rig.until_spoken(1)
    assert rig.told(events.Spoken)[0].cut is False


def test_capturing_begins_with_the_block_after_the_press() -> None:
    with Rig(push_to_talk=True) as rig:
        rig.wait(200)
        rig.tell(TalkPressed())
        rig.wait(20)
        assert rig.told(events.PhaseChanged)[-1].phase == "hearing"


def test_pauses_do_not_end_it_and_the_last_one_is_answered_at_the_release() -> None:
    with Rig(
        transcripts=["Could you tell me", "Could you tell me the capital of Spain?"],
        replies=[["What? "], ["Madrid. "]],
        push_to_talk=True,
    ) as rig:
        rig.tell(TalkPressed())
        rig.talk()
        rig.wait(3000)
        rig.talk()
        rig.wait(1500)
        assert not np.any(rig.speaker.played)
        assert len(rig.told(events.Transcript)) == 2
        rig.tell(TalkReleased())
        assert rig.until(rig.sounding) <= 40
        rig.until_spoken(1)
    assert [event.text for event in rig.told(events.Spoken)] == ["Madrid."]
    latency = rig.told(events.Latency)[0]
    assert latency.voice_to_voice_ms is not None
    assert latency.voice_to_voice_ms <= 40  # from the release, not from the last word before it


@pytest.mark.parametrize("full_duplex", [False, True])
def test_the_key_silences_the_answer_and_none_of_it_is_in_the_question(full_duplex: bool) -> None:
    said = noise(800, 3)
    with Rig(
        transcripts=["Hello?", "Stop."], replies=[ANSWER, ["Yes. "]], full_duplex=full_duplex, push_to_talk=True
    ) as rig:
        rig.tell(TalkPressed())
        rig.talk(400)
        rig.tell(TalkReleased())
        rig.until(rig.sounding)
        rig.hear(noise(500, 4, 2000))  # the answer, as the microphone hears it
        rig.tell(TalkPressed())
        rig.speaker.play(2)
        assert not np.any(rig.speaker.play(5))
        rig.hear(said)
        rig.tell(TalkReleased())
        rig.until_spoken(2)
    assert found(said, rig.transcriber.utterances[1]) == 0
    assert [event.by for event in rig.told(events.Interrupted)] == ["key"]
    first, second = rig.told(events.Spoken)
    assert (first.cut, second.text) == (True, "Yes.")
    assert rig.history.messages[2].content.startswith(first.text)


def test_the_end_of_an_answer_is_no_pre_roll() -> None:
    said = noise(800, 3)
    with Rig(transcripts=["Hello?", "And you?"], replies=[["Fine. "], ["Good. "]], push_to_talk=True) as rig:
        rig.tell(TalkPressed())
        rig.talk(400)
        rig.tell(TalkReleased())
        rig.until_spoken(1)
        rig.hear(noise(300, 5, 2000))  # its last sound in the room, then what the room is like
        rig.tell(TalkPressed())
        rig.hear(said)
        rig.tell(TalkReleased())
        rig.until_spoken(2)
    assert 0 < found(said, rig.transcriber.utterances[1]) <= 60 * RATE_HZ // 1000


def test_a_tap_begins_and_a_tap_ends() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]], push_to_talk=True) as rig:
        rig.tell(TalkToggled())
        rig.talk()
        rig.wait(4000)
        assert rig.told(events.SpeechEnded) == []
        rig.tell(TalkToggled())
        rig.until_spoken(1)
    assert [event.reason for event in rig.told(events.SpeechEnded)] == ["key"]


def test_hands_free_too_a_pause_does_not_end_what_a_tap_began_and_the_second_tap_stops_no_answer() -> None:
    with Rig(transcripts=["Could you", "Could you tell me?"], replies=[["Hi. "], ["Of course. "]]) as rig:
        rig.tell(TalkToggled())
        rig.wait(2000)
        rig.ask()  # which ends with a long pause
        rig.wait(2000)
        assert rig.told(events.SpeechEnded) == []
        assert rig.told(events.Reply) == []
        rig.talk()
        rig.tell(TalkToggled())
        rig.until_spoken(1)
    assert [event.reason for event in rig.told(events.SpeechEnded)] == ["key"]
    assert [(event.text, event.cut) for event in rig.told(events.Spoken)] == [("Of course.", False)]
    assert rig.told(events.Interrupted) == []


def test_what_a_tap_began_ends_at_the_longest_length() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]], longest_utterance_s=2.0) as rig:
        rig.tell(TalkToggled())
        rig.talk(3000)
        rig.until_spoken(1)
    assert rig.told(events.SpeechEnded)[0].reason == "limit"
    assert "utterance-limit" in [event.code for event in rig.told(events.Notice)]


def test_discarded_it_is_never_transcribed() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]], push_to_talk=True) as rig:
        rig.tell(TalkPressed())
        rig.hear(noise(600, 6))
        rig.tell(TalkDiscarded())
        assert rig.told(events.PhaseChanged)[-1].phase == "listening"
        rig.hear(noise(600, 7))
        rig.tell(TalkReleased())
        rig.wait(1000)
        assert rig.transcriber.utterances == []
        rig.tell(TalkPressed())
        rig.talk()
        rig.tell(TalkReleased())
        rig.until_spoken(1)


@pytest.mark.parametrize("push_to_talk", [False, True])
def test_nothing_said_is_no_turn(push_to_talk: bool) -> None:
    with Rig(push_to_talk=push_to_talk) as rig:
        rig.hear(noise(500, 8, 300))
        rig.tell(TalkPressed())
        rig.hear(noise(1000, 9, 300))
        rig.tell(TalkReleased())
        rig.wait(300)
        assert rig.told(events.PhaseChanged)[-1].phase == "listening"
    assert [event.code for event in rig.told(events.Notice)] == ["nothing-said"]
    assert rig.transcriber.utterances == []


def test_pressed_and_let_go_between_two_blocks_nothing_stays_open() -> None:
    with Rig(push_to_talk=True) as rig:
        rig.wait(400)
        rig.inbox.put(TalkPressed())
        rig.tell(TalkReleased())
        rig.wait(400)
        assert rig.told(events.PhaseChanged)[-1].phase == "listening"


def test_the_longest_utterance_ends_a_held_key_too() -> None:
    with Rig(transcripts=["One", "One"], replies=[["Yes. "]], longest_utterance_s=5, push_to_talk=True) as rig:
        rig.tell(TalkPressed())
        rig.talk(6000)
        rig.until_spoken(1)
        rig.tell(TalkReleased())
        rig.wait(500)
    assert [event.reason for event in rig.told(events.SpeechEnded)] == ["limit"]


def test_muted_nothing_is_heard_and_the_level_shows_nothing() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]]) as rig:
        heard: list[Pcm] = []
        listened = rig.detector.score
        rig.detector.score = lambda block: (heard.append(block), listened(block))[1]  # type: ignore[method-assign,func-returns-value]
        rig.talk(300)
        rig.tell(MuteToggled())
        assert rig.told(events.PhaseChanged)[-1].phase == "listening"
        before = len(heard)
        levels = len(rig.told(events.LevelChanged))
        rig.talk(2000)
        rig.wait(1000)
        assert len(heard) == before
        assert {event.dbfs for event in rig.told(events.LevelChanged)[levels + 1 :]} == {-96.0}
        assert rig.transcriber.utterances == []
        rig.tell(MuteToggled())
        rig.ask()
        rig.until_spoken(1)
    assert len(rig.transcriber.utterances[0]) < len(speech(1200))
    assert rig.told(events.SpeechEnded)[0].because == "muted"
    assert [event.muted for event in rig.told(events.MicrophoneMuted)] == [True, False]


def test_what_a_muted_microphone_hears_does_not_even_enter_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    with Rig() as rig:
        taken: list[MicrophoneBlock] = []
        into = rig.graph._microphone
        offer_all = into.offer_all

        def take(blocks: list[MicrophoneBlock]) -> int:
            taken.extend(blocks)
            return offer_all(blocks)

        monkeypatch.setattr(into, "offer_all", take)
        rig.tell(MuteToggled())
        rig.hear(noise(400))
        rig.tell(MuteToggled())
        rig.hear(noise(100))
    assert [np.any(block.samples) for block in taken] == [False] * 20 + [True] * 5
    assert [block.captured for block in taken] == [False] * 20 + [True] * 5


def test_nothing_from_before_or_during_the_mute_is_in_the_pre_roll() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]], push_to_talk=True) as rig:
        rig.hear(noise(500, 10))
        rig.tell(MuteToggled())
        rig.hear(noise(100, 11))
        rig.tell(MuteToggled())
        rig.hear(silence(BLOCK_SAMPLES))
        rig.tell(TalkPressed())
        rig.hear(noise(500, 12))
        rig.tell(TalkReleased())
        rig.until_spoken(1)
    assert found(noise(500, 12), rig.transcriber.utterances[0]) == BLOCK_SAMPLES
