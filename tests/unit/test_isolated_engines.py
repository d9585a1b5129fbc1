"""Engines in their own processes, which die in every possible way."""

from __future__ import annotations

import gc
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.contracts import always, never
from fakes import crashing
from fakes.engines import ToneVoice
from voicecli.engines.isolated import connection
from voicecli.engines.isolated.connection import EngineProcess
from voicecli.engines.isolated.monitor import watch
from voicecli.engines.isolated.proxies import RemoteChatModel, RemoteTranscriber, RemoteTurnDetector, RemoteVoice
from voicecli.engines.isolated.supervisor import EngineSupervisor
from voicecli.engines.ports import ChatMessage, Sampling, SpokenWord
from voicecli.errors import GenerationFailed, InternalError, ModelError, ModelInvalid, SynthesisFailed
from voicecli.offline.seccomp import ARCHITECTURES, NVIDIA

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="processes of engines are looked after on Linux"),
]

TESTS = Path(__file__).parents[1]
NOTICED_S = 2.0
PATIENCE_S = 20.0
"""A bound on waiting, reached only when the test has failed."""


@pytest.fixture(autouse=True)
def _fakes_are_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    yield
    for keeper in [each for each in gc.get_objects() if isinstance(each, EngineSupervisor)]:
        keeper.close()
    wait_until(lambda: not watch.processes())


class Told(list[str]):
    """Sentences, and when the first one came."""

    def __call__(self, sentence: str) -> None:
        self.append(sentence)


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.01)


def question(text: str) -> list[ChatMessage]:
    return [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content=text)]


def process_of(engine: RemoteVoice | RemoteChatModel | RemoteTranscriber | RemoteTurnDetector) -> EngineProcess:
    found = engine._keeper.running(never)
    assert found is not None
    return found


@pytest.mark.parametrize("trouble", ["segfault", "kill", "stop", "hang"])
def test_an_utterance_that_brings_the_recogniser_down_once_is_written_down_all_the_same(
    trouble: str, tmp_path: Path
) -> None:
    told = Told()
    transcriber = RemoteTranscriber(crashing.plan("stt", tmp_path / "done"), told)
    utterance = np.full(200_000, 3, dtype=np.int16)  # more than a socket holds
    noticed: list[float] = []
    began_s = time.monotonic()

    def wait() -> None:
        wait_until(lambda: told)
        noticed.append(time.monotonic())

    watcher = threading.Thread(target=wait)
    watcher.start()
    heard = transcriber.transcribe(utterance, language="en", is_cancelled=never, context=trouble)
    watcher.join()
    assert heard.text == "200000 600000"
    assert noticed[0] - began_s < NOTICED_S + 0.3  # and the time it takes until the trouble is made
    assert len(told) == 1
    assert told[0].startswith("The recogniser ")
    words = {"stop": "stopped responding", "hang": "stopped responding", "kill": "was killed"}
    assert words.get(trouble, "crashed") in told[0]


@pytest.mark.skipif(
    platform.machine() not in ARCHITECTURES or NVIDIA.exists(), reason="engines keep their sockets here"
)
def test_the_process_of_an_engine_can_open_no_socket_not_even_of_this_machine() -> None:
    transcriber = RemoteTranscriber(crashing.plan("stt", Path("unused"), times=0), Told())
    heard = transcriber.transcribe(np.ones(320, dtype=np.int16), language="en", is_cancelled=never, context="socket")
    assert heard.text == "Permission denied"


def test_an_answer_that_has_not_begun_is_made_again(tmp_path: Path) -> None:
    told = Told()
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done"), told)
    text = "".join(model.reply(question("segfault before"), sampling=Sampling(), is_cancelled=never))
    assert text == "segfault before "
    assert len(told) == 1


@pytest.mark.parametrize(
    ("trouble", "words"), [("segfault", "crashed"), ("stop", "stopped responding"), ("kill", "was killed")]
)
def test_an_answer_that_has_begun_ends_and_the_next_question_is_answered(
    trouble: str, words: str, tmp_path: Path
) -> None:
    told = Told()
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done"), told)
    reply = model.reply(question(f"{trouble} is after"), sampling=Sampling(), is_cancelled=never)
    assert next(reply) == f"{trouble} "
    with pytest.raises(GenerationFailed, match=f"The language model {words} in the middle"):
        next(reply)
    wait_until(lambda: told)
    (sentence,) = told  # which says the same of it
    assert sentence.startswith(f"The language model {words}")
    assert list(model.reply(question("and now"), sampling=Sampling(), is_cancelled=never)) == ["and ", "now "]


