"""Detects barge-in: whether a person talks over the answer, or whether it was a cough, an "uh-huh" or a residual echo of the answer.

At the first sign the answer is paused. A person expects that at once, and a short pause disturbs nobody. The pause also ends
the echo, so that the voice detector hears clearly from then on. Three things can follow. If the person keeps speaking, it is an interruption.
If nothing follows, it was a false alarm, and the answer continues. If something short was said and is over, sound alone cannot tell "stop" from
"uh-huh" (both contain 0.1 to 0.6 s of voice), so the words must be read, see `is_backchannel`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from voicecli.pcm import blocks_of


class Interruption(Enum):
    """The judge's verdict about the newest block."""

    QUIET = "quiet"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    BRIEF = "brief"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig:
    """How easily an answer is paused and stopped.

    Attributes:
        suspect_probability: Silero's probability on the cleaned signal that pauses the answer. Echo alone exceeded it in 3 of 18,000
            blocks. A person exceeds it 60 ms sooner than 0.5, which people who speak softly into a loud answer never exceed before it is paused.
        voice_probability: The probability that counts as voice afterwards.
        confirm_ms: Voice that confirms an interruption. It is longer than nearly every "uh-huh". Waiting costs nothing, because the answer
            is silent already.
        early_ms: How long an answer counts as having just begun. Nobody reacts to an answer in less time, so a voice in it is not an "uh-huh" to
            the answer: the person had not finished.
        early_confirm_ms: The same as `confirm_ms` for a voice that begins in that time. It is longer than a cough or the residual echo at the
            beginning of an answer.
        brief_ms: A sound shorter than this is not speech.
        over_ms: Silence after which the utterance is over. A stop consonant is shorter.
        wary_ms: How long `be_wary` lasts, which is how long a canceller takes to recover from a lost block.
    """

    suspect_probability: float = 0.35
    voice_probability: float = 0.5
    confirm_ms: int = 500
    early_ms: int = 300
    early_confirm_ms: int = 200
    brief_ms: int = 100
    over_ms: int = 240
    wary_ms: int = 2000


WARY_WINDOW_BLOCKS = blocks_of(192)
WARY_VOICED_BLOCKS = blocks_of(128)
"""Four of six of Silero's frames. In experiments with whole answers, no residual echo lasted that long."""


