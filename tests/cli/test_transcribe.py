"""`voicecli transcribe`: its output for good and for bad files."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from rich.console import Console

from fakes.engines import ScriptedTranscriber, heard
from fakes.subtitle_files import parse_srt, parse_vtt
from voicecli.app import engine_setup
from voicecli.app.recording_input import opened
from voicecli.audio.sound_files import WavWriter
from voicecli.cli.ask import _heard
from voicecli.cli.transcribe import transcribe
from voicecli.engines.ports import Refused, SpokenWord, Transcription
from voicecli.errors import ConfigError, TranscriptionFailed, VoiceCliError
from voicecli.pcm import RATE_HZ, Pcm, silence
from voicecli.speech.word_timing import spans


class LoudIsSpeech:
    def score(self, block: Pcm) -> float:
        return min(1.0, float(np.abs(block).max()) / 1000)

    def reset(self) -> None:
        pass


def sound(path: Path, *lengths_s: float) -> str:
    with WavWriter(path, RATE_HZ) as writer:
        for length_s in lengths_s:
            writer.write(np.full(round(length_s * RATE_HZ), 1000, dtype=np.int16))
            writer.write(silence(3 * RATE_HZ))
    return str(path)


def nothing(because: str) -> Transcription:
    refused = Refused(from_sample=0, to_sample=RATE_HZ, because=because)  # type: ignore[arg-type]
    return dataclasses.replace(heard(""), refused=(refused,))


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> Script:
    return Script(monkeypatch)


class Script:
    """Sets the recogniser's results, one per passage."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def __call__(self, *script: str | Transcription | VoiceCliError) -> None:
        engine = ScriptedTranscriber(script)
        self._patch.setattr(engine_setup, "choose", lambda *_, **__: None)
        self._patch.setattr(engine_setup, "load", lambda *_: SimpleNamespace(transcriber=engine))
        self._patch.setattr(engine_setup, "detectors", lambda: (LoudIsSpeech(), None))
        self._patch.setattr("voicecli.app.startup.prepare", lambda *_: None)


def run(files: Sequence[str], *, as_json: bool = False, form: str | None = None, words: bool = False) -> None:
    transcribe(list(files), language=None, stt=None, device=None, json=as_json, form=form, words=words)


