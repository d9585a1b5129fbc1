"""A full disk is reported in a sentence, and a session that lost something does not end with success."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import forked
from voicecli.app.private_file import write_new

FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="a device that is always full is a matter of Linux")


def chat(tmp_path: Path, *arguments: str, into: Path | None = None) -> tuple[int, str, str]:
    """Asks two questions. Returns the exit code and both outputs."""
    homes = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    env = {**homes, "XDG_RUNTIME_DIR": str(tmp_path)}
    out = into or tmp_path / "out"
    with out.open("w") as stdout:
        done = forked.run("chat_player", *arguments, stdin="One?\nTwo?\n", stdout=stdout, env=env)
    return done.returncode, "" if into is not None else out.read_text(), done.stderr


def test_a_speaker_file_on_a_full_disk_ends_the_session_with_an_error(tmp_path: Path) -> None:
    speaker = tmp_path / "full.wav"
    speaker.symlink_to(FULL)
    code, out, said = chat(tmp_path, "--speak", "--speaker", str(speaker), "--json")
    assert code == 3
    assert said == f"error: {speaker} cannot be written: the disk is full.\nhint: df -h {tmp_path}\n"
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["code"]) == ("error", "audio-error")


def test_a_speaker_file_with_room_is_no_error(tmp_path: Path) -> None:
    code, out, said = chat(tmp_path, "--speak", "--speaker", str(tmp_path / "answer.wav"), "--json")
    assert (code, said) == (0, "")
    assert json.loads(out.splitlines()[-1])["turns"] == 2


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_events_or_lines_to_a_full_disk_end_the_session_with_an_error(tmp_path: Path, arguments: list[str]) -> None:
    code, _, said = chat(tmp_path, *arguments, into=FULL)
    assert code == 1
    assert said == "error: Standard output cannot be written: the disk is full.\nhint: df -h\n"


def test_results_of_other_commands_to_a_full_disk_are_an_error_too(tmp_path: Path) -> None:
    with FULL.open("w") as stdout:
        done = forked.run("voicecli", "personas", "list", stdout=stdout, env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert (done.returncode, done.stderr) == (
        1,
        "error: Standard output cannot be written: the disk is full.\nhint: df -h\n",
    )


def test_an_error_that_cannot_be_told_keeps_its_exit_code(tmp_path: Path) -> None:
    with FULL.open("w") as stderr:
        done = forked.run(
            "voicecli", "personas", "show", "nobody", stderr=stderr, env={"XDG_CONFIG_HOME": str(tmp_path)}
        )
    assert (done.returncode, done.stdout) == (2, "")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a file system of its own can be made by root only")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_conversation_that_cannot_be_saved_leaves_no_half_of_it(small_disk: Path) -> None:
    file = small_disk / "talk.txt"
    with pytest.raises(OSError, match="No space"):
        write_new(file, "x" * 100_000)
    assert not file.exists()
    write_new(file, "short")
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_new(file, "other")
    assert file.read_text() == "short"


def test_a_speaker_file_on_a_disk_that_fills_up_is_told_when_it_does(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "others").write_bytes(bytes(12_000))
    speaker = small_disk / "answer.wav"
    code, _, said = chat(tmp_path, "--speak", "--speaker", str(speaker), "--json")
    assert code == 3
    assert said == f"error: {speaker} cannot be written: the disk is full.\nhint: df -h {small_disk}\n"
