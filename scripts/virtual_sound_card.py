#!/usr/bin/env python3
"""A sound card without hardware: a private PulseAudio with one virtual microphone and one virtual speaker.

    python scripts/virtual_sound_card.py -- voicecli devices
    python scripts/virtual_sound_card.py --say question.wav --record heard.wav --echo-ms 80 -- voicecli chat

runs a command with it. `VirtualSoundCard` does the same for tests. It needs `pulseaudio` and `pulseaudio-utils`, no root, no
session bus and no configuration; it touches no sound server that runs already, and nothing of it is left when its owner ends, however it ends.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

RATE_HZ = 48_000
READY_S = 20.0
NEEDED = ("pulseaudio", "pactl", "paplay", "parec")

# Without `norewinds` a null sink renders two seconds ahead, and everything that is recorded from it lies in the past.
MODULES = """\
load-module module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket={socket}
load-module module-null-sink sink_name=speaker rate={rate} channels=2 norewinds=1
load-module module-null-sink sink_name=mic_in rate={rate} channels=1 channel_map=mono norewinds=1
load-module module-remap-source source_name=mic master=mic_in.monitor channels=1 channel_map=mono
set-default-sink speaker
set-default-source mic
"""
ECHO = "load-module module-loopback source=speaker.monitor sink=mic_in latency_msec={echo_ms} adjust_time=0\n"

# Keeps the daemon and outlives whoever asked for it just long enough to remove everything: its standard input ends with its owner.
# The daemon is killed the hard way, which is harmless without shared memory and does not take two seconds.
KEEPER = """\
pid=
trap '' INT TERM HUP
while read -r order; do
    case $order in
        start) "$@" >>"$FOLDER/log" 2>&1 </dev/null & pid=$! ;;
        kill) kill -9 "$pid"; wait "$pid" 2>/dev/null; rm -f "$FOLDER/native"; pid= ;;
        freeze) kill -STOP "$pid" ;;
        thaw) kill -CONT "$pid" ;;
    esac
    echo done
