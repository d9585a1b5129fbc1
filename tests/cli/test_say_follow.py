"""`say --follow` on a terminal: it reads keys from the terminal and text from a pipe."""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import forked
from fakes.forked import voicecli as run
from fakes.pty_terminal import PtyTerminal
from voicecli.audio.sound_files import read_wav

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a matter of Unix")


class Followed:
    """The player behind a pipe, on a terminal. `line`: the line of a shell that starts it, if a shell does."""

    def __init__(self, folder: Path, *, line: str = "") -> None:
        self.sound = folder / "out.wav"
        fifo = folder / "text"
        os.mkfifo(fifo)
        player = forked.command("follow_player", str(self.sound), "20")
        command = ["/bin/sh", "-c", line.format(f"{shlex.join(player)} < {shlex.quote(str(fifo))}")] if line else player
        reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self._pipe = os.open(fifo, os.O_WRONLY)
        os.set_blocking(reading, True)
        environment = {"PYTHONPATH": forked.PATHS}
        self.terminal = PtyTerminal(command, environment=environment, width=200, stdin=None if line else reading)
        self.terminal.wait("with keys")
        os.close(reading)

    def write(self, text: str) -> None:
        os.write(self._pipe, text.encode())

    def close(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
        self._pipe = -1


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[Followed]:
    player = Followed(tmp_path)
    with player.terminal:
        yield player
        player.close()


def test_a_sentence_is_said_while_the_pipe_is_open_and_the_end_of_the_pipe_ends_it(followed: Followed) -> None:
    followed.write("\x1b[31mThe first one is over.\x1b[0m\n")
    followed.terminal.wait("says The first one is over. at 1")
    followed.write("And the last")
    followed.close()
    followed.terminal.wait("says And the last at 1")
    assert followed.terminal.end() == 0
    seconds = read_wav(followed.sound)[1]
    assert seconds > 0.02 * len("The first one is over.And the last")
    assert followed.terminal.modes == followed.terminal.modes_before


def test_keys_pause_go_on_skip_and_change_the_speed(followed: Followed) -> None:
    terminal = followed.terminal
    followed.write("A very long sentence that is not heard to its end because it is skipped before that.\n")
    terminal.wait("says A very long")
    terminal.type(" ")
    terminal.wait("paused")
    terminal.type(" ")
    terminal.wait("going on")
    terminal.type("+")
    terminal.wait("speed 1.15")
    terminal.type("--")
    terminal.wait("speed 0.9")
    terminal.type("n")
    followed.write("This one is said.\n")
    terminal.wait("says This one is said. at 0.9")
    terminal.type("\x1b[C")
    terminal.type("\x1b[A\x1b[1;5Cx")  # other keys mean nothing
    followed.write("And this one too.\n")
    terminal.wait("says And this one too. at 0.9")
    terminal.type("q")
    assert terminal.end() == 0
    assert "ended" in terminal.text
    assert terminal.modes == terminal.modes_before


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("q", 0)])
def test_it_ends_by_a_key_in_the_middle_of_a_sentence(followed: Followed, key: str, code: int) -> None:
    followed.write("A very long sentence that is not heard to its end, however long it may be. " * 20)
    followed.terminal.wait("says A very long")
    followed.terminal.type(key)
    began_s = time.monotonic()
    assert followed.terminal.end() == code
    assert time.monotonic() - began_s < 3
    assert followed.terminal.modes == followed.terminal.modes_before


def test_a_signal_leaves_the_terminal_as_it_was(followed: Followed) -> None:
    followed.terminal.signal(signal.SIGTERM)
    assert followed.terminal.end() == 128 + signal.SIGTERM
    assert followed.terminal.modes == followed.terminal.modes_before


def test_suspended_it_gives_the_terminal_back_and_takes_it_again(tmp_path: Path) -> None:
    followed = Followed(tmp_path, line="set -m; {}; echo stopped; read line; fg")
    terminal = followed.terminal
    with terminal:
        assert terminal.modes != terminal.modes_before
        terminal.type("\x1a")
        terminal.wait("stopped")
        assert terminal.modes == terminal.modes_before
        terminal.type("\r")
        terminal.until(lambda: terminal.modes != terminal.modes_before, "the modes for keys")
        terminal.type("q")
        assert terminal.end() == 0
        followed.close()


def lines_of(count: int) -> list[str]:
    """Short sentences, all different, that are spoken as they are written."""
    sounds = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
    return [f"This is {sounds[n // len(sounds)]}{sounds[n % len(sounds)]}." for n in range(count)]


def test_with_latest_what_is_left_out_is_told(tmp_path: Path) -> None:
    lines = lines_of(50)
    done = forked.run("follow_player", str(tmp_path / "out.wav"), "1", "latest", stdin="\n".join(lines))
    said = [line.removeprefix("says ").removesuffix(" at 1") for line in done.stderr.splitlines() if "says" in line]
    assert any(line.endswith("left out.") for line in said)
    assert len(said) < len(lines)
    assert said[-3:] == lines[-3:]


def test_a_log_may_hold_anything_later_but_must_begin_with_text(tmp_path: Path) -> None:
    player = Followed(tmp_path)
    with player.terminal:
        player.write("It begins with text.\n")
        player.terminal.wait("says It begins")
        os.write(player._pipe, b"\0\0\xff\xfeand goes on.\n")
        player.terminal.wait("goes on.")
        player.close()
        assert player.terminal.end() == 0
    refused = forked.run("follow_player", str(tmp_path / "no.wav"), "1", stdin="RIFF\0\0\0\0WAVE")
    assert "not text" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--follow", "Hello."], "takes no TEXT"),
        (["--follow", "-o", "a.wav"], "writes no file"),
        (["--latest"], "goes with --follow"),
    ],
)
def test_what_does_not_go_together_is_told(arguments: list[str], message: str) -> None:
    done = run("say", *arguments, stdin="Hello.")
    assert done.returncode == 2
    assert message in done.stderr
