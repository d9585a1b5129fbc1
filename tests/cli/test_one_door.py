"""Escape sequences in names of every kind reach no terminal and no file, whatever command shows them."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import sys
import unicodedata
import wave
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fakes.audio import FakeCard, FakeSoundDevice
from fakes.engines import ScriptedChatModel, ScriptedTranscriber
from fakes.histories import MONDAY, save
from voicecli.app import console, engine_setup, startup
from voicecli.audio import devices as rooms
from voicecli.audio import speaker, stream
from voicecli.cli.main import main
from voicecli.config import paths
from voicecli.errors import VoiceCliError
from voicecli.memory.database import open_database
from voicecli.memory.writer import About

RED = "\x1b[31m"
TITLE = "\x1b]0;owned\x07"
CLIPBOARD = "\x1b]52;c;cm0gLXJmIC8=\x1b\\"
C1 = "\x9b2J\x9d0;owned\x9c"
BIDI = "\u202e\u2066"
EVIL = f"a{RED}{TITLE}{CLIPBOARD}{C1}{BIDI}\x07\x08\x7f[bold]b[/bold]"
"""What a terminal would obey, and rich's markup, which has to be shown as it is."""

FILE = f"a{RED}\x07[bold]b"
"""The same, as far as a name of a file can hold it."""

OWN_STYLE = re.compile(r"\x1b\[[0-4]m|\x1b\[\?25[lh]|\x1b\[[0-9]*[AK]|\r")
"""Bold and dim, the cursor, and lines that are drawn anew: what rich writes without colours on a terminal. No name here has these."""

ALLOWED = {"\n", "\t"}

Run = Callable[..., tuple[str, str]]


def strangers(text: str) -> set[str]:
    """The characters of `text` that a terminal would obey."""
    reordering = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
    return {c for c in text if (unicodedata.category(c) in {"Cc", "Cs"} or c in reordering) and c not in ALLOWED}


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and settings, state, data and a cache of its own."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("VOICECLI_MODELS", str(tmp_path / f"models{RED}"))
    monkeypatch.setattr(startup, "prepare", lambda *_: None)
    sound = FakeSoundDevice(FakeCard(f"Headset {EVIL}"))
    for module in (rooms, stream, speaker):
        monkeypatch.setattr(module, "backend", lambda: sound)
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(params=["pipe", "terminal"])
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, desk: Path) -> Run:  # noqa: ARG001 - the commands run there
    """Runs a command into a pipe, and on a terminal; returns standard output and standard error."""

    def call(*arguments: str) -> tuple[str, str]:
        kind = Terminal if request.param == "terminal" else io.StringIO
        out, err = kind(), kind()
        for each in (console.results, console.talk):
            each.cache_clear()
        with monkeypatch.context() as patch:
            patch.setenv("TERM", "xterm")
            patch.setenv("NO_COLOR", "1")
            patch.setenv("COLUMNS", "400")
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(sys, "stdin", io.StringIO())
            main(list(arguments))
        for each in (console.results, console.talk):
            each.cache_clear()
        return OWN_STYLE.sub("", out.getvalue()), OWN_STYLE.sub("", err.getvalue())

    return call


def talk(desk: Path) -> None:
    """Saves a conversation in which everything is evil."""
    del desk
    database = open_database(paths.history_dir())
    about = About(persona=EVIL, models={"llm": EVIL})
    save(database, (f"Question {EVIL}", f"Answer {EVIL}"), asked=MONDAY + dt.timedelta(days=1), title=EVIL, about=about)
    database.close()


def persona(desk: Path) -> None:
    del desk
    paths.personas_dir().mkdir(parents=True)
    title = json.dumps(EVIL)
    text = f"# {C1} {BIDI}\ntitle = {title}\nprompt = {title}\n".encode("utf-8", "surrogateescape")
    (paths.personas_dir() / "evil.toml").write_bytes(text)
    (paths.personas_dir() / f"{FILE}.toml").write_bytes(text)


def setting(desk: Path) -> None:
    del desk
    paths.config_dir().mkdir(parents=True)
    (paths.config_dir() / "config.toml").write_text(
        f"[audio]\nmicrophone = {json.dumps(EVIL)}\n[models]\nllm = {json.dumps(EVIL)}\n", encoding="utf-8"
    )


def broken_setting(desk: Path) -> None:
    del desk
    paths.config_dir().mkdir(parents=True)
    (paths.config_dir() / "config.toml").write_text(f"[audio]\n{json.dumps(EVIL)} = 1\n", encoding="utf-8")


def environment(desk: Path) -> None:
    del desk
    os.environ["VOICECLI_CHAT_LANGUAGE"] = EVIL


