"""Messages of programs that use the voice of a running chat, whatever they send."""

from __future__ import annotations

import socket
import time

import pytest

from voicecli.app import voice_frames
from voicecli.app.voice_frames import BadFrame
from voicecli.app.voice_hub import VoiceHub


def test_a_message_that_arrives_in_drops_takes_no_longer_than_its_limit() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\0\0\0\x0a{")
        before_s = time.monotonic()
        with pytest.raises(TimeoutError):
            voice_frames.receive(ours, 0.05)
        assert time.monotonic() - before_s < 2.0


def test_a_slow_program_does_not_keep_the_voice_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from voicecli.app import voice_hub

    monkeypatch.setattr(voice_hub, "REQUEST_S", 0.05)
    hub = VoiceHub(lambda _report: None)
    slow, slow_end = socket.socketpair()
    assert hub.adopt(slow)
    with slow_end:
        assert slow_end.recv(3) == b"ok\n"
        until_s = time.monotonic() + 5
        while time.monotonic() < until_s:
            other, other_end = socket.socketpair()
            with other_end:
                if hub.adopt(other):
                    break
                other.close()
            time.sleep(0.01)
        else:
            pytest.fail("the voice stayed busy")


@pytest.mark.parametrize(
    ("value", "number"),
    [(2.5, 2.5), (-1, 0.0), (float("nan"), 0.0), (10**400, 9.0), (float("inf"), 9.0), ("x", 0.0), (True, 1.0)],
)
def test_a_number_that_a_program_sends_is_in_its_range(value: float | str, number: float) -> None:
    assert voice_frames.number({"limit_s": value}, "limit_s", 9.0) == number
    assert voice_frames.number({}, "limit_s", 9.0) == 0.0


def test_text_is_whole_and_other_messages_are_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for body in (b'{"text": "a\\ud800"}', b"[1]", b'{"a": {}}', b'{"a": ' + b"[" * 5000):
            theirs.sendall(len(body).to_bytes(4, "big") + body)
        found = voice_frames.receive(ours)
        assert found == {"text": "a?"}
        for _ in range(3):
            with pytest.raises(BadFrame):
                voice_frames.receive(ours)
