"""The line editor. prompt_toolkit edits the line, and the screen shows it.

prompt_toolkit provides what a line editor needs (Emacs keys, a history, completion, pastes of many lines, undo). Its own drawing is
switched off, because a terminal can have only one painter (docs/decisions/0011-keys-and-lines.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol, TextIO, TypeAlias

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout
from prompt_toolkit.output import DummyOutput

from voicecli.ui.completion import SlashCompleter
from voicecli.ui.key_input import ESC, SPACE_AGAIN, SPACE_DOWN, SPACE_UP, KeyInput
from voicecli.ui.key_parser import Answer
from voicecli.ui.keys_and_commands import ACTIONS, ActionName
from voicecli.ui.long_line import LongLine, PastedText, Unpainted
from voicecli.ui.sanitize import clean
from voicecli.ui.typed_lines import typed_lines

Purpose: TypeAlias = Literal["typing", "correcting", "confirming", "searching"]
Space: TypeAlias = Literal["tap", "down", "up"]

ESCAPE_S: Final = 0.1
"""How long a terminal may take to send the rest of a key's sequence. After that a lone ESC is the Esc key. Over ssh a sequence arrives
in one piece, or nearly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """The line as the screen shows it.

    Attributes:
        text: The typed text, not yet `clean`ed.
        cursor: Number of characters before the caret.
        purpose: The purpose of the line.
        completions: The completions of the word, each with its meaning.
        chosen: The index of the completion in the line; None before Tab was pressed.
        found: During a search, the line that was found; empty for none.
    """

    text: str = ""
    cursor: int = 0
    purpose: Purpose = "typing"
    completions: tuple[tuple[str, str], ...] = ()
    chosen: int | None = None
    found: str = ""


class LineListener(Protocol):
    """Receives keys and lines. Every method is called from the editor's thread and returns at once."""

    def on_view(self, view: LineView) -> None:
        """The line changed."""
        ...

    def on_line(self, text: str, purpose: Purpose) -> None:
        """A line was sent, and is empty again. The arrow keys bring it back."""
        ...

    def on_left(self, purpose: Purpose) -> None:
        """The line was left without being sent."""
        ...

    def on_action(self, name: ActionName) -> None:
        """A key of the table was pressed."""
        ...

    def on_escape(self) -> None:
        """Esc was pressed, without a line to leave."""
        ...

    def on_full(self) -> None:
        """The end of a paste was left out, because a line holds at most `LONGEST_LINE` characters."""
        ...

    def on_space(self, space: Space) -> None:
        """Space was pressed or released, with nothing typed."""
        ...

    def on_answer(self, answer: Answer) -> None:
        """The terminal answered a query."""
        ...


