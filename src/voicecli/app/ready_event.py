"""The event of a chat that is ready: its models, its devices, and what keeps it on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from voicecli import events
from voicecli.app import remote_engines
from voicecli.offline.walls import measure

if TYPE_CHECKING:
    from voicecli.app.engine_setup import Engines
    from voicecli.app.session_sound import Sound
    from voicecli.config.schema import Settings
    from voicecli.speech.speculation import Speculation


def ready_event(
    engines: Engines,
    sound: Sound,
    names: Mapping[str, str],
    settings: Settings,
    *,
    t_s: float,
    speculation: Speculation,
    mode: events.Mode,
) -> events.Ready:
    """Returns the event.

    Args:
        engines: The loaded engines.
        sound: Microphone and loudspeaker.
        names: The names of the chosen models, by kind.
        settings: Those of servers are used.
        t_s: Seconds since the start.
        speculation: What is prepared ahead of time.
        mode: What starts a turn.
    """
    microphone, speaker = sound.microphone, sound.speaker
    loaded = set(engines.devices)
    standing = measure()
    return events.Ready(
        t_s=t_s,
        models={kind: name for kind, name in names.items() if kind in loaded or kind == "turn"},
        device=engines.devices,
        offline=standing.offline,
        microphone=microphone.name if microphone is not None else None,
        speaker=speaker.name if speaker is not None else None,
        duplex=sound.duplex,
        speculation=speculation,
        mode=mode,
        walls=standing.names,
        sends=remote_engines.sends(standing, settings),
    )
