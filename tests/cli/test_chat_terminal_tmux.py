"""Typing, correcting and undoing in a real terminal: what is visible, also while its width changes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.live_session import who_said
from fakes.tmux_terminal import TESTS, Terminal

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (`apt install tmux`)"),
]

LINE = "What is the length of a line that is much too wide for a terminal of sixty columns, and of which"
KEYS = "Enter send   F1 help   F3 fix   / commands"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    homes = " ".join(f"XDG_{name}_HOME={tmp_path / name.lower()}" for name in ("CONFIG", "STATE", "CACHE", "DATA"))
    terminal.run(
        str(TESTS / "fakes" / "chat_player.py"), width=120, variables=f"{homes} REPORTS={tmp_path / 'reports'} SAY=x"
    )
    terminal.wait("○ ready")
    yield terminal
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False, capture_output=True)


def rows(screen: str) -> list[str]:
    """The rows of a screen, without empty ones."""
    return [line.rstrip() for line in screen.splitlines() if line.strip()]


def test_what_is_sent_all_at_once_is_asked_and_answered(terminal: Terminal) -> None:
    terminal.keys("What is in a name?", "Enter")
    assert rows(terminal.wait("Answer 1", gone="◉")) == [
        "voicecli  Ready. Type your question. F1 shows the keys.",
        "you       What is in a name?",
        "voicecli  Answer 1 to What is in a name? (0 before).",
        "you",
        "○ ready         typing · offline",
        KEYS,
    ]
    terminal.wait_for_cursor(shown=True)


def test_typing_correcting_and_taking_back_through_changes_of_the_width(terminal: Terminal) -> None:
    terminal.keys("First?", "Enter")
    terminal.wait("Answer 1 to First?", gone="◉")
    terminal.keys(LINE)
    terminal.wait(LINE)
    for count, width in enumerate((60, 120, 61), 1):
        terminal.resize(width)
        terminal.keys(".")
        terminal.wait("which" + "." * count)
    end = [
        "you       What is the length of a line that is much too wide",
        "          for a terminal of sixty columns, and of which...",
        "○ ready         typing · offline",
        "Enter send   Esc cancel   Alt-Enter new line   F1 help",
    ]
    # tmux tells of its new width a moment after it has it.
    terminal.wait_until(lambda screen: rows(screen)[-4:] == end, "\n".join(end))
    terminal.resize(120)
    terminal.wait(f"{LINE}...")
    terminal.keys("Enter")
    terminal.wait("Answer 2", gone="◉")
    terminal.keys("F3")
    terminal.wait("what did you say?")
    terminal.keys("C-a", "C-k", "Second?", "Enter")
    terminal.wait("Answer 3 to Second?", gone="◉")
    terminal.keys("F7")
    terminal.wait("Undone: Second?")
    text = rows(terminal.scrollback())
    assert [line for line in text if line.startswith(("you", "voicecli"))] == [
        "voicecli  Ready. Type your question. F1 shows the keys.",
        "you       First?",
        "voicecli  Answer 1 to First? (0 before).",
        f"you       {LINE}...",
        f"voicecli  Answer 2 to {LINE}".removesuffix(" which"),
        "you       Second?",
        "voicecli  Answer 3 to Second? (2 before).",
        "you",
    ]
    assert text[-3:] == ["you", "○ ready         typing · offline", KEYS]


def test_the_line_is_whole_while_an_answer_grows_above_it(terminal: Terminal) -> None:
    terminal.keys("a long one", "Enter")
    terminal.wait("more more")
    terminal.keys("typed meanwhile")
    screen = rows(terminal.wait("you       typed meanwhile"))
    assert screen[-2:] == ["◉ answering     typing · offline", "Enter send   Esc cancel   Alt-Enter new line   F1 help"]
    terminal.keys("Enter")
    terminal.wait("Answer 2 to typed meanwhile (2 before).", gone="◉")
    assert "■" in terminal.screen()


def place_of_cursor(terminal: Terminal) -> tuple[int, str]:
    """The column of the terminal's cursor, and its row up to that column."""
    x, y = map(int, terminal.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}").split())
    return x, terminal.screen().splitlines()[y][:x]


