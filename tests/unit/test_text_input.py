"""Text from the command line and from standard input."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from voicecli.app import text_input
from voicecli.errors import ConfigError

Pipe = Callable[[bytes], None]


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    """Returns a function that makes standard input a pipe with these bytes, closed at the other end."""
    streams = []

    def put(data: bytes) -> None:
        ours, theirs = os.pipe()
        os.write(theirs, data)
        os.close(theirs)
        streams.append(os.fdopen(ours, encoding="utf-8"))
        monkeypatch.setattr(sys, "stdin", streams[-1])

    yield put
    for stream in streams:
        stream.close()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([], "diff"),
        (["-"], "diff"),
        (["Explain", "this:"], "diff\n\nExplain this:"),
        (["Explain this:", "-"], "Explain this:\n\ndiff"),
        (["-", "In one", "sentence."], "diff\n\nIn one sentence."),
        (["Explain", "this:", "-", "Be", "brief."], "Explain this:\n\ndiff\n\nBe brief."),
    ],
)
def test_what_is_piped_in_belongs_to_the_question(pipe: Pipe, words: list[str], asked: str) -> None:
    pipe(b"diff\n")
    assert text_input.question(words) == asked


def test_a_file_is_read_as_a_pipe_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    with (tmp_path / "notes.txt").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert text_input.question(["Shorten:"]) == "notes\n\nShorten:"


def test_an_empty_pipe_and_no_input_leave_the_words(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(b"")
    assert text_input.question(["Why?"]) == "Why?"
    for stdin in (Terminal("typed"), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert text_input.question(["Why?"]) == "Why?"
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert text_input.question(["Why?"]) == "Why?"


@pytest.mark.parametrize("read", [text_input.question, text_input.lines])
def test_a_terminal_without_a_text_is_a_usage_error(
    read: Callable[[list[str]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("typed"))
    with pytest.raises(ConfigError, match="There is no text"):
        read([])


@pytest.mark.parametrize(
    "data", ["\ufeffCafé\n".encode(), "Café\n".encode("utf-16"), b"\xfe\xff" + "Café\n".encode("utf-16-be")]
)
def test_a_byte_order_mark_is_no_part_of_the_text(pipe: Pipe, data: bytes) -> None:
    pipe(data)
    assert text_input.question([]) == "Café"
    pipe(data)
    assert "".join(text_input.lines([])) == "Café\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not text"),
        ("Привет, как дела?".encode("koi8-r"), "is not text in UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(pipe: Pipe, data: bytes, says: str) -> None:
    pipe(data)
    with pytest.raises(ConfigError, match=says):
        text_input.question(["Explain this:"])
    pipe(data)
    with pytest.raises(ConfigError, match=says):
        list(text_input.lines([]))


def test_one_odd_letter_spoils_no_text(pipe: Pipe) -> None:
    pipe("Die Tür ist offen.".encode("latin-1"))
    assert text_input.question([]) == "Die T\N{REPLACEMENT CHARACTER}r ist offen."


def test_a_question_has_a_longest_length(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_input, "LONGEST_BYTES", 10)
    pipe(b"x" * 11)
    with pytest.raises(ConfigError, match="longer than"):
        text_input.question([])


def test_lines_come_as_they_are_piped_in_between_the_words(pipe: Pipe) -> None:
    pipe(b"one\ntwo\n")
    assert list(text_input.lines(["Listen:", "-", "The end."])) == ["Listen:", "\n\n", "one\ntwo\n", "\n\n", "The end."]


def test_words_alone_are_said_whatever_is_piped_in(pipe: Pipe) -> None:
    pipe(b"unread")
    assert list(text_input.lines(["Good", "morning."])) == ["Good morning."]


def test_a_letter_that_two_chunks_share_stays_whole(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_input, "CHUNK_BYTES", 4)
    pipe("abcéd".encode())
    assert "".join(text_input.lines([])) == "abcéd"


def test_somebody_who_waits_for_a_pipe_is_told(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(text_input, "WAIT_S", 0.0)
    pipe(b"late")
    read = text_input._stdin().read

    class Slow:
        def read(self, most: int) -> bytes:
            while "reading standard input" not in capsys.readouterr().err:
                pass
            return read(most)

    monkeypatch.setattr(text_input, "_stdin", Slow)
    assert text_input.question([]) == "late"


def test_a_thought_before_an_answer_is_not_said(pipe: Pipe) -> None:
    pipe(b"Okay, the user asks for it.\nLet me think.\n</think>\n\nThe capital is Paris.")
    assert "".join(text_input.lines([])) == "The capital is Paris."
    assert list(text_input.lines(["Hm.\n</think>\nYes."])) == ["Yes."]


def test_what_arrives_slowly_is_said_as_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours, encoding="utf-8") as stream, os.fdopen(theirs, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", stream)
        arriving = text_input.lines([])
        writer.write(b"One sentence.\n")
        assert next(arriving) == "One sentence.\n"
        writer.write(b"Another one.\n")
        assert next(arriving) == "Another one.\n"
