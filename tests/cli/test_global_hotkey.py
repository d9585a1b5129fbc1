"""A key that works in any window, without a display: which key, how often, and the message if it is unavailable."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from fakes.program import run
from voicecli.app.global_hotkey import Hotkey, on_wayland
from voicecli.errors import HotkeyUnavailable, UnknownName


@dataclass(frozen=True)
class KeyCode:
    char: str

    @classmethod
    def from_char(cls, char: str) -> KeyCode:
        return cls(char)


class Key(enum.Enum):
    f9 = "F9"
    ctrl = "Control_L"
    ctrl_l = "Control_L"  # noqa: PIE796 - so it is in pynput
    ctrl_r = "Control_R"
    pause = "Pause"


class Listener:
    """The listener of pynput, without a display."""

    made: list[Listener]

    def __init__(self, on_press: Callable[..., object], on_release: Callable[..., object]) -> None:
        self.on_press, self.on_release = on_press, on_release
        self.made.append(self)
        self.running = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    @staticmethod
    def canonical(key: KeyCode | Key) -> KeyCode | Key:
        if isinstance(key, KeyCode):
            return KeyCode(key.char.lower())
        return Key.ctrl if key in {Key.ctrl_l, Key.ctrl_r} else key


@pytest.fixture(autouse=True)
def _pynput(monkeypatch: pytest.MonkeyPatch) -> None:
    Listener.made = []
    keyboard = SimpleNamespace(Key=Key, KeyCode=KeyCode, Listener=Listener)
    monkeypatch.setitem(sys.modules, "pynput", SimpleNamespace(keyboard=keyboard))
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)


def presses(name: str, *keys: tuple[str, object]) -> list[str]:
    """The reports that `keys` cause when they go down and up."""
    told: list[str] = []
    hotkey = Hotkey(name)
    hotkey.start(on_press=lambda: told.append("down"), on_release=lambda: told.append("up"))
    listener = Listener.made[-1]
    states = [listener.running]
    for way, key in keys:
        (listener.on_press if way == "down" else listener.on_release)(key)
    hotkey.stop()
    assert [*states, listener.running] == [True, False]
    return told


def test_a_key_that_is_held_repeats_itself_and_counts_once() -> None:
    held = [("down", Key.f9)] * 10
    assert presses("F9", *held, ("up", Key.f9), ("up", Key.f9), ("down", Key.f9)) == ["down", "up", "down"]


@pytest.mark.parametrize("name", ["f9", "F9", " f9 "])
def test_no_other_key_counts(name: str) -> None:
    assert presses(name, ("down", Key.pause), ("down", KeyCode("f")), ("up", Key.pause)) == []


def test_left_and_right_are_told_apart_where_they_are_named() -> None:
    assert presses("ctrl-r", ("down", Key.ctrl_l), ("down", Key.ctrl_r)) == ["down"]
    assert presses("ctrl_l", ("down", Key.ctrl_r)) == []
    assert presses("ctrl", ("down", Key.ctrl_r), ("up", Key.ctrl_r)) == ["down", "up"]


def test_a_character_counts_with_shift_too() -> None:
    assert presses("Q", ("down", KeyCode("q")), ("up", KeyCode("Q"))) == ["down", "up"]


def test_an_unknown_key_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="ctrlr") as caught:
        Hotkey("ctrlr")
    assert "Did you mean ctrl_r?" in caught.value.hint


def test_without_the_package_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynput", None)
    with pytest.raises(HotkeyUnavailable, match="needs the package pynput") as caught:
        Hotkey("f9")
    assert caught.value.hint == "pip install 'voicecli[hotkey]'"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has Wayland")
def test_a_key_that_cannot_be_had_is_told_before_anything_is_loaded() -> None:
    done = run("chat", "--hotkey", "F9", env={"WAYLAND_DISPLAY": "wayland-0"})
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: Wayland does not let programs watch the keys of other windows.\nhint: Bind a key"
    )
    assert done.stdout == ""


@pytest.mark.parametrize(("display", "words"), [(None, "There is no display"), (":99", "The display :99 cannot be")])
def test_without_a_display_the_other_way_is_named(
    monkeypatch: pytest.MonkeyPatch, display: str | None, words: str
) -> None:
    class NoDisplay:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "pynput":
                raise ImportError("this platform is not supported: failed to acquire X connection")

    monkeypatch.delitem(sys.modules, "pynput")
    monkeypatch.setattr(sys, "meta_path", [NoDisplay(), *sys.meta_path])
    monkeypatch.delenv("DISPLAY", raising=False)
    if display is not None:
        monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(HotkeyUnavailable, match=words) as caught:
        Hotkey("f9")
    assert "voicecli ptt toggle" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has Wayland")
@pytest.mark.parametrize("variable", [("WAYLAND_DISPLAY", "wayland-0"), ("XDG_SESSION_TYPE", "wayland")])
def test_on_wayland_the_other_way_is_named(monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]) -> None:
    assert not on_wayland({"DISPLAY": ":0"})
    monkeypatch.setenv(*variable)
    with pytest.raises(HotkeyUnavailable, match="Wayland") as caught:
        Hotkey("f9")
    assert "voicecli ptt toggle" in caught.value.hint