class InterruptionJudge:
    """Listens while an answer plays, or is paused because of this judge, one block at a time.

    `SUSPECTED` pauses the answer, `DISMISSED` (returned once) resumes it, `CONFIRMED` (returned until `reset`) stops it. `BRIEF` (returned once)
    means that something short was said. Its words decide whether the answer stops or resumes. If the person continues meanwhile, the verdict is
    `SUSPECTED` again.

    Thread: the listener's.
    """

    def __init__(self, config: JudgeConfig | None = None) -> None:
        self._config = config or JudgeConfig()
        self._confirm_blocks = blocks_of(self._config.confirm_ms)
        self._early_blocks = blocks_of(self._config.early_ms)
        self._early_confirm_blocks = blocks_of(self._config.early_confirm_ms)
        self._brief_blocks = blocks_of(self._config.brief_ms)
        self._over_blocks = blocks_of(self._config.over_ms)
        self._verdict = Interruption.QUIET
        self._suspected_blocks = 0
        self._voiced_blocks = 0
        self._signs = 0
        self._silent_run = 0
        self._wary_blocks = 0
        self._heard_blocks = self._early_blocks  # since the answer began
        self._early = False  # whether the suspicion began right after the answer did
        self._recent: deque[bool] = deque(maxlen=WARY_WINDOW_BLOCKS)

    @property
    def suspected_blocks(self) -> int:
        """The number of blocks since the suspicion began, including the newest one; 0 while all is quiet."""
        return self._suspected_blocks

    def reset(self) -> None:
        """Resets the judge for the next answer, which begins now."""
        self._verdict = Interruption.QUIET
        self._suspected_blocks = self._heard_blocks = 0
        self._recent.clear()

    def be_wary(self) -> None:
        """Requires more than a single sign for a while, because the sound card lost something and the canceller must adapt again."""
        self._wary_blocks = blocks_of(self._config.wary_ms)

    def step(self, probability: float) -> Interruption:
        """Takes Silero's probability of the next block, 0.0 to 1.0, measured on the cleaned signal `decide`."""
        voiced = probability >= self._config.voice_probability
        self._recent.append(voiced)
        self._heard_blocks += 1
        self._wary_blocks = max(0, self._wary_blocks - 1)
        match self._verdict:
            case Interruption.CONFIRMED:
                self._suspected_blocks += 1
            case Interruption.QUIET | Interruption.BRIEF | Interruption.DISMISSED:
                self._wait(probability, voiced=voiced)
            case Interruption.SUSPECTED:
                self._weigh(probability, voiced=voiced)
            case _:
                assert_never(self._verdict)
        return self._verdict

    def _wait(self, probability: float, *, voiced: bool) -> None:
        self._verdict, self._suspected_blocks = Interruption.QUIET, 0
        if probability < self._config.suspect_probability:
            return
        if self._wary_blocks and sum(self._recent) < WARY_VOICED_BLOCKS:
            return
        self._verdict = Interruption.SUSPECTED
        self._early = self._heard_blocks <= self._early_blocks
        self._voiced_blocks = self._signs = self._silent_run = 0
        self._weigh(probability, voiced=voiced)

    def _weigh(self, probability: float, *, voiced: bool) -> None:
        sign = probability >= self._config.suspect_probability
        self._suspected_blocks += 1
        self._voiced_blocks += voiced
        self._signs += sign
        self._silent_run = 0 if sign else self._silent_run + 1
        if self._voiced_blocks >= (self._early_confirm_blocks if self._early else self._confirm_blocks):
            self._verdict = Interruption.CONFIRMED
        elif self._silent_run >= self._over_blocks:
            self._verdict = Interruption.BRIEF if self._signs >= self._brief_blocks else Interruption.DISMISSED


HESITATIONS = frozenset(["um", "uhm", "uh", "er", "erm", "hm", "hmm", "mm", "äh", "ähm", "öhm", "euh", "heu", "ehm"])
"""Sounds of somebody who is looking for a word. During an answer they show that the person listens; right after a question, that it goes on."""

BACKCHANNELS = (
    HESITATIONS
    | frozenset(
        word
        for words in (
            "mhm mm mmm mmhm mmhmm mhmm hm hmm hmmm uh huh uhhuh uhuh um ah aha oh ooh wow",  # sounds, as recognisers write them
            "yeah yes yep yup okay ok right sure good great cool nice really interesting",
            "ja genau klar stimmt gut achso",
            "si sí claro vale bueno ya ajá",
            "oui ouais bien voilà",
            "sì certo bene",
        )
        for word in words.split()
    )
)
"""Words that people say to show that they listen, without taking the turn. "No", "wait", "stop" and "what" are not among them."""

PHRASES = (("i", "see"), ("got", "it"), ("i", "know"), ("d", "accord"), ("ach", "so"), ("va", "bene"))
"""Backchannels of two words."""


def is_hesitation(text: str) -> bool:
    """Whether the text consists only of sounds such as "um"."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())
    return bool(words) and HESITATIONS.issuperset(words)


def is_backchannel(text: str) -> bool:
    """Whether the text consists only of backchannels such as "uh-huh". Empty text counts: nothing was said that can be written down.

    Use it only for what `InterruptionJudge` calls brief, while an answer plays. To a question of the assistant, "yes" is an answer.
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())
    at = 0
    while at < len(words):
        phrase = next((phrase for phrase in PHRASES if tuple(words[at : at + len(phrase)]) == phrase), None)
        if phrase is None and words[at] not in BACKCHANNELS:
            return False
        at += len(phrase) if phrase else 1
    return True
