"""Reads the pages of a PDF file in a process of its own, which has limits of time and memory: many are broken, and some are made to do harm.

The process gets the open file and no path.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

from voicecli.documents.pdf_child import MOST_PAGES
from voicecli.errors import FileUnreadable

LONGEST_S: Final = 120.0
"""How long a file may take. A page of text takes some 30 ms."""


def pages_of(handle: int, named: str) -> list[str]:
    """Returns the texts of the pages of the open file `handle`, which is read from its beginning.

    Raises:
        FileUnreadable: It is encrypted, damaged or too large, or takes too long.
    """
    broken = FileUnreadable(f"{named} is damaged, or not a PDF file.", "Open it in a viewer, and save it anew.")
    command = [sys.executable, "-I", "-m", "voicecli.documents.pdf_child"]
    try:
        done = subprocess.run(
            command, stdin=handle, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise FileUnreadable(
            f"{named} takes longer than {LONGEST_S:.0f} s to read.", "Split it, or save it as text."
        ) from None
    try:
        found: dict[str, object] = json.loads(done.stdout)
    except ValueError as error:
        raise broken from error
    match found.get("fault"):
        case "encrypted":
            raise FileUnreadable(f"{named} needs a password.", "Save it without one.")
        case "pages":
            raise FileUnreadable(f"{named} has more than {MOST_PAGES} pages.", "Split it.")
        case "missing":
            raise FileUnreadable("The package that reads PDF files is not installed.", "pip install pypdf")
        case None:
            pages = found.get("pages")
            return [str(each) for each in pages] if isinstance(pages, list) else []
        case _:
            raise broken
