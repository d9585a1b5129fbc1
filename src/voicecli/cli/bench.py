"""`voicecli bench`: how fast a conversation is on this machine."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voicecli.app import console
from voicecli.cli.options import Device, Llm, Stt, Voice
from voicecli.errors import OutputFailed, WouldOverwrite

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from voicecli.bench.runner import Findings, Plan, Progress
    from voicecli.config.rules import Value

EPILOG = """Examples:

  voicecli bench                               20 questions, compared with a naive pipeline; takes minutes

  voicecli bench --turns 5 --no-naive          a quick look

  voicecli bench --turns 5 --trace trace.json  where each stage waited; open the file in ui.perfetto.dev

  voicecli bench --turns 5 --load 2            the same beside two programs that compute without end

  voicecli bench --audio recordings --json     your own questions, one sound file each; for programs

Close other programs while it runs: they make the figures worse.
"""

MOST_TURNS = 1000
"""The most questions that may be asked for."""

MOST_LOOPS = 64
"""The most busy loops that may be asked for."""


def bench(
    audio: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Use the questions spoken in the sound files of this folder.")
    ] = None,
    turns: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_TURNS,
            metavar="N",
            help="Ask N questions (1 to 1000), and half as many of each of the other kinds.",
        ),
    ] = None,
    no_naive: Annotated[bool, typer.Option("--no-naive", help="Skip the naive pipeline.")] = False,
    stt: Stt = None,
    llm: Llm = None,
    voice: Voice = None,
    device: Device = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write when each stage waited and worked, for Perfetto or Chrome."),
    ] = None,
    load: Annotated[
        int,
        typer.Option(
            "--load", min=0, max=MOST_LOOPS, metavar="N", help="Run N busy loops beside it, as other programs would."
        ),
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure response time on this machine, and where the time goes.

    Spoken questions are put to the whole program, through files in the place of a microphone and a loudspeaker, and what was heard is
    measured; the same questions go to a naive pipeline of the same models. No sound is made; only the spoken questions are kept, in the cache.
    """
    from voicecli.bench import report
    from voicecli.bench.runner import run

    flags: dict[str, Value | None] = {
        "models.stt": stt,
        "models.llm": llm,
        "models.voice": voice,
        "models.device": device,
    }
    if trace is not None and trace.exists():
        raise WouldOverwrite(f"{trace} is there already.", "Name another file.")
    plan = make_plan(flags, audio=audio, turns=turns, naive=not no_naive)
    plan = dataclasses.replace(plan, traced=trace is not None, busy_loops=load)
    with _progress() as progress:
        findings = run(plan, progress)
    if trace is not None:
        write_trace(trace, findings)
    if json:
        console.write_json_text(report.as_json(findings))
        return
    out = console.results()
    plain = report.is_plain(out)
    out.print(report.render(findings, plain=plain), soft_wrap=plain)


def write_trace(path: Path, findings: Findings) -> None:
    """Writes the trace of all conversations to a new file.

    Raises:
        OutputFailed: It cannot be written.
    """
    from voicecli.app.private_file import write_new
    from voicecli.bench.trace import as_trace

    try:
        write_new(path, as_trace(findings.conversations))
    except OSError as error:
        raise OutputFailed(f"{path} cannot be written: {error.strerror}.", f"ls -ld {path.parent}") from error


def make_plan(
    flags: dict[str, Value | None], *, audio: Path | None = None, turns: int | None = None, naive: bool = True
) -> Plan:
    """Returns what is to be measured, according to the command's options. From here on nothing may reach the network.

    Raises:
        VoiceCliError: A setting is wrong, a model is missing, or there are no recordings in `audio`.
    """
    from voicecli.app import engine_setup
    from voicecli.bench.questions import (
        FINISHED,
        PAUSED,
        PERSONA,
        SPOKEN,
        TALKED_OVER,
        TALKS_OVER_AFTER_MS,
        in_cache,
        recordings,
    )
    from voicecli.bench.runner import Plan
    from voicecli.config.load import load
    from voicecli.offline.walls import shut_in
    from voicecli.session import personas

    # The benchmark measures this machine, and no server.
    flags = {**flags, "models.llm_url": "", "models.stt_url": "", "models.tts_url": ""}
    settings = load(flags=flags).settings
    if audio is None and settings.chat.language not in {"auto", SPOKEN}:
        flags = {**flags, "chat.language": SPOKEN}
        settings = load(flags=flags).settings
    shut_in()
    # All models are looked for now, so that a missing one is not found out after minutes.
    chosen = engine_setup.choose(settings, personas.load(PERSONA), hears=True, thinks=True, speaks=True)
    assert chosen.voice is not None  # noqa: S101 - a voice was asked for
    if audio is not None:
        questions, paused, talked_over = recordings(audio), [], []
    else:
        questions = in_cache([[each] for each in FINISHED], chosen.voice)
        paused = in_cache(PAUSED, chosen.voice)
        talked_over = in_cache(TALKED_OVER, chosen.voice, TALKS_OVER_AFTER_MS)
    if turns is not None:
        half = -(-turns // 2)
        questions, paused, talked_over = questions[:turns], paused[:half], talked_over[:half]
    return Plan(questions=questions, paused=paused, talked_over=talked_over, naive=naive, flags=flags)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Shows the progress on standard error: a bar on a terminal, a line for each change elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from voicecli.app.console import talk

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Drawing takes processor time from the measurement.
    with Bars(*columns, console=talk(), transient=True, refresh_per_second=1) as bars:
        yield _Bar(bars)


class _Lines:
    """Writes a line whenever a new activity begins."""

    def __init__(self) -> None:
        self._steps = self._done = 0

    def begin(self, steps: int) -> None:
        self._steps = steps

    def doing(self, what: str) -> None:
        console.remark(f"{self._done}/{self._steps} {what}")

    def step(self) -> None:
        self._done += 1


class _Bar:
    """Draws a bar."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=None)

    def begin(self, steps: int) -> None:
        self._bars.update(self._task, total=steps)

    def doing(self, what: str) -> None:
        self._bars.update(self._task, description=what)

    def step(self) -> None:
        self._bars.advance(self._task)
