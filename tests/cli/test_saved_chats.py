"""Conversations of `chat` are saved while it runs. If that is impossible, the conversation continues."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import forked
from voicecli.audio.sound_files import read_audio
from voicecli.cli.chat import chat as chat_command
from voicecli.errors import ConfigError
from voicecli.memory import queries, sound_files
from voicecli.memory.conversations import SavedTurn
from voicecli.memory.database import NAME, open_database


def env_of(tmp_path: Path) -> dict[str, str]:
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    return {**homes, "XDG_RUNTIME_DIR": str(tmp_path)}


def chat(
    tmp_path: Path, *arguments: str, lines: str = "One?\nTwo?\n", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Asks questions in a separate process."""
    done = forked.run("chat_player", *arguments, stdin=lines, env={**env_of(tmp_path), **variables})
    assert done.returncode == 0, done.stderr
    return done


def playing(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    """Starts a session whose input and events are pipes."""
    pipe = subprocess.PIPE
    return forked.start(
        "chat_player", "--json", *arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=env_of(tmp_path)
    )


def history_of(tmp_path: Path) -> Path:
    return tmp_path / "data" / "voicecli" / "history"


def saved(tmp_path: Path) -> list[list[SavedTurn]]:
    database = open_database(history_of(tmp_path))
    try:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = sorted(each.id for each in queries.conversations(database))
        return [queries.turns(database, each) for each in found]
    finally:
        database.close()


def texts(turns: list[SavedTurn]) -> list[tuple[str, str]]:
    return [(turn.question, turn.answer) for turn in turns]


def told_unsaved(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The messages about unsaved turns: in events, or on standard error if the session ended before the failure was known."""
    told = [json.loads(line) for line in done.stdout.splitlines()]
    notices = [event["message"] for event in told if event["event"] == "notice" and event["code"] == "not-saved"]
    return notices + [line.removeprefix("note: ") for line in done.stderr.splitlines() if "saved" in line]


def answers(done: subprocess.CompletedProcess[str]) -> int:
    return sum(json.loads(line)["event"] == "reply" for line in done.stdout.splitlines())


BOTH = [("One?", "Answer 1 to One? (0 before)."), ("Two?", "Answer 2 to Two? (2 before).")]


def test_every_conversation_is_saved_in_a_private_file(tmp_path: Path) -> None:
    chat(tmp_path)
    chat(tmp_path, lines="Three?\n")
    one, two = saved(tmp_path)
    assert texts(one) == BOTH
    assert texts(two) == [("Three?", "Answer 1 to Three? (0 before).")]
    assert all(turn.typed for turn in one)
    folder = history_of(tmp_path)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert [file.name for file in folder.iterdir()] == [NAME]  # closed properly: no log is left beside it


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--no-save",), {}), ((), {"VOICECLI_HISTORY_SAVE": "false"})],
    ids=["flag", "setting"],
)
def test_nothing_is_written_when_that_is_not_wanted(
    tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    chat(tmp_path, *arguments, lines="Zwetschgenkuchen?\n", **variables)
    assert not history_of(tmp_path).exists()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"Zwetschgenkuchen" not in file.read_bytes()


def test_without_saving_old_conversations_are_left_alone(tmp_path: Path) -> None:
    chat(tmp_path)
    database = open_database(history_of(tmp_path))
    database.execute("UPDATE conversations SET ended_ms = 0")
    database.close()
    chat(tmp_path, "--no-save", VOICECLI_HISTORY_KEEP_DAYS="1")
    assert len(saved(tmp_path)) == 1
    chat(tmp_path, VOICECLI_HISTORY_KEEP_DAYS="1", VOICECLI_HISTORY_SAVE="false")
    assert saved(tmp_path) == []


def test_a_place_that_cannot_be_written_costs_one_notice(tmp_path: Path) -> None:
    history_of(tmp_path).parent.mkdir(parents=True)
    history_of(tmp_path).write_text("a file in the place of the folder")
    done = chat(tmp_path, "--json")
    assert answers(done) == 2
    (told,) = told_unsaved(done)
    assert told.startswith("This conversation is not being saved. ")
    assert history_of(tmp_path).read_text() == "a file in the place of the folder"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that is too small for the database."""
    folder = history_of(tmp_path)
    folder.mkdir(parents=True, mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48k,mode=700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a file system of its own can be made by root only")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_costs_one_notice(tmp_path: Path, small_disk: Path) -> None:
    done = chat(tmp_path, "--json", lines="One?\nTwo?\nThree?\n")
    assert answers(done) == 3
    (told,) = told_unsaved(done)
    assert told == (
        f"This conversation is not being saved. The history cannot be written: the disk is full. df -h {small_disk}"
    )


def test_a_read_only_disk_costs_one_notice(tmp_path: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = chat(tmp_path, "--json")
    assert answers(done) == 2
    (told,) = told_unsaved(done)
    assert "Read-only file system" in told


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own for the history, with room for some turns and their sound."""
    folder = history_of(tmp_path)
    folder.mkdir(parents=True, mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a file system of its own can be made by root only")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(disk: Path) -> Path:
    """Fills a disk. Returns the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


@pytest.mark.processes
def test_a_disk_that_fills_up_while_talking_costs_one_notice_and_saving_goes_on_after_it(
    tmp_path: Path, disk: Path
) -> None:
    filler = disk
    told: list[dict[str, object]] = []
    pipe = subprocess.PIPE
    speaker = ("--json", "--speak", "--speaker", str(tmp_path / "heard.wav"), "--save-audio")
    with forked.start("chat_player", *speaker, stdin=pipe, stdout=pipe, stderr=pipe, env=env_of(tmp_path)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for number in range(6):
            if number == 2:
                time.sleep(1.0)  # what was said before is saved by then
                filler = fill_up(disk)
            if number == 4:
                time.sleep(1.0)
                filler.unlink()
            process.stdin.write(f"Question {number}?\n")
            process.stdin.flush()
            for line in process.stdout:
                told.append(json.loads(line))
                if told[-1]["event"] == "spoken":
                    break
        process.stdin.close()
        told += [json.loads(line) for line in process.stdout]
        said = process.stderr.read()
        assert process.wait(forked.LIMIT_S) == 0, said
    assert sum(event["event"] == "spoken" for event in told) == 6
    codes = [event["code"] for event in told if event["event"] == "notice"]
    assert codes.count("not-saved") == 1, (codes, said)
    (turns,) = saved(tmp_path)  # which checks the database as a whole
    kept = [turn.question for turn in turns]
    assert kept[:2] == ["Question 0?", "Question 1?"]
    assert kept[-2:] == ["Question 4?", "Question 5?"]
    rows = {turn.row for turn in turns}
    assert all(file.suffix == ".flac" and int(file.stem.split("-")[0]) in rows for file in (disk / "audio").iterdir())


def test_a_killed_session_loses_the_answer_in_progress_at_most(tmp_path: Path) -> None:
    with playing(tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("One?\nA long one?\n")
        process.stdin.flush()
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "reply_delta" and event["turn"] == 2:
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    ((one, two),) = saved(tmp_path)
    assert (one.question, one.answer) == BOTH[0]
    assert (two.question, two.answer) == ("A long one?", "")


def test_a_new_process_goes_on_with_a_conversation(tmp_path: Path) -> None:
    chat(tmp_path)
    chat(tmp_path, lines="Other?\n")
    done = chat(tmp_path, "--resume", "1", "--json", lines="Three?\n")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["question"] for event in told if event["event"] == "past_turn"] == ["One?", "Two?"]
    done = chat(tmp_path, "--resume", lines="Four?\n")
    assert "note: Going on with conversation 1: One?\n" in done.stdout
    one, two = saved(tmp_path)
    assert texts(one) == [
        *BOTH,
        ("Three?", "Answer 1 to Three? (4 before)."),
        ("Four?", "Answer 1 to Four? (6 before)."),
    ]
    assert [turn.session for turn in one] == [1, 1, 2, 3]
    assert len(two) == 1
    chat(tmp_path, "--resume", "--no-save", lines="Five?\n")
    assert len(saved(tmp_path)[0]) == 4


def test_a_conversation_gets_the_models_title_when_it_ends(tmp_path: Path) -> None:
    chat(tmp_path, TITLE="Two Numbers")
    chat(tmp_path, TITLE="This is a whole sentence and no title at all.")
    database = open_database(history_of(tmp_path))
    assert queries.titles(database, 10) == [(2, "One?"), (1, "Two Numbers")]
    database.close()


def test_who_translates_is_told_that_a_model_cannot(tmp_path: Path) -> None:
    done = chat(tmp_path, "--translate", "en:de", lines="This is good.\nDas ist gut.\nWhat time is it?\n")
    assert "echo cannot translate well enough between English and German" in done.stdout
    assert done.stdout.count("I could not translate that without a mistake.") == 2
    assert done.stdout.count("Das konnte ich nicht fehlerfrei übersetzen.") == 1
    assert "Answer" not in done.stdout
    database = open_database(history_of(tmp_path))
    assert [each.persona for each in queries.conversations(database)] == ["translate-en-de"]
    database.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--translate", "en"), "'en' does not name two languages."),
        (("--translate", "en:xx"), "There is no language xx."),
        (("--translate", "en:de", "--persona", "tutor"), "--translate and --persona exclude each other."),
        (("--translate", "en:de", "--language", "de"), "--translate and --language exclude each other."),
    ],
)
def test_a_wrong_translation_is_told_before_anything_is_loaded(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = forked.run("chat_player", *arguments, env={**env_of(tmp_path), "SLOW_LOAD": "1"})
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, f"error: {message}")


def test_a_conversation_that_is_not_there_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    done = forked.run("chat_player", "--resume", "7", env={**env_of(tmp_path), "SLOW_LOAD": "1"})
    assert (done.returncode, done.stderr) == (
        2,
        "error: No conversation is saved yet.\nhint: Begin one: voicecli chat\n",
    )


def test_what_is_to_be_remembered_is_known_in_the_next_conversation(tmp_path: Path) -> None:
    done = chat(tmp_path, "--json", lines="Please remember that I like tea.\nMerk dir, dass ich Ana mag.\n")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(event["added"], event["removed"]) for event in told if event["event"] == "memory"] == [
        ("I like tea", ""),
        ("ich Ana mag", ""),
    ]
    # Fixed words in the language of the request, not the model's.
    assert [event["text"] for event in told if event["event"] == "reply"] == [
        "I will remember that.",
        "Das merke ich mir.",
    ]
    done = chat(tmp_path, lines="prompt?\n")
    assert "- I like tea" in done.stdout
    done = chat(tmp_path, "--no-save", lines="Remember that I like coffee.\n")
    assert "In this session I remember nothing." in done.stdout
    done = chat(tmp_path, lines="Forget that I like tea.\nprompt?\n")
    assert "I have forgotten that." in done.stdout
    assert "coffee" not in done.stdout
    assert "tea" not in chat(tmp_path, lines="prompt?\n").stdout


def test_sound_is_saved_when_that_is_wanted(tmp_path: Path) -> None:
    speaker = ("--speak", "--speaker", str(tmp_path / "heard.wav"))
    chat(tmp_path, *speaker)
    assert not (history_of(tmp_path) / "audio").exists()
    chat(tmp_path, *speaker, "--save-audio")
    _, turns = saved(tmp_path)
    assert sorted(file.name for file in (history_of(tmp_path) / "audio").iterdir()) == [
        f"{turn.row}-voicecli.flac"
        for turn in turns  # what was typed made no sound
    ]
    heard = read_audio(tmp_path / "heard.wav")[0]
    first = sound_files.read(history_of(tmp_path), turns[0].row, "voicecli")
    assert 1000 < len(first) < len(heard)


def test_sound_cannot_be_saved_without_saving() -> None:
    with pytest.raises(ConfigError, match="exclude each other"):
        chat_command(no_save=True, save_audio=True)


KILLS = int(os.environ.get("VOICECLI_TEST_KILLS", "2"))
"""How many sessions are killed; more of them look longer."""

PACE_S = 0.04
"""Between two questions: much less than anybody needs to hear an answer."""

LAG_S = float(os.environ.get("VOICECLI_TEST_LAG_S", "0.5"))
"""What was told so long before the end is saved. A busy machine may need more than the few milliseconds that it takes."""


def ask_until_killed(tmp_path: Path, after_s: float, *arguments: str) -> list[str]:
    """Asks one question after the other until the session is killed. Returns the answers reported at least `LAG_S` before that."""
    with playing(tmp_path, *arguments) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
        killer = threading.Timer(after_s, process.kill)
        killer.start()
        told: list[tuple[float, str]] = []
        with contextlib.suppress(BrokenPipeError):
            for number in range(1000):
                process.stdin.write(f"Question {number}?\n")
                process.stdin.flush()
                for line in process.stdout:
                    event = json.loads(line) if line.endswith("\n") else {"event": "half a line"}
                    if event["event"] == "spoken":
                        told.append((time.monotonic(), event["text"].strip()))
                        break
                time.sleep(PACE_S)
        killer.join()
        end_s = time.monotonic()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    return [text for at_s, text in told if end_s - at_s > LAG_S]


@pytest.mark.processes
def test_sessions_killed_at_any_moment_leave_a_whole_database(tmp_path: Path) -> None:
    """Everything reported shortly before is saved. Only the last turn may lack its answer."""
    chance = random.Random(KILLS)
    speaker = ("--speak", "--speaker", str(tmp_path / "heard.wav"), "--save-audio")
    told = [ask_until_killed(tmp_path, chance.uniform(0.0, 1.6), *speaker) for _ in range(KILLS)]
    said = [[turn.answer for turn in turns] for turns in saved(tmp_path)]  # which checks the database as a whole
    for answers_told in filter(None, told):
        mine = next(each for each in said if each[: len(answers_told)] == answers_told)
        said.remove(mine)
        assert all(mine[:-1])  # only the last turn may lack its answer
    chat(tmp_path, *speaker)
    # The next session tidies up.
    assert {file.name for file in history_of(tmp_path).iterdir()} == {NAME, "audio"}
    rows = {turn.row for turns in saved(tmp_path) for turn in turns}
    files = list((history_of(tmp_path) / "audio").iterdir())
    assert files
    assert {file.name for file in files} <= {f"{row}-voicecli.flac" for row in rows}
    assert all(read_audio(file)[1] > 0 for file in files)