def files(desk: Path) -> None:
    (desk / f"{FILE}.gguf").write_bytes(b"GGUF" + bytes(40))
    (desk / f"{FILE}.wav").write_bytes(b"no sound")
    (desk / f"{FILE}.txt").write_text("x")


def nothing(desk: Path) -> None:
    del desk


@pytest.mark.parametrize(
    ("make", "arguments", "shows"),
    [
        (nothing, ["devices"], "Headset a[bold]"),
        (nothing, ["devices", "--json"], "Headset a"),
        (nothing, ["devices", "--use-mic", EVIL], "[bold]"),
        (nothing, ["models", "path"], "models"),
        (nothing, ["models", "path", EVIL], "[bold]"),
        (nothing, ["models", "list"], "whisper"),
        (nothing, ["models", "list", "--json"], "whisper"),
        (files, ["models", "import", f"gone{FILE}"], "[bold]"),
        (files, ["models", "import", "."], "belong to no model"),
        (files, ["transcribe", f"{FILE}.wav"], "[bold]"),
        (files, ["transcribe", f"{FILE}.wav", "--json"], "[bold]"),
        (files, ["ask", "--audio", f"{FILE}.wav"], "[bold]"),
        (files, ["ask", "hello", "--llm", f"{FILE}.gguf"], "[bold]"),
        (files, ["say", "hello", "-o", f"{FILE}.txt"], "[bold]"),
        (nothing, ["say", "hello", "--voice", EVIL], "[bold]"),
        (talk, ["history", "list"], "a[bold]b[/bold]"),
        (talk, ["history", "list", "--json"], "[bold]"),
        (talk, ["history", "show"], "a[bold]b[/bold]"),
        (talk, ["history", "show", "--json"], "[bold]"),
        (talk, ["history", "search", "Question"], "a[bold]b[/bold]"),
        (talk, ["history", "search", "Question", "--json"], "[bold]"),
        (talk, ["history", "export"], "a[bold]b[/bold]"),
        (talk, ["history", "export", "--format", "json"], "[bold]"),
        (talk, ["history", "export", "--format", "srt"], "[bold]"),
        (nothing, ["history", "rm", "--from", EVIL], "[bold]"),
        (persona, ["personas", "list"], "a[bold]b[/bold]"),
        (persona, ["personas", "list", "--json"], "[bold]"),
        (persona, ["personas", "show", "evil"], "[bold]"),
        (persona, ["personas", "show", "evil", "--json"], "[bold]"),
        (nothing, ["personas", "show", EVIL], "[bold]"),
        (nothing, ["tools", "test", EVIL], "No tool"),
        (nothing, ["tools", "allow", EVIL], "[bold]"),
        (setting, ["config", "show"], "[bold]b[/bold]"),
        (setting, ["config", "show", "--json"], "[bold]"),
        (setting, ["config", "get", "models.llm"], "a[bold]b[/bold]"),
        (nothing, ["config", "get", EVIL], "[bold]"),
        (nothing, ["config", "set", "models.llm", EVIL], "[bold]"),
        (broken_setting, ["config", "check"], "[bold]"),
        (broken_setting, ["config", "show", "--json"], "[bold]"),
        (environment, ["config", "check"], "[bold]"),
        (nothing, [EVIL], "[bold]"),
        (nothing, ["config", "show", f"--{EVIL}"], "has no option"),
        (nothing, ["config", "show", f"--{EVIL}", "--verbose", "--json"], "has no option"),
    ],
    ids=lambda value: (
        value.__name__
        if callable(value)
        else "-".join(value[:2]).encode("ascii", "ignore").decode().split("\x1b")[0]
        if isinstance(value, list)
        else ""
    ),
)
def test_a_name_of_any_kind_is_shown_clean(
    make: Callable[[Path], None],
    arguments: list[str],
    shows: str,
    run: Run,
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICECLI_CHAT_LANGUAGE", "")
    make(desk)
    out, err = run(*arguments)
    assert strangers(out) == set()
    assert strangers(err) == set()
    assert shows in out + err
    if "--json" in arguments and out:
        assert json.loads(out) is not None


FORGED = "x\nerror: forged\r✓ forged\u2028forged\u0085forged\x0bforged"
"""A name that tries to look like lines of the program."""


def forge(desk: Path) -> None:
    """Gives everything that has a name such a name."""
    database = open_database(paths.history_dir())
    about = About(persona=FORGED, models={"llm": FORGED, "sent_to": FORGED})
    save(database, ("Question", "Answer"), title=FORGED, about=about)
    database.execute(
        "INSERT INTO calls (turn, tool, arguments, outcome, result, took_ms) VALUES (1, ?, ?, 'failed', ?, 1)",
        (FORGED, json.dumps({FORGED: FORGED}), FORGED),
    )
    database.execute("INSERT INTO notes (text, added_ms) VALUES (?, 1)", (FORGED,))
    database.close()
    paths.personas_dir().mkdir(parents=True)
    (paths.personas_dir() / "evil.toml").write_text(f"title = {json.dumps(FORGED)}\nprompt = 'x'\n", encoding="utf-8")
    paths.config_dir().mkdir(parents=True, exist_ok=True)
    name = json.dumps(FORGED)
    (paths.config_dir() / "config.toml").write_text(
        f"[audio]\nmicrophone = {name}\n[models]\nllm = {name}\n[chat]\npersona = {name}\n"
        f"[tools.command.weather]\nprogram = {name}\ndescription = {name}\n",
        encoding="utf-8",
    )
    (desk / "a\nerror: forged.wav").write_bytes(b"no sound")


@pytest.mark.parametrize(
    "arguments",
    [
        ["devices"],
        ["devices", "--use-mic", FORGED],
        ["doctor", "--quick"],
        ["history", "list"],
        ["history", "show"],
        ["history", "search", "Question"],
        ["history", "export"],
        ["history", "rm", "--from", FORGED],
        ["personas", "list"],
        ["personas", "show", FORGED],
        ["config", "show"],
        ["config", "get", "models.llm"],
        ["config", "get", FORGED],
        ["config", "set", "reply.speed", FORGED],
        ["config", "check"],
        ["models", "path", FORGED],
        ["models", "import", "a\nerror: forged.wav"],
        ["tools", "list"],
        ["tools", "notes"],
        ["tools", "allow", FORGED],
        ["tools", "test", "weather"],
        ["transcribe", "a\nerror: forged.wav"],
        ["ask", "hello", "--llm", FORGED],
        ["say", "hello", "--voice", FORGED],
        ["chat", "--text", "--llm", FORGED],
        [FORGED],
    ],
    ids=lambda arguments: "-".join(arguments[:2]).encode("ascii", "ignore").decode().split("\n")[0],
)
def test_no_name_looks_like_a_line_of_the_program(arguments: list[str], run: Run, desk: Path) -> None:
    forge(desk)
    out, err = run(*arguments)
    assert out + err
    assert strangers(out + err) == set()
    lines = re.split("[\n\r\x0b\x0c\x85\u2028\u2029]", out + err)
    assert [line for line in lines if line.startswith(("error: forged", "✓ forged", "forged"))] == []


@pytest.mark.parametrize("json_form", [False, True])
def test_what_a_model_and_a_recogniser_write_is_shown_clean(
    run: Run, desk: Path, monkeypatch: pytest.MonkeyPatch, *, json_form: bool
) -> None:
    pieces = ["Hello \x1b", "[31mred", "\x9b", "2J", EVIL]
    monkeypatch.setattr(engine_setup, "choose", lambda *_, **__: SimpleNamespace(names={"llm": EVIL}))
    monkeypatch.setattr(
        engine_setup,
        "load",
        lambda *_: engine_setup.Engines(transcriber=None, model=ScriptedChatModel([pieces]), voice=None),
    )
    out, err = run("ask", "What?", *(["--json"] if json_form else []))
    assert strangers(out + err) == set()
    assert "Hello" in out
    del desk


def test_a_transcript_is_shown_clean(run: Run, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voicecli.cli import transcribe as command  # noqa: F401 - the command is what is run

    name = f"{FILE}.wav"
    with wave.open(str(desk / name), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(_noise())
    heard = ScriptedTranscriber([EVIL] * 9)
    monkeypatch.setattr(engine_setup, "choose", lambda *_, **__: SimpleNamespace(names={"stt": EVIL}))
    monkeypatch.setattr(
        engine_setup, "load", lambda *_: engine_setup.Engines(transcriber=heard, model=None, voice=None)
    )
    for more in ([], ["--json"], ["--format", "srt"], ["--format", "txt"]):
        out, err = run("transcribe", name, *more)
        assert strangers(out + err) == set()


def _noise() -> bytes:
    import numpy as np

    return (np.random.default_rng(1).normal(0, 6000, 32_000)).astype("<i2").tobytes()


def test_an_error_with_a_line_feed_in_a_name_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:  # noqa: ANN401 - whatever it is given
        raise VoiceCliError("There is no file x\nhint: sudo rm -rf /", "ls\nerror: y")

    monkeypatch.setattr("voicecli.config.load.load", fail)
    _, err = run("config", "show")
    assert [line.split(":")[0] for line in err.splitlines() if line] == ["error", "hint"]


def test_offers_of_a_shell_are_clean(desk: Path) -> None:
    from voicecli.cli import complete

    talk(desk)
    persona(desk)
    for offers in (complete.personas(""), complete.conversations("")):
        assert offers
        assert strangers("".join(f"{word}{meaning}" for word, meaning in offers)) == set()