def test_work_that_brings_it_down_twice_is_told_as_such_and_the_next_is_done(tmp_path: Path) -> None:
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done", times=2), Told())
    with pytest.raises(GenerationFailed, match="The language model crashed again"):
        list(model.reply(question("segfault before"), sampling=Sampling(), is_cancelled=never))
    assert list(model.reply(question("and now"), sampling=Sampling(), is_cancelled=never)) == ["and ", "now "]


def test_a_voice_goes_on_with_the_piece_and_tells_each_word_once(tmp_path: Path) -> None:
    told = Told()
    voice = RemoteVoice(crashing.plan("voice", tmp_path / "done"), told)
    words: list[SpokenWord] = []
    sound = np.concatenate(list(voice.speak("segfault in this sentence", is_cancelled=never, on_words=words.extend)))
    alone = ToneVoice(word_ms=300.0, chunk_ms=200.0)
    whole = np.concatenate(list(alone.speak("segfault in this sentence", is_cancelled=never)))
    assert np.array_equal(sound, whole)
    assert [(word.start, word.end) for word in words] == [(0, 8), (9, 11), (12, 16), (17, 25)]
    assert len(told) == 1


def test_a_voice_that_dies_twice_fails_on_that_piece_alone(tmp_path: Path) -> None:
    voice = RemoteVoice(crashing.plan("voice", tmp_path / "done", times=2), Told())
    with pytest.raises(SynthesisFailed, match="The voice crashed again"):
        list(voice.speak("segfault twice", is_cancelled=never))
    assert list(voice.speak("well again", is_cancelled=never))


def test_a_turn_detector_that_dies_twice_is_given_up(tmp_path: Path) -> None:
    detector = RemoteTurnDetector(crashing.plan("turn", tmp_path / "done", times=2), Told())
    with pytest.raises(ModelError, match="The turn detector crashed again"):
        detector.probability(np.zeros(16000, dtype=np.int16))
    wait_until(lambda: not watch.processes())


def test_an_engine_that_crashes_while_it_is_loaded_is_tried_again_and_then_refused(tmp_path: Path) -> None:
    assert RemoteVoice(crashing.plan("voice", tmp_path / "once", times=1, loading="segfault"), Told()).rate_hz == 16000
    with pytest.raises(ModelInvalid, match="The voice crashed while it was loaded") as caught:
        RemoteVoice(crashing.plan("voice", tmp_path / "twice", times=2, loading="segfault"), Told())
    assert caught.value.hint == "voicecli doctor"
    with pytest.raises(ModelInvalid, match="The voice stopped responding while it was loaded"):
        RemoteVoice(crashing.plan("voice", tmp_path / "stopped", times=2, loading="stop"), Told())


def test_a_crash_while_it_is_started_again_costs_work_and_not_the_engine(tmp_path: Path) -> None:
    # The work dies, and so do both attempts to start again.
    plan = crashing.plan("voice", tmp_path / "done", times=3, loading="segfault")
    (tmp_path / "done").write_bytes(b"...")
    voice = RemoteVoice(plan, Told())
    (tmp_path / "done").write_bytes(b"")
    with pytest.raises(SynthesisFailed, match="crashed while it was started again"):
        list(voice.speak("segfault now", is_cancelled=never))
    assert list(voice.speak("well again", is_cancelled=never))


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGSTOP])
def test_an_engine_that_dies_while_nobody_needs_it_is_there_again(number: signal.Signals, tmp_path: Path) -> None:
    told = Told()
    voice = RemoteVoice(crashing.plan("voice", tmp_path / "done", times=0), told)
    before = process_of(voice)
    began_s = time.monotonic()
    os.kill(before.pid, number)
    wait_until(lambda: told)
    assert time.monotonic() - began_s < NOTICED_S
    assert process_of(voice) is not before
    assert list(voice.speak("well again", is_cancelled=never))
    assert len(told) == 1


def test_what_a_crash_leaves_is_written_beside_the_log_and_never_on_the_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = replace(crashing.plan("voice", tmp_path / "done", times=0), log=str(tmp_path / "voicecli.log"))
    told = Told()
    voice = RemoteVoice(plan, told)
    os.kill(process_of(voice).pid, signal.SIGSEGV)
    wait_until(lambda: told)
    assert "Segmentation fault" in (tmp_path / "native.log").read_text()
    assert capfd.readouterr() == ("", "")


