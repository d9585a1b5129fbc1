"""Runs the language model on a graphics card and prints what it saw. `scripts/measure_cuda.sh` builds what this needs and calls it.

    python scripts/measure_cuda.py SHAPE.gguf [--small REAL.gguf] [--device cuda|cpu] [--out figures.json]

SHAPE.gguf comes from `llama3_shape.py`: the speed and memory of a real Llama 3, without its knowledge. REAL.gguf is any small real model. It runs
on the card and on the processor, which must agree about the likeliest next token.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.llama_native import LlamaSession
from voicecli.engines.ports import ChatMessage, Device, Sampling

CONTEXT_TOKENS: Final = 8192
SAMPLING: Final = Sampling(temperature=0.6, max_tokens=256)
REPEATS: Final = 7
CANCEL_AFTER_S: Final = 0.03
"""When a running call is told to stop. A card reads thousands of tokens a second, so it must be soon."""

COMPARED_TOKENS: Final = 64
NEAR_TIE: Final = 1.0
"""Logits. A lead of less can be turned by rounding: the processor turns such leads against itself when it reads one by one."""

SENTENCE: Final = (
    "The keeper of the lighthouse wrote down the wind, the weather and the name of every ship that passed. "
)
QUESTIONS: Final = (
    "Who was the first person on the moon?",
    "How far away is the moon from us?",
    "And which planet is the largest of all?",
    "What do people call a group of lions?",
    "Why does bread rise when it is baked?",
    "Which river flows through the city of Cairo?",
    "When do the clocks change in the spring?",
    "What is a good name for a cat?",
)


def conversation(sentences: int) -> list[ChatMessage]:
    """A system prompt, a long question and its answer."""
    return [
        ChatMessage(role="system", content="You are a voice assistant. Answer in one or two short sentences."),
        ChatMessage(role="user", content=SENTENCE * sentences),
        ChatMessage(role="assistant", content="The keeper kept a log of wind, weather and ships."),
    ]


def first_token_ms(model: LlamaChatModel, messages: Sequence[ChatMessage]) -> float:
    """How long the first token of a reply takes."""
    began_s = time.perf_counter()
    for _ in model.reply(messages, sampling=SAMPLING, is_cancelled=lambda: False):
        break
    return (time.perf_counter() - began_s) * 1000


def tokens_per_s(session: LlamaSession, count: int = 256) -> float:
    """How fast tokens are written. Weights that mean nothing may end a reply at once, so the session is asked directly."""
    writing = session.write(SAMPLING)
    next(writing)
    began_s = time.perf_counter()
    written = len(list(itertools.islice(writing, count)))
    return written / (time.perf_counter() - began_s)


def cancel_ms(work: Callable[[Callable[[], bool]], None]) -> float:
    """How long `work` goes on after it was told to stop."""
    told = threading.Event()
    told_s: list[float] = []

    def tell() -> None:
        told_s.append(time.perf_counter())
        told.set()

    timer = threading.Timer(CANCEL_AFTER_S, tell)
    timer.start()
    work(told.is_set)
    ended_s = time.perf_counter()
    timer.join()
    return (ended_s - told_s[0]) * 1000


def odds(path: Path, device: Device, *, one_by_one: bool = False) -> NDArray[np.float32]:
    """The logits after each of the compared tokens, shape (COMPARED_TOKENS, vocabulary), read at once or one by one."""
    session = LlamaSession(path, name=path.stem, device=device, threads=threads(), context_tokens=512)
    try:
        given = session.tokenize(SENTENCE * 6, special=False)[:COMPARED_TOKENS]
        api: Any = session._api  # noqa: SLF001 - nothing in the product needs the odds of every position
        size = int(api.llama_vocab_n_tokens(session._vocab))  # noqa: SLF001
        found = []
        for batch in [[token] for token in given] if one_by_one else [given]:
            session._decode(batch, odds_of_all=True)  # noqa: SLF001
            for place in range(len(batch)):
                pointer = api.llama_get_logits_ith(session._context, place)  # noqa: SLF001
                found.append(np.ctypeslib.as_array(pointer, (size,)).copy())
        return np.array(found)
    finally:
        session.close()


def threads() -> int:
    """Threads for what runs on the processor."""
    return min(8, os.cpu_count() or 1)


def card() -> dict[str, str]:
    """What the driver says of the card: its name, its driver, and the memory in use, in MiB."""
    fields = ("name", "driver_version", "memory.used", "memory.total")
    try:
        asked = subprocess.run(
            ["nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return {}
    return dict(zip(fields, (part.strip() for part in asked.stdout.splitlines()[0].split(",")), strict=True))


def measure_shape(path: Path, device: Device) -> dict[str, object]:
    """Speed and memory of the model with the shape of Llama 3."""
    before = card()
    began_s = time.perf_counter()
    model = LlamaChatModel(path, name=path.stem, device=device, threads=threads(), context_tokens=CONTEXT_TOKENS)
    load_s = time.perf_counter() - began_s
    session = model._session  # noqa: SLF001 - to ask it for tokens that no reply would hold
    began_s = time.perf_counter()
    model.prime(conversation(1)[:1])
    prime_s = time.perf_counter() - began_s

    history = conversation(70)
    prompt_tokens = model.count_tokens([*history, ChatMessage(role="user", content=QUESTIONS[0])])
    cold_ms, warm_ms = [], []
    for number in range(REPEATS):
        session._forget_after(0)  # noqa: SLF001
        cold_ms.append(first_token_ms(model, [*history, ChatMessage(role="user", content=QUESTIONS[0])]))
        warm_ms.append(first_token_ms(model, [*history, ChatMessage(role="user", content=QUESTIONS[1 + number])]))
    speed = statistics.median(tokens_per_s(session) for _ in range(3))
    used = card()

    long = session.tokenize(SENTENCE * 400, special=False)[: CONTEXT_TOKENS - 64]

    def read(is_cancelled: Callable[[], bool]) -> None:
        session._forget_after(0)  # noqa: SLF001
        session.read(long, is_cancelled)

    def write(is_cancelled: Callable[[], bool]) -> None:
        for _ in session.write(SAMPLING):
            if is_cancelled():
                return

    began_s = time.perf_counter()
    read(lambda: False)
    read_s = time.perf_counter() - began_s
    reading = [cancel_ms(read) for _ in range(REPEATS)]
    session.read(long[:1000], lambda: False)
    writing = [cancel_ms(write) for _ in range(REPEATS)]
    model.close()
    return {
        "device": device,
        "load_s": round(load_s, 2),
        "prime_s": round(prime_s, 2),
        "prompt_tokens": prompt_tokens,
        "first_token_cold_ms": spread(cold_ms),
        "first_token_warm_ms": spread(warm_ms),
        "written_tokens_per_s": round(speed, 1),
        "read_tokens_per_s": round(len(long) / read_s),
        "long_prompt_tokens": len(long),
        "cancel_reading_ms": spread(reading),
        "cancel_writing_ms": spread(writing),
        "card_memory_mib": int(used["memory.used"]) - int(before["memory.used"]) if used and before else None,
        "process_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "repeats": REPEATS,
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Least, median and most."""
    return {
        "least": round(min(values), 1),
        "median": round(statistics.median(values), 1),
        "most": round(max(values), 1),
    }


