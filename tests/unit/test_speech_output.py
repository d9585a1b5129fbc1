# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""Text that is spoken into a file or a stream."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fakes.engines import ToneVoice
from voicecli.app.speech_output import SpeechOutput
from voicecli.audio.sound_files import read_wav
from voicecli.errors import WouldOverwrite
from voicecli.speech.pauses import added_ms
from voicecli.speech.sentence_chunker import Cut


def test_what_is_said_is_in_the_file_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with SpeechOutput(ToneVoice(rate_hz=22_050), output=path, speaker="") as out:
        out.feed("One sentence. ")
        assert not path.exists()
        out.feed("And another.")
        out.finish()
        assert out.chunks == 2
        assert out.seconds > 0
    assert read_wav(path)[1] == pytest.approx(out.seconds, abs=0.001)


@pytest.mark.parametrize("text", ["", "A sentence that is not said to its end. "])
def test_an_error_leaves_the_old_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.wav"
    with SpeechOutput(ToneVoice(rate_hz=22_050), output=path, speaker="") as out:
        out.feed("The old one.")
        out.finish()
    before = path.read_bytes()

    def interrupt() -> None:
        with SpeechOutput(ToneVoice(rate_hz=22_050), output=path, speaker="") as out:
            out.feed(text)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


def test_a_file_that_is_no_sound_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("text")
    with pytest.raises(WouldOverwrite):
        SpeechOutput(ToneVoice(rate_hz=22_050), output=path, speaker="")
    with SpeechOutput(ToneVoice(rate_hz=22_050), output=path, speaker="", force=True) as out:
        out.feed("Now it is sound.")
        out.finish()
    assert read_wav(path)[1] > 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a matter of Unix")
def test_a_reader_that_goes_away_is_a_broken_pipe_and_no_internal_error(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["head", "-c", "10", pipe], stdout=subprocess.DEVNULL) as head:
        speech = SpeechOutput(ToneVoice(rate_hz=22_050), output=pipe, speaker="")
        head.wait()

        def say() -> None:
            with speech as out:
                out.feed("Nobody listens to this. " * 50)
                out.finish()

        with pytest.raises(BrokenPipeError):
            say()


def test_what_the_voice_cannot_read_is_counted(tmp_path: Path) -> None:
    with SpeechOutput(ToneVoice(rate_hz=22_050), output=tmp_path / "a.wav", speaker="") as out:
        out.feed("The word 猫 means cat. 你好，世界。")
        out.finish()
        assert (out.chunks, out.silent, out.unsaid) == (2, 1, "Chinese")


def test_a_file_has_the_pauses_of_a_reader(tmp_path: Path) -> None:
    def seconds(*sentences: str) -> float:
        with SpeechOutput(ToneVoice(rate_hz=22_050), output=tmp_path / "a.wav", speaker="") as out:
            for sentence in sentences:
                out.feed(f"{sentence} ")
            out.finish()
            return out.seconds

    alone = seconds("This is one sentence.") + seconds("And this is another one.")
    together = seconds("This is one sentence.", "And this is another one.")
    assert (together - alone) * 1000 == pytest.approx(added_ms(Cut.SENTENCE, "This is one sentence."), abs=20)
