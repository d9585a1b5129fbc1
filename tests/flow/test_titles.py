"""Titles in a session from end to end: the real graph, conductor and playout, fake engines, virtual time."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator, Sequence

from fakes.engines import ReadyModel, ScriptedChatModel
from fakes.session_rig import Rig
from voicecli import events
from voicecli.background import TitleTime
from voicecli.engines.ports import ChatMessage, IsCancelled, Sampling
from voicecli.messages import InputClosed, Typed
from voicecli.pipeline.titles import REQUEST
from voicecli.tuning import FactsChanged


def with_titles(rig: Rig) -> None:
    rig.conductor._state = dataclasses.replace(rig.conductor._state, titles=True)


def test_the_request_follows_the_conversation_and_the_next_question_does_not_follow_the_request() -> None:
    with Rig(replies=[["A cloud."], ["Clouds ", "in Space"], ["Far."]]) as rig:
        with_titles(rig)
        rig.inbox.put(Typed(text="What is a nebula?"))
        rig.until_spoken(1)
        rig.tell(TitleTime())
        rig.inbox.put(Typed(text="How far?"))
        rig.until_spoken(2)
        model = rig.chat_model
    assert isinstance(model, ScriptedChatModel)
    asked = [[message.content for message in prompt.messages] for prompt in model.prompts]
    assert asked[1] == ["Be brief.", "What is a nebula?", "A cloud.", REQUEST]
    assert asked[2] == ["Be brief.", "What is a nebula?", "A cloud.", "How far?"]
    assert [event.title for event in rig.told(events.Titled)] == ["Clouds in Space"]
    assert [event.text for event in rig.told(events.Reply)] == ["A cloud.", "Far."]


class SlowReader(ReadyModel):
    """A model that reads ahead until it is cancelled."""

    def __init__(self) -> None:
        self.reading = threading.Event()

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:  # noqa: ARG002 - the port's
        self.reading.set()
        while not is_cancelled():
            time.sleep(0.001)

    def reply(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling,  # noqa: ARG002 - the port's signature
        is_cancelled: IsCancelled,  # noqa: ARG002 - the same
    ) -> Iterator[str]:
        yield "Title" if messages[-1].content == REQUEST else "Yes."


def test_the_title_at_the_end_waits_for_nothing_that_is_read_ahead() -> None:
    model = SlowReader()
    with Rig(model=model) as rig:
        with_titles(rig)
        rig.inbox.put(Typed(text="Is it?"))
        rig.until_spoken(1)
        rig.inbox.put(FactsChanged(facts=("I like tea",), added="I like tea"))
        assert model.reading.wait(20)
        rig.inbox.put(InputClosed())
        assert rig.conductor.join(20)
    assert [event.title for event in rig.told(events.Titled)] == ["Title"]
