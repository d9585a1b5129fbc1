"""The files of a session: given with `--file` or `/file`, quoted for the model, and read aloud."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from voicecli.documents import reading
from voicecli.documents.library import Library
from voicecli.documents.opening import open_named
from voicecli.documents.reading import NotThereError, Stretch
from voicecli.errors import VoiceCliError
from voicecli.events import Event, ToolUsed, TurnSettled
from voicecli.tools.definitions import Language, ToolFailed, cleaned
from voicecli.tools.files import READS, NoFiles
from voicecli.tuning import FilesChanged

if TYPE_CHECKING:
    from voicecli.documents.model import Document
    from voicecli.engines.ports import ChatMessage
    from voicecli.messages import Report

CLOSE_ALL: Final = "-"
"""The argument of `/file` that closes all files."""

_REMEMBERED: Final = 16
"""How many texts that were read from a file are remembered, until it is known how far they were heard."""

_MOST_SHOWN: Final = 3
"""How many files are described when they are opened. The others are only counted."""


def opened_files(named: Sequence[str], *, context_tokens: int) -> Files:
    """Returns these files, opened, for a single question. Raises `FileUnreadable`."""
    files = Files(context_tokens=context_tokens)
    files.attach(named)
    return files


class Files:
    """The files that the user named.

    Thread: any.

    Args:
        offer: Sends a report to the conductor.
        notice: Shows a notice: a code and a sentence.
        context_tokens: The size of the model's context.
    """

    def __init__(
        self,
        *,
        context_tokens: int,
        offer: Callable[[Report], object] = lambda _report: None,
        notice: Callable[[str, str], object] = lambda _code, _message: None,
    ) -> None:
        self._offer = offer
        self._notice = notice
        self._library = Library(context_tokens=context_tokens)
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Stretch] = OrderedDict()
        self._last: tuple[int, str, Stretch] | None = (
            None  # the turn, the whole text that is spoken, and what is read of the file
        )
        self._heard: int | None = None  # how much of the file's text was heard when reading was stopped
        self._remarks: list[str] = []

    # ---- giving files

    def attach(self, named: Sequence[str]) -> Sequence[Document]:
        """Reads files and folders, and returns them.

        Raises:
            FileUnreadable: One cannot be read.
        """
        documents: list[Document] = []
        for each in named:
            opened = open_named(each)
            documents += opened.documents
            self._remarks += opened.remarks
        self._library.add(documents)
        return documents

    def tell(self) -> None:
        """Shows which files were given at the start, and which files in folders were left out."""
        if message := self._described(self._library.documents):
            self._notice("files", message)

    def add(self, named: str) -> None:
        """Reads a file or a folder in a thread of its own, and reports to the conductor. `-` closes all files."""
        threading.Thread(target=self._add, args=(named,), name="file", daemon=True).start()

    def _add(self, named: str) -> None:
        if named == CLOSE_ALL:
            self._library.clear()
            with self._lock:
                self._last = None
            self._offer(FilesChanged(message="No file is open any more."))
            return
        try:
            added = self.attach([named])
        except VoiceCliError as error:
            self._notice("file", f"{error.message} {error.hint}".rstrip())
            return
        self._offer(FilesChanged(message=self._described(added)))

    def described(self) -> str:
        """Returns a sentence that names the files and their lengths; empty if there are none."""
        return self._described(self._library.documents)

    def _described(self, documents: Sequence[Document]) -> str:
        if not documents:
            return ""
        shown = "; ".join(reading.contents(each, "en").rstrip(".") for each in documents[:_MOST_SHOWN])
        more = f"; and {len(documents) - _MOST_SHOWN} more" if len(documents) > _MOST_SHOWN else ""
        remarks, self._remarks = self._remarks, []
        return " ".join([f"Open for questions and reading aloud: {shown}{more}.", *remarks])

    # ---- for the model

    def prompt(self) -> str:
        """Returns the part of the system message about the files; see `session.history.Files`."""
        return self._library.prompt()

    def before(self, question: str) -> str:
        """Returns the quotations that are put before a question; see `session.history.Files`."""
        return self._library.before(question)

    def ending(self, messages: Sequence[ChatMessage], reply: str, language: str) -> str:
        """Returns the sentence that names the source of an answer; see `pipeline.stages.Respond`."""
        return self._library.ending(messages[-1].content, reply, "de" if language == "de" else "en")

    # ---- reading aloud; see `tools.files.Files`

    def read(self, *, name: str, about: str, number: int, page: int, language: Language) -> str:
        """Returns a file or a part of it."""
        try:
            document = reading.document_named(self._library.documents, name, language, with_pages=bool(page))
            if page:
                found = reading.numbered(document, page, language, page=True)
            elif number:
                found = reading.numbered(document, number, language)
            elif about:
                found = reading.about(document, about, language)
            else:
                found = reading.whole(document)
        except NotThereError as error:
            raise ToolFailed(str(error)) from error
        return self._said(found, language)

    def read_on(self, *, skips: bool, language: Language) -> str:
        """Returns the part after the one that was read last."""
        with self._lock:
            last, heard = self._last, self._heard
        if last is None:
            if not self._library.documents:
                return NoFiles().listing(language)
            return self.read(name="", about="", number=0, page=0, language=language)
        try:
            found = reading.next_part(last[2], language) if skips else reading.following(last[2], heard, language)
        except NotThereError as error:
            raise ToolFailed(str(error)) from error
        return self._said(found, language)

    def listing(self, language: Language) -> str:
        """Returns sentences that say which files there are."""
        documents = self._library.documents
        if not documents:
            return NoFiles().listing(language)
        return " ".join(reading.contents(each, language) for each in documents[:10])

    def _said(self, stretch: Stretch, language: Language) -> str:
        title = f"{stretch.title.rstrip('.!?:')}.\n" if stretch.title else ""
        more = (
            "" if stretch.is_last else ("\nSag: lies weiter." if language == "de" else "\nTo hear more, say: read on.")
        )
        text = cleaned(f"{title}{stretch.text[stretch.start : stretch.end].strip()}{more}")
        with self._lock:
            self._made[text] = stretch
            while len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return text

    def take(self, event: Event) -> None:
        """Records how far a file was read aloud. A dropped draft causes no event and so changes nothing."""
        with self._lock:
            match event:
                case ToolUsed(tool=tool, turn=turn, text=text) if tool in READS and text in self._made:
                    self._last, self._heard = (turn, text, self._made[text]), None
                case TurnSettled(turn=turn, answer=answer, cut=cut) if self._last is not None and turn == self._last[0]:
                    _, text, stretch = self._last
                    title = text.find(stretch.text[stretch.start : stretch.end].strip()[:40])
                    self._heard = max(0, len(answer) - max(title, 0)) if cut else None
                case _:
                    pass
