"""`voicecli history`: saved conversations."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from voicecli.app import console
from voicecli.cli import complete
from voicecli.cli.options import Speaker, Volume
from voicecli.errors import ConfigError, NoConversation

app = typer.Typer(help="List, show, search, play, export and remove saved conversations.")

LIST_EPILOG = """Examples:

  voicecli history list                        all conversations, the newest first

  voicecli history list --from yesterday       of yesterday and today

  voicecli history list --json                 for programs
"""
SHOW_EPILOG = """Examples:

  voicecli history show                        the latest conversation

  voicecli history show 12
"""
SEARCH_EPILOG = """Examples:

  voicecli history search nebula               words and parts of words, in questions and answers

  voicecli history search Milky Way --json     turns that contain both words
"""
EXPORT_EPILOG = """Examples:

  voicecli history export 12 > talk.md         Markdown

  voicecli history export 12 -o talk.srt       subtitles with the times of the speech

  voicecli history export 12 -o talk.wav       both voices, if the sound was saved

  voicecli history export --format json        the latest conversation, for programs
"""
PLAY_EPILOG = """Examples:

  voicecli history play                        the latest conversation

  voicecli history play 12 3                   its third turn

  voicecli history play 12 3 --side you        what you said in it

Only conversations with saved sound can be played: voicecli chat --save-audio
"""
RM_EPILOG = """Examples:

  voicecli history rm 12 13                    asks first

  voicecli history rm --from 2026-05-01 --to 2026-05-31 -y

  voicecli history rm --all

What is removed is overwritten, so that no file of voicecli contains a word of it any more.
"""

Id = Annotated[
    int | None,
    typer.Argument(
        metavar="[ID]",
        help="The number of a conversation; by default the latest.",
        autocompletion=complete.conversations,
    ),
]
From = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="The first day: YYYY-MM-DD, today or yesterday.")
]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day: YYYY-MM-DD, today or yesterday.")]


@app.command("list", epilog=LIST_EPILOG)
def list_conversations(
    first: From = None,
    last: To = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List conversations by day, with length, persona and title."""
    from voicecli.app import history_access as tools
    from voicecli.cli import history_view as view
    from voicecli.memory import export, queries, removal

    days = tools.days(first, last)
    found = []
    with contextlib.suppress(NoConversation), tools.opened() as database:
        found = queries.conversations(database, None if days is None else removal.between(database, *days))
    if json:
        console.write_json([export.summary(each) for each in found], indent=2)
    elif not found:
        console.remark("No conversation is saved" + (" of these days." if days is not None else "."))
    else:
        lines = view.list_lines(found, view.terminal_width()) if sys.stdout.isatty() else map(view.list_row, found)
        console.write("\n".join(lines))


