"""The near end: the microphone without what the speaker plays, and how much that can be relied on.

What a session that listens while it speaks puts between the microphone and the voice gate.
"""

from __future__ import annotations

from voicecli.audio.convergence import Convergence
from voicecli.audio.echo import BYPASS_BLOCKS
from voicecli.audio.echo_path import EchoPath
from voicecli.audio.echo_witness import EchoWitness
from voicecli.audio.far_end import FarEnd
from voicecli.audio.ports import BlockSink, Cancelling, Cleaned, EchoCanceller
from voicecli.pcm import BLOCK_SAMPLES, Pcm, silence


class EcholessNearEnd:
    """A microphone that cannot hear the speaker: a file, or one beside headphones. There is nothing to do for it."""

    playing = False

    def clean(self, near: Pcm, first_sample: int) -> Cleaned:  # noqa: ARG002 - the port has it
        """The block as it is."""
        return Cleaned(decide=near, transcribe=near)

    def judge(self, *, speech: bool) -> Cancelling:  # noqa: ARG002 - the port has it
        """Nothing is left of no echo."""
        return Cancelling.CONVERGED

    def is_echo(self) -> bool:
        """Never."""
        return False

    def was_disturbed(self) -> bool:
        """Never: a lost block throws nothing out of step."""
        return False


class EchoFreeNearEnd:
    """Cleans block after block.

    Thread: `sink` wraps what the microphone's thread calls, everything else belongs to the thread that listens.

    Args:
        far_end: What is being played.
        canceller: Takes it out.
    """

    def __init__(self, far_end: FarEnd, canceller: EchoCanceller) -> None:
        self._far_end = far_end
        self._canceller = canceller
        self._convergence = Convergence()
        self._witness = EchoWitness()
        self._path = EchoPath()
        self._near = self._far = self._decide = silence(BLOCK_SAMPLES)
        self._quiet_blocks = BYPASS_BLOCKS
        self._moves = 0
        self._next_sample = 0
        self._disturbed = False

    @property
    def name(self) -> str:
        """The canceller, in words for a user."""
        return self._canceller.name

    @property
    def playing(self) -> bool:
        """Whether something was played so lately that its echo may still come."""
        return self._quiet_blocks < BYPASS_BLOCKS

    def sink(self, sink: BlockSink) -> BlockSink:
        """A `BlockSink` that notes when a block came before it hands it on to `sink`."""
        arrived = self._far_end.arrived

        def noting(samples: Pcm, first_sample: int) -> None:
            arrived(first_sample)
            sink(samples, first_sample)

        return noting

    def clean(self, near: Pcm, first_sample: int) -> Cleaned:
        """The next block, shape (BLOCK_SAMPLES,), without the echo of what is played."""
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
        """How well echoes are cancelled, after the block that was cleaned last; `speech`: a voice was heard in it."""
        if not self.playing or self._path.absent:
            return self._convergence.verdict
        return self._convergence.step(self._near, self._far, self._decide, near_speech=speech)

    def is_echo(self) -> bool:
        """Whether the voice in the newest block is the speaker's own, in spite of all cancelling; only to be asked of a voice, for it takes 2 ms."""
        if not self.playing:
            return False
        self._path.look()
        return not self._path.absent and self._witness.is_echo(self._path.delays)

    def was_disturbed(self) -> bool:
        """Whether blocks were lost or moved since this was asked last, which throws a canceller out of step for two seconds."""
        disturbed, self._disturbed = self._disturbed, False
        return disturbed and self.playing
