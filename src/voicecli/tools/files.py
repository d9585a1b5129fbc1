"""The tools that read files aloud which the user named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from voicecli.tools.definitions import Call, Language, Result, Run, ToolFailed

READS = frozenset({"read_file", "read_on"})
"""Tools whose result is the text of a file."""


class Files(Protocol):
    """The files that the user has named. All methods raise `ToolFailed` if there are none."""

    def read(self, *, name: str, about: str, number: int, page: int, language: Language) -> str:
        """Returns the text of a file, or of a part of it, to be read aloud.

        Args:
            name: Which file; empty for the one that was given last.
            about: What the part is about, or its heading; empty for any.
            number: Which section or paragraph, from 1, or -1 for the last; 0 for any.
            page: Which page, from 1, or -1 for the last; 0 for any.
            language: The language of the announcement.
        """

    def read_on(self, *, skips: bool, language: Language) -> str:
        """Returns what comes next: the rest, or with `skips` the next section or page."""

    def listing(self, language: Language) -> str:
        """Returns sentences that say which files there are, and what is in them."""


class NoFiles:
    """The files of a session without any."""

    def read(self, *, name: str, about: str, number: int, page: int, language: Language) -> str:  # noqa: ARG002 - the protocol's
        """Raises `ToolFailed`."""
        return self.listing(language)

    def read_on(self, *, skips: bool, language: Language) -> str:  # noqa: ARG002 - the protocol's
        """Raises `ToolFailed`."""
        return self.listing(language)

    def listing(self, language: Language) -> str:
        """Raises `ToolFailed`."""
        raise ToolFailed(
            "Du hast mir keine Datei gegeben. Das geht mit /file und ihrem Pfad."
            if language == "de"
            else "You have given me no file. To give one, type /file and its path."
        )


def runs(files: Files) -> Mapping[str, Run]:
    """The functions of these tools."""

    def read(call: Call) -> Result:
        text = files.read(
            name=str(call.arguments.get("name", "")),
            about=str(call.arguments.get("about", "")),
            number=_number(call, "number"),
            page=_number(call, "page"),
            language=call.language,
        )
        return Result(text=text)

    def read_on(call: Call) -> Result:
        return Result(text=files.read_on(skips=call.arguments.get("what") == "next", language=call.language))

    return {
        "read_file": read,
        "read_on": read_on,
        "list_files": lambda call: Result(text=files.listing(call.language)),
    }


def _number(call: Call, name: str) -> int:
    value = call.arguments.get(name, 0)
    return value if isinstance(value, int) else 0
