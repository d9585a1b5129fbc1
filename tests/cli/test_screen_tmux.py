"""The live screen in a real terminal: tmux keeps the cells, the cursor and the scrollback."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.tmux_terminal import Terminal

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (`apt install tmux`)"),
]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False, capture_output=True)


def test_a_conversation_from_loading_to_the_end(terminal: Terminal) -> None:
    terminal.play("talk", width=120, height=40)
    terminal.wait("◌ loading whisper-base")
    terminal.wait_for_cursor(shown=False)
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
    terminal.wait_for_cursor(shown=True)
    lines = terminal.scrollback().splitlines()
    labels = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert labels == [*["you", "voicecli"], "note", *["you", "voicecli"] * 3, "error", "done", "rc=0"]
    assert "voicecli  Canberra. It was chosen in 1908 as a compromise between" in "\n".join(lines)
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
    assert "■" in screen
    assert "listening" not in screen
    terminal.wait_for_cursor(shown=True)


def test_no_color_leaves_bold_and_dim(terminal: Terminal) -> None:
    terminal.play("long", width=80, variables="NO_COLOR=1")
    terminal.wait("First answer.")
    coloured = terminal.screen("-e")
    assert "\x1b[1m" in coloured
    assert not re.search("\x1b\\[3[0-8]", coloured)
    assert "\x1b[2m" in coloured