def test_the_cursor_of_the_terminal_stands_where_the_caret_is(terminal: Terminal) -> None:
    terminal.keys("日本 and more")
    terminal.wait("日本 and more")
    terminal.wait_until(lambda _: place_of_cursor(terminal)[0] == 10 + 13, "behind the last letter")
    terminal.keys("Left", "Left")
    terminal.wait_until(lambda _: place_of_cursor(terminal)[0] == 10 + 11, "before the last two")
    terminal.keys("C-a")
    terminal.wait_until(lambda _: place_of_cursor(terminal) == (10, "you" + 7 * " "), "before the first")
    terminal.keys("C-e", "M-Enter", "x")
    terminal.wait_until(lambda _: place_of_cursor(terminal) == (11, 10 * " " + "x"), "in the next row")
    terminal.resize(60)
    terminal.wait_until(lambda _: place_of_cursor(terminal) == (11, 10 * " " + "x"), "in the next row")
    terminal.wait_for_cursor(shown=True)


def test_help_is_a_panel_that_leaves_nothing_behind(terminal: Terminal) -> None:
    terminal.resize(60)
    terminal.keys("Hello?", "Enter")
    terminal.wait("Answer 1", gone="◉")
    before = rows(terminal.wait("○ ready"))
    for open_, close in (("F1", "Escape"), ("?", "F1"), ("F1", "F7")):
        terminal.keys(open_)
        panel = terminal.wait("fix your question")
        assert all(words in panel for words in ("Answer 1", "Commands", "Esc close", "○ ready"))
        terminal.keys(close)
        terminal.wait("F1 help", gone="fix your question")
    terminal.wait("Undone: Hello?")
    assert rows(terminal.scrollback())[:3] == before[:3]
    assert "fix your question" not in terminal.scrollback()


def test_what_is_undone_looks_undone(terminal: Terminal) -> None:
    for question in ("First?", "Second?"):
        terminal.keys(question, "Enter")
        terminal.wait(f"to {question}", gone="◉")
    terminal.keys("F7")
    terminal.wait("Undone: Second?")
    coloured = terminal.screen("-e").splitlines()
    struck = [line for line in coloured if "\x1b[2;9m" in line or "\x1b[9m" in line or ";9m" in line]
    assert len(struck) == 2
    assert "Second?" in struck[0]
    assert "Answer 2" in struck[1]
    plain = rows(terminal.screen())
    assert [line for line in plain if "Second?" in line] == [
        "you       Second?",
        "voicecli  Answer 2 to Second? (2 before).",
        "note      Undone: Second?",
    ]


def test_finished_text_is_laid_out_anew_when_the_window_becomes_wider(terminal: Terminal) -> None:
    terminal.resize(40)
    terminal.keys(LINE, "Enter")
    terminal.wait("Answer 1", gone="◉")
    terminal.resize(120)
    screen = rows(terminal.wait_until(lambda screen: f"you       {LINE}" in screen, "in a row"))
    assert screen == [
        "voicecli  Ready. Type your question. F1 shows the keys.",
        f"you       {LINE}",
        f"voicecli  Answer 1 to {LINE}",
        "          (0 before).",
        "you",
        "○ ready         typing · offline",
        KEYS,
    ]
    everything = rows(terminal.scrollback())
    assert everything[-len(screen) :] == screen
    assert [line for line in everything if line.startswith(("○", "Enter"))] == screen[-2:]  # nothing stale


def test_nothing_is_lost_or_stands_twice_when_a_conversation_higher_than_the_window_is_made_narrow_and_wide(
    terminal: Terminal,
) -> None:
    conversation = ["voicecli Ready. Type your question. F1 shows the keys."]
    for number in range(6):
        question = f"Question {number} has so many words that it takes more than one row of a window that is narrow."
        terminal.keys(question, "Enter")
        answer = f"Answer {number + 1} to {question} ({2 * number} before)."
        terminal.wait(f"Answer {number + 1} to", gone="◉")
        conversation += [f"you {question}", f"voicecli {answer}"]
    terminal.resize(60)
    terminal.wait_until(lambda screen: max(len(row) for row in rows(screen)) <= 60 and "○ ready" in screen, "narrow")
    terminal.resize(120)
    terminal.wait_until(lambda screen: conversation[-2].removeprefix("you ") in screen, "wide")
    assert who_said(terminal.scrollback()) == conversation


def test_control_l_draws_everything_again(terminal: Terminal) -> None:
    terminal.keys("Hello?", "Enter")
    before = rows(terminal.wait("Answer 1", gone="◉"))
    tty = terminal.tmux("display-message", "-p", "#{pane_tty}").strip()
    Path(tty).write_text("\x1b[3;5Hgarbage", encoding="utf-8")
    terminal.wait("garbage")
    terminal.keys("C-l")
    assert rows(terminal.wait("Answer 1", gone="garbage")) == before


