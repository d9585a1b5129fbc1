"""Changes of a model's files are noticed while it is in use. `tests/engines/test_changed_model.py` does it with a real model."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from voicecli.engines.mapped_files import MappedFiles
from voicecli.errors import GenerationFailed


def cut(path: Path) -> None:
    os.truncate(path, 10)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def change(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other")
    os.utime(path, ns=(1, 1))


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"big [model]-0000{number}-of-00002.gguf" for number in (1, 2)]
    for path in paths:
        path.write_bytes(bytes(1000))
    return paths


@pytest.mark.parametrize("harm", [cut, grow, change])
@pytest.mark.parametrize("number", [0, 1])
def test_a_change_of_any_part_is_told_from_then_on(
    parts: list[Path], harm: Callable[[Path], None], number: int
) -> None:
    files = MappedFiles(parts[0], "mine")
    files.check()
    harm(parts[number])
    for _ in range(2):
        with pytest.raises(GenerationFailed, match="of the language model mine was cut or changed") as caught:
            files.check()
    assert "voicecli models verify" in caught.value.hint
    files.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not replace a file that is open")
def test_a_file_that_is_replaced_removed_or_linked_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(bytes(1000))
    files = MappedFiles(path, "mine")
    (tmp_path / "link").hardlink_to(path)
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "new").replace(path)
    files.check()
    path.unlink()
    files.check()
    files.close()
    files.close()


def test_a_file_that_is_not_there_is_left_to_loading(tmp_path: Path) -> None:
    files = MappedFiles(tmp_path / "gone.gguf", "mine")
    files.check()
    files.close()