def compare(path: Path, device: Device) -> dict[str, object]:
    """How far the card and the processor agree about a real model, and how far the processor agrees with itself.

    Rounding decides where two tokens are about equally likely, so what counts is how far apart they were where the likeliest one differs.
    """
    here = odds(path, "cpu")
    best = np.sort(here, axis=1)
    leads = best[:, -1] - best[:, -2]

    def agreement(other: NDArray[np.float32]) -> dict[str, object]:
        differs = here.argmax(axis=1) != other.argmax(axis=1)
        return {
            "same": int((~differs).sum()),
            "leads_where_different": [round(float(lead), 2) for lead in leads[differs]],
            "mean_difference": round(float(np.abs(here - other).mean()), 3),
        }

    card_side = agreement(odds(path, device))
    return {
        "model": path.name,
        "tokens": len(here),
        "median_lead": round(float(np.median(leads)), 2),
        "card_and_processor": card_side,
        "processor_one_by_one": agreement(odds(path, "cpu", one_by_one=True)),
        "agree": all(lead < NEAR_TIE for lead in card_side["leads_where_different"]),  # type: ignore[attr-defined]
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", type=Path)
    parser.add_argument("--small", type=Path, help="a small real model, for the comparison with the processor")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    figures: dict[str, object] = {"card": card(), "shape": measure_shape(options.shape, options.device)}
    if options.small:
        figures["agreement"] = compare(options.small, options.device)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    agreement = figures.get("agreement")
    return 0 if not isinstance(agreement, dict) or agreement["agree"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
