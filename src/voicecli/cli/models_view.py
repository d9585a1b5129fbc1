"""The output of `voicecli models`: the table, its plain and JSON forms, and the progress of downloads."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voicecli.app import console
from voicecli.models.catalog import KIND_TITLES, KINDS, MANY_LANGUAGES, Device, Entry, Kind, ModelSet
from voicecli.models.progress import Progress, human_size
from voicecli.models.store import ModelStore, State

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from rich.text import Text

ORIGINS = {
    "here": "already installed, verified",
    "cache": "installed from the cache",
    "hub": "downloaded from the model hub",
    "index": "downloaded from the package index",
}
_STATES: Mapping[State, str] = {"present": "installed", "absent": "", "partial": "incomplete", "damaged": "damaged"}
_MOST_LANGUAGES = 4
_FAST_VOICE = "hibari"
"""A voice of another engine, which computes several times faster. It is chosen by name only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A model in the list.

    Attributes:
        entry: The model.
        state: How much of it is installed.
        in_use: Whether `chat` would use it.
    """

    entry: Entry
    state: State
    in_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The contents of `voicecli models list`.

    Attributes:
        root: The folder of the models.
        rows: One per model.
        sets: The sets for users.
        better: Maps a kind to models that would suit this machine better than the installed ones.
        faster: A voice that needs much less computing, if it speaks the language and is not installed.
        device: Where models would run.
    """

    root: str
    rows: tuple[Row, ...]
    sets: tuple[ModelSet, ...]
    better: Mapping[Kind, tuple[Entry, ...]]
    device: Device
    faster: Entry | None = None

    def only(self, *, kind: Kind | None, language: str | None, installed: bool) -> Listing:
        """Returns the listing without the rows that were not asked for."""
        rows = tuple(
            row
            for row in self.rows
            if (kind is None or row.entry.kind == kind)
            and row.entry.speaks(language)
            and (row.state != "absent" or not installed)
        )
        better = {each: entries for each, entries in self.better.items() if kind in {None, each}}
        fast = self.faster
        faster = fast if fast is not None and kind in {None, fast.kind} and fast.speaks(language) else None
        return replace(self, rows=rows, better=better, faster=faster)

    def as_json(self) -> str:
        """Returns all of it as one JSON object."""
        models = [
            {
                "kind": row.entry.kind,
                "name": row.entry.name,
                "title": row.entry.title,
                "state": "installed" if row.state == "present" else _STATES[row.state] or "available",
                "in_use": row.in_use,
                "size_bytes": row.entry.size_bytes,
                "languages": list(row.entry.languages),
                "licence": row.entry.licence.name,
                "licence_kind": row.entry.licence.kind,
                "licence_terms": row.entry.licence.terms,
                "status": row.entry.status,
                "note": row.entry.note,
            }
            for row in self.rows
        ]
        content = {
            "root": self.root,
            "device": self.device,
            "models": models,
            "chat": {row.entry.kind: row.entry.name for row in self.rows if row.in_use},
            "better": {kind: [entry.name for entry in entries] for kind, entries in self.better.items() if entries},
            "sets": {each.name: list(each.members(self.device)) for each in self.sets},
        }
        return json.dumps(content, indent=2, ensure_ascii=False)

    def plain_lines(self) -> Iterator[str]:
        """Yields one line per model, in columns separated by tabs: kind, name, state, size, languages, licence."""
        for row in self.rows:
            state = ("in use" if row.in_use else _STATES[row.state]) or "available"
            entry = row.entry
            size = human_size(entry.size_bytes)
            yield "\t".join((entry.kind, entry.name, state, size, ",".join(entry.languages), entry.licence.name))

    def show(self) -> None:
        """Draws it on the terminal."""
        from rich.table import Table
        from rich.text import Text

        out = console.results()
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("", "model", "here", "size", "languages", "licence"):
            table.add_column(
                column, justify="right" if column == "size" else "left", no_wrap=column in {"model", "size"}
            )
        for kind in KINDS:
            rows = [row for row in self.rows if row.entry.kind == kind]
            if rows:
                table.add_row("", Text(f"{KIND_TITLES[kind]}s", "dim"))
            for row in rows:
                table.add_row(*_cells(row))
        out.print(table)
        out.print()
        for each in self.sets:
            members = ", ".join(each.members(self.device))
            out.print(Text.assemble((each.name, "bold"), f" {members} ", (f"({each.title})", "dim")))
        out.print(Text("* used by chat on this machine", "dim"))
        for kind, entries in self.better.items():
            if entries:
                commands = " or ".join(entry.get_command for entry in entries)
                out.print(Text.assemble(f"better {KIND_TITLES[kind]}: ", (commands, "bold")))
        if self.faster is not None:
            out.print(
                Text.assemble("faster voice: ", (self.faster.get_command, "bold"), ". ", (self.faster.note, "dim"))
            )


