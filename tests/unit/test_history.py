"""The model gets what was said, what was actually heard, and the time."""

# ruff: noqa: RUF001 - other scripts are part of what is tested

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.session.date_prompt import asks_for_time
from voicecli.session.history import CONTEXT_CHARACTERS, History, Played, heard_text
from voicecli.speech.sentence_chunker import Chunk, ChunkerConfig, SentenceChunker

REPLY = "One two three. Four five six. Seven."
PIECES = (
    Chunk(index=0, start=0, end=15, text="One two three."),
    Chunk(index=1, start=15, end=30, text="Four five six."),
    Chunk(index=2, start=30, end=36, text="Seven."),
)


@pytest.mark.parametrize(
    ("played", "heard"),
    [
        (Played(), ""),
        (Played(chunk=0, fraction=0.0), ""),
        (Played(chunk=0, fraction=0.5), "One two"),
        (Played(chunk=0, fraction=1.0), "One two three."),
        (Played(chunk=1, fraction=0.0), "One two three."),
        (Played(chunk=1, fraction=0.5), "One two three. Four"),
        (Played(chunk=2, fraction=0.9), "One two three. Four five six."),
        (Played(chunk=2, fraction=1.0), REPLY),
    ],
)
def test_what_was_heard_is_clipped_to_whole_words(played: Played, heard: str) -> None:
    assert heard_text(REPLY, PIECES, played) == heard


@pytest.mark.parametrize(
    ("chunk", "words", "heard"),
    [
        (0, 0, ""),
        (0, 1, "**One**"),
        (0, 2, "**One**  two"),
        (0, 3, "**One**  two `three`."),
        (1, 0, "**One**  two `three`."),
        (1, 2, "**One**  two `three`. Four five"),
    ],
)
def test_where_it_is_known_when_words_sounded_the_last_one_heard_is_the_last(
    chunk: int, words: int, heard: str
) -> None:
    reply = "**One**  two `three`. Four five six."
    splitter = SentenceChunker(ChunkerConfig(shortest_chars=1))
    chunks = splitter.feed(reply) + splitter.finish()
    assert heard_text(reply, chunks, Played(chunk=chunk, fraction=0.9, words=words)) == heard


@given(st.integers(-1, 2), st.floats(0, 1), st.none() | st.integers(0, 5))
def test_what_was_heard_is_a_beginning_of_the_reply(chunk: int, fraction: float, words: int | None) -> None:
    splitter = SentenceChunker()
    chunks = splitter.feed(REPLY) + splitter.finish()
    played = Played(chunk=chunk, fraction=fraction, words=words)
    for said in (PIECES, chunks):
        assert REPLY.startswith(heard_text(REPLY, said, played))


def retract(history: History) -> None:
    """The question that is open does not count."""
    if history.record.parts:
        history.follow(history.record.ended(history.record.open_turn()))


def take_back(history: History) -> None:
    """The last question and its answer are undone."""
    retract(history)
    if history.record.answered:
        history.follow(history.record.without(history.record.answered[-1].turn))


def contents(history: History) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in history.messages]


def test_a_conversation_grows_at_its_end_only() -> None:
    history = History("Be brief.")
    history.ask("Hello?")
    before = history.messages
    history.answer("Hi.")
    history.ask("And?")
    assert history.messages[: len(before)] == before
    assert contents(history) == [("system", "Be brief."), ("user", "Hello?"), ("assistant", "Hi."), ("user", "And?")]


def test_a_question_that_follows_an_unanswered_one_continues_it() -> None:
    history = History("")
    history.ask("Could you tell me")
    history.ask("the capital of Spain?")
    assert contents(history)[1:] == [("user", "Could you tell me the capital of Spain?")]


def test_the_context_is_the_newest_words_of_both_sides() -> None:
    history = History("Be brief.")
    assert history.context() == ""
    history.ask("What is  the capital of France?")
    history.answer("The capital\nof France is")
    assert history.context() == "What is the capital of France? The capital of France is"
    history.ask("word " * 1000)
    assert len(history.context()) <= CONTEXT_CHARACTERS


def test_trying_a_question_changes_nothing() -> None:
    history = History("")
    history.ask("Could you tell me")
    tried = history.with_question("the capital of Spain?")
    assert tried[-1].content == "Could you tell me the capital of Spain?"
    assert contents(history)[-1] == ("user", "Could you tell me")


def test_a_question_can_be_taken_back_and_an_answered_one_cannot() -> None:
    history = History("")
    history.ask("One?")
    history.answer("Yes.")
    history.ask("Two?")
    retract(history)
    retract(history)
    assert contents(history)[1:] == [("user", "One?"), ("assistant", "Yes.")]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 27, 12, 34, 50, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += dt.timedelta(**time)


DAY = "Today is Friday, 27 November 2026.\n"
LINE = "It is 12:34.\n"


def test_the_model_is_told_the_day_once_and_the_time_with_a_question_that_asks_for_it() -> None:
    history = History("Be brief.", Clock())
    history.ask("What is a nebula?")
    history.answer("A cloud.")
    history.ask("What time is it?")
    assert contents(history) == [
        ("system", DAY + "Be brief."),
        ("user", "What is a nebula?"),
        ("assistant", "A cloud."),
        ("user", LINE + "What time is it?"),
    ]


