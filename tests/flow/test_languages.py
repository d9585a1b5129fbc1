# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""Answers are spoken by a voice of the language in which the person speaks, and short clips never change that language."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fakes.engines import ToneVoice
from fakes.machine_session import utterance
from fakes.polyglot import Polyglot, Said, VoiceRack
from fakes.session_rig import Rig
from voicecli import events
from voicecli.messages import TranscribeJob
from voicecli.pipeline.recognition import Transcribe
from voicecli.turn import Turn

LONG_MS, SHORT_MS = 2200, 500

ENGLISH = ("Where is the train to the city?", "The train to the city is on the left.")
GERMAN = ("Wo ist der Zug in die Stadt?", "Der Zug in die Stadt ist auf der linken Seite.")


def talk(
    script: Sequence[tuple[Said, float]], answers: Sequence[str], *, languages: Sequence[str] = ()
) -> tuple[Rig, Polyglot, VoiceRack]:
    """Says everything, each for so many ms, and waits for the answers."""
    recogniser = Polyglot([said for said, _ in script])
    rack = VoiceRack("de", "es", "fr")
    rig = Rig(
        recogniser=recogniser,
        replies=[[f"{word} " for word in answer.split()] for answer in answers],
        voice=ToneVoice(ms_per_character=10.0),
        voices=rack,
        languages=languages,
    )
    with rig:
        for count, (_, duration_ms) in enumerate(script, 1):
            recogniser.next()
            rig.talk(duration_ms)
            rig.wait(900)
            rig.until_spoken(count)
            rig.wait(300)
    return rig, recogniser, rack


def heard_in(rig: Rig) -> list[str]:
    return [event.language for event in rig.told(events.Transcript) if event.final]


def test_english_and_german_alternate_for_ten_turns_and_the_voice_with_them() -> None:
    turns = [(ENGLISH, "en") if n % 2 == 0 else (GERMAN, "de") for n in range(10)]
    script = [(Said(text=text[0], language=language), LONG_MS) for text, language in turns]
    rig, _, rack = talk(script, [text[1] for text, _ in turns])
    assert heard_in(rig) == ["en", "de"] * 5
    assert isinstance(rig.voice, ToneVoice)
    assert " ".join(rig.voice.texts) == " ".join([ENGLISH[1]] * 5)
    assert " ".join(rack.voices["de"].texts) == " ".join([GERMAN[1]] * 5)


def test_ten_short_english_clips_in_a_row_never_switch() -> None:
    guesses = ["cy", "de", "nl", "la", "ja", "de", "es", "de", "fr", "ko"]
    first = (Said(text=ENGLISH[0], language="en"), LONG_MS)
    clips = [(Said(text="OK then.", language=guess, probability=0.9), SHORT_MS) for guess in guesses]
    rig, recogniser, rack = talk([first, *clips], ["Right, that is it."] * 11)
    assert heard_in(rig) == ["en"] * 11
    assert {language for number, language in recogniser.asked if number > 1} == {"en"}
    assert all(not voice.texts for voice in rack.voices.values())


def test_a_session_that_begins_with_short_clips_keeps_no_guess() -> None:
    clips = [Said(text="Yes.", language="cy", probability=0.4), Said(text="Yes.", language="en", probability=0.9)]
    script = [*((clip, SHORT_MS) for clip in clips), (Said(text="No.", language="de", probability=0.9), SHORT_MS)]
    rig, _, _ = talk(script, ["Right."] * 3)
    assert heard_in(rig) == ["cy", "en", "en"]


def test_a_longer_utterance_switches_only_when_the_recogniser_is_sure() -> None:
    script = [
        (Said(text=ENGLISH[0], language="en"), LONG_MS),
        (Said(text=ENGLISH[0], language="nl", probability=0.4), LONG_MS),
        (Said(text=GERMAN[0], language="de", probability=0.6), LONG_MS),
    ]
    rig, _, _ = talk(script, ["Right."] * 3)
    assert heard_in(rig) == ["en", "en", "de"]


def test_of_a_list_of_languages_no_other_is_taken() -> None:
    script = [
        (Said(text=GERMAN[0], language="nl"), LONG_MS),
        (Said(text=GERMAN[0], language="de"), LONG_MS),
        (Said(text=GERMAN[0], language="nl"), LONG_MS),
    ]
    rig, _, _ = talk(script, ["Gut."] * 3, languages=("en", "de"))
    assert heard_in(rig) == ["en", "de", "de"]


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("es", "¿Cómo está la casa de tu hermano?", "La casa de mi hermano está muy bien."),
        ("fr", "Comment est la maison de ton frère ?", "La maison de mon frère est très belle."),
    ],
)
def test_other_languages_have_their_voices_too(language: str, question: str, answer: str) -> None:
    rig, _, rack = talk([(Said(text=question, language=language), LONG_MS)], [answer])
    assert " ".join(rack.voices[language].texts) == answer
    assert isinstance(rig.voice, ToneVoice)
    assert rig.voice.texts == []


def test_five_chinese_turns_without_a_voice_are_shown_and_the_command_for_one_is_told_once() -> None:
    script = [(Said(text="今天天气怎么样？", language="zh"), LONG_MS)] * 5
    rig, _, _ = talk(script, ["今天天气很好。"] * 5)
    assert heard_in(rig) == ["zh"] * 5
    assert [event.text for event in rig.told(events.Reply)] == ["今天天气很好。 "] * 5
    assert [event.code for event in rig.told(events.Notice)].count("unspoken-script") == 1


@pytest.mark.parametrize(("probability", "detected"), [(0.95, 1), (0.7, 2)])
def test_the_language_of_one_utterance_is_detected_once_if_it_is_certain(probability: float, detected: int) -> None:
    recogniser = Polyglot([Said(text=GERMAN[0], language="de", probability=probability)])
    stage = Transcribe(recogniser)
    recogniser.next()
    for attempt in (1, 2):
        said = utterance(end_sample=32_000 * attempt)
        (heard,) = stage(TranscribeJob(turn=Turn(1, attempt), utterance=said, language=None))
        assert heard.transcription.language == "de"
    assert [language for _, language in recogniser.asked].count(None) == detected
    (heard,) = stage(TranscribeJob(turn=Turn(2), utterance=utterance(end_sample=32_000), language=None))
    assert recogniser.asked[-1][1] is None  # another utterance
