"""The log does not contain what was said unless the user wants it."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from voicecli.events import HOLDS_NO_WORDS, HOLDS_WORDS, Event, Reply
from voicecli.ui.event_log import EventLog, words_of

SAID = "I am in love."


def marks(hint: Any) -> list[object]:  # noqa: ANN401 - types have no common one
    """The mark of each string in a type; None for an unmarked one."""
    if hint is str:
        return [None]
    if metadata := getattr(hint, "__metadata__", ()):
        return list(metadata)
    if get_origin(hint) is Literal:
        return []
    return [mark for part in get_args(hint) for mark in marks(part)]


def fields(event: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(event, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(event)}


def secretive(event: type[Any]) -> Any:  # noqa: ANN401 - an event of that type
    """An event in which every string of words is a secret and all other fields are filled."""
    plain: dict[object, object] = {bool: True, int: 1, float: 1.0}
    values: dict[str, Any] = {
        name: SAID if HOLDS_WORDS in marks(hint) else plain.get(hint, "x" if hint is not dict else {})
        for name, hint in fields(event).items()
    }
    return event(**values)


@pytest.mark.parametrize("event", get_args(Event), ids=lambda event: event.__name__)
def test_every_string_of_an_event_is_marked_as_words_or_declared_harmless(event: type[Any]) -> None:
    for name, hint in fields(event).items():
        for mark in marks(hint):
            assert mark in {HOLDS_WORDS, HOLDS_NO_WORDS}, (
                f"{event.__name__}.{name} is a plain str: make it Words if somebody said or wrote it, else Label"
            )
        # A log hides a field as a whole, so words stand in no list or dict.
        assert (HOLDS_WORDS in marks(hint)) == (name in words_of(event))


@pytest.mark.parametrize("event", get_args(Event), ids=lambda event: event.__name__)
@pytest.mark.parametrize("words", [False, True])
def test_words_are_logged_only_when_asked(words: bool, event: type[Any], caplog: pytest.LogCaptureFixture) -> None:
    log = EventLog(words=words)
    with caplog.at_level(logging.DEBUG, "voicecli"):
        log.handle(secretive(event))
    told = hasattr(event, "json_name")
    assert len(caplog.messages) == told
    assert any(SAID in line for line in caplog.messages) == (words and told and bool(words_of(event)))


def test_what_was_understood_as_a_sign_of_listening_is_hidden() -> None:
    hiding = {event.__name__: sorted(words_of(event)) for event in get_args(Event) if words_of(event)}
    assert hiding["AnswerResumed"] == ["heard"]
    assert hiding["Transcript"] == hiding["Undone"] == hiding["Speaking"] == ["text"]


def test_nothing_is_logged_at_the_usual_level(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "voicecli"):
        EventLog(words=True).handle(Reply(t_s=0.0, turn=1, text=SAID))
    assert caplog.messages == []
