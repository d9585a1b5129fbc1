"""`voicecli devices`: the microphones and speakers, which of them are used, and whether they work."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from voicecli.app import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from voicecli.audio.device_test import Reading, Verdict
    from voicecli.audio.devices import Device, Direction

EPILOG = """Examples:

  voicecli devices                             all of them, and which ones chat would use

  voicecli devices --test                      speak, and watch the level

  voicecli devices --tone                      is the speaker the right one?

  voicecli devices --use-mic headset --use-speaker headset

  voicecli devices --use-mic ""                the system's own choice again
"""

METER_WIDTH = 40
METER_FLOOR_DBFS = -60.0
"""The level at which the bar is empty."""
TONE_RATE_HZ = 22_050
"""The rate of most voices, so that a tone takes the same path as an answer."""


def devices(
    test: Annotated[bool, typer.Option("--test", help="Show the level of the microphone.")] = False,
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, metavar="SECONDS", help="How long --test takes.")] = 5.0,
    tone: Annotated[bool, typer.Option("--tone", help="Play a soft tone.")] = False,
    mic: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Test this microphone: name, number or sound file.")
    ] = None,
    speaker: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Play on this speaker: name, number or sound file.")
    ] = None,
    use_mic: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Save this microphone in the settings: name or number.")
    ] = None,
    use_speaker: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Save this speaker in the settings: name, number or none.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List microphones and speakers, choose the ones to use, and try them out."""
    from voicecli.app.startup import prepare
    from voicecli.config.load import load

    load()  # an error in the configuration is reported before anything is changed or played
    prepare()
    if use_mic is not None:
        _save_choice("audio.microphone", use_mic, "input", silent_output=json)
    if use_speaker is not None:
        _save_choice("audio.speaker", use_speaker, "output", silent_output=json)
    settings = load(flags={"audio.microphone": mic, "audio.speaker": speaker}).settings.audio
    if tone:
        _play(settings.speaker, silent_output=json)
    if test:
        _test(settings.microphone, seconds, json=json)
    elif not tone and (json or (use_mic is None and use_speaker is None)):  # JSON is a list after saving, too
        _list(settings.microphone, settings.speaker, json=json)


def _save_choice(name: str, wanted: str, direction: Direction, *, silent_output: bool) -> None:
    from voicecli.audio.devices import NONE, choose, is_file, list_devices
    from voicecli.config.load import load
    from voicecli.config.write import set_value

    value = wanted
    if wanted and not is_file(wanted) and wanted.lower() != NONE:
        value = choose(list_devices(), wanted, direction).name  # a number could mean another device tomorrow
    file = set_value(name, value).file
    source = load().sources[name]
    if not silent_output:
        console.write(f"{name} = {value or 'the system default'}")
    if source.kind == "environment":
        console.remark(f"note: saved to {file}, but an environment variable overrides it")


def _list(microphone: str, speaker: str, *, json: bool) -> None:
    from voicecli.app.console import print_table
    from voicecli.audio.devices import choose, list_devices, missing
    from voicecli.errors import AudioError

    found = list_devices()
    used: dict[Direction, int] = {}
    problems: list[AudioError] = []
    wishes: tuple[tuple[Direction, str], ...] = (("input", microphone), ("output", speaker))
    for direction, wanted in wishes:
        try:
            used[direction] = choose(found, wanted, direction).index
        except AudioError as error:
            if found and not _is_none_or_file(wanted):
                problems.append(error)
    if json:  # without devices an empty list, which a program can tell by itself
        console.write_json([_record(device, used) for device in found], indent=2)
        return
    if not found:
        raise missing(
            "input", "There is no sound device.", "Connect one or start the sound server. Check with: voicecli doctor"
        )
    rows = [
        (
            str(device.index),
            device.name,
            device.host_api,
            str(device.input_channels or "-"),
            str(device.output_channels or "-"),
            f"{device.rate_hz} Hz",
            ", ".join(_roles(device, used)),
        )
        for device in found
    ]
    print_table(("#", "name", "system", "in", "out", "rate", "used as"), rows)
    for problem in problems:
        console.remark(f"note: {problem.message}")


def _is_none_or_file(wanted: str) -> bool:
    from voicecli.audio.devices import NONE, is_file

    return wanted.lower() == NONE or is_file(wanted)


