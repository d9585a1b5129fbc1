"""Cutting a graph, with hand-made graphs of a few nodes."""

from __future__ import annotations

import pytest

from voicecli.engines.piper_graph import NotCuttableError, cut


def message(number: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes([number << 3 | 2, len(body)]) + body


def node(name: str, takes: list[str], gives: list[str], attribute: bytes = b"", kind: str = "Conv") -> bytes:
    body = b"".join(message(1, text.encode()) for text in takes) + b"".join(message(2, text.encode()) for text in gives)
    return _long(1, body + message(3, name.encode()) + message(4, kind.encode()) + attribute)


def _long(number: int, body: bytes) -> bytes:
    assert len(body) < 128 * 128
    return bytes([number << 3 | 2, len(body) & 127 | 128, len(body) >> 7]) + body


def model(*nodes: bytes, inputs: tuple[str, ...] = ("input", "sid"), weights: tuple[str, ...] = ("w1", "w2")) -> bytes:
    graph = b"".join(nodes)
    graph += b"".join(message(5, message(8, name.encode())) for name in weights)
    graph += b"".join(message(11, message(1, name.encode())) for name in inputs)
    graph += message(12, message(1, b"output"))
    return b"\x08\x08" + _long(7, graph)


ENCODER = node("/enc/Conv", ["input", "w1"], ["z"])
DECODER = node("/dec/Conv", ["z", "w2"], ["y"])
LAST = node("/Unsqueeze", ["y"], ["output"])


def test_each_half_has_its_own_nodes_and_weights() -> None:
    halves = cut(model(ENCODER, DECODER, LAST))
    assert halves.latent == "z"
    assert b"/enc/Conv" in halves.encoder
    assert b"/dec/" not in halves.encoder
    assert b"/dec/Conv" in halves.decoder
    assert b"/Unsqueeze" in halves.decoder
    assert b"w2" not in halves.encoder
    assert b"w1" not in halves.decoder
    assert b"output" not in halves.encoder
    assert b"input" not in halves.decoder


def test_how_long_the_phonemes_last_comes_out_of_the_encoder() -> None:
    frames = node("/Round", ["input"], ["w_ceil"], kind="Ceil")
    halves = cut(model(frames, node("/enc/Conv", ["w_ceil", "w1"], ["z"]), DECODER, LAST))
    assert halves.durations == "w_ceil"
    assert message(12, message(1, b"w_ceil") + bytes([0x12, 4, 10, 2, 8, 1])) in halves.encoder
    assert b"w_ceil" not in halves.decoder


@pytest.mark.parametrize("rounded", [[], ["a", "b"]])
def test_where_that_cannot_be_told_it_is_not(rounded: list[str]) -> None:
    nodes = [node(f"/{name}", ["input"], [name], kind="Ceil") for name in rounded]
    assert cut(model(*nodes, node("/enc/Conv", ["input", *rounded], ["z"]), DECODER, LAST)).durations is None


def test_a_decoder_that_asks_for_the_speaker_again_gets_it() -> None:
    speaker = node("/Gather", ["sid"], ["g"])
    halves = cut(model(ENCODER, speaker, node("/dec/Conv", ["z", "g"], ["y"]), LAST))
    assert halves.decoder_inputs == ("sid",)
    assert b"/Gather" in halves.decoder
    assert b"/Gather" not in halves.encoder


@pytest.mark.parametrize(
    "nodes",
    [
        (node("/other/Conv", ["input"], ["output"]),),
        (ENCODER, node("/dec/Conv", ["z", "input"], ["y"]), LAST),
        (ENCODER, node("/dec/Conv", ["z"], ["y"], message(5, message(6, b""))), LAST),
        (node("/dec/Conv", ["input"], ["y"]), LAST),
    ],
)
def test_a_graph_of_another_shape_is_left_whole(nodes: tuple[bytes, ...]) -> None:
    with pytest.raises(NotCuttableError):
        cut(model(*nodes))


@pytest.mark.parametrize(
    "data", [b"", b"\x08", b"not a model at all", b"\xff" * 40, model(ENCODER, DECODER, LAST)[:-5]]
)
def test_what_is_no_model_is_left_alone(data: bytes) -> None:
    with pytest.raises(NotCuttableError):
        cut(data)
