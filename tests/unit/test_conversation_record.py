"""There is one record of a conversation. Whatever happens, the prompt, the commands that look back and the database agree with it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.histories import MONDAY
from fakes.machine_scripts import REPORTS, report_of
from fakes.machine_session import Session, names, utterance, words
from voicecli import events
from voicecli import messages as m
from voicecli.app.conversation_text import ConversationText
from voicecli.conversation_start import Clear, ConversationChosen, SavedExchange
from voicecli.memory.conversations import SavedTurn
from voicecli.memory.event_tracker import TRACKED, Begin, Put, Remove, Resume, Tracker
from voicecli.session import commands as c
from voicecli.session.conversation_record import ConversationRecord, QuestionPart
from voicecli.session.exchange import is_open
from voicecli.session.history import History, Played
from voicecli.session.record_changes import so_far
from voicecli.session.state import Asked, State
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.speech.sentence_chunker import as_written
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.definitions import Call, Offer, Result
from voicecli.tools.reports import ToolAnswered

PAST = ConversationChosen(
    conversation=3,
    title="",
    turns=(SavedExchange(row=5, question="Past?", answer="Yes.", language="de"),),
)


@dataclass
class Readers:
    """A session, and everything that reads its record: the prompt, the commands that look back, and the table of turns in the database."""

    session: Session
    history: History = field(default_factory=lambda: History("Be brief."))
    tracker: Tracker = field(default_factory=Tracker)
    rows: dict[int, SavedTurn] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.text = ConversationText(lambda: so_far(self.session.state))

    def tell(self, report: m.Report) -> list[c.Command]:
        commands = self.session.tell(report)
        for command in commands:
            if isinstance(command, c.Ask | c.Answer | c.Retract | c.TakeBack | c.Forget | c.Recall):
                self.history.follow(command.record)
            elif isinstance(command, c.Tell) and isinstance(command.event, TRACKED):
                self._save(command.event)
        self.check()
        return commands

    def hear(self, segment: seg.Segment) -> None:
        self.tell(m.Heard(segment=segment, now_sample=0))

    def ask(self, text: str) -> None:
        """The person asks something, and has finished."""
        self.hear(seg.SpeechStarted(at_sample=0))
        self.hear(seg.SpeechPaused(utterance=utterance()))
        self.tell(m.Transcribed(turn=self.session.turn, transcription=words(text)))
        self.hear(seg.SpeechEnded(utterance=utterance(), reason="silence"))

    def reply(self, text: str) -> None:
        """The model answers, and the answer begins to sound."""
        turn = self.session.turn
        chunk = as_written(text)
        reports: tuple[m.Report, ...] = (
            m.ReplyText(turn=turn, text=text),
            m.ChunkReady(turn=turn, chunk=chunk),
            m.ReplyComplete(turn=turn),
            m.Sounding(turn=turn),
        )
        for report in reports:
            self.tell(report)

    def answer(self, text: str) -> None:
        """The model answers, and all of it is heard."""
        self.reply(text)
        self.tell(m.Played(turn=self.session.turn))

    def _save(self, event: object) -> None:
        assert isinstance(event, TRACKED)
        for change in self.tracker.take(event, MONDAY):
            match change:
                case Put(number=number, turn=turn):
                    self.rows[number] = turn
                case Remove(number=number):
                    self.rows.pop(number, None)
                case Begin() | Resume():
                    self.rows.clear()  # the rows of another conversation, which stay
                case _:
                    pass

    def check(self) -> None:
        state = self.session.state
        record = state.record
        said = [
            (role, text)
            for turn in record.answered
            for role, text in (("user", turn.question), ("assistant", turn.answer))
        ]
        said += [("user", record.question)] if record.parts else []
        assert [(each.role, each.content) for each in self.history.messages[1:]] == said
        saved = {number: row for number, row in self.rows.items() if number not in record.open_turns}
        mine = {turn.turn: turn for turn in record.settled if turn.turn > 0}
        assert {number: (row.question, row.answer, row.cut, row.dropped) for number, row in saved.items()} == {
            number: (turn.question, turn.answer, turn.cut, not turn.answer) for number, turn in mine.items()
        }
        assert {number: [call.tool for call in row.calls] for number, row in saved.items()} == {
            number: [call.tool for call in turn.calls] for number, turn in mine.items()
        }
        looked = [(turn.turn, turn.question) for turn in self.text.said]
        assert looked[: len(record.settled)] == [(turn.turn, turn.question) for turn in record.settled]
        assert [question for _, question in looked[len(record.settled) :]] == (
            [record.question] if record.parts else []
        )
        exchange = state.exchange
        if isinstance(exchange, Asked) and is_open(exchange):
            assert exchange.turn.number in record.open_turns


def readers(*, voice: bool = True, half_duplex: bool = False) -> Readers:
    return Readers(Session(state=State(voice=voice, half_duplex=half_duplex)))


EDITS: dict[str, m.Report] = {
    "undo": m.Undo(),
    "repeat": m.Repeat(),
    "clear": Clear(),
    "resume": PAST,
    "quit": m.QuitAsked(),
}


def edit_of(word: str, session: Session) -> m.Report:
    """The report that `word` means."""
    if word == "correct":
        said = so_far(session.state)
        return m.Correct(turn=said[-1].turn if said else 1, text="Corrected?")
    if word == "beginning" and session.state.withdrawn:
        return m.Transcribed(turn=session.state.withdrawn[0].turn, transcription=words("Could you tell me"))
    return EDITS.get(word) or report_of(word, session)


@given(st.lists(REPORTS | st.sampled_from([*EDITS, "correct", "beginning"]), max_size=40), st.booleans(), st.booleans())
def test_in_whatever_order_things_happen_all_readers_agree(script: list[str], half_duplex: bool, voice: bool) -> None:
    all_of_them = readers(voice=voice, half_duplex=half_duplex)
    for word in script:
        all_of_them.tell(edit_of(word, all_of_them.session))


def part(turn: int, text: str) -> QuestionPart:
    return QuestionPart(turn=turn, text=text, language="en")


def test_a_question_in_parts_is_one_question_with_all_its_turns() -> None:
    record = ConversationRecord().asked(part(1, "Could you tell me")).asked(part(2, "the capital of Spain?"))
    assert record.question == "Could you tell me the capital of Spain?"
    turn = record.open_turn(answer="Madrid.")
    assert (turn.turn, turn.turns) == (2, (1, 2))
    record = record.ended(turn)
    assert (record.parts, record.answered, record.newest) == ((), (turn,), 2)
    assert record.without(2) == ConversationRecord()


def test_a_question_that_was_not_answered_is_kept_and_does_not_count() -> None:
    record = ConversationRecord().asked(part(1, "One?"))
    record = record.ended(record.open_turn())
    assert [turn.question for turn in record.settled] == ["One?"]
    assert record.answered == ()


def test_a_question_in_parts_is_corrected_and_saved_as_a_whole() -> None:
    talk = readers()
    talk.ask("Could you tell me")
    talk.ask("the capital of Spain?")  # before anything of the answer was heard
    assert talk.text.as_text() == "you: Could you tell me the capital of Spain?\n"
    (last,) = talk.text.said
    assert (last.turn, last.question) == (2, "Could you tell me the capital of Spain?")  # what F3 puts into the line
    talk.tell(m.Correct(turn=last.turn, text="And of France?"))
    assert talk.text.as_text() == "you: And of France?\n"
    assert [row.question for row in talk.rows.values()] == ["And of France?"]


def test_a_question_that_is_answered_after_all_is_there_once() -> None:
    talk = readers()
    talk.ask("One?")
    talk.hear(seg.SpeechStarted(at_sample=0))
    talk.hear(seg.SpeechDiscarded(at_sample=0))  # a cough
    talk.hear(seg.SpeechStarted(at_sample=0))
    talk.hear(seg.SpeechDiscarded(at_sample=0))
    talk.answer("First.")
    assert [(turn.question, turn.answer) for turn in talk.text.said] == [("One?", "First.")]
    assert [(row.question, row.answer) for row in talk.rows.values()] == [("One?", "First.")]


def test_an_answer_that_came_too_soon_is_neither_saved_nor_copied() -> None:
    talk = readers()
    talk.ask("Could you tell me")
    talk.reply("What?")
    talk.hear(seg.SpeechStarted(at_sample=1))
    talk.tell(m.BargeIn(verdict=Interruption.CONFIRMED, now_sample=1))
    assert talk.text.as_text() == "you: Could you tell me\n"


def test_an_answer_in_progress_can_be_copied_and_one_that_is_cut_is_what_was_heard() -> None:
    talk = readers()
    talk.ask("One?")
    for report in (
        m.ReplyText(turn=talk.session.turn, text="One two "),
        m.ReplyText(turn=talk.session.turn, text="three."),
    ):
        talk.tell(report)
    assert [turn.answer for turn in talk.text.said] == ["One two three."]
    talk.tell(m.InterruptPressed())
    assert talk.text.as_text() == "you: One?\n"
    talk.ask("Two?")
    talk.reply("One two three four.")
    talk.session.played = Played(chunk=0, fraction=0.5)
    talk.tell(m.InterruptPressed())
    assert talk.text.as_text() == "you: One?\nyou: Two?\nvoicecli: One two [stopped here]\n"


@pytest.mark.parametrize("ending", [Clear(), m.QuitAsked()])
def test_a_question_that_nobody_will_answer_any_more_is_saved_as_such(ending: m.Report) -> None:
    talk = readers()
    talk.ask("Could you tell me")
    talk.hear(seg.SpeechStarted(at_sample=0))  # the person goes on, and the answer is dropped
    settled = [
        each.event
        for each in talk.tell(ending)
        if isinstance(each, c.Tell) and isinstance(each.event, events.TurnSettled)
    ]
    assert [(event.question, event.dropped) for event in settled] == [("Could you tell me", True)]
    assert talk.session.state.record.parts == ()


def test_undo_takes_back_the_question_that_is_being_continued_and_not_the_one_before() -> None:
    talk = readers()
    talk.ask("One?")
    talk.answer("First.")
    talk.ask("Could you tell me")
    talk.hear(seg.SpeechStarted(at_sample=0))
    talk.tell(m.Undo())
    assert [turn.question for turn in talk.text.said] == ["One?"]
    talk.tell(m.Undo())
    assert talk.text.as_text() == ""


def test_what_a_tool_answered_in_writing_is_repeated() -> None:
    talk = readers(voice=False)
    clock = next(Offer(tool=each) for each in OWN if each.name == "time")
    talk.session.state = dataclasses.replace(talk.session.state, tools=(clock,))
    talk.tell(m.Typed(text="What time is it?"))
    (used,) = talk.session.wanted(c.UseTool)
    talk.tell(ToolAnswered(turn=used.turn, call=used.call, result=Result(text="It is noon.")))
    (turn,) = talk.text.said
    assert (turn.answer, turn.reply, [call.tool for call in turn.calls]) == ("It is noon.", "It is noon.", ["time"])
    talk.tell(m.Repeat())
    assert [event.text for event in talk.session.told(events.Reply)] == ["It is noon.", "It is noon."]


def test_a_call_that_ends_after_its_turn_was_stopped_belongs_to_that_turn() -> None:
    talk = readers()
    talk.ask("Note that.")
    stopped = talk.session.turn
    talk.tell(m.InterruptPressed())
    result = Result(text="Noted.", changed=True)
    talk.tell(ToolAnswered(turn=stopped, call=Call(name="note", arguments={}), result=result))
    assert [call.tool for call in talk.text.calls] == ["note"]
    assert [[call.tool for call in row.calls] for row in talk.rows.values()] == [["note"]]


def test_a_resumed_conversation_has_its_numbers_and_its_language() -> None:
    talk = readers()
    talk.ask("One?")
    talk.tell(PAST)
    assert [(turn.turn, turn.question, turn.answer) for turn in talk.text.said] == [(-5, "Past?", "Yes.")]
    assert talk.text.language == "de"
    talk.tell(m.Correct(turn=-5, text="Two?"))
    assert [turn.question for turn in talk.text.said] == ["Two?"]


def test_a_correction_tells_which_turns_it_takes_back() -> None:
    talk = readers()
    talk.ask("Tooth?")
    talk.answer("Molar.")
    commands = talk.tell(m.Correct(turn=1, text="Two?"))
    assert names(commands) == ["TakeBack", "Respond", "Ask", "Open"]
    assert [turn.question for turn in talk.text.said] == ["Two?"]