def _roles(device: Device, used: dict[Direction, int]) -> list[str]:
    from voicecli.audio.devices import word_for

    roles = []
    directions: tuple[Direction, ...] = ("input", "output")
    for direction in directions:
        if used.get(direction) == device.index:
            roles.append(word_for(direction))
        elif device.is_default(direction):
            roles.append(f"default {word_for(direction)}")
    return roles


def _record(device: Device, used: dict[Direction, int]) -> dict[str, object]:
    return {
        "index": device.index,
        "name": device.name,
        "host_api": device.host_api,
        "input_channels": device.input_channels,
        "output_channels": device.output_channels,
        "rate_hz": device.rate_hz,
        "default_microphone": device.default_input,
        "default_speaker": device.default_output,
        "used_as_microphone": used.get("input") == device.index,
        "used_as_speaker": used.get("output") == device.index,
    }


def _play(spec: str, *, silent_output: bool) -> None:
    from voicecli.audio.clock import SampleClock
    from voicecli.audio.device_test import play_tone
    from voicecli.audio.open_devices import open_speaker

    clock = SampleClock()
    out = open_speaker(spec, TONE_RATE_HZ, clock)
    clock.start()
    try:
        play_tone(out, 1.0)
    finally:
        clock.stop()
    if not silent_output:
        console.write(f"Played a tone on {out.name}.")


def _test(spec: str, seconds: float, *, json: bool) -> None:
    from voicecli.audio.clock import SampleClock
    from voicecli.audio.device_test import judge, listen
    from voicecli.audio.open_devices import open_microphone

    clock = SampleClock()
    microphone = open_microphone(spec, clock)
    clock.start()
    readings: list[Reading] = []
    try:
        with _meter(microphone.name, silent_output=json) as show:
            for reading in listen(microphone, seconds):
                readings.append(reading)
                show(reading)
    finally:
        clock.stop()
    peak = max(reading.peak_dbfs for reading in readings)
    loudest = max(reading.dbfs for reading in readings)
    verdict = judge(peak)
    if json:
        record = {"microphone": microphone.name, "seconds": readings[-1].at_s, "verdict": verdict}
        console.write_json({**record, "loudest_dbfs": round(loudest, 1), "peak_dbfs": round(peak, 1)})
    else:
        console.write(f"{microphone.name}: {_in_words(verdict)} (peak {peak:.0f} dBFS)")


def _in_words(verdict: Verdict) -> str:
    match verdict:
        case "silent":
            return "only silence: is it muted?"
        case "quiet":
            return "very quiet: speak, move closer or turn it up"
        case "good":
            return "good"
        case "clipped":
            return "too loud: turn it down"
        case _:
            assert_never(verdict)


@contextlib.contextmanager
def _meter(name: str, *, silent_output: bool) -> Iterator[Callable[[Reading], None]]:
    """Shows readings: a moving bar on a terminal, a line every second elsewhere."""
    if silent_output:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.live import Live
        from rich.text import Text

        from voicecli.app.console import talk

        with Live(Text(f"Speak into {name}."), console=talk(), auto_refresh=False, transient=True) as live:
            yield lambda reading: live.update(Text(f"{name}  {_bar(reading)}"), refresh=True)
    else:
        yield _line_per_second()


def _bar(reading: Reading) -> str:
    filled = _cells(reading.dbfs)
    peak = max(_cells(reading.peak_dbfs), filled)
    bar = "\u2588" * filled + "\u2591" * (peak - filled)
    return f"{bar:<{METER_WIDTH}} {reading.dbfs:4.0f} dBFS"


def _cells(level: float) -> int:
    return round(METER_WIDTH * min(1.0, max(0.0, 1 - level / METER_FLOOR_DBFS)))


def _line_per_second() -> Callable[[Reading], None]:
    since: list[Reading] = []

    def show(reading: Reading) -> None:
        since.append(reading)
        if round(reading.at_s, 1) % 1 == 0:
            loudest, peak = max(each.dbfs for each in since), max(each.peak_dbfs for each in since)
            console.write(f"{reading.at_s:.0f} s  {loudest:.0f} dBFS  peak {peak:.0f} dBFS")
            since.clear()

    return show
