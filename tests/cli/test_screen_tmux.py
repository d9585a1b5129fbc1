"""The live screen in a real terminal: tmux keeps the cells, the cursor and the scrollback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PLAYER = TESTS / "fakes" / "ui_player.py"
PATIENCE_S = 30.0

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (`apt install tmux`)")


class Terminal:
    """A tmux server of its own with one window, in which a scene is played."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith(("TMUX", "NO_COLOR"))}

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self._socket), "-f", os.devnull, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=self._environment).stdout

    def play(self, scene: str, *, width: int, height: int = 24, variables: str = "") -> None:
        shell = f"trap : INT; PYTHONPATH={TESTS} {variables} {sys.executable} {PLAYER} {scene}; echo rc=$?; exec cat"
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), f"env LC_ALL=C.UTF-8 sh -c '{shell}'")
        self.tmux("set-option", "-g", "history-limit", "5000")

    def resize(self, width: int, height: int = 24) -> None:
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def step(self) -> None:
        self.tmux("send-keys", "Enter")

    def screen(self, *options: str) -> str:
        return self.tmux("capture-pane", "-p", *options)

    def scrollback(self) -> str:
        return self.screen("-S", "-", "-J")

    def wait(self, text: str, *, gone: str | None = None) -> str:
        """The screen as soon as it shows `text` and no longer `gone`."""
        return self._wait(lambda screen: text in screen and (gone is None or gone not in screen), text)

    def wait_for_line(self, line: str) -> str:
        """The screen as soon as it has exactly this line."""
        return self._wait(lambda screen: line in screen.splitlines(), line)

    def _wait(self, there: Callable[[str], bool], what: str) -> str:
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            screen = self.screen()
            if there(screen):
                return screen
            time.sleep(0.05)
        return pytest.fail(f"{what!r} did not come (or what should have gone stayed):\n{self.screen()}")

    def cursor_is_shown(self) -> bool:
        return self.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False, capture_output=True)


def test_a_conversation_from_loading_to_the_end(terminal: Terminal) -> None:
    terminal.play("talk", width=120, height=40)
    terminal.wait("◌ whisper-base")
    assert not terminal.cursor_is_shown()
    for sign in (
        "○ listening",
        "What is the capital …",
        "◑ thinking",
        "◉ speaking     ──────────  full duplex · offline · 0.48 s to answer · qwen2.5-coder-0.5b · whisper-base",
        "Parliament moved there in 1927.",
        "○ listening",
        "note      The echo",
        "• len counts them.",
        "you       No, stop …",
        "○ listening",
        "→ voicecli devices --test",
    ):
        terminal.step()
        terminal.wait(sign)
    terminal.step()
    terminal.wait("→ voicecli devices --test", gone="○ listening")
    terminal.step()
    terminal.wait("rc=0")
    assert terminal.cursor_is_shown()
    lines = terminal.scrollback().splitlines()
    labels = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert labels == [*["you", "voicecli"], "note", *["you", "voicecli"] * 3, "error", "done", "rc=0"]
    assert "voicecli  Canberra. It was chosen in 1908 ■ stopped here as a compromise between" in "\n".join(lines)
    assert (
        "voicecli  日本語のテキストも👩\u200d💻そのまま、é und e\u0301, שלום עולם, مرحبا بالعالم, 한국어, ไทย"
        in "\n".join(lines)
    )


def test_the_live_rows_survive_a_narrower_and_a_wider_terminal(terminal: Terminal) -> None:
    terminal.play("full", width=120)
    terminal.wait("Answer 12.")
    terminal.step()
    terminal.wait("◉ speaking")
    answered = ["you", "voicecli"] * 13
    for width, status in (
        (60, "◉ speaking     ──────────  full duplex · offline"),
        (
            120,
            "◉ speaking     ──────────  full duplex · offline · 0.48 s to answer · qwen2.5-coder-0.5b · whisper-base",
        ),
        (40, "◉ speaking     ──────  full · offline"),
        (60, "◉ speaking     ──────────  full duplex · offline"),
    ):
        terminal.resize(width)
        terminal.wait_for_line(status)
        lines = terminal.screen("-S", "-").splitlines()
        assert [line.split()[0] for line in lines if line and not line.startswith(" ")] == [*answered, "◉"]
        assert " ".join(" ".join(lines).split()).count("Parliament moved there in 1927.") == 1
    terminal.step()
    terminal.wait("○ listening")
    lines = terminal.screen("-S", "-").splitlines()
    assert [line.split()[0] for line in lines if line and not line.startswith(" ")] == [*answered, "○"]
    assert " ".join(" ".join(lines).split()).count("Parliament moved there in 1927.") == 1


def test_a_reply_longer_than_the_screen_follows_the_voice_and_ends_whole_in_the_scrollback(terminal: Terminal) -> None:
    terminal.play("long", width=80, height=16)
    terminal.wait("First answer.")
    terminal.step()
    terminal.wait("number 3 of a long story.")
    terminal.step()
    assert "number 3 of" not in terminal.wait("number 60 of a", gone="number 3 of")
    terminal.step()
    terminal.wait("120 of a long story.")
    terminal.step()
    terminal.wait("Last answer.")
    text = " ".join(terminal.scrollback().split())
    story = " ".join(f"Sentence number {n} of a long story." for n in range(1, 121))
    assert text.startswith(f"you First? voicecli First answer. you A long story, please. voicecli {story} you Last?")
    assert text.count("speaking") == 0


@pytest.mark.parametrize(
    ("scene", "end", "rc"), [("fault", "Enter", "rc=1"), ("fault", "C-c", "rc=130"), ("sigterm", "Enter", "rc=143")]
)
def test_the_terminal_is_whole_after_a_fault_an_interrupt_and_a_termination(
    terminal: Terminal, scene: str, end: str, rc: str
) -> None:
    terminal.play(scene, width=80)
    terminal.wait("This was sti")
    terminal.tmux("send-keys", end)
    screen = terminal.wait("rc=")
    assert rc in screen
    assert "■ stopped here" in screen
    assert "listening" not in screen
    assert terminal.cursor_is_shown()


def test_no_color_leaves_bold_and_dim(terminal: Terminal) -> None:
    terminal.play("long", width=80, variables="NO_COLOR=1")
    terminal.wait("First answer.")
    coloured = terminal.screen("-e")
    assert "\x1b[1m" in coloured
    assert not re.search("\x1b\\[3[0-8]", coloured)
    assert "\x1b[2m" in coloured
