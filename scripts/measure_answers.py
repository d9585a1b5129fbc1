"""Asks every installed language model a hundred everyday questions and reports how well it answers them by voice.

    python scripts/measure_answers.py                       every installed model
    python scripts/measure_answers.py qwen2.5-coder-1.5b    one
    python scripts/measure_answers.py --show wrong          and the answers that are not right
    python scripts/measure_answers.py --show late           and those whose first clause comes late

The questions and what a right answer contains stand in `data/everyday_questions.tsv`. They were written before any model was asked. The persona
is the default one, with its sampling and seed 0. Matching words is a coarse judge: read the answers with `--show` before you quote a figure.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicecli.engines import registry
from voicecli.engines.hardware import physical_cores
from voicecli.engines.ports import ChatModel
from voicecli.engines.threads import budget
from voicecli.models.store import ModelStore
from voicecli.pipeline.chunk_timing import Urgency
from voicecli.pipeline.respond import SLOW_TOKEN_MS
from voicecli.pipeline.second_attempt import SecondAttempt
from voicecli.session import personas
from voicecli.session.history import History
from voicecli.speech.sentence_chunker import HASTY, SentenceChunker
from voicecli.turn import Turn


class Waiting:
    """A playout that never plays, so that only the wait for the first chunk counts."""

    rate_hz = 16_000

    def position(self, turn: Turn) -> None:  # noqa: ARG002 - there is one turn
        """Nothing was heard yet."""
        return


QUESTIONS: Final = Path(__file__).parent / "data" / "everyday_questions.tsv"
UNKNOWN: Final = "@unknown"
CONTEXT_TOKENS: Final = 4096
MOST_SENTENCES: Final = 3
FIRST_CLAUSE_MS: Final = 500.0

REFUSES: Final = re.compile(
    r"(can(no|')?t|not able|unable|don't|do not|doesn't|does not|no way|not have|without) .{0,60}"
    r"(access|know|information|real[- ]time|see|check|tell|browse|provide|determine|answer|predict|internet|personal|feel|have)"
    r"|as an ai|i(['\u2019]m| am) (just )?an? (ai|voice|computer|assistant)"
    r"|need more|could you (please )?(tell|provide)",
    re.IGNORECASE,
)
"""Says that it cannot know or do something."""

CLAIMS: Final = re.compile(
    r"alibaba|qwen|tongyi|openai|chatgpt|\bmeta ai\b|made by meta|\bllama\b|anthropic|claude|google ai|\bgemini\b",
    re.IGNORECASE,
)
MARKDOWN: Final = re.compile(r"\*\*|^#|`|\[[^\]]+\]\(", re.MULTILINE)
LIST: Final = re.compile(r"^\s*([-*•]|\d+[.)])\s", re.MULTILINE)
SENTENCE_END: Final = re.compile(r"[.!?。!?](?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One of the hundred.

    Attributes:
        kind: fact, arithmetic, definition, follow-up or cannot-know.
        turns: What is asked, one after the other. The answer to the last one counts.
        right: Regular expressions that all must match; `UNKNOWN` where it must say that it cannot know.
    """

    kind: str
    turns: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An answer and what is to be said of it.

    Attributes:
        question: What was asked.
        text: The answer.
        again: How many of the answers to it and to the questions before were written once more.
        first_clause: The first chunk that can be spoken; empty where that is the whole answer.
        first_clause_ms: From the first token until it is known.
        token_ms: How long the model took for a token.
    """

    question: Question
    text: str
    again: int
    first_clause: str
    first_clause_ms: float
    token_ms: float

    @property
    def refuses(self) -> bool:
        """Whether it says that it cannot."""
        return REFUSES.search(self.text) is not None

    @property
    def is_right(self) -> bool:
        """Whether the answer holds what a right one must."""
        if self.question.right == (UNKNOWN,):
            return self.refuses
        return all(re.search(each, self.text, re.IGNORECASE) for each in self.question.right)

    @property
    def verdict(self) -> str:
        """right, refused or wrong."""
        if self.is_right:
            return "right"
        return "refused" if self.refuses else "wrong"

    @property
    def sentences(self) -> int:
        """How many sentences it has."""
        return max(1, len(SENTENCE_END.findall(self.text.strip())))


def read_questions(path: Path = QUESTIONS) -> tuple[Question, ...]:
    """The questions, in order."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, asked, right = line.split("\t")
            found.append(Question(kind=kind, turns=tuple(asked.split(" | ")), right=tuple(right.split("&&"))))
    return tuple(found)


