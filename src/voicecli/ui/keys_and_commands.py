"""The table of keys and slash commands. Key bindings, `/help`, the key line and docs/tour.md are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

ActionName: TypeAlias = Literal[
    "talk",
    "send",
    "stop",
    "interrupt",
    "help",
    "mute",
    "correct",
    "repeat",
    "continue",
    "shorter",
    "undo",
    "copy",
    "clear",
    "resume",
    "persona",
    "translate",
    "voice",
    "model",
    "language",
    "speed",
    "faster",
    "slower",
    "volume",
    "louder",
    "quieter",
    "latency",
    "calls",
    "history",
    "play",
    "remember",
    "memory",
    "forget",
    "file",
    "save",
    "redraw",
    "suspend",
    "quit",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action.

    Attributes:
        name: Its internal name.
        does: What it does, in a few words for a list.
        keys: Its keys as users read them; the first is for the key line. Empty without a key.
        bound: The same keys as prompt_toolkit names them; empty if a key has more than one meaning.
        slash: Its command, with the slash; empty without one.
        takes: What follows the command, as `/help` writes it; empty for nothing.
        short: Its name in the key line; empty if it is not there.
        brief: What it does, in two or three words for the help panel; empty if `does` is used there.
    """

    name: ActionName
    does: str
    keys: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    slash: str = ""
    takes: str = ""
    short: str = ""
    brief: str = ""


# F-keys, because every Ctrl key already has a meaning: for the terminal, for tmux and screen, or for the line editor.
ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        name="talk", keys=("Space",), short="talk", does="talk: hold it, or tap it before and after; with nothing typed"
    ),
    Action(
        name="send",
        brief="send the line",
        keys=("Enter",),
        short="send",
        does="send the line; Alt-Enter begins a new one in it",
    ),
    Action(
        name="stop",
        brief="cancel, or stop",
        keys=("Esc",),
        short="stop",
        does="cancel the line, discard the recording, or stop the answer",
    ),
    Action(
        name="interrupt",
        brief="stop; twice: end",
        keys=("Ctrl-C",),
        bound=("c-c",),
        does="cancel the line and stop the answer; twice: end at once",
    ),
    Action(
        name="help",
        brief="this help",
        keys=("F1", "?"),
        bound=("f1",),
        slash="/help",
        short="help",
        does="show keys and commands",
    ),
    Action(
        name="mute",
        brief="mute, unmute",
        keys=("F2",),
        bound=("f2",),
        slash="/mute",
        short="mute",
        does="mute or unmute the microphone",
    ),
    Action(
        name="correct",
        brief="fix your question",
        keys=("F3",),
        bound=("f3",),
        slash="/correct",
        takes="[TEXT]",
        short="fix",
        does="fix the last question and ask it again",
    ),
    Action(
        name="repeat",
        brief="repeat the answer",
        keys=("F4",),
        bound=("f4",),
        slash="/repeat",
        does="hear the last answer again",
    ),
    Action(
        name="continue",
        brief="continue",
        keys=("F5",),
        bound=("f5",),
        slash="/continue",
        does="let the assistant continue",
    ),
    Action(
        name="shorter",
        brief="make it shorter",
        keys=("F6",),
        bound=("f6",),
        slash="/shorter",
        does="ask for a shorter answer",
    ),
    Action(
        name="undo",
        brief="undo the question",
        keys=("F7",),
        bound=("f7",),
        slash="/undo",
        does="undo the last question and its answer",
    ),
    Action(
        name="copy",
        brief="copy the answer",
        keys=("F8",),
        bound=("f8",),
        slash="/copy",
        does="copy the last answer to the clipboard",
    ),
    Action(
        name="calls",
        brief="what tools did",
        keys=("F9",),
        bound=("f9",),
        slash="/calls",
        does="show what tools were given and what they answered, in full",
    ),
    Action(name="clear", slash="/new", does="start a new conversation"),
    Action(name="resume", slash="/resume", takes="[ID]", does="go on with an earlier conversation; alone: the latest"),
    Action(name="persona", slash="/persona", takes="[NAME]", does="talk to someone else; alone: list them"),
    Action(
        name="translate",
        slash="/translate",
        takes="[A:B]",
        does="translate between two languages, such as en:de; off: end it",
    ),
    Action(name="voice", slash="/voice", takes="[NAME]", does="speak with another voice; alone: list them"),
    Action(name="model", slash="/model", takes="[NAME]", does="answer with another model; alone: list them"),
    Action(name="language", slash="/language", takes="[NAME]", does="expect a language such as German, or auto"),
    Action(name="speed", slash="/speed", takes="[X]", does="speak faster or slower, from 0.5 to 3"),
    Action(name="faster", slash="/faster", does="speak a step faster"),
    Action(name="slower", slash="/slower", does="speak a step slower"),
    Action(name="volume", slash="/volume", takes="[X]", does="speak louder or softer, in percent"),
    Action(name="louder", slash="/louder", does="speak a step louder"),
    Action(name="quieter", slash="/quieter", does="speak a step softer"),
    Action(name="latency", slash="/latency", does="show where the time of the last answer went"),
    Action(name="history", slash="/history", does="list the questions of this conversation"),
    Action(name="play", slash="/play", takes="N", does="hear a turn of the list again, where its sound is saved"),
    Action(name="remember", slash="/remember", takes="TEXT", does="remember a fact about you for all conversations"),
    Action(name="memory", slash="/memory", does="list what is remembered of you"),
    Action(name="forget", slash="/forget", takes="WHICH", does="forget a fact: its number, a part of it, or all"),
    Action(name="file", slash="/file", takes="[PATH]", does="ask about a file or folder, or hear it; alone: list them"),
    Action(name="save", slash="/save", takes="FILE", does="write this conversation to a new file"),
    Action(name="redraw", keys=("Ctrl-L",), bound=("c-l",), brief="redraw", does="clear the screen and draw it again"),
    Action(name="suspend", brief="suspend; fg: go on", keys=("Ctrl-Z",), bound=("c-z",), does="suspend; fg goes on"),
    Action(
        name="quit",
        brief="end",
        keys=("Ctrl-D",),
        bound=("c-d",),
        slash="/quit",
        does="end; Ctrl-D with nothing typed, and once all is answered",
    ),
)

