"""The voice gate, with the states quiet, starting, speaking and stopping.

It uses two detectors. webrtcvad is the first stage. It is cheap and always available, but it mistakes keys, music and hum for speech and then
never stops. Silero confirms: speech starts when both detect it, and continues as long as Silero does. Without Silero, the first stage
alone suffices in a quiet room.

Both report the end of the last syllable about 70 ms late, because they judge more than the newest block. In a quiet room the level shows it sooner:
a block far below the level of the voice is not speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from voicecli.pcm import blocks_of
from voicecli.speech.level import FLOOR_DBFS


class Voicing(Enum):
    """The gate's classification of the newest block."""

    QUIET = "quiet"
    STARTING = "starting"
    SPEAKING = "speaking"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """How easily the gate opens and closes.

    Attributes:
        start_probability: Silero's probability from which a block may begin speech.
        stop_probability: Silero's probability below which a block may end speech. It is lower, so that a weak syllable does not end it.
        start_ms: Voiced sound before speech counts as started. Clicks of keys and doors triggered both detectors for less.
        pause_ms: Unvoiced sound before speech counts as paused. Silero stays on during the stop closure inside a word: in 14 recordings there were
            24 pauses of 80 ms and 20 of 160 ms, and an answer started at the first is 80 ms sooner there.
        quiet_pause_ms: The same measured by level, which drops during a stop closure. In 41 spoken questions speech paused 104 ms (median) after its
            last sample instead of 150, and 76 times instead of 67. With 80 ms it paused after 84 ms, but 87 times.
        quiet_db: A block that is this far below the voice counts as quiet, whatever Silero says. Soft consonants at the end of a word are up to
            30 dB below it.
        memory_ms: How long a decision of the first detector stays valid. The two detectors fire some blocks apart.
        patience_ms: Unvoiced sound after which a start that never became speech is dropped.
    """

    start_probability: float = 0.5
    stop_probability: float = 0.35
    start_ms: int = 60
    pause_ms: int = 80
    quiet_pause_ms: int = 100
    quiet_db: float = 35.0
    memory_ms: int = 200
    patience_ms: int = 100


FORGETTING_DB = 0.3
"""How much the tracked voice level decays per block, in dB. Without the decay, a door that slams during speech would set a level that
the voice never reaches again, and every later block would count as quiet."""


class Gate:
    """Applies hysteresis to the detectors' scores, one block at a time.

    It never returns to quiet by itself once speech has started. The owner of the utterance decides how long a silence ends a turn,
    and then calls `close`.

    Thread: the listener's.
    """

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._start_blocks = blocks_of(config.start_ms)
        self._pause_blocks = blocks_of(config.pause_ms)
        self._quiet_pause_blocks = max(self._pause_blocks, blocks_of(config.quiet_pause_ms))
        self._memory_blocks = blocks_of(config.memory_ms)
        self._patience_blocks = blocks_of(config.patience_ms)
        self._voicing = Voicing.QUIET
        self._voiced_run = 0
        self._unvoiced_run = 0
        self._doubted_run = 0  # blocks in a row that are unvoiced for the detectors
        self._loudness_dbfs = FLOOR_DBFS
        self._since_first_stage = self._memory_blocks + 1

    @property
    def voicing(self) -> Voicing:
        """The classification of the newest block."""
        return self._voicing

    @property
    def unvoiced_blocks(self) -> int:
        """How many blocks in a row, including the newest, were not voiced."""
        return self._unvoiced_run

    def close(self) -> None:
        """Returns to quiet, because the utterance is over."""
        self._voicing = Voicing.QUIET
        self._voiced_run = 0
        self._unvoiced_run = self._doubted_run = 0
        self._loudness_dbfs = FLOOR_DBFS

    def step(
        self, *, first_stage: float, confirmed: float | None, level_dbfs: float | None = None, far_blocks: int = 0
    ) -> Voicing:
        """Takes both scores of the next block.

        Args:
            first_stage: webrtcvad's score, 0.0 or 1.0.
            confirmed: Silero's probability, or None without Silero.
            level_dbfs: The block's level; None to ignore levels.
            far_blocks: For how many blocks, including this one, the sound was too soft to count, whatever the detectors say.
        """
        voiced = self._is_voiced(first_stage, confirmed) and not far_blocks
        self._doubted_run = 0 if voiced else max(self._doubted_run + 1, far_blocks)
        if voiced and not self._is_quiet(level_dbfs):
            self._voiced_run += 1
            self._unvoiced_run = 0
        else:
            self._unvoiced_run = max(self._unvoiced_run + 1, far_blocks)
        self._voicing = self._next()
        return self._voicing

    def _is_voiced(self, first_stage: float, confirmed: float | None) -> bool:
        self._since_first_stage = 0 if first_stage >= 0.5 else self._since_first_stage + 1  # noqa: PLR2004 - a yes or no
        if confirmed is None:
            return self._since_first_stage == 0
        if self._voicing is Voicing.SPEAKING:
            return confirmed >= self._config.stop_probability
        return confirmed >= self._config.start_probability and self._since_first_stage <= self._memory_blocks

    def _is_quiet(self, level_dbfs: float | None) -> bool:
        """Whether a block that the detectors take for speech is too far below the voice. Call it for each such block."""
        if level_dbfs is None:
            return False
        self._loudness_dbfs = max(level_dbfs, self._loudness_dbfs - FORGETTING_DB)
        return level_dbfs < self._loudness_dbfs - self._config.quiet_db

    def _next(self) -> Voicing:
        match self._voicing:
            case Voicing.QUIET | Voicing.STARTING:
                if self._unvoiced_run > self._patience_blocks:
                    self._voiced_run = 0
                if self._voiced_run >= self._start_blocks:
                    return Voicing.SPEAKING
                return Voicing.STARTING if self._voiced_run else Voicing.QUIET
            case Voicing.SPEAKING:
                if self._doubted_run < self._pause_blocks and self._unvoiced_run < self._quiet_pause_blocks:
                    return Voicing.SPEAKING
                self._voiced_run = 0
                return Voicing.STOPPING
            case Voicing.STOPPING:
                # One voiced block may be a breath; two in a row are the next word.
                if self._unvoiced_run:
                    self._voiced_run = 0
                return Voicing.SPEAKING if self._voiced_run >= min(2, self._start_blocks) else Voicing.STOPPING
            case _:
                assert_never(self._voicing)