@app.command(epilog=SHOW_EPILOG)
def show(
    number: Id = None, json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Print a conversation."""
    from voicecli.app import history_access as tools
    from voicecli.cli import history_view as view
    from voicecli.memory import export, queries

    with tools.opened() as database:
        conversation = tools.one(database, number)
        turns = queries.turns(database, conversation.id)
    if json:
        console.write_json(export.as_record(conversation, turns), indent=2)
    else:
        console.write("\n".join(view.show_lines(conversation, turns)))


@app.command(epilog=SEARCH_EPILOG)
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORD…", help="Words or parts of words.")],
    limit: Annotated[int, typer.Option("-n", "--limit", metavar="N", min=1, help="The most turns to show.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """Find turns that contain all of the words, the newest first. The exit code is 1 if there are none."""
    from voicecli.app import history_access as tools
    from voicecli.cli import history_view as view
    from voicecli.memory import export, queries

    text = " ".join(words)
    with tools.opened() as database:
        hits = queries.search(database, text, limit)
    if json:
        console.write_json([export.hit_record(hit) for hit in hits], indent=2)
    else:
        for hit in hits:
            console.write("\n".join(view.hit_lines(hit, text.split())))
    if not hits:
        console.remark("Nothing was found.")
        raise typer.Exit(1)


@app.command(epilog=EXPORT_EPILOG)
def export(
    number: Id = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="md, json, srt or wav; by default as the name of the file says, or else md.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="A new file; by default standard output."),
    ] = None,
) -> None:
    """Write a conversation as Markdown, JSON, subtitles or sound."""
    from voicecli.app import history_access as tools
    from voicecli.memory import queries
    from voicecli.memory.export import as_markdown, as_record, as_srt
    from voicecli.ui.sanitize import clean, json_text

    chosen = tools.chosen_format(form, output)
    if chosen == "wav" and (output is None or str(output) == "-"):
        raise ConfigError("Sound is written to a file only.", "voicecli history export -o talk.wav")
    with tools.opened() as database:
        conversation = tools.one(database, number)
        turns = queries.turns(database, conversation.id)
    if chosen == "wav" and output is not None:
        tools.write_sound(output, tools.sound_of(conversation, turns))
        return
    match chosen:
        case "json":
            text = json_text(as_record(conversation, turns), indent=2) + "\n"
        case "srt":
            text = clean(as_srt(turns))
        case _:
            text = clean(as_markdown(conversation, turns))
    if output is None or str(output) == "-":
        console.write(text, end="")
    else:
        tools.write(output, text)


@app.command(epilog=PLAY_EPILOG)
def play(
    number: Id = None,
    turn: Annotated[int | None, typer.Argument(metavar="[TURN]", min=1, help="Only this turn of it, from 1.")] = None,
    side: Annotated[
        Literal["you", "voicecli"] | None, typer.Option(metavar="WHO", help="Only one voice: you or voicecli.")
    ] = None,
    speaker: Speaker = None,
    volume: Volume = None,
) -> None:
    """Play both voices of a conversation, or of one turn."""
    from voicecli.app import history_access as tools
    from voicecli.app.sound_playback import play as play_sound
    from voicecli.app.startup import prepare
    from voicecli.config.load import load
    from voicecli.memory import queries

    settings = load(flags={"audio.speaker": speaker, "audio.volume": volume}).settings
    with tools.opened() as database:
        conversation = tools.one(database, number)
        turns = queries.turns(database, conversation.id)
    if turn is not None and turn > len(turns):
        raise NoConversation(f"Conversation {conversation.id} has {len(turns)} turns.", "voicecli history show")
    prepare(settings.log.level)
    pcm = tools.sound_of(conversation, turns if turn is None else turns[turn - 1 : turn], side)
    play_sound(pcm, settings.audio.speaker, volume=settings.audio.volume)


@app.command(epilog=RM_EPILOG)
def rm(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="[ID]…", help="Numbers of conversations.", autocompletion=complete.conversations),
    ] = None,
    first: From = None,
    last: To = None,
    everything: Annotated[bool, typer.Option("--all", help="Remove all conversations.")] = False,
    traces: Annotated[
        bool, typer.Option("--traces", help="Remove only what earlier removals had to leave in the files.")
    ] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> None:
    """Remove conversations for good: by number, by day, or all."""
    from voicecli.app import history_access as tools
    from voicecli.app.typed_history import forget_typed
    from voicecli.memory import queries, removal

    days = tools.days(first, last)
    if sum((bool(numbers), days is not None, everything, traces)) != 1:
        raise ConfigError("Say what to remove: numbers, days (--from and --to) or --all.", "voicecli history list")
    with tools.opened() as database:
        if traces:
            removal.leave_no_trace(database)
            return
        found = queries.conversations(database, removal.between(database, *days) if days is not None else numbers)
        if not found:
            raise NoConversation("No conversation is saved of these days." if days else "No conversation is saved.")
        if not yes:
            tools.ask_first(found)
        asked = {turn.question.strip() for each in found for turn in queries.turns(database, each.id)}
        count = removal.remove(database, [each.id for each in found])
    forget_typed(lambda line: everything or line.strip() in asked)
    console.remark(f"Removed {count} conversation{'s' if count != 1 else ''}.")
