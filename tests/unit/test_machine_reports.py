"""What the machine does with reports that seldom come: failures, losses, measurements, and those that come at an unusual moment."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes.machine_session import Session, names, utterance
from voicecli import background as b
from voicecli import events, timing
from voicecli import messages as m
from voicecli import tuning as t
from voicecli.errors import DeviceLost, GenerationFailed, ModelNotFound, TranscriptionFailed
from voicecli.pipeline.listen import Attend, ForgetSpeech, ForgetVoice
from voicecli.session import commands as c
from voicecli.session.history import Played
from voicecli.session.state import State
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.definitions import Call, Offer, Result
from voicecli.tools.reports import Announced, ToolAnswered
from voicecli.tools.rounds import CallsWanted, ModelCalls, ToolSlow
from voicecli.turn import Turn

FAILED = GenerationFailed("The model failed.")


def session(*, voice: bool = True, half_duplex: bool = False, confirms: bool = False) -> Session:
    return Session(state=State(voice=voice, half_duplex=half_duplex, confirms=confirms, live=True))


def answering() -> Session:
    """A session in which half of an answer was played."""
    one = session()
    one.ask()
    one.reply("One two three four.")
    one.sound()
    one.played = Played(chunk=0, fraction=0.5)
    return one


def codes(one: Session) -> list[str]:
    return [event.code for event in one.told(events.Notice)]


# ---- what fails


def test_words_so_far_that_cannot_be_transcribed_are_tried_again_with_the_whole_utterance() -> None:
    one = session()
    one.start()
    one.hear(seg.SpeechGrown(utterance=utterance()))
    so_far = one.wanted(c.Transcribe)[-1].turn
    assert one.tell(m.StageFailed(turn=so_far, stage="transcribe", error=TranscriptionFailed("No."))) == []
    one.pause()
    assert len(one.wanted(c.Transcribe)) == 2
    one.transcribed("Hello?")
    one.end()
    assert one.wanted(c.Ask) == [c.Ask(text="Hello?")]


def test_the_beginning_of_a_question_that_cannot_be_transcribed_is_left_out() -> None:
    one = session()
    one.start()
    one.pause()
    one.end()
    beginning = one.turn
    one.start()
    assert one.tell(m.StageFailed(turn=beginning, stage="transcribe", error=TranscriptionFailed("No."))) == []
    assert one.transcribed("Could you tell me", turn=beginning) == []
    one.pause()
    one.transcribed("the capital of Spain?")
    one.end()
    assert one.wanted(c.Ask) == [c.Ask(text="the capital of Spain?")]


def test_a_question_that_cannot_be_transcribed_does_not_count_and_is_apologised_for() -> None:
    one = session()
    one.start()
    one.end()
    one.tell(m.StageFailed(turn=one.turn, stage="transcribe", error=TranscriptionFailed("No.")))
    assert [type(each).__name__ for each in one.commands if isinstance(each, c.Retract)] == ["Retract"]
    assert [each.phrase for each in one.wanted(c.SayAside)] == ["apology"]


def test_what_was_heard_of_an_answer_that_fails_counts() -> None:
    one = answering()
    one.tell(m.StageFailed(turn=one.turn, stage="respond", error=FAILED))
    assert one.wanted(c.Answer) == [c.Answer(heard="One two")]
    assert [(event.text, event.cut) for event in one.told(events.Spoken)] == [("One two", True)]


def test_an_apology_is_heard_although_the_answer_was_paused() -> None:
    one = answering()
    one.barge_in(Interruption.SUSPECTED)
    commands = names(one.tell(m.StageFailed(turn=one.turn, stage="respond", error=FAILED)))
    assert commands.index("ResumeAnswer") < commands.index("SayAside")
    assert one.state.phase == "thinking"


def test_words_of_the_program_that_fail_are_told_and_not_apologised_for() -> None:
    one = session()
    one.tell(Announced(text="Your timer is over."))
    one.tell(m.StageFailed(turn=one.turn, stage="synthesize", error=FAILED))
    assert [event.code for event in one.told(events.ErrorRaised)] == [FAILED.code]
    assert [each.phrase for each in one.wanted(c.SayAside)] == [None]
    assert one.state.idle


# ---- what is lost, and what is measured


def test_sound_that_was_lost_is_told() -> None:
    one = session()
    one.tell(m.SoundLost())
    assert codes(one) == ["sound-lost"]


@pytest.mark.parametrize("needed", [True, False])
def test_an_engine_that_failed_is_told_and_what_cannot_be_done_without_it(needed: bool) -> None:
    one = session()
    one.tell(m.EngineLost(what="The echo canceller", error=FAILED, needed_to_interrupt=needed))
    assert codes(one) == ["engine-lost", *(["half-duplex"] if needed else [])]
    assert one.state.half_duplex is needed


def test_a_device_that_is_gone_or_back_is_told_and_voices_are_learned_anew() -> None:
    one = session()
    one.tell(m.DeviceChanged(error=DeviceLost("Gone.")))
    one.tell(m.DeviceChanged(error=None))
    assert [event.code for event in one.told(events.ErrorRaised)] == [DeviceLost("").code]
    assert codes(one) == ["device-back"]
    assert len(one.orders(ForgetVoice)) == 2


def test_a_voice_that_is_ignored_is_told() -> None:
    one = session()
    one.tell(m.VoiceIgnored())
    assert codes(one) == ["voice-ignored"]


def test_the_times_of_a_stage_are_an_event() -> None:
    one = session()
    one.tell(
        timing.StageRan(stage="respond", job="speak", turn=3, attempt=2, waited_ms=1.0, ran_ms=2.0, cancelled=True)
    )
    (event,) = one.told(events.StageTimed)
    assert (event.stage, event.job, event.turn, event.attempt) == ("respond", "speak", 3, 2)
    assert (event.waited_ms, event.ran_ms, event.cancelled) == (1.0, 2.0, True)


def test_a_stage_that_stays_busy_is_named() -> None:
    one = session()
    one.tell(timing.StageBusy(stage="respond"))
    one.tell(timing.StageBusy(stage="listen"))
    messages = [event.message for event in one.told(events.Notice)]
    assert messages[0].startswith("The language model (respond)")
    assert messages[1].startswith("A part of the program (listen)")


def test_a_thread_that_dies_ends_the_session_with_the_reason() -> None:
    one = session()
    one.tell(m.WorkerDied(worker="respond", error=FAILED))
    assert one.wanted(c.Quit) == [c.Quit(error=FAILED)]
    assert one.state.closed


# ---- what the model and the voice tell of an answer


def test_the_first_sound_that_is_made_is_marked() -> None:
    one = session()
    one.ask()
    assert one.tell(m.SpeechMade(turn=one.turn)) == [c.MarkTime(mark="first_audio")]


def test_a_script_that_no_voice_reads_is_told_once() -> None:
    one = session()
    for _ in range(2):
        one.ask()
        one.reply("你好。")
        one.tell(m.LeftUnsaid(turn=one.turn, chunk=0, script="Chinese", whole=True))
        one.tell(m.Played(turn=one.turn))
        assert one.told(events.Notice) == []  # the notice about the script is enough
        one.tell(m.Played(turn=one.turn))  # the program says that it is on the screen
    assert one.wanted(c.TellUnsaid) == [c.TellUnsaid(script="Chinese")]
    assert [each.phrase for each in one.wanted(c.SayAside)] == ["only-shown", "only-shown"]


def test_a_language_that_no_voice_speaks_is_told_when_the_draft_is_opened() -> None:
    one = session()
    one.start()
    one.pause()
    one.transcribed("Hello?")
    one.reply("Dzień dobry.")
    one.tell(m.LeftUnsaid(turn=one.turn, chunk=0, script="", whole=False, language="pl"))
    assert one.wanted(c.TellUnsaid) == []
    one.end()
    assert one.wanted(c.TellUnsaid) == [c.TellUnsaid(script="pl")]


def test_what_the_voice_leaves_out_of_the_programs_own_words_is_not_told() -> None:
    one = session()
    one.tell(Announced(text="你好。"))
    assert one.tell(m.LeftUnsaid(turn=one.turn, chunk=0, script="Chinese", whole=True)) == []


def test_an_answer_of_its_longest_length_is_told() -> None:
    one = session()
    one.ask()
    one.tell(m.ReplyText(turn=one.turn, text="One. Two"))
    one.tell(m.ReplyComplete(turn=one.turn, end=4, hit_limit=True))
    assert [(event.text, event.hit_limit) for event in one.told(events.Reply)] == [("One.", True)]
    assert codes(one) == ["reply-limit"]


@pytest.mark.parametrize(
    ("reply", "code", "phrase"), [("---", "nothing-to-say", "only-shown"), ("", "no-answer", "no-answer")]
)
def test_an_answer_without_sound_is_explained(reply: str, code: str, phrase: str) -> None:
    one = session()
    one.ask()
    one.tell(m.ReplyText(turn=one.turn, text=reply))
    one.tell(m.ReplyComplete(turn=one.turn))
    one.tell(m.Played(turn=one.turn))
    assert codes(one) == [code]
    assert [each.phrase for each in one.wanted(c.SayAside)] == [phrase]


@pytest.mark.parametrize(("can", "code"), [(True, "translating"), (False, "poor-translator")])
def test_what_the_trial_of_a_translator_has_shown_is_told(can: bool, code: str) -> None:
    one = session()
    one.tell(b.TranslationTried(turn=Turn(0), between=("de", "en"), model="a-model", can=can))
    assert codes(one) == [code]


def test_a_greeting_without_a_voice_is_only_shown() -> None:
    one = session(voice=False)
    one.tell(m.Greeting(text="Hello."))
    assert [event.text for event in one.told(events.Reply)] == ["Hello."]
    assert one.wanted(c.SayAside) == []
    assert one.state.idle


def test_an_announcement_without_a_voice_is_only_shown() -> None:
    one = session(voice=False)
    one.tell(Announced(text="Your timer is over."))
    assert [event.text for event in one.told(events.Reply)] == ["Your timer is over."]
    assert one.wanted(c.SayAside) == []
    assert one.state.idle


# ---- speech over an answer


def test_silence_over_an_answer_changes_nothing() -> None:
    one = answering()
    assert one.barge_in(Interruption.QUIET) == []
    assert one.barge_in(Interruption.DISMISSED) == []  # nothing was suspected
    assert one.state.phase == "speaking"


def test_the_rest_of_speech_that_was_discarded_is_none() -> None:
    one = answering()
    assert one.hear(seg.SpeechGrown(utterance=utterance())) == []
    assert one.pause() == []
    one.start()
    assert one.hear(seg.SpeechGrown(utterance=utterance())) == []  # it is transcribed at the pause
    assert [type(each) for each in one.pause()] == [c.Transcribe]


def test_an_answer_that_ends_during_a_mere_suspicion_leaves_nothing_behind() -> None:
    one = answering()
    one.barge_in(Interruption.SUSPECTED)
    commands = one.tell(m.Played(turn=one.turn))
    assert "ResumeAnswer" in names(commands)
    assert Attend(on=False) in one.orders(Attend)
    assert one.state.idle
    assert one.told(events.SpeechStarted)[-1].turn == 1


def test_an_answer_that_was_not_paused_is_not_told_to_go_on() -> None:
    one = answering()
    one.start()
    one.pause()
    assert one.state.barge is not None
    one.transcribed("Uh-huh.", one.state.barge.turn)
    one.barge_in(Interruption.BRIEF)
    assert len(one.orders(ForgetSpeech)) == 1
    assert one.told(events.AnswerResumed) == []


def test_a_voice_that_is_certain_before_its_speech_has_begun_stops_the_answer() -> None:
    one = answering()
    one.barge_in(Interruption.CONFIRMED)
    assert [(event.by, event.withdrawn) for event in one.told(events.Interrupted)] == [("voice", False)]
    assert [event.turn for event in one.told(events.SpeechStarted)] == [1]  # the next one begins in a moment
    one.start()
    assert [event.turn for event in one.told(events.SpeechStarted)] == [1, 2]


def test_speech_that_is_being_transcribed_becomes_the_next_question() -> None:
    one = answering()
    one.barge_in(Interruption.SUSPECTED)
    one.start()
    one.pause()
    commands = one.barge_in(Interruption.CONFIRMED)
    assert [type(each).__name__ for each in commands if isinstance(each, c.Judge)] == ["Judge"]
    assert len(one.wanted(c.Transcribe)) == 2  # the question, and what is said over its answer
    one.transcribed("Stop that.")
    one.end()
    assert one.wanted(c.Ask)[-1] == c.Ask(text="Stop that.")


def test_a_pause_that_is_judged_after_its_words_are_known_counts_them() -> None:
    one = session()
    one.start()
    one.pause()
    one.transcribed("What about")
    turn = one.turn
    assert one.tell(m.Judged(turn=Turn(9), probability=0.9)) == []
    assert len(one.tell(m.Judged(turn=turn, probability=0.9))) == 1


# ---- keys, lines and edits at unusual moments


def test_a_key_before_the_words_are_known_takes_the_question_back() -> None:
    one = session()
    one.start()
    one.pause()
    one.end()
    turn = one.turn
    one.tell(m.InterruptPressed())
    assert [(event.turn, event.by) for event in one.told(events.Interrupted)] == [(1, "key")]
    assert one.transcribed("Hello?", turn) == []
    assert one.state.idle


def test_an_empty_line_is_told_and_asks_nothing() -> None:
    one = session()
    one.tell(m.Typed(text=""))
    assert one.wanted(c.Respond) == []
    assert [event.because for event in one.told(events.Ignored)] == ["no-words"]
    assert one.state.idle


def test_saved_sound_is_played_in_place_of_what_goes_on() -> None:
    one = answering()
    answer = one.turn
    pcm = np.zeros(16, dtype=np.int16)
    one.tell(t.SoundChosen(pcm=pcm))
    assert c.Cancel(turn=answer) in one.commands
    (play,) = one.wanted(c.PlaySound)
    assert (play.pcm is pcm, play.turn) == (True, one.turn)
    assert one.wanted(c.Open)[-1].turn is one.turn


def test_saved_sound_needs_a_voice() -> None:
    one = session(voice=False)
    one.tell(t.SoundChosen(pcm=np.zeros(16, dtype=np.int16)))
    assert codes(one) == ["no-speaker"]
    assert one.wanted(c.PlaySound) == []


def test_the_end_of_speech_that_saved_sound_has_covered_is_no_question() -> None:
    one = session()
    one.start()
    one.tell(t.SoundChosen(pcm=np.zeros(16, dtype=np.int16)))
    one.end()
    assert one.wanted(c.Transcribe) == []
    assert not one.state.microphone.hearing


def test_there_may_be_nothing_to_undo_or_to_repeat() -> None:
    one = session()
    one.tell(m.Undo())
    one.tell(m.Repeat())
    one.ask()
    one.tell(m.Repeat())  # its answer is not complete
    assert codes(one) == ["nothing-to-undo", "nothing-to-repeat", "nothing-to-repeat"]


def test_an_answer_is_repeated_also_while_it_sounds_and_without_a_voice() -> None:
    one = answering()
    one.tell(m.Repeat())
    assert [event.text for event in one.told(events.Reply)] == ["One two three four."] * 2
    assert one.wanted(c.Say)[-1].chunk is None
    mute = session(voice=False)
    mute.ask()
    mute.reply("One.")
    mute.tell(m.Repeat())
    assert [event.text for event in mute.told(events.Reply)] == ["One."] * 2
    assert mute.wanted(c.Open)[-1].turn.number == 1


def test_a_question_whose_turn_is_over_is_not_taken_back_by_a_correction() -> None:
    one = session(voice=False)
    for text in ("One?", "Two?"):
        one.tell(m.Typed(text=text))
        one.reply("Yes.")
    one.tell(m.Correct(turn=1, text="Corrected?"))
    assert one.wanted(c.TakeBack) == []


@pytest.mark.parametrize("also", ["as it is", "corrected", "dropped", "other turn", "nothing"])
def test_a_question_that_waits_to_be_confirmed(also: str) -> None:
    one = session(confirms=True)
    one.start()
    one.end()  # without a pause, so that nothing is prepared yet
    one.transcribed("What is tho capital?")
    draft = one.turn
    assert one.state.phase == "confirming"
    assert len(one.wanted(c.Respond)) == 1
    assert one.wanted(c.Ask) == []
    match also:
        case "as it is":
            one.tell(m.Confirmed(turn=draft.number, text="What is tho capital?"))
            assert one.wanted(c.Open) == [c.Open(turn=draft)]
            assert len(one.wanted(c.Respond)) == 1
        case "corrected":
            one.tell(m.Confirmed(turn=draft.number, text="What is the capital?"))
            assert c.Cancel(turn=draft) in one.commands
            assert one.wanted(c.Ask) == [c.Ask(text="What is the capital?")]
        case "dropped":
            one.tell(m.Confirmed(turn=draft.number, text=""))
            assert one.state.idle
            assert c.Cancel(turn=draft) in one.commands
        case "other turn":
            one.tell(m.Confirmed(turn=draft.number + 1, text="Something else."))
            assert one.wanted(c.Ask) == [c.Ask(text="Something else.")]
        case _:
            assert one.tell(m.Confirmed(turn=draft.number + 1, text="")) == []


# ---- engines that are changed


def test_a_recogniser_that_cannot_be_loaded_ends_the_session_and_a_loaded_one_is_used() -> None:
    one = session()
    error = ModelNotFound("It is gone.")
    one.tell(t.EngineFailed(kind="stt", name="small", error=error))
    assert one.wanted(c.Quit) == [c.Quit(error=error)]


def test_an_engine_that_crashed_is_told() -> None:
    one = session()
    one.tell(t.EngineCrashed(message="The voice is started again."))
    assert [(event.code, event.message) for event in one.told(events.Notice)] == [
        ("engine-crashed", "The voice is started again.")
    ]


def test_facts_and_files_that_change_reach_the_model() -> None:
    one = session()
    one.tell(t.FactsChanged(facts=("Likes tea.",), added="Likes tea."))
    one.tell(t.FilesChanged(message="plan.txt was read."))
    assert one.wanted(c.KnowFacts) == [c.KnowFacts(facts=("Likes tea.",)), c.KnowFacts(facts=None)]
    assert [(event.added, event.removed) for event in one.told(events.MemoryChanged)] == [("Likes tea.", "")]
    assert codes(one) == ["files"]


def test_a_voice_that_is_not_wanted_any_more_may_fail() -> None:
    one = session()
    assert one.tell(t.EngineFailed(kind="voice", name="old", error=ModelNotFound("No."))) == []
    assert one.tell(t.EngineFailed(kind="llm", name="old", error=ModelNotFound("No."))) == []


def test_the_model_in_use_may_be_chosen_again() -> None:
    one = session()
    engines = dataclasses.replace(one.state.engines, model_name="small", model_wanted="large")
    one.state = dataclasses.replace(one.state, engines=engines)
    one.tell(t.ModelChosen(name="small", beside=True))
    assert codes(one) == ["model"]
    assert one.state.engines.model_wanted == ""


# ---- titles


def test_an_empty_title_leaves_the_conversation_with_its_own() -> None:
    one = session()
    assert one.tell(b.TitleMade(turn=Turn(0), of=1, title="")) == []
    one.tell(b.TitleMade(turn=Turn(0), of=1, title="Tea"))
    assert [(event.turn, event.title) for event in one.told(events.Titled)] == [(1, "Tea")]


# ---- tools


def with_tools(*own: str, voice: bool = True, model_calls: ModelCalls = "none") -> Session:
    offers = tuple(Offer(tool=each, asks=each.group == "notes") for each in OWN if each.name in own)
    one = session(voice=voice)
    one.state = dataclasses.replace(one.state, tools=offers, model_calls=model_calls, called=("Computer",))
    return one


def test_what_a_tool_has_done_for_a_question_that_seemed_to_go_on_ends_that_question() -> None:
    one = with_tools("set_timer")
    one.ask("Set a timer for ten minutes.")
    (used,) = one.wanted(c.UseTool)
    one.start()  # before the timer is set
    one.tell(ToolAnswered(turn=used.turn, call=used.call, result=Result(text="It is set.", changed=True)))
    assert codes(one) == ["tool-done"]
    one.hear(seg.SpeechDiscarded(at_sample=0))
    assert len(one.wanted(c.UseTool)) == 1  # it is not asked again
    assert one.state.idle


@pytest.mark.parametrize(
    ("named", "tools"), [("Computer, what time is it?", 1), ("What time is it?", 1), ("Computer what", 0)]
)
def test_a_request_may_begin_with_a_name(named: str, tools: int) -> None:
    one = with_tools("time")
    one.tell(m.Typed(text=named))
    assert len(one.wanted(c.UseTool)) == tools


def test_a_request_in_two_parts_is_recognised_as_a_whole() -> None:
    one = with_tools("set_timer")
    one.start()
    one.pause()
    one.end()
    beginning = one.turn
    one.start()
    one.transcribed("Set a timer", beginning)
    one.pause()
    one.transcribed("for ten minutes.")
    one.end()
    assert [each.call.arguments for each in one.wanted(c.UseTool)] == [{"seconds": 600}]


def test_always_is_remembered_once() -> None:
    one = with_tools("add_note")
    for _ in range(2):
        one.tell(m.Typed(text="Take a note: buy milk."))
        asked = one.wanted(c.UseTool)[-1]
        one.tell(ToolAnswered(turn=asked.turn, call=asked.call, result=Result(text="May I?", asks=True)))
        one.tell(m.Typed(text="Always."))
        one.state = dataclasses.replace(one.state, tools=with_tools("add_note").state.tools)
    assert len(one.wanted(c.RememberRules)) == 1


def test_a_call_that_nobody_offers_is_held_back_by_nothing() -> None:
    one = with_tools("time", model_calls="all")
    one.ask("Will it be fine?")
    one.tell(CallsWanted(turn=one.turn, calls=(Call(name="unheard_of"),)))
    assert [each.calls for each in one.wanted(c.UseTools)] == [(Call(name="unheard_of"),)]  # the registry refuses it


def test_calls_of_another_turn_take_no_time() -> None:
    one = with_tools("time", model_calls="all")
    one.ask("Will it be fine?")
    assert one.tell(ToolSlow(turn=Turn(9))) == []


def test_what_the_program_says_in_place_of_a_model_is_shown_where_nothing_is_spoken() -> None:
    one = with_tools("time", model_calls="all", voice=False)
    one.tell(m.Typed(text="Will it be fine?"))
    one.tell(CallsWanted(turn=one.turn, calls=()))
    assert one.wanted(c.Say) == []
    assert one.told(events.Reply)[0].text.startswith("I wanted to use a tool")
    assert one.state.idle


def test_a_request_that_only_seemed_to_go_on_is_recognised_again() -> None:
    one = with_tools("time")
    one.ask("What time is it?")
    one.start()
    one.hear(seg.SpeechDiscarded(at_sample=0))
    assert [each.turn.number for each in one.wanted(c.UseTool)] == [1, 3]
    assert one.wanted(c.Respond) == []


def test_going_on_after_a_pause_without_words_drops_what_was_prepared() -> None:
    one = session()
    one.start()
    one.pause()
    one.transcribed("")
    unclear = one.turn
    assert c.Cancel(turn=unclear) in one.resume()
    assert one.state.exchange is None
