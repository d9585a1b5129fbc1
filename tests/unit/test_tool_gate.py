"""A tool call has no effect until its turn is opened: dropped drafts leave none of any kind."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.machine_session import Session, utterance, words
from voicecli import events
from voicecli import messages as m
from voicecli.errors import GenerationFailed
from voicecli.session import commands as c
from voicecli.session.history import Played
from voicecli.session.state import Aside, State
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.definitions import Offer, Result
from voicecli.tools.reports import Announced, ToolAnswered
from voicecli.turn import Turn

TOOLS = tuple(Offer(tool=each, asks=each.group == "notes") for each in OWN)
AHEAD = {each.name for each in OWN if each.ahead}
TIMER = "Set a timer for ten minutes."
SET = Result(text="The timer is set for 10 minutes.", changed=True)
CLOCK = Result(text="It is 2:05 PM.")


def session(*, voice: bool = True, live: bool = True) -> Session:
    return Session(state=State(voice=voice, half_duplex=False, tools=TOOLS, live=live))


def answer(one: Session, result: Result, turn: Turn | None = None) -> list[c.Command]:
    used = one.wanted(c.UseTool)[-1]
    return one.tell(ToolAnswered(turn=turn or used.turn, call=used.call, result=result))


def said(one: Session, text: str) -> None:
    """A person says `text`, and the turn ends."""
    one.start(at_sample=1_000_000)
    one.pause()
    one.transcribed(text)
    one.end()


def test_a_call_of_a_draft_is_held_until_the_turn_is_opened() -> None:
    one = session()
    one.start()
    one.pause()
    one.transcribed(TIMER)
    assert one.wanted(c.UseTool) == []
    assert one.wanted(c.Respond) == []  # the model is not asked either
    one.end()
    assert [(each.call.name, each.turn) for each in one.wanted(c.UseTool)] == [("set_timer", one.turn)]
    answer(one, SET)
    assert [event.text for event in one.told(events.Reply)] == [SET.text]
    assert [(event.tool, event.arguments, event.outcome) for event in one.told(events.ToolUsed)] == [
        ("set_timer", '{"seconds": 600}', "done")
    ]
    assert one.wanted(c.Say)[0].chunk.text == SET.text


def test_a_second_result_of_a_call_is_no_second_answer() -> None:
    one = session()
    said(one, TIMER)
    answer(one, SET)
    assert answer(one, CLOCK) == []
    assert [event.text for event in one.told(events.Reply)] == [SET.text]


def test_a_draft_that_is_dropped_leaves_no_effect_and_is_told_to_nobody() -> None:
    one = session()
    one.start()
    one.pause()
    one.transcribed(TIMER)
    draft = one.turn
    one.resume()
    assert c.Cancel(turn=draft) in one.commands
    one.pause()
    one.transcribed("Set a timer for ten minutes would be a strange thing to sing.")
    one.end()
    assert one.wanted(c.UseTool) == []
    assert one.told(events.ToolUsed) == []
    assert len(one.wanted(c.Respond)) == 1


def test_what_is_instant_and_changes_nothing_runs_ahead_and_is_told_when_the_turn_is_opened() -> None:
    one = session()
    one.start()
    one.pause()
    one.transcribed("What time is it?")
    assert [each.call.name for each in one.wanted(c.UseTool)] == ["time"]
    answer(one, CLOCK)
    assert one.wanted(c.Say)[0].chunk.text == CLOCK.text  # its sound is made, behind the gate
    assert one.wanted(c.Open) == []
    assert one.told(events.ToolUsed) == one.told(events.ReplyDelta) == one.told(events.Reply) == []
    one.end()
    assert len(one.told(events.ToolUsed)) == len(one.told(events.Reply)) == len(one.wanted(c.Open)) == 1
    assert len(one.wanted(c.UseTool)) == 1


def test_an_answer_is_said_in_the_language_of_the_request() -> None:
    one = session()
    said(one, "Wie spät ist es?")
    answer(one, Result(text="Es ist 14:05 Uhr."))
    assert one.wanted(c.Say)[0].language == "de"
    one.tell(m.Played(turn=one.turn))
    one.tell(Announced(text="Der Timer ist abgelaufen.", language="de"))
    assert one.wanted(c.SayAside)[0].language == "de"


def test_a_question_for_the_model_is_answered_by_it() -> None:
    one = session()
    said(one, "Tell me a joke.")
    assert one.wanted(c.UseTool) == []
    assert [each.question for each in one.wanted(c.Respond)] == ["Tell me a joke."]


def test_without_the_tool_the_model_answers() -> None:
    one = Session(state=State(voice=True, half_duplex=False))
    said(one, TIMER)
    assert one.wanted(c.UseTool) == []
    assert len(one.wanted(c.Respond)) == 1


def test_what_waits_to_be_confirmed_has_no_effect() -> None:
    one = Session(state=State(voice=True, half_duplex=False, tools=TOOLS, confirms=True))
    said(one, TIMER)
    assert one.wanted(c.UseTool) == []
    one.tell(m.Confirmed(turn=1, text=""))
    assert one.wanted(c.UseTool) == []
    said(one, TIMER)
    one.tell(m.Confirmed(turn=2, text=TIMER))
    assert len(one.wanted(c.UseTool)) == 1


def test_an_answer_that_is_stopped_does_not_undo_what_was_done_and_the_history_says_so() -> None:
    one = session()
    said(one, TIMER)
    answer(one, SET)
    one.sound()
    one.tell(m.InterruptPressed())
    assert one.wanted(c.Answer) == [c.Answer(heard=SET.text)]
    assert [event.cut for event in one.told(events.Spoken)] == [True]


def test_who_goes_on_right_after_a_tool_was_used_does_not_have_it_used_twice() -> None:
    one = session()
    said(one, TIMER)
    answer(one, SET)
    one.sound()
    one.start(at_sample=1_100_000)
    one.barge_in(Interruption.CONFIRMED)
    assert one.wanted(c.Answer) == [c.Answer(heard=SET.text)]
    assert one.state.unanswered is None
    one.end()
    one.transcribed("And tell me a joke.")
    assert len(one.wanted(c.UseTool)) == 1
    assert one.wanted(c.Respond)[-1].question == "And tell me a joke."


def test_a_call_that_comes_back_too_late_is_told_and_not_made_again() -> None:
    one = session()
    said(one, TIMER)
    turn = one.turn
    one.tell(m.InterruptPressed())
    assert c.Cancel(turn=turn) in one.commands
    answer(one, SET, turn)
    assert [event.outcome for event in one.told(events.ToolUsed)] == ["done"]
    assert [event.code for event in one.told(events.Notice)] == ["tool-done"]
    assert len(one.wanted(c.UseTool)) == 1
    assert one.told(events.Reply) == []


def test_a_result_without_effect_that_comes_too_late_is_nothing() -> None:
    one = session()
    said(one, "What time is it?")
    turn = one.turn
    one.tell(m.InterruptPressed())
    assert answer(one, CLOCK, turn) == []


def test_a_request_that_was_said_in_two_parts_is_understood_as_one() -> None:
    one = session()
    said(one, "Set a timer,")
    assert one.wanted(c.UseTool)[-1].call.arguments == {}
    one.start(at_sample=1_200_000)  # before anything of the answer
    one.pause()
    one.transcribed("for ten minutes.")
    one.end()
    assert one.wanted(c.UseTool)[-1].call.arguments == {"seconds": 600}


def test_stop_says_nothing_and_leaves_no_trace_in_the_models_memory() -> None:
    one = session()
    said(one, "Stop.")
    commands = answer(one, Result(text=""))
    assert c.Retract() in commands
    assert one.state.exchange is None
    assert one.told(events.Reply) == []
    assert [event.tool for event in one.told(events.ToolUsed)] == ["stop"]


def test_repeat_says_the_last_answer_again() -> None:
    one = session()
    said(one, "What time is it?")
    answer(one, CLOCK)
    one.sound()
    one.tell(m.Played(turn=one.turn))
    said(one, "Repeat that.")
    answer(one, Result(text="", then="repeat"))
    assert [event.text for event in one.told(events.Reply)] == [CLOCK.text, CLOCK.text]
    assert isinstance(one.state.exchange, Aside)
    assert one.state.exchange.shown


@pytest.mark.parametrize("voice", [True, False])
def test_goodbye_is_said_and_then_the_session_ends(*, voice: bool) -> None:
    one = session(voice=voice)
    said(one, "Goodbye.")
    answer(one, Result(text="Goodbye.", then="quit", changed=True))
    if voice:
        assert not one.state.closed
        one.sound()
        one.tell(m.Played(turn=one.turn))
    assert one.state.closed


# ---- permission


def asked_for_notes(one: Session) -> None:
    said(one, "Take a note: buy milk.")
    assert [each.asks for each in one.wanted(c.UseTool)] == ["ask"]
    answer(one, Result(text="May I?", asks=True))
    one.sound()
    one.tell(m.Played(turn=one.turn))


def test_a_clear_yes_in_a_quiet_moment_allows_a_group_of_tools_for_the_session() -> None:
    one = session()
    asked_for_notes(one)
    said(one, "Yes, please.")
    used = one.wanted(c.UseTool)[-1]
    assert (used.call.name, used.call.arguments, used.asks) == ("add_note", {"text": "buy milk"}, "")
    answer(one, Result(text="Noted: buy milk.", changed=True))
    one.tell(m.Played(turn=one.turn))
    said(one, "Read my notes.")
    assert one.wanted(c.UseTool)[-1].asks == ""


@pytest.mark.parametrize("reply", ["No.", "Yes and no.", "Maybe.", "What?", "Yes, tell me a joke."])
def test_anything_unclear_is_a_no(reply: str) -> None:
    one = session()
    asked_for_notes(one)
    said(one, reply)
    assert [each.asks for each in one.wanted(c.UseTool)] == ["ask"]
    assert one.state.asking is None
    said(one, "Yes.")  # too late
    assert [each.asks for each in one.wanted(c.UseTool)] == ["ask"]


def test_a_yes_in_a_draft_that_is_dropped_allows_nothing() -> None:
    one = session()
    asked_for_notes(one)
    one.start(at_sample=1_000_000)
    one.pause()
    one.transcribed("Yes.")
    assert [each.asks for each in one.wanted(c.UseTool)] == ["ask"]
    one.resume()
    one.pause()
    one.transcribed("Yes. I mean no.")
    one.end()
    assert [each.asks for each in one.wanted(c.UseTool)] == ["ask"]


def test_a_sound_file_a_pipe_and_a_voice_over_the_answer_allow_nothing() -> None:
    one = session(live=False)
    said(one, "Take a note: buy milk.")
    answer(one, Result(text="That is not allowed yet.", failed=True))
    one.sound()
    one.tell(m.Played(turn=one.turn))
    said(one, "Yes.")
    assert [each.asks for each in one.wanted(c.UseTool)] == ["refuse"]  # nobody can be asked
    piped = session()
    asked_for_notes(piped)
    piped.tell(m.Typed(text="Yes.", wait=True))
    assert [each.asks for each in piped.wanted(c.UseTool)] == ["ask"]
    over = session()
    said(over, "Take a note: buy milk.")
    answer(over, Result(text="May I?", asks=True))
    over.sound()
    over.start(at_sample=1_000_100)
    over.barge_in(Interruption.CONFIRMED)
    over.end()
    over.transcribed("Yes.")
    assert [each.asks for each in over.wanted(c.UseTool)] == ["ask"]


def test_a_yes_that_is_typed_counts() -> None:
    one = session()
    asked_for_notes(one)
    one.tell(m.Typed(text="yes"))
    assert [each.asks for each in one.wanted(c.UseTool)] == ["ask", ""]


# ---- timers speak up


def test_a_timer_speaks_up_when_nothing_is_going_on() -> None:
    one = session()
    commands = one.tell(Announced(text="The tea timer is over."))
    assert [each.text for each in commands if isinstance(each, c.SayAside)] == ["The tea timer is over."]
    one.sound()
    one.tell(m.Played(turn=one.turn))
    assert [event.text for event in one.told(events.Spoken)] == ["The tea timer is over."]
    assert one.wanted(c.Answer) == one.wanted(c.Ask) == []


def test_a_timer_waits_while_somebody_talks_and_while_an_answer_sounds() -> None:
    one = session()
    one.start()
    one.tell(Announced(text="The tea timer is over."))
    assert one.wanted(c.SayAside) == []
    one.pause()
    one.transcribed("Hello?")
    one.end()
    one.reply("Hi.")
    one.sound()
    assert one.wanted(c.SayAside) == []
    one.tell(m.Played(turn=one.turn))
    assert [each.text for each in one.wanted(c.SayAside)] == ["The tea timer is over."]


def test_a_timer_that_somebody_talked_into_speaks_up_again_and_one_that_was_stopped_does_not() -> None:
    one = session()
    one.tell(Announced(text="The tea timer is over."))
    one.start(at_sample=1_000_000)  # nothing of it was heard
    one.pause()
    one.transcribed("Hello?")
    one.end()
    one.reply("Hi.")
    one.sound()
    one.tell(m.Played(turn=one.turn))
    assert len(one.wanted(c.SayAside)) == 2
    one.tell(m.InterruptPressed())
    assert one.state.exchange is None
    assert one.state.announcements == ()
    assert len(one.wanted(c.SayAside)) == 2


# ---- in whatever order things happen

SAID = {
    "timer": TIMER,
    "clock": "What time is it?",
    "note": "Take a note: buy milk.",
    "yes": "Yes.",
    "talk": "Tell me a joke.",
    "stop": "Stop.",
    "repeat": "Repeat that.",
    "quit": "Goodbye.",
    "nothing": "",
}
RESULTS = {
    "time": CLOCK,
    "stop": Result(text=""),
    "repeat": Result(text="", then="repeat"),
    "quit": Result(text="Goodbye.", then="quit", changed=True),
    "add_note": Result(text="Noted.", changed=True),
    "set_timer": SET,
}
WORDS = st.sampled_from([
    *SAID, *(f"type {name}" for name in SAID), "start", "start", "pause", "pause", "pause", "resume", "end", "end", "end", "discard",
    "suspected", "confirmed", "brief", "dismissed", "tool", "tool", "tool", "text", "done", "sound", "played", "key", "failed", "timer over", "undo",
])  # fmt: skip


@dataclass
class World:
    """Carries out commands like the conductor and its threads, and stores those that have an effect."""

    one: Session
    queue: list[c.UseTool] = field(default_factory=list)
    opened: list[Turn] = field(default_factory=list)
    effects: list[c.UseTool] = field(default_factory=list)

    def tell(self, report: m.Report) -> None:
        for command in self.one.tell(report):
            match command:
                case c.Cancel():
                    command.turn.cancel()
                case c.Open():
                    self.opened.append(command.turn)
                case c.UseTool():
                    self.queue.append(command)
                case c.Tell(event=events.ToolUsed(turn=number)):
                    assert number in {turn.number for turn in self.opened}
                case _:
                    pass

    def use_tool(self) -> None:
        """Runs the next call, as the thread of the tools does."""
        if not self.queue:
            return
        used = self.queue.pop(0)
        if used.turn.cancelled:
            return
        result = Result(text="May I?", asks=True) if used.asks else RESULTS[used.call.name]
        if not used.asks and used.call.name not in AHEAD:
            self.effects.append(used)
        self.tell(ToolAnswered(turn=used.turn, call=used.call, result=result))

    def do(self, word: str) -> None:
        exchange = self.one.state.exchange
        turn = exchange.turn if exchange is not None else Turn(0)
        barge = self.one.state.barge
        aside = barge.turn if barge is not None and barge.turn is not None else turn
        segments: dict[str, seg.Segment] = {
            "start": seg.SpeechStarted(at_sample=1_000_000),
            "pause": seg.SpeechPaused(utterance=utterance()),
            "resume": seg.SpeechResumed(at_sample=0),
            "end": seg.SpeechEnded(utterance=utterance(), reason="silence"),
            "discard": seg.SpeechDiscarded(at_sample=0, because="noise"),
        }
        if word in segments:
            self.tell(m.Heard(segment=segments[word], now_sample=0))
        elif word in SAID:
            self.tell(m.Transcribed(turn=aside, transcription=words(SAID[word])))
        elif word.startswith("type "):
            self.tell(m.Typed(text=SAID[word.removeprefix("type ")] or "Hm.", wait=len(word) % 2 == 0))
        elif word == "tool":
            self.use_tool()
        elif word in {"suspected", "confirmed", "brief", "dismissed"}:
            self.tell(m.BargeIn(verdict=Interruption(word), now_sample=0))
        else:
            others: dict[str, m.Report] = {
                "text": m.ReplyText(turn=turn, text="Hi. "),
                "done": m.ReplyComplete(turn=turn),
                "sound": m.Sounding(turn=turn),
                "played": m.Played(turn=turn),
                "key": m.InterruptPressed(),
                "undo": m.Undo(),
                "timer over": Announced(text="The timer is over."),
                "failed": m.StageFailed(turn=turn, stage="respond", error=GenerationFailed("No.")),
            }
            self.tell(others[word])


@settings(max_examples=1000)
@given(st.lists(WORDS, max_size=50), st.booleans(), st.booleans(), st.booleans())
def test_in_a_thousand_random_conversations_no_draft_has_an_effect(
    script: list[str], half_duplex: bool, voice: bool, confirms: bool
) -> None:
    state = State(voice=voice, half_duplex=half_duplex, tools=TOOLS, live=True, confirms=confirms)
    world = World(Session(state=state, played=Played()))
    for word in script:
        world.do(word)
        assert all(any(used.turn is turn for turn in world.opened) for used in world.effects)
    made = [id(used.turn) for used in world.effects]
    assert len(made) == len(set(made))  # none is made twice
    granted = [used for used in world.effects if used.call.name == "add_note"]
    assert not granted or any("yes" in word for word in script)
