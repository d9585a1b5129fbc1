"""The protocol between the conversation and the process of an engine."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli import errors
from voicecli.config.documents import build
from voicecli.engines.isolated import codec
from voicecli.engines.isolated.fields import Fields
from voicecli.engines.isolated.framing import HEAD, LARGEST_SOUND_BYTES, MARK, GoneError, MalformedError, Wire
from voicecli.engines.ports import ChatMessage, Refused, Sampling, SpokenWord, Transcription, Within
from voicecli.errors import GenerationFailed, SynthesisFailed
from voicecli.speech.answer_rules import Rules

T = TypeVar("T")


@pytest.fixture
def ends() -> Iterator[tuple[Wire, Wire, socket.socket]]:
    left, right = socket.socketpair()
    wires = Wire(left), Wire(right)
    yield (*wires, right)
    for wire in wires:
        wire.close()


@given(
    st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.floats(allow_nan=False)),
    st.none() | st.lists(st.integers(-32768, 32767)),
)
def test_what_is_sent_is_received(fields: dict[str, object], samples: list[int] | None) -> None:
    left, right = map(Wire, socket.socketpair())
    try:
        left.send(build(Fields, fields), None if samples is None else np.array(samples, dtype=np.int16))
        frame = right.receive(0.0)
        assert frame is not None
        assert frame.fields == fields
        assert (None if frame.sound is None else frame.sound.tolist()) == samples
        assert right.receive(0.0) is None
    finally:
        left.close()
        right.close()


def test_frames_come_whole_and_in_order_however_they_are_cut(ends: tuple[Wire, Wire, socket.socket]) -> None:
    _, wire, end = ends
    other, sender = socket.socketpair()
    spare = Wire(sender)
    spare.send({"id": 1}, np.arange(300, dtype=np.int16))
    spare.send({"id": 2})
    data = other.recv(1 << 16)
    receiving, feeding = socket.socketpair()
    cut = Wire(receiving)
    numbers = []
    for start in range(0, len(data), 7):
        feeding.sendall(data[start : start + 7])
        while (frame := cut.receive(0.0)) is not None:
            numbers.append((frame.fields["id"], None if frame.sound is None else len(frame.sound)))
    assert numbers == [(1, 300), (2, None)]
    for each in (other, feeding):
        each.close()
    for each_wire in (spare, cut):
        each_wire.close()
    assert end.fileno() >= 0
    assert wire.receive(0.0) is None


def test_the_end_of_the_other_side_is_told(ends: tuple[Wire, Wire, socket.socket]) -> None:
    left, right, _ = ends
    left.send({"end": True})
    left.close()
    frame = right.receive(0.0)
    assert frame is not None
    assert frame.fields == {"end": True}
    with pytest.raises(GoneError):
        right.receive(1.0)
    with pytest.raises(GoneError):
        right.send({"text": "late"}, np.zeros(100_000, dtype=np.int16))
    with pytest.raises(GoneError):
        left.receive(1.0)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        HEAD.pack(MARK, 1 << 31, 0),
        HEAD.pack(MARK, 2, LARGEST_SOUND_BYTES + 3),
        HEAD.pack(MARK, 2, 4) + b"{}abc",
        HEAD.pack(MARK, 2, 0) + b"[]",
        HEAD.pack(MARK, 2, 0) + b"{{",
    ],
)
def test_what_is_no_frame_is_refused_and_takes_no_memory(data: bytes) -> None:
    left, right = socket.socketpair()
    wire = Wire(right)
    left.sendall(data)
    with pytest.raises(MalformedError):
        wire.receive(1.0)
    left.close()
    wire.close()


def test_everything_that_engines_take_and_give_is_the_same_on_the_other_side() -> None:
    conversation = [ChatMessage(role="system", content="Bé \ud800"), ChatMessage(role="user", content="🙂")]
    sampling = Sampling(temperature=0.1, seed=7)
    ruled = replace(sampling, rules=Rules(longest_words=7))
    within = Within(before="and so", joined=True, goes_on=True)
    words = [SpokenWord(start=0, end=3, from_sample=5, to_sample=900)]
    heard = Transcription(
        text="So.",
        language="en",
        language_probability=0.9,
        no_speech_probability=0.1,
        mean_log_probability=-0.25,
        refused=(Refused(from_sample=0, to_sample=9, because="silent"),),
    )

    def carried(what: T) -> T:
        arrived: T = json.loads(json.dumps(what))
        return arrived

    assert codec.to_messages(carried(codec.from_messages(conversation))) == conversation
    assert codec.to_sampling(carried(codec.from_sampling(sampling))) == sampling
    assert codec.to_sampling(carried(codec.from_sampling(ruled))) == sampling
    assert codec.to_within(carried(codec.from_within(within))) == within
    assert codec.to_words(carried(codec.from_words(words))) == words
    assert codec.to_transcription(carried(codec.from_transcription(heard))) == heard


def test_an_error_keeps_its_kind_and_a_foreign_one_loses_its_words() -> None:
    told = codec.to_error(codec.from_error("voice", SynthesisFailed("It failed.", "Try again.")))
    assert (type(told), told.message, told.hint) == (SynthesisFailed, "It failed.", "Try again.")
    foreign = codec.to_error(codec.from_error("voice", ValueError("my secret words")))
    assert type(foreign) is errors.InternalError
    assert "secret" not in foreign.message
    assert "ValueError" in foreign.message
    assert isinstance(codec.to_error(codec.from_error("x", GenerationFailed("a"))), GenerationFailed)
