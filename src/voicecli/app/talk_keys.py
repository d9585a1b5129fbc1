"""The keys to talk that are not keys of this terminal: `voicecli ptt` from anywhere, and a key that works in any window."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from voicecli.app.control_socket import HUSH, ControlServer
from voicecli.app.global_hotkey import Hotkey
from voicecli.app.voice_hub import VoiceHub
from voicecli.messages import MuteToggled, Report, TalkDiscarded, TalkPressed, TalkReleased, TalkToggled
from voicecli.tools.reports import ClientStops

REPORTS: Final[dict[str, Report]] = {
    "start": TalkPressed(),
    "stop": TalkReleased(),
    "toggle": TalkToggled(),
    "discard": TalkDiscarded(),
    "mute": MuteToggled(),
}
"""What a word of `voicecli ptt` means."""


def listen(
    stack: ExitStack,
    hub: VoiceHub,
    *,
    hotkey: Hotkey | None,
    offer: Callable[[Report], bool],
    notice: Callable[[str, str], object],
) -> None:
    """Takes both kinds of keys, and other programs that speak and listen, until `stack` is closed.

    Args:
        stack: Takes everything away again.
        hub: Takes the connections of other programs.
        hotkey: The key that works in any window, if there is one.
        offer: Takes what the keys say, from threads of their own; never waits, and False only when the session is over.
        notice: Told, as a code and a sentence, what does not work; the conversation does without it.
    """

    def obey(word: str) -> bool:
        return offer(ClientStops() if word == HUSH else REPORTS[word])

    if sys.platform != "win32":  # which has no such sockets in Python; `voicecli ptt` says so
        try:
            stack.callback(ControlServer(obey, adopt=hub.adopt).close)
        except OSError as error:
            notice("no-control", f"`voicecli ptt` cannot reach this chat: {error}.")
    if hotkey is not None:
        hotkey.start(on_press=lambda: offer(TalkPressed()), on_release=lambda: offer(TalkReleased()))
        stack.callback(hotkey.stop)
