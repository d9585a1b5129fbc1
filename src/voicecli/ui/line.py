"""The line that a person types: prompt_toolkit edits it, and shows nothing; the screen does.

prompt_toolkit gives what a line editor must have (Emacs keys, a history, completion, pastes of many lines, undo); its own drawing is
switched off, because a terminal can have only one painter (docs/decisions/0011-keys-and-lines.md).
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TextIO, TypeAlias

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import BufferControl, Layout, Window
from prompt_toolkit.output import DummyOutput

from voicecli.ui.actions import ACTIONS, ActionName
from voicecli.ui.clean import clean
from voicecli.ui.completion import SlashCompleter
from voicecli.ui.keyboard import Attributes, EscapeKey, Flags, Keyboard, SpaceKey, Token, Typed
from voicecli.ui.typed_lines import typed_lines

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Purpose: TypeAlias = Literal["typing", "correcting", "confirming"]
Space: TypeAlias = Literal["tap", "down", "up"]

ESCAPE_S: Final = 0.1
"""How long a terminal may take over the rest of a key's sequence; after that a lone ESC is the Esc key. Over ssh a sequence arrives in
one piece, or nearly."""

# Keys that prompt_toolkit knows, but that no keyboard has, stand for what it has no names for.
_ESC, _SPACE_DOWN, _SPACE_AGAIN, _SPACE_UP = Keys.ControlF21, Keys.ControlF22, Keys.ControlF23, Keys.ControlF24
_SPACES: Final = {"down": _SPACE_DOWN, "again": _SPACE_AGAIN, "up": _SPACE_UP}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """The line as it is to be seen.

    Attributes:
        text: As it was typed; not yet `clean`ed.
        cursor: Characters before the caret.
        purpose: What will become of it.
        completions: What the word may become, each with what it means.
        chosen: Which of them is in the line now; None before Tab was pressed.
    """

    text: str = ""
    cursor: int = 0
    purpose: Purpose = "typing"
    completions: tuple[tuple[str, str], ...] = ()
    chosen: int | None = None


class LineListener(Protocol):
    """What is told of keys and lines; every method is called from the editor's thread and returns at once."""

    def on_view(self, view: LineView) -> None:
        """The line changed."""
        ...

    def on_line(self, text: str, purpose: Purpose) -> None:
        """A line was sent, and is empty again; the arrow keys bring it back."""
        ...

    def on_left(self, purpose: Purpose) -> None:
        """The line was left without being sent."""
        ...

    def on_action(self, name: ActionName) -> None:
        """A key of the table was pressed."""
        ...

    def on_escape(self) -> None:
        """Esc was pressed, with no line to leave."""
        ...

    def on_space(self, space: Space) -> None:
        """Space was pressed or let go, with nothing typed."""
        ...

    def on_answer(self, answer: Flags | Attributes) -> None:
        """The terminal answered a question."""
        ...


