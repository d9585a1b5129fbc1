"""`voicecli verify-offline`: proves that nothing leaves the machine."""

from __future__ import annotations

import json as jsonlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from voicecli.app import console

EPILOG = """Examples:

  voicecli verify-offline                   a spoken conversation, watched from outside, and fourteen ways out that must be stopped

  voicecli verify-offline --without-wall    what would get through without the walls of the operating system

  voicecli verify-offline --json            for programs

Ends with 0 when nothing got through and nothing was tried unasked, else with 6.
"""

QUESTION: Final = "What is two plus two?"
NO_SERVERS: Final = ("--llm-url", "", "--stt-url", "", "--tts-url", "")
QUIET_S: Final = 12
"""How long the conversation continues in silence, because libraries act on their own only after a while (onnxruntime after ten seconds)."""

LIMIT_S: Final = 300.0
"""No conversation takes this long, not on a slow machine either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The result of the conversation.

    Attributes:
        answered: Whether the question was answered.
        walls: The layers that it measured.
        witness: What watched it from outside; empty if nothing could.
        attempts: What it tried to reach; None if nothing watched it.
    """

    answered: bool
    walls: tuple[str, ...]
    witness: str
    attempts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """The result of one way out.

    Attributes:
        name: The way out.
        attempted: Whether it was tried at all. If not, it proves nothing.
        stopped_by: What stopped it; None if nothing did.
        arrived: Connections that the listener counted meanwhile.
        not_possible: Why it cannot be tried, or stopped, on this machine; empty if it can.
    """

    name: str
    attempted: bool
    stopped_by: str | None
    arrived: int
    not_possible: str = ""

    @property
    def got_through(self) -> bool:
        """Whether it got out, or may have."""
        return not self.not_possible and (not self.attempted or self.stopped_by is None or self.arrived > 0)


