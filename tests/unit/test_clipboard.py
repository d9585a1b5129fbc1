"""Copying through the terminal, or through tmux if that is in between."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from voicecli.app.clipboard import LARGEST_BYTES, copy


def test_the_terminal_is_asked_in_base64() -> None:
    sent: list[str] = []
    assert copy("Grüße \x1b]52;c;!\x07", sent.append, {})
    assert sent == ["\x1b]52;c;" + base64.b64encode("Grüße \x1b]52;c;!\x07".encode()).decode() + "\x07"]


def test_what_is_too_long_is_not_sent() -> None:
    sent: list[str] = []
    assert not copy("ä" * LARGEST_BYTES, sent.append, {})
    assert sent == []


def test_in_tmux_it_is_tmux_that_is_given_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "given"
    tmux = tmp_path / "tmux"
    tmux.write_text(f'#!/bin/sh\necho "$@" > {given}\ncat >> {given}\n')
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    sent: list[str] = []
    assert copy("hello", sent.append, {"TMUX": "x"})
    assert given.read_text() == "load-buffer -w -\nhello"
    assert sent == []
    tmux.write_text("#!/bin/sh\nexit 1\n")
    assert copy("hello", sent.append, {"TMUX": "x"})
    assert sent == ["\x1b]52;c;aGVsbG8=\x07"]
