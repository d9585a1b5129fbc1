"""A file is read aloud, talked into, and read on: the real graph, conductor and playout, a fake voice, virtual time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from fakes.engines import ToneVoice
from fakes.session_rig import Rig
from flow.test_tools import NoHost
from voicecli import events
from voicecli.app.named_files import Files
from voicecli.session.session_timers import SessionTimers
from voicecli.tools.builtin import registry
from voicecli.tools.definitions import Call, Result
from voicecli.tools.registry import Registry

NOON = dt.datetime(2026, 11, 28, 14, 5, tzinfo=dt.UTC)
TEXT = " ".join(f"Sentence number {n} is here." for n in range(200))


class Following(Registry):
    """Tools whose files have seen every event so far, as in a session."""

    def __init__(self, tools: Registry, files: Files) -> None:
        self.tools, self.files = tools, files
        self.rig: Rig | None = None

    def run(self, call: Call, is_cancelled: Callable[[], bool] = lambda: False) -> Result:
        assert self.rig is not None
        for event in self.rig.told(events.ToolUsed) + self.rig.told(events.TurnSettled):
            self.files.take(event)
        return self.tools.run(call, is_cancelled)


def test_reading_goes_on_with_the_sentence_that_somebody_talked_into(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(TEXT, encoding="utf-8")
    files, host = Files(context_tokens=4096), NoHost()
    files.attach([str(tmp_path / "long.txt")])
    timers = SessionTimers(lambda _report: None, clock=lambda: 0.0)
    tools = Following(
        registry(now=lambda: NOON, host=host, notes=host, memory=host, timekeeper=timers, documents=files), files
    )
    voice = ToneVoice(ms_per_character=20.0)
    with Rig(transcripts=["Read me the file.", "Read on."], full_duplex=True, tools=tools, voice=voice) as rig:
        tools.rig = rig
        rig.ask()
        rig.until(rig.sounding)
        rig.wait(5_000)
        rig.talk(700)
        assert not rig.sounding()
        rig.wait(700)
        rig.until(rig.sounding)
        rig.wait(500)
        heard = rig.told(events.TurnSettled)[0].answer
        second = rig.told(events.Reply)[-1].text
    cut = heard.count("Sentence number") - 1
    assert 2 < cut < 20
    assert second.startswith(f"Sentence number {cut} is here.")
