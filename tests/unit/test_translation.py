"""The languages, the prompt and the direction of a translation; and how a model is made to translate."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes.engines import ScriptedChatModel
from voicecli.app import translation as app
from voicecli.app.setting_commands import Wish
from voicecli.background import TrialJob
from voicecli.errors import UnknownName
from voicecli.models import catalog
from voicecli.models.store import ResolvedModel
from voicecli.pipeline.translating import ATTEMPTS, Translated, Translating
from voicecli.session import personas, translators
from voicecli.speech import translation as t
from voicecli.speech.faithful import check
from voicecli.speech.translation_examples import EXAMPLES, UNTRANSLATED
from voicecli.speech.translation_trials import TRIALS
from voicecli.turn import Turn

BETWEEN = ("en", "de")


@pytest.mark.parametrize("text", ["en:de", "English:german", " en : DE "])
def test_two_languages_are_named_by_code_or_in_english(text: str) -> None:
    assert t.parse(text) == BETWEEN


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("en", "does not name two languages"),
        ("en:", "does not name two languages"),
        ("en:de:fr", "does not name two languages"),
        ("en:en", "names one language twice"),
        ("en:xx", "There is no language xx"),
        ("en:cy", "does not translate Welsh"),
    ],
)
def test_anything_else_is_told(text: str, message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        t.parse(text)


def test_every_language_has_the_same_sentences() -> None:
    assert {len(sentences) for sentences in EXAMPLES.values()} == {6}
    assert set(EXAMPLES) == set(UNTRANSLATED) == set(TRIALS)
    numbers = [[("3" in each, "7:45" in each, "6" in each) for each in sentences] for sentences in EXAMPLES.values()]
    assert all(each == numbers[0] for each in numbers)


@pytest.mark.parametrize("source", list(TRIALS))
@pytest.mark.parametrize("target", list(TRIALS))
def test_the_trials_are_good_translations_of_each_other(source: str, target: str) -> None:
    for one, other in zip(TRIALS[source], TRIALS[target], strict=True):
        assert other.is_meant_by(other.text)
        if source != target:
            assert check(one.text, other.text, t.Direction(source=source, target=target)).faults == ()


def test_the_prompt_is_the_same_for_both_directions_and_has_examples_of_both() -> None:
    prompt = t.prompt(BETWEEN)
    assert [role for role, _ in prompt] == ["system", *["user", "assistant"] * 6]
    assert prompt[1][1] == f"From English into German:\n{EXAMPLES['en'][0]}"
    assert prompt[2][1] == EXAMPLES["de"][0]
    assert prompt[3][1] == f"From German into English:\n{EXAMPLES['de'][1]}"


def test_a_prompt_for_one_direction_has_examples_of_that_one_only() -> None:
    way = t.Direction(source="de", target="en")
    prompt = t.prompt(BETWEEN, way)
    assert all(content.startswith("From German into English:") for role, content in prompt if role == "user")
    assert [content for role, content in prompt if role == "assistant"] == list(EXAMPLES["en"])


@pytest.mark.parametrize(
    ("text", "between", "language"),
    [
        ("What is the time?", ("en", "de"), "en"),
        ("Wie spät ist es?", ("en", "de"), "de"),
        ("Schöne Grüße", ("en", "de"), "de"),
        ("Hamburg", ("en", "de"), ""),
        ("你好", ("en", "zh"), "zh"),
        ("Hello", ("zh", "en"), "en"),
        ("Привет", ("de", "ru"), "ru"),
        ("123", ("de", "ru"), ""),
        ("La casa está vacía", ("es", "en"), "es"),
    ],
)
def test_the_language_of_typed_text_is_told_from_the_text(text: str, between: tuple[str, str], language: str) -> None:
    assert t.language_among(text, between) == language


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("Guten Morgen.", "Guten Morgen."),
        ("Translation: Guten Morgen.", "Guten Morgen."),
        ("Here is the translation:\n\nGuten Morgen.", "Guten Morgen."),
        ("„Guten Morgen.“", "Guten Morgen."),
        ("From English into German:\nGuten Morgen.", "Guten Morgen."),
        ("**Guten** Morgen.", "Guten Morgen."),
    ],
)
def test_only_the_translation_is_taken_of_a_reply(reply: str, text: str) -> None:
    assert t.written(reply) == text


def translate(replies: Sequence[Sequence[str]], text: str, asked_in: str = "en") -> tuple[list[Translated], list[str]]:
    """Translates `text` with a model that writes `replies`. Returns the translations, and the last message of each prompt."""
    with ScriptedChatModel(replies) as model:
        translating = Translating()
        way = translating.way(model, text, BETWEEN, asked_in=asked_in, is_cancelled=lambda: False)
        done = list(translating.sentences(model, text, BETWEEN, way, is_cancelled=lambda: False))
        return done, [prompt.messages[-1].content for prompt in model.prompts]


def test_each_sentence_is_translated_by_itself() -> None:
    done, prompts = translate([["Guten ", "Morgen."], ["Wie geht es dir?"]], "Good morning. How are you?")
    assert [(each.text, each.language, each.failed) for each in done] == [
        ("Guten Morgen.", "de", False),
        ("Wie geht es dir?", "de", False),
    ]
    assert prompts == ["From English into German:\nGood morning.", "From English into German:\nHow are you?"]


def test_what_was_lost_is_named_in_the_next_attempt() -> None:
    done, prompts = translate([["Ich traf sie dort."], ["Ich traf Sarah in Madrid."]], "I met Sarah in Madrid.")
    assert [(each.text, each.attempts) for each in done] == [("Ich traf Sarah in Madrid.", 2)]
    assert prompts[1].startswith("From English into German (keep Sarah, Madrid):")


def test_a_reply_is_never_let_through() -> None:
    done, prompts = translate([["I am fine, thank you."]] * ATTEMPTS, "How are you?")
    assert done == [Translated(text=UNTRANSLATED["en"], language="en", failed=True, attempts=ATTEMPTS)]
    assert len(prompts) == ATTEMPTS


def test_the_other_direction_is_taken_for_the_other_language() -> None:
    done, _ = translate([["Good morning."]], "Guten Morgen.", asked_in="de")
    assert [(each.text, each.language) for each in done] == [("Good morning.", "en")]


def test_a_model_is_asked_for_the_language_of_typed_text_that_is_not_clear() -> None:
    done, prompts = translate([["German"], ["Hello, Hamburg!"]], "Moin Hamburg!", asked_in="")
    assert [(each.text, each.language) for each in done] == [("Hello, Hamburg!", "en")]
    assert prompts[0] == "Moin Hamburg!"


def test_a_model_is_tried_in_both_directions() -> None:
    good = [
        ["Wo wohnen Maria und ihre 2 Brüder?"],
        ["Where do Maria and her 2 brothers live?"],
        ["Meine Tochter trinkt warme Milch, bevor sie schläft."],
        ["My daughter drinks warm milk before going to bed."],
    ]
    other_words = [*good[:2], ["Meine Torte springt warme Wolke, bevor sie fliegt."], good[3]]
    answers = [good[0], *[["They live in Rome."]] * ATTEMPTS, *good[2:]]
    for replies, can in ((good, True), (other_words, False), (answers, False)):
        with ScriptedChatModel(replies) as model:
            (tried,) = Translating().tried(model, TrialJob(turn=Turn(0), between=BETWEEN))
            assert (tried.can, tried.between, tried.model) == (can, BETWEEN, model.name)


def test_a_translator_is_a_persona() -> None:
    persona = personas.load("translate-en-de")
    assert persona.between == BETWEEN
    assert translators.name_of(BETWEEN) == persona.name
    assert personas.load("assistant").between is None
    with pytest.raises(UnknownName, match="There is no persona translate-en-en"):
        personas.load("translate-en-en")


def test_what_the_command_comes_to() -> None:
    became: list[str] = []

    def become(name: str) -> Wish:
        became.append(name)
        return Wish()

    def wish(rest: str, present: str) -> str:
        return app.wish(rest, present=present, otherwise="tutor", become=become).remark

    assert wish("", "tutor") == "Nothing is translated. For example: /translate en:de"
    assert wish("", "translate-en-de").startswith("Translating between English and German.")
    assert wish("off", "tutor") == "Nothing is translated."
    assert wish("en:de", "tutor") == "To end the translation: /translate off"
    assert wish("off", "translate-en-de") == ""
    assert became == ["translate-en-de", "tutor"]
    with pytest.raises(UnknownName):
        wish("en", "tutor")


def test_a_recogniser_must_understand_both_languages() -> None:
    entries = {each.name: each for each in catalog.load().of_kind("stt")}
    for name, fits in (("whisper-base", True), ("whisper-tiny.en", False)):
        model = ResolvedModel(kind="stt", name=name, path=Path(), entry=entries[name])
        with contextlib.nullcontext() if fits else pytest.raises(UnknownName, match="does not understand German"):
            app.check_recogniser(BETWEEN, model)
