"""Reads the pages of a PDF file in a child process with limits of time and memory: many such files are broken, and some are made to do harm.

The child gets the open file and no path (docs/decisions/0032-files-of-strangers-in-children.md).
"""

from __future__ import annotations

import time
from typing import Final

from voicecli.confined import Child, ChildGoneError, ChildSlowError
from voicecli.documents.pdf_child import END, FAULT, MOST_PAGES, PAGE
from voicecli.errors import FileUnreadable

LONGEST_S: Final = 120.0
"""How long a file may take. A page of text takes some 30 ms."""


def pages_of(handle: int, named: str) -> list[str]:
    """Returns the texts of the pages of the open file `handle`, which is read from its beginning.

    Raises:
        FileUnreadable: It is encrypted, damaged or too large, or takes too long.
        OSError: The system starts no process.
    """
    until_s = time.monotonic() + LONGEST_S
    pages: list[str] = []
    try:
        with Child("voicecli.documents.pdf_child", stdin=handle) as child:
            while True:
                kind, body = child.receive(until_s - time.monotonic())
                if kind == END:
                    return pages
                if kind != PAGE:
                    raise _fault(named, body.decode("ascii", errors="replace") if kind == FAULT else "")
                pages.append(body.decode("utf-8", errors="replace"))
                if len(pages) > MOST_PAGES:
                    raise _fault(named, "pages")
    except ChildSlowError:
        raise FileUnreadable(
            f"{named} takes longer than {LONGEST_S:.0f} s to read.", "Split it, or save it as text."
        ) from None
    except ChildGoneError as error:
        raise _fault(named, "") from error


def _fault(named: str, fault: str) -> FileUnreadable:
    match fault:
        case "encrypted":
            return FileUnreadable(f"{named} needs a password.", "Save it without one.")
        case "pages":
            return FileUnreadable(f"{named} has more than {MOST_PAGES} pages.", "Split it.")
        case "missing":
            return FileUnreadable("The package that reads PDF files is not installed.", "pip install pypdf")
        case _:
            return FileUnreadable(f"{named} is damaged, or not a PDF file.", "Open it in a viewer, and save it anew.")
