"""The terminal of a conversation: the screen, the keys and the line, and what each of them does.

Keys and lines become reports for the conductor; what only concerns the screen (help, a file saved, something copied) is done here.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TextIO

from voicecli import events
from voicecli.cli import clipboard
from voicecli.cli.saving import write_new
from voicecli.cli.suspension import Suspension
from voicecli.config.suggest import did_you_mean
from voicecli.errors import VoiceCliError
from voicecli.messages import (
    Clear,
    Confirmed,
    Correct,
    InputClosed,
    InterruptPressed,
    MuteSwitched,
    PersonaChosen,
    QuitAsked,
    Repeat,
    Report,
    TalkDiscarded,
    TalkPressed,
    TalkReleased,
    TalkToggled,
    Typed,
    Undo,
    WorkerDied,
)
from voicecli.speech.phrases import GO_ON
from voicecli.ui.actions import BY_SLASH, RESTARTS, ActionName, help_text
from voicecli.ui.foot import Foot
from voicecli.ui.line import LineEditor, LineView, Purpose, Space
from voicecli.ui.record import Record, latency_text
from voicecli.ui.screen import LiveScreen
from voicecli.ui.terminal import TerminalModes

if TYPE_CHECKING:
    from rich.console import Console

    from voicecli.ui.keyboard import Attributes, Flags

JOIN_S: Final = 2.0

SHORTER: Final = {
    "en": "Please say that again, much shorter.",
    "de": "Bitte sag das noch einmal, viel kürzer.",
    "fr": "Redis cela en beaucoup plus court, s'il te plaît.",
    "es": "Dilo otra vez, mucho más corto, por favor.",
    "it": "Dillo di nuovo, molto più breve, per favore.",
}
"""What the keys ask, by the language that was spoken last."""

_BUSY: Final = ("transcribing", "thinking", "speaking")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a cockpit is told of the session around it.

    Attributes:
        talks: Whether there is a microphone.
        history_file: Where typed lines are kept; None for nowhere.
        interrupt: Does what the signal of Ctrl-C does, which the key does not send here.
        personas: Gives the names of all there are.
        persona: Gives what the conductor is told of one, and a remark for the person, which may be empty; raises `VoiceCliError` when
            there is no such persona.
    """

    talks: bool
    history_file: Path | None
    interrupt: Callable[[], None]
    personas: Callable[[], Iterable[str]]
    persona: Callable[[str], tuple[PersonaChosen, str]]


