"""Recordings are transcribed passage by passage, each in its language."""

from __future__ import annotations

import dataclasses

import numpy as np

from fakes.engines import ScriptedTranscriber, heard
from voicecli.engines.ports import Transcription
from voicecli.pcm import RATE_HZ, Pcm, silence
from voicecli.pipeline.recording_transcriber import RecordingTranscriber


class LoudIsSpeech:
    def score(self, block: Pcm) -> float:
        return min(1.0, float(np.abs(block).max()) / 1000)

    def reset(self) -> None:
        pass


def passage(seconds: float) -> Pcm:
    return np.concatenate([np.full(round(seconds * RATE_HZ), 1000, dtype=np.int16), silence(3 * RATE_HZ)])


def said(text: str, language: str, *, probability: float = 0.95, log_probability: float = -0.2) -> Transcription:
    return dataclasses.replace(
        heard(text, language=language, log_probability=log_probability), language_probability=probability
    )


def written(engine: ScriptedTranscriber, *lengths_s: float, language: str | None = None) -> list[tuple[str, str]]:
    dictation = RecordingTranscriber(engine, LoudIsSpeech(), language)
    sound = [passage(length_s) for length_s in lengths_s]
    done = dictation.write_down(sound, is_cancelled=lambda: False)
    return [(each.transcription.text, each.transcription.language) for each in done]


def test_each_passage_is_asked_for_its_language() -> None:
    engine = ScriptedTranscriber([said("Hello.", "en"), said("Guten Tag.", "de"), said("Good bye.", "en")])
    assert written(engine, 5, 5, 5) == [("Hello.", "en"), ("Guten Tag.", "de"), ("Good bye.", "en")]
    assert engine.languages == [None, None, None]


def test_noise_in_front_does_not_choose_the_language_of_what_follows() -> None:
    engine = ScriptedTranscriber([said("", "nn"), said("Guten Tag.", "de", probability=0.6)])
    assert written(engine, 1, 2) == [("", "nn"), ("Guten Tag.", "de")]


def test_a_short_passage_jumps_to_another_language_only_when_that_is_much_likelier() -> None:
    unlikely = [said("Hello.", "en"), said("Bei bei.", "de", log_probability=-0.7), said("Bye bye.", "en")]
    engine = ScriptedTranscriber(unlikely)
    assert written(engine, 5, 1) == [("Hello.", "en"), ("Bye bye.", "en")]
    assert engine.languages == [None, None, "en"]
    likely = [said("Hello.", "en"), said("Guten Tag.", "de"), said("Good day.", "en", log_probability=-0.6)]
    assert written(ScriptedTranscriber(likely), 5, 1) == [("Hello.", "en"), ("Guten Tag.", "de")]


def test_a_language_that_was_asked_for_is_kept() -> None:
    engine = ScriptedTranscriber([said("Hallo.", "de"), said("Tag.", "de")])
    written(engine, 1, 1, language="de")
    assert engine.languages == ["de", "de"]


def test_a_short_recording_in_which_nobody_is_found_is_listened_to_as_a_whole() -> None:
    engine = ScriptedTranscriber([said("Hello.", "en")])
    dictation = RecordingTranscriber(engine, LoudIsSpeech(), None)
    done = list(dictation.write_down([silence(RATE_HZ)] * 5, is_cancelled=lambda: False))
    assert [each.transcription.text for each in done] == ["Hello."]
    assert len(engine.utterances[0]) == 5 * RATE_HZ


def test_an_hour_of_nothing_costs_no_recognition() -> None:
    engine = ScriptedTranscriber([])
    dictation = RecordingTranscriber(engine, LoudIsSpeech(), None)
    assert list(dictation.write_down([silence(RATE_HZ)] * 60, is_cancelled=lambda: False)) == []


def test_a_new_recording_begins_without_a_language() -> None:
    engine = ScriptedTranscriber([said("Hello.", "en"), said("Tag.", "de", probability=0.6)])
    dictation = RecordingTranscriber(engine, LoudIsSpeech(), None)
    for _ in range(2):
        list(dictation.write_down([passage(1)], is_cancelled=lambda: False))
    assert engine.languages == [None, None]
