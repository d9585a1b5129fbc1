"""The sound of both sides: captured, written completely or not at all, on one time line, removed with its turn."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.histories import ABOUT, save, turn
from voicecli.audio.sound_files import read_audio
from voicecli.errors import AudioError
from voicecli.memory import queries, removal, sound_files
from voicecli.memory.conversations import Times
from voicecli.memory.database import open_database
from voicecli.memory.mixdown import mixed
from voicecli.memory.sound_capture import BEFORE_MS, MOST_QUESTIONS, SoundTaps
from voicecli.memory.sound_files import TurnSound
from voicecli.memory.writer import ConversationWriter
from voicecli.pcm import RATE_HZ, Pcm, samples_of, silence


def tone(ms: float, level: int = 8000, rate_hz: int = RATE_HZ) -> Pcm:
    at = np.arange(samples_of(ms, rate_hz)) / rate_hz
    return (level * np.cos(2 * np.pi * 250 * at)).astype(np.int16)


def play(taps: SoundTaps, pcm: Pcm) -> None:
    """The speaker plays the sound in blocks of 20 ms."""
    size = samples_of(20, taps.rate_hz)
    for start in range(0, len(pcm), size):
        taps.played(pcm[start : start + size])


def test_an_answer_is_caught_from_its_first_sound_to_its_last() -> None:
    taps = SoundTaps(24_000)
    answer = np.concatenate([tone(200, rate_hz=24_000), silence(samples_of(300, 24_000)), tone(100, rate_hz=24_000)])
    play(taps, silence(24_000 * 3))
    play(taps, answer[:2000])
    taps.answer_begins()  # a little late
    play(taps, answer[2000:])
    play(taps, silence(4800))
    sound = taps.settle([1])
    assert abs(len(sound.voicecli) - len(answer)) < 200  # without the silence around it, and with that within
    assert (len(sound.you), sound.rate_hz) == (0, 24_000)
    play(taps, tone(100, rate_hz=24_000))  # a short tone of the program's own
    assert len(taps.settle([2]).voicecli) == 0


def test_nothing_is_piled_up_while_nothing_sounds() -> None:
    taps = SoundTaps(16_000)
    play(taps, silence(16_000 * 60))
    assert taps._length <= samples_of(BEFORE_MS + 20, 16_000)
    for number in range(50):
        taps.question(number, tone(100), 1600)
    assert len(taps._questions) == MOST_QUESTIONS


def test_a_question_is_kept_with_all_its_parts_up_to_its_last_speech() -> None:
    taps = SoundTaps()
    taps.question(1, tone(300), 100)
    taps.question(1, tone(800), samples_of(500))  # it went on
    taps.question(2, tone(400), samples_of(200))
    you = taps.settle([1, 2]).you
    assert len(you) == samples_of(500 + 100 + 300 + 200 + 100)
    assert len(taps.settle([1, 2]).you) == 0


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "history"


def sound(you_ms: float = 300, voicecli_ms: float = 400) -> TurnSound:
    return TurnSound(you=tone(you_ms), voicecli=tone(voicecli_ms, rate_hz=22_050), rate_hz=22_050)


def test_files_are_private_and_read_as_they_were_written(where: Path) -> None:
    sound_files.write(where, 5, sound())
    assert sound_files.folder(where).stat().st_mode & 0o777 == 0o700
    files = sorted(sound_files.folder(where).iterdir())
    assert [file.name for file in files] == ["5-voicecli.flac", "5-you.flac"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert np.array_equal(sound_files.read(where, 5, "you"), tone(300))
    assert read_audio(files[0])[1] == pytest.approx(0.4, abs=0.001)
    sound_files.write(where, 5, sound(you_ms=0))
    assert [file.name for file in sound_files.folder(where).iterdir()] == ["5-voicecli.flac"]
    assert len(sound_files.read(where, 5, "you")) == 0
    sound_files.remove(where, [5, 6])
    assert list(sound_files.folder(where).iterdir()) == []


def test_a_file_that_cannot_be_completed_is_not_there(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AudioError("full")

    monkeypatch.setattr("voicecli.audio.pyav_encoder.EncodedWriter.write", fail)
    with pytest.raises(AudioError):
        sound_files.write(where, 5, sound())
    assert list(sound_files.folder(where).iterdir()) == []


def test_what_a_killed_process_left_is_removed(where: Path) -> None:
    database = open_database(where)
    save(database, ("One?", "First."))
    for row in (1, 9):
        sound_files.write(where, row, sound())
    dead, living = 2**22 - 1, os.getppid()
    for process in (dead, living):
        (sound_files.folder(where) / f"1-you.{process}.part.flac").write_bytes(b"half")
    sound_files.tidy(where, database)
    assert {file.name for file in sound_files.folder(where).iterdir()} == {
        "1-voicecli.flac",
        "1-you.flac",
        f"1-you.{living}.part.flac",
    }
    database.close()


def test_sound_goes_with_its_conversation(where: Path) -> None:
    database = open_database(where)
    save(database, ("One?", "First."), ("Two?", "Second."))
    save(database, ("Three?", "Third."))
    for row in (1, 2, 3):
        sound_files.write(where, row, sound())
    removal.remove(database, [1])
    assert sorted(file.name for file in sound_files.folder(where).iterdir()) == ["3-voicecli.flac", "3-you.flac"]
    database.close()


def onsets_ms(pcm: Pcm) -> list[float]:
    """The times at which sound begins after 100 ms of silence, in ms."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 500)
    return [round(at / 16) for at, before in zip(loud, (-9999, *loud[:-1]), strict=True) if at - before > 1600]


def test_both_voices_are_where_they_were_heard(where: Path) -> None:
    database = open_database(where)
    writer = ConversationWriter(database)
    times = Times(question_from_ms=5000, question_to_ms=5200, answer_from_ms=6000, answer_to_ms=6400)
    later = Times(question_from_ms=8000, question_to_ms=8200, answer_from_ms=8100, answer_to_ms=8500)
    writer.write(1, turn("One?", "First.", times=times), ABOUT)
    writer.write(2, turn("Two?", "Over each other.", times=later), ABOUT)
    turns = queries.turns(database, 1)
    assert len(mixed(where, turns)) == 0  # nothing is saved
    for each in turns:
        sound_files.write(where, each.row, sound())  # 300 ms, 100 of them behind the last speech
    whole = mixed(where, turns)
    assert onsets_ms(whole) == [pytest.approx(at, abs=5) for at in (0, 1000, 3000)]
    assert len(whole) == pytest.approx(samples_of(3500), abs=100)
    assert int(np.abs(whole.astype(np.int32)).max()) > 12_000  # where they speak at once, both are heard
    assert onsets_ms(mixed(where, turns, ["voicecli"])) == [pytest.approx(at, abs=5) for at in (1000, 3100)]
    apart = [turns[0], replace(turns[1], session=2)]
    assert onsets_ms(mixed(where, apart))[:2] == [pytest.approx(0, abs=5), pytest.approx(1000, abs=5)]
    database.close()
