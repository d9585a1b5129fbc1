"""Splits a Piper voice into two models, so that the second can be run in chunks.

A VITS voice is one ONNX graph: text encoder, flow and durations make a latent of shape (1, channels, frames), and a decoder (HiFi-GAN) turns every
frame into a fixed number of samples. The decoder is a stack of convolutions, so it can work on a few frames at a time, given some context.

The cut is made in the protobuf bytes themselves, in memory. It results in two models with the nodes and weights of the file. It takes some tens of
milliseconds, needs no `onnx` package and writes nothing to the disk. Message and field numbers are those of onnx.proto3 (ONNX IR).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from voicecli.engines.protobuf import BYTES, CONTINUES, Field, NotProtobufError, fields_of

DECODER_PREFIX = "/dec/"
"""The prefix of the decoder's nodes, as Piper's exporter names them."""

ROUNDING = "Ceil"
"""The operation that rounds the duration of a phoneme to whole frames. A voice has one of them."""

# Fields of ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto and ValueInfoProto in onnx.proto3.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_NAME, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 2, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_TYPE, _NODE_ATTRIBUTE = 1, 2, 3, 4, 5
_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS = 6, 11
_TENSOR_NAME = 8
_VALUE_NAME = 1

_SPEAKER_INPUTS = frozenset({"sid", "lid"})
"""Inputs that the decoder of a voice with several speakers (or languages) may need again."""

_FLOAT_VALUE = bytes([0x12, 0x04, 0x0A, 0x02, 0x08, 0x01])
"""ValueInfoProto.type = tensor of float, of any shape."""


class NotCuttableError(ValueError):
    """The graph has another structure. The voice must be run whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """A voice as two models.

    Attributes:
        encoder: ONNX bytes; inputs as the voice's, outputs `latent` and, if it exists, `durations`.
        decoder: ONNX bytes; inputs `latent` and `decoder_inputs`, output as the voice's.
        latent: Name of the tensor between the two, shape (1, channels, frames).
        durations: Name of the tensor with the frames of each number of the input, float of shape (1, 1, numbers); None if unknown.
        decoder_inputs: The voice's inputs that the decoder also takes; empty for a voice with one speaker.
    """

    encoder: bytes
    decoder: bytes
    latent: str
    durations: str | None
    decoder_inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    type: str
    raw: memoryview
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def cut(model: bytes) -> Halves:
    """Cuts `model` at the input of its first decoder node.

    Args:
        model: The content of a voice's .onnx file.

    Raises:
        NotCuttableError: It has no decoder of that name, or one that needs more than the latent.
    """
    try:
        return _cut(memoryview(model))
    except (NotProtobufError, UnicodeDecodeError) as error:
        raise NotCuttableError("not an ONNX model") from error


def _cut(model: memoryview) -> Halves:
    model_fields = list(fields_of(model))
    graph = [part for field in model_fields if field.number == _MODEL_GRAPH for part in fields_of(field.body)]
    nodes = [_node(part) for part in graph if part.number == _GRAPH_NODE]
    inputs = {_name(part, _VALUE_NAME): part.raw for part in graph if part.number == _GRAPH_INPUT}
    outputs = {_name(part, _VALUE_NAME): part.raw for part in graph if part.number == _GRAPH_OUTPUT}
    weights = {_name(part, _TENSOR_NAME): part.raw for part in graph if part.number == _GRAPH_INITIALIZER}

    first = next((node for node in nodes if node.name.startswith(DECODER_PREFIX)), None)
    if first is None or not first.inputs or not outputs:
        raise NotCuttableError("no node of the graph is called as a decoder's")
    latent = first.inputs[0]

    encoder_nodes, encoder_needs = _behind(nodes, [latent], stop_at=frozenset())
    decoder_nodes, decoder_needs = _behind(nodes, outputs, stop_at=frozenset({latent}))
    again = decoder_needs & inputs.keys()
    if not encoder_nodes or latent not in decoder_needs or again - _SPEAKER_INPUTS:
        raise NotCuttableError("the decoder wants more than the latent")

    rounded = [name for node in encoder_nodes if node.type == ROUNDING for name in node.outputs]
    durations = rounded[0] if len(rounded) == 1 else None
    between = _value_info(latent)
    head = [field.raw for field in model_fields if field.number != _MODEL_GRAPH]

    def half(
        name: str,
        kept: list[_Node],
        takes: Iterable[memoryview | bytes],
        gives: Iterable[memoryview | bytes],
        needs: set[str],
    ) -> bytes:
        parts: list[memoryview | bytes] = [_message(_GRAPH_NAME, name.encode())]
        parts += [node.raw for node in kept]
        parts += [raw for weight, raw in weights.items() if weight in needs]
        parts += takes
        parts += gives
        return b"".join([*head, _message(_MODEL_GRAPH, b"".join(parts))])

    encoder_takes = [raw for name, raw in inputs.items() if name in encoder_needs]
    decoder_takes: list[memoryview | bytes] = [
        _message(_GRAPH_INPUT, between),
        *(inputs[name] for name in sorted(again)),
    ]
    encoder_gives = [_message(_GRAPH_OUTPUT, _value_info(name)) for name in (latent, durations) if name is not None]
    return Halves(
        encoder=half("encoder", encoder_nodes, encoder_takes, encoder_gives, encoder_needs),
        decoder=half("decoder", decoder_nodes, decoder_takes, outputs.values(), decoder_needs),
        latent=latent,
        durations=durations,
        decoder_inputs=tuple(sorted(again)),
    )


def _behind(nodes: list[_Node], wanted: Iterable[str], stop_at: frozenset[str]) -> tuple[list[_Node], set[str]]:
    """Returns the nodes that compute `wanted`, in the order of the graph, and every name they read; nothing upstream of `stop_at`.

    Nodes of an ONNX graph are in topological order, so one pass from the end finds them all.
    """
    needs = set(wanted)
    kept = []
    for node in reversed(nodes):
        if needs.isdisjoint(node.outputs) or not stop_at.isdisjoint(node.outputs):
            continue
        kept.append(node)
        needs.update(node.inputs)
    kept.reverse()
    return kept, needs


def _node(part: Field) -> _Node:
    name = kind = ""
    inputs: list[str] = []
    outputs: list[str] = []
    for field in fields_of(part.body):
        match field.number:
            case number if number == _NODE_INPUT:
                inputs.append(_text(field.body))
            case number if number == _NODE_OUTPUT:
                outputs.append(_text(field.body))
            case number if number == _NODE_NAME:
                name = _text(field.body)
            case number if number == _NODE_TYPE:
                kind = _text(field.body)
            case number if number == _NODE_ATTRIBUTE:
                # A branch or loop reads names that its node does not list.
                if any(inner.number in {_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS} for inner in fields_of(field.body)):
                    raise NotCuttableError("the graph has branches or loops")
            case _:
                pass
    return _Node(name, kind, part.raw, tuple(inputs), tuple(outputs))


def _name(part: Field, number: int) -> str:
    return next((_text(field.body) for field in fields_of(part.body) if field.number == number), "")


def _text(body: memoryview) -> str:
    return str(body, "utf-8")


def _message(number: int, body: bytes) -> bytes:
    return _encoded(number << 3 | BYTES) + _encoded(len(body)) + body


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value >= CONTINUES:
        out.append(value & ~CONTINUES & 0xFF | CONTINUES)
        value >>= 7
    out.append(value)
    return bytes(out)


def _value_info(name: str) -> bytes:
    return _message(_VALUE_NAME, name.encode()) + _FLOAT_VALUE
