"""Decides how much work is done speculatively. Wasted work costs heat, and time on a slow machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from voicecli.config.choices import SpeculationChoice

Speculation: TypeAlias = Literal["off", "pauses", "speech"]
"""`off`: recognition starts when the utterance is over. `pauses`: an answer is started at every pause. `speech`: in addition, the speech so far is
transcribed while the person keeps speaking, shown, and read by the language model, which answers it if it may be whole."""

FAST_MS = 500.0
"""A machine that recognises a short utterance in less time can afford one more recognition per second."""

SLOW_MS = 2000.0
"""A slower machine is still busy with a pause when the person continues, every time."""

EARLY_MS = 350.0
"""Up to this time for a short utterance, words so far are answered. Later, such an answer would delay the words at the pause."""

PARTIAL_MS = 1000
"""How often the speech so far is transcribed, besides at every dip of the voice."""

NEW_SHARE = 0.5
"""The share of the newest result in the running mean: two or three late results in a row lower the speculation, and as many raise it again."""

SHORT_MS = 7000.0
"""Longer utterances take longer to be recognised, whatever else the machine does."""


def choose(wanted: SpeculationChoice, *, recognition_ms: float, on_battery: bool) -> Speculation:
    """Chooses the speculation for this machine.

    Args:
        wanted: The user's setting.
        recognition_ms: How long the recogniser takes for a short utterance here, measured at the start of the session.
        on_battery: Whether the machine runs on battery.
    """
    if wanted != "auto":
        return wanted
    if recognition_ms > SLOW_MS:
        return "off"
    return "pauses" if on_battery or recognition_ms > FAST_MS else "speech"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is speculated now. It is less while the results of the recogniser are late, because other programs compute.

    Attributes:
        most: What was chosen at the start.
        adapts: Whether it is lowered while results are late. A user's own choice is not.
        late_ms: The running mean of the time from a cut of an utterance to its words; 0.0 before the first.
    """

    most: Speculation = "speech"
    adapts: bool = False
    late_ms: float = 0.0

    def heard(self, late_ms: float, *, length_ms: float) -> Pace:
        """Takes the time that the words of an utterance of `length_ms` took."""
        if not self.adapts or length_ms > SHORT_MS or late_ms < 0.0:
            return self
        return replace(self, late_ms=self.late_ms + (late_ms - self.late_ms) * (NEW_SHARE if self.late_ms else 1.0))

    @property
    def drafts(self) -> bool:
        """Whether an answer is started at every pause."""
        return self.most != "off" and self.late_ms <= SLOW_MS

    @property
    def partials(self) -> bool:
        """Whether the speech so far is transcribed while the person keeps speaking."""
        return self.most == "speech" and self.late_ms <= FAST_MS

    @property
    def early(self) -> bool:
        """Whether words so far are answered."""
        return self.most == "speech" and self.late_ms <= EARLY_MS
