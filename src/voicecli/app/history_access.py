"""Shared code of the commands of `voicecli history`: the database, days, formats and files."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voicecli.app import console
from voicecli.app.private_file import write_new
from voicecli.config import paths
from voicecli.config.load import load
from voicecli.errors import ConfigError, HistoryFailed, NoConversation, UnknownName, WouldOverwrite
from voicecli.memory import database as db
from voicecli.memory import queries
from voicecli.memory.conversations import Conversation, SavedTurn
from voicecli.memory.export import FORMATS, Format
from voicecli.memory.sound_files import SIDES, Side

if TYPE_CHECKING:
    from voicecli.pcm import Pcm

MOST_NAMED: Final = 5
"""How many titles are shown before they are removed."""


@contextlib.contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Opens the database.

    Raises:
        ConfigError: A setting is wrong.
        NoConversation: Nothing was ever saved; no file is created.
        HistoryFailed: It cannot be read or written.
    """
    load()  # reports errors in the settings, although none of them is needed here
    where = paths.history_dir()
    if not db.exists(where):
        raise NoConversation("No conversation is saved yet.", "Begin one: voicecli chat")
    database = db.open_database(where)
    try:
        with db.told(where):
            yield database
    finally:
        database.close()


def one(database: sqlite3.Connection, number: int | None) -> Conversation:
    """Returns the conversation with this number; the latest if it is None."""
    return queries.latest(database) if number is None else queries.conversations(database, [number])[0]


def days(first: str | None, last: str | None) -> tuple[dt.date, dt.date] | None:
    """Returns the first and the last day of a range; None if neither was given."""
    if first is None and last is None:
        return None
    return _day(first) if first is not None else dt.date.min, _day(last) if last is not None else dt.date.max


def _day(text: str) -> dt.date:
    today = dt.datetime.now(tz=dt.UTC).astimezone().date()
    match text:
        case "today":
            return today
        case "yesterday":
            return today - dt.timedelta(days=1)
        case _:
            try:
                return dt.date.fromisoformat(text)
            except ValueError:
                raise ConfigError(f"{text!r} is not a day.", "Write it as 2026-05-31, today or yesterday.") from None


def chosen_format(wanted: str | None, output: Path | None) -> Format:
    """Returns the format of `--format`, or of the file name, or Markdown."""
    name = wanted or (output.suffix.removeprefix(".").lower() if output is not None else "")
    for known in FORMATS:
        if name == known:
            return known
    if wanted is not None or name not in {"", "txt", "markdown"}:
        raise UnknownName(f"There is no format {name}.", f"Formats: {', '.join(FORMATS)}.")
    return "md"


def sound_of(conversation: Conversation, turns: Sequence[SavedTurn], side: Side | None = None) -> Pcm:
    """Returns both voices at 16 kHz on one time line, or the one of `side`.

    Raises:
        ConfigError: The sound was not saved.
        AudioError: It cannot be read.
    """
    from voicecli.memory.mixdown import mixed

    pcm = mixed(paths.history_dir(), turns, SIDES if side is None else (side,))
    if not len(pcm):
        raise ConfigError(
            f"The sound of conversation {conversation.id} was not saved.", "To save it: voicecli chat --save-audio"
        )
    return pcm


def write_sound(path: Path, pcm: Pcm) -> None:
    """Writes a new sound file.

    Raises:
        WouldOverwrite: It is there already.
        AudioError: It cannot be written.
    """
    from voicecli.audio.output_file import SoundFile
    from voicecli.pcm import RATE_HZ

    if path.exists():
        raise WouldOverwrite(f"{path} is there already.", "Name another file.")
    file = SoundFile(path, RATE_HZ)
    try:
        file.open()
        file.write(pcm)
        file.close()
    except BaseException:
        file.discard()
        raise


def write(path: Path, text: str) -> None:
    """Writes a new file that only the user can read."""
    try:
        write_new(path, text)
    except FileExistsError:
        raise WouldOverwrite(f"{path} is there already.", "Name another file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HistoryFailed(f"{path} cannot be written: {reason}.", f"ls -ld {path.parent}") from error


def ask_first(found: Sequence[Conversation]) -> None:
    """Asks the user whether to remove these conversations.

    Raises:
        ConfigError: There is no terminal to ask on.
        typer.Abort: The answer is no.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError("Nobody can be asked whether to remove that.", "To remove it without being asked, add -y.")
    for each in found[:MOST_NAMED]:
        console.remark(f"  {each.id}  {each.ended:%Y-%m-%d %H:%M}  {each.title}")
    if len(found) > MOST_NAMED:
        console.remark(f"  and {len(found) - MOST_NAMED} more")
    what = "this conversation" if len(found) == 1 else f"these {len(found)} conversations"
    console.confirm(f"Remove {what} for good?", default=False, abort=True)
