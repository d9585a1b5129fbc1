"""`voicecli ptt`: tells a running chat to listen."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

EPILOG = """Examples:

  voicecli ptt toggle                               begins to talk to the running chat; once more ends

  bindsym --no-repeat F9 exec voicecli ptt start    sway: press...

  bindsym --release F9 exec voicecli ptt stop       ...and let go

  bind = , F9, exec, voicecli ptt start             Hyprland: press...

  bindr = , F9, exec, voicecli ptt stop             ...and let go
"""

app = typer.Typer(help="Tell a running chat to listen: for keys that the desktop binds to a command.", epilog=EPILOG)

Pid: TypeAlias = Annotated[
    int | None, typer.Option("--pid", metavar="PID", help="Which chat, if several are running; otherwise the newest.")
]


@app.command(epilog=EPILOG)
def start(pid: Pid = None) -> None:
    """Begin to talk, as if the key to talk went down; an answer in progress is stopped."""
    _send("start", pid)


@app.command(epilog=EPILOG)
def stop(pid: Pid = None) -> None:
    """End, as if the key was let go: what was said is answered."""
    _send("stop", pid)


@app.command(epilog=EPILOG)
def toggle(pid: Pid = None) -> None:
    """Begin to talk, or end, where a key can only run a command when it goes down."""
    _send("toggle", pid)


@app.command(epilog=EPILOG)
def discard(pid: Pid = None) -> None:
    """Throw away what is being said."""
    _send("discard", pid)


@app.command(epilog=EPILOG)
def mute(pid: Pid = None) -> None:
    """Mute the microphone, or open it again."""
    _send("mute", pid)


def _send(word: str, pid: int | None) -> None:
    from voicecli.cli.control import send
    from voicecli.offline.standing import shut_in

    shut_in()
    send(word, pid)
