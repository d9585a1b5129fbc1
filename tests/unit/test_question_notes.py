"""What is put before a question shows the model the language of the answer, and tells it what cannot be done."""

from __future__ import annotations

import pytest

from measure_answers import read_questions
from voicecli.app.session_stages import usual_language
from voicecli.engines.ports import ChatMessage, Sampling
from voicecli.session.conversation_record import ConversationRecord, TurnRecord
from voicecli.session.history import History
from voicecli.session.jobs import Manner, asked
from voicecli.session.question_notes import EXAMPLES, ONLY_TALK, language_of, note
from voicecli.speech.action_requests import asks_for_action
from voicecli.speech.answer_rules import Rules

ACTIONS = (
    "Please turn on the light in the kitchen.",
    "Switch the heating off",
    "Could you call my mother?",
    "Send Peter a message that I am late.",
    "Open the pod bay doors, HAL.",
    "Play some music.",
    "Book a table for two.",
    "Schalte bitte das Licht ein.",
    "Kannst du bitte Anna anrufen?",
    "Mach das Fenster zu.",
    "Enciende la luz del salón.",
    "Pon música tranquila.",
    "Éteins la télévision.",
    "Appelle un taxi.",
    "请打开客厅的灯",
    "帮我叫一辆车",
)
WORDS = (
    "Tell me a story about a light.",
    "How do I turn off the light?",
    "Call me Peter.",
    "Play a guessing game with me.",
    "Close your eyes and describe the sea.",
    "Order these numbers: nine, two, five.",
    "Turn this sentence into a question.",
    "Send me to sleep with a story.",
    "Make me laugh.",
    "Stell dir vor, du wärst auf dem Mond.",
    "Ruf mir ins Gedächtnis, wer Goethe war.",
    "Spiel mit mir ein Ratespiel.",
    "Llámame Pedro.",
    "Appelle-moi Pierre.",
    "你能告诉我怎么开灯吗",
    "给我讲一个关于汽车的故事",
    "",
)


@pytest.mark.parametrize("text", ACTIONS)
def test_what_words_cannot_do_is_recognised(text: str) -> None:
    assert asks_for_action(text)


@pytest.mark.parametrize("text", WORDS)
def test_what_words_can_do_is_not(text: str) -> None:
    assert not asks_for_action(text)


def contents(messages: tuple[ChatMessage, ...]) -> list[str]:
    return [each.content for each in messages]


HELLO = ["Be brief.", *contents(EXAMPLES["zh"])]


def test_the_first_question_in_a_language_follows_an_example_in_it() -> None:
    history = History("Be brief.")
    first = history.with_question("法国的首都是哪里?", "zh")
    assert contents(first) == [*HELLO, "法国的首都是哪里?"]
    history.ask("法国的首都是哪里?")
    assert history.messages == first
    history.answer("巴黎。")
    second = history.with_question("意大利的呢?", "zh")
    assert second[: len(first)] == first
    assert contents(second[len(first) :]) == ["巴黎。", "意大利的呢?"]
    assert history.context() == "法国的首都是哪里? 巴黎。"


def test_another_language_has_one_as_well_and_english_has_none() -> None:
    history = History("Be brief.")
    assert contents(history.with_question("How are you?", "en")) == ["Be brief.", "How are you?"]
    assert contents(history.with_question("Hur mår du?", "sv")) == ["Be brief.", "Hur mår du?"]
    history.with_question("Wie geht es dir?", "de")
    history.ask("Wie geht es dir?")
    history.answer("Gut.")
    assert contents(history.with_question("你好吗?", "zh"))[-3:] == [*HELLO[1:], "你好吗?"]


def test_what_continues_a_question_keeps_its_example_and_what_is_taken_back_takes_it_along() -> None:
    history = History("Be brief.")
    history.with_question("我今天", "zh")
    history.ask("我今天")
    assert contents(history.with_question("很累", "zh")) == [*HELLO, "我今天 很累"]
    history.follow(ConversationRecord())
    assert contents(history.messages) == ["Be brief."]
    assert contents(history.with_question("我很累", "zh")) == [*HELLO, "我很累"]


def test_a_conversation_that_was_resumed_is_in_its_language_already() -> None:
    history = History("Be brief.")
    turn = TurnRecord(turn=-1, turns=(-1,), question="你好吗?", language="zh", answer="很好。")
    history.follow(ConversationRecord(settled=(turn,)))
    assert contents(history.with_question("我很累", "zh")) == ["Be brief.", "你好吗?", "很好。", "我很累"]


def test_the_language_of_a_typed_question_is_told_by_its_words() -> None:
    assert contents(History("Be brief.").with_question("法国的首都是哪里?"))[:-1] == HELLO
    assert language_of("Was ist das und warum ist es so?") == "de"
    others = ("こんにちは世界", "Привет, как дела?", "Γεια", "1 + 1", "OK", "")
    assert [language_of(text) for text in others] == ["ja", "ru", "el", "", "", ""]


def test_a_persona_whose_rules_read_the_question_gets_the_question_alone() -> None:
    ball = Manner(language=None, sampling=Sampling(rules=Rules(frame="{question} About a river.")))
    plain = Manner(language=None, sampling=Sampling(rules=Rules(varies=True)))
    assert contents(asked("你好吗?", "zh", ball, History("Be brief."), can_act=False)) == ["Be brief.", "你好吗?"]
    assert contents(asked("你好吗?", "zh", plain, History("Be brief."), can_act=False)) == [*HELLO, "你好吗?"]


def test_only_a_model_without_tools_is_told_that_it_can_only_talk() -> None:
    history = History("Be brief.")
    assert history.with_question("Turn on the light.")[-1].content == ONLY_TALK["en"] + "Turn on the light."
    assert history.with_question("Turn on the light.", can_act=True)[-1].content == "Turn on the light."
    assert note("Schalte das Licht ein.", "de", can_act=False) == ONLY_TALK["de"]
    assert note("Pon música tranquila.", "", can_act=False) == ONLY_TALK["es"]  # typed
    assert note("Tell me a story.", "en", can_act=False) == ""


def test_where_the_language_is_set_the_example_is_read_before_anything_is_said() -> None:
    history = History("Be brief.")
    assert history.with_question("你好吗?", "zh")[:-1] == history.beginning("zh")
    assert history.beginning("") == history.beginning("en") == history.messages


def test_everyday_questions_in_english_are_sent_as_they_are() -> None:
    asked_in_turn = [turn for question in read_questions() for turn in question.turns]
    assert len(asked_in_turn) >= 100
    for text in asked_in_turn:
        for language in ("en", ""):
            assert contents(History("Be brief.").with_question(text, language)) == ["Be brief.", text]


def test_the_language_that_is_set_or_usual_is_expected_first() -> None:
    assert usual_language("zh", "de, en") == "zh"
    assert usual_language(None, "de, en") == "de"
    assert usual_language(None, "") == ""
