"""Talk keys outside this terminal (`voicecli ptt`, a key that works in any window), and the socket by which other programs reach the voice."""

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

REPORT_OF_WORD: Final[dict[str, Report]] = {
    "start": TalkPressed(),
    "stop": TalkReleased(),
    "toggle": TalkToggled(),
    "discard": TalkDiscarded(),
    "mute": MuteToggled(),
}
"""The report that each word of `voicecli ptt` becomes."""


def open_outside_controls(
    stack: ExitStack,
    hub: VoiceHub,
    *,
    hotkey: Hotkey | None,
    offer: Callable[[Report], bool],
    notice: Callable[[str, str], object],
) -> None:
    """Handles both kinds of keys, and connects other programs that speak and listen, until `stack` is closed.

    Args:
        stack: Closing it closes the socket and stops the hotkey.
        hub: Takes the connections of other programs.
        hotkey: The key that works in any window, if there is one.
        offer: Takes reports of keys, from threads of their own. Never waits; returns False only when the session is over.
        notice: Called with a code and a sentence about what does not work. The chat goes on without that control.
    """

    def on_word(word: str) -> bool:
        return offer(ClientStops() if word == HUSH else REPORT_OF_WORD[word])

    if sys.platform != "win32":  # Python has no Unix sockets on Windows; `voicecli ptt` says so
        try:
            stack.callback(ControlServer(on_word, adopt=hub.adopt).close)
        except OSError as error:
            notice("no-control", f"`voicecli ptt` cannot reach this chat: {error}.")
    if hotkey is not None:
        hotkey.start(on_press=lambda: offer(TalkPressed()), on_release=lambda: offer(TalkReleased()))
        stack.callback(hotkey.stop)
