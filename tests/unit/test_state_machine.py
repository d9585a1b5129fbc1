"""The conversation, report by report: a table of what a session does, without threads or time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.machine_scripts import REPORTS, report_of
from fakes.machine_session import Session, names, utterance
from voicecli import events
from voicecli import messages as m
from voicecli.conversation_start import Clear
from voicecli.engines.ports import Sampling
from voicecli.errors import GenerationFailed, SynthesisFailed, TranscriptionFailed
from voicecli.pipeline.listen import EndAfter
from voicecli.session import commands as c
from voicecli.session.exchange import is_open
from voicecli.session.history import Played
from voicecli.session.state import Pending, State
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.speech.last_sounds import LastSounds
from voicecli.speech.sentence_chunker import Chunk, SentenceChunker
from voicecli.speech.speculation import Pace
from voicecli.timing import BufferEnlarged, SoundDropped
from voicecli.turn import Turn


def test_a_whole_turn() -> None:
    session = Session()
    session.ask("What is the capital of France?")
    session.reply("Paris.")
    session.sound()
    session.tell(m.Played(turn=session.turn))
    assert [event.text for event in session.told(events.Spoken)] == ["Paris."]
    assert names(session.commands) == [
        "Transcribe", "Respond", "Ask", "Open", "KnowVoice", "IgnoreMicrophone", "ReportLatency", "Answer", "IgnoreMicrophone",
    ]  # fmt: skip
    phases = [event.phase for event in session.told(events.PhaseChanged)]
    assert phases == ["hearing", "thinking", "speaking", "listening"]
    assert session.state.idle
    assert session.state.answered == 1


def test_every_word_is_told_as_it_sounds_and_as_it_was_written() -> None:
    session = Session()
    session.ask()
    turn, text = session.turn, "**Paris**, of course."
    session.tell(m.ReplyText(turn=turn, text=text))
    for chunk in (splitter := SentenceChunker()).feed(text) + splitter.finish():
        session.tell(m.ChunkReady(turn=turn, chunk=chunk))
    session.tell(m.Sounding(turn=turn))
    for word in (0, 1, 2, 3):
        session.tell(m.WordSounding(turn=turn, chunk=0, word=word))
    session.tell(m.WordSounding(turn=turn, chunk=1, word=0))
    session.tell(m.WordSounding(turn=Turn(7), chunk=0, word=0))
    told = [(event.turn, event.start, event.end, event.text) for event in session.told(events.Speaking)]
    assert told == [(1, 0, 10, "**Paris**,"), (1, 11, 13, "of"), (1, 14, 21, "course.")]


def test_the_words_of_a_greeting_are_told_too() -> None:
    session = Session()
    session.tell(m.Greeting(text="Hello there."))
    session.tell(m.Sounding(turn=session.turn))
    session.tell(m.WordSounding(turn=session.turn, chunk=0, word=1))
    assert [event.text for event in session.told(events.Speaking)] == ["there."]


def test_a_draft_is_neither_heard_nor_in_the_history_until_the_person_has_finished() -> None:
    session = Session()
    session.start()
    session.pause()
    session.transcribed("Hello?")
    session.reply("Hi.")
    assert names(session.commands) == ["Transcribe", "Respond"]
    assert session.told(events.ReplyDelta) == []
    assert [event.final for event in session.told(events.Transcript)] == [False]
    assert names(session.end()) == ["Ask", "Open", "KnowVoice"]
    assert [event.final for event in session.told(events.Transcript)] == [False, True]
    assert [event.text for event in session.told(events.ReplyDelta)] == ["Hi."]
    assert [event.text for event in session.told(events.Reply)] == ["Hi."]


def test_a_draft_is_dropped_when_the_person_goes_on_and_the_next_one_has_a_turn_of_its_own() -> None:
    session = Session()
    session.start()
    session.pause()
    first = session.turn
    assert names(session.resume()) == ["Cancel"]
    session.pause()
    assert session.turn is not first
    assert (session.turn.number, session.turn.attempt) == (1, 2)
    assert session.transcribed("late", turn=first) == []


def test_speech_that_ends_without_a_pause_is_opened_at_once() -> None:
    session = Session()
    session.start()
    assert names(session.end("limit")) == ["Transcribe"]
    assert [event.code for event in session.told(events.Notice)] == ["utterance-limit"]
    assert names(session.transcribed("Hello?")) == ["Respond", "Ask", "Open", "KnowVoice"]


def test_every_witness_that_speaks_changes_how_long_the_pause_is_waited_out() -> None:
    session = Session()
    session.start()
    session.pause()
    assert session.wanted(c.Judge)[0].turn is session.turn
    session.tell(m.Judged(turn=session.turn, probability=0.9))
    session.transcribed("What is the capital of France?")
    first, second = session.orders(EndAfter)
    assert second.silence_ms < first.silence_ms < 600
    assert first.speech_end_sample == second.speech_end_sample == 16_000
    session.end()
    ended = session.told(events.SpeechEnded)[0]
    assert ended.because == "finished-sentence"


def test_an_unfinished_sentence_is_waited_for_longer_than_silence_alone() -> None:
    session = Session()
    session.start()
    session.pause()
    session.tell(m.Judged(turn=session.turn, probability=0.1))
    session.transcribed("So I went to the")
    assert session.orders(EndAfter)[-1].silence_ms > 1000


def test_a_last_sound_that_is_held_is_waited_for_longer() -> None:
    def waited(held_ms: float) -> float:
        session = Session()
        session.start()
        session.pause()
        last = LastSounds(held_ms=held_ms, change_db_s=-60.0)
        session.tell(m.Judged(turn=session.turn, probability=0.9, last=last))
        session.transcribed("What time is it?")
        silence_ms: float = session.orders(EndAfter)[-1].silence_ms
        return silence_ms

    assert waited(400.0) > waited(60.0) + 300


def test_another_persona_may_be_more_patient() -> None:
    def waited(session: Session) -> float:
        session.start()
        session.pause()
        session.transcribed("What is the weather?")
        silence_ms: float = session.orders(EndAfter)[-1].silence_ms
        session.end()
        return silence_ms

    hasty, patient = Session(), Session()
    patient.tell(m.PersonaChosen(name="tutor", prompt="Teach.", sampling=Sampling(), language=None, patience=2.0))
    assert waited(patient) == 2 * waited(hasty)


def test_what_is_said_of_a_pause_that_is_over_changes_nothing() -> None:
    session = Session()
    session.start()
    session.pause()
    turn = session.turn
    session.resume()
    assert session.tell(m.Judged(turn=turn, probability=0.9)) == []


@pytest.mark.parametrize("when", ["before the end", "after the end"])
def test_words_that_are_not_believed_are_no_turn(when: str) -> None:
    session = Session()
    session.start()
    session.pause()
    if when == "before the end":
        session.transcribed("")
        session.end()
    else:
        session.end()
        session.transcribed("")
    assert session.wanted(c.Respond) == []
    assert session.told(events.Transcript) == []
    assert session.state.idle


def test_a_sound_too_short_for_speech_is_forgotten() -> None:
    session = Session()
    session.start()
    session.pause()
    assert names(session.hear(seg.SpeechDiscarded(at_sample=0))) == ["Cancel"]
    assert session.state.idle
    assert [event.reason for event in session.told(events.SpeechEnded)] == ["noise"]


def test_going_on_before_anything_was_answered_withdraws_the_answer() -> None:
    session = Session()
    session.ask("Could you tell me")
    turn = session.turn
    commands = session.start()
    assert names(commands) == ["Cancel"]
    assert commands[0] == c.Cancel(turn=turn)
    assert session.wanted(c.Retract) == []  # the words stay: the rest of the question will follow them


@pytest.mark.parametrize("nothing", ["a cough", "no words"])
def test_what_only_seemed_to_go_on_does_not_cost_the_answer(nothing: str) -> None:
    session = Session()
    session.ask("What is the capital of Spain?")
    session.start()
    if nothing == "a cough":
        session.hear(seg.SpeechDiscarded(at_sample=0))
    else:
        session.end()
        session.transcribed("")
    again = session.wanted(c.Respond)[-1]
    assert (again.turn, again.question) == (session.turn, "")  # it stands in the history
    assert session.turn.number == 3
    session.reply("Madrid.")
    session.sound()
    session.tell(m.Played(turn=session.turn))
    assert session.wanted(c.Answer)[-1].heard == "Madrid."
    assert [event.text for event in session.told(events.Transcript)][-1] == "What is the capital of Spain?"
    assert session.state.idle


def test_what_only_seemed_to_go_on_does_not_cost_a_question_that_was_not_yet_written_down() -> None:
    session = Session()
    session.start()
    session.pause()
    session.end()
    turn = session.turn
    session.start()
    session.hear(seg.SpeechDiscarded(at_sample=0))
    assert session.state.idle
    session.transcribed("Hello?", turn=turn)
    assert names(session.commands)[-3:] == ["Ask", "Respond", "Open"]
    assert [event.text for event in session.told(events.Transcript)] == ["Hello?"]


@pytest.mark.parametrize("instead", [m.Typed(text="Never mind."), Clear(), m.Undo()])
def test_a_question_is_not_answered_after_all_once_something_else_is_wanted(instead: m.Report) -> None:
    session = Session()
    session.ask("What is the capital of Spain?")
    session.start()
    session.tell(instead)
    session.hear(seg.SpeechDiscarded(at_sample=0))
    assert all(each.question for each in session.wanted(c.Respond))


def test_going_on_before_the_words_were_there_keeps_the_words() -> None:
    session = Session()
    session.start()
    session.pause()
    session.end()
    turn = session.turn
    session.start()
    assert session.transcribed("Could you tell me", turn=turn)[0] == c.Ask(text="Could you tell me")
    session.pause()
    session.transcribed("the capital of Spain?")
    assert session.wanted(c.Respond)[-1].question == "the capital of Spain?"


def test_talking_over_the_answer_stops_it_and_keeps_what_was_heard() -> None:
    session = Session(state=State(voice=True, half_duplex=False))
    session.ask()
    session.reply("One two three four.")
    session.sound()
    turn = session.turn
    session.played = Played(chunk=0, fraction=0.5)
    session.start(at_sample=50_000)
    commands = session.barge_in(Interruption.CONFIRMED)
    assert commands[0] == c.Cancel(turn=turn)
    assert c.Answer(heard="One two") in commands
    assert [(event.text, event.cut) for event in session.told(events.Spoken)] == [("One two", True)]
    assert [event.by for event in session.told(events.Interrupted)] == ["voice"]
    assert session.state.phase == "hearing"


def test_a_key_stops_the_answer_and_the_session_listens() -> None:
    session = Session()
    session.ask()
    session.reply("One two three four.")
    session.sound()
    session.played = Played(chunk=0, fraction=0.5)
    assert names(session.tell(m.InterruptPressed())) == ["Cancel", "IgnoreMicrophone", "Answer"]
    assert session.state.phase == "listening"


def test_a_key_that_stops_an_answer_of_which_nothing_was_heard_takes_the_question_back() -> None:
    session = Session()
    session.ask()
    assert names(session.tell(m.InterruptPressed())) == ["Cancel", "Retract"]


def test_a_key_with_nothing_to_stop_tells_how_to_end() -> None:
    session = Session()
    session.tell(m.InterruptPressed())
    assert [event.code for event in session.told(events.Notice)] == ["press-again"]


def test_typing_stops_the_answer_and_asks() -> None:
    session = Session()
    session.ask()
    session.reply("One two three four.")
    session.sound()
    commands = session.tell(m.Typed(text="Never mind."))
    assert names(commands)[0] == "Cancel"
    assert session.wanted(c.Respond)[-1].question == "Never mind."
    assert [event.typed for event in session.told(events.Transcript)] == [False, False, True]


def test_lines_from_a_pipe_wait_for_the_answers_before_them_and_then_the_session_ends() -> None:
    session = Session(state=State(voice=False, half_duplex=False))
    for text in ("One?", "Two?"):
        session.tell(m.Typed(text=text, wait=True))
    session.tell(m.InputClosed())
    assert [command.question for command in session.wanted(c.Respond)] == ["One?"]
    session.reply("First.")
    assert [command.question for command in session.wanted(c.Respond)] == ["One?", "Two?"]
    assert session.wanted(c.Quit) == []
    session.reply("Second.")
    assert session.state.closed
    assert session.wanted(c.Quit) == [c.Quit(error=None)]
    assert [command.heard for command in session.wanted(c.Answer)] == ["First.", "Second."]


def test_another_line_may_come_through_the_pipe_when_one_is_being_asked() -> None:
    session = Session(state=State(voice=False, half_duplex=False))
    for text in ("One?", "Two?", "Three?"):
        session.tell(m.Typed(text=text, wait=True))
    assert len(session.wanted(c.NextLine)) == 1
    session.reply("First.")
    assert len(session.wanted(c.NextLine)) == 2
    session.tell(Clear())  # what waits was typed, too, and is not lost
    assert [command.question for command in session.wanted(c.Respond)] == ["One?", "Two?", "Three?"]
    assert len(session.wanted(c.NextLine)) == 3


def test_with_nothing_left_to_type_an_idle_session_ends() -> None:
    session = Session()
    session.tell(m.InputClosed())
    assert session.state.closed


def test_a_failed_stage_ends_the_turn_aloud_and_the_session_goes_on() -> None:
    session = Session()
    session.ask()
    failed = session.turn
    commands = session.tell(m.StageFailed(turn=failed, stage="respond", error=GenerationFailed("No.", "Try.")))
    assert names(commands) == ["Cancel", "Retract", "SayAside", "Open"]
    error = session.told(events.ErrorRaised)[0]
    assert (error.turn, error.code, error.message, error.hint) == (1, "generation-failed", "No.", "Try.")
    assert session.turn is not failed
    session.sound()
    session.tell(m.Played(turn=session.turn))
    assert session.state.idle
    assert session.wanted(c.Answer) == []
    session.ask("Again?")
    assert session.wanted(c.Respond)[-1].question == "Again?"


def test_a_voice_that_fails_is_not_asked_to_apologise() -> None:
    session = Session()
    session.ask()
    session.reply("Hi.")
    session.tell(m.StageFailed(turn=session.turn, stage="synthesize", error=SynthesisFailed("No.")))
    assert session.wanted(c.SayAside) == []
    assert session.state.idle


def test_a_draft_fails_in_silence_and_the_question_is_put_again() -> None:
    session = Session()
    session.start()
    session.pause()
    session.tell(m.StageFailed(turn=session.turn, stage="transcribe", error=TranscriptionFailed("No.")))
    assert session.told(events.ErrorRaised) == []
    assert names(session.end()) == ["Transcribe"]


def test_the_next_file_begins_when_the_answer_to_the_one_before_was_played() -> None:
    session = Session()
    session.ask()
    session.tell(m.MicrophoneExhausted())
    assert session.wanted(c.NextFile) == []
    session.reply("Hi.")
    session.sound()
    session.tell(m.Played(turn=session.turn))
    assert len(session.wanted(c.NextFile)) == 1


def test_a_file_with_nothing_in_it_to_answer_is_left_after_a_while() -> None:
    session = Session()
    session.tell(m.Pulse(now_sample=1000, dbfs=-90.0))
    session.tell(m.MicrophoneExhausted())
    session.tell(m.Pulse(now_sample=1000 + 31_000, dbfs=-90.0))
    assert session.wanted(c.NextFile) == []
    session.tell(m.Pulse(now_sample=1000 + 32_000, dbfs=-90.0))
    assert len(session.wanted(c.NextFile)) == 1


def test_late_reports_of_a_cancelled_turn_change_nothing() -> None:
    session = Session()
    session.ask()
    turn = session.turn
    session.tell(m.InterruptPressed())
    chunk = Chunk(index=0, start=0, end=1, text="x")
    late: list[m.Report] = [
        m.ReplyText(turn=turn, text="x"),
        m.ChunkReady(turn=turn, chunk=chunk),
        m.SpeechMade(turn=turn),
        m.Sounding(turn=turn),
        m.WordSounding(turn=turn, chunk=0, word=0),
        m.ReplyComplete(turn=turn),
        m.Played(turn=turn),
        m.StageFailed(turn=turn, stage="respond", error=GenerationFailed("No.")),
    ]
    before = session.state
    assert [session.tell(report) for report in late] == [[]] * len(late)
    assert session.state == before


def test_the_user_is_told_once_that_old_turns_are_left_out() -> None:
    session = Session()
    for _ in range(2):
        session.ask()
        session.tell(m.OldTurnsDropped(turn=session.turn, messages=2))
        session.tell(m.InterruptPressed())
    assert [event.code for event in session.told(events.Notice)] == ["context-full"]


def test_that_old_turns_are_left_out_is_not_told_of_a_draft_that_is_withdrawn() -> None:
    session = Session()
    session.start()
    session.pause()
    session.transcribed("A very long question,")
    session.tell(m.OldTurnsDropped(turn=session.turn, messages=2))
    session.resume()
    session.pause()
    session.transcribed("A very long question, and more.")
    assert session.told(events.Notice) == []
    session.tell(m.OldTurnsDropped(turn=session.turn, messages=2))
    session.end()
    assert [event.code for event in session.told(events.Notice)] == ["context-full"]


def test_an_empty_answer_takes_the_question_back() -> None:
    session = Session()
    session.ask()
    session.tell(m.ReplyComplete(turn=session.turn))
    session.tell(m.Played(turn=session.turn))
    assert session.wanted(c.Answer) == []
    assert len(session.wanted(c.Retract)) == 1
    (aside,) = session.wanted(c.SayAside)
    assert (aside.phrase, aside.language) == ("no-answer", "en")
    session.tell(m.Played(turn=aside.turn))
    assert session.state.idle
    assert session.state.answered == 0


def test_without_a_voice_an_empty_answer_is_told_in_writing() -> None:
    session = Session(state=State(voice=False, half_duplex=False))
    session.tell(m.Typed(text="Hello?"))
    session.tell(m.ReplyComplete(turn=session.turn))
    assert [event.code for event in session.told(events.Notice)] == ["no-answer"]
    assert session.wanted(c.SayAside) == []
    assert session.state.idle


def test_quitting_silences_and_closes_and_nothing_happens_afterwards() -> None:
    session = Session()
    session.ask()
    assert names(session.tell(m.QuitAsked()))[0] == "Cancel"
    assert session.state.closed
    assert session.start() == []


@given(st.lists(REPORTS, max_size=40), st.booleans(), st.booleans())
def test_in_whatever_order_things_happen_only_opened_turns_reach_the_history(
    script: list[str], half_duplex: bool, voice: bool
) -> None:
    session = Session(state=State(voice=voice, half_duplex=half_duplex))
    asked = answered = 0
    paused = False
    for word in script:
        commands = session.tell(report_of(word, session))
        for at, command in enumerate(commands):
            if isinstance(command, c.Ask):
                asked += 1
            if isinstance(command, c.Answer):
                answered += 1
            if isinstance(command, c.PauseAnswer | c.ResumeAnswer):
                assert paused is isinstance(command, c.ResumeAnswer)
                paused = not paused
            if isinstance(command, c.Cancel):
                # Silence first: nothing that takes time comes before it.
                assert not any(isinstance(earlier, c.Respond | c.Transcribe) for earlier in commands[:at])
    assert answered <= asked
    assert session.state.partial is None or session.state.microphone.hearing or session.state.exchange is not None
    assert paused is (session.state.barge is not None and session.state.barge.paused)
    exchange = session.state.exchange
    assert exchange is None or is_open(exchange) or session.state.microphone.hearing
    early = session.state.early
    assert early is None or early.stage == "draft"
    assert early is None or session.state.microphone.hearing or isinstance(exchange, Pending)


def test_what_is_said_so_far_is_shown_and_read_ahead_and_never_asked() -> None:
    session = Session()
    session.start()
    session.hear(seg.SpeechGrown(utterance=utterance(8_000)))
    assert session.state.partial is not None
    so_far = session.state.partial.turn
    session.transcribed("What is the", so_far)
    assert [(event.text, event.final) for event in session.told(events.Transcript)] == [("What is the", False)]
    assert session.wanted(c.ReadAhead)[1:] == [c.ReadAhead(turn=so_far, question="What is the", language="en")]
    session.pause()
    session.transcribed("What is the capital of France?")
    session.end()
    assert c.Cancel(turn=so_far) in session.commands
    assert session.wanted(c.Ask) == [c.Ask(text="What is the capital of France?")]


def test_a_pause_does_not_wait_for_words_so_far() -> None:
    session = Session()
    session.start()
    session.hear(seg.SpeechGrown(utterance=utterance(8_000)))
    assert session.hear(seg.SpeechGrown(utterance=utterance(9_000))) == []  # the recogniser is still busy
    assert names(session.pause())[:2] == ["Cancel", "Transcribe"]


def test_without_drafts_a_pause_prepares_nothing() -> None:
    session = Session(state=State(voice=True, half_duplex=True, pace=Pace(most="off")))
    session.start()
    assert session.pause() == []
    assert names(session.end()) == ["Transcribe"]


def test_lost_sound_is_an_event_and_a_notice_if_it_can_be_heard() -> None:
    session = Session()
    session.tell(SoundDropped(device="speaker", blocks=1))
    assert [(event.device, event.blocks) for event in session.told(events.Dropped)] == [("speaker", 1)]
    assert session.told(events.Notice) == []
    session.tell(SoundDropped(device="microphone", blocks=9))
    assert [event.code for event in session.told(events.Notice)] == ["sound-dropped"]
    assert session.state.phase == "listening"


def test_a_larger_buffer_is_an_event() -> None:
    session = Session()
    session.tell(BufferEnlarged(block_ms=10.0, held_ms=30.0))
    assert [(event.block_ms, event.held_ms) for event in session.told(events.Buffered)] == [(10.0, 30.0)]
