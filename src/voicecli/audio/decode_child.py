"""The main program of the process that decodes compressed sound.

    python -P -m voicecli.audio.decode_child < FILE

It sends what is known of the file (`I`), its frames (`F`) and how it ended (`E`), or why it cannot be decoded (`X`).
"""

from __future__ import annotations

import json
import os
import struct
import sys
from typing import Final

from voicecli.audio.pyav_decoder import SAMPLE_BYTES, Decoder, UndecodableError
from voicecli.confined import Line, limit_memory, limit_time

FRAMES: Final = struct.Struct("<III")
"""Rate in Hz, channels and the place of the sample format in `KINDS`, before the samples."""

KINDS: Final = tuple(SAMPLE_BYTES)

MEMORY_BYTES: Final = 1 << 30
"""The memory that the decoder may use."""

OPEN_S: Final = 10
"""Processor time until the first frame, and between two that follow."""


def main() -> int:
    """Decodes standard input."""
    line = Line()
    import av  # noqa: F401 - loaded before the limits

    limit_memory(MEMORY_BYTES)
    limit_time(OPEN_S)
    try:
        _decode(line)
    except UndecodableError as error:
        line.send(b"X", str(error).encode("utf-8", "replace"))
    except MemoryError:
        line.send(b"X", b"needs too much memory to be decoded")
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises is told
        line.send(b"X", f"cannot be decoded ({type(error).__name__})".encode())
    # The libraries' own cleaning up is of no use any more, and may crash.
    os._exit(0)


def _decode(line: Line) -> None:
    decoder = Decoder(os.fdopen(0, "rb"))
    line.send(b"I", json.dumps([decoder.duration_s, decoder.knows_duration]).encode())
    for packed in decoder.packed():
        line.send(b"F", FRAMES.pack(packed.rate_hz, packed.channels, KINDS.index(packed.kind)) + packed.data)
        limit_time(OPEN_S)
    line.send(b"E", json.dumps([decoder.lost_s, decoder.lost_packets]).encode())


if __name__ == "__main__":
    sys.exit(main())
