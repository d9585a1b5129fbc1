"""Carries out the keys of the action table and the slash commands of a conversation.

Most of them become reports for the conductor. Those that concern only the screen (help, a saved file, the clipboard) are carried out here.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, Protocol

from voicecli.app import clipboard
from voicecli.app.conversation_text import ConversationText, latency_text
from voicecli.app.fact_commands import Facts
from voicecli.app.named_files import Files
from voicecli.app.private_file import write_new
from voicecli.app.setting_commands import SettingCommands, Wish
from voicecli.app.translation import PAIRS
from voicecli.config.choices import BellMode
from voicecli.config.suggest import did_you_mean
from voicecli.conversation_start import Clear
from voicecli.errors import ConfigError, VoiceCliError
from voicecli.memory.sound_files import SIDES, Side
from voicecli.messages import (
    Correct,
    InputClosed,
    MuteToggled,
    QuitAsked,
    Repeat,
    Report,
    Typed,
    Undo,
)
from voicecli.session.conversation_record import TurnRecord
from voicecli.speech.spoken_phrases import GO_ON
from voicecli.ui.keys_and_commands import BY_SLASH, RESTARTS, ActionName
from voicecli.ui.setting_changes import calls_text

SHORTER: Final = {
    "en": "Please say that again, much shorter.",
    "de": "Bitte sag das noch einmal, viel kürzer.",
    "fr": "Redis cela en beaucoup plus court, s'il te plaît.",
    "es": "Dilo otra vez, mucho más corto, por favor.",
    "it": "Dillo di nuovo, molto più breve, per favore.",
}
"""The question that the key asks, by the language that was spoken last."""


_EDITS: Final[Mapping[str, Report]] = {"repeat": Repeat(), "undo": Undo(), "clear": Clear()}
"""Commands that need nothing but a report."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The session around a terminal.

    Attributes:
        talks: Whether there is a microphone.
        bell: When the terminal rings, as `ui.bell`.
        history_file: The file of typed lines; None for none.
        said: Returns the conversation as it stands; nothing while models are loaded.
        interrupt: Does what the signal of Ctrl-C does; here the key does not send the signal.
        ask_background: Whether the terminal is asked for its background colour, because nothing else says it.
        personas: Returns the names of all personas.
        persona: Returns the reports that change to a persona; raises `VoiceCliError` if there is no such persona.
        translate: Returns the reports for `/translate`, given the text after it.
        tuner: Makes reports of `/voice` and similar commands.
        saved: Says that the conversation is saved, and under which number; empty if it is not.
        facts: The facts that the user wants remembered.
        files: The files that the user named.
        sound_of: Returns the saved sound of a turn, to be played.
        conversations: Returns the titles of saved conversations by their numbers, the newest first.
        resume: Returns the reports that resume an earlier conversation, by its number; the latest if that is empty.
    """

    talks: bool
    bell: BellMode
    history_file: Path | None
    said: Callable[[], Sequence[TurnRecord]]
    interrupt: Callable[[], None]
    ask_background: bool
    personas: Callable[[], Iterable[str]]
    persona: Callable[[str], Wish]
    translate: Callable[[str], Wish]
    tuner: SettingCommands
    saved: Callable[[], str]
    conversations: Callable[[], Mapping[str, str]]
    resume: Callable[[str], Wish]
    facts: Facts
    files: Files
    sound_of: Callable[[int, Sequence[Side]], Report]


class Desk(Protocol):
    """The terminal as a command needs it."""

    def note(self, message: str, hint: str = "") -> None:
        """Shows the user a note that is not part of the conversation."""
        ...

    def show_help(self) -> None:
        """Shows keys and commands."""
        ...

    def correct(self, turn: int, question: str) -> None:
        """Puts the question of `turn` into the input line, where it can be changed and asked again."""
        ...

    def control(self, text: str) -> None:
        """Sends a control sequence to the terminal."""
        ...

    def redraw(self) -> None:
        """Clears the screen and draws it again."""
        ...


class SlashCommands:
    """Carries out actions. Every method is called by the thread that reads keys, and returns at once.

    Args:
        offer: Takes reports for the conductor; never waits.
        around: The session.
        record: The conversation as it stands.
        desk: The terminal.

    Attributes:
        leaving: Whether a word such as `quit` was typed and is to be confirmed.
    """

    def __init__(
        self, offer: Callable[[Report], object], around: Surroundings, record: ConversationText, desk: Desk
    ) -> None:
        self._offer = offer
        self._around = around
        self._record = record
        self._desk = desk
        self._ending = False
        self.leaving = False
        self._saved: tuple[Path, int] | None = None  # the file, and how many questions are in it

    def run_line(self, text: str) -> None:
        """Carries out a line for which `is_command` is true."""
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        action = BY_SLASH.get(word)
        if action is not None and action.takes in {"NAME", "FILE", "TEXT", "WHICH", "N"} and not rest:
            self._desk.note(f"Say which: {action.slash} {action.takes}.", action.does.capitalize())
        elif action is not None:
            self._ending = self._ending or action.name == "quit"  # a user who types that does not want to wait
            self.do(action.name, rest)
        elif word in RESTARTS:
            self._desk.note(f"{word} cannot be changed during a conversation.", f"Start again with: {RESTARTS[word]}")
        else:
            self._desk.note(f"There is no {word}.", did_you_mean(word, BY_SLASH) or "F1 shows all.")

    def leave(self) -> None:
        """Ends the conversation after one confirmation: the word may have been meant for the assistant."""
        if self.leaving:
            self._ending = True
            self.do("quit")
        else:
            self.leaving = True
            self._desk.note("Type it again to end the conversation. Anything else goes on.")

    def do(self, name: ActionName, rest: str = "") -> None:
        """Carries out an action. `rest` is the text after its command."""
        record = self._record
        match name:
            case "interrupt":
                self._around.interrupt()
            case "redraw":
                self._desk.redraw()
            case "suspend" if sys.platform != "win32":
                os.kill(0, signal.SIGTSTP)  # the whole job, as the terminal itself does it
            case "quit":
                self._offer(QuitAsked(gently=True) if self._ending else InputClosed())
                self._ending = True
            case "help":
                self._desk.show_help()
            case "mute" if not self._around.talks:
                self._desk.note("There is no microphone.")
            case "mute":
                self._offer(MuteToggled())
            case "correct":
                self._correct(rest)
            case "continue" | "shorter" if not record.said:
                self._desk.note("Nothing has been said yet.")
            case "continue":
                self._offer(Typed(text=_by_language(GO_ON, record.language)))
            case "shorter":
                self._offer(Typed(text=_by_language(SHORTER, record.language)))
            case "repeat" | "undo" | "clear":
                self._offer(_EDITS[name])
            case "resume" | "play" | "translate":
                self._wish(lambda: self._asked(name, rest))
            case "copy":
                self._copy()
            case "persona" if not rest:
                self._desk.note(f"Available: {', '.join(self._around.personas())}.", "/persona NAME")
            case "persona":
                self._wish(lambda: self._around.persona(rest))
            case (
                "voice" | "model" | "language" | "speed" | "faster" | "slower" | "volume" | "louder" | "quieter"
            ) as command:
                self._wish(lambda: self._around.tuner.wish(command, rest))
            case "latency" | "calls":
                self._look_back(name)
            case "history":
                lines = [f"{i}. {said.question}" for i, said in enumerate(record.said, 1)]
                self._desk.note("\n".join(lines) or "Nothing has been said yet.")
            case "remember" | "memory" | "forget":
                self._remember(name, rest)
            case "file" | "save":
                (self._file if name == "file" else self._save)(rest)
            case "talk" | "send" | "stop":
                pass  # keys with several meanings are carried out by the terminal's object

    def _file(self, named: str) -> None:
        if named:
            self._around.files.add(named.strip("'\""))  # a terminal quotes a file that is dropped on it
        else:
            self._desk.note(self._around.files.described() or "No file is open.", "/file PATH; /file - closes all")

    def _asked(self, command: Literal["resume", "play", "translate"], rest: str) -> Wish:
        match command:
            case "resume":
                return self._around.resume(rest)
            case "play":
                return self._sound(rest)
            case "translate":
                return self._around.translate(rest)

    def _look_back(self, what: Literal["latency", "calls"]) -> None:
        latency, calls = self._record.latency, self._record.calls
        if what == "calls":
            self._desk.note(calls_text(calls) or "No tool was used yet.")
        else:
            self._desk.note(latency_text(latency) if latency is not None else "Nothing has been answered yet.")

    def _sound(self, rest: str) -> Wish:
        said = self._record.said
        number, _, side = rest.partition(" ")
        sides = [each for each in SIDES if side.strip() in {"", each}]
        if not sides:
            raise ConfigError(f"There is no side {side.strip()}.", f"/play {number} you, or /play {number} voicecli")
        if not number.isdecimal() or not 0 < int(number) <= len(said):
            raise ConfigError(f"There is no turn {number}.", "/history lists them.")
        return Wish(reports=(self._around.sound_of(said[int(number) - 1].turn, sides),))

    def _remember(self, command: Literal["remember", "memory", "forget"], rest: str) -> None:
        match command:
            case "remember":
                self._around.facts.remember(rest)
            case "forget":
                self._around.facts.forget(rest)
            case "memory":
                self._tell_facts()

    def _tell_facts(self) -> None:
        try:
            facts = self._around.facts.listing()
        except VoiceCliError as error:
            self._desk.note(error.message, error.hint)
        else:
            self._desk.note(facts or "Nothing is remembered of you.", "" if facts else "/remember TEXT")

    def _correct(self, text: str) -> None:
        said = self._record.said
        if not said:
            self._desk.note("There is nothing to correct yet.")
        elif text:
            self._offer(Correct(turn=said[-1].turn, text=text))
        else:
            self._desk.correct(said[-1].turn, said[-1].question)

    def _copy(self) -> None:
        answers = [said.answer for said in self._record.said if said.answer]
        if not answers:
            self._desk.note("There is no answer to copy yet.")
        elif not clipboard.copy(answers[-1], self._desk.control):
            self._desk.note("The last answer is too long for a terminal's clipboard.", "/save FILE")
        else:
            self._desk.note("The last answer is on the clipboard, if this terminal lets programs use it.")

    def names(self, command: str) -> Mapping[str, str]:
        """Returns what may follow `command`, and what each of it stands for."""
        match command:
            case "/resume":
                return self._around.conversations()
            case "/persona":
                return dict.fromkeys(self._around.personas(), "")
            case "/translate":
                return dict.fromkeys(PAIRS, "")
            case _:
                return dict.fromkeys(self._around.tuner.names(command), "")

    def _wish(self, find: Callable[[], Wish]) -> None:
        try:
            wish = find()
        except VoiceCliError as error:
            self._desk.note(error.message, error.hint)
            return
        for report in wish.reports:
            self._offer(report)
        if wish.remark:
            self._desk.note(wish.remark)

    def _save(self, name: str) -> None:
        if not self._record.said:
            self._desk.note("There is nothing to save yet.")
            return
        path = Path(name).expanduser()
        try:
            write_new(path, self._record.as_text())
        except FileExistsError:
            self._desk.note(f"{path} is there already.", "Name another file.")
        except (OSError, ValueError) as error:
            self._desk.note(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.")
        else:
            self._saved = path, len(self._record.said)
            self._desk.note(f"Saved to {path}")

    def what_was_kept(self) -> str:
        """Returns the note for the user at the end; empty if there is none."""
        count = len(self._record.said)
        if not count:
            return ""
        if remark := self._around.saved():
            return remark
        if self._saved is None:
            return "This conversation was not saved. To keep one, type /save FILE before you leave."
        path, saved = self._saved
        return f"Saved in {path}." if saved == count else f"What came after /save {path} was not saved."


def is_help(text: str) -> bool:
    """Whether a line asks for help."""
    return text.split(maxsplit=1)[:1] == ["/help"]


def is_command(text: str) -> bool:
    """Whether a line is a command: `/word`, but neither a path nor `//`, which begins a text with a slash."""
    word = text.split(maxsplit=1)[0]
    return word.startswith("/") and "/" not in word[1:] and not text.startswith("//")


def _by_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts["en"])
