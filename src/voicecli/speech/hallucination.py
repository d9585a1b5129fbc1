"""Decides whether a transcription is credible. Recognisers write text for sound without speech; these gates reject it.

Whisper was trained on subtitles, so on noise it writes what subtitles end with: "Thank you.", "Thanks for watching!", the name of a subtitler,
often with high confidence. No single number separates such text from speech, so several weak signs are checked in turn.

A confident recognition is accepted, whatever its words: people do say "See you next time." Known hallucinations are rejected only on weak sound, and
only if they are the whole text.

The recogniser's adapter calls this for each window, because only there is it known which words came from which sound, and because it then applies to
every command, not only to conversations. Repeated words are checked there too (`engines.whisper_repetitions`), because that needs the recogniser.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from typing import Literal, TypeAlias

Doubt: TypeAlias = Literal["no-words", "silent", "no-speech", "credits", "phantom", "repetition", "too-much"]
"""Why a text is not credible. `no-words`: only punctuation; `silent`: too quiet for speech; `no-speech`: the recogniser itself doubts it;
`credits`: the end of a film, on weak sound; `phantom`: another known hallucination on weak sound; `repetition`: a decoder's loop; `too-much`: more
text than fits into the time."""

IN_WORDS: dict[Doubt, str] = {
    "no-words": "there were no words in it",
    "silent": "it was too quiet",
    "no-speech": "it did not sound like speech",
    "credits": "it was not clear enough, and sounded like words that noise is often taken for",
    "phantom": "it was not clear enough, and sounded like words that noise is often taken for",
    "repetition": "it was not clear enough, and the same words came over and over",
    "too-much": "it was too short for so many words",
}
"""Each doubt as a clause for users, to follow "because"."""

SILENT_DBFS = -65.0
"""Below this level even a bad microphone in a quiet room carries no speech."""

NO_SPEECH = 0.6
UNSURE_LOG_PROBABILITY = -1.0
"""With `NO_SPEECH`, the pair of thresholds of Radford et al. 2022 (arXiv:2212.04356), section 4.5."""

NO_WORDS_LOG_PROBABILITY = -1.5
GUESSED_LOG_PROBABILITY = -1.8
"""A text below the first value on sound that may contain no speech, or below the second on any sound, is a guess at noise. Speech of the starter
voice was never below -0.9."""

WEAK_NO_SPEECH = 0.3
WEAK_LOG_PROBABILITY = -1.0
WEAK_DBFS = -58.0
"""A phrase that is often hallucinated is accepted only without any of these three signs of weak sound.

Real ones, from the starter voice through Whisper tiny and base: no-speech 0.00 to 0.18, log probability -0.05 to -0.78.
Hallucinations on noise, hum, clicks and breath: 0.42 to 0.98, -0.7 to -2.7.
"""

REPETITIVE = 2.4
"""Compression ratio of a repetitive text; OpenAI's own threshold. People repeat themselves, too, so it only leads to a closer check."""

UNLIKELY_REPETITION = -0.85
"""Mean log probability of the first copy below which repeated words are a decoder's loop; see `engines.whisper_repetitions` for figures."""

MOST_CHARACTERS_PER_S = 30.0
"""Twice the rate of a fast speaker. Anything faster comes from a decoder that has lost the sound."""

FREE_CHARACTERS = 20
"""Allowance on top of the rate, because a short word can be said faster."""

PHANTOMS = frozenset(
    {
        "thank you",
        "thank you very much",
        "thank you so much",
        "thanks",
        "you",
        "bye",
        "bye bye",
        "okay",
        "oh",
        "so",
        "the",
        "i'm sorry",
        "danke",
        "vielen dank",
        "merci",
        "gracias",
        "grazie",
        "obrigado",
        "спасибо",
        "ありがとうございました",
        "谢谢",
        "감사합니다",
    }
)
"""Whole texts that Whisper hallucinates and people also say. They are accepted if the sound is strong."""

_CREDITS = re.compile(
    r"(thanks?( you)?( so much| very much)? for watching( (this|my|the) video)?"
    r"|(please )?(like and )?subscribe( to (my|our|the) channel)?"
    r"|(i'?ll )?see you (in the )?next (video|time|one)"
    r"|.{0,20}subtitles? by.*|subtitled by.*|captions? by.*|.*amara\.?org.*|transcri(bed|ption) by.*"
    r"|untertitel (im auftrag|der|von|des).*|.*copyright (wdr|zdf|swr).*"
    r"|sous-titr(es|age).*|subtítulos (por|realizados).*|sottotitoli (a cura|e revisione).*|legendas pela.*|napisy (stworzone|by).*"
    r"|субтитры (сделал|создавал).*|продолжение следует|ご視聴ありがとうございました|字幕.*|시청해 ?주셔서 감사합니다)"
)
"""Whole texts that appear at the end of films."""

_MOST_CREDITS_CHARACTERS = 80
"""Credits of subtitles, which Whisper writes into silence, are not longer."""


def doubt(
    text: str,
    *,
    no_speech_probability: float,
    mean_log_probability: float,
    duration_ms: float,
    loudness_dbfs: float,
    first_copy: float | None = None,
) -> Doubt | None:
    """Returns why `text` is not credible, or None if it is.

    Args:
        text: What a recogniser wrote.
        no_speech_probability: The recogniser's estimate that there was no speech, 0.0 to 1.0.
        mean_log_probability: Mean log probability of the text's tokens, 0.0 at best.
        duration_ms: The length of the sound.
        loudness_dbfs: The level of the whole sound.
        first_copy: If words are repeated, the mean log probability of the first copy; otherwise None.
    """
    plain = _plain(text)
    unsure = mean_log_probability < UNSURE_LOG_PROBABILITY
    weak = (
        no_speech_probability > WEAK_NO_SPEECH
        or mean_log_probability < WEAK_LOG_PROBABILITY
        or loudness_dbfs < WEAK_DBFS
    )
    gates: tuple[tuple[Doubt, bool], ...] = (
        ("no-words", not plain),
        ("silent", loudness_dbfs < SILENT_DBFS),
        ("no-speech", no_speech_probability > NO_SPEECH and unsure),
        ("no-speech", no_speech_probability > WEAK_NO_SPEECH and mean_log_probability < NO_WORDS_LOG_PROBABILITY),
        ("no-speech", mean_log_probability < GUESSED_LOG_PROBABILITY),
        ("credits", weak and len(plain) < _MOST_CREDITS_CHARACTERS and _CREDITS.fullmatch(plain) is not None),
        ("phantom", plain in PHANTOMS and weak),
        ("repetition", first_copy is not None and first_copy < UNLIKELY_REPETITION),
        ("too-much", len(text) > FREE_CHARACTERS + MOST_CHARACTERS_PER_S * duration_ms / 1000),
    )
    return next((reason for reason, holds in gates if holds), None)


def compression_ratio(text: str) -> float:
    """Returns how many times shorter zlib makes `text`: 1 to 2 for speech, much more for repetitive text, 0.0 for empty text."""
    data = text.encode("utf-8", errors="replace")
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _plain(text: str) -> str:
    """Returns the text in lower case, without punctuation at the ends, with single spaces; empty if it has no letters or digits."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = " ".join(folded.split())
    start = next((index for index, character in enumerate(words) if character.isalnum()), len(words))
    end = next((index for index, character in enumerate(reversed(words)) if character.isalnum()), len(words))
    return words[start : len(words) - end]
