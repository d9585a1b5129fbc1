"""A model's file that is cut or changed while it is in use ends a turn with a sentence, and the conversation goes on."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engines.contracts import SAMPLING, never
from fakes.program import LIMIT_S, command, run
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import ChatMessage
from voicecli.errors import GenerationFailed

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(os.name != "posix", reason="Windows refuses to change a file that is mapped"),
]

HELLO = [ChatMessage(role="user", content="Hello!")]


@pytest.fixture
def copy(tmp_path: Path, model_path: Callable[[str, str], Path]) -> Path:
    """A copy of the smallest model: the test writes into it."""
    (source,) = model_path("llm", "smollm2-135m").glob("*.gguf")
    return Path(shutil.copyfile(source, tmp_path / "mine.gguf"))


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1_000_000)


def change(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(50_000_000)
        file.write(bytes(1000))


@pytest.mark.parametrize("harm", [cut, change])
def test_a_reply_is_refused_before_the_missing_pages_are_read(copy: Path, harm: Callable[[Path], None]) -> None:
    model = LlamaChatModel(copy, name="mine", device="cpu", threads=2, context_tokens=512)
    try:
        assert "".join(model.reply(HELLO, sampling=SAMPLING, is_cancelled=never))
        harm(copy)
        for _ in range(2):
            with pytest.raises(GenerationFailed, match="mine was cut or changed while it was in use"):
                "".join(model.reply(HELLO, sampling=SAMPLING, is_cancelled=never))
        with pytest.raises(GenerationFailed, match="mine was cut or changed"):
            model.read_ahead(HELLO, is_cancelled=never)
    finally:
        model.close()


def test_a_file_that_is_replaced_or_removed_stays_usable(copy: Path) -> None:
    model = LlamaChatModel(copy, name="mine", device="cpu", threads=2, context_tokens=512)
    try:
        (copy.parent / "new.gguf").write_bytes(b"another file")
        (copy.parent / "new.gguf").replace(copy)
        copy.unlink()
        assert "".join(model.reply(HELLO, sampling=SAMPLING, is_cancelled=never))
    finally:
        model.close()


class TypedChat:
    """A running `voicecli chat --text --json` whose lines are typed one by one."""

    def __init__(self, *arguments: str, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command("chat", "--text", "--json", "--speaker", "none", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **env},
        )
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def type(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def until(self, *names: str) -> dict[str, Any]:
        """The next event of one of these names."""
        while (event := self._events.get(timeout=LIMIT_S)) is not None:
            if event["event"] in names:
                return event
        raise AssertionError(f"it ended: {self._process.communicate()[1]}")

    def end(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        code = self._process.wait(LIMIT_S)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
        return code


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_RUNTIME_DIR": str(tmp_path)}


@pytest.mark.parametrize("harm", [cut, change])
def test_a_conversation_survives_it_with_its_history(
    copy: Path, harm: Callable[[Path], None], env: dict[str, str]
) -> None:
    chat = TypedChat("--llm", str(copy), env=env)
    chat.until("ready")
    chat.type("Hello there, who are you?")
    first = chat.until("reply", "error")
    assert first["event"] == "reply", first
    harm(copy)
    for _ in range(2):
        chat.type("And what is a star?")
        error = chat.until("error", "reply")
        assert error["event"] == "error", error
        assert "cut or changed" in error["message"] or "crashed" in error["message"], error
        assert error["hint"]
    assert chat.end() in {0, 5}
    shown = json.loads(run("history", "show", "--json", env=env).stdout)
    assert shown["turns"][0]["question"] == "Hello there, who are you?"
    assert shown["turns"][0]["answer"].strip() == first["text"].strip()
