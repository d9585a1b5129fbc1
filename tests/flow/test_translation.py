"""Translation in a session from end to end: the real graph, conductor and playout, fake engines, virtual time."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator, Sequence

from fakes.engines import ReadyModel, ScriptedChatModel, ToneVoice, heard
from fakes.polyglot import VoiceRack
from fakes.session_rig import Rig
from voicecli import events
from voicecli.engines.ports import ChatMessage, IsCancelled, Sampling
from voicecli.messages import PersonaChosen, QuitAsked, Typed
from voicecli.session import personas
from voicecli.tools.registry import Registry

MORNING = dt.datetime(2026, 11, 28, 9, 0, tzinfo=dt.UTC)
TRIAL = [
    ["Wo wohnen Maria und ihre 2 Brüder?"],
    ["Where do Maria and her 2 brothers live?"],
    ["Meine Tochter trinkt warme Milch vor dem Schlafen."],
    ["My daughter drinks warm milk before she sleeps."],
]


def become(name: str) -> PersonaChosen:
    persona = personas.load(name)
    return PersonaChosen(name=name, prompt=persona.prompt, sampling=persona.sampling, language=None, patience=1.0)


def test_what_is_said_is_translated_both_ways_and_never_answered() -> None:
    transcripts = [heard("What time is it?", language="en"), heard("Es ist neun Uhr.", language="de")]
    replies = [*TRIAL, ["Wie spät ist es?"], ["It is nine o'clock."]]
    rack = VoiceRack("de")
    with Rig(transcripts=transcripts, replies=replies, clock=lambda: MORNING, tools=Registry({}), voices=rack) as rig:
        rig.inbox.put(become("translate-en-de"))
        for count in (1, 2):
            rig.ask()
            rig.until_spoken(count)
            rig.wait(400)
        assert [event.text for event in rig.told(events.Spoken)] == ["Wie spät ist es?", "It is nine o'clock."]
        assert isinstance(rig.voice, ToneVoice)
        assert (rack.voices["de"].texts, rig.voice.texts) == (["Wie spät ist es?"], ["It is nine o'clock."])
        assert rig.used == []  # the time is not told, it is translated
        assert [event.code for event in rig.told(events.Notice)] == ["translating"]
        model = rig.chat_model
        assert isinstance(model, ScriptedChatModel)
        # The model gets the sentence as it was said, without the time that an assistant would be told.
        assert [prompt.messages[-1].content for prompt in model.prompts[len(TRIAL) :]] == [
            "From English into German:\nWhat time is it?",
            "From German into English:\nEs ist neun Uhr.",
        ]


def test_translations_are_no_part_of_what_an_assistant_reads_later() -> None:
    replies = [["Hello."], *TRIAL, ["Guten Morgen dir."], ["Yes."]]
    with Rig(replies=replies, voices=VoiceRack("de")) as rig:
        rig.inbox.put(Typed(text="Hello?"))
        rig.until_spoken(1)
        rig.inbox.put(become("translate-en-de"))
        rig.inbox.put(Typed(text="Good morning to you."))
        rig.until_spoken(2)
        rig.inbox.put(
            PersonaChosen(name="assistant", prompt="Be brief.", sampling=Sampling(), language=None, patience=1.0)
        )
        rig.inbox.put(Typed(text="Are you there?"))
        rig.until_spoken(3)
        model = rig.chat_model
        assert isinstance(model, ScriptedChatModel)
        assert [message.content for message in model.prompts[-1].messages][1:] == ["Hello?", "Hello.", "Are you there?"]


def test_a_model_that_fails_at_the_trial_is_told_and_its_replies_are_not_spoken() -> None:
    replies = [["They live in Rome."]] * 4 * len(TRIAL) + [["I am fine."]] * 4
    with Rig(replies=replies) as rig:
        rig.inbox.put(become("translate-en-de"))
        rig.inbox.put(Typed(text="How are you?"))
        rig.until_spoken(1)
        assert [event.code for event in rig.told(events.Notice)] == ["poor-translator"]
        assert [event.text for event in rig.told(events.Spoken)] == [
            "I could not translate that without a mistake. Please say it another way."
        ]


class Endless(ReadyModel):
    """A model that writes until it is cancelled."""

    name = "endless"

    def __init__(self) -> None:
        self.begun = threading.Event()

    def reply(
        self,
        messages: Sequence[ChatMessage],  # noqa: ARG002 - the port's signature
        *,
        sampling: Sampling,  # noqa: ARG002 - the same
        is_cancelled: IsCancelled,
    ) -> Iterator[str]:
        self.begun.set()
        while not is_cancelled():
            time.sleep(0.001)
            yield "more "


def test_a_trial_holds_up_no_end() -> None:
    model = Endless()
    with Rig(model=model) as rig:  # which checks that every thread ends
        rig.inbox.put(become("translate-en-de"))
        assert model.begun.wait(20)
        rig.inbox.put(QuitAsked())
