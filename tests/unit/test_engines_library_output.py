"""The output of native code to stderr does not reach the screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voicecli.engines.library_output import silenced
from voicecli.engines.llama_native import has_amx


def test_what_is_written_to_the_descriptor_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with silenced():
        os.write(2, b"noise\n")
    os.write(2, b"news\n")
    assert capfd.readouterr().err == "news\n"


def test_it_can_be_kept_in_a_file_for_the_user_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    with silenced(log):
        os.write(2, b"noise\n")
    assert log.read_text() == "noise\n"
    assert log.stat().st_mode & 0o077 == 0
    assert capfd.readouterr().err == ""


def test_blocks_may_overlap(capfd: pytest.CaptureFixture[str]) -> None:
    outer, inner = silenced(), silenced()
    with outer:
        inner.__enter__()
    os.write(2, b"noise\n")
    inner.__exit__(None, None, None)
    os.write(2, b"news\n")
    assert capfd.readouterr().err == "news\n"


def test_it_is_restored_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), silenced():
        raise KeyError
    os.write(2, b"news\n")
    assert capfd.readouterr().err == "news\n"


@pytest.mark.parametrize(
    ("info", "amx"), [("CPU : AVX512 = 1 | AMX_INT8 = 1 | REPACK = 1", True), ("CPU : AVX512 = 1 | REPACK = 1", False)]
)
def test_amx_is_recognised_in_what_llama_cpp_says_of_itself(info: str, *, amx: bool) -> None:
    assert has_amx(info) is amx
