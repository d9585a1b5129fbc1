"""One speaker of a voice with several is named behind the voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicecli.app.voice_names import joined, parted


@pytest.mark.parametrize(
    ("wanted", "name", "speaker"),
    [
        ("en_US-libritts_r-medium#12", "en_US-libritts_r-medium", "12"),
        ("en_US-libritts_r-medium#p225", "en_US-libritts_r-medium", "p225"),
        ("en_US-joe-medium", "en_US-joe-medium", ""),
        ("auto", "auto", ""),
        ("#12", "#12", ""),
        ("joe#", "joe#", ""),
    ],
)
def test_a_speaker_stands_behind_the_name(wanted: str, name: str, speaker: str) -> None:
    assert parted(wanted) == (name, speaker)
    assert not speaker or joined(name, speaker) == wanted


def test_the_mark_may_be_in_the_name_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "voice#2.onnx"
    file.write_bytes(b"")
    assert parted(str(file)) == (str(file), "")
    assert parted(f"{file}#3") == (str(file), "3")