def test_a_line_stays_with_its_question_exactly_as_it_was_sent() -> None:
    clock = Clock()
    history = History("", clock)
    sent = history.with_question("What time is it?")
    clock.passes(minutes=5)  # it waited to be confirmed
    history.ask("What time is it?")
    assert history.messages == sent
    history.answer("12:34.")
    clock.passes(hours=1)
    assert history.with_question("And now?")[: len(sent)] == sent
    assert history.with_question("What time is it now?")[-1].content.startswith("It is 13:39.\n")


def test_drafts_of_one_question_begin_alike_when_the_minute_changes_between_them() -> None:
    clock = Clock()
    history = History("", clock)
    first = history.with_question("What time is it")
    clock.passes(seconds=20)
    second = history.with_question("What time is it in Rome?")
    assert second[-1].content.startswith(first[-1].content)
    clock.passes(minutes=10)  # another question, for all anybody knows
    assert "12:45" in history.with_question("What time is it in Rome?")[-1].content


def test_the_first_question_of_another_day_says_so() -> None:
    clock = Clock()
    history = History("", clock)
    history.ask("Who are you?")
    history.answer("Me.")
    clock.passes(hours=12)
    history.ask("And who am I?")
    history.answer("You.")
    history.ask("Really?")
    lines = [content for role, content in contents(history) if role == "user"]
    assert lines == ["Who are you?", "Today is Saturday, 28 November 2026.\nAnd who am I?", "Really?"]
    take_back(history)
    take_back(history)
    assert history.with_question("Really?")[-1].content.startswith("Today is Saturday")  # it was never told, now


def test_what_continues_a_question_keeps_its_line_and_what_is_taken_back_takes_it_along() -> None:
    clock = Clock()
    history = History("", clock)
    history.ask("What time is it")
    clock.passes(minutes=3)
    history.ask("in Tokyo?")
    assert contents(history)[1:] == [("user", LINE + "What time is it in Tokyo?")]
    retract(history)
    assert history.with_question("Hello?")[-1].content == "Hello?"


def test_the_line_is_for_the_model_alone() -> None:
    history = History("", Clock())
    history.ask("What time is it?")
    history.answer("12:34.")
    assert history.context() == "What time is it? 12:34."


def test_another_persona_knows_the_day_too() -> None:
    history = History("Be brief.", Clock())
    history.become("Be long.")
    assert contents(history) == [("system", DAY + "Be long.")]


ASKS = (
    "What time is it?",
    "WHAT'S THE TIME",
    "Wie spät ist es?",
    "Wie viel Uhr ist es?",
    "¿Qué hora es?",
    "Quelle heure est-il ?",
)
ASKS_TOO = ("Che ore sono?", "Hoe laat is het?", "Która jest godzina?", "Que horas são?", "Который час?", "现在几点？")
OTHERS = ("What is the capital of France?", "Sometimes I feel like it.", "How do I boil an egg?", "What day is it?", "")
OTHERS_TOO = ("Was ist ein Nebel?", "Bonjour !", "Où sont mes clés ?", "¿Cómo estás?", "Кто ты?", "你好吗？")


@pytest.mark.parametrize("text", [*ASKS, *ASKS_TOO])
def test_a_question_for_the_time_is_known_in_every_language_with_a_voice(text: str) -> None:
    assert asks_for_time(text)


@pytest.mark.parametrize("text", [*OTHERS, *OTHERS_TOO])
def test_other_questions_are_sent_as_they_are(text: str) -> None:
    assert not asks_for_time(text)


STEPS = st.lists(
    st.tuples(st.sampled_from(["draft", "ask", "answer", "retract", "take back", "wait"]), st.integers(0, 3)),
    max_size=30,
)


@given(STEPS)
def test_whatever_happens_a_prompt_only_changes_at_its_end_and_is_kept_as_it_was_sent(
    steps: list[tuple[str, int]],
) -> None:
    clock = Clock()
    history = History("Be brief.", clock)
    questions = ("What time is it?", "Who are you?", "What is the time in Rome?", "And now")
    for step, number in steps:
        before = history.messages
        match step:
            case "draft":
                sent = history.with_question(questions[number])
                assert history.messages == before
                assert sent[: len(before) - (before[-1].role == "user")] == before[: len(sent) - 1]
            case "ask":
                sent = history.with_question(questions[number])
                clock.passes(minutes=number)
                history.ask(questions[number])
                assert history.messages == sent
            case "answer":
                history.answer("So it is.")
                assert history.messages[: len(before)] == before
            case "retract":
                retract(history)
                assert before[: len(history.messages)] == history.messages
            case "take back":
                take_back(history)
                assert before[: len(history.messages)] == history.messages
            case _:
                clock.passes(hours=number * 5)


def test_a_message_is_made_once_however_many_prompts_it_is_part_of() -> None:
    history = History("You are brief.")
    history.ask("One?")
    history.answer("One.")
    first = history.messages
    assert all(now is before for now, before in zip(history.with_question("Two?"), first, strict=False))


def test_what_is_remembered_of_the_user_stays_whoever_the_assistant_is() -> None:
    history = History("Be brief.", None, ("I like tea",))
    assert history.messages[0].content.startswith("Be brief.\n\n")
    assert history.messages[0].content.endswith("- I like tea\n")
    history.become("Be obscure.")
    assert history.messages[0].content.startswith("Be obscure.\n\n")
    assert history.messages[0].content.endswith("- I like tea\n")
    history.know(())
    assert history.messages[0].content == "Be obscure."


def test_a_session_without_facts_has_the_prompt_of_the_persona_alone() -> None:
    assert History("Be brief.\n").messages[0].content == "Be brief.\n"
