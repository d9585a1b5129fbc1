"""A session from end to end: real threads and channels, fake engines, virtual time."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from fakes.engines import LIMIT, ScriptedChatModel, ToneVoice, heard
from fakes.session_rig import Rig, speech, threads
from voicecli import events
from voicecli.engines.ports import ChatMessage, IsCancelled, Sampling, Within
from voicecli.errors import GenerationFailed, SynthesisFailed, TranscriptionFailed, VoiceCliError
from voicecli.messages import InputClosed, InterruptPressed, QuitAsked, TalkPressed, Typed
from voicecli.pcm import RATE_HZ
from voicecli.session.question_notes import example
from voicecli.speech.spoken_phrases import Phrase, sentence


def words(text: str) -> list[str]:
    """A reply in pieces, as a model writes it."""
    return [f"{word} " for word in text.split()]


def test_three_turns_with_memory() -> None:
    with Rig(
        transcripts=["What is the capital of France?", "And of Spain?", "Thanks."],
        replies=[words("Paris."), words("Madrid is the capital."), words("You are welcome.")],
    ) as rig:
        for turn in range(1, 4):
            rig.ask()
            rig.until_spoken(turn)
            rig.wait(400)
    assert [event.text for event in rig.told(events.Transcript) if event.final] == [
        "What is the capital of France?",
        "And of Spain?",
        "Thanks.",
    ]
    assert [event.text for event in rig.told(events.Spoken)] == ["Paris.", "Madrid is the capital.", "You are welcome."]
    assert isinstance(rig.chat_model, ScriptedChatModel)
    assert [message.content for message in rig.chat_model.prompts[-1].messages] == [
        "Be brief.",
        "What is the capital of France?",
        "Paris.",
        "And of Spain?",
        "Madrid is the capital.",
        "Thanks.",
    ]
    assert [event.turn for event in rig.told(events.Latency)] == [1, 2, 3]
    # The recogniser is told what was said before.
    assert rig.transcriber.contexts == [
        "",
        "What is the capital of France? Paris.",
        "What is the capital of France? Paris. And of Spain? Madrid is the capital.",
    ]


def test_the_answer_is_ready_when_the_person_has_finished_and_not_heard_before() -> None:
    with Rig(transcripts=["Hello?"], replies=[words("Hello to you, too.")]) as rig:
        rig.talk()
        silent_ms = rig.until(lambda: rig.told(events.SpeechEnded))
        assert not np.any(rig.speaker.played)
        assert rig.until(rig.sounding) <= 40
    assert 280 <= silent_ms <= 520  # a finished sentence is waited out for less than the 600 ms of any silence
    latency = rig.told(events.Latency)[0]
    assert latency.speculative
    assert latency.voice_to_voice_ms == pytest.approx(silent_ms + 20, abs=40)


def test_going_on_withdraws_the_draft_and_the_whole_question_is_answered() -> None:
    with Rig(
        transcripts=["Could you tell me", "Could you tell me the capital of Spain?"],
        replies=[words("What?"), words("Madrid.")],
    ) as rig:
        rig.talk()
        rig.wait(400)
        rig.talk()
        rig.until(lambda: rig.told(events.Spoken))
    first, second = rig.transcriber.utterances
    assert len(second) > len(first)
    np.testing.assert_array_equal(second[: len(first)], first)
    assert [event.text for event in rig.told(events.Spoken)] == ["Madrid."]
    assert [event.text for event in rig.told(events.Transcript)] == [
        "Could you tell me",
        "Could you tell me the capital of Spain?",
        "Could you tell me the capital of Spain?",
    ]


def test_a_question_cut_in_two_by_a_long_pause_is_answered_as_one() -> None:
    with Rig(
        transcripts=["Could you tell me", "the capital of Spain?"],
        replies=[words("What?"), words("Madrid.")],
        full_duplex=True,
    ) as rig:
        rig.talk()
        rig.until(lambda: rig.told(events.SpeechEnded))
        rig.talk()
        rig.until(lambda: [event for event in rig.told(events.Spoken) if not event.cut])
    assert rig.history.messages[1].content == "Could you tell me the capital of Spain?"
    assert [(event.text, event.cut) for event in rig.told(events.Spoken)] == [("", True), ("Madrid.", False)]


class HeldModel(ScriptedChatModel):
    """Writes its first sentence, and then waits until that was played."""

    def __init__(self) -> None:
        super().__init__([words("This is the first sentence. And")])
        self.go_on = threading.Event()

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        yield from super().reply(messages, sampling=sampling, is_cancelled=is_cancelled)
        assert self.go_on.wait(20)
        yield from words("this is the second.")


def test_the_first_sentence_sounds_before_the_reply_is_complete() -> None:
    model = HeldModel()
    with Rig(model=model) as rig:
        rig.inbox.put(Typed(text="Hello?"))
        while not rig.sounding():
            rig.speaker.play()
        assert rig.told(events.Reply) == []
        model.go_on.set()
        rig.settle()
        rig.until(lambda: rig.told(events.Spoken))
    assert rig.told(events.Reply)[0].text == "This is the first sentence. And this is the second. "


def test_what_is_said_while_the_answer_sounds_is_not_heard_in_half_duplex() -> None:
    with Rig(transcripts=["Hello?"], replies=[words("One two three four five six seven eight.")]) as rig:
        rig.ask()
        rig.until(rig.sounding)
        rig.talk(800)
        rig.until(lambda: rig.told(events.Spoken))
        rig.wait(1000)
    assert len(rig.told(events.SpeechStarted)) == 1
    assert rig.told(events.Spoken)[0].cut is False


def test_a_reply_right_after_the_answer_loses_no_first_word() -> None:
    with Rig(transcripts=["Hello?", "And you?"], replies=[words("Fine."), words("Good.")]) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.Spoken))
        rig.ask()  # begins with the very next block
        rig.until(lambda: len(rig.told(events.Spoken)) == 2)
    second = rig.transcriber.utterances[1]
    np.testing.assert_array_equal(np.trim_zeros(second)[: RATE_HZ // 2], np.trim_zeros(speech(600))[: RATE_HZ // 2])


@pytest.mark.parametrize("by", ["voice", "key", "talk key", "typing"])
@pytest.mark.parametrize("when", ["thinking", "speaking", "between sentences"])
def test_at_most_two_blocks_of_a_cancelled_turn_are_heard_in_every_state(by: str, when: str) -> None:
    reply = words("One two three four five six. Seven eight nine ten eleven twelve.")
    with Rig(transcripts=["Hello?", "Stop."], replies=[reply, []], full_duplex=True) as rig:
        rig.talk()
        rig.until(lambda: rig.told(events.SpeechEnded))
        match when:
            case "thinking":
                pass  # the endpoint has just come; the next pull would be the first sound
            case "speaking":
                rig.wait(300)
            case _:
                rig.until(lambda: any(word.text == "Seven" for word in rig.told(events.Speaking)))
        match by:
            case "voice":
                while len(rig.told(events.SpeechStarted)) == 1:
                    rig.talk(20)
            case "key":
                rig.tell(InterruptPressed())
            case "talk key":
                rig.tell(TalkPressed())
            case _:
                rig.tell(Typed(text="Stop."))
        rig.speaker.play(2)
        assert not np.any(rig.speaker.play(10))
        cut = [event for event in rig.told(events.Spoken) if event.cut]
        assert len(cut) == 1
        assert "".join(reply).startswith(cut[0].text)
        assert len(cut[0].text) < len("".join(reply).strip())


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("transcribe", TranscriptionFailed("The recogniser failed.", "Try again.")),
        ("respond", GenerationFailed("The model failed.", "Try again.")),
        ("synthesize", SynthesisFailed("The voice failed.", "Try again.")),
    ],
)
def test_a_failed_stage_is_told_and_the_next_turn_works(stage: str, error: VoiceCliError) -> None:
    bad_transcripts = [error, error] if stage == "transcribe" else ["Hello?", "Hello?"]
    bad_replies: list[list[object]] = [[error], [error]] if stage == "respond" else [["Broken. "], ["Broken. "]]
    voice = ToneVoice(fail_on=("Broken.", error) if stage == "synthesize" else None)
    with Rig(
        transcripts=[*bad_transcripts, "Again?"],
        replies=[*([] if stage == "transcribe" else bad_replies), words("All is well.")],
        voice=voice,
    ) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.ErrorRaised))
        rig.until(lambda: rig.told(events.PhaseChanged)[-1].phase == "listening")
        rig.wait(500)
        rig.ask()
        rig.until(lambda: rig.told(events.Spoken))
    raised = rig.told(events.ErrorRaised)
    assert [(event.code, event.message, event.hint) for event in raised] == [(error.code, error.message, error.hint)]
    assert (sentence("apology", "en") in voice.texts) is (stage != "synthesize")
    assert rig.told(events.Spoken)[0].text == "All is well."
    assert [message.content for message in rig.history.messages][1:] == ["Again?", "All is well."]


@pytest.mark.parametrize(
    ("reply", "phrase", "code"),
    [
        ([], "no-answer", "no-answer"),
        (["\n", " "], "no-answer", "no-answer"),
        (["\U0001f44d", "\U0001f3fd"], "only-shown", "nothing-to-say"),
    ],
)
def test_an_answer_without_a_sound_is_told_and_said_in_the_language_of_the_question(
    reply: list[object], phrase: Phrase, code: str
) -> None:
    voice = ToneVoice()
    with Rig(
        transcripts=[heard("Wie geht's?", language="de"), "And you?"], replies=[reply, words("Fine.")], voice=voice
    ) as rig:
        rig.ask()
        rig.until(lambda: sentence(phrase, "de") in voice.texts)
        rig.until(lambda: rig.told(events.PhaseChanged)[-1].phase == "listening")
        rig.wait(500)
        rig.ask()
        rig.until(lambda: "Fine." in voice.texts)
        rig.wait(2000)
    assert [event.code for event in rig.told(events.Notice)] == [code]
    kept = ["".join(map(str, reply)).strip()] if code == "nothing-to-say" else []
    assert [message.content for message in rig.history.messages][1:] == [
        *(message.content for message in example("de")),  # the second question is short, and so taken to be German too
        *(["Wie geht's?"] if kept else []),
        *kept,
        "And you?",
        "Fine.",
    ]


def test_an_answer_of_code_or_a_table_alone_is_announced_in_the_language_of_the_voice() -> None:
    voice = ToneVoice(language="de")
    code, table = "```\nls\n```\n", "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"
    with Rig(transcripts=["Wie?", "Und?"], replies=[[code], [table]], voice=voice) as rig:
        for turn in (1, 2):
            rig.ask()
            rig.until_spoken(turn)
            rig.wait(400)
    assert voice.texts == [
        "Der Code steht auf dem Bildschirm.",
        "Eine Tabelle mit zwei Zeilen steht auf dem Bildschirm.",
    ]
    assert rig.told(events.Notice) == []
    assert [message.content for message in rig.history.messages][2:] == [code.strip(), "Und?", table]


def test_the_model_knows_what_time_it_is_and_nobody_else_sees_how() -> None:
    noon = dt.datetime(2026, 11, 27, 12, 34, tzinfo=dt.UTC)
    with Rig(
        transcripts=["Hello?", "What time is it?", "Thanks."],
        replies=[words("Hi."), words("12:34."), words("Bye.")],
        clock=lambda: noon,
    ) as rig:
        for turn in (1, 2, 3):
            rig.ask()
            rig.until_spoken(turn)
            rig.wait(400)
    assert isinstance(rig.chat_model, ScriptedChatModel)
    prompts = [[message.content for message in prompt.messages] for prompt in rig.chat_model.prompts]
    assert prompts[0] == ["Today is Friday, 27 November 2026.\nBe brief.", "Hello?"]
    assert prompts[1][-1] == "It is 12:34.\nWhat time is it?"
    assert prompts[2][:4] == prompts[1]  # as it was sent
    assert prompts[2][-1] == "Thanks."
    assert [event.text for event in rig.told(events.Transcript) if event.final] == [
        "Hello?",
        "What time is it?",
        "Thanks.",
    ]
    assert "2026" not in " ".join(rig.transcriber.contexts)


def test_an_answer_that_reached_its_limit_ends_with_its_last_whole_sentence_and_says_so() -> None:
    voice = ToneVoice()
    long = words("The sea is deep and blue. Ships sail on it every day. And then the")
    with Rig(
        transcripts=["Tell me about the sea.", "And you?"], replies=[[*long, LIMIT], words("Fine.")], voice=voice
    ) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(500)
        rig.ask()
        rig.until_spoken(2)
    whole = "The sea is deep and blue. Ships sail on it every day."
    assert [(event.text.strip(), event.hit_limit) for event in rig.told(events.Reply)] == [
        (whole, True),
        ("Fine.", False),
    ]
    assert " ".join(voice.texts[:-1]) == whole
    assert rig.told(events.Spoken)[0].text == whole
    assert rig.history.messages[2].content == whole
    assert [event.code for event in rig.told(events.Notice)] == ["reply-limit"]


def test_a_model_that_thinks_until_its_limit_and_answers_nothing_is_told_of() -> None:
    with Rig(transcripts=["Hello?", "And you?"], replies=[[LIMIT], words("Fine.")]) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.Notice))
        rig.wait(500)
        rig.ask()
        rig.until_spoken(1)
    assert [event.code for event in rig.told(events.Notice)] == ["reply-limit", "no-answer"]


def test_an_utterance_without_end_is_answered_at_the_limit_and_the_user_is_told() -> None:
    with Rig(transcripts=["One", "Two"], replies=[words("Yes."), words("Yes.")], longest_utterance_s=5) as rig:
        rig.talk(5400)
        rig.until(lambda: rig.told(events.Notice))
    assert [event.code for event in rig.told(events.Notice)] == ["utterance-limit"]
    assert rig.told(events.SpeechEnded)[0].reason == "limit"


def test_typed_lines_are_answered_one_after_the_other_and_then_the_session_ends() -> None:
    with Rig(replies=[words("One."), words("Two.")]) as rig:
        for text in ("First?", "Second?"):
            rig.tell(Typed(text=text, wait=True))
        rig.tell(InputClosed())
        rig.until(lambda: rig.conductor.closed)
    assert [event.text for event in rig.told(events.Spoken)] == ["One.", "Two."]
    assert isinstance(rig.events[-1], events.Bye)
    assert rig.told(events.Bye)[0].turns == 2


def test_forty_turns_leave_nothing_behind() -> None:
    before = threads()
    turns = 40
    with Rig(
        transcripts=[f"Question {number}?" for number in range(turns)],
        replies=[words(f"Answer number {number}.") for number in range(turns)],
    ) as rig:
        for number in range(turns):
            rig.ask()
            rig.until_spoken(number + 1)
            rig.wait(300)
        rig.tell(QuitAsked())
        stats = rig.graph.stats()
    assert threads() == before
    assert all(channel.peak <= channel.limit and channel.dropped == 0 for channel in stats)
    assert len(rig.history.messages) == 1 + 2 * turns
    rig.transcriber.done()


def test_quitting_in_the_middle_of_an_answer_silences_it_and_ends_every_thread() -> None:
    before = threads()
    with Rig(transcripts=["Hello?"], replies=[words("One two three four five six seven eight.")]) as rig:
        rig.ask()
        rig.until(rig.sounding)
        rig.tell(QuitAsked())
        rig.speaker.play(2)
        assert not np.any(rig.speaker.play(10))
    assert threads() == before
    assert isinstance(rig.events[-1], events.Bye)


@pytest.mark.parametrize("word_ms", [200.0, None])
def test_words_are_told_when_they_are_heard(word_ms: float | None) -> None:
    voice = ToneVoice(word_ms=word_ms, ms_per_character=50)
    reply = "A considerable **number** of [words](x) 1 2 3."
    said = "A considerable numberof words one two three."  # cut in two before "of", without a pause
    with Rig(transcripts=["Hello?"], replies=[words(reply)], voice=voice) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.Spoken))
    told = rig.told(events.Speaking)
    assert [word.text for word in told] == ["A", "considerable", "**number**", "of", "[words]", "1", "2", "3."]
    at_s = [word.t_s - told[0].t_s for word in told]
    by_length_s = [0.05 * said.index(word) for word in said.replace("rof", "r of").split()]
    expected_s = by_length_s if word_ms is None else [n * word_ms / 1000 for n in range(8)]
    assert at_s == pytest.approx(expected_s, abs=0.021)


def test_a_voice_is_told_where_in_its_sentence_a_piece_stands() -> None:
    voice = ToneVoice(word_ms=100)
    reply = "The sky looks blue to us because air scatters it. Is that all?"
    with Rig(transcripts=["Why is the sky blue?"], replies=[words(reply)], voice=voice) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.Spoken))
    assert list(zip(voice.texts, voice.places, strict=True)) == [
        ("The sky looks blue to us", Within(goes_on=True)),
        ("because air scatters it.", Within(before="blue to us", joined=True)),
        ("Is that all?", Within()),
    ]


def test_what_is_read_otherwise_than_written_is_shown_as_written() -> None:
    voice = ToneVoice(word_ms=100)
    with Rig(transcripts=["How much?"], replies=[words("Dr. Smith says it costs $5.99 at 8:00.")], voice=voice) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.Spoken))
    assert voice.texts == ["Doctor Smith says it costs five dollars and ninety-nine cents at eight o'clock."]
    told = rig.told(events.Speaking)
    assert [word.text for word in told] == ["Dr.", "Smith", "says", "it", "costs", "$5.99", "at", "8:00."]
    at_s = [word.t_s - told[0].t_s for word in told]
    assert at_s == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0, 1.1], abs=0.021)


@pytest.mark.parametrize(("word_ms", "heard"), [(400.0, "A considerable number"), (None, "A considerable")])
def test_an_answer_is_cut_behind_the_last_word_that_was_heard(word_ms: float | None, heard: str) -> None:
    voice = ToneVoice(word_ms=word_ms, ms_per_character=85)
    with Rig(transcripts=["Hello?"], replies=[words("A considerable number of things to say.")], voice=voice) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.Speaking))
        rig.until(lambda: rig.ledger_s >= rig.told(events.Speaking)[0].t_s + 1.25)
        rig.tell(InterruptPressed())
    assert [(event.text, event.cut) for event in rig.told(events.Spoken)] == [(heard, True)]
    assert rig.history.messages[-1].content == heard


@pytest.mark.parametrize(("cut_s", "heard"), [(0.9, "It costs"), (1.55, "It costs $5.99")])
def test_a_sum_counts_as_heard_when_all_its_words_were(cut_s: float, heard: str) -> None:
    voice = ToneVoice(word_ms=200)  # "It costs five dollars and ninety-nine cents ...": the sum is over after 1.4 s
    with Rig(transcripts=["Hm?"], replies=[words("It costs $5.99 in all shops of the town.")], voice=voice) as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.Speaking))
        rig.until(lambda: rig.ledger_s >= rig.told(events.Speaking)[0].t_s + cut_s)
        rig.tell(InterruptPressed())
    assert [(event.text, event.cut) for event in rig.told(events.Spoken)] == [(heard, True)]
