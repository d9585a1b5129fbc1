"""The terminal of a conversation: the screen, the keys and the input line.

Keys and lines become reports for the conductor, here or in `slash_commands`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TextIO

from voicecli import events
from voicecli.app.conversation_text import ConversationText
from voicecli.app.slash_commands import SlashCommands, Surroundings, is_command, is_help
from voicecli.app.suspension import Suspension
from voicecli.app.terminal_keeper import TerminalKeeper
from voicecli.errors import KeyboardFailed
from voicecli.messages import (
    Confirmed,
    Correct,
    InterruptPressed,
    QuitAsked,
    Report,
    TalkDiscarded,
    TalkPressed,
    TalkReleased,
    TalkToggled,
    Typed,
    WorkerDied,
)
from voicecli.ui.bell import FOCUS_OFF, FOCUS_ON, Bell
from voicecli.ui.bottom_rows import BottomRows
from voicecli.ui.help_panel import HelpPanel
from voicecli.ui.key_parser import Answer, Background, Focus, Synchronized
from voicecli.ui.keys_and_commands import ActionName
from voicecli.ui.line_editor import LineEditor, LineView, Purpose, Space
from voicecli.ui.marked_paste import LONGEST_LINE
from voicecli.ui.screen import LiveScreen
from voicecli.ui.terminal import TerminalModes

if TYPE_CHECKING:
    from rich.console import Console


JOIN_S: Final = 2.0
"""How long the thread that reads keys may take to end, in seconds."""

_LIGHT: Final = 0.5
"""A background that is brighter than this, from 0 to 1, counts as light."""

GOODBYES: Final = ("quit", "exit", "bye")
"""Words that end the conversation when they are typed alone. They are confirmed once."""

FULL: Final = "Enter sends what is there, Esc discards it. A longer text goes into a file: /file PATH"

_BUSY: Final = ("transcribing", "thinking", "speaking")


class ChatTerminal:
    """Shows a session on a terminal and turns what is typed there into reports. Use it as a context manager, in the main thread.

    Args:
        console: The terminal for output.
        stdin: The terminal for input.
        offer: Takes reports; never waits.
        around: The session around it.

    Thread: it is an event sink in the events' thread; keys and lines arrive in a thread of its own.
    """

    def __init__(
        self, console: Console, stdin: TextIO, offer: Callable[[Report], object], around: Surroundings
    ) -> None:
        self.broken = False
        self._offer = offer
        self._around = around
        self._screen = LiveScreen(console)
        self._record = ConversationText(around.said)
        self._commands = SlashCommands(offer, around, self._record, self)
        self._keeper = TerminalKeeper(stdin.fileno())
        self._modes = TerminalModes(stdin.fileno(), self._screen.control, ask_background=around.ask_background)
        self._bell = Bell(around.bell, self._screen.control)
        self._foot = BottomRows(line=LineView(), talks=around.talks)
        self._lock = threading.Lock()
        self._phase: events.Phase = "loading"
        self._confirming = 0
        self._correcting = 0
        self._held = False
        self._models: dict[str, str] = {}  # kind to name
        self._better = ""
        self._editor = LineEditor(
            stdin, self, names=self._commands.names, history_file=around.history_file, talks=around.talks
        )
        self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
        self._stops = Suspension(stdin.fileno(), suspend=self._suspend, go_on=self._go_on)

    # ---- beginning and ending

    def __enter__(self) -> Self:
        self._take_terminal()
        try:
            self._screen.show(self._foot)
            self._screen.__enter__()
            self._stops.catch()
            self._thread.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._editor.stop()
            if self._thread.ident is not None:
                self._thread.join(JOIN_S)
            self._screen.close()
        finally:
            self._give_terminal_back(drain=not self._thread.is_alive())
            self._keeper.close()
            self._stops.leave()

    def _read(self) -> None:
        try:
            self._editor.run()
        except EOFError:  # the terminal hung up
            self._offer(QuitAsked())
        except BaseException as error:  # noqa: BLE001 - without keys nobody could end the session: it ends with it
            fault = KeyboardFailed(
                f"The keyboard cannot be read any more: {type(error).__name__}: {error}.",
                "For a traceback, run the command again with --verbose.",
            )
            fault.__cause__ = error
            self._offer(WorkerDied(worker="keys", error=fault))

    def _suspend(self) -> None:
        self._screen.pause()
        self._give_terminal_back(drain=False)

    def _go_on(self) -> None:
        self._take_terminal()
        self._screen.go_on()

    def _take_terminal(self) -> None:
        self._modes.take()
        self._keeper.taken()
        if self._bell.on:
            self._screen.control(FOCUS_ON)

    def _give_terminal_back(self, *, drain: bool) -> None:
        if self._bell.on:
            with contextlib.suppress(OSError, ValueError):  # the terminal is gone
                self._screen.control(FOCUS_OFF)
        self._modes.give_back(drain=drain)
        self._keeper.given_back()

    # ---- events in

    def handle(self, event: events.Event) -> None:
        """Shows `event`."""
        self._record.handle(event)
        self._around.tuner.handle(event)
        self._bell.handle(event)
        match event:
            case events.Notice(code="models", message=message):
                self._better = message.partition(". ")[2]  # the help panel shows it
                return
            case events.Ready(models=models):
                self._models = {kind: name for kind, name in models.items() if kind != "turn"}
                self._screen.handle(event)
                event = _welcome(event)
            case events.Changed(what="voice", value=str(name)):
                self._models["voice"] = name
            case events.Changed(what="model", value=str(name)):
                self._models["llm"] = name
            case events.Bye() if remark := self._commands.what_was_kept():
                self.note(remark)
            case events.PhaseChanged():
                self._phase = event.phase
            case events.RecordingChanged(on=on):
                self._change(recording=on)
            case events.ConfirmAsked():
                self._confirming = event.turn
                self._editor.put(event.text, "confirming")
            case _:
                pass
        self._screen.handle(event)
        self.broken = self._screen.broken

    def close(self) -> None:
        """Shows the remaining output. The terminal is given back at the end of the `with`."""
        self._screen.close()

    # ---- keys and lines in (the editor's thread)

    def on_view(self, view: LineView) -> None:
        """Shows the input line."""
        if view.text and self._held:
            self.on_space("up")  # somebody who begins to type has stopped talking
        self._change(line=view)

    def on_answer(self, answer: Answer) -> None:
        """Passes on an answer of the terminal to a query."""
        match answer:
            case Focus(focused=focused):
                self._bell.on_focus(focused=focused)
            case Synchronized(available=True):
                self._screen.synchronize()
            case Background(luminance=luminance) if self._around.ask_background:
                self._screen.set_ground("light" if luminance > _LIGHT else "dark")
            case _:
                pass
        self._modes.on_answer(answer)
        self._change(holds=self._modes.tells_releases)

    def on_space(self, space: Space) -> None:
        """Handles the talk key."""
        match space:
            case "tap":
                self._offer(TalkToggled())
            case "down" if not self._held:
                self._held = True
                self._offer(TalkPressed())
            case "up" if self._held:
                self._held = False
                self._offer(TalkReleased())
            case _:
                pass

    def on_escape(self) -> None:
        """Closes the help panel, discards the recording, or stops the answer."""
        if self._foot.panel is not None:
            self._change(panel=None)
        elif self._held or self._foot.recording or self._phase == "hearing":
            self._held = False
            self._offer(TalkDiscarded())
        elif self._phase in _BUSY:
            self._offer(InterruptPressed())

    def on_full(self) -> None:
        """Says that the end of a paste was left out."""
        self.note(
            f"The line is full: it holds {LONGEST_LINE:,} characters, and the rest of the paste was left out.", FULL
        )

    def on_left(self, purpose: Purpose) -> None:
        """Discards the text that was to be confirmed."""
        if purpose == "confirming":
            self._offer(Confirmed(turn=self._confirming, text=""))

    def on_line(self, text: str, purpose: Purpose) -> None:
        """Carries out a line."""
        if self._foot.panel is not None and not is_help(text):
            self._change(panel=None)
        self._commands.leaving = self._commands.leaving and text.casefold() in GOODBYES
        match purpose:
            case "confirming":
                self._offer(Confirmed(turn=self._confirming, text=text))
            case "correcting":
                self._offer(Correct(turn=self._correcting, text=text))
            case "typing" if is_command(text):
                self._commands.run_line(text)
            case "searching":
                pass  # the text that was found is put into the line
            case "typing" if text.casefold() in GOODBYES:
                self._commands.leave()
            case "typing":
                self._offer(Typed(text=text.removeprefix("/") if text.startswith("//") else text))

    def on_action(self, name: ActionName) -> None:
        """Carries out a key of the action table."""
        if name not in {"help", "redraw"}:
            self._change(panel=None)
        self._commands.do(name)

    # ---- what commands need (the editor's thread)

    def note(self, message: str, hint: str = "") -> None:
        """Shows the user a note that is not part of the conversation."""
        text = f"{message} {hint}".rstrip()
        self._screen.handle(events.Notice(t_s=0.0, code="keys", message=text))

    def show_help(self) -> None:
        """Shows the help panel, or closes it."""
        if self._foot.panel is not None:
            self._change(panel=None)
        else:
            models = f"{', '.join(self._models.values())}. {self._better}" if self._models else ""
            self._change(panel=HelpPanel(talks=self._around.talks, holds=self._foot.holds, models=models))

    def redraw(self) -> None:
        """Clears the screen and draws it again."""
        self._screen.redraw()

    def correct(self, turn: int, question: str) -> None:
        """Puts the question of `turn` into the input line, where it can be changed and asked again."""
        self._correcting = turn
        self._editor.put(question, "correcting")

    def control(self, text: str) -> None:
        """Sends a control sequence to the terminal."""
        self._screen.control(text)

    def _change(self, **fields: object) -> None:
        with self._lock:
            self._foot = dataclasses.replace(self._foot, **fields)  # type: ignore[arg-type] # fields of `BottomRows`
            self._screen.show(self._foot)


def _welcome(ready: events.Ready) -> events.Notice:
    """Returns the first line that the user sees."""
    match ready.mode:
        case "hands-free":
            how = "Just talk, or type."
        case "push-to-talk":
            how = "Press Space to talk, or type."
        case "typed":
            how = "Type your question."
    return events.Notice(t_s=ready.t_s, code="welcome", message=f"Ready. {how} F1 shows the keys.")
