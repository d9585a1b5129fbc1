# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""Answers in a script that the voice does not read."""

from __future__ import annotations

from fakes.engines import ToneVoice, heard
from fakes.session_rig import Rig
from voicecli import events
from voicecli.messages import Repeat, Typed


def notices(rig: Rig) -> list[str]:
    return [event.code for event in rig.told(events.Notice)]


def test_it_is_left_out_shown_and_told_once_a_script() -> None:
    replies = [["The word 猫 means cat. ", "你好。", "It is short."], ["Кошка is another word."]]
    with Rig(replies=replies) as rig:
        voice = rig.voice
        assert isinstance(voice, ToneVoice)
        rig.inbox.put(Typed(text="What is it?"))
        rig.until_spoken(1)
        rig.inbox.put(Typed(text="And in Russian?"))
        rig.until_spoken(2)
    assert not any(char in " ".join(voice.texts) for char in "猫你好К")
    assert " ".join(" ".join(voice.texts).split()).startswith("The word means cat. It is short.")
    assert rig.told(events.Reply)[0].text == "The word 猫 means cat. 你好。It is short."
    lit = [event.text.strip() for event in rig.told(events.Speaking)]
    assert lit[:5] == ["The", "word", "猫", "means", "cat."]
    assert "好。" in lit
    assert lit.index("好。") < lit.index("short.")
    unspoken = [event.message for event in rig.told(events.Notice) if event.code == "unspoken-script"]
    assert [message.split()[2] for message in unspoken] == ["Chinese", "Cyrillic"]


def test_an_answer_of_which_nothing_can_be_said_is_told_aloud_in_the_language_of_the_voice() -> None:
    with Rig(replies=[["你好，世界。"]]) as rig:
        voice = rig.voice
        assert isinstance(voice, ToneVoice)
        rig.inbox.put(Typed(text="你好"))
        rig.until_spoken(1)
        rig.wait(6000)
    assert voice.texts == ["My answer cannot be read aloud. You can see it on the screen."]
    assert [code for code in notices(rig) if code != "models"] == ["unspoken-script"]


def test_each_language_without_a_voice_is_told_once() -> None:
    german, spanish = "Das ist die Antwort auf deine Frage.", "Esta es la respuesta a tu pregunta."
    asked = [*(heard("Und jetzt?", language="de") for _ in range(2)), heard("Y ahora?", language="es")]
    with Rig(transcripts=asked, replies=[[german], [german], [spanish]], voices=lambda _: None) as rig:
        for number in range(1, 4):
            rig.ask()
            rig.until_spoken(number)
            rig.wait(6000)
    messages = [event.message for event in rig.told(events.Notice) if event.code != "models"]
    assert messages == [f"Text in {language} script is shown and not spoken." for language in ("de", "es")]


def test_a_repeated_answer_does_not_wait_for_pieces_that_are_not_said() -> None:
    with Rig(replies=[["你好。" * 8, "Good day."]]) as rig:
        rig.inbox.put(Typed(text="Greet."))
        rig.until_spoken(1)
        rig.inbox.put(Repeat())
        rig.until_spoken(2)
    voice = rig.voice
    assert isinstance(voice, ToneVoice)
    assert voice.texts == ["Good day.", "Good day."]