def test_the_last_answer_is_on_the_clipboard_of_tmux(terminal: Terminal) -> None:
    terminal.keys("Hello?", "Enter")
    terminal.wait("Answer 1", gone="◉")
    terminal.keys("F8")
    terminal.wait("The last answer is on the clipboard")
    assert terminal.tmux("show-buffer").strip() == "Answer 1 to Hello? (0 before)."


def test_the_end_leaves_the_conversation_on_the_screen_and_nothing_else(terminal: Terminal) -> None:
    terminal.keys("Hello?", "Enter")
    terminal.wait("Answer 1", gone="◉")
    terminal.keys("half a line", "C-c")
    terminal.wait("Press Ctrl-C again to end.")
    terminal.keys("C-c")
    assert rows(terminal.wait("rc=")) == [
        "voicecli  Ready. Type your question. F1 shows the keys.",
        "you       Hello?",
        "voicecli  Answer 1 to Hello? (0 before).",
        "note      Press Ctrl-C again to end.",
        "note      Saved as conversation 1. To go on with it: voicecli chat --resume 1",
        "rc=0",
    ]
    terminal.wait_for_cursor(shown=True)
    assert not re.search("[○]", terminal.scrollback())


def test_a_suspension_leaves_the_shell_its_rows(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    homes = " ".join(f"XDG_{name}_HOME={tmp_path / name.lower()}" for name in ("CONFIG", "STATE", "CACHE", "DATA"))
    paths = f"PYTHONPATH={TESTS}:{TESTS.parent / 'src'} REPORTS={tmp_path / 'reports'} SAY=x"
    try:
        terminal.tmux("new-session", "-d", "-x", "200", f"env LC_ALL=C.UTF-8 PS1='% ' {homes} {paths} sh -i")
        terminal.keys(f"{sys.executable} {TESTS / 'fakes' / 'chat_player.py'}", "Enter")
        terminal.wait("○ ready")
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
        terminal.wait_for_cursor(shown=True)
        terminal.keys("C-c", "C-c")  # at once: whoever wants to leave is not kept to be told how
        # What is typed before the shell's prompt is there is thrown away with the modes of the terminal.
        terminal.wait_until(lambda screen: "ready" not in screen and screen.rstrip().endswith("\n%"), "the prompt")
        terminal.wait_for_cursor(shown=True)
        terminal.keys("echo $((2 + 2)) back", "Enter")
        screen = terminal.wait("4 back")
        # Quitting overtakes the first press, so its note may stay unsaid; said twice, or after the end, it would mislead.
        assert screen.count("Press Ctrl-C again to end.") <= 1
        assert "Press Ctrl-C" not in screen.partition("echo $((2 + 2)) back")[2]
    finally:
        subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False, capture_output=True)


def test_a_megabyte_that_tmux_pastes_without_marks_is_one_message(terminal: Terminal, tmp_path: Path) -> None:
    lines = [f"{i:06d} words" for i in range(75_000)]
    (tmp_path / "text").write_text("\n".join(lines) + "\n", encoding="utf-8")
    terminal.tmux("load-buffer", str(tmp_path / "text"))
    terminal.tmux("paste-buffer")
    terminal.wait(lines[-1])
    assert not (tmp_path / "reports").exists() or not (tmp_path / "reports").read_text(encoding="utf-8")
    terminal.keys("Enter")
    terminal.wait("The message is too long for the model", gone="◉")
    assert (tmp_path / "reports").read_text(encoding="utf-8") == f"Typed(text={chr(10).join(lines)!r}, wait=False)\n"


def test_keys_that_tmux_sends_at_once_are_sent_by_their_enter(terminal: Terminal, tmp_path: Path) -> None:
    line = "word " * 100 + "end?"
    terminal.keys("-l", line)
    terminal.keys("Enter")
    terminal.wait("end? (0 before).", gone="◉")
    terminal.keys("-l", "one\ntwo\n")
    terminal.wait("two")
    terminal.keys("Short?", "Enter")
    terminal.wait("Answer 2", gone="◉")
    reports = (tmp_path / "reports").read_text(encoding="utf-8").splitlines()
    assert reports == [f"Typed(text={line!r}, wait=False)", "Typed(text='one\\ntwo\\nShort?', wait=False)"]