class Cockpit:
    """Shows a session on a terminal and turns what is typed there into reports; use it as a context manager, in the main thread.

    Args:
        console: The terminal, to be written.
        stdin: The terminal, to be read.
        offer: Takes reports; never waits.
        around: The session around it.

    Thread: as an event sink the events'; keys and lines come in one of its own.
    """

    def __init__(
        self, console: Console, stdin: TextIO, offer: Callable[[Report], object], around: Surroundings
    ) -> None:
        self.broken = False
        self._offer = offer
        self._around = around
        self._screen = LiveScreen(console)
        self._record = Record()
        self._modes = TerminalModes(stdin.fileno(), self._screen.control)
        self._foot = Foot(line=LineView(), talks=around.talks)
        self._lock = threading.Lock()
        self._phase: events.Phase = "loading"
        self._confirming = 0
        self._correcting = 0
        self._held = False
        self._muted = False
        self._ending = False
        self._editor = LineEditor(
            stdin, self, personas=around.personas, history_file=around.history_file, talks=around.talks
        )
        self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
        self._stops = Suspension(stdin.fileno(), suspend=self._suspend, go_on=self._go_on)

    # ---- beginning and ending

    def __enter__(self) -> Self:
        self._modes.take()
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
            self._modes.give_back(drain=not self._thread.is_alive())
            self._stops.leave()

    def _read(self) -> None:
        try:
            self._editor.run()
        except EOFError:  # the terminal hung up
            self._offer(QuitAsked())
        except BaseException as error:  # noqa: BLE001 - without keys nobody could end the session: it ends, and says why
            fault = VoiceCliError(
                f"The keyboard cannot be read any more: {type(error).__name__}: {error}.",
                "Run it again with --verbose to see where.",
            )
            fault.__cause__ = error
            self._offer(WorkerDied(worker="keys", error=fault))

    def _suspend(self) -> None:
        self._screen.pause()
        self._modes.give_back(drain=False)

    def _go_on(self) -> None:
        self._modes.take()
        self._screen.go_on()

    # ---- events in

    def handle(self, event: events.Event) -> None:
        """Shows `event`."""
        self._record.handle(event)
        match event:
            case events.PhaseChanged():
                over = self._phase in {"hearing", event.phase} and event.phase != "loading"
                if over and not self._held:
                    self._change(recording=False)  # it ended by itself, or never began
                self._phase = event.phase
            case events.SpeechEnded():
                self._change(recording=False)
            case events.MicrophoneMuted(muted=muted):
                self._muted = muted
            case events.ConfirmAsked():
                self._confirming = event.turn
                self._editor.put(event.text, "confirming")
            case _:
                pass
        self._screen.handle(event)
        self.broken = self._screen.broken

    def close(self) -> None:
        """Shows what is still owed; the terminal is given back at the end of the `with`."""
        self._screen.close()

    # ---- keys and lines in (the editor's thread)

    def on_view(self, view: LineView) -> None:
        """Shows the line."""
        if view.text and self._held:
            self.on_space("up")  # who begins to type has stopped talking
        self._change(line=view)

    def on_answer(self, answer: Flags | Attributes) -> None:
        """Passes the terminal's answer on."""
        self._modes.on_answer(answer)
        self._change(holds=self._modes.tells_releases)

    def on_space(self, space: Space) -> None:
        """Talks."""
        match space:
            case "tap":
                self._offer(TalkToggled())
                self._change(recording=not self._foot.recording and not self._muted)
            case "down" if not self._held:
                self._held = True
                self._offer(TalkPressed())
                self._change(recording=not self._muted)
            case "up" if self._held:
                self._held = False
                self._offer(TalkReleased())
                self._change(recording=False)
            case _:
                pass

    def on_escape(self) -> None:
        """Throws the recording away, or stops the answer."""
        if self._foot.recording or self._phase == "hearing":
            self._held = False
            self._offer(TalkDiscarded())
            self._change(recording=False)
        elif self._phase in _BUSY:
            self._offer(InterruptPressed())

    def on_left(self, purpose: Purpose) -> None:
        """Throws away what was to be confirmed."""
        if purpose == "confirming":
            self._offer(Confirmed(turn=self._confirming, text=""))

    def on_line(self, text: str, purpose: Purpose) -> bool:
        """Does what a line says. Gives whether it stays, to be mended."""
        match purpose:
            case "confirming":
                self._offer(Confirmed(turn=self._confirming, text=text))
            case "correcting":
                self._offer(Correct(turn=self._correcting, text=text))
            case "typing" if _is_command(text):
                return not self._command(text)
            case "typing":
                self._offer(Typed(text=text.removeprefix("/") if text.startswith("//") else text))
        return False

    def on_action(self, name: ActionName) -> None:
        """A key of the table."""
        self._do(name, "")

    # ---- what is done

    def _command(self, text: str) -> bool:
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        action = BY_SLASH.get(word)
        if action is not None and action.takes in {"NAME", "FILE"} and not rest:
            self._note(f"Say which: {action.slash} {action.takes}.", action.does.capitalize())
        elif action is not None:
            self._ending = self._ending or action.name == "quit"  # whoever types that does not want to wait
            return self._do(action.name, rest)
        elif word in RESTARTS:
            self._note(f"{word} cannot be changed during a conversation.", f"Start anew: {RESTARTS[word]}")
        else:
            self._note(f"There is no {word}.", did_you_mean(word, BY_SLASH) or "See /help")
        return False

    def _do(self, name: ActionName, rest: str) -> bool:
        """Gives whether the line that said so is done with."""
        record = self._record
        match name:
            case "interrupt":
                self._around.interrupt()
            case "suspend":
                os.kill(0, signal.SIGTSTP)  # the whole job, as the terminal itself does it
            case "quit":
                self._offer(QuitAsked() if self._ending else InputClosed())
                self._ending = True
            case "help":
                self._note(help_text(talks=self._around.talks, holds=self._foot.holds, width=self._screen.text_width))
            case "mute":
                if not self._around.talks:
                    return self._note("There is no microphone.", stays=False)
                self._offer(MuteSwitched())
            case "correct":
                return self._correct(rest)
            case "repeat":
                self._offer(Repeat())
            case "continue" | "shorter" if not record.said:
                return self._note("Nothing has been said yet.", stays=False)
            case "continue":
                self._offer(Typed(text=_by_language(GO_ON, record.language)))
            case "shorter":
                self._offer(Typed(text=_by_language(SHORTER, record.language)))
            case "undo":
                self._offer(Undo())
            case "clear":
                self._offer(Clear())
            case "copy":
                return self._copy()
            case "persona":
                return self._choose_persona(rest)
            case "latency":
                latency = record.latency
                self._note(latency_text(latency) if latency is not None else "Nothing has been answered yet.")
            case "history":
                lines = [f"{i}. {said.question}" for i, said in enumerate(record.said, 1)]
                self._note("\n".join(lines) or "Nothing has been said yet.")
            case "save":
                return self._save(rest)
            case "talk" | "send" | "stop":
                pass  # keys that mean more than one thing, see above
        return True

    def _correct(self, text: str) -> bool:
        said = self._record.said
        if not said:
            return self._note("There is nothing to correct yet.", stays=False)
        if text:
            self._offer(Correct(turn=said[-1].turn, text=text))
        else:
            self._correcting = said[-1].turn
            self._editor.put(said[-1].question, "correcting")
        return True

    def _copy(self) -> bool:
        answers = [said.answer for said in self._record.said if said.answer]
        if not answers:
            return self._note("There is no answer to copy yet.", stays=False)
        if not clipboard.copy(answers[-1], self._screen.control):
            return self._note("The last answer is too long for a terminal's clipboard.", "/save FILE", stays=False)
        self._note("The last answer is on the clipboard, if this terminal lets programs use it.")
        return True

    def _choose_persona(self, name: str) -> bool:
        try:
            chosen, remark = self._around.persona(name)
        except VoiceCliError as error:
            return self._note(error.message, error.hint)
        self._offer(chosen)
        if remark:
            self._note(remark)
        return True

    def _save(self, name: str) -> bool:
        if not self._record.said:
            return self._note("There is nothing to save yet.", stays=False)
        path = Path(name).expanduser()
        try:
            write_new(path, self._record.as_text())
        except FileExistsError:
            return self._note(f"{path} is there already.", "Name another file.")
        except (OSError, ValueError) as error:
            return self._note(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.")
        self._note(f"Saved to {path}")
        return True

    def _note(self, message: str, hint: str = "", *, stays: bool = True) -> bool:
        """Tells the person at the keys something that is no part of the conversation.

        Gives whether the line is done with: with `stays` it is to be mended.
        """
        text = f"{message} {hint}".rstrip()
        self._screen.handle(events.Notice(t_s=0.0, code="keys", message=text))
        return not stays

    def _change(self, **fields: object) -> None:
        with self._lock:
            self._foot = dataclasses.replace(self._foot, **fields)  # type: ignore[arg-type] # fields of `Foot`
            self._screen.show(self._foot)


def _is_command(text: str) -> bool:
    """Whether a line is meant as a command: `/word`, but neither a path nor `//`, which begins a text with a slash."""
    word = text.split(maxsplit=1)[0]
    return word.startswith("/") and "/" not in word[1:] and not text.startswith("//")


def _by_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts["en"])
