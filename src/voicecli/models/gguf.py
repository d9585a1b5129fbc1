"""Reads the header of a GGUF file: what the model is, and how long the file has to be.

The format is the GGUF specification of the ggml project, versions 2 and 3, little-endian. The header contains key-value pairs, and for each
tensor its name, shape, type and offset in the data that follows. A truncated file is therefore recognised without loading it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from math import prod
from pathlib import Path
from typing import TypeAlias

from voicecli.errors import ModelInvalid

Value: TypeAlias = int | float | bool | str

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT_BYTES = 32
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_MAX_DIMENSIONS = 4
_MOST_PAIRS = 10_000
_MOST_TENSORS = 200_000
_MOST_STRINGS = 8_000_000
"""Strings in all lists. The largest vocabularies have 260,000 tokens and 500,000 merges."""

_LONGEST_NAME = 65_536
_LONGEST_STRING = 16 << 20
"""A chat template has 20,000 bytes."""

_MOST_HEADER_BYTES = 256 << 20
"""A header with a large vocabulary has 16 MB. No more of a file is read."""

_LARGEST_ALIGNMENT = 1 << 20
"""The largest alignment that is believed, in bytes; the default of the format is 32."""

_HINT = "Download the file again."

# ggml type -> (elements in a block, bytes of a block); ggml.c, type_traits.
_BLOCKS = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    15: (256, 292),  # Q8_K
    16: (256, 66),  # IQ2_XXS
    17: (256, 74),  # IQ2_XS
    18: (256, 98),  # IQ3_XXS
    19: (256, 50),  # IQ1_S
    20: (32, 18),  # IQ4_NL
    21: (256, 110),  # IQ3_S
    22: (256, 82),  # IQ2_S
    23: (256, 136),  # IQ4_XS
    24: (1, 1),  # I8
    25: (1, 2),  # I16
    26: (1, 4),  # I32
    27: (1, 8),  # I64
    28: (1, 8),  # F64
    29: (256, 56),  # IQ1_M
    30: (1, 2),  # BF16
    34: (256, 54),  # TQ1_0
    35: (256, 66),  # TQ2_0
    39: (32, 17),  # MXFP4
}
# The smallest size of a type that is newer than this table. With it a file can be found too short, but not shown to be long enough.
_UNKNOWN_BLOCK = (256, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """The header of a GGUF file.

    Attributes:
        version: The version of the format.
        metadata: All key-value pairs except lists.
        tensor_count: The number of tensors in this file.
        needed_bytes: The minimum length of the file, including all tensors.
    """

    version: int
    metadata: Mapping[str, Value]
    tensor_count: int
    needed_bytes: int

    @property
    def architecture(self) -> str:
        """The architecture, such as `llama` or `qwen2`. Empty if the header does not name it."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def name(self) -> str:
        """The name its authors gave it. Empty if the header does not name it."""
        return str(self.metadata.get("general.name", ""))

    @property
    def part_count(self) -> int:
        """The number of files the model is split into; 1 if the header does not say."""
        return self._whole("split.count", 0) or 1

    @property
    def part_number(self) -> int:
        """The number of this file among the parts, from 0."""
        return self._whole("split.no", 0)

    @property
    def all_tensors(self) -> int:
        """The number of tensors in all files together."""
        return self._whole("split.tensors.count", self.tensor_count)

    @property
    def context_tokens(self) -> int:
        """The longest context the model was trained for; 0 if the header does not say."""
        return self._whole(f"{self.architecture}.context_length", 0)

    def _whole(self, key: str, default: int) -> int:
        """Returns a number of the header; `default` if it is missing or no whole number."""
        value = self.metadata.get(key, default)
        return value if isinstance(value, int) else default


