"""`voicecli verify-offline`: what the walls block, what passes without them, and the messages. The conversation is in tests/engines."""

from __future__ import annotations

import json
import platform
import sys
from typing import Any

import pytest

from fakes.forked import voicecli as run
from voicecli.cli import verify_offline
from voicecli.cli.main import main
from voicecli.cli.verify_offline import Conversation, Violation
from voicecli.offline.seccomp import ARCHITECTURES
from voicecli.offline.violations import ALL, WHAT

with_filter = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ARCHITECTURES, reason="there is no filter of system calls here"
)

TALKED = Conversation(answered=True, walls=("python", "system-calls"), witness="system-call trace", attempts=0)


def verified(*flags: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["verify-offline", "--json", *flags])
    return code, json.loads(capsys.readouterr().out)


@with_filter
def test_the_walls_stop_every_way_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(verify_offline, "_conversation", lambda: TALKED)
    code, record = verified(capsys=capsys)
    assert [each["name"] for each in record["violations"]] == list(ALL) == list(WHAT)
    assert len(ALL) == 14
    for each in record["violations"]:
        assert each["attempted"], each
        assert each["stopped_by"] or each["not_possible"], each
        assert each["arrived"] == 0, each
    assert (code, record["proved"]) == (0, True)


@with_filter
def test_without_the_wall_most_get_through_so_they_are_real(capsys: pytest.CaptureFixture[str]) -> None:
    code, record = verified("--without-wall", capsys=capsys)
    through = {each["name"] for each in record["violations"] if each["got_through"]}
    assert {"ctypes", "child", "listener", "sound-server", "native-thread"} <= through
    possible = sum(not each["not_possible"] for each in record["violations"])
    assert len(through) >= 6 - (len(ALL) - possible)
    arrived = {each["name"] for each in record["violations"] if each["arrived"]}
    assert {"ctypes", "child", "sound-server", "native-thread", "unix-socket", "abstract-socket"} <= arrived
    assert (code, record["proved"]) == (6, False)


@pytest.mark.parametrize(
    ("talked", "way_out"),
    [
        (Conversation(answered=False, walls=(), witness="a", attempts=0), "stopped"),
        (Conversation(answered=True, walls=(), witness="a", attempts=1), "stopped"),
        (Conversation(answered=True, walls=(), witness="", attempts=None), "stopped"),
        (TALKED, "never tried"),
        (TALKED, "stopped by nothing"),
        (TALKED, "arrived all the same"),
    ],
)
def test_nothing_is_proved_unless_all_of_it_was_seen(
    talked: Conversation, way_out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Violation(
        name="ctypes",
        attempted=way_out != "never tried",
        stopped_by=None if way_out == "stopped by nothing" else "a filter of system calls",
        arrived=int(way_out == "arrived all the same"),
    )
    monkeypatch.setattr(verify_offline, "_conversation", lambda: talked)
    monkeypatch.setattr(verify_offline, "_try", lambda *_, **__: made)
    assert main(["verify-offline"]) == 6
    assert ("NOT TRIED" in capsys.readouterr().out) == (way_out == "never tried")


def test_it_says_what_is_missing_for_the_conversation() -> None:
    result = run("verify-offline", env={"VOICECLI_MODELS": "/nonexistent"})
    assert result.returncode != 0
    assert "hint: " in result.stderr
