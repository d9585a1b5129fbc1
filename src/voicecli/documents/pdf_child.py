"""The process that reads one PDF file: it comes as standard input, and the texts of its pages go to standard output as JSON."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Final

MOST_PAGES: Final = 2000
MOST_CHARACTERS: Final = 10_000_000
MEMORY_BYTES: Final = 1_500_000_000
PROCESSOR_S: Final = 120


def main() -> None:
    """Reads standard input, and writes an object: `pages`, or a `fault`."""
    _limit()
    logging.disable(logging.CRITICAL)
    try:
        found: dict[str, object] = {"pages": list(_texts(sys.stdin.buffer.read()))}
    except _FaultError as fault:
        found = {"fault": str(fault)}
    except ImportError:
        found = {"fault": "missing"}
    except Exception:  # noqa: BLE001 - whatever a broken file does to the parser
        found = {"fault": "broken"}
    sys.stdout.write(json.dumps(found))


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


def _limit() -> None:
    """Limits memory and processor time, and writes no file, where the system can do that."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        for what, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CPU, PROCESSOR_S),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