def listing(store: ModelStore, device: Device, language: str | None) -> Listing:
    """Returns the listing of a store.

    Args:
        store: The store.
        device: Where models would run.
        language: The spoken language, ISO 639-1; None to detect it in every utterance.
    """
    used = {kind: store.best(kind, device=device, language=language) for kind in KINDS}
    in_use = {entry.name for entry in used.values() if entry is not None}
    rows = [
        Row(entry=entry, state=store.state(entry), in_use=entry.name in in_use)
        for kind in KINDS
        for entry in store.catalog.of_kind(kind)
    ]
    return Listing(
        root=str(store.root),
        rows=tuple(rows),
        sets=tuple(each for each in store.catalog.sets if not each.internal),
        better={kind: store.better(kind, device=device, language=language) for kind in KINDS},
        device=device,
        faster=_faster(store, language),
    )


def _faster(store: ModelStore, language: str | None) -> Entry | None:
    """Returns the fast voice if it speaks `language` and is not installed."""
    fast = [entry for entry in store.catalog.of_kind("voice") if entry.name == _FAST_VOICE and entry.speaks(language)]
    return next((entry for entry in fast if store.state(entry) == "absent"), None)


def _cells(row: Row) -> tuple[str | Text, ...]:
    from rich.text import Text

    entry = row.entry
    many = MANY_LANGUAGES in entry.languages
    languages = "many" if many else " ".join(entry.languages[:_MOST_LANGUAGES])
    if len(entry.languages) > _MOST_LANGUAGES:
        languages += f" +{len(entry.languages) - _MOST_LANGUAGES}"
    star = "*" if row.in_use else ""
    state = _STATES[row.state]
    mark = {"present": "green", "partial": "red", "damaged": "red", "absent": ""}[row.state]
    licence = entry.licence
    terms = Text(licence.name) if licence.is_free else Text(f"{licence.name} ({licence.kind})", "yellow")
    name = Text(entry.name, "" if row.state == "absent" else "bold")
    return star, name, Text(state, mark), human_size(entry.size_bytes), languages, terms


@contextlib.contextmanager
def progress(*, plain_begins: bool = True) -> Iterator[Progress]:
    """Shows downloads on standard error: bars on a terminal, a line for each elsewhere.

    Args:
        plain_begins: Whether a line is written for each download if there are no bars.
    """
    if not sys.stderr.isatty():
        yield _PlainProgress(begins=plain_begins)
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console.talk(), transient=True) as bars:
        yield _BarProgress(bars)


class _PlainProgress:
    """Writes a line when a download begins, and its messages."""

    def __init__(self, *, begins: bool) -> None:
        self._begins = begins

    def begin(self, label: str, total_bytes: int) -> None:
        if self._begins:
            self.say(f"{label}, {human_size(total_bytes)}")

    def reach(self, done_bytes: int) -> None:
        """Writes nothing: a line every second would help nobody."""

    def end(self) -> None:
        """Writes nothing: the next message is enough."""

    def say(self, text: str) -> None:
        console.remark(text)


class _BarProgress:
    """Draws a bar for the download in progress."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def begin(self, label: str, total_bytes: int) -> None:
        self._task = self._bars.add_task(label, total=total_bytes)

    def reach(self, done_bytes: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=done_bytes)

    def end(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None

    def say(self, text: str) -> None:
        self._bars.console.print(text)
