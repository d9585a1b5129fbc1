"""What the program adds to a complete answer: a place in a file. It comes last, and only where the answer is one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fakes.engines import ScriptedChatModel
from voicecli.engines.ports import ChatMessage, Role, Sampling
from voicecli.messages import ReplyText, RespondJob, SpeakJob
from voicecli.pipeline.respond import Respond
from voicecli.turn import Turn

PLACE = " That is on page 3 of report.pdf."


def said(*, role: Role = "user", cancelled: bool = False) -> tuple[str, list[str]]:
    """The text of the answer, and what is spoken of it."""

    def ending(messages: Sequence[ChatMessage], reply: str, language: str) -> str:
        assert (messages[-1].content, reply, language) == ("How much?", "It was 317 francs.", "en")
        return PLACE

    model = ScriptedChatModel([["It was ", "317 francs."]])
    respond = Respond(model, reply_tokens=16, ending=ending)
    turn = Turn(1)
    job = RespondJob(
        turn=turn,
        messages=(ChatMessage(role="system", content="Be brief."), ChatMessage(role=role, content="How much?")),
        sampling=Sampling(),
        language="en",
    )
    results = []
    for each in respond(job):
        results.append(each)
        if cancelled:
            turn.cancel()
    text = "".join(each.text for each in results if isinstance(each, ReplyText))
    spoken = [each.chunk.text for each in results if isinstance(each, SpeakJob) and each.chunk is not None]
    return text, spoken


def test_the_place_is_shown_and_spoken_last() -> None:
    text, spoken = said()
    assert text == f"It was 317 francs.{PLACE}"
    assert " ".join(spoken).endswith("That is on page 3 of report.pdf.")


@pytest.mark.parametrize("kind", ["tool", "cancelled"])
def test_what_is_no_complete_answer_to_the_user_gets_none(kind: str) -> None:
    text, _ = said(role="tool" if kind == "tool" else "user", cancelled=kind == "cancelled")
    assert PLACE not in text
