"""The questions of the benchmark: fixed sets, synthesized once, and the user's own recordings."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from voicecli.bench.questions import FINISHED, LEAD_IN_MS, PAUSE_MS, PAUSED, Question, in_cache, laid_out, recordings
from voicecli.bench.voiced_spans import Span, spans
from voicecli.config import paths
from voicecli.errors import AudioError, SynthesisFailed
from voicecli.models.store import ResolvedModel
from voicecli.pcm import Pcm, samples_of, silence


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResolvedModel:
    monkeypatch.setattr(paths, "cache_dir", lambda: tmp_path / "cache")
    path = tmp_path / "joe.onnx"
    path.write_bytes(b"voice")
    return ResolvedModel(kind="voice", name="joe", path=path, entry=None)


def clause(samples: int, *, around: int = 0) -> Pcm:
    sound = np.where(np.arange(samples) // 40 % 2, 9000, -9000).astype(np.int16)
    return np.concatenate([silence(around), sound, silence(around)])


def test_there_are_twenty_finished_questions_and_ten_with_a_pause_all_different() -> None:
    assert len(set(FINISHED)) == len(FINISHED) == 20
    assert len(set(PAUSED)) == len(PAUSED) == 10
    assert all(text.endswith((".", "?")) for text in FINISHED)
    assert {len(clauses) for clauses in PAUSED} == {2}
    assert not any(first.endswith((".", "?")) for first, _ in PAUSED)


def test_the_pause_is_as_long_as_it_says_whatever_silence_the_voice_adds() -> None:
    sound = laid_out([clause(4000, around=900), clause(6000, around=1700)])
    start, pause = samples_of(LEAD_IN_MS), samples_of(PAUSE_MS)
    second = start + 4000 + pause
    assert spans(sound) == [Span(start=start, end=start + 4000), Span(start=second, end=second + 6000)]
    assert len(sound) == second + 6000 + 1700


def test_a_voice_that_says_nothing_is_an_error() -> None:
    with pytest.raises(SynthesisFailed):
        laid_out([clause(4000), silence(4000)])


def test_the_cache_keeps_one_file_for_each_question_and_voice(voice: ResolvedModel) -> None:
    first = in_cache([["One?"], ["Two,", "three?"]], voice)
    assert [each.text for each in first] == ["One?", "Two, three?"]
    assert len({each.path for each in first}) == 2
    assert in_cache([["One?"], ["Two,", "three?"]], voice) == first
    assert first[0].path.parent.stat().st_mode & 0o777 == 0o700
    assert all(re.fullmatch(r"[0-9a-f]{20}\.wav", each.path.name) for each in first), "a name tells what is said"

    other = ResolvedModel(kind="voice", name="amy", path=voice.path, entry=None)
    assert in_cache([["One?"]], other)[0].path != first[0].path
    voice.path.write_bytes(b"another voice of that name")
    assert in_cache([["One?"]], voice)[0].path != first[0].path


def test_a_pause_in_another_place_is_another_file(voice: ResolvedModel) -> None:
    one, other = in_cache([["One,", "two three?"], ["One, two", "three?"]], voice)
    assert one.path != other.path


def test_a_cache_that_cannot_be_made_is_an_error(voice: ResolvedModel, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(AudioError, match="cannot be made"):
        in_cache([["One?"]], voice)


def test_recordings_are_the_sound_files_of_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b.wav", "a.FLAC", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "c.wav").mkdir()
    assert recordings(tmp_path) == [Question(path=tmp_path / "a.FLAC"), Question(path=tmp_path / "b.wav")]
    assert [each.text for each in recordings(tmp_path)] == ["a.FLAC", "b.wav"]


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_recordings_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AudioError):
        recordings(tmp_path / name)