done
[ -n "$pid" ] && kill -9 "$pid" 2>/dev/null
rm -rf "$FOLDER"
"""


class NoSoundServer(RuntimeError):
    """The programs that make a virtual sound card are not installed, or do not start."""


class VirtualSoundCard:
    """A private sound server, running from construction to `close`.

    The sound server's default microphone is `mic`, which hears what is played into it; its default speaker is `speaker`.

    Thread: one at a time.

    Args:
        rate_hz: Rate at which the devices run; at 16000 what comes from the microphone is bit-exact.
        echo_ms: If given, the microphone hears the speaker after this long.
        echo_db: How much louder or (below 0) softer than it was played.

    Raises:
        NoSoundServer: There is no PulseAudio, or it does not start.
    """

    def __init__(self, *, rate_hz: int = RATE_HZ, echo_ms: int | None = None, echo_db: float = 0.0) -> None:
        missing = [program for program in NEEDED if shutil.which(program) is None]
        if missing:
            raise NoSoundServer(f"{', '.join(missing)}: not found. `make setup-sound` installs what is needed.")
        self.folder = Path(tempfile.mkdtemp(prefix="virtual-sound-card-"))
        self.running = False
        """Whether the sound server has been started and not killed."""
        self._echo_db = echo_db if echo_ms is not None else 0.0
        (self.folder / "cookie").write_bytes(bytes(256))
        script = MODULES + (ECHO if echo_ms is not None else "")
        script = script.format(socket=self.folder / "native", rate=rate_hz, echo_ms=echo_ms)
        (self.folder / "modules.pa").write_text(script)
        self.environment = {
            "PULSE_SERVER": f"unix:{self.folder}/native",
            "PULSE_COOKIE": f"{self.folder}/cookie",
            "PULSE_RUNTIME_PATH": f"{self.folder}",
        }
        """What a program needs in its environment to use this sound card and no other."""
        daemon = ["pulseaudio", "-n", "-F", str(self.folder / "modules.pa"), "--daemonize=no", "--exit-idle-time=-1"]
        daemon += ["--use-pid-file=no", "--disable-shm=yes", "--high-priority=no", "--realtime=no"]
        self._keeper = subprocess.Popen(
            ["sh", "-c", KEEPER, "keeper", *daemon],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**self._environ, "FOLDER": str(self.folder), "HOME": str(self.folder)},
            start_new_session=True,
        )
        try:
            self.start_server()
        except BaseException:
            self.close()
            raise

    @property
    def _environ(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def start_server(self) -> None:
        """Starts the sound server again after `kill_server`; returns when it can be used."""
        self._order("start")
        self.running = True
        deadline_s = time.monotonic() + READY_S
        while self._pactl("get-default-source") != "mic":
            if time.monotonic() > deadline_s:
                raise NoSoundServer(f"PulseAudio does not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.02)
        if self._echo_db:
            for line in self._pactl("list", "short", "sink-inputs").splitlines():
                self._pactl("set-sink-input-volume", line.split()[0], f"{self._echo_db}dB")

    def kill_server(self) -> None:
        """The sound server is gone from one moment to the next, as when it crashes."""
        self._order("kill")
        self.running = False

    def freeze_server(self) -> None:
        """The sound server stands still, as when a device hangs."""
        self._order("freeze")

    def thaw_server(self) -> None:
        """It goes on."""
        self._order("thaw")

    def play_into_microphone(self, wav: str | Path) -> subprocess.Popen[bytes]:
        """Begins to play a WAV file into the microphone; gives the process that does."""
        # With less than 100 ms paplay leaves gaps on a busy machine.
        return subprocess.Popen(
            ["paplay", "--device=mic_in", "--latency-msec=100", str(wav)], env=self._environ, stderr=subprocess.DEVNULL
        )

    @contextmanager
    def record_speaker(self, wav: str | Path, rate_hz: int = RATE_HZ) -> Iterator[None]:
        """Records what the speaker plays into a mono WAV file, from before the body begins until after it ends."""
        raw = self.folder / "heard.raw"
        with raw.open("wb") as out:
            parec = [
                "parec",
                "--device=speaker.monitor",
                "--raw",
                "--format=s16le",
                "--channels=1",
                "--latency-msec=20",
            ]
            recorder = subprocess.Popen([*parec, f"--rate={rate_hz}"], stdout=out, env=self._environ)
        try:
            deadline_s = time.monotonic() + READY_S
            while not raw.stat().st_size:
                if time.monotonic() > deadline_s:
                    raise NoSoundServer("Nothing can be recorded from the speaker.")
                time.sleep(0.01)
            yield
            time.sleep(0.2)  # what was played last is still on its way
        finally:
            recorder.kill()
            recorder.wait()
            with wave.open(str(wav), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(rate_hz)
                file.writeframes(raw.read_bytes())
            raw.unlink()

    def close(self) -> None:
        """Ends the sound server and removes its files; may be called twice."""
        if self._keeper.stdin is not None:
            with suppress(BrokenPipeError):
                self._keeper.stdin.close()
        self._keeper.wait()
        if self._keeper.stdout is not None:
            self._keeper.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _order(self, order: str) -> None:
        assert self._keeper.stdin is not None  # noqa: S101 - for the type checker: both are pipes
        assert self._keeper.stdout is not None  # noqa: S101 - the same
        self._keeper.stdin.write(f"{order}\n")
        self._keeper.stdin.flush()
        self._keeper.stdout.readline()

    def _pactl(self, *words: str) -> str:
        done = subprocess.run(["pactl", *words], env=self._environ, capture_output=True, text=True, check=False)
        return done.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command with a virtual sound card; gives its exit status."""
    parser = argparse.ArgumentParser(description="Runs a command with a virtual microphone and a virtual speaker.")
    parser.add_argument("--say", metavar="FILE.wav", help="play this into the microphone")
    parser.add_argument("--after", type=float, default=1.0, metavar="S", help="so long after the command began")
    parser.add_argument("--record", metavar="FILE.wav", help="record what the speaker plays")
    parser.add_argument("--echo-ms", type=int, metavar="MS", help="let the microphone hear the speaker after this long")
    parser.add_argument("--echo-db", type=float, default=0.0, metavar="DB", help="how loud, -8 for example")
    parser.add_argument("command", nargs="+", help="the command, after --")
    options = parser.parse_args(arguments)
    try:
        card = VirtualSoundCard(echo_ms=options.echo_ms, echo_db=options.echo_db)
    except NoSoundServer as error:
        parser.exit(1, f"{error}\n")
    with card:
        if options.record:
            with card.record_speaker(options.record):
                return _run(card, options)
        return _run(card, options)


def _run(card: VirtualSoundCard, options: argparse.Namespace) -> int:
    with subprocess.Popen(options.command, env={**os.environ, **card.environment}) as command:
        if options.say:
            with suppress(subprocess.TimeoutExpired):
                command.wait(options.after)
            card.play_into_microphone(options.say).wait()
        return command.wait()


if __name__ == "__main__":
    sys.exit(main())
