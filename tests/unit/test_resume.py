"""Which conversation is resumed, how much of it, and how it is shown."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from rich.console import Console

from fakes.histories import MONDAY, save, turn
from fakes.machine_session import Session
from voicecli import events
from voicecli.app import find_conversation
from voicecli.app.conversation_text import ConversationText
from voicecli.cli.main import _with_values
from voicecli.config import paths
from voicecli.conversation_start import ConversationChosen
from voicecli.errors import ConfigError, NoConversation
from voicecli.memory.database import open_database
from voicecli.memory.writer import About, ConversationWriter
from voicecli.session.record_changes import so_far
from voicecli.ui.completion import SlashCompleter
from voicecli.ui.plain_lines import PlainLines
from voicecli.ui.render import finished_rows
from voicecli.ui.theme import THEMES
from voicecli.ui.transcript import Transcript


@pytest.fixture
def talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three conversations. The second is the latest."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    database = open_database(paths.history_dir())
    save(database, ("One?", "First."))
    save(
        database, ("Two?", "Second."), ("Long?", "x" * 8000), ("Three?", "Third."), asked=MONDAY + dt.timedelta(days=2)
    )
    writer = ConversationWriter(database)
    about = About(persona="pirate", models={})
    writer.write(1, turn("Dropped?", dropped=True), about)
    writer.write(2, turn("Kept?", "Half", cut=True), about)
    database.execute("UPDATE conversations SET ended_ms = began_ms WHERE id = 3")
    database.close()


@pytest.mark.usefixtures("talks")
def test_the_latest_that_is_not_the_present_one() -> None:
    assert find_conversation.find("latest", context_tokens=4096).chosen.conversation == 2
    assert find_conversation.find("latest", context_tokens=4096, present=2).chosen.conversation == 1
    found = find_conversation.find("3", context_tokens=4096)
    assert found.persona == "pirate"
    assert found.chosen.title == "Dropped?"
    assert [(each.question, each.answer, each.cut) for each in found.chosen.turns] == [("Kept?", "Half", True)]


@pytest.mark.usefixtures("talks")
def test_the_oldest_turns_are_left_out_first() -> None:
    short = find_conversation.find("2", context_tokens=512).chosen
    assert ([each.question for each in short.turns], short.left_out) == (["Three?"], 2)
    whole = find_conversation.find("2", context_tokens=4096).chosen
    assert ([each.question for each in whole.turns], whole.left_out) == (["Two?", "Long?", "Three?"], 0)


@pytest.mark.usefixtures("talks")
@pytest.mark.parametrize(
    ("wanted", "error"), [("9", NoConversation), ("one", ConfigError), ("-1", ConfigError), ("2", ConfigError)]
)
def test_what_cannot_be_resumed_is_told(wanted: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        find_conversation.find(wanted, context_tokens=4096, present=2)


def test_where_nothing_is_saved_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(NoConversation, match="No conversation is saved yet"):
        find_conversation.find("latest", context_tokens=4096)


def test_its_persona_goes_on_if_there_still_is_one() -> None:
    earlier = find_conversation.EarlierConversation(
        persona="oracle", chosen=ConversationChosen(conversation=1, title="", turns=())
    )
    assert find_conversation.persona_of(earlier, "assistant").name == "oracle"
    assert find_conversation.persona_of(None, "assistant").name == "assistant"
    gone = find_conversation.EarlierConversation(persona="no-such-persona", chosen=earlier.chosen)
    assert find_conversation.persona_of(gone, "assistant").name == "assistant"


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (["--resume"], ["--resume", "latest"]),
        (["--resume", "--text"], ["--resume", "latest", "--text"]),
        (["--text", "--resume", "12"], ["--text", "--resume", "12"]),
        (["--resume=12"], ["--resume=12"]),
        ([], []),
    ],
)
def test_an_option_may_stand_without_its_value(given: list[str], understood: list[str]) -> None:
    assert list(_with_values(given, {"--resume": "latest"})) == understood


HAPPENED: tuple[events.Event, ...] = (
    events.Transcript(t_s=0, turn=1, text="Now?", language="", final=True),
    events.Resumed(t_s=0, conversation=12, title="My sister", turns=1, left_out=4),
    events.PastTurn(t_s=0, turn=-5, question="Who is Ana?", answer="Your sister", cut=True),
)


def test_past_turns_are_shown_again_dimmed() -> None:
    transcript = Transcript()
    for event in HAPPENED:
        transcript.fold(event)
    console = Console(width=100, file=StringIO(), force_terminal=True, color_system="standard", theme=THEMES["dark"])
    rows = finished_rows(transcript.take_finished(), console)
    shown = {"".join(segment.text for segment in row).rstrip(): row for row in rows if row}
    assert list(shown) == [
        "you       Now?",
        "note      Going on with conversation 12: My sister (the model has no room for its 4 oldest turns)",
        "you       Who is Ana?",
        "voicecli  Your sister",
    ]

    def is_dim(text: str) -> bool:
        return all(
            segment.style is not None and bool(segment.style.dim) for segment in shown[text] if segment.text.strip()
        )

    assert is_dim("you       Who is Ana?")
    assert is_dim("voicecli  Your sister")
    assert not is_dim("you       Now?")


def test_lines_do_not_repeat_them() -> None:
    out = StringIO()
    lines = PlainLines(out)
    for event in HAPPENED:
        lines.handle(event)
    assert "Going on with conversation 12" in out.getvalue()
    assert "Ana" not in out.getvalue()


@pytest.mark.usefixtures("talks")
def test_commands_that_look_back_see_the_resumed_conversation() -> None:
    session = Session()
    session.ask("Now?")
    session.tell(find_conversation.find("3", context_tokens=4096).chosen)
    record = ConversationText(lambda: so_far(session.state))
    assert [(each.turn, each.question, each.answer, each.cut) for each in record.said] == [(-6, "Kept?", "Half", True)]


@pytest.mark.usefixtures("talks")
def test_the_newest_conversations_are_offered_with_their_titles() -> None:
    offered = find_conversation.recent()
    assert next(iter(offered)) == "2"  # the latest
    assert sorted(offered) == ["1", "2", "3"]
    completer = SlashCompleter(lambda command: offered if command == "/resume" else {})
    found = list(completer.get_completions(Document("/resume "), CompleteEvent()))
    assert [(each.text, each.display_meta_text) for each in found] == list(offered.items())
    assert [each.text for each in completer.get_completions(Document("/resume 3"), CompleteEvent())] == ["3"]


def test_where_nothing_is_saved_nothing_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "history_dir", lambda: tmp_path / "none")
    assert find_conversation.recent() == {}
