"""A language model on a server of the user's own: consent, the walls, what is told and saved, and errors that end no session."""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from fakes import forked
from fakes.llm_server import Asked, FakeLlmServer, nobody, plain, raw, talking
from voicecli.app import remote_engines
from voicecli.app.conversation_text import ConversationText
from voicecli.cli.checks import models, privacy
from voicecli.cli.checks.finding import Child, Scene
from voicecli.config.load import load
from voicecli.config.schema import Settings
from voicecli.engines.server.address import KEY_VARIABLES
from voicecli.errors import ConfigError, NetworkRefused
from voicecli.events import Ready
from voicecli.offline import walls
from voicecli.offline.destination import Destination
from voicecli.offline.walls import Walls
from voicecli.session.conversation_record import TurnRecord
from voicecli.ui.status import _network

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no broker here")

SECRET = "sk-very-secret"  # noqa: S105 - it is one
ELSEWHERE = "127.1"
"""A host that is not known to be this machine until it is looked up."""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment without models, settings and past conversations."""
    return {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE")} | {
        "VOICECLI_MODELS": str(tmp_path / "none")
    }


def run(*arguments: str, home: dict[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return forked.voicecli(*arguments, stdin=stdin, env=home)


def chat(url: str, *lines: str, home: dict[str, str]) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
    done = run(
        "chat",
        "--text",
        "--speaker",
        "none",
        "--json",
        "--llm-url",
        url,
        home=home,
        stdin="".join(f"{x}\n" for x in lines),
    )
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def of(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def test_a_question_is_answered_by_a_server_of_this_machine_behind_the_walls(home: dict[str, str]) -> None:
    with FakeLlmServer() as server:
        done = run("ask", "--llm-url", server.url, "Which colour?", home=home)
    assert (done.returncode, done.stdout.strip()) == (0, "Blue is a colour.")


def test_a_conversation_with_a_server_of_this_machine_stays_offline(home: dict[str, str]) -> None:
    with FakeLlmServer() as server:
        done, events = chat(server.url, "Which colour?", "Why?", home=home)
        prompts = [[message["content"] for message in each.body["messages"]] for each in server.replies]
        asked = next(each for each in reversed(prompts) if each[-1] == "Why?")  # a request for a title follows
    (ready,) = of(events, "ready")
    assert done.returncode == 0
    assert (ready["models"], ready["device"], ready["sends"]) == ({"llm": "tiny"}, {"llm": "server"}, {})
    assert ready["offline"] is True
    assert [event["text"] for event in of(events, "reply")] == ["Blue is a colour."] * 2
    assert asked[1:] == ["Which colour?", "Blue is a colour.", "Why?"]


def test_an_error_costs_a_turn_and_not_the_session(home: dict[str, str]) -> None:
    behaviours = [talking(), plain("500 Oh"), raw(b"nonsense\r\n\r\n"), talking()]  # the first is the warm-up

    def one_after_the_other(client: socket.socket, asked: Asked) -> None:
        behaviours.pop(0)(client, asked)

    with FakeLlmServer(one_after_the_other) as server:
        done, events = chat(server.url, "One?", "Two?", "Three?", home=home)
    assert done.returncode == 0
    assert [event["code"] for event in of(events, "error")] == ["server-failed", "server-broken"]
    assert all(event["hint"] for event in of(events, "error"))
    assert [event["text"] for event in of(events, "reply")] == ["Blue is a colour."]


def test_a_server_that_is_not_there_is_told_at_once(home: dict[str, str]) -> None:
    with nobody() as url:
        done = run("ask", "--llm-url", url, "Hello?", home=home)
    assert done.returncode == 5
    assert "cannot be reached: connection refused." in done.stderr
    assert "hint: " in done.stderr


def test_another_machine_is_not_reached_without_consent(home: dict[str, str]) -> None:
    with FakeLlmServer() as server:
        url = server.url.replace("127.0.0.1", ELSEWHERE)
        done, _ = chat(url, "Hello?", home=home)
        assert done.returncode == 6
        assert f"may not be sent to {ELSEWHERE}:{server.port}" in done.stderr
        assert f"voicecli config set network.allow {ELSEWHERE}:{server.port}" in done.stderr
        assert not server.asked


def test_with_consent_it_is_told_everywhere_that_text_leaves(home: dict[str, str]) -> None:
    with FakeLlmServer() as server:
        where = f"{ELSEWHERE}:{server.port}"
        home |= {"VOICECLI_NETWORK_ALLOW": where, KEY_VARIABLES["llm"]: SECRET}
        done, events = chat(f"http://{where}/v1", "Which colour?", home=home)
        assert all(asked.headers["authorization"] == f"Bearer {SECRET}" for asked in server.asked)
    (ready,) = of(events, "ready")
    assert (ready["offline"], ready["sends"]) == (False, {"text": where})
    assert [event["text"] for event in of(events, "reply")] == ["Blue is a colour."]
    exported = run("history", "export", "1", home=home).stdout
    assert f"*Text of this conversation was sent to {where}.*" in exported
    assert "tiny" in exported
    assert f"Text of this conversation was sent to {where}." in run("history", "show", "1", home=home).stdout
    assert json.loads(run("history", "export", "1", "--format", "json", home=home).stdout)["sent_to"] == where
    kept = b"".join(
        file.read_bytes()
        for place in home.values()
        if Path(place).is_dir()
        for file in Path(place).rglob("*")
        if file.is_file()
    )
    assert SECRET.encode() not in kept + (done.stdout + done.stderr).encode()


def test_what_was_sent_once_is_told_also_after_a_session_without_a_server() -> None:
    from voicecli.memory.writer import _with_sent

    before = json.dumps({"llm": "tiny", "sent_to": "gpu.lan:8000"})
    assert _with_sent({"llm": "own"}, before) == {"llm": "own", "sent_to": "gpu.lan:8000"}
    assert _with_sent({"sent_to": "gpu.lan:8000"}, before) == {"sent_to": "gpu.lan:8000"}
    assert _with_sent({"sent_to": "b:1"}, before) == {"sent_to": "gpu.lan:8000, b:1"}
    assert _with_sent({"llm": "own"}, "{}") == {"llm": "own"}


# ---- consent


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("VOICECLI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text('[network]\nallow = "a.lan:1"\n', encoding="utf-8")
    return load(flags={"models.llm_url": "http://gpu.lan:8000"}).settings


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_engines, "somebody_is_there", lambda: True)


@pytest.mark.usefixtures("at_a_terminal")
def test_a_yes_is_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(typer, "confirm", confirm)
    assert remote_engines.consented(settings, asks=True) == (Destination("gpu.lan", 8000),)
    assert asked == ["Allow gpu.lan:8000 from now on?"]
    assert "as text, unencrypted. Your voice stays here." in capsys.readouterr().err
    now = load(flags={"models.llm_url": "http://gpu.lan:8000"}).settings
    assert now.network.allow == "a.lan:1 gpu.lan:8000"
    assert remote_engines.consented(now, asks=True) == (Destination("gpu.lan", 8000),)
    assert len(asked) == 1


@pytest.mark.usefixtures("at_a_terminal")
def test_a_no_is_a_no(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    with pytest.raises(NetworkRefused):
        remote_engines.consented(settings, asks=True)
    assert load().settings.network.allow == "a.lan:1"


def test_nobody_is_asked_who_is_not_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: pytest.fail("it asked"))
    with pytest.raises(NetworkRefused, match=r"you have not allowed it"):
        remote_engines.consented(settings, asks=False)
    wrong = dataclasses.replace(settings, network=dataclasses.replace(settings.network, allow="gpu.lan"))
    with pytest.raises(ConfigError, match=r"network\.allow is wrong"):
        remote_engines.consented(wrong, asks=False)
    assert remote_engines.consented(Settings(), asks=False) == ()


# ---- what is shown


def ready(**more: Any) -> Ready:  # noqa: ANN401 - any of its fields
    values: dict[str, Any] = {"models": {}, "device": {}, "offline": False, "microphone": None, "speaker": None}
    return Ready(t_s=0.0, duplex=None, mode="typed", **(values | more))


def test_the_status_line_and_a_saved_transcript_say_it() -> None:
    sends = {"text": "gpu.lan:8000"}
    assert _network(ready(sends=sends)) == ("sends text to gpu.lan:8000", "warning")
    assert _network(ready(offline=True)) == ("offline", "status")
    record = ConversationText(lambda: [TurnRecord(turn=1, turns=(1,), question="Hello?")])
    record.handle(ready(sends=sends))
    assert record.as_text().splitlines()[0] == "Text of this conversation was sent to gpu.lan:8000."


def test_what_is_measured_knows_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = Destination("127.0.0.1", 8080), Destination("gpu.lan", 8000)
    llm_at_gpu = dataclasses.replace(
        Settings(), models=dataclasses.replace(Settings().models, llm_url="http://gpu.lan:8000")
    )
    for reaches, leaves in (((), ()), ((here,), ()), ((here, there), (there,))):
        found = Walls(layers=(walls.Layer(name="python", stands=True),), environment=True, reaches=tuple(reaches))
        assert (found.leaves, found.offline) == (leaves, not leaves)
        assert remote_engines.sends(found, llm_at_gpu) == ({"text": "gpu.lan:8000"} if leaves else {})
    monkeypatch.setattr(walls, "measure", lambda: found)
    said = [finding.message for finding in privacy.network(scene(llm_at_gpu))]
    assert (
        said[0] == "What you say and type is sent as text to gpu.lan:8000, which you allowed; nothing else can leave."
    )


def scene(settings: Settings) -> Scene:
    return Scene(full=False, apart=Child(), settings=settings)


def test_doctor_asks_the_server(home: dict[str, str]) -> None:
    with FakeLlmServer(models={"data": [{"id": "org/tiny", "owned_by": "vllm", "max_model_len": 8192}]}) as server:
        home |= {"VOICECLI_MODELS_LLM_URL": server.url}
        found = json.loads(run("doctor", "--quick", "--json", home=home).stdout)["checks"]
    (told,) = [each for each in found if each["check"] == "llm"]
    assert told["message"] == f"tiny on {server.url} (vllm server), context of 8192 tokens."
    assert [each["message"] for each in found if "fence around Unix sockets" in each["message"]]


def test_doctor_says_that_a_server_is_not_allowed() -> None:
    url = dataclasses.replace(Settings().models, llm_url="http://gpu.lan:8000")
    with pytest.raises(NetworkRefused, match=r"may not be sent to gpu\.lan:8000"):
        list(models.language_model(scene(dataclasses.replace(Settings(), models=url))))


# ---- in a running session


def test_a_released_model_is_asked_for_again_on_its_server() -> None:
    from voicecli.app import engine_setup
    from voicecli.app.engine_loader import EngineLoader
    from voicecli.engines.openai_chat import OpenAiChatModel
    from voicecli.engines.ports import ChatMessage
    from voicecli.engines.server.address import read_address
    from voicecli.engines.server.http import Server
    from voicecli.engines.server.model_info import ServedModel
    from voicecli.messages import Report
    from voicecli.session.commands import Load
    from voicecli.tuning import ModelLoaded

    done: queue.SimpleQueue[Report] = queue.SimpleQueue()
    with FakeLlmServer() as fake:
        server = Server(
            address=read_address(fake.url),
            dial=lambda there, timeout_s, _: socket.create_connection((there.host, there.port), timeout_s),
        )
        served = remote_engines.Served(server=server, model=ServedModel(id="tiny", name="tiny"), context_tokens=4096)
        chosen = engine_setup.Chosen(stt=None, llm=None, voice=None, served=served)
        assert chosen.names == {"llm": "tiny"}
        load_engine = EngineLoader(Settings(), done.put, chosen)
        load_engine(Load(kind="llm", name="tiny"), (ChatMessage(role="system", content="Be short."),))
        loaded = done.get(timeout=10)
        assert isinstance(loaded, ModelLoaded)
        assert isinstance(loaded.model, OpenAiChatModel)
        assert fake.replies[0].body["max_tokens"] == 1