class LineEditor:
    """Reads a terminal in raw mode until `stop`, or until it hangs up.

    Args:
        stdin: The terminal.
        listener: Receives all keys and lines.
        names: Returns the names that can follow a command, such as `/persona`, and what each stands for.
        history_file: Where typed lines are kept for the next session; None keeps them in memory.
        talks: Whether Space with nothing typed means to talk.

    Thread: `run` belongs to one; `put` and `stop` any.
    """

    def __init__(
        self,
        stdin: TextIO,
        listener: LineListener,
        *,
        names: Callable[[str], Mapping[str, str]] = lambda _command: {},
        history_file: Path | None = None,
        talks: bool = True,
    ) -> None:
        self._listener = listener
        self._talks = talks
        self._purpose: Purpose = "typing"
        self._stashed: Document | None = None
        self._match = 0  # index of the shown match, from the newest
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: list[tuple[str, Purpose]] = []
        self._stopped = False
        self._accepting = False
        self._telling = False
        self._thread_id: int | None = None
        self._buffer = LongLine(
            completer=SlashCompleter(names),
            complete_while_typing=True,
            history=typed_lines(history_file, lambda: self._purpose == "typing"),
            multiline=False,
            accept_handler=self._accept,
            on_text_changed=self._show,
            on_cursor_position_changed=self._show,
            on_completions_changed=self._show,
        )
        self._pastes = PastedText(self._buffer, listener.on_full)
        self._app: Application[None] = Application(
            layout=Layout(Unpainted(self._buffer)),
            key_bindings=self._bindings(),
            input=KeyInput(stdin, listener.on_answer),
            output=DummyOutput(),
        )
        self._app.ttimeoutlen = ESCAPE_S

    def run(self) -> None:
        """Reads until `stop`.

        Raises:
            EOFError: The terminal hung up.
            Exception: An error occurred while a key was handled.
        """
        asyncio.run(self._run())

    def stop(self) -> None:
        """Makes `run` return."""
        self._stopped = True
        self._call(self._exit)

    def put(self, text: str, purpose: Purpose) -> None:
        """Puts `text` into the line, to be changed and sent. The line typed before is restored afterwards.

        A text to be confirmed is appended to an earlier one that is still in the line.
        """
        self._asked.append((text, purpose))
        if threading.get_ident() != self._thread_id:
            self._call(self._put_asked)
        elif not self._accepting:  # keys typed after the one that requested it must find it there
            self._put_asked()

    # ---- the editor's thread

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()
        if self._stopped:
            return
        self._loop.set_exception_handler(self._on_fault)
        self._loop.call_soon(self._put_asked)
        await self._app.run_async(handle_sigint=False, set_exception_handler=False)

    def _on_fault(self, _loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Ends `run` with an error that occurred while a key was handled; asyncio would only print it."""
        fault = context.get("exception")
        error = (
            fault
            if isinstance(fault, BaseException)
            else RuntimeError(context.get("message", "a fault of the event loop"))
        )
        if self._app.is_running and not self._app.is_done:
            self._app.exit(exception=error)

    def _call(self, function: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(function)

    def _exit(self) -> None:
        if self._app.is_running and not self._app.is_done:
            self._app.exit()

    def _put_asked(self) -> None:
        while self._asked:
            text, purpose = self._asked.pop(0)
            if self._purpose == "typing":
                self._stashed = self._buffer.document if self._buffer.text else None
            elif purpose == self._purpose == "confirming":
                text = f"{self._buffer.text.rstrip()} {text}".lstrip()
            self._purpose = purpose
            self._buffer.set_document(Document(text, len(text)), bypass_readonly=True)
            self._show()

    def _show(self, _buffer: object = None) -> None:
        """Reports the line after all changes by this key. Completions change last."""
        if self._loop is not None and not self._telling:
            self._telling = True
            self._loop.call_soon(self._tell_view)

    def _tell_view(self) -> None:
        self._telling = False
        state: CompletionState | None = self._buffer.complete_state
        self._listener.on_view(
            LineView(
                text=self._buffer.text,
                cursor=self._buffer.cursor_position,
                purpose=self._purpose,
                completions=tuple((each.display_text, each.display_meta_text) for each in state.completions)
                if state
                else (),
                chosen=state.complete_index if state else None,
                found=self._found(),
            )
        )

    def _accept(self, buffer: Buffer) -> bool:
        text, purpose = clean(buffer.text).strip(), self._purpose
        if text or purpose == "confirming":
            self._listener.on_line(text, purpose)
        return False

    def _found(self) -> str:
        """Returns the typed line that matches the search; empty if none does, or there is no search."""
        if self._purpose != "searching":
            return ""
        wanted = self._buffer.text.casefold()
        lines = dict.fromkeys(reversed(self._buffer.history.get_strings()))  # without duplicates, the newest first
        fitting = [line for line in lines if wanted in line.casefold()]
        self._match = min(self._match, max(0, len(fitting) - 1))
        return fitting[self._match] if fitting else ""

    def _search(self) -> None:
        """Starts a search of typed lines, or finds the next older match."""
        if self._purpose == "searching":
            self._match += 1
            self._show()
        elif self._purpose == "typing":
            self._match = 0
            self.put("", "searching")

    def _take_found(self) -> None:
        """Ends the search, with its result in the line."""
        found = self._found()
        self._purpose = "typing"
        if found or self._stashed is None:
            self._stashed = None
            self._buffer.set_document(Document(found, len(found)))
        self._sent()

    def _sent(self) -> None:
        """Restores the earlier line, after a line was sent or left."""
        self._purpose = "typing"
        if self._stashed is not None:
            self._buffer.set_document(self._stashed)
            self._stashed = None
        self._show()

    def _leave(self) -> bool:
        """Leaves the line. Returns False if there is none."""
        purpose = self._purpose
        if not self._buffer.text and purpose == "typing":
            return False
        self._buffer.reset()
        self._sent()
        self._listener.on_left(purpose)
        return True

    def _bindings(self) -> KeyBindings:
        keys = KeyBindings()
        blank = Condition(lambda: not self._buffer.text and self._purpose == "typing")
        blanks = Condition(lambda: not self._buffer.text.strip() and self._purpose == "typing")
        may_talk = blank & Condition(lambda: self._talks)

        @keys.add(Keys.Any)
        def _(event: KeyPressEvent) -> None:
            if event.data.isprintable():  # the data of a key without a meaning here is a sequence
                self._buffer.insert_text(event.data * event.arg)

        @keys.add(Keys.BracketedPaste, save_before=lambda _event: not self._pastes.goes_on)
        def _(event: KeyPressEvent) -> None:
            self._pastes.insert(event.data)

        @keys.add("escape", Keys.Any)
        def _(_event: KeyPressEvent) -> None:
            """Ignores a key with Alt that has no meaning."""

        @keys.add("enter", eager=True)
        def _(_event: KeyPressEvent) -> None:
            if self._pastes.was_cut:
                return
            if self._purpose == "searching":
                self._take_found()
                return
            self._accepting = True
            self._buffer.validate_and_handle()
            self._accepting = False
            if not self._buffer.text:
                self._sent()
            self._put_asked()

        @keys.add("escape", "enter")
        def _(_event: KeyPressEvent) -> None:
            self._buffer.insert_text("\n")

        @keys.add(ESC)
        def _(_event: KeyPressEvent) -> None:
            if not self._leave():
                self._listener.on_escape()

        @keys.add("c-c")
        def _(_event: KeyPressEvent) -> None:
            self._leave()
            self._listener.on_action("interrupt")

        @keys.add("c-d", filter=blanks)
        def _(_event: KeyPressEvent) -> None:
            self._buffer.reset()
            self._listener.on_action("quit")

        @keys.add("?", filter=blank)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_action("help")

        @keys.add(" ", filter=may_talk)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_space("tap")

        @keys.add(SPACE_DOWN, filter=may_talk)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_space("down")

        @keys.add(SPACE_DOWN, filter=~may_talk)
        @keys.add(SPACE_AGAIN, filter=~may_talk)
        def _(_event: KeyPressEvent) -> None:
            self._buffer.insert_text(" ")

        @keys.add(SPACE_AGAIN, filter=may_talk)
        def _(_event: KeyPressEvent) -> None:
            """Does nothing, because Space is still held."""

        @keys.add(SPACE_UP)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_space("up")

        for action in ACTIONS:
            for key in action.bound:
                if key not in {"c-c", "c-d"}:
                    keys.add(key)(_telling(self._listener, action.name))
        self._bind_search(keys)
        return keys

    def _bind_search(self, keys: KeyBindings) -> None:
        searching = Condition(lambda: self._purpose == "searching")

        @keys.add("c-r")
        @keys.add("up", filter=searching)
        def _(_event: KeyPressEvent) -> None:
            self._search()

        @keys.add("down", filter=searching)
        def _(_event: KeyPressEvent) -> None:
            self._match = max(0, self._match - 1)
            self._show()

        @keys.add("right", filter=searching)
        @keys.add("tab", filter=searching)
        def _(_event: KeyPressEvent) -> None:
            self._take_found()


def _telling(listener: LineListener, name: ActionName) -> Callable[[KeyPressEvent], None]:
    def tell(_event: KeyPressEvent) -> None:
        listener.on_action(name)

    return tell
