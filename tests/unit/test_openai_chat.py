"""The adapter of servers: against a good one, and against every kind of broken one that was thought of."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.contracts import QUESTION, SAMPLING, SYSTEM, ChatModelContract, never
from fakes.llm_server import (
    END,
    STREAM,
    Behaviour,
    FakeLlmServer,
    chunk,
    delta,
    event,
    nobody,
    plain,
    raw,
    silent,
    streamed,
    talking,
)
from voicecli.engines.openai_chat import READ_AHEAD_TOKENS, OpenAiChatModel
from voicecli.engines.ports import ChatMessage, ChatModel, Sampling
from voicecli.engines.server.address import KEY_VARIABLES, Key, read_address, read_key
from voicecli.engines.server.http import Patience, Server
from voicecli.engines.server.model_info import ServedModel, find_model
from voicecli.engines.server.sse import LONGEST_EVENT, EventStream
from voicecli.engines.server.token_estimate import TokenCounter
from voicecli.errors import ConfigError, ServerUnreachable, VoiceCliError
from voicecli.offline.destination import Destination

SECRET = "sk-very-secret"  # noqa: S105 - it is one
PATIENT = Patience()
in_time = pytest.mark.flaky(reruns=2)
"""For tests of times, which a machine that is busy with something else can break."""

QUICK = Patience(connect_s=2.0, first_s=0.3, between_s=0.3)


def dial(destination: Destination, timeout_s: float, _: object) -> socket.socket:
    """Without a broker, which has tests of its own."""
    try:
        return socket.create_connection((destination.host, destination.port), timeout_s)
    except OSError as error:
        raise ServerUnreachable(f"{destination} cannot be reached: {error.strerror}.", "Check it.") from error


def server_at(url: str, *, key: str = "", patience: Patience = PATIENT) -> Server:
    return Server(address=read_address(url), key=Key(key) if key else None, patience=patience, dial=dial)


def model_at(url: str, *, key: str = "", patience: Patience = PATIENT, context_tokens: int = 4096) -> OpenAiChatModel:
    server = server_at(url, key=key, patience=patience)
    return OpenAiChatModel(server, ServedModel(id="tiny", name="tiny"), context_tokens=context_tokens)


def said(model: ChatModel, sampling: Sampling = SAMPLING) -> str:
    return "".join(model.reply([SYSTEM, QUESTION], sampling=sampling, is_cancelled=never))


class TestContract(ChatModelContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with FakeLlmServer() as self.server:
            yield

    def model(self) -> ChatModel:
        server = server_at(self.server.url)
        return OpenAiChatModel(server, find_model(server, ""), context_tokens=4096)


def test_what_is_asked_for() -> None:
    with FakeLlmServer() as server:
        model = model_at(server.url, key=SECRET)
        assert said(model, Sampling(temperature=0.5, top_p=0.8, max_tokens=40, seed=3)) == "Blue is a colour."
        asked = server.replies[0]
    assert asked.head == "POST /v1/chat/completions HTTP/1.1"
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"
    assert asked.body == {
        "model": "tiny",
        "messages": [
            {"role": "system", "content": SYSTEM.content},
            {"role": "user", "content": QUESTION.content},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 40,
        "temperature": 0.5,
        "top_p": 0.8,
        "seed": 3,
    }


@pytest.mark.parametrize(
    ("owner", "name"), [("llamacpp", "repeat_penalty"), ("vllm", "repetition_penalty"), ("somebody", None)]
)
def test_a_penalty_is_sent_by_the_name_that_the_server_knows(owner: str, name: str | None) -> None:
    with FakeLlmServer(models={"data": [{"id": "m", "owned_by": owner}]}) as server:
        at = server_at(server.url)
        said(OpenAiChatModel(at, find_model(at, ""), context_tokens=4096), Sampling(repeat_penalty=1.2))
        body = server.replies[0].body
    assert {key: body[key] for key in body if "penalty" in key} == ({name: 1.2} if name else {})


def test_neighbours_of_the_same_role_are_one_message() -> None:
    with FakeLlmServer() as server:
        messages = [SYSTEM, QUESTION, ChatMessage(role="user", content="Quick.")]
        list(model_at(server.url).reply(messages, sampling=SAMPLING, is_cancelled=never))
        sent = server.replies[0].body["messages"]
    assert [each["content"] for each in sent] == [SYSTEM.content, "Name a colour.\nQuick."]


def test_what_ended_at_its_limit_is_told() -> None:
    with FakeLlmServer() as server:
        model = model_at(server.url)
        assert (said(model, Sampling(max_tokens=2)), model.hit_limit) == ("Blue is", True)
        assert (said(model), model.hit_limit) == ("Blue is a colour.", False)
        server.chat = streamed(*[delta("la ")] * 500)
        # A server that does not keep to it is ended.
        assert (len(said(model, Sampling(max_tokens=16)).split()), model.hit_limit) == (17, True)


def test_thoughts_are_no_part_of_the_reply_and_get_room_of_their_own() -> None:
    thinking = (delta(reasoning_content="Hm."), delta("<think>What now?</think>Blue"), delta(".", finish="stop"))
    with FakeLlmServer(streamed(*thinking)) as server:
        model = model_at(server.url)
        assert said(model) == said(model) == "Blue."
        assert [each.body["max_tokens"] for each in server.replies] == [SAMPLING.max_tokens, SAMPLING.max_tokens + 2048]


def test_half_characters_and_odd_cuts_of_the_stream_do_no_harm() -> None:
    whole = b"".join((event(delta("Käse \N{CHEESE WEDGE}")), event(delta("\ud83d")), event(delta("!", finish="stop"))))
    cut = [chunk(bytes([byte])) for byte in b": ping\r\n\r\ndata: " + json.dumps(delta("Ü ")).encode() + b"\r\n\r\n"]
    with FakeLlmServer(raw(STREAM + b"".join(cut) + whole + event("[DONE]") + END)) as server:
        assert said(model_at(server.url)) == "Ü Käse \N{CHEESE WEDGE}?!"


@in_time
def test_the_server_stops_within_200_ms_of_a_cancellation() -> None:
    with FakeLlmServer(talking(["la "] * 400, pause_s=0.02)) as server:
        cancelled = threading.Event()
        reply = model_at(server.url).reply(
            [SYSTEM, QUESTION], sampling=Sampling(max_tokens=400), is_cancelled=cancelled.is_set
        )
        assert [next(reply) for _ in range(3)] == ["la "] * 3
        cancelled.set()
        at_s = time.monotonic()
        assert list(reply) == []
        assert time.monotonic() - at_s < 0.1
        gone_s = _gone(server)
    assert gone_s - at_s < 0.2


@in_time
def test_a_reply_that_nobody_reads_to_its_end_closes_the_connection() -> None:
    with FakeLlmServer(talking(["la "] * 400, pause_s=0.02)) as server:
        reply = model_at(server.url).reply([SYSTEM, QUESTION], sampling=Sampling(max_tokens=400), is_cancelled=never)
        next(reply)
        at_s = time.monotonic()
        del reply
        assert _gone(server) - at_s < 0.2


@in_time
def test_a_prompt_that_is_being_read_can_be_cancelled() -> None:
    with FakeLlmServer(silent(5.0)) as server:
        at_s = time.monotonic()
        model = model_at(server.url)
        wanted = lambda: time.monotonic() > at_s + 0.1  # noqa: E731 - as short as that
        assert list(model.reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=wanted)) == []
        assert time.monotonic() - at_s < 0.25
        assert _gone(server) - at_s < 0.35


def _gone(server: FakeLlmServer) -> float:
    deadline = time.monotonic() + 3
    while not server.replies[0].gone_s and time.monotonic() < deadline:
        time.sleep(0.005)
    assert server.replies[0].gone_s
    return server.replies[0].gone_s


def test_no_thread_is_left_and_none_is_started() -> None:
    with FakeLlmServer() as server:
        model = model_at(server.url)
        before = {thread for thread in threading.enumerate() if thread.name != "server"}
        reply = model.reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=never)
        next(reply)
        mine = {each for each in threading.enumerate() if "_serve" not in each.name} - before
        assert not mine
        list(reply)


def test_only_what_is_long_is_read_ahead() -> None:
    with FakeLlmServer() as server:
        model = model_at(server.url)
        model.read_ahead([SYSTEM, QUESTION], is_cancelled=never)
        assert not server.replies
        long = ChatMessage(role="user", content="word " * READ_AHEAD_TOKENS)
        model.read_ahead([SYSTEM, long], is_cancelled=never)
        model.read_ahead([SYSTEM, long], is_cancelled=never)  # it was read
        assert [each.body["max_tokens"] for each in server.replies] == [1]


def test_tokens_are_estimated_and_corrected_by_what_the_server_counts() -> None:
    counter = TokenCounter()
    german = ChatMessage(role="user", content="Wie heißt die Hauptstadt von Österreich? " * 10)
    before = counter.count([german])
    for _ in range(8):
        counter.learn([german], 100)
    assert before > 100
    assert abs(counter.count([german]) - 100) <= 2
    counter.learn([german], 1_000_000)  # nonsense is not believed
    assert abs(counter.count([german]) - 100) <= 2
    assert counter.count([ChatMessage(role="user", content="你好" * 50)]) > 60


# ---- what it tells of itself


def test_names_and_contexts_of_all_kinds_of_servers() -> None:
    found = {}
    for owner, record, props in (
        (
            "llamacpp",
            {"id": "/models/Qwen-7B.gguf", "meta": {"n_ctx_train": 131072}},
            {"default_generation_settings": {"n_ctx": 8192}},
        ),
        ("llamacpp", {"id": "alias", "meta": {"n_ctx": 512}}, None),
        ("vllm", {"id": "meta/Llama-3", "max_model_len": 4096}, None),
        ("me", {"id": "a"}, None),
        ("library", {"id": "qwen:latest"}, None),
    ):
        with FakeLlmServer(models={"data": [{**record, "owned_by": owner}]}, props=props) as server:
            model = find_model(server_at(server.url), "")
            found[model.name] = (model.id, model.context_tokens, model.kind)
    assert found == {
        "Qwen-7B": ("/models/Qwen-7B.gguf", 8192, "llama.cpp"),
        "alias": ("alias", 512, "llama.cpp"),
        "Llama-3": ("meta/Llama-3", 4096, "vllm"),
        "a": ("a", None, "llama-cpp-python"),
        "qwen:latest": ("qwen:latest", None, "ollama"),
    }


def test_the_shorter_context_counts() -> None:
    model = ServedModel(id="a", name="a", context_tokens=2048)
    server = server_at("http://127.0.0.1:1/v1")
    assert OpenAiChatModel(server, model, context_tokens=4096).context_tokens == 2048
    assert OpenAiChatModel(server, model, context_tokens=1024).context_tokens == 1024


def test_a_model_is_chosen_by_its_name() -> None:
    both = {"data": [{"id": "org/one"}, {"id": "two:latest"}]}
    with FakeLlmServer(models=both) as server:
        at = server_at(server.url)
        assert [find_model(at, name).id for name in ("one", "org/one", "two")] == ["org/one", "org/one", "two:latest"]
        with pytest.raises(VoiceCliError, match=r"has no model three\.") as missing:
            find_model(at, "three")
        assert (missing.value.hint, missing.value.exit_code) == ("It has: one, two:latest.", 4)
        with pytest.raises(VoiceCliError, match=r"has several models: one, two:latest\.") as several:
            find_model(at, "")
        assert several.value.hint == "Choose one: --llm one"


def test_a_server_without_a_list_of_models_is_taken_at_its_word() -> None:
    with FakeLlmServer(models=plain("404 Not Found")) as server:
        assert find_model(server_at(server.url), "mine").id == "mine"
        with pytest.raises(VoiceCliError, match="it has no OpenAI-compatible interface there"):
            find_model(server_at(server.url), "")


@pytest.mark.parametrize("models", [[], {"data": 3}, {}, plain("200 OK", "<html>")])
def test_a_list_of_models_that_is_none(models: object) -> None:
    with FakeLlmServer(models=models) as server, pytest.raises(VoiceCliError, match="sent is no answer") as told:
        find_model(server_at(server.url), "")
    assert told.value.code == "server-broken"


# ---- broken servers

STREAMED = STREAM + event(delta("Blue"))

BROKEN: dict[str, tuple[Behaviour, str, int, str, str]] = {
    "wrong key": (
        plain("401 Unauthorized", f'{{"error": "{SECRET}"}}'),
        "server-denied",
        2,
        "does not accept the key (401)",
        KEY_VARIABLES["llm"],
    ),
    "forbidden": (plain("403 Forbidden"), "server-denied", 2, "does not accept the key (403)", "llm_key_file"),
    "no such model": (
        plain("404 Not Found", '{"error": "model not found"}'),
        "server-model-missing",
        4,
        "has no model tiny",
        "curl http",
    ),
    "no such path": (
        plain("404 Not Found", "nothing here"),
        "server-model-missing",
        4,
        "has nothing at /v1/chat/completions",
        "ends with /v1",
    ),
    "too many requests": (
        plain("429 Too Many", headers="Retry-After: 7\r\n"),
        "server-busy",
        5,
        "too many requests (429)",
        "wait 7 s",
    ),
    "asks to wait for ages": (
        plain("429 Too Many", headers=f"Retry-After: {'9' * 5000}\r\n"),
        "server-busy",
        5,
        "too many requests (429)",
        "in a moment",
    ),
    "only announces": (
        raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        "server-broken",
        5,
        "announces an answer again and again",
        "curl",
    ),
    "endless signs of life": (
        raw(STREAM + chunk(b": ping\n\n" * 1000) * 300),
        "server-broken",
        5,
        "does not end",
        "curl",
    ),
    "overloaded": (plain("503 Unavailable", '{"error": "loading"}'), "server-busy", 5, "is not ready (503)", "Wait"),
    "failed": (plain("500 Internal", "Traceback"), "server-failed", 5, "failed (500)", "log"),
    "prompt too long": (
        plain("400 Bad", '{"error": "exceeds the context size"}'),
        "generation-failed",
        5,
        "has room for (400)",
        "context_tokens",
    ),
    "bad request": (plain("400 Bad", "what?"), "server-failed", 5, "does not accept the request (400)", "log"),
    "elsewhere": (
        plain("307 Moved", headers="Location: http://evil.org/v1\r\n"),
        "server-untrusted",
        6,
        "sends on to evil.org (307)",
        "--llm-url",
    ),
    "another path": (
        plain("308 Moved", headers="Location: /v2/chat\r\n"),
        "server-failed",
        5,
        "at another path (308)",
        "models.llm_url",
    ),
    "not HTTP": (raw(b"220 mail.example ESMTP ready\r\n"), "server-broken", 5, "does not speak HTTP", "curl"),
    "closes at once": (raw(b""), "server-broken", 5, "closed the connection without an answer", "https"),
    "web page": (plain("200 OK", "<html>", kind="text/html"), "server-broken", 5, "is not a stream of events", "curl"),
    "cut in the middle": (raw(STREAMED), "server-broken", 5, "broke off in the middle", "log"),
    "cut chunk": (raw(STREAMED + b"ff\r\ndata: {"), "server-broken", 5, "broke off in the middle", "log"),
    "ends without an end": (streamed(delta("Blue"), done=False), "server-broken", 5, "broke off in the middle", "log"),
    "nonsense": (streamed(delta("Blue"), '{"choices": [{'), "server-broken", 5, "an event is not JSON", "curl"),
    "no object": (streamed("[1, 2]"), "server-broken", 5, "an event is not an object", "curl"),
    "endless event": (
        raw(STREAM + chunk(b"data: " + b"x" * (LONGEST_EVENT + 1))),
        "server-broken",
        5,
        "does not end",
        "curl",
    ),
    "fails in the middle": (
        streamed(delta("Blue"), {"error": {"code": 503, "message": "x"}}),
        "server-busy",
        5,
        "(503)",
        "Wait",
    ),
    "error without a code": (streamed({"error": "CUDA out of memory"}), "server-failed", 5, "failed (500)", "log"),
    "never begins": (silent(2.0), "server-silent", 5, "did not begin to answer: nothing came for 0 s", "log"),
    "only a head": (silent(2.0, STREAM), "server-silent", 5, "did not begin to answer", "log"),
    "stalls": (silent(2.0, STREAMED), "server-silent", 5, "stopped in the middle of an answer", "log"),
    "only signs of life": (
        silent(2.0, STREAM, *[chunk(b": ping\n\n")] * 9),
        "server-silent",
        5,
        "did not begin",
        "log",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_server_is_told_of_and_the_next_reply_is_as_ever(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    behaviour, code, exit_code, message, hint = BROKEN[kind]
    with FakeLlmServer(behaviour) as server, caplog.at_level("DEBUG"):
        model = model_at(server.url, key=SECRET, patience=QUICK)
        with pytest.raises(VoiceCliError) as told:
            said(model)
        server.chat = talking()
        model._server = dataclasses.replace(model._server, patience=Patience())  # a busy machine is not a broken server
        assert said(model) == "Blue is a colour."
    error = told.value
    assert (error.code, error.exit_code) == (code, exit_code)
    assert message in error.message
    assert hint in error.hint
    everything = f"{error.message} {error.hint} {error.__cause__!r} {caplog.text}"
    assert SECRET not in everything
    assert QUESTION.content not in everything


def test_nobody_is_there() -> None:
    with nobody() as url, pytest.raises(VoiceCliError, match="Connection refused") as told:
        said(model_at(url))
    assert told.value.code == "server-unreachable"


def test_without_a_key_the_server_wants_one() -> None:
    with FakeLlmServer(plain("401 Unauthorized")) as server, pytest.raises(VoiceCliError, match=r"wants a key \(401\)"):
        said(model_at(server.url))


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"]
    command += ["-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl is not here to make a certificate")
    return folder


def tls_server(certificate: Path) -> FakeLlmServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return FakeLlmServer(secure=context)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with tls_server(certificate) as server, pytest.raises(VoiceCliError, match="is not trusted: self-signed") as told:
        said(model_at(server.url))
    assert (told.value.code, told.value.exit_code) == ("server-untrusted", 6)
    assert "SSL_CERT_FILE" in told.value.hint


def test_a_trusted_one_is_spoken_to(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voicecli.engines.server import http

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    http._trust.cache_clear()
    with tls_server(certificate) as server, contextlib.closing(model_at(server.url)) as model:
        assert said(model) == "Blue is a colour."
    http._trust.cache_clear()


def test_a_server_without_tls_is_told_of() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(VoiceCliError, match="does not speak TLS") as told:
            said(model_at(f"https://127.0.0.1:{server.getsockname()[1]}/v1"))
        thread.join(5)
    assert "http://" in told.value.hint


# ---- addresses and keys


@pytest.mark.parametrize(
    ("url", "is_read_as"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://GPU.lan:8000/v1/", "http://gpu.lan:8000/v1"),
        ("https://gpu.lan/openai/v1/chat/completions", "https://gpu.lan:443/openai/v1"),
        ("http://[::1]:80/v1/models", "http://[::1]:80/v1"),
    ],
)
def test_addresses(url: str, is_read_as: str) -> None:
    assert str(read_address(url)) == is_read_as


@pytest.mark.parametrize(
    "url",
    [
        "gpu.lan",
        "ftp://gpu.lan",
        "http://",
        "http://a:0",
        "http://user:secret@gpu",
        "http://gpu?key=secret",
        "http://a/ä b",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        read_address(url)
    assert "secret" not in told.value.message + told.value.hint


def test_a_key_comes_from_a_variable_which_no_child_gets_or_from_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o600)
    key = read_key(str(file), {})
    assert key is not None
    assert key.header() == f"Bearer {SECRET}".encode()
    assert SECRET not in f"{key} {key!r} {[key]}"
    environ = {KEY_VARIABLES["llm"]: "other", "PATH": "x"}
    key = read_key(str(file), environ)
    assert key is not None
    assert key.header() == b"Bearer other"
    assert environ == {"PATH": "x"}


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    for text, mode, message in (
        (SECRET, 0o644, "Other users can read the key"),
        ("", 0o600, "holds no key"),
        (f"{SECRET}\r\nX-Evil: 1", 0o600, "holds no key"),
    ):
        file.write_text(text, encoding="utf-8", newline="")
        file.chmod(mode)
        if os.name != "posix" and mode == 0o644:
            continue
        with pytest.raises(ConfigError, match=message) as told:
            read_key(str(file), {})
        assert SECRET not in told.value.message + told.value.hint
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_key(str(tmp_path / "none"), {})


def test_events_come_out_the_same_however_the_stream_is_cut() -> None:
    data = "\ufeff: hi\nid: 3\ndata: a\r\ndata:b\r\n\r\ndata: ü\r\rdata: c\n\n".encode()
    for size in (1, 2, 3, 7, len(data)):
        stream = EventStream()
        found = [each for at in range(0, len(data), size) for each in stream.feed(data[at : at + size])]
        assert found == ["a\nb", "ü", "c"], size
