"""Checks that a file can be an ONNX model that stands by itself. The weights are stepped over, so that a large file takes little time.

Message and field numbers are those of onnx.proto3 (ONNX IR).
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final

from voicecli.engines.protobuf import Field, NotProtobufError, fields_of
from voicecli.errors import ModelInvalid

MOST_BYTES: Final = 2 << 30
"""The longest protobuf message."""

MOST_PARTS: Final = 200_000
"""The most nodes and weights of a graph. A voice has 3,000."""

MODEL_GRAPH: Final = 7
"""ModelProto.graph in onnx.proto3."""

GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_OUTPUT = 1, 5, 12
NODE_ATTRIBUTE, ATTRIBUTE_TENSOR = 5, 5
TENSOR_EXTERNAL, TENSOR_LOCATION = 13, 14
HINT: Final = "Download the file again."


def check_onnx(path: Path) -> None:
    """Checks the structure of a file.

    Raises:
        ModelInvalid: It is no ONNX model, is cut off or too large, or takes its weights from other files.
        OSError: It cannot be read.
    """
    size_bytes = path.stat().st_size
    if size_bytes > MOST_BYTES:
        raise ModelInvalid(f"{path} is larger than an ONNX model can be.", "Choose another file.")
    if size_bytes == 0:
        raise ModelInvalid(f"{path} is empty.", HINT)
    with path.open("rb") as file:
        # It is unmapped with the last view of it.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        problem = _problem(memoryview(mapped))
    except NotProtobufError as error:
        raise ModelInvalid(f"{path} is not an ONNX model: {error}.", HINT) from error
    if problem:
        raise ModelInvalid(f"{path} {problem}.", HINT)


def _problem(model: memoryview) -> str:
    """Returns what is wrong with a model, as a clause that follows the file's name; empty if nothing is."""
    graphs = [field.body for field in fields_of(model) if field.number == MODEL_GRAPH]
    if len(graphs) != 1:
        return "is not an ONNX model: it has no graph"
    outputs = 0
    for count, part in enumerate(fields_of(graphs[0])):
        outputs += part.number == GRAPH_OUTPUT
        if count > MOST_PARTS:
            return "is not a model for voicecli: its graph has too many parts"
        if (part.number == GRAPH_INITIALIZER and _is_external(part)) or (
            part.number == GRAPH_NODE and _has_external(part)
        ):
            return "takes its weights from other files, which is not allowed"
    return "" if outputs else "is not an ONNX model: its graph has no output"


def _is_external(tensor: Field) -> bool:
    return any(
        field.number == TENSOR_EXTERNAL or (field.number == TENSOR_LOCATION and field.value != 0)
        for field in fields_of(tensor.body)
    )


def _has_external(node: Field) -> bool:
    """Whether a constant of a node is in another file."""
    return any(
        _is_external(inner)
        for attribute in fields_of(node.body)
        if attribute.number == NODE_ATTRIBUTE
        for inner in fields_of(attribute.body)
        if inner.number == ATTRIBUTE_TENSOR
    )