def ask(model: ChatModel, question: Question) -> Asked:
    """Asks one question in a conversation of its own."""
    persona = personas.load("assistant")
    sampling = dataclasses.replace(persona.sampling, seed=0)
    history, attempts, again = History(persona.prompt), SecondAttempt(), 0
    text, first_clause, first_clause_ms, tokens, writing_s = "", "", 0.0, 0, 0.0
    for turn in question.turns:
        messages = history.with_question(turn)
        splitter = SentenceChunker(HASTY if model.token_ms > SLOW_TOKEN_MS else None)
        urgency = Urgency(Turn(1), Waiting(), time.perf_counter)
        text, begun_s, clause_s, first_clause = "", 0.0, 0.0, ""
        for delta in attempts.reply(model, messages, turn, sampling, lambda: False):
            begun_s = begun_s or time.perf_counter()
            text += delta
            tokens += 1
            haste = urgency.now()
            if not clause_s and (chunks := splitter.feed(delta, haste)):
                clause_s = time.perf_counter()
                first_clause = chunks[0].text
        again += bool(attempts.because)
        writing_s += time.perf_counter() - begun_s if begun_s else 0.0
        first_clause_ms = ((clause_s or time.perf_counter()) - (begun_s or time.perf_counter())) * 1000
        history.ask(turn)
        history.answer(text.strip())
    return Asked(
        question=question,
        text=text.strip(),
        again=again,
        first_clause=first_clause,
        first_clause_ms=first_clause_ms,
        token_ms=writing_s * 1000 / max(1, tokens),
    )


def report(name: str, asked: Sequence[Asked]) -> list[str]:
    """The lines for one model."""
    kinds = list(dict.fromkeys(each.question.kind for each in asked))
    right = {kind: sum(each.is_right for each in asked if each.question.kind == kind) for kind in kinds}
    of = {kind: sum(each.question.kind == kind for each in asked) for kind in kinds}
    verdicts = [each.verdict for each in asked]
    clauses = [each.first_clause_ms for each in asked]
    long = sum(each.sentences > MOST_SENTENCES for each in asked)
    marked, listed, claims = (
        sum(bool(pattern.search(each.text)) for each in asked) for pattern in (MARKDOWN, LIST, CLAIMS)
    )
    clauses_95 = sorted(clauses)[int(0.95 * len(clauses))]
    token_ms = statistics.median(each.token_ms for each in asked)
    late = sum(each > FIRST_CLAUSE_MS for each in clauses)
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("right", "wrong", "refused"))
    return [
        f"{name}, {len(asked)} questions: {counts}",
        "  " + ", ".join(f"{kind} {right[kind]}/{of[kind]}" for kind in kinds),
        f"  longer than {MOST_SENTENCES} sentences {long}, markdown {marked}, lists {listed}, names a maker {claims}",
        f"  written once more {sum(each.again for each in asked)}",
        f"  a token takes {token_ms:.0f} ms",
        f"  first clause after the first token: median {statistics.median(clauses):.0f} ms, 95 % {clauses_95:.0f} ms, most {max(clauses):.0f} ms",
        f"  first clauses later than {FIRST_CLAUSE_MS:.0f} ms: {late}",
    ]


def main() -> None:
    """Reads the command line and asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="names of installed models (default: all)")
    parser.add_argument("--show", choices=("wrong", "late", "all"), help="print these answers too")
    options = parser.parse_args()
    store = ModelStore.default()
    names = options.models or [entry.name for entry in store.installed() if entry.kind == "llm"]
    for name in names:
        threads = budget(physical_cores()).llm
        path = store.resolve("llm", name).path
        model = registry.make_chat_model(path, name=name, device="cpu", threads=threads, context_tokens=CONTEXT_TOKENS)
        model.prime(History(personas.load("assistant").prompt).messages)
        asked = [ask(model, question) for question in read_questions()]
        for each in asked:
            is_late = each.first_clause_ms > FIRST_CLAUSE_MS
            if options.show == "late" and is_late:
                print(f"{each.first_clause_ms:.0f} ms\t{each.first_clause}\t{' '.join(each.text.split())}")
            elif options.show == "all" or (options.show == "wrong" and not each.is_right):
                print(f"{each.verdict}\t{' | '.join(each.question.turns)}\t{' '.join(each.text.split())}")
        print("\n".join(report(name, asked)), flush=True)


if __name__ == "__main__":
    main()
