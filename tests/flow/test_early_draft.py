"""Answers to the words so far, with real threads and channels: not heard too early, not asked twice, and gone without a trace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from fakes.engines import ScriptedChatModel
from fakes.session_rig import Rig
from voicecli import events
from voicecli.messages import InterruptPressed, Typed

QUESTION = "What is the capital of France?"
NO_CLOCK_MS = 30_000
"""Words so far at dips of the voice only."""


def prompts(rig: Rig) -> list[Sequence[str]]:
    """The conversations that the model was asked to continue."""
    assert isinstance(rig.chat_model, ScriptedChatModel)
    return [[message.content for message in prompt.messages] for prompt in rig.chat_model.prompts]


def test_one_transcription_and_one_answer_serve_the_dip_the_pause_and_the_end() -> None:
    with Rig(transcripts=[QUESTION], replies=[["Paris."]], grown_ms=NO_CLOCK_MS) as rig:
        rig.talk()
        rig.wait(60)
        assert prompts(rig) == [["Be brief.", QUESTION]]  # before there was a pause
        silent_ms = rig.until(lambda: rig.told(events.SpeechEnded))
        assert not np.any(rig.speaker.played)
        assert rig.until(rig.sounding) <= 40
        rig.until_spoken(1)
    assert 220 <= silent_ms <= 460
    assert len(rig.transcriber.utterances) == 1
    assert (rig.told(events.Latency)[0].first_token_ms or 0) <= 60


def test_words_that_stay_the_same_while_the_last_one_is_said_keep_their_answer() -> None:
    with Rig(transcripts=[QUESTION, QUESTION.lower()], replies=[["Paris."]], grown_ms=NO_CLOCK_MS) as rig:
        rig.talk()
        rig.wait(60)
        rig.talk(100)
        rig.until_spoken(1)
    assert len(prompts(rig)) == 1
    assert [event.text for event in rig.told(events.Transcript) if event.final] == [QUESTION]
    assert [event.text for event in rig.told(events.Spoken)] == ["Paris."]


def test_more_words_are_answered_as_a_whole_and_nothing_is_heard_of_the_answer_before() -> None:
    whole = "What is the capital of France and Spain?"
    with Rig(
        transcripts=[QUESTION, whole, "Thanks."], replies=[["Paris."], ["Two."], ["Yes."]], grown_ms=NO_CLOCK_MS
    ) as rig:
        rig.talk()
        rig.wait(60)
        rig.talk()
        rig.until_spoken(1)
        rig.wait(400)
        rig.ask()
        rig.until_spoken(2)
    assert prompts(rig) == [["Be brief.", QUESTION], ["Be brief.", whole], ["Be brief.", whole, "Two.", "Thanks."]]
    assert [event.text for event in rig.told(events.Spoken)] == ["Two.", "Yes."]
    assert [event.text for event in rig.told(events.Reply)] == ["Two.", "Yes."]


@pytest.mark.parametrize("report", [Typed(text="Two and two?"), InterruptPressed()])
def test_what_the_user_does_meanwhile_is_done(report: Typed | InterruptPressed) -> None:
    with Rig(transcripts=[QUESTION], replies=[["Paris."], ["Four."]], grown_ms=NO_CLOCK_MS) as rig:
        rig.talk()
        rig.wait(60)
        rig.tell(report)
        rig.until_spoken(1)
    typed = isinstance(report, Typed)
    assert [event.text for event in rig.told(events.Spoken)] == ["Four." if typed else "Paris."]
