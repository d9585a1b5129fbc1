"""`say --follow` with a real voice: the written text is heard, without the parts that are not spoken."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from fakes.program import LIMIT_S, command, run
from fakes.words import word_error_rate
from voicecli.audio.sound_files import read_wav

pytestmark = pytest.mark.engines


def test_a_log_is_read_aloud_as_it_arrives(tmp_path: Path) -> None:
    output = tmp_path / "out.wav"
    with subprocess.Popen(
        command("say", "--follow", "--speaker", str(output)), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        for text, pause_s in (
            ("2026-11-27 23:30:02 \x1b[32mThe server has started.\x1b[0m\n", 2.0),
            ("Two people have come in", 0.2),
            (" and one has left.\n", 0.5),
            ("```\nx = 12345\n```\n", 0.5),
            ("The work is done.", 0.0),
        ):
            process.stdin.write(text.encode())
            process.stdin.flush()
            time.sleep(pause_s)
        process.stdin.close()
        assert process.wait(LIMIT_S) == 0, process.stderr.read()
    expected = "The server has started. Two people have come in and one has left. Code left out. The work is done."
    heard = run("transcribe", "--language", "en", str(output)).stdout
    assert word_error_rate(expected, heard) <= 0.15
    assert 5 < read_wav(output)[1] < 9
