"""Hallucinated text is rejected; spoken text is accepted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from voicecli.speech.hallucination import Doubt, compression_ratio, doubt


@dataclass(frozen=True)
class Heard:
    text: str
    no_speech_probability: float = 0.02
    mean_log_probability: float = -0.25
    duration_ms: float = 1500.0
    loudness_dbfs: float = -28.0
    first_copy: float | None = None


def reason(heard: Heard) -> Doubt | None:
    return doubt(
        heard.text,
        no_speech_probability=heard.no_speech_probability,
        mean_log_probability=heard.mean_log_probability,
        duration_ms=heard.duration_ms,
        loudness_dbfs=heard.loudness_dbfs,
        first_copy=heard.first_copy,
    )


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (Heard(""), "no-words"),
        (Heard(". ."), "no-words"),
        (Heard("♪♪"), "no-words"),
        (Heard("What time is it?", loudness_dbfs=-70), "silent"),
        (Heard("What's going on?", no_speech_probability=0.67, mean_log_probability=-1.4), "no-speech"),
        (Heard("I'm not a man.", no_speech_probability=0.19, mean_log_probability=-2.1), "no-speech"),
        (Heard("1.5%", no_speech_probability=0.5, mean_log_probability=-1.9), "no-speech"),
        (Heard("Thanks for watching!", no_speech_probability=0.5), "credits"),
        (Heard("See you next time.", mean_log_probability=-1.2), "credits"),
        (Heard("Untertitel im Auftrag des ZDF, 2020", no_speech_probability=0.5), "credits"),
        (Heard("Subtitles by the Amara.org community", no_speech_probability=0.5), "credits"),
        (Heard("ご視聴ありがとうございました", no_speech_probability=0.5), "credits"),
        (Heard("Thank you.", no_speech_probability=0.5), "phantom"),
        (Heard("you", mean_log_probability=-1.1), "phantom"),
        (Heard("Vielen Dank.", loudness_dbfs=-62), "phantom"),
        (Heard("four point oh " * 20, duration_ms=20_000, first_copy=-1.6), "repetition"),
        (Heard("It is a truth universally acknowledged that a single man needs a wife.", duration_ms=500), "too-much"),
    ],
)
def test_what_nobody_said_is_refused_with_its_reason(heard: Heard, expected: Doubt) -> None:
    assert reason(heard) == expected


@pytest.mark.parametrize(
    "heard",
    [
        Heard("Thank you."),
        Heard("No.", duration_ms=400),
        Heard("You", no_speech_probability=0.17, mean_log_probability=-0.55),
        Heard("Ja."),
        Heard("你好"),
        Heard("42"),
        Heard("No, no, no, no!"),
        Heard("See you next time."),
        Heard("Thanks for watching."),
        Heard("you", mean_log_probability=-0.85),
        Heard("How do I make people like and subscribe?"),
        Heard("How do I make people like and subscribe?", no_speech_probability=0.5),
        Heard("Stop. " * 12, duration_ms=8000, first_copy=-0.4),
        Heard("Testing, testing, one two three. " * 3, no_speech_probability=0.66, duration_ms=7300, first_copy=-0.5),
        Heard("Turn on the light.", no_speech_probability=0.9, mean_log_probability=-0.3),
        Heard("Turn on the light.", mean_log_probability=-1.3),
        Heard(
            "Play the video that is called thanks for watching, and then switch the television off for the rest of the day.",
            duration_ms=7000,
        ),
        Heard("Turn on the light.", loudness_dbfs=-60),
    ],
)
def test_what_somebody_said_is_believed(heard: Heard) -> None:
    assert reason(heard) is None


def test_circles_compress_better_than_speech() -> None:
    assert compression_ratio("") == 0.0
    assert compression_ratio("Ask not what your country can do for you.") < 2.0 < compression_ratio("again and " * 30)
