"""Arriving text is spoken piece by piece."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.engines import ToneVoice
from voicecli.app import follow_reader
from voicecli.app.follow_reader import FollowReader, Press, Told
from voicecli.audio.sound_files import read_wav
from voicecli.errors import ConfigError, SynthesisFailed, VoiceCliError


class Notes:
    def __init__(self) -> None:
        self.speeds: list[float] = []
        self.pauses: list[bool] = []
        self.faults: list[VoiceCliError] = []
        self.unsaid: list[str] = []

    @property
    def told(self) -> Told:
        return Told(
            speed=self.speeds.append,
            paused=self.pauses.append,
            fault=self.faults.append,
            unsaid=self.unsaid.append,
        )


@pytest.fixture
def notes() -> Notes:
    return Notes()


def test_whoever_writes_waits_for_the_voice_and_nothing_is_lost(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_reader, "MOST_WAITING", 2)
    voice = ToneVoice(ms_per_character=1)
    lines = [f"This is {name}." for name in ("ada", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ivy", "jon")]
    ahead: list[int] = []

    def text() -> Iterator[str]:
        for n, line in enumerate(lines):
            yield f"{line}\n"
            time.sleep(0.01)
            ahead.append(n - len(voice.texts))

    with FollowReader(voice, speaker="none", told=notes.told) as reading:
        reading.run(text())
    assert voice.texts == lines
    assert max(ahead) <= 2 + 3  # those that may wait, and those that are on their way


def test_a_piece_that_the_voice_fails_on_is_told_of_and_the_next_is_said(notes: Notes) -> None:
    voice = ToneVoice(ms_per_character=1, fail_on=("The second.", SynthesisFailed("It failed.")))
    with FollowReader(voice, speaker="none", told=notes.told) as reading:
        reading.run(["The first.\n", "The second.\n", "The third.\n", "The fourth.\n", "The fifth.\n", "The sixth.\n"])
    assert [fault.message for fault in notes.faults] == ["It failed."]
    assert voice.texts[-1] == "The sixth."


def test_an_error_of_the_text_comes_when_what_was_before_it_was_heard(notes: Notes, tmp_path: Path) -> None:
    def text() -> Iterator[str]:
        yield "It is said."
        raise ConfigError("It is not text.")

    path = tmp_path / "out.wav"

    def read() -> None:
        with FollowReader(ToneVoice(ms_per_character=10), speaker=str(path), told=notes.told) as reading:
            reading.run(text())

    with pytest.raises(ConfigError, match="It is not text"):
        read()
    assert read_wav(path)[1] > 0.1


def test_a_script_that_the_voice_does_not_read_is_told_of_once(notes: Notes) -> None:
    with FollowReader(ToneVoice(ms_per_character=1), speaker="none", told=notes.told) as reading:
        reading.run(["猫 is a cat.\n", "犬 is a dog.\n"])
    assert notes.unsaid == ["Chinese"]


def test_a_pause_holds_even_the_end_back_until_it_goes_on(notes: Notes) -> None:
    with FollowReader(ToneVoice(ms_per_character=5), speaker="none", told=notes.told) as reading:
        reading.press(Press.PAUSE)
        over = threading.Event()

        def read() -> None:
            reading.run(["It waits.\n"])
            over.set()

        thread = threading.Thread(target=read)
        thread.start()
        assert not over.wait(0.5)
        reading.press(Press.PAUSE)
        assert over.wait(10)
        thread.join()
    assert notes.pauses == [True, False]


def test_another_speed_counts_for_what_is_ready_and_what_is_to_come(notes: Notes) -> None:
    voice = ToneVoice(ms_per_character=20)
    with FollowReader(voice, speaker="none", told=notes.told) as reading:

        def text() -> Iterator[str]:
            yield "The first sentence.\nThe second sentence.\nThe third sentence.\nThe fourth sentence.\n"
            while len(voice.texts) < 3:
                time.sleep(0.005)
            time.sleep(0.1)  # the first one is heard
            reading.press(Press.FASTER)

        reading.run(text())
    said = dict(zip(voice.texts, voice.speeds, strict=True))
    assert said["The first sentence."] == 1.0
    assert said["The second sentence."] == said["The third sentence."] == said["The fourth sentence."] == 1.15
    assert notes.speeds == [1.15]


def test_leaving_it_in_the_middle_is_quick(notes: Notes) -> None:
    began_s = time.monotonic()
    with FollowReader(ToneVoice(ms_per_character=100), speaker="none", told=notes.told) as reading:
        reading.press(Press.END)
        reading.run(["A sentence that takes its time to be said. " * 50])
    assert time.monotonic() - began_s < 2