class LineEditor:
    """Reads a terminal that is in raw mode until `stop`, or until it hangs up.

    Args:
        stdin: The terminal.
        listener: Is told of everything.
        names: Gives the names that can stand behind a command, such as `/persona`.
        history_file: Where typed lines are kept for the next session; None keeps them in memory.
        talks: Whether Space with nothing typed means to talk.

    Thread: `run` belongs to one; `put` and `stop` any.
    """

    def __init__(
        self,
        stdin: TextIO,
        listener: LineListener,
        *,
        names: Callable[[str], Iterable[str]] = lambda _command: (),
        history_file: Path | None = None,
        talks: bool = True,
    ) -> None:
        self._listener = listener
        self._talks = talks
        self._purpose: Purpose = "typing"
        self._stashed: Document | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: list[tuple[str, Purpose]] = []
        self._stopped = False
        self._accepting = False
        self._telling = False
        self._thread_id: int | None = None
        self._buffer = Buffer(
            completer=SlashCompleter(names),
            complete_while_typing=True,
            history=typed_lines(history_file, lambda: self._purpose == "typing"),
            multiline=False,
            accept_handler=self._accept,
            on_text_changed=self._show,
            on_cursor_position_changed=self._show,
            on_completions_changed=self._show,
        )
        self._app: Application[None] = Application(
            layout=Layout(Window(BufferControl(self._buffer))),
            key_bindings=self._bindings(),
            input=_Terminal(stdin, listener.on_answer),
            output=DummyOutput(),
        )
        self._app.ttimeoutlen = ESCAPE_S

    def run(self) -> None:
        """Reads until `stop`.

        Raises:
            EOFError: The terminal hung up.
            Exception: What went wrong while a key was handled.
        """
        asyncio.run(self._run())

    def stop(self) -> None:
        """Makes `run` return."""
        self._stopped = True
        self._call(self._exit)

    def put(self, text: str, purpose: Purpose) -> None:
        """Puts `text` into the line, to be changed and sent. What was being typed comes back afterwards.

        A text to be confirmed that follows one that still stands there is appended to it.
        """
        self._asked.append((text, purpose))
        if threading.get_ident() != self._thread_id:
            self._call(self._put_asked)
        elif not self._accepting:  # keys that were typed behind the one that asked for it must find it there
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

    def _on_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What goes wrong while a key is handled ends `run`; asyncio would only print it."""
        error = context.get("exception") or RuntimeError(context.get("message", "a fault of the event loop"))
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
        """Tells of the line once all that changes with this key has changed: the completions do so last."""
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
            )
        )

    def _accept(self, buffer: Buffer) -> bool:
        text, purpose = clean(buffer.text).strip(), self._purpose
        if text or purpose == "confirming":
            self._listener.on_line(text, purpose)
        return False

    def _sent(self) -> None:
        """The line was sent or left: what was being typed before comes back."""
        self._purpose = "typing"
        if self._stashed is not None:
            self._buffer.set_document(self._stashed)
            self._stashed = None
        self._show()

    def _leave(self) -> bool:
        """Leaves the line; False when there is none."""
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
        may_talk = blank & Condition(lambda: self._talks)

        @keys.add("enter", eager=True)
        def _(_event: KeyPressEvent) -> None:
            self._accepting = True
            self._buffer.validate_and_handle()
            self._accepting = False
            if not self._buffer.text:
                self._sent()
            self._put_asked()

        @keys.add("escape", "enter")
        def _(_event: KeyPressEvent) -> None:
            self._buffer.insert_text("\n")

        @keys.add(_ESC)
        def _(_event: KeyPressEvent) -> None:
            if not self._leave():
                self._listener.on_escape()

        @keys.add("c-c")
        def _(_event: KeyPressEvent) -> None:
            self._leave()
            self._listener.on_action("interrupt")

        @keys.add("c-d", filter=blank)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_action("quit")

        @keys.add("?", filter=blank)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_action("help")

        @keys.add(" ", filter=may_talk)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_space("tap")

        @keys.add(_SPACE_DOWN, filter=may_talk)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_space("down")

        @keys.add(_SPACE_DOWN, filter=~may_talk)
        @keys.add(_SPACE_AGAIN, filter=~may_talk)
        def _(_event: KeyPressEvent) -> None:
            self._buffer.insert_text(" ")

        @keys.add(_SPACE_AGAIN, filter=may_talk)
        def _(_event: KeyPressEvent) -> None:
            """It is still held."""

        @keys.add(_SPACE_UP)
        def _(_event: KeyPressEvent) -> None:
            self._listener.on_space("up")

        for action in ACTIONS:
            for key in action.bound:
                if key not in {"c-c", "c-d"}:
                    keys.add(key)(_telling(self._listener, action.name))
        return keys


def _telling(listener: LineListener, name: ActionName) -> Callable[[KeyPressEvent], None]:
    def tell(_event: KeyPressEvent) -> None:
        listener.on_action(name)

    return tell


class _Terminal(Vt100Input):
    """A terminal's keys for prompt_toolkit, sorted by `Keyboard` first. Its modes are somebody else's."""

    def __init__(self, stdin: TextIO, on_answer: Callable[[Flags | Attributes], None]) -> None:
        super().__init__(stdin)
        self._on_answer = on_answer
        self._keyboard = Keyboard()
        self._decoder = codecs.getincrementaldecoder(stdin.encoding or "utf-8")(errors="replace")
        self._hung_up = False

    def read_keys(self) -> list[KeyPress]:
        try:
            data = os.read(self._fileno, 4096)
        except BlockingIOError:
            return []
        except OSError:  # what a terminal that is gone gives
            data = b""
        self._hung_up = not data
        return self._pressed(self._keyboard.feed(self._decoder.decode(data)))

    def flush_keys(self) -> list[KeyPress]:
        return self._pressed(self._keyboard.flush())

    @property
    def closed(self) -> bool:
        return self._hung_up

    def raw_mode(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def _pressed(self, tokens: Iterable[Token]) -> list[KeyPress]:
        for token in tokens:
            match token:
                case Typed():
                    self.vt100_parser.feed(token.text)
                    self.vt100_parser.flush()  # `Keyboard` gives whole keys
                case SpaceKey():
                    self._buffer.append(KeyPress(_SPACES[token.event], ""))
                case EscapeKey():
                    self._buffer.append(KeyPress(_ESC, ""))
                case Flags() | Attributes():
                    self._on_answer(token)
        pressed, self._buffer = self._buffer, []
        return pressed
