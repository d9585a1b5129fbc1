"""`voicecli ptt`: controls the talk key of a running chat."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

EPILOG = """Examples:

  voicecli ptt toggle                               start to talk to the running chat; again to stop

  bindsym --no-repeat F9 exec voicecli ptt start    sway: press...

  bindsym --release F9 exec voicecli ptt stop       ...and release

  bind = , F9, exec, voicecli ptt start             Hyprland: press...

  bindr = , F9, exec, voicecli ptt stop             ...and release
"""

app = typer.Typer(help="Tell a running chat to listen. For key bindings of your desktop.", epilog=EPILOG)

Pid: TypeAlias = Annotated[
    int | None, typer.Option("--pid", metavar="PID", help="Which chat, if several are running; otherwise the newest.")
]


@app.command(epilog=EPILOG)
def start(pid: Pid = None) -> None:
    """Start to talk, as if the talk key was pressed. Stops an answer in progress."""
    _send("start", pid)


@app.command(epilog=EPILOG)
def stop(pid: Pid = None) -> None:
    """Stop talking, as if the talk key was released. What you said is answered."""
    _send("stop", pid)


@app.command(epilog=EPILOG)
def toggle(pid: Pid = None) -> None:
    """Start or stop talking, for key bindings without a release event."""
    _send("toggle", pid)


@app.command(epilog=EPILOG)
def discard(pid: Pid = None) -> None:
    """Discard what is being said."""
    _send("discard", pid)


@app.command(epilog=EPILOG)
def mute(pid: Pid = None) -> None:
    """Mute or unmute the microphone."""
    _send("mute", pid)


def _send(word: str, pid: int | None) -> None:
    from voicecli.app.control_socket import send
    from voicecli.offline.walls import shut_in

    shut_in()
    send(word, pid)
