"""Voice, speed, volume and model are changed during answers: the real graph and playout, in virtual time."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise

import numpy as np

from fakes.engines import ScriptedChatModel, ToneVoice
from fakes.session_rig import Rig
from voicecli import events
from voicecli.messages import QuitAsked, Typed
from voicecli.pcm import RATE_HZ, Pcm
from voicecli.tuning import DialSet, ModelChosen, ModelLoaded, VoiceChosen, VoiceLoaded

FOUR = [
    f"{word} " for word in ["This", "is", "one.", "This", "is", "two.", "This", "is", "three.", "This", "is", "four."]
]
PIECE_MS = 60.0 * len("This is one.")


def tones(sound: Pcm, *, every_ms: float = 20.0) -> list[int]:
    """The frequencies of the tones in `sound`, rounded to 20 Hz, in order. Silence is skipped, and a tone that continues is listed once."""
    step = round(every_ms * RATE_HZ / 1000)
    found: list[int] = []
    for at in range(0, len(sound) - 4 * step, step):
        window = sound[at : at + 4 * step].astype(float)
        if np.abs(window).mean() < 500:
            continue
        spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window)), 4 * len(window)))
        hz = round(int(np.argmax(spectrum)) * RATE_HZ / (4 * len(window)) / 20) * 20
        if found[-1:] != [hz]:
            found.append(hz)
    return found


def longest_gap_ms(sound: Pcm) -> float:
    """The longest silence between the first and the last sound, in ms."""
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 200)
    return float(np.diff(loud).max()) * 1000 / RATE_HZ


def test_another_voice_takes_over_with_the_next_piece_though_all_was_made_already() -> None:
    anna = ToneVoice(name="anna", hz=440.0, rate_hz=22_050)
    with Rig(replies=[FOUR]) as rig:
        rig.inbox.put(Typed(text="Count."))
        rig.until(rig.sounding)
        rig.wait(PIECE_MS / 2)
        rig.tell(VoiceChosen(name="anna"))
        rig.tell(VoiceLoaded(name="anna", voice=anna))
        rig.until_spoken(1)
        assert [event.text for event in rig.told(events.Spoken)] == [rig.told(events.Reply)[0].text.strip()]
    assert tones(rig.speaker.played) == [220, 440]
    assert " ".join(anna.texts) == "This is two. This is three. This is four."
    assert longest_gap_ms(rig.speaker.played) < 30
    assert [(event.what, event.value) for event in rig.told(events.Changed)] == [("voice", "anna")]


def test_the_voice_before_is_freed() -> None:
    first = ToneVoice()
    gone = weakref.ref(first)
    with Rig(replies=[FOUR, FOUR], voice=first) as rig:
        rig.voice = ToneVoice()
        del first
        rig.inbox.put(Typed(text="Count."))
        rig.until(rig.sounding)
        rig.tell(VoiceChosen(name="anna"))
        rig.tell(VoiceLoaded(name="anna", voice=ToneVoice(name="anna", hz=440.0)))
        gc.collect()
        assert gone() is None
        rig.until_spoken(1)


def test_another_speed_counts_from_the_next_piece_on_and_its_words_are_told_in_step() -> None:
    with Rig(replies=[FOUR], voice=ToneVoice(word_ms=300)) as rig:
        rig.inbox.put(Typed(text="Count."))
        rig.until(rig.sounding)
        rig.wait(100)
        rig.tell(DialSet(dial="speed", value=2.0))
        rig.until_spoken(1)
    told = [event.t_s for event in rig.told(events.Speaking)]
    gaps = [round(b - a, 2) for a, b in pairwise(told)]
    assert len(told) == 12
    assert all(abs(gap - 0.3) < 0.03 for gap in gaps[:2])
    assert all(abs(gap - 0.15) < 0.03 for gap in gaps[3:])


def test_the_volume_counts_at_once() -> None:
    with Rig(replies=[FOUR]) as rig:
        rig.inbox.put(Typed(text="Count."))
        rig.until(rig.sounding)
        rig.wait(100)
        rig.tell(DialSet(dial="volume", value=25))
        at = len(rig.speaker.played)
        rig.until_spoken(1)
    assert np.abs(rig.speaker.played[:at]).max() > 7000
    assert 1900 < np.abs(rig.speaker.played[at + 320 : at + 3200]).max() < 2100


def test_another_model_answers_the_next_question_and_the_one_before_is_closed() -> None:
    before, after = ScriptedChatModel([FOUR]), ScriptedChatModel([["Five."]])
    with Rig(model=before) as rig:
        rig.inbox.put(Typed(text="Count."))
        rig.until(rig.sounding)
        rig.tell(ModelChosen(name="large", beside=True))
        rig.tell(ModelLoaded(name="large", model=after))
        assert [order.name for order, _ in rig.loads] == ["large"]
        assert before.closed
        rig.until_spoken(1)
        rig.tell(Typed(text="And?"))
        rig.until_spoken(2)
    assert [message.content for message in after.prompts[0].messages] == [
        "Be brief.",
        "Count.",
        "".join(FOUR).strip(),
        "And?",
    ]


def test_a_question_waits_while_no_model_is_there() -> None:
    before, after = ScriptedChatModel([]), ScriptedChatModel([["Here I am."]])
    with Rig(model=before) as rig:
        rig.tell(ModelChosen(name="large", beside=False))
        rig.until(lambda: rig.loads)
        assert before.closed
        rig.inbox.put(Typed(text="Are you there?"))
        rig.wait_for_question()
        rig.inbox.put(ModelLoaded(name="large", model=after))
        rig.until_spoken(1)
    assert [event.text for event in rig.told(events.Spoken)] == ["Here I am."]


def test_a_question_that_waits_for_a_model_can_be_given_up_with_the_session() -> None:
    before = ScriptedChatModel([])
    with Rig(model=before) as rig:
        rig.tell(ModelChosen(name="large", beside=False))
        rig.until(lambda: rig.loads)
        rig.inbox.put(Typed(text="Are you there?"))
        rig.wait_for_question()
        rig.inbox.put(QuitAsked())
        assert rig.conductor.join(20)
