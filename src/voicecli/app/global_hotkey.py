"""A key that works while any window has the focus, with pynput: X11, macOS and Windows.

pynput is an extra, because on Linux it needs a compiler. On Wayland no program may watch another program's keys, so there the desktop binds a key to
`voicecli ptt` instead.
"""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from voicecli.config.suggest import did_you_mean
from voicecli.errors import HotkeyUnavailable, UnknownName

_INSTEAD: Final = "Bind a key of your desktop to `voicecli ptt toggle` instead (see voicecli ptt --help)."
_EITHER_SIDE: Final = {"alt", "cmd", "ctrl", "shift"}


class KeyListener(Protocol):
    """pynput's thread that watches the keys."""

    def start(self) -> None:
        """Starts to watch."""
        ...

    def stop(self) -> None:
        """Stops watching."""
        ...

    def canonical(self, key: object) -> object:
        """Returns the key without shift, and without its side of the keyboard."""
        ...


class KeyCodes(Protocol):
    """pynput's keys that type a character."""

    def from_char(self, char: str, /) -> object:
        """Returns the key."""
        ...


class ListenerMaker(Protocol):
    """pynput's class of listeners."""

    def __call__(self, *, on_press: Callable[[object], object], on_release: Callable[[object], object]) -> KeyListener:
        """Returns a listener that is not started."""
        ...


class Keyboard(Protocol):
    """The part of the module `pynput.keyboard` that is used."""

    Key: type[enum.Enum]
    KeyCode: KeyCodes
    Listener: ListenerMaker


class Hotkey:
    """A global key.

    Args:
        name: The key's name in pynput, in upper or lower case: `f9`, `ctrl_r`, `pause`; or the single character that it types.

    Raises:
        HotkeyUnavailable: pynput is missing, or there is no display whose keys it could watch.
        UnknownName: There is no such key.
    """

    def __init__(self, name: str) -> None:
        self._keyboard = _keyboard()
        self._key = _key(self._keyboard, name)
        # A character also matches with shift, and `ctrl` matches on either side. pynput's `canonical` would be too
        # loose for other keys: it maps ctrl_r to ctrl_l.
        self._loosely = len(name) == 1 or name.lower() in _EITHER_SIDE
        self._listener: KeyListener | None = None
        self._down = False

    def start(self, *, on_press: Callable[[], object], on_release: Callable[[], object]) -> None:
        """Begins to watch the key.

        Args:
            on_press: Called in a thread of pynput's when the key goes down. Not called again until it was released, also while it repeats.
                Must not wait.
            on_release: The same, when the key is released.
        """

        def pressed(key: object, *_: object) -> None:
            if not self._down and self._is_it(key):
                self._down = True
                on_press()

        def released(key: object, *_: object) -> None:
            if self._down and self._is_it(key):
                self._down = False
                on_release()

        self._listener = self._keyboard.Listener(on_press=pressed, on_release=released)
        self._listener.start()

    def stop(self) -> None:
        """Stops watching. Under X11 the thread, which does nothing any more, ends only with the next key or with the program."""
        if self._listener is not None:
            self._listener.stop()

    def _is_it(self, key: object) -> bool:
        if self._loosely and self._listener is not None:
            key = self._listener.canonical(key)
        return bool(key == self._key)


def on_wayland(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the desktop uses Wayland. Then X11, if it is there, shows only the keys of old programs."""
    return sys.platform == "linux" and bool(
        environ.get("WAYLAND_DISPLAY") or environ.get("XDG_SESSION_TYPE") == "wayland"
    )


def _keyboard() -> Keyboard:
    if on_wayland():
        raise HotkeyUnavailable("Wayland does not let programs watch the keys of other windows.", _INSTEAD)
    try:
        import pynput
    except ModuleNotFoundError as error:
        if error.name not in {"pynput", "evdev", "Xlib", "six"}:
            raise
        raise HotkeyUnavailable(
            "A key that works in any window needs the package pynput.", "pip install 'voicecli[hotkey]'"
        ) from error
    except ImportError as error:
        # pynput looks for a display when it is imported.
        display = os.environ.get("DISPLAY")
        which = f"The display {display} cannot be reached" if display else "There is no display"
        raise HotkeyUnavailable(f"{which}, so keys cannot be watched.", _INSTEAD) from error
    keyboard: Keyboard = pynput.keyboard
    return keyboard


def _key(keyboard: Keyboard, name: str) -> object:
    known = keyboard.Key.__members__
    wanted = name.strip().lower().replace("-", "_")
    if wanted in known:
        return known[wanted]
    if len(name) == 1:
        return keyboard.KeyCode.from_char(name.lower())
    near = did_you_mean(wanted, known)
    raise UnknownName(
        f"There is no key “{name}”.", f"{near} Keys are named like f9, ctrl_r, pause, or by a character.".lstrip()
    )