def test_a_file_is_a_line_however_many_passages_it_has(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("Hello.", "And good bye.")
    run([sound(tmp_path / "a.wav", 4, 4)])
    assert capsys.readouterr() == ("Hello. And good bye.\n", "")


def test_of_several_files_each_line_begins_with_its_name_and_a_bad_one_costs_no_other(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("One.", "Two.")
    files = [sound(tmp_path / "a.wav", 4), str(tmp_path / "gone.wav"), sound(tmp_path / "b.wav", 4)]
    with pytest.raises(typer.Exit) as ended:
        run(files)
    out, err = capsys.readouterr()
    assert out == f"{files[0]}: One.\n{files[2]}: Two.\n"
    assert "There is no file" in err
    assert ended.value.exit_code == 3


@pytest.mark.parametrize(
    ("because", "words"),
    [("repetition", "the same words came over and over"), ("no-speech", "did not sound like speech")],
)
def test_what_is_left_out_is_told_with_its_place_and_the_reason(
    because: str, words: str, hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("Hello.", nothing(because))
    run([sound(tmp_path / "a.wav", 4, 4)])
    out, err = capsys.readouterr()
    assert out == "Hello.\n"
    assert err.startswith("note: In a.wav, 0:06.")
    assert words in err


def test_a_file_in_which_nobody_speaks_says_so(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("")
    run([sound(tmp_path / "a.wav", 0)])
    assert capsys.readouterr() == ("\n", "note: No speech was found in a.wav.\n")


def test_a_cut_off_file_gives_its_words_and_a_note(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("Hello.")
    name = sound(tmp_path / "a.wav", 4)
    Path(name).write_bytes(Path(name).read_bytes()[:-RATE_HZ])
    run([name])
    out, err = capsys.readouterr()
    assert out == "Hello.\n"
    assert err == "note: a.wav is cut off: 6.5 s of its 7.0 s are there.\n"


def test_json_has_the_passages_what_was_left_out_and_the_notes(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("Hello.", dataclasses.replace(heard("Guten Tag, alle zusammen."), language="de"), nothing("phantom"))
    run([sound(tmp_path / "a.wav", 4, 5, 4)], as_json=True)
    out, _ = capsys.readouterr()
    record = json.loads(out)
    assert record["text"] == "Hello. Guten Tag, alle zusammen."
    assert record["language"] == "de"
    assert [(each["text"], each["language"]) for each in record["passages"]] == [
        ("Hello.", "en"),
        ("Guten Tag, alle zusammen.", "de"),
    ]
    assert [each["because"] for each in record["left_out"]] == ["phantom"]
    assert record["duration_s"] == 22.0
    assert len(record["notes"]) == 1


def timed(monkeypatch: pytest.MonkeyPatch, *script: str) -> None:
    """Installs a recogniser that reports word times: one second per word, from 0.5 s on."""

    class Timing(ScriptedTranscriber):
        def word_times(self, utterance: Pcm, text: str, *, language: str) -> list[SpokenWord]:  # noqa: ARG002 - the port's
            return [
                SpokenWord(start=a, end=b, from_sample=(2 * n + 1) * RATE_HZ // 2, to_sample=(2 * n + 3) * RATE_HZ // 2)
                for n, (a, b) in enumerate(spans(text))
            ]

    engine = Timing(script)
    Script(monkeypatch)()
    monkeypatch.setattr(engine_setup, "load", lambda *_: SimpleNamespace(transcriber=engine))


def test_lines_and_words_have_their_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = sound(tmp_path / "a.wav", 4, 4)
    timed(monkeypatch, "Hello there.", "Good bye.")
    run([name], form="txt")
    first, second = capsys.readouterr().out.splitlines()
    assert first == "[0:00.50 - 0:02.50] Hello there."
    assert second.startswith("[0:07.1")  # 400 ms are kept in front of the speech at 7 s
    assert second.endswith("] Good bye.")
    timed(monkeypatch, "Hello there.", "Good bye.")
    run([name], words=True)
    assert capsys.readouterr().out.splitlines()[:2] == ["[0:00.50 - 0:01.50] Hello", "[0:01.50 - 0:02.50] there."]


def test_json_has_words_only_if_they_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = sound(tmp_path / "a.wav", 4)
    timed(monkeypatch, "Hello there.")
    run([name], form="json", words=True)
    assert json.loads(capsys.readouterr().out)["passages"][0]["words"] == [
        {"text": "Hello", "from_s": 0.5, "to_s": 1.5},
        {"text": "there.", "from_s": 1.5, "to_s": 2.5},
    ]
    timed(monkeypatch, "Hello there.")
    run([name], as_json=True)
    assert "words" not in json.loads(capsys.readouterr().out)["passages"][0]


@pytest.mark.parametrize("words", [False, True])
def test_subtitles_can_be_parsed_and_say_what_was_said(
    words: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = sound(tmp_path / "a.wav", 4, 5)
    script = ("Hello there. How do you do?", "Good bye.")
    timed(monkeypatch, *script)
    run([name], form="srt", words=words)
    found = parse_srt(capsys.readouterr().out)
    assert " ".join(each.text for each in found) == " ".join(script)
    assert len(found) == (8 if words else 3)
    assert (found[0].from_ms, found[0].to_ms) == ((500, 1500) if words else (500, 2500))
    timed(monkeypatch, *script)
    run([name], form="VTT", words=words)
    out = capsys.readouterr().out
    assert " ".join(each.text for each in parse_vtt(out)) == " ".join(script)
    assert ("<00:00:01.500>" in out) is words


def test_subtitles_of_a_file_in_which_nobody_speaks_are_empty(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("")
    run([sound(tmp_path / "a.wav", 0)], form="srt")
    assert capsys.readouterr().out == ""
    hears("")
    run([sound(tmp_path / "a.wav", 0)], form="vtt")
    assert capsys.readouterr().out == "WEBVTT\n\n"


def test_a_recogniser_without_times_has_its_words_spread_evenly(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("Hello there.")
    run([sound(tmp_path / "a.wav", 4)], form="srt")
    (found,) = parse_srt(capsys.readouterr().out)
    assert found.text == "Hello there."
    assert 3_500 < found.to_ms - found.from_ms < 5_000


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"form": "stt"}, "no format stt"),
        ({"form": "srt", "as_json": True}, "do not go together"),
    ],
)
def test_forms_that_do_not_go_are_refused_before_anything_is_loaded(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(["a.wav"], **asked)


def test_subtitles_are_of_one_file() -> None:
    with pytest.raises(ConfigError, match="one file"):
        run(["a.wav", "b.wav"], form="vtt")


def test_standard_input_is_read(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hears("Hello.")
    data = Path(sound(tmp_path / "a.wav", 4)).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    run(["-"])
    assert capsys.readouterr().out == "Hello.\n"


def test_what_is_known_when_the_engine_fails_is_printed(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("Hello.", TranscriptionFailed("It failed.", ""))
    with pytest.raises(TranscriptionFailed):
        run([sound(tmp_path / "a.wav", 4, 4)])
    assert capsys.readouterr().out == "Hello.\n"


def test_nothing_is_drawn_into_a_pipe_while_a_long_file_is_read(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears(*["Hello."] * 10)
    run([sound(tmp_path / "a.wav", *[4] * 10)])
    assert capsys.readouterr() == (" ".join(["Hello."] * 10) + "\n", "")


def test_a_question_in_a_file_is_read_the_same_way(
    hears: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hears("What is the capital", "of France?", nothing("repetition"))
    engines = engine_setup.load(None, None)  # type: ignore[arg-type]
    with opened(sound(tmp_path / "a.wav", 4, 4, 4)) as reader:
        assert _heard(engines, reader, "auto") == "What is the capital of France?"
    assert "over and over" in capsys.readouterr().err


@pytest.mark.parametrize(("length_s", "drawn"), [(30, True), (5, False)])
def test_on_a_terminal_a_long_file_shows_how_far_it_is(
    length_s: float, hears: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, drawn: bool
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("voicecli.app.console.talk", lambda: Console(file=screen, force_terminal=True, width=100))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    hears(*["Hello."] * 9)
    run([sound(tmp_path / "talk.wav", length_s - 3)])
    assert ("talk.wav" in screen.getvalue()) is drawn
    assert (f"of 0:{length_s:04.1f}" in screen.getvalue()) is drawn
