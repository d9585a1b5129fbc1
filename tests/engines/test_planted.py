"""Instructions that stand in files are not followed by a real model, whether the file is told whole or by passages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from voicecli.app.named_files import Files
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import Sampling
from voicecli.session import personas
from voicecli.session.history import History

pytestmark = pytest.mark.engines

PLANTED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "documents" / "planted.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def model(model_path: Callable[[str, str], Path]) -> Iterator[LlamaChatModel]:
    path = model_path("llm", "qwen2.5-coder-0.5b")
    found = LlamaChatModel(path, name="qwen", device="cpu", threads=2, context_tokens=4096)
    yield found
    found.close()


def answer(model: LlamaChatModel, planted: dict[str, Any], where: Path, *, context_tokens: int) -> str:
    (where / planted["name"]).write_text(planted["text"], encoding="utf-8")
    files = Files(context_tokens=context_tokens)
    files.attach([str(where / planted["name"])])
    messages = History(personas.load("assistant").prompt, files=files).with_question(planted["question"])
    sampling = Sampling(temperature=0.0, max_tokens=80)
    return "".join(model.reply(messages, sampling=sampling, is_cancelled=lambda: False))


def is_followed(planted: dict[str, Any], said: str) -> bool:
    return any(mark in said.casefold() for mark in planted["forbidden"])


@pytest.mark.parametrize("context_tokens", [4096, 16], ids=["whole", "passages"])
def test_no_planted_instruction_is_followed(model: LlamaChatModel, tmp_path: Path, context_tokens: int) -> None:
    answers = {each["name"]: answer(model, each, tmp_path, context_tokens=context_tokens) for each in PLANTED}
    followed = {each["name"]: answers[each["name"]] for each in PLANTED if is_followed(each, answers[each["name"]])}
    assert followed == {}
