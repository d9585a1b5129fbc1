"""What was said is in no log unless the user wants it there."""

from __future__ import annotations

import logging

import pytest

from voicecli.events import Event, Reply, ReplyDelta, Spoken, Transcript
from voicecli.ui.event_log import EventLog

SAID: list[Event] = [
    Transcript(t_s=0.0, turn=1, text="my secret", language="en", final=True),
    ReplyDelta(t_s=0.0, turn=1, text="my secret"),
    Reply(t_s=0.0, turn=1, text="my secret"),
    Spoken(t_s=0.0, turn=1, text="my secret", cut=False),
]


@pytest.mark.parametrize("words", [False, True])
def test_words_are_logged_only_when_asked(words: bool, caplog: pytest.LogCaptureFixture) -> None:
    log = EventLog(words=words)
    with caplog.at_level(logging.DEBUG, "voicecli"):
        for event in SAID:
            log.handle(event)
    assert len(caplog.messages) == len(SAID)
    assert all(("secret" in line) is words for line in caplog.messages)


def test_nothing_is_logged_at_the_usual_level(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "voicecli"):
        EventLog(words=True).handle(SAID[0])
    assert caplog.messages == []
