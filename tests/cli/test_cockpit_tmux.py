"""Typing, correcting and taking back in a real terminal: what is to be seen, also while it changes its width."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.tmux_terminal import TESTS, Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (`apt install tmux`)")

LINE = "What is the length of a line that is much too wide for a terminal of sixty columns, and of which"
KEYS = "Enter send   Esc stop   F1 help   F3 fix   / commands"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    homes = " ".join(f"XDG_{name}_HOME={tmp_path / name.lower()}" for name in ("CONFIG", "STATE", "CACHE", "DATA"))
    terminal.run(
        str(TESTS / "fakes" / "chat_player.py"), width=120, variables=f"{homes} REPORTS={tmp_path / 'reports'} SAY=x"
    )
    terminal.wait("○ listening")
    yield terminal
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False, capture_output=True)


def rows(screen: str) -> list[str]:
    """What is on the screen, without empty rows."""
    return [line.rstrip() for line in screen.splitlines() if line.strip()]


def test_what_is_sent_all_at_once_is_asked_and_answered(terminal: Terminal) -> None:
    terminal.keys("What is two plus two?", "Enter")
    assert rows(terminal.wait("Answer 1", gone="◑")) == [
        "note      Using .",
        "you       What is two plus two?",
        "voicecli  Answer 1 to What is two plus two? (0 before).",
        "you       ▏",
        "○ listening     typing · offline",
        KEYS,
    ]
    terminal.wait_for_cursor(shown=False)


def test_typing_correcting_and_taking_back_through_changes_of_the_width(terminal: Terminal) -> None:
    terminal.keys("First?", "Enter")
    terminal.wait("Answer 1 to First?", gone="◑")
    terminal.keys(LINE)
    terminal.wait(LINE)
    for count, width in enumerate((60, 120, 61), 1):
        terminal.resize(width)
        terminal.keys(".")
        terminal.wait("which" + "." * count)
    screen = rows(terminal.wait("which..."))
    assert screen[-4:] == [
        "you       What is the length of a line that is much too wide",
        "          for a terminal of sixty columns, and of which...▏",
        "○ listening     typing · offline",
        "Enter send   Esc leave   Alt-Enter new line   F1 help",
    ]
    terminal.resize(120)
    terminal.wait(f"{LINE}...")
    terminal.keys("Enter")
    terminal.wait("Answer 2", gone="◑")
    terminal.keys("F3")
    terminal.wait("what did you say?")
    terminal.keys("C-a", "C-k", "Second?", "Enter")
    terminal.wait("Answer 3 to Second?", gone="◑")
    terminal.keys("F7")
    terminal.wait("Taken back: Second?")
    text = rows(terminal.scrollback())
    assert [line for line in text if line.startswith(("you", "voicecli"))] == [
        "you       First?",
        "voicecli  Answer 1 to First? (0 before).",
        f"you       {LINE}...",
        f"voicecli  Answer 2 to {LINE}".removesuffix(" which"),
        "you       Second?",
        "voicecli  Answer 3 to Second? (2 before).",
        "you       ▏",
    ]
    assert text[-3:] == ["you       ▏", "○ listening     typing · offline", KEYS]


def test_the_line_is_whole_while_an_answer_grows_above_it(terminal: Terminal) -> None:
    terminal.keys("a long one", "Enter")
    terminal.wait("more more")
    terminal.keys("typed meanwhile")
    screen = rows(terminal.wait("you       typed meanwhile▏"))
    assert screen[-2:] == ["◑ thinking      typing · offline", "Enter send   Esc leave   Alt-Enter new line   F1 help"]
    terminal.keys("Enter")
    terminal.wait("Answer 2 to typed meanwhile (2 before).", gone="◑")
    assert "■ stopped here" in terminal.screen()


def test_the_last_answer_is_on_the_clipboard_of_tmux(terminal: Terminal) -> None:
    terminal.keys("Hello?", "Enter")
    terminal.wait("Answer 1", gone="◑")
    terminal.keys("F8")
    terminal.wait("The last answer is on the clipboard")
    assert terminal.tmux("show-buffer").strip() == "Answer 1 to Hello? (0 before)."


def test_the_end_leaves_the_conversation_on_the_screen_and_nothing_else(terminal: Terminal) -> None:
    terminal.keys("Hello?", "Enter")
    terminal.wait("Answer 1", gone="◑")
    terminal.keys("half a line", "C-c")
    terminal.wait("Press Ctrl-C again to end.")
    terminal.keys("C-c")
    assert rows(terminal.wait("rc=")) == [
        "note      Using .",
        "you       Hello?",
        "voicecli  Answer 1 to Hello? (0 before).",
        "note      Press Ctrl-C again to end.",
        "rc=0",
    ]
    terminal.wait_for_cursor(shown=True)
    assert not re.search("[○▏]", terminal.scrollback())


def test_a_suspension_leaves_the_shell_its_rows(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    homes = " ".join(f"XDG_{name}_HOME={tmp_path / name.lower()}" for name in ("CONFIG", "STATE", "CACHE", "DATA"))
    paths = f"PYTHONPATH={TESTS}:{TESTS.parent / 'src'} REPORTS={tmp_path / 'reports'} SAY=x"
    try:
        terminal.tmux("new-session", "-d", "-x", "200", f"env LC_ALL=C.UTF-8 PS1='% ' {homes} {paths} sh -i")
        terminal.keys(f"{sys.executable} {TESTS / 'fakes' / 'chat_player.py'}", "Enter")
        terminal.wait("○ listening")
        terminal.keys("half a line")
        terminal.wait("half a line")
        terminal.keys("C-z")
        terminal.wait("Stopped", gone="half a line")
        terminal.wait_for_cursor(shown=True)
        for word in ("one", "two", "three"):
            terminal.keys(f"echo $((1 + 1)) {word}", "Enter")
            terminal.wait(f"2 {word}")
        terminal.keys("fg", "Enter")
        screen = terminal.wait("half a line")
        assert all(f"2 {word}" in screen for word in ("one", "two", "three"))
        terminal.wait_for_cursor(shown=False)
        terminal.keys("C-c", "C-c")
        terminal.wait("Press Ctrl-C again to end.", gone="listening")
        terminal.wait_for_cursor(shown=True)
    finally:
        subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False, capture_output=True)