EDITING_KEYS: Final = (
    ("Alt-Enter", "new line"),
    ("Up Down", "earlier lines"),
    ("Ctrl-R", "search them"),
    ("Tab", "complete"),
)
"""Keys of the line for the help panel."""

BY_SLASH: Final = {action.slash: action for action in ACTIONS if action.slash}
BY_SLASH["/clear"] = BY_SLASH["/new"]  # its former name

RESTARTS: Final = {
    "/mic": "voicecli chat --mic NAME",
    "/speaker": "voicecli chat --speaker NAME",
    "/device": "voicecli chat --device cuda",
}
"""Commands that users may look for, but that are flags at the start of the program."""


def keys_table() -> str:
    """Returns the table for docs/tour.md, as Markdown."""
    rows = ["| key | command | does |", "|---|---|---|"]
    for action in ACTIONS:
        keys = ", ".join(action.keys)
        command = f"`{_command(action)}`" if action.slash else ""
        rows.append(f"| {keys} | {command} | {action.does} |")
    rows += [f"| {key} |  | {does} |" for key, does in EDITING_KEYS]
    return "\n".join(rows) + "\n"


def key_hints(names: Iterable[ActionName]) -> tuple[tuple[str, str], ...]:
    """Returns the key and the word of each action, for the key line."""
    by_name = {action.name: action for action in ACTIONS}
    return tuple((by_name[name].keys[0], by_name[name].short) for name in names)


def _command(action: Action) -> str:
    return f"{action.slash} {action.takes}".rstrip()
