"""The child process that reads one PDF file: it comes as standard input, and the texts of its pages go out as messages."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from typing import Final

from voicecli.confined import Line, limit_memory, limit_time

PAGE: Final = b"P"
END: Final = b"E"
FAULT: Final = b"X"

MOST_PAGES: Final = 2000
"""The longest file that is read, in pages."""

MOST_CHARACTERS: Final = 10_000_000
"""The longest text that is taken from a file, in characters."""

MEMORY_BYTES: Final = 1_500_000_000
"""The memory that the parser may use."""

PROCESSOR_S: Final = 120
"""Processor time for one file, in seconds."""


def main() -> None:
    """Reads standard input, and sends a page after the other, or the name of a fault."""
    line = Line()
    logging.disable(logging.CRITICAL)
    fault = ""
    try:
        import pypdf  # noqa: F401 - loaded before the limits, which forbid to store the compiled modules

        limit_memory(MEMORY_BYTES)
        limit_time(PROCESSOR_S)
        with os.fdopen(0, "rb", closefd=False) as file:
            for text in _texts(file.read()):
                line.send(PAGE, text.encode("utf-8", errors="replace"))
    except _FaultError as error:
        fault = str(error)
    except ImportError:
        fault = "missing"
    except Exception:  # noqa: BLE001 - whatever a broken file does to the parser
        fault = "broken"
    line.send(FAULT if fault else END, fault.encode())
    os._exit(0)  # Python's clearing up would take longer than reading a short file


class _FaultError(Exception):
    """Why there is no text; the message is the fault's name."""


def _texts(data: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise _FaultError("encrypted")
    if len(reader.pages) > MOST_PAGES:
        raise _FaultError("pages")
    left = MOST_CHARACTERS
    for page in reader.pages:
        try:
            text = page.extract_text()
        except Exception:  # noqa: BLE001 - one broken page costs no other
            text = ""
        left -= len(text)
        if left < 0:
            return
        yield text


if __name__ == "__main__":
    main()
