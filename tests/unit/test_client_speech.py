"""Other programs that speak and listen through a conversation: the machine, the hub, and the frames between them."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.machine_session import Session
from voicecli import events
from voicecli import messages as m
from voicecli.app import control_socket, voice_frames
from voicecli.app.control_socket import ControlServer
from voicecli.app.voice_client import CallCancelled, Used, VoiceClient, VoiceFailed
from voicecli.app.voice_hub import VoiceHub
from voicecli.errors import ConfigError, NoChat, VoiceBusy
from voicecli.session import commands as c
from voicecli.session.history import Played
from voicecli.session.state import State
from voicecli.session.tool_gate import HAND_OVER
from voicecli.speech.barge_in_detector import Interruption
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.definitions import Call, Offer, Result
from voicecli.tools.reports import Announced, ClientListens, ClientStops, ToolAnswered

SPEECH = Announced(text="The build has failed. Two tests are red.", language="", key="speak-1")


def session(*, converses: bool = True, voice: bool = True) -> Session:
    state = State(
        voice=voice, half_duplex=False, tools=tuple(Offer(tool=each) for each in OWN), live=True, converses=converses
    )
    return Session(state=state)


def said(one: Session, text: str) -> None:
    one.start(at_sample=1_000_000)
    one.pause()
    one.transcribed(text)
    one.end()


def over(one: Session) -> list[tuple[str, str, bool, str]]:
    return [(each.key, each.heard, each.cut, each.fault) for each in one.told(events.SaidForClient)]


def test_a_program_speaks_piece_by_piece_and_is_told_when_it_was_heard() -> None:
    one = session()
    one.tell(SPEECH)
    assert [each.chunk.text for each in one.wanted(c.Say) if each.chunk] == [
        "The build has failed.",
        "Two tests are red.",
    ]
    assert over(one) == []
    one.tell(m.Sounding(turn=one.turn))
    one.tell(m.Played(turn=one.turn))
    assert over(one) == [("speak-1", SPEECH.text, False, "")]
    assert one.wanted(c.Answer) == []  # the model never hears of it
    assert one.state.idle


def test_it_waits_while_the_person_speaks_and_while_an_answer_is_given() -> None:
    one = session()
    one.start()
    one.tell(SPEECH)
    assert one.wanted(c.Say) == []
    one.pause()
    one.transcribed("Tell me a joke.")
    one.end()
    one.reply("Ha.")
    assert "The build has failed." not in [each.chunk.text for each in one.wanted(c.Say) if each.chunk]
    one.tell(m.Sounding(turn=one.turn))
    one.tell(m.Played(turn=one.turn))
    assert "The build has failed." in [each.chunk.text for each in one.wanted(c.Say) if each.chunk]


def test_who_talks_over_it_stops_it_and_it_is_not_said_again() -> None:
    one = session()
    one.tell(SPEECH)
    one.tell(m.Sounding(turn=one.turn))
    one.played = Played(chunk=0, words=3)
    one.barge_in(Interruption.SUSPECTED)
    one.start()
    one.barge_in(Interruption.CONFIRMED)
    assert over(one)[0][0] == "speak-1"
    assert over(one)[0][2]  # cut
    one.pause()
    one.transcribed("Stop, please wait.")
    one.end()
    assert one.state.announcements == ()


def test_without_a_voice_it_is_shown_and_the_program_is_told() -> None:
    one = session(voice=False)
    one.tell(SPEECH)
    assert [event.text for event in one.told(events.Reply)] == [SPEECH.text]
    assert over(one) == [("speak-1", "", False, "It was shown, not spoken: this chat has no voice.")]


def test_stop_ends_what_is_said_and_what_waits_but_no_answer_and_no_timer() -> None:
    one = session()
    one.start()
    one.tell(SPEECH)
    one.tell(Announced(text="The timer is over."))
    one.tell(ClientStops())
    assert [each.text for each in one.state.announcements] == ["The timer is over."]
    assert over(one)[0][2:] == (True, "It was stopped before it began.")
    other = session()
    other.tell(SPEECH)
    other.tell(m.Sounding(turn=other.turn))
    other.tell(ClientStops())
    assert over(other)[0][2]
    assert other.state.idle


def test_what_is_said_to_a_program_that_listens_is_handed_over_when_the_turn_counts() -> None:
    one = session()
    one.tell(ClientListens(key="listen-1"))
    one.start()
    one.pause()
    one.transcribed("Set a timer for ten minutes.")
    assert one.wanted(c.UseTool) == []  # a draft
    one.end()
    (used,) = one.wanted(c.UseTool)
    assert used.call == Call(name=HAND_OVER, arguments={"key": "listen-1", "text": "Set a timer for ten minutes."})
    assert one.wanted(c.Respond) == []
    one.tell(ToolAnswered(turn=used.turn, call=used.call, result=Result(text="")))
    assert one.state.hands_over == ""
    assert one.wanted(c.Retract)  # the model never hears of it
    assert one.state.idle
    said(one, "Tell me a joke.")
    assert len(one.wanted(c.Respond)) == 1  # the next question is for the model again


def test_a_draft_that_the_model_answers_is_dropped_when_a_program_begins_to_listen() -> None:
    one = session()
    one.start()
    one.pause()
    one.transcribed("Tell me a joke.")
    draft = one.turn
    one.tell(ClientListens(key="listen-1"))
    assert [each.turn for each in one.wanted(c.Cancel)] == [draft]
    one.end()
    one.transcribed("Tell me a joke.")
    assert [each.call.name for each in one.wanted(c.UseTool)] == [HAND_OVER]


def test_without_a_language_model_everything_is_handed_over() -> None:
    one = session(converses=False)
    said(one, "What time is it?")
    assert [each.call.arguments["key"] for each in one.wanted(c.UseTool)] == [""]
    assert one.wanted(c.Respond) == []


class Talk:
    """A hub behind a control socket, and a conversation that answers by hand."""

    def __init__(self, folder: Path, *, keeps: bool = False) -> None:
        self.reports: list[m.Report] = []
        self._news = threading.Condition()
        self.hub = VoiceHub(self._offer, keeps=keeps)
        self.server = ControlServer(
            lambda word: self._offer(ClientStops()) if word == "hush" else False, folder, adopt=self.hub.adopt
        )

    def _offer(self, report: m.Report) -> bool:
        with self._news:
            self.reports.append(report)
            self._news.notify_all()
        return True

    def wait(self, count: int) -> m.Report:
        with self._news:
            assert self._news.wait_for(lambda: len(self.reports) >= count, 10), self.reports
            return self.reports[count - 1]

    def said(self, text: str, key: str = "") -> None:
        self.hub.deliver(Call(name=HAND_OVER, arguments={"key": key, "text": text}), lambda: False)

    def heard(self, key: str, text: str, *, cut: bool = False, fault: str = "") -> None:
        self.hub.take(events.SaidForClient(t_s=0.0, key=key, heard=text, cut=cut, fault=fault))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(control_socket, "folders", lambda: [tmp_path / "run"])
    return tmp_path / "run"


def no_chat(_words: object) -> object:
    raise AssertionError("a chat is running")


def in_background(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


def never() -> bool:
    return False


def test_a_program_speaks_then_listens_over_the_control_socket(folder: Path) -> None:
    talk = Talk(folder)
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    thread, results = in_background(lambda: client.use(text="Which one?", limit_s=5.0, is_cancelled=never))
    claimed, announced = talk.wait(1), talk.wait(2)
    assert isinstance(claimed, ClientListens)  # what is said into it is for the program, too
    assert isinstance(announced, Announced)
    assert announced.text == "Which one?"
    talk.said("The second", key=claimed.key)
    talk.heard(announced.key, "Which", cut=True)
    thread.join(10)
    assert results == [Used(heard="Which", cut=True, said="The second")]
    assert talk.reports[-1] == ClientListens(key="")
    talk.server.close()


def test_a_second_program_is_refused_with_a_sentence_and_served_afterwards(folder: Path) -> None:
    talk = Talk(folder)
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    thread, results = in_background(lambda: client.use(text="", limit_s=30.0, is_cancelled=never))
    talk.wait(1)
    with pytest.raises(VoiceBusy, match="Another program is using the voice"):
        VoiceClient([], no_chat).use(text="Me too.", limit_s=0.0, is_cancelled=never)  # type: ignore[arg-type] # never called
    talk.said("Go on.", key="listen")
    thread.join(10)
    assert results == [Used(said="Go on.")]
    thread, results = in_background(lambda: client.use(text="Me too.", limit_s=0.0, is_cancelled=never))
    announced = talk.wait(3)
    assert isinstance(announced, Announced)
    talk.heard(announced.key, "", fault="It was shown, not spoken: this chat has no voice.")
    thread.join(10)
    assert isinstance(results[0], VoiceFailed)
    talk.server.close()


def test_a_cancelled_call_stops_the_speech_and_frees_the_voice(folder: Path) -> None:
    talk = Talk(folder)
    cancelled = threading.Event()
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    thread, results = in_background(
        lambda: client.use(text="A long story.", limit_s=0.0, is_cancelled=cancelled.is_set)
    )
    talk.wait(1)
    cancelled.set()
    thread.join(10)
    assert isinstance(results[0], CallCancelled)
    assert talk.wait(2) == ClientStops()
    until_s = time.monotonic() + 5
    while (opened := _try_open()) is None:
        assert time.monotonic() < until_s
        time.sleep(0.02)
    opened.close()
    talk.server.close()


def _try_open() -> socket.socket | None:
    try:
        found = control_socket.open_voice()
    except VoiceBusy:
        return None
    assert found is not None
    return found[0]


def test_listening_ends_in_time_but_never_while_somebody_talks(folder: Path) -> None:
    talk = Talk(folder)
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    assert client.use(text="", limit_s=0.2, is_cancelled=never) == Used()
    thread, results = in_background(lambda: client.use(text="", limit_s=0.3, is_cancelled=never))
    claimed = talk.wait(3)
    assert isinstance(claimed, ClientListens)
    talk.hub.take(events.PhaseChanged(t_s=0.0, phase="hearing"))
    time.sleep(0.6)
    assert results == []
    talk.said("Late, but whole.", key=claimed.key)
    thread.join(10)
    assert results == [Used(said="Late, but whole.")]
    talk.server.close()


def test_without_a_model_what_was_said_a_moment_ago_is_given_to_the_next_that_listens(folder: Path) -> None:
    talk = Talk(folder, keeps=True)
    talk.said("I said it already.")
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    assert client.use(text="", limit_s=5.0, is_cancelled=never).said == "I said it already."
    talk.server.close()


def test_a_chat_without_a_microphone_says_so(folder: Path) -> None:
    talk = Talk(folder)
    talk.hub.hears = False
    with pytest.raises(VoiceFailed, match="no microphone"):
        VoiceClient([], no_chat).use(text="", limit_s=5.0, is_cancelled=never)  # type: ignore[arg-type] # never called
    talk.server.close()


def test_a_session_that_ends_answers_the_program_that_waits_with_what_is_known(folder: Path) -> None:
    talk = Talk(folder)
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    thread, results = in_background(lambda: client.use(text="", limit_s=30.0, is_cancelled=never))
    talk.wait(1)
    talk.said("The last words.", key="listen")
    talk.hub.close()  # the program is gone after this
    thread.join(10)
    assert results == [Used(said="The last words.")]
    other = Talk(folder.with_name("other"))
    thread, results = in_background(lambda: _ask(other, "Hello."))
    other.wait(1)
    other.hub.close()
    thread.join(10)
    assert results == [{"fault": "The chat has ended."}]
    talk.server.close()
    other.server.close()


def _ask(talk: Talk, text: str) -> object:
    ours, theirs = socket.socketpair()
    with ours:
        assert talk.hub.adopt(theirs)
        assert ours.recv(3) == b"ok\n"
        voice_frames.send(ours, {"text": text, "limit_s": 0.0})
        return voice_frames.receive(ours)


def test_stop_reaches_the_chat_and_says_when_there_is_none(folder: Path) -> None:
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    assert client.stop() is False
    talk = Talk(folder)
    assert client.stop() is True
    assert talk.reports == [ClientStops()]
    talk.server.close()


def test_a_text_that_is_too_long_for_a_message_is_refused(folder: Path) -> None:
    talk = Talk(folder)
    with pytest.raises(ConfigError, match="64 KiB"):
        VoiceClient([], no_chat).use(text="x" * 70_000, limit_s=0.0, is_cancelled=never)  # type: ignore[arg-type] # never called
    talk.server.close()


def test_the_end_of_the_chat_is_told(folder: Path) -> None:
    talk = Talk(folder)
    client = VoiceClient([], no_chat)  # type: ignore[arg-type] # never called
    opened = control_socket.open_voice()
    assert opened is not None
    opened[0].close()
    talk.server.close()
    with pytest.raises(AssertionError, match="a chat is running"):  # it would start one
        client.use(text="Hello.", limit_s=0.0, is_cancelled=never)
    assert NoChat.code == "no-chat"


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack(">I", 70_000),
        struct.pack(">I", 3) + b"{]}",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 9) + b'{"a": []}',
    ],
)
def test_what_is_no_message_is_refused(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(sent)
        with pytest.raises(voice_frames.BadFrame):
            voice_frames.receive(theirs)


def test_a_message_arrives_whole_and_a_broken_one_is_an_end() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        voice_frames.send(ours, {"text": "Grüße", "limit_s": 1.5, "cut": True})
        assert voice_frames.receive(theirs) == {"text": "Grüße", "limit_s": 1.5, "cut": True}
        ours.sendall(struct.pack(">I", 100) + b"half")
        ours.shutdown(socket.SHUT_WR)
        assert voice_frames.receive(theirs) is None
