"""Faults of microphone and speaker. The devices are fake; `fault_campaign.py --real` breaks those of a real sound server."""

from __future__ import annotations

import time
from collections.abc import Callable

from faults.case import Fault
from faults.session import Session

SUSPENDED_S = 1800


def orders(*lines: str) -> Callable[[Session], None]:
    """Gives the fakes these orders."""

    def do(session: Session) -> None:
        for line in lines:
            session.order(line)

    return do


def _after(wait_s: float, *lines: str) -> Callable[[Session], None]:
    def do(session: Session) -> None:
        time.sleep(wait_s)
        orders(*lines)(session)

    return do


FAULTS = (
    Fault(
        group="devices",
        name="the microphone is unplugged and connected again",
        do=orders("device microphone failures 2", "device microphone alive no"),
        code="device-lost",
        says="microphone fake microphone does not answer",
        back="device-back",
    ),
    Fault(
        group="devices",
        name="the speaker is unplugged and connected again",
        do=orders("device speaker failures 2", "device speaker alive no"),
        code="device-lost",
        says="speaker fake speaker does not answer",
        back="device-back",
    ),
    Fault(
        group="devices",
        name="the sound server is restarted: both devices are gone for a moment",
        do=orders("device speaker alive no", "device microphone alive no"),
        code="device-lost",
        back="device-back",
    ),
    Fault(
        group="devices",
        name="the microphone stalls after it was opened again",
        do=orders("device microphone flows no", "device microphone alive no"),
        code="device-lost",
        heal=_after(1, "device microphone flows yes"),
        back="device-back",
    ),
    Fault(
        group="devices",
        name="the sound server hangs while devices are closed",
        do=orders("device microphone hangs yes", "device microphone alive no"),
        code="device-lost",
        heal=_after(1, "device microphone hangs no"),
        back="device-back",
    ),
    Fault(
        group="devices",
        name="the microphone delivers only zeros",
        do=orders("device microphone silent yes"),
        code="microphone-silent",
        says="nothing but zeros",
        heal=orders("device microphone silent no"),
        back="microphone-back",
    ),
    Fault(
        group="devices",
        name="the microphone loses half a second",
        do=orders("device microphone lost_blocks 25"),
    ),
    Fault(
        group="devices",
        name="the speaker loses half a second",
        do=orders("device speaker lost_blocks 25"),
    ),
    Fault(
        group="devices",
        name="the computer was suspended for half an hour",
        do=orders(f"asleep {SUSPENDED_S}"),
        code="device-lost",
        says="suspended for 30 minutes",
        back="device-back",
    ),
)
