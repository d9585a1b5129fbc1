"""The near end: the microphone without what the speaker plays, and how reliable that is.

In a full-duplex session it lies between the microphone and the voice gate.
"""

from __future__ import annotations

from voicecli.audio.echo_canceller import BYPASS_BLOCKS
from voicecli.audio.echo_convergence import Convergence
from voicecli.audio.echo_detector import EchoDetector
from voicecli.audio.echo_path import EchoPath
from voicecli.audio.far_end import FarEnd
from voicecli.audio.ports import BlockSink, Cancelling, Cleaned, EchoCanceller
from voicecli.pcm import BLOCK_SAMPLES, Pcm, silence


class EcholessNearEnd:
    """A microphone that cannot hear the speaker: a file, or one used with headphones. It needs no cancelling."""

    playing = False

    def clean(self, near: Pcm, first_sample: int) -> Cleaned:  # noqa: ARG002 - the port has it
        """Returns the block unchanged."""
        return Cleaned(decide=near, transcribe=near)

    def judge(self, *, speech: bool) -> Cancelling:  # noqa: ARG002 - the port has it
        """Always converged, because there is no echo."""
        return Cancelling.CONVERGED

    def is_echo(self) -> bool:
        """Always False."""
        return False

    def was_disturbed(self) -> bool:
        """Always False, because a lost block affects no canceller."""
        return False


class EchoFreeNearEnd:
    """Cleans block after block.

    Thread: `sink` wraps what the microphone's thread calls; everything else belongs to the listener's thread.

    Args:
        far_end: What is being played.
        canceller: Removes the far end from the near end.
    """

    def __init__(self, far_end: FarEnd, canceller: EchoCanceller) -> None:
        self._far_end = far_end
        self._canceller = canceller
        self._convergence = Convergence()
        self._witness = EchoDetector()
        self._path = EchoPath()
        self._near = self._far = self._decide = silence(BLOCK_SAMPLES)
        self._quiet_blocks = BYPASS_BLOCKS
        self._moves = 0
        self._next_sample = 0
        self._disturbed = False

    @property
    def name(self) -> str:
        """The canceller's name, for users."""
        return self._canceller.name

    @property
    def playing(self) -> bool:
        """Whether something was played so recently that its echo may still arrive."""
        return self._quiet_blocks < BYPASS_BLOCKS

    def sink(self, sink: BlockSink) -> BlockSink:
        """Returns a `BlockSink` that notes the arrival of each block before it passes the block on to `sink`."""
        arrived = self._far_end.arrived

        def noting(samples: Pcm, first_sample: int) -> None:
            arrived(first_sample)
            sink(samples, first_sample)

        return noting

    def clean(self, near: Pcm, first_sample: int) -> Cleaned:
        """Returns the next block, shape (BLOCK_SAMPLES,), without the echo of what is played."""
        far = self._far_end.take(first_sample)
        cleaned = self._canceller.process(near, far)
        self._path.step(near, far)
        if self._path.absent:
            cleaned = Cleaned(decide=near, transcribe=near)
        self._near, self._far, self._decide = near, far, cleaned.decide
        self._quiet_blocks = 0 if far.any() else self._quiet_blocks + 1
        self._disturbed |= self._far_end.moves != self._moves or first_sample != self._next_sample
        self._witness.step(cleaned.decide, far)
        self._moves = self._far_end.moves
        self._next_sample = first_sample + BLOCK_SAMPLES
        return cleaned

    def judge(self, *, speech: bool) -> Cancelling:
        """Returns how well echoes are cancelled, after the last cleaned block. `speech`: whether a voice was detected in that block."""
        if not self.playing or self._path.absent:
            return self._convergence.verdict
        return self._convergence.step(self._near, self._far, self._decide, near_speech=speech)

    def is_echo(self) -> bool:
        """Whether the voice in the newest block is the speaker's own, in spite of the cancelling. Call it only for voices, because it takes 2 ms."""
        if not self.playing:
            return False
        self._path.look()
        return not self._path.absent and self._witness.is_echo(self._path.delays)

    def was_disturbed(self) -> bool:
        """Whether blocks were lost or moved since the last call. A canceller then needs two seconds to adapt again."""
        disturbed, self._disturbed = self._disturbed, False
        return disturbed and self.playing