def read_header(path: Path) -> GgufHeader:
    """Reads a file's header and checks that the file is as long as the header requires.

    Raises:
        ModelInvalid: The file is not a GGUF file, is truncated, or has an invalid header.
        OSError: The file cannot be read.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ModelInvalid(f"{path} is not a GGUF file.", "Language models must be GGUF files.")
        reader = _Reader(file, path)
        version = int(reader.scalar("<I"))
        if version not in _VERSIONS:
            raise ModelInvalid(
                f"{path} is GGUF version {version}; only versions 2 and 3 are supported.", "Convert it again."
            )
        tensor_count, pair_count = reader.count(_MOST_TENSORS, "tensors"), reader.count(_MOST_PAIRS, "values")
        metadata: dict[str, Value] = {}
        for _ in range(pair_count):
            key = reader.string(_LONGEST_NAME)
            value = reader.value(int(reader.scalar("<I")))
            if value is not None:
                metadata[key] = value
        data_end_bytes = max((reader.tensor_end() for _ in range(tensor_count)), default=0)
        alignment_bytes = metadata.get("general.alignment", _DEFAULT_ALIGNMENT_BYTES) or _DEFAULT_ALIGNMENT_BYTES
        if not isinstance(alignment_bytes, int) or not 0 < alignment_bytes <= _LARGEST_ALIGNMENT:
            raise ModelInvalid(f"{path} is damaged: its header has an alignment of {alignment_bytes}.", _HINT)
        data_start_bytes = -(-file.tell() // alignment_bytes) * alignment_bytes
    needed_bytes = data_start_bytes + data_end_bytes
    if tensor_count == 0 and not metadata.get(
        "split.count"
    ):  # the first of several files may hold only the description
        raise ModelInvalid(f"{path} contains only a description of a model.", "Choose another file.")
    if size_bytes < needed_bytes:
        message = f"{path} is cut off: it is {size_bytes} bytes long, its header says {needed_bytes}."
        raise ModelInvalid(message, _HINT)
    return GgufHeader(version=version, metadata=metadata, tensor_count=tensor_count, needed_bytes=needed_bytes)


class _Reader:
    """Reads values from a file in sequence."""

    def __init__(self, file: BufferedReader, path: Path) -> None:
        self._file = file
        self._path = path
        self._size_bytes = path.stat().st_size
        self._strings = 0

    def _take(self, length: int) -> bytes:
        if length > self._size_bytes:
            raise self._cut_off()
        if self._file.tell() + length > _MOST_HEADER_BYTES:
            raise self._nonsense(f"more than {_MOST_HEADER_BYTES >> 20} MB")
        data = self._file.read(length)
        if len(data) < length:
            raise self._cut_off()
        return data

    def _cut_off(self) -> ModelInvalid:
        return ModelInvalid(f"{self._path} is cut off within its header.", _HINT)

    def _nonsense(self, what: str) -> ModelInvalid:
        return ModelInvalid(f"{self._path} is damaged: its header has {what}.", _HINT)

    def scalar(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return value

    def count(self, most: int, what: str) -> int:
        """Returns the next number, which says how many `what` follow."""
        count = int(self.scalar("<Q"))
        if count > most:
            raise self._nonsense(f"{count} {what}")
        return count

    def string(self, longest: int = _LONGEST_STRING) -> str:
        length = int(self.scalar("<Q"))
        if length > self._size_bytes:
            raise self._cut_off()
        if length > longest:
            raise self._nonsense(f"a text of {length} bytes")
        return self._take(length).decode("utf-8", errors="replace")

    def value(self, kind: int) -> Value | None:
        """Returns the next value; None for a list, which is skipped."""
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            self._skip_list()
            return None
        if kind not in _SCALARS:
            raise self._nonsense(f"a value of unknown type {kind}")
        return self.scalar(_SCALARS[kind])

    def _skip_list(self) -> None:
        kind, count = int(self.scalar("<I")), int(self.scalar("<Q"))
        if kind in _SCALARS:
            end_bytes = self._file.tell() + struct.calcsize(_SCALARS[kind]) * count
            if end_bytes > self._size_bytes:
                raise self._cut_off()
            if end_bytes > _MOST_HEADER_BYTES:
                raise self._nonsense(f"more than {_MOST_HEADER_BYTES >> 20} MB")
            self._file.seek(end_bytes)
        elif kind == _STRING:
            self._strings += count
            if count * 8 > self._size_bytes:
                raise self._cut_off()
            if self._strings > _MOST_STRINGS:
                raise self._nonsense(f"{self._strings} texts in lists")
            for _ in range(count):
                self._take(int.from_bytes(self._take(8), "little"))
        else:
            raise self._nonsense(f"a list of unknown type {kind}")

    def tensor_end(self) -> int:
        """Reads the description of one tensor, and returns its end, counted from the beginning of the data."""
        self.string(_LONGEST_NAME)
        dimensions = int(self.scalar("<I"))
        if not 1 <= dimensions <= _MAX_DIMENSIONS:
            raise self._nonsense(f"a tensor of {dimensions} dimensions")
        elements = prod(int(self.scalar("<Q")) for _ in range(dimensions))
        block_elements, block_bytes = _BLOCKS.get(int(self.scalar("<I")), _UNKNOWN_BLOCK)
        return int(self.scalar("<Q")) + elements // block_elements * block_bytes
