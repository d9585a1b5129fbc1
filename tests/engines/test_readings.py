from __future__ import annotations

import pytest

from fakes.readings import table
from voicecli.speech.normalize import read_aloud

pytestmark = pytest.mark.engines

ESPEAK = {"en": "en-us", "de": "de", "es": "es", "zh": "cmn"}
TWO = {"Ich bin 12. Du auch."}
"""These are two sentences."""


@pytest.mark.parametrize("language", ESPEAK)
def test_the_voice_sees_one_sentence_where_one_is_written(language: str) -> None:
    from piper.phonemize_espeak import EspeakPhonemizer

    phonemizer = EspeakPhonemizer()
    for line in table(language):
        reading = read_aloud(line.written, language).text
        sentences = phonemizer.phonemize(ESPEAK[language], reading)
        assert len(sentences) == 1 or line.written in TWO, (line.written, reading)
