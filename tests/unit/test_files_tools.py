"""Reading files aloud by voice: how it is asked, what is said, and where reading goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicecli import events
from voicecli.app.named_files import Files
from voicecli.messages import Report
from voicecli.session.history import History
from voicecli.tools import files as tools
from voicecli.tools.definitions import Call, ToolFailed
from voicecli.tools.request_recognition import recognise
from voicecli.tuning import FilesChanged

TEXT = " ".join(f"Sentence number {n} is here." for n in range(400))


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("Read me the file.", "read_file", {}),
        ("Please read the document aloud", "read_file", {}),
        ("Read me report.pdf", "read_file", {"name": "report.pdf"}),
        ("Could you read the file report dot pdf to me?", "read_file", {"name": "report.pdf"}),
        ("Read me the second section.", "read_file", {"number": 2}),
        ("Read the last paragraph of the file", "read_file", {"number": -1}),
        ("Read me section number three", "read_file", {"number": 3}),
        ("Read page twelve of the document.", "read_file", {"page": 12}),
        ("Read me the first page of report.pdf", "read_file", {"page": 1, "name": "report.pdf"}),
        ("Read me the section about costs", "read_file", {"about": "costs"}),
        ("Read the next section.", "read_on", {"what": "next"}),
        ("Read on.", "read_on", {}),
        ("Continue reading, please", "read_on", {}),
        ("Which files do you have?", "list_files", {}),
        ("Lies mir die Datei vor.", "read_file", {}),
        ("Lies den zweiten Abschnitt vor", "read_file", {"number": 2}),
        ("Lies mir Seite drei vor", "read_file", {"page": 3}),
        ("Lies den Abschnitt über Kosten vor.", "read_file", {"about": "Kosten"}),
        ("Lies bitte weiter.", "read_on", {}),
        ("Welche Dateien hast du?", "list_files", {}),
    ],
)
def test_how_it_is_asked(said: str, tool: str, arguments: dict[str, object]) -> None:
    call = recognise(said)
    assert call is not None
    assert (call.name, dict(call.arguments)) == (tool, arguments)


@pytest.mark.parametrize(
    "said",
    [
        "Read me a story.",
        "Read me a short text about whales.",
        "Have you read the book?",
        "What does the file say about costs?",
        "Continue.",
        "Read my notes.",
        "I read the second section yesterday.",
    ],
)
def test_what_does_not_ask_for_it(said: str) -> None:
    call = recognise(said)
    assert call is None or call.name not in {"read_file", "read_on", "list_files"}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "long.txt").write_text(TEXT)
    (tmp_path / "guide.md").write_text("# One\nFirst.\n\n# Two\nSecond.\n")
    found = Files(context_tokens=4096)
    found.attach([str(tmp_path / "long.txt"), str(tmp_path / "guide.md")])
    return found


def run(files: Files, tool: str, **arguments: str | int) -> str:
    return tools.runs(files)[tool](Call(name=tool, arguments=arguments)).text


def used(files: Files, text: str, *, heard: int | None = None, turn: int = 1) -> None:
    """Has the text said, up to `heard`."""
    files.take(
        events.ToolUsed(t_s=0.0, turn=turn, tool="read_file", arguments="{}", outcome="done", text=text, took_ms=0.0)
    )
    answer = text if heard is None else text[:heard]
    files.take(
        events.TurnSettled(
            t_s=0.0, turn=turn, turns=(turn,), question="?", answer=answer, cut=heard is not None, dropped=not answer
        )
    )


def test_a_part_is_read_with_its_title(files: Files) -> None:
    assert run(files, "read_file", number=2) == "Section 2, Two.\nSecond."
    assert run(files, "list_files") == "long.txt: 1 paragraph. guide.md: 2 sections: One; Two."


def test_reading_goes_on_with_the_sentence_that_was_cut(files: Files) -> None:
    first = run(files, "read_file", name="long")
    assert first.endswith("\nTo hear more, say: read on.")
    used(files, first, heard=first.index("number 42") + 3)
    second = run(files, "read_on")
    assert second.startswith("Sentence number 42 is here.")
    used(files, second, turn=2)
    assert run(files, "read_on").startswith("Sentence number ")


def test_a_draft_that_is_dropped_moves_nothing(files: Files) -> None:
    first = run(files, "read_file", name="long")
    used(files, first)
    drafted = run(files, "read_on")
    assert run(files, "read_on") == drafted  # as long as no event says that it was said


def test_what_is_not_there_is_said(files: Files) -> None:
    with pytest.raises(ToolFailed, match="has only 2 sections"):
        run(files, "read_file", number=9)
    with pytest.raises(ToolFailed, match="You have given me no file"):
        run(Files(context_tokens=4096), "read_on")
    with pytest.raises(ToolFailed, match="keine Datei"):
        tools.runs(tools.NoFiles())["read_file"](Call(name="read_file", language="de"))


def test_a_file_that_is_given_in_between_is_told_to_the_model(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The code is 4711.")
    reports: list[Report] = []
    notices: list[tuple[str, str]] = []
    files = Files(context_tokens=4096, offer=reports.append, notice=lambda *each: notices.append(each))
    history = History("Be brief.", files=files)
    assert "4711" not in history.messages[0].content
    files._add(str(tmp_path / "a.txt"))
    assert reports == [FilesChanged(message="Open for questions and reading aloud: a.txt: 1 paragraph.")]
    history.know(None)
    assert "> The code is 4711." in history.messages[0].content
    files._add(str(tmp_path / "b.txt"))
    assert notices[0][0] == "file"
    assert "There is no file" in notices[0][1]
    files._add("-")
    history.know(None)
    assert "4711" not in history.messages[0].content


def test_a_question_has_its_passages_before_it_and_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# Codes\nThe code of the door is 4711.\n\n" + "\n\n".join(f"# Part {n}\n" + "Words. " * 100 for n in range(9))
    )
    files = Files(context_tokens=512)
    files.attach([str(tmp_path / "a.md")])
    history = History("Be brief.", files=files)
    drafted = history.with_question("What is the code of the door?")
    assert drafted[-1].content.startswith(
        "Quoted from the files, not a request:\n[a.md, “Codes”]\n> The code of the door is 4711.\n"
    )
    assert drafted[-1].content.endswith("\nWhat is the code of the door?")
    history.ask("What is the code of the door?")
    history.answer("4711.")
    assert history.with_question("Thank you.")[1] == drafted[-1]
    assert history.with_question("Thank you.")[-1].content == "Thank you."
    assert history.context() == "What is the code of the door? 4711."
