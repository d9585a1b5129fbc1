"""The keys that control a voice, read from the terminal while standard input is a pipe."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

from voicecli.app.follow_reader import Press

KEYS: Final = {
    " ": Press.PAUSE,
    "n": Press.SKIP,
    "\x1b[C": Press.SKIP,
    "\x1bOC": Press.SKIP,
    "l": Press.NEWEST,
    "\x1b[F": Press.NEWEST,
    "\x1bOF": Press.NEWEST,
    "+": Press.FASTER,
    "=": Press.FASTER,
    "-": Press.SLOWER,
    "q": Press.END,
    "\x03": Press.END,
    "\x04": Press.END,
}
"""The action of each key, by the sequence that a terminal sends. On many keyboards `=` is `+` without Shift."""

HELP: Final = "Space pauses, n or → skips the sentence, + and - change the speed, l goes to the newest, q ends."

TERMINAL: Final = "/dev/tty"

BACKGROUND_S: Final = 0.2
"""How often a program in the background checks whether it has the terminal again."""


@contextmanager
def steered(press: Callable[[Press], object], stop: Callable[[int], object]) -> Iterator[bool]:
    """Reads keys until it is left, and then restores the terminal's modes.

    Ctrl-C and Ctrl-Z stay signals, so that they also reach the program that writes into the pipe.

    Args:
        press: Called with each key, from a thread of its own.
        stop: Called with each signal that asks the program to end, by its handler.

    Yields:
        Whether there is a terminal whose keys can be read. A program in the background of a shell has none.
    """
    with ExitStack() as stack:
        _catch_signals(stack, stop)
        handle = _terminal(stack)
        if handle is None:
            yield False
            return
        import termios

        own = termios.tcgetattr(handle)

        def take() -> None:
            with contextlib.suppress(termios.error):
                modes = termios.tcgetattr(handle)
                modes[3] &= ~(termios.ECHO | termios.ICANON)
                modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
                termios.tcsetattr(handle, termios.TCSANOW, modes)

        def give_back() -> None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(handle, termios.TCSANOW, own)

        from voicecli.app.suspension import Suspension

        stack.callback(give_back)
        suspension = Suspension(handle, suspend=give_back, go_on=take)
        suspension.catch()
        stack.callback(suspension.leave)
        take()
        ears, mouth = os.pipe()
        reader = threading.Thread(target=_read, args=(handle, ears, press), name="keys", daemon=True)
        reader.start()

        def end() -> None:
            os.close(mouth)
            reader.join()
            os.close(ears)

        stack.callback(end)
        yield True


def _terminal(stack: ExitStack) -> int | None:
    """Returns the open terminal; None if there is none, or if it belongs to another program."""
    try:
        import termios

        handle = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        stack.callback(os.close, handle)
        is_ours = os.tcgetpgrp(handle) == os.getpgrp() and bool(termios.tcgetattr(handle))
    except (ImportError, OSError):
        return None
    return handle if is_ours else None


def _catch_signals(stack: ExitStack, stop: Callable[[int], object]) -> None:
    """Catches the signals that end a program, so that it ends in order and the terminal's modes are restored.

    Reading a key in the background by mistake does not stop the program.
    """

    def on_end(number: int, _frame: FrameType | None) -> None:
        stop(number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            stack.callback(signal.signal, number, signal.signal(number, on_end))
        stack.callback(signal.signal, signal.SIGTTIN, signal.signal(signal.SIGTTIN, signal.SIG_IGN))


def _read(handle: int, ended: int, press: Callable[[Press], object]) -> None:
    from voicecli.ui.key_parser import Keyboard, Typed

    keyboard = Keyboard()
    while True:
        ready, _, _ = select.select([handle, ended], [], [])
        if ended in ready:
            return
        try:
            if os.tcgetpgrp(handle) != os.getpgrp():  # the program is in the background: the keys belong to the shell
                select.select([ended], [], [], BACKGROUND_S)
                continue
            data = os.read(handle, 1024)
        except OSError:  # the terminal is gone
            return
        if not data:
            return
        for token in keyboard.feed(data.decode(errors="replace")):
            if isinstance(token, Typed):
                for key in _keys(token.text):
                    if (meant := KEYS.get(key)) is not None:
                        press(meant)


def _keys(text: str) -> Iterator[str]:
    """Yields the keys in typed text: whole escape sequences, other characters one by one."""
    at = 0
    while at < len(text):
        length = next((len(key) for key in KEYS if len(key) > 1 and text.startswith(key, at)), 1)
        yield text[at : at + length]
        at += length