def verify_offline(
    without_wall: Annotated[
        bool,
        typer.Option("--without-wall", help="Leave the walls of the operating system out, to see what they stop."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove that nothing leaves this machine: hold a conversation that is watched, and try fourteen ways out."""
    from voicecli.errors import NetworkRefused
    from voicecli.offline.violations import ALL

    _tell_of_server()
    talked = None if without_wall else _conversation()
    with _listener() as heard:
        found = [_try(name, heard, walls="guard" if without_wall else "all") for name in ALL]
    proved = not any(each.got_through for each in found) and (
        talked is None or (talked.answered and talked.attempts == 0)
    )
    if json:
        record = {
            "proved": proved and talked is not None,
            "conversation": asdict(talked) if talked is not None else None,
            "violations": [{**asdict(each), "got_through": each.got_through} for each in found],
        }
        console.write_json(record, indent=2)
    else:
        _show(talked, found)
    if not proved:
        raise typer.Exit(NetworkRefused.exit_code)


# ---- the conversation


def _conversation() -> Conversation:
    """Asks a question by voice and hears the answer, as a user would, while the program is watched."""
    from voicecli.offline.network_observer import available

    witnesses, reasons = available(root=hasattr(os, "geteuid") and os.geteuid() == 0)
    for reason in reasons if not witnesses else ():
        console.remark(f"note: nobody can look on from outside: {reason}")
    console.remark("A conversation, watched from outside…")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        question, silence, log = folder / "question.wav", folder / "silence.wav", folder / "log"
        _voicecli("say", "-o", str(question), QUESTION)
        _write_silence(silence)
        prefix = witnesses[0].prefix(log) if witnesses else []
        sound = ["--mic", str(question), "--mic", str(silence), "--speaker", str(folder / "answer.wav")]
        events = _events(_voicecli("chat", "--json", "--no-save", *NO_SERVERS, *sound, prefix=prefix))
        attempts = len(witnesses[0].attempts(log)) if witnesses else None
    walls = next((each["walls"] for each in events if each["event"] == "ready"), ())
    return Conversation(
        answered=any(each["event"] == "spoken" and each["text"] for each in events),
        walls=tuple(map(str, walls)) if isinstance(walls, list) else (),
        witness=witnesses[0].name if witnesses else "",
        attempts=attempts,
    )


def _tell_of_server() -> None:
    """Tells the user that the proof does not cover a conversation with a server."""
    from voicecli.config.load import examine

    models = examine()[0].settings.models
    for url in filter(None, dict.fromkeys((models.llm_url, models.stt_url, models.tts_url))):
        console.remark(f"note: chat uses the server {url}; this proof is held without it.")


def _voicecli(*arguments: str, prefix: list[str] | None = None) -> str:
    """Runs a command to its end and returns its standard output. If it fails, raises an error with the command's own message."""
    from voicecli.errors import ProgramFailed

    command = [*(prefix or []), sys.executable, "-P", "-m", "voicecli", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no output"])[0].removeprefix("error: ")
        raise ProgramFailed(f"voicecli {arguments[0]} failed: {last}", "voicecli doctor")
    return done.stdout


def _events(said: str) -> list[dict[str, object]]:
    return [jsonlib.loads(line) for line in said.splitlines() if line.startswith("{")]


def _write_silence(path: Path) -> None:
    from voicecli.audio.sound_files import WavWriter
    from voicecli.pcm import RATE_HZ, silence

    with WavWriter(path, RATE_HZ) as file:
        file.write(silence(QUIET_S * RATE_HZ))


# ---- the ways out


class _Heard:
    """A listener on this machine, which counts connections."""

    def __init__(self, stack: ExitStack) -> None:
        self.count = 0
        self.port = self._listen(stack, socket.AF_INET, "127.0.0.1")
        self.port6 = self._listen(stack, socket.AF_INET6, "::1") if socket.has_ipv6 else 0
        self.unix = self._listen_locally(stack)

    def _listen(self, stack: ExitStack, family: socket.AddressFamily, host: str) -> int:
        try:
            server = stack.enter_context(socket.create_server((host, 0), family=family))
        except OSError:
            return 0
        self._begin(stack, server)
        return int(server.getsockname()[1])

    def _listen_locally(self, stack: ExitStack) -> str:
        """Listens at a Unix socket, and at the abstract one of the same name; empty if the system has none."""
        if sys.platform == "win32":
            return ""
        path = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "socket")
        for name in (path, f"\0{path}") if sys.platform == "linux" else (path,):
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(name)
            server.listen()
            self._begin(stack, server)
        return path

    def _begin(self, stack: ExitStack, server: socket.socket) -> None:
        """Starts the thread that counts the connections to `server`. It ends with `stack`."""
        thread = threading.Thread(target=self._count, args=(server,), name="listener", daemon=True)
        thread.start()

        def end() -> None:
            with suppress(OSError):  # only Linux lets a listener be shut down, which wakes its thread
                server.shutdown(socket.SHUT_RDWR)
            thread.join(1.0)

        stack.callback(end)

    def _count(self, server: socket.socket) -> None:
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return
            self.count += 1


@contextmanager
def _listener() -> Iterator[_Heard]:
    with ExitStack() as stack:
        yield _Heard(stack)


def _try(name: str, heard: _Heard, *, walls: str) -> Violation:
    before = heard.count
    module = ["-P", "-m", "voicecli.offline.violations"]
    done = subprocess.run(
        [sys.executable, *module, name, str(heard.port), str(heard.port6), heard.unix, walls],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    records = [jsonlib.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    result = next((each for each in records if each.get("result") == name), None)
    return Violation(
        name=name,
        attempted=result is not None and any(each.get("attempt") == name for each in records),
        stopped_by=result["stopped_by"] if result is not None else None,
        arrived=heard.count - before,
        not_possible=result.get("not_possible", "") if result is not None else "",
    )


# ---- output


def _show(talked: Conversation | None, found: list[Violation]) -> None:
    from voicecli.offline.violations import WHAT

    if talked is not None:
        console.write(_of_conversation(talked))
    width = max(map(len, WHAT.values()))
    for each in found:
        console.write(f"  {WHAT[each.name]:<{width}}  {_of_violation(each)}")
    through = sum(each.got_through for each in found)
    tried = sum(each.attempted and not each.not_possible for each in found)
    if not through:
        console.write(f"\nAll {tried} ways out that were tried are closed.")
    else:
        console.write(f"\n{through} of {tried} ways out that were tried are open.")


def _of_violation(each: Violation) -> str:
    if each.not_possible:
        return each.not_possible if each.not_possible.startswith("not ") else f"not possible here: {each.not_possible}"
    if not each.attempted:
        return "NOT TRIED: the attempt itself failed"
    return "GOT THROUGH" if each.got_through else f"stopped by {each.stopped_by}"


def _of_conversation(talked: Conversation) -> str:
    from voicecli.offline.walls import WHAT

    walls = ", ".join(words for name, words in WHAT.items() if name in talked.walls) or "none"
    seen = f"{talked.attempts} attempts to leave, by a {talked.witness}" if talked.witness else "NOT WATCHED"
    answered = "a question was answered by voice" if talked.answered else "NO ANSWER CAME"
    return f"Conversation: {answered}; {seen}.\nWalls: {walls}.\nWays out:"
