from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from voicecli import __version__
from voicecli.cli import main as boundary
from voicecli.cli.main import COMMANDS, load_command, main
from voicecli.errors import DeviceLost, NetworkRefused


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicecli.config.paths.config_dir", lambda: tmp_path)
    for name in [name for name in os.environ if name.startswith(("VOICECLI_", "_VOICECLI"))]:
        monkeypatch.delenv(name)


def command_that_raises(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Makes `voicecli ask` raise `error`."""
    single = typer.Typer(add_completion=False)

    @single.command("ask")
    def ask(json: bool = False) -> None:  # noqa: ARG001 - `main` looks for the flag itself
        raise error

    monkeypatch.setattr(boundary, "load_command", lambda _: typer.main.get_command(single))


# ---- what there is


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_its_help_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    nested = list(getattr(load_command(name), "commands", {}))
    for words in [[name, each] for each in nested] or [[name]]:
        assert main([*words, "--help"]) == 0
        said = capsys.readouterr().out
        assert f"Usage: voicecli {' '.join(words)} " in said
        assert "Examples:\n" in said, words
        assert "voicecli " in said.partition("Examples:\n")[2], words


def test_help_names_every_command_and_nothing_at_all_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in COMMANDS)
    assert main(["-h"]) == 0
    assert capsys.readouterr().out == said
    assert main([]) == 0
    assert capsys.readouterr().out == said


def test_a_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    assert "Write a setting to the configuration file" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"voicecli {__version__}\n"


def all_commands() -> list[list[str]]:
    """The words of every command."""
    return [
        [name, *more]
        for name in COMMANDS
        for more in ([[each] for each in getattr(load_command(name), "commands", {})] or [[]])
    ]


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_names_things_and_not_types_of_python(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    said = capsys.readouterr().out.partition("Examples:")[0]
    said = said.replace("[TEXT|-]", "").replace("TEXT|-", "").replace("Say TEXT", "").replace("no TEXT", "")
    assert not re.findall(r"\b(?:TEXT|INTEGER|FLOAT|PATH|BOOLEAN)\b|<\w|[{}]|<=|\[required\]", said)


@pytest.mark.parametrize(
    ("words", "usage"),
    [
        (["ask"], "[OPTIONS] [TEXT|-]…"),
        (["transcribe"], "[OPTIONS] FILE…"),
        (["config", "set"], "[OPTIONS] KEY VALUE"),
        (["models", "path"], "[OPTIONS] [NAME]"),
    ],
)
def test_usage_is_one_that_people_know(words: list[str], usage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: voicecli {' '.join(words)} {usage}\n")


@pytest.mark.parametrize("words", [[], ["config"], ["config", "set"], ["say"]])
def test_help_is_a_command_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert main(["help", *words]) == 0
    assert capsys.readouterr().out == shown


def test_help_of_a_command_that_does_not_exist_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "cofnig"]) == 2
    assert "Did you mean config?" in capsys.readouterr().err


def completion_of(line: str) -> dict[str, str]:
    """The environment in which a shell asks for completions at the end of a command line."""
    words = line.split(" ")
    return {"_VOICECLI_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("voicecli mod", ["models"]),
        ("voicecli config s", ["show", "set"]),
        ("voicecli chat --persona ro", ["robot"]),
        ("voicecli ask --persona ro", ["robot"]),
        ("voicecli personas show or", ["oracle"]),
        ("voicecli config get chat.p", ["chat.persona"]),
        ("voicecli config set chat.persona ro", ["robot"]),
        ("voicecli config set listen.mode p", ["push-to-talk"]),
        ("voicecli config set log.words t", ["true"]),
        ("voicecli chat --language de", ["de"]),
        ("voicecli chat --duplex h", ["half"]),
        ("voicecli models get rec", ["recommended"]),
        ("voicecli models get llama-3.1", ["llama-3.1-8b"]),
    ],
)
def test_names_and_words_are_completed(
    line: str, offered: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in completion_of(line).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    assert capsys.readouterr().out.split() == offered


# ---- what is wrong on a command line


@pytest.mark.parametrize(
    ("arguments", "says", "hint"),
    [
        (["cofnig"], "There is no command voicecli cofnig.", "Did you mean config? voicecli --help"),
        (["zzz"], "There is no command voicecli zzz.", "Commands: voicecli --help"),
        (["config", "shwo"], "There is no command voicecli config shwo.", "Did you mean show? voicecli config --help"),
        (["--verison"], "voicecli has no option --verison.", "Did you mean --version? See voicecli --help"),
        (
            ["config", "show", "--jsn"],
            "voicecli config show has no option --jsn.",
            "Did you mean --json? See voicecli config show --help",
        ),
        (["config", "show", "-x"], "voicecli config show has no option -x.", "See voicecli config show --help"),
        (["config", "set", "chat.persona"], "Missing argument 'VALUE'.", "See voicecli config set --help"),
        (["config", "path", "more"], "Got unexpected extra argument(s) (more).", "See voicecli config path --help"),
        (
            ["models", "list", "--kind", "x"],
            "Invalid value for '--kind': 'x' is not one of",
            "See voicecli models list --help",
        ),
    ],
)
def test_a_wrong_command_line_gets_one_sentence_and_what_to_type(
    arguments: list[str], says: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    first, second = said.err.splitlines()
    assert first.startswith(f"error: {says}")
    assert second == f"hint: {hint}"


# ---- what goes wrong in a command


def test_an_error_is_a_sentence_a_hint_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(monkeypatch, DeviceLost("The headset went away.", "voicecli devices"))
    assert main(["ask"]) == 3
    said = capsys.readouterr()
    assert said.err == "error: The headset went away.\nhint: voicecli devices\n"
    assert said.out == ""


def test_an_error_without_a_hint_has_no_second_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(monkeypatch, NetworkRefused("Something tried to reach example.org."))
    assert main(["ask"]) == 6
    assert capsys.readouterr().err == "error: Something tried to reach example.org.\n"


def test_with_json_an_error_is_an_event_on_standard_output_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(monkeypatch, DeviceLost("Das Gerät ist weg.", "voicecli devices"))
    assert main(["ask", "--json"]) == 3
    said = capsys.readouterr()
    assert said.err.startswith("error: Das Gerät ist weg.")
    assert "Gerät" in said.out
    assert json.loads(said.out) == {
        "event": "error",
        "code": "device-lost",
        "message": "Das Gerät ist weg.",
        "hint": "voicecli devices",
    }


def test_with_json_a_wrong_command_line_is_an_event_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "--json", "--nope"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "config-invalid"


def test_json_after_two_dashes_is_a_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    command_that_raises(monkeypatch, DeviceLost("Gone."))
    assert main(["ask", "--", "--json", "--verbose"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "--json --verbose" in said.err


def test_a_mistake_of_the_program_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(monkeypatch, ZeroDivisionError("the person's own words"))
    assert main(["ask"]) == 1
    said = capsys.readouterr().err
    assert re.fullmatch(
        r"error: Internal error: ZeroDivisionError at voicecli/cli/main\.py:\d+\.\n"
        r"hint: For a traceback, run the command again with --verbose\.\n",
        said,
    )
    assert main(["--verbose", "ask"]) == 1
    assert "ZeroDivisionError: the person's own words" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--verbose", "ask"], ["ask", "--verbose"]])
def test_verbose_shows_where_from_wherever_it_stands(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(monkeypatch, ZeroDivisionError("division by zero"))
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert said.splitlines()[-2].startswith("error: Internal error")


def test_verbose_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(monkeypatch, DeviceLost("Gone."))
    monkeypatch.setenv("VOICECLI_VERBOSE", "1")
    assert main(["ask"]) == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_ctrl_c_ends_without_a_word(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(monkeypatch, error)
    assert main(["ask"]) == 130
    said = capsys.readouterr()
    assert said.out == said.err == ""


def test_a_command_may_choose_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    command_that_raises(monkeypatch, typer.Exit(4))
    assert main(["ask"]) == 4


def test_what_one_command_lacks_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "voicecli.cli.ask", None)
    assert main(["ask", "x"]) == 1
    assert "error: Internal error: ModuleNotFoundError of voicecli.cli.ask at " in capsys.readouterr().err
    assert main(["config", "path"]) == 0


# ---- the process itself


def voicecli(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "voicecli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environ,
    )


def test_a_shell_that_asks_the_program_gets_words_and_nothing_else() -> None:
    done = voicecli(**completion_of("voicecli chat --persona ro"))
    assert (done.stdout.split(), done.stderr) == (["robot"], "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_itself_completes_with_the_script_that_it_is_given(tmp_path: Path) -> None:
    program = tmp_path / "voicecli"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m voicecli "$@"\n')
    program.chmod(0o755)
    script = voicecli(_VOICECLI_COMPLETE="source_bash").stdout
    # What bash does when Tab is pressed: it calls the function of the command with the words of the line.
    pressed = """
COMP_WORDS=(voicecli config s) COMP_CWORD=2
$(complete -p voicecli | sed -E 's/.*-F ([^ ]+).*/\\1/') voicecli s config
echo "${COMPREPLY[@]}"
"""
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script + pressed],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"PATH": path},
    )
    assert done.stdout.split() == ["show", "set"], done.stderr


def test_the_exit_code_reaches_the_shell(tmp_path: Path) -> None:
    done = voicecli("config", "check", VOICECLI_CONFIG=str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(
        f"error: VOICECLI_CONFIG names {tmp_path / 'none.toml'}, which does not exist.\nhint: "
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe without a reader is an error of its own on Windows")
def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "voicecli", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 141
    assert said == b""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a matter of Unix")
@pytest.mark.parametrize(("environ", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_an_error_on_a_terminal_is_in_color_unless_that_is_unwanted(environ: dict[str, str], colored: bool) -> None:
    import pty

    keep = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "voicecli", "zzz"], stderr=theirs, env=keep | {"TERM": "xterm-256color"} | environ
    )
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 1024):
            said += piece
    except OSError:
        pass  # how Linux says that the other end is closed
    os.close(ours)
    assert process.wait(timeout=60) == 2
    assert b"There is no command voicecli zzz." in said
    assert (b"\x1b[1;31merror:" in said) is colored
    assert (b"31m" in said) is colored


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's redirections")
def test_a_closed_standard_output_stops_nothing() -> None:
    command = f"{shlex.quote(sys.executable)} -m voicecli personas list >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_letter_that_standard_output_lacks_becomes_a_question_mark(tmp_path: Path) -> None:
    folder = tmp_path / "voicecli" / "personas"
    folder.mkdir(parents=True)
    (folder / "accents.toml").write_text('title = "é"\nprompt = "Be brief."\n', encoding="utf-8")
    environ = os.environ | {"XDG_CONFIG_HOME": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "voicecli", "personas", "list"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    assert b"accents" in done.stdout
    assert b"?" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["devices", "--seconds", "abc"], "--seconds must be a number."),
        (["devices", "--seconds", "0"], "--seconds must be at least 0.1."),
        (["devices", "--seconds", "9999"], "--seconds must be at most 3600."),
        (["history", "show", "abc"], "[ID] must be a whole number."),
        (["ptt", "start", "--pid", "x"], "--pid must be a whole number."),
        (
            ["transcribe", "--language", "xx", "a.wav"],
            "--language must be auto or a language code such as en or de, not 'xx'.",
        ),
    ],
)
def test_a_wrong_value_is_told_in_our_own_words(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert f"error: {words}\n" in capsys.readouterr().err


def test_past_conversations_are_not_shown_while_a_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOICECLI_HISTORY_SAVE", "perhaps")
    assert main(["history", "list"]) == 2
    assert "VOICECLI_HISTORY_SAVE must be true or false, not 'perhaps'" in capsys.readouterr().err
