"""What the talk key and the mute key do to a conversation, report by report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from voicecli import events
from voicecli import messages as m
from voicecli.engines.ports import Transcription
from voicecli.session import commands as c
from voicecli.session.history import Played
from voicecli.session.state import State
from voicecli.session.state_machine import step
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.speech.sentence_chunker import Chunk
from voicecli.speech.utterance_segmenter import BeginTalk, DropTalk, EndTalk
from voicecli.turn import Turn

SAID = seg.Utterance(
    samples=np.zeros(16_000, dtype=np.int16), first_sample=0, speech_end_sample=16_000, now_sample=16_000
)
HANDS_FREE = State(voice=True, half_duplex=True)
KEY_ONLY = State(voice=True, half_duplex=True, mode="push-to-talk")


@dataclass
class Session:
    """Feeds the machine with reports, and stores its commands."""

    state: State = HANDS_FREE
    commands: list[c.Command] = field(default_factory=list)

    def tell(self, *reports: m.Report) -> list[c.Command]:
        done: list[c.Command] = []
        for report in reports:
            self.state, commands = step(self.state, report, Played(chunk=0, fraction=0.5))
            done += commands
        self.commands += done
        return done

    def hear(self, *segments: seg.Segment) -> list[c.Command]:
        return self.tell(*(m.Heard(segment=segment, now_sample=16_000) for segment in segments))

    def key_begins(self) -> list[c.Command]:
        return self.hear(seg.SpeechStarted(at_sample=0, by_key=True))

    def key_ends(self) -> list[c.Command]:
        return self.hear(seg.SpeechEnded(utterance=SAID, reason="key"))

    def transcribed(self, text: str, turn: Turn | None = None) -> list[c.Command]:
        words = Transcription(
            text=text, language="en", language_probability=1.0, no_speech_probability=0.0, mean_log_probability=-0.1
        )
        return self.tell(m.Transcribed(turn=turn or self.turn, transcription=words))

    def answer(self) -> None:
        """Asks a question whose answer starts to play."""
        self.hear(seg.SpeechStarted(at_sample=0), seg.SpeechEnded(utterance=SAID, reason="limit"))
        self.transcribed("Hello?")
        text = "One two three four."
        self.tell(
            m.ReplyText(turn=self.turn, text=text),
            m.ChunkReady(turn=self.turn, chunk=Chunk(index=0, start=0, end=len(text), text=text)),
            m.Sounding(turn=self.turn),
        )

    @property
    def turn(self) -> Turn:
        assert self.state.exchange is not None
        return self.state.exchange.turn

    def told(self, kind: type[Any]) -> list[Any]:
        return [each.event for each in self.commands if isinstance(each, c.Tell) and isinstance(each.event, kind)]


def orders(commands: list[c.Command]) -> list[object]:
    return [
        command.order
        for command in commands
        if isinstance(command, c.Order) and isinstance(command.order, BeginTalk | EndTalk | DropTalk)
    ]


def recording(*, on: bool) -> c.Tell:
    """What the screen is told: nothing has to guess whether a key records."""
    return c.Tell(event=events.RecordingChanged(t_s=0.0, on=on))


def names(commands: list[c.Command]) -> list[str]:
    plain = [command.order if isinstance(command, c.Order) else command for command in commands]
    aside = c.Tell | c.MarkTime | c.Measure | c.NextLine | c.ReadAhead
    return [type(each).__name__ for each in plain if not isinstance(each, aside)]


@pytest.mark.parametrize("state", [HANDS_FREE, KEY_ONLY])
def test_from_the_press_to_the_answer(state: State) -> None:
    session = Session(state)
    assert session.tell(m.TalkPressed()) == [c.Order(order=BeginTalk()), recording(on=True)]
    session.key_begins()
    assert session.state.phase == "hearing"
    assert session.tell(m.TalkReleased()) == [c.Order(order=EndTalk()), recording(on=False)]
    assert names(session.key_ends()) == ["Transcribe"]
    assert names(session.transcribed("Hello?")) == ["Respond", "Ask", "Open", "KnowVoice"]
    assert [(event.reason, event.because) for event in session.told(events.SpeechEnded)] == [("key", "key")]


def test_a_held_key_that_repeats_itself_begins_nothing_anew() -> None:
    session = Session()
    session.tell(m.TalkPressed())
    assert session.tell(m.TalkPressed()) == []
    session.key_begins()
    assert session.tell(m.TalkPressed()) == []


def test_pressed_while_an_answer_sounds_it_is_silent_first_and_what_was_heard_is_kept() -> None:
    session = Session()
    session.answer()
    turn = session.turn
    commands = session.tell(m.TalkPressed())
    assert commands[0] == c.Cancel(turn=turn)
    assert names(commands) == ["Cancel", "IgnoreMicrophone", "Answer", "BeginTalk"]
    assert c.Answer(heard="One two") in commands
    assert orders(commands) == [BeginTalk(pre_roll=False)]  # what was heard just now was the answer
    assert [event.by for event in session.told(events.Interrupted)] == ["key"]
    assert [(event.text, event.cut) for event in session.told(events.Spoken)] == [("One two", True)]


def test_pressed_before_anything_of_the_answer_was_heard_the_question_stays_for_what_follows() -> None:
    session = Session()
    session.hear(seg.SpeechStarted(at_sample=0), seg.SpeechEnded(utterance=SAID, reason="limit"))
    session.transcribed("Could you tell me")
    assert names(session.tell(m.TalkPressed())) == ["Cancel", "BeginTalk"]


def test_pressed_before_the_words_were_there_they_are_kept() -> None:
    session = Session()
    session.hear(seg.SpeechStarted(at_sample=0), seg.SpeechEnded(utterance=SAID, reason="limit"))
    turn = session.turn
    assert names(session.tell(m.TalkPressed())) == ["BeginTalk"]
    session.key_begins()
    assert c.Ask(text="Could you tell me") in session.transcribed("Could you tell me", turn=turn)


def test_pressed_while_speaking_by_voice_it_is_the_same_turn_and_its_draft_goes_on() -> None:
    session = Session()
    session.hear(seg.SpeechStarted(at_sample=0), seg.SpeechPaused(utterance=SAID))
    draft = session.turn
    assert orders(session.tell(m.TalkPressed())) == [BeginTalk()]
    assert session.key_begins() == []
    assert session.turn is draft
    assert len(session.told(events.SpeechStarted)) == 1


def test_pressed_just_when_a_silence_had_ended_it_the_person_goes_on() -> None:
    session = Session()
    session.hear(seg.SpeechStarted(at_sample=0))
    session.tell(m.TalkPressed())
    session.hear(seg.SpeechEnded(utterance=SAID, reason="silence"))  # before the listener had its order
    session.transcribed("Could you tell me")
    turn = session.turn
    assert names(session.key_begins()) == ["Cancel"]
    assert turn in [command.turn for command in session.commands if isinstance(command, c.Cancel)]
    assert [event.by for event in session.told(events.Interrupted)] == ["key"]
    assert orders(session.tell(m.TalkReleased())) == [EndTalk()]


def test_let_go_in_a_pause_the_draft_is_opened() -> None:
    session = Session()
    session.tell(m.TalkPressed())
    session.key_begins()
    session.hear(seg.SpeechPaused(utterance=SAID))
    session.transcribed("Hello?")
    released = [c.MarkTime(mark="release"), c.Order(order=EndTalk()), recording(on=False)]
    assert session.tell(m.TalkReleased()) == released
    assert names(session.key_ends()) == ["Ask", "Open", "KnowVoice"]


def test_where_no_release_is_told_the_second_tap_ends() -> None:
    for state in (HANDS_FREE, KEY_ONLY):
        session = Session(state)
        assert orders(session.tell(m.TalkToggled())) == [BeginTalk()]
        assert orders(session.tell(m.TalkToggled())) == [EndTalk()]  # however soon
        session.key_begins()
        session.key_ends()
        session.transcribed("Hello?")
        assert orders(session.tell(m.TalkToggled())) == [BeginTalk()]


def test_after_the_longest_length_a_tap_begins_the_next() -> None:
    session = Session()
    session.tell(m.TalkToggled())
    session.key_begins()
    session.hear(seg.SpeechEnded(utterance=SAID, reason="limit"))
    assert orders(session.tell(m.TalkToggled())) == [BeginTalk()]


def test_a_tap_after_what_a_voice_had_begun_begins_the_next() -> None:
    session = Session()
    session.hear(seg.SpeechStarted(at_sample=0), seg.SpeechEnded(utterance=SAID, reason="silence"))
    session.transcribed("Hello?")
    assert orders(session.tell(m.TalkToggled())) == [BeginTalk()]


def test_a_tap_ends_what_is_being_said_by_voice() -> None:
    session = Session()
    session.hear(seg.SpeechStarted(at_sample=0))
    assert orders(session.tell(m.TalkToggled())) == [EndTalk()]


def test_discarded_nothing_is_written_down_and_the_session_listens() -> None:
    session = Session()
    session.tell(m.TalkPressed())
    session.key_begins()
    session.hear(seg.SpeechPaused(utterance=SAID))
    draft = session.turn
    commands = session.tell(m.TalkDiscarded())
    assert names(commands) == ["DropTalk", "Cancel"]
    assert orders(commands) == [DropTalk()]
    assert draft is next(command.turn for command in commands if isinstance(command, c.Cancel))
    assert session.state.phase == "listening"
    assert session.key_ends() == []  # it was ended before the order arrived
    assert [(event.reason, event.because) for event in session.told(events.SpeechEnded)] == [("noise", "discarded")]
    assert names(session.tell(m.TalkPressed())) == ["BeginTalk"]


def test_discarded_nobody_writes_down_what_was_said_so_far() -> None:
    session = Session()
    session.tell(m.TalkPressed())
    session.key_begins()
    (command,) = session.hear(seg.SpeechGrown(utterance=SAID))
    assert isinstance(command, c.Transcribe)
    assert c.Cancel(turn=command.turn) in session.tell(m.TalkDiscarded())


def test_discarded_after_the_key_was_let_go_it_is_not_answered_either() -> None:
    session = Session()
    session.tell(m.TalkPressed())
    session.key_begins()
    session.tell(m.TalkReleased())
    session.key_ends()
    turn = session.turn
    assert names(session.tell(m.TalkDiscarded())) == ["Cancel"]
    assert session.transcribed("Hello?", turn=turn) == []
    assert session.state.idle


def test_there_is_nothing_to_discard_of_an_answer() -> None:
    session = Session()
    session.answer()
    assert session.tell(m.TalkDiscarded()) == []


def test_a_key_with_nothing_said_is_no_turn_and_is_told_gently() -> None:
    session = Session()
    session.tell(m.TalkPressed())
    session.key_begins()
    session.tell(m.TalkReleased())
    session.hear(seg.SpeechDiscarded(at_sample=0, because="nothing-said"))
    assert session.state.idle
    assert [event.code for event in session.told(events.Notice)] == ["nothing-said"]
    assert session.told(events.Transcript) == []


def test_muted_in_the_middle_of_an_utterance_it_is_thrown_away_and_what_comes_late_too() -> None:
    session = Session()
    session.hear(seg.SpeechStarted(at_sample=0), seg.SpeechPaused(utterance=SAID))
    commands = session.tell(m.MuteToggled())
    assert names(commands) == ["MuteMicrophone", "Cancel"]
    assert commands[0] == c.MuteMicrophone(muted=True)
    assert session.state.phase == "listening"
    assert session.hear(seg.SpeechEnded(utterance=SAID, reason="silence")) == []
    assert session.hear(seg.SpeechStarted(at_sample=0)) == []
    assert names(session.tell(m.MuteToggled())) == ["MuteMicrophone"]
    assert [event.muted for event in session.told(events.MicrophoneMuted)] == [True, False]
    assert [event.because for event in session.told(events.SpeechEnded)] == ["muted"]
    session.hear(seg.SpeechStarted(at_sample=0))
    assert session.state.microphone.hearing


def test_muted_an_answer_goes_on_and_the_key_to_talk_says_why_it_does_nothing() -> None:
    session = Session()
    session.answer()
    assert names(session.tell(m.MuteToggled())) == ["MuteMicrophone"]
    assert names(session.tell(m.TalkPressed())) == []
    assert [event.code for event in session.told(events.Notice)][-1] == "microphone-muted"
    assert session.state.phase == "speaking"


def barging(*, paused: bool = True) -> Session:
    """A session in which a person seems to talk over the answer, which is paused if `paused` is set."""
    session = Session(State(voice=True, half_duplex=False))
    session.answer()
    session.hear(seg.SpeechStarted(at_sample=0))
    if paused:
        session.tell(m.BargeIn(verdict=Interruption.SUSPECTED, now_sample=0))
    session.commands.clear()
    return session


def test_pressed_while_somebody_talks_into_the_answer_it_stops_for_good() -> None:
    session = barging()
    commands = session.tell(m.TalkPressed())
    assert names(commands)[0] == "Cancel"
    assert c.ResumeAnswer() in commands  # the speaker, for the next one
    assert session.state.barge is None
    session.key_begins()
    assert session.state.microphone.hearing


@pytest.mark.parametrize("key", [m.MuteToggled(), m.TalkDiscarded()])
def test_what_is_said_into_an_answer_is_thrown_away_and_the_answer_goes_on(key: m.Report) -> None:
    session = barging()
    assert {"ForgetSpeech", "ResumeAnswer"} <= set(names(session.tell(key)))
    assert [event.because for event in session.told(events.AnswerResumed)] == ["noise"]
    assert session.state.phase == "speaking"


def test_in_push_to_talk_nobody_talks_into_an_answer() -> None:
    session = Session(State(voice=True, half_duplex=False, mode="push-to-talk"))
    session.answer()
    for verdict in Interruption:
        assert session.tell(m.BargeIn(verdict=verdict, now_sample=0)) == []


def test_what_a_key_begins_is_meant_even_if_the_answer_begins_to_sound_meanwhile() -> None:
    session = Session(State(voice=True, half_duplex=False))
    session.answer()
    assert names(session.key_begins())[0] == "Cancel"
    assert session.state.microphone.hearing


def test_typing_with_the_key_down_drops_what_was_said() -> None:
    session = Session()
    session.tell(m.TalkPressed())
    session.key_begins()
    assert orders(session.tell(m.Typed(text="Never mind."))) == [DropTalk()]
    assert not session.state.microphone.talking
    assert [(event.turn, event.reason, event.because) for event in session.told(events.SpeechEnded)] == [
        (1, "noise", "typed")
    ]


def test_lines_that_wait_begin_when_what_was_said_is_thrown_away() -> None:
    session = Session()
    session.tell(m.TalkPressed(), m.Typed(text="Next?", wait=True))
    assert session.state.waiting
    assert names(session.tell(m.TalkDiscarded()))[:2] == ["DropTalk", "Respond"]


def test_lines_that_wait_begin_when_nothing_was_said() -> None:
    session = Session()
    session.tell(m.TalkPressed(), m.Typed(text="Next?", wait=True))
    session.key_begins()
    commands = session.hear(seg.SpeechDiscarded(at_sample=0, because="nothing-said"))
    assert names(commands)[0] == "Respond"


@pytest.mark.parametrize("key", [m.TalkPressed(), m.TalkToggled(), m.MuteToggled(), m.TalkDiscarded()])
def test_without_a_microphone_a_key_only_says_so(key: m.Report) -> None:
    session = Session(State(voice=True, half_duplex=False, mode="typed"))
    session.tell(key)
    assert [event.code for event in session.told(events.Notice)] == ["no-microphone"]
    assert session.state.idle
