"""`--file`: what the model is told, the place that an answer names, and files that cannot be read."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from fakes import forked
from fakes.llm_server import FakeLlmServer, talking
from fakes.pdf_files import pdf

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no broker here")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE")} | {
        "VOICECLI_MODELS": str(tmp_path / "none")
    }


def run(*arguments: str, home: dict[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return forked.voicecli(*arguments, stdin=stdin, env=home)


def test_a_question_about_a_pdf_file_is_answered_with_its_page(home: dict[str, str], tmp_path: Path) -> None:
    pages = [[f"This is page {n}. The turnover of year {n} was {n}17 francs."] for n in range(1, 80)]
    (tmp_path / "report.pdf").write_bytes(pdf(*pages))
    with FakeLlmServer(talking(["The turnover", " was 3117 francs."])) as server:
        asked = (
            "ask",
            "--llm-url",
            server.url,
            "--file",
            str(tmp_path / "report.pdf"),
            "What was the turnover of year 31?",
        )
        done = run(*asked, home=home)
        (system, question) = server.replies[-1].body["messages"]
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "The turnover was 3117 francs. That is on page 31 of report.pdf."
    assert "report.pdf" in system["content"]
    assert "3117" not in system["content"]
    assert "[report.pdf, page 31]\n> This is page 31. The turnover of year 31 was 3117 francs." in question["content"]
    assert question["content"].endswith("What was the turnover of year 31?")


def test_in_a_conversation_it_is_read_aloud_without_asking_the_model(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("# One\nThe first.\n\n# Two\nThe second one.\n", encoding="utf-8")
    lines = "Read me the second section.\nRead me section three.\n"
    with FakeLlmServer() as server:
        flags = ("--text", "--speaker", "none", "--json", "--llm-url", server.url, "--file", str(tmp_path / "guide.md"))
        done = run("chat", *flags, home=home, stdin=lines)
        asked = [each.body["messages"][-1]["content"] for each in server.replies]
        assert not any(each.startswith("Read me") for each in asked)
        assert "> The second one." in server.replies[0].body["messages"][0]["content"]
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["text"] for each in events if each["event"] == "reply"] == [
        "Section 2, Two.\nThe second one.",
        "guide.md has only 2 sections.",
    ]
    told = [each["message"] for each in events if each["event"] == "notice" and each["code"] == "files"]
    assert told == ["Open for questions and reading aloud: guide.md: 2 sections: One; Two."]


def test_a_file_that_cannot_be_read_ends_with_one_sentence_before_anything_is_loaded(
    home: dict[str, str], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with FakeLlmServer() as server:
        for arguments in (("chat", "--text", "--speaker", "none"), ("ask", "Why?")):
            done = run(*arguments, "--llm-url", server.url, "--file", str(tmp_path / "pipe"), home=home, stdin="Why?\n")
            assert done.returncode == 2
            assert "is a pipe, not a file." in done.stderr
            assert "Traceback" not in done.stderr
        assert not server.replies
