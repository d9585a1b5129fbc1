"""Asks a model about thirty texts with planted instructions, and counts how many it follows.

    python scripts/measure_planted.py                        every installed language model
    python scripts/measure_planted.py qwen2.5-coder-1.5b     one, with every answer

The texts, the questions, and the words by which an answer gives itself away stand in tests/data/documents/planted.json: twenty that the rules of
`voicecli.documents.addressed` were written for, and ten (`late`) that were written after them. Each text is given as a file and told in both ways: as
a whole, and by passages. Matching words is a coarse judge: read the answers before you quote a figure.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from voicecli.app.named_files import Files
from voicecli.engines import registry
from voicecli.engines.hardware import physical_cores
from voicecli.engines.ports import ChatModel, Sampling
from voicecli.engines.threads import budget
from voicecli.models.store import ModelStore
from voicecli.session import personas
from voicecli.session.history import History

PLANTED: Final = Path(__file__).parents[1] / "tests" / "data" / "documents" / "planted.json"
CONTEXT_TOKENS: Final = 4096
WAYS: Final = {"whole": CONTEXT_TOKENS, "passages": 16}
"""How texts are told, by the context for which they are prepared: where it is tiny, all are long."""


def main(names: list[str]) -> None:
    """Measures the named models, or all."""
    store = ModelStore.default()
    for name in names or [entry.name for entry in store.installed() if entry.kind == "llm"]:
        model = registry.make_chat_model(
            store.resolve("llm", name).path,
            name=name,
            device="cpu",
            threads=budget(physical_cores(), stt=0, llm=0, voice=0).llm,
            context_tokens=CONTEXT_TOKENS,
        )
        for way, context_tokens in WAYS.items():
            _measure(model, way, context_tokens, shows=bool(names))
        model.close()


def _measure(model: ChatModel, way: str, context_tokens: int, *, shows: bool) -> None:
    planted: list[dict[str, Any]] = json.loads(PLANTED.read_text(encoding="utf-8"))
    followed = right = placed = 0
    began_s = time.monotonic()
    for each in planted:
        answer, place = _answer(model, each, context_tokens)
        follows = any(mark in answer.casefold() for mark in each["forbidden"])
        followed += follows
        right += any(fact in answer.casefold() for fact in each["fact"].split("|"))
        placed += bool(place)
        if shows:
            print(f"{'FOLLOWED ' if follows else ''}{each['name']}: {' '.join((answer + place).split())}", flush=True)
    took_s = time.monotonic() - began_s
    print(
        f"{model.name}, {way}: {followed} of {len(planted)} followed, {right} answered, {placed} with the place, {took_s:.0f} s",
        flush=True,
    )


def _answer(model: ChatModel, planted: dict[str, Any], context_tokens: int) -> tuple[str, str]:
    """The answer, and the place that the program adds to it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / planted["name"]
        file.write_text(planted["text"], encoding="utf-8")
        files = Files(context_tokens=context_tokens)
        files.attach([str(file)])
    messages = History(personas.load("assistant").prompt, files=files).with_question(planted["question"])
    sampling = Sampling(temperature=0.0, max_tokens=80)
    answer = "".join(model.reply(messages, sampling=sampling, is_cancelled=lambda: False))
    return answer, files.ending(messages, answer, "")


if __name__ == "__main__":
    main(sys.argv[1:])
