"""The results of Whisper's decoder, with the numbers that decide whether they are credible. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voicecli.engines.ports import Refused, Transcription
from voicecli.engines.whisper_window import goes_in_circles
from voicecli.speech.hallucination import REPETITIVE, compression_ratio

UNSURE_LOG_PROBABILITY = -1.0
"""A less probable text is decoded again in the long window; OpenAI's own threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The result of one decoding.

    Attributes:
        tokens: The number of tokens.
        complete: Whether it ended by itself, within its budget.
        ids: The tokens.
        first_copy: If words were repeated, the mean log probability of the first copy's words.
    """

    text: str
    no_speech_probability: float
    mean_log_probability: float
    tokens: int
    complete: bool
    ids: tuple[int, ...] = ()
    first_copy: float | None = None

    @property
    def sound(self) -> bool:
        """Whether the decoding went well, so that no second decoding is needed."""
        repeats = compression_ratio(self.text) > REPETITIVE or goes_in_circles(self.text)
        return self.complete and not repeats and self.mean_log_probability >= UNSURE_LOG_PROBABILITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A credible draft, and its language."""

    draft: Draft
    language: str
    probability: float


def joined(heard: Sequence[Heard], refused: tuple[Refused, ...], language: str) -> Transcription:
    """Joins all windows into one transcription. `language` is used if nothing was recognised."""
    drafts = [each.draft for each in heard]
    tokens = sum(draft.tokens for draft in drafts)
    most = max(heard, key=lambda each: each.draft.tokens, default=None)
    return Transcription(
        text=" ".join(draft.text for draft in drafts),
        language=most.language if most is not None else language,
        language_probability=most.probability if most is not None else 0.0,
        no_speech_probability=max((draft.no_speech_probability for draft in drafts), default=1.0),
        mean_log_probability=sum(draft.mean_log_probability * draft.tokens for draft in drafts) / tokens
        if tokens
        else 0.0,
        refused=refused,
    )