def test_an_engine_that_keeps_dying_is_left_alone_until_it_is_needed(tmp_path: Path) -> None:
    told = Told()
    voice = RemoteVoice(crashing.plan("voice", tmp_path / "done", times=0), told)
    for count in range(1, 5):
        process_of(voice).kill()
        wait_until(lambda count=count: len(told) == count)  # type: ignore[misc]
    assert "off until it is needed" in told[-1]
    wait_until(lambda: not watch.processes())
    assert list(voice.speak("well again", is_cancelled=never))


def test_an_error_of_the_engine_comes_as_it_is_and_a_foreign_one_without_its_words(tmp_path: Path) -> None:
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done", times=0), Told())
    with pytest.raises(InternalError, match=r"Internal error in language model: RuntimeError at ") as caught:
        list(model.reply(question("raise my secret words"), sampling=Sampling(), is_cancelled=never))
    assert "secret" not in str(caught.value)
    assert list(model.reply(question("and now"), sampling=Sampling(), is_cancelled=never))


def test_what_computes_is_cut_off_at_once_and_the_process_goes_on(tmp_path: Path) -> None:
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done", times=0), Told())
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    before = process_of(model)
    began_s = time.monotonic()
    assert not list(model.reply(question("long"), sampling=Sampling(), is_cancelled=cancelled.is_set))
    assert 0.3 <= time.monotonic() - began_s < 0.6
    assert process_of(model) is before


def test_what_computes_on_although_it_was_told_to_stop_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "DROPPED_S", 0.5)
    told = Told()
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done", times=0), told)
    cancelled = threading.Event()
    threading.Timer(0.1, cancelled.set).start()
    assert not list(model.reply(question("endless"), sampling=Sampling(), is_cancelled=cancelled.is_set))
    assert told == ["The language model stopped responding and is being started again."]
    assert list(model.reply(question("and now"), sampling=Sampling(), is_cancelled=never))


def test_a_stream_that_is_left_is_let_go_of(tmp_path: Path) -> None:
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done", times=0), Told())
    assert next(iter(model.reply(question("a b c d"), sampling=Sampling(), is_cancelled=never))) == "a "
    assert model.count_tokens(question("a b c d")) == 6
    assert not list(model.reply(question("a b"), sampling=Sampling(), is_cancelled=always))
    assert len(list(model.reply(question("a b"), sampling=Sampling(), is_cancelled=never))) == 2


def test_a_process_that_was_begun_is_used_and_one_that_is_not_needed_ends(tmp_path: Path) -> None:
    watch.begin(["voice", "language model"])
    wait_until(lambda: len(watch.processes()) == 2)
    pids = {each.pid for each in watch.processes()}
    voice = RemoteVoice(crashing.plan("voice", tmp_path / "done", times=0), Told())
    assert process_of(voice).pid in pids
    watch.end_unused()
    wait_until(lambda: [each.pid for each in watch.processes()] == [process_of(voice).pid])
    watch.end_unused()
    assert list(voice.speak("well", is_cancelled=never))


def test_a_process_ends_with_its_engine(tmp_path: Path) -> None:
    voice = RemoteVoice(crashing.plan("voice", tmp_path / "done", times=0), Told())
    connection = process_of(voice)
    del voice
    assert connection.ended.wait(NOTICED_S)
    model = RemoteChatModel(crashing.plan("llm", tmp_path / "done", times=0), Told())
    connection = process_of(model)
    os.kill(connection.pid, signal.SIGSTOP)  # even one that does not listen
    model.close()
    model.close()
    assert connection.ended.is_set()


PARENT = """
import sys, time
from pathlib import Path
from fakes import crashing
from voicecli.engines.isolated.proxies import RemoteVoice
voice = RemoteVoice(crashing.plan("voice", Path(sys.argv[1]), times=0), print)
print(voice._keeper.running(lambda: False).pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("state", ["at work", "stopped"])
def test_no_process_outlives_a_conversation_that_is_killed(state: str, tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path / "x")], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    if state == "stopped":
        os.kill(child, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not alive(child))


def test_the_process_writes_no_core_and_reaches_nobody(tmp_path: Path) -> None:
    voice = RemoteVoice(crashing.plan("voice", tmp_path / "done", times=0), Told())
    pid = process_of(voice).pid
    limits = Path(f"/proc/{pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    # What is not dumpable belongs to the superuser, whoever runs it.
    assert Path(f"/proc/{pid}/environ").stat().st_uid == 0
