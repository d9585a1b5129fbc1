"""Converts commands of the machine to orders for the listener."""

from __future__ import annotations

from typing import Final, assert_never

from voicecli.pipeline.listen import Attend, EndAfter, Forget, ForgetVoice, KnowVoice, ListenOrder, Mute
from voicecli.session import commands as c

ROOM_TAIL_MS: Final = 250.0
"""Half duplex: how long the microphone stays closed after the last sound was handed to the speaker. What the card still holds (about
40 ms) and the room's reverberation must not count as speech."""


def order_of(
    command: c.EndAfter | c.MuteMicrophone | c.Attend | c.ForgetSpeech | c.KnowVoice | c.ForgetVoice | c.Talk,
) -> ListenOrder:
    """Returns the order for `command`."""
    match command:
        case c.EndAfter():
            return EndAfter(silence_ms=command.silence_ms, speech_end_sample=command.speech_end_sample)
        case c.MuteMicrophone():
            return Mute(muted=command.muted, for_ms=ROOM_TAIL_MS)
        case c.Attend():
            return Attend(on=command.on)
        case c.ForgetSpeech():
            return Forget()
        case c.KnowVoice():
            return KnowVoice()
        case c.ForgetVoice():
            return ForgetVoice()
        case c.Talk():
            return command.order
        case _:
            assert_never(command)
