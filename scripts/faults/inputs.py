"""Bad input: lines through a pipe, keys and commands at a terminal, words that no recogniser should return, files that are none."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from faults.case import Fault
from faults.devices import orders
from faults.session import Session

MEGABYTE: Final = 1_000_000


def _type(line: str | bytes) -> Callable[[Session], None]:
    return lambda session: session.type(line)


def _paste(session: Session, *, marked: bool = True) -> None:
    """A megabyte of lines in one paste, as a terminal marks it or as keys; then the line is cleared."""
    begin, end = (b"\x1b[200~", b"\x1b[201~") if marked else (b"", b"")
    text = begin + b"word and word\r" * (MEGABYTE // 14) + end
    until_s = time.monotonic() + 20
    while text and time.monotonic() < until_s:
        sent = session.at_terminal.offer(text[:4096])
        text = text[sent:]
        if not sent:
            session.pump(0.01)
    session.at_terminal.type("\x1b")
    session.pump(0.3)  # so that Esc is no part of what follows


def _keys(session: Session) -> None:
    for raw in (
        b"\x1b[999999999999999999~",
        b"\x1b[<0;1;1M" * 50,
        b"\x1b]52;c;AAAA\x07",
        b"\xff\xfe\xc3",
        b"\x1b\x1b\x1b[",
        b"\x00",
    ):
        os.write(session.at_terminal._master, raw)  # noqa: SLF001 - a fake's
        session.pump(0.02)
    session.at_terminal.type("\x1b\x15")


def _resize(session: Session) -> None:
    for rows, columns in ((1, 1), (0, 0), (2000, 2000), (24, 100)):
        fcntl.ioctl(session.at_terminal._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))  # noqa: SLF001
        time.sleep(0.1)
        session.pump(0.05)


def _persona(folder: Path) -> Callable[[], object]:
    place = folder / "config" / "voicecli" / "personas"
    place.mkdir(parents=True)
    (place / "broken.toml").write_text("prompt = [[[[")
    return lambda: None


def _files(folder: Path) -> Callable[[], object]:
    place = folder / "given"
    place.mkdir()
    (place / "broken.pdf").write_bytes(b"%PDF-1.7\n" + os.urandom(2000))
    (place / "empty.txt").write_bytes(b"")
    (place / "model.gguf").write_bytes(b"GGUF" + os.urandom(100))
    os.mkfifo(place / "pipe")
    return lambda: None


def _command(name: str, line: str, says: str, **more: object) -> Fault:
    return Fault(group="commands", name=name, do=_type(line), says=says, terminal=True, **more)  # type: ignore[arg-type] # fields


def _given(what: str, file: str, says: str) -> Fault:
    return Fault(
        group="commands",
        name=f"/file with {what}",
        prepare=_files,
        do=lambda session: session.type(f"/file {session.folder / 'given' / file}"),
        says=says,
        within_s=5.0,  # a file is read by a process of its own
        terminal=True,
    )


FAULTS = (
    Fault(
        group="input",
        name="a line of a megabyte is typed",
        do=_type("word " * (MEGABYTE // 5)),
        turns={"*": {"cut", "interrupted"}},
    ),
    Fault(
        group="input",
        name="bytes that are no text are typed",
        do=_type(b"\xff\xfe\x00\x1b[2J\x9b\x07\xe2\x80\xae"),
        turns={"*": {"cut", "interrupted"}},
    ),
    Fault(group="input", name="a megabyte is pasted", do=_paste, terminal=True),
    Fault(
        group="input",
        name="a megabyte of lines arrives as keys, without the marks of a paste",
        do=partial(_paste, marked=False),
        terminal=True,
    ),
    Fault(
        group="input",
        name="broken key sequences are sent, and Esc",
        do=_keys,
        terminal=True,
        turns={"*": {"cut", "interrupted", "discarded"}},
    ),
    Fault(group="input", name="the terminal becomes 1 column wide, and 2000", do=_resize, terminal=True),
    Fault(
        group="input",
        name="the recogniser returns nothing for what was said",
        do=orders("speak  ", "quiet"),
        states=("listening", "thinking", "answering"),
    ),
    _command("/model with a name that there is not", "/model nosuch", "There is no model nosuch"),
    _command("/voice with a name that there is not", "/voice nosuch", "There is no voice nosuch|Nothing is spoken"),
    _command("/language that nobody speaks", "/language klingon", "There is no language klingon"),
    _command("/speed out of range", "/speed 99", "The speed must be"),
    _command("/persona whose file is damaged", "/persona broken", r"broken\.toml", prepare=_persona),
    _command("/resume of a conversation that there is not", "/resume 999", "There is no conversation 999"),
    _command("/save into a folder that there is not", "/save /nowhere/talk.txt", "cannot be written"),
    _command("a command that there is not", "/nosuch", "There is no /nosuch"),
    _given("a file that is not there", "missing.txt", "There is no file"),
    _given("a damaged PDF file", "broken.pdf", "is damaged"),
    _given("an empty file", "empty.txt", "There is no text in"),
    _given("a pipe", "pipe", "is a pipe, not a file"),
    _given("a model", "model.gguf", "is not a text"),
)
