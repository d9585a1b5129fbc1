"""Has forty sentences translated and reports how many translations keep every number and name, and how many are replies instead.

    python scripts/measure_translation.py                         every installed language model
    python scripts/measure_translation.py qwen2.5-coder-1.5b      one
    python scripts/measure_translation.py --show all              and every translation
    python scripts/measure_translation.py --sentences scripts/data/translation-sentences-2.tsv

The sentences and what must be in their translations stand in `data/translation-sentences.tsv`: 20 in English and 20 in German. They were written
before any model was asked. With them prompts and checks were made; the second set was written afterwards, before any run with it. They are
translated as `chat --translate en:de` does it, with its checks and new attempts; `--once` shows what the model writes at the first attempt, without
any check. What must be in a translation is compared with the file, not with the program's own checks. Matching words is a coarse judge: read the
translations with `--show all` before you quote a figure.
"""

from __future__ import annotations

import argparse
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
from voicecli.pipeline.translating import Translating
from voicecli.speech.faithful import asks
from voicecli.speech.translation import directions, language_among

SENTENCES: Final = Path(__file__).parent / "data" / "translation-sentences.tsv"
BETWEEN: Final = ("en", "de")
CONTEXT_TOKENS: Final = 4096
REPLY_LENGTH: Final = 2.5
"""A text this many times longer than its source is a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One of the forty.

    Attributes:
        language: Its language.
        text: The sentence.
        kept: What must be in the translation: the accepted forms of each number and name.
    """

    language: str
    text: str
    kept: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A translation.

    Attributes:
        sentence: What was translated.
        text: The translation, or why there is none.
        failed: Whether the program said that it cannot translate it.
        attempts: How many attempts it took.
        took_s: How long it took.
    """

    sentence: Sentence
    text: str
    failed: bool
    attempts: int
    took_s: float

    @property
    def lost(self) -> tuple[str, ...]:
        """The numbers and names that are not in it."""
        return tuple(forms[0] for forms in self.sentence.kept if not any(_has(self.text, form) for form in forms))

    @property
    def is_reply(self) -> bool:
        """Whether it seems to be a reply: in the language of the question, not a question where one was asked, or much longer."""
        other = next(code for code in BETWEEN if code != self.sentence.language)
        in_own = language_among(self.text, (other, self.sentence.language)) == self.sentence.language
        longer = len(self.text) > REPLY_LENGTH * len(self.sentence.text)
        return not self.failed and (in_own or longer or asks(self.sentence.text) != asks(self.text))

    @property
    def verdict(self) -> str:
        """kept, lost, reply or said so."""
        if self.failed:
            return "said so"
        if self.is_reply:
            return "reply"
        return "lost" if self.lost else "kept"


def _has(text: str, form: str) -> bool:
    joined = re.sub(r"(?<=hundred) and ", " ", text.casefold().replace("-", " "))
    wanted = form.casefold().replace("-", " ")
    if wanted[0].isdigit():
        return re.search(rf"(?<!\d){re.escape(wanted)}(?!\d)", joined) is not None
    return re.search(rf"(?<![^\W_]){re.escape(wanted)}", joined) is not None


def read_sentences(path: Path = SENTENCES) -> tuple[Sentence, ...]:
    """The sentences, in order."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, text, kept = line.split("\t")
            entries = [each.strip() for part in kept.split("/") for each in part.split(";") if each.strip()]
            found.append(Sentence(language=language, text=text, kept=tuple(tuple(each.split("|")) for each in entries)))
    return tuple(found)


def translate(model: ChatModel, sentence: Sentence, *, once: bool) -> Result:
    """Translates one sentence."""
    way = next(each for each in directions(BETWEEN) if each.source == sentence.language)
    began_s = time.perf_counter()
    if once:
        text, verdict = Translating.attempt(model, sentence.text, BETWEEN, way, _never)
        del verdict
        return Result(sentence=sentence, text=text, failed=False, attempts=1, took_s=time.perf_counter() - began_s)
    done = list(Translating().sentences(model, sentence.text, BETWEEN, way, is_cancelled=_never))
    return Result(
        sentence=sentence,
        text=" ".join(each.text for each in done),
        failed=any(each.failed for each in done),
        attempts=max(each.attempts for each in done),
        took_s=time.perf_counter() - began_s,
    )


def _never() -> bool:
    return False


def report(name: str, results: Sequence[Result]) -> list[str]:
    """The lines for one model."""
    verdicts = [each.verdict for each in results]
    kept = sum(not each.lost and not each.failed for each in results)
    counts = ", ".join(f"{verdicts.count(each)} {each}" for each in ("kept", "lost", "reply", "said so"))
    by_way = ", ".join(
        f"from {code} {sum(not each.lost and not each.failed for each in results if each.sentence.language == code)}"
        for code in BETWEEN
    )
    took = sorted(each.took_s for each in results)
    return [
        f"{name}, {len(results)} sentences: all numbers and names kept in {kept} ({by_way})",
        f"  {counts}",
        f"  needed more than one attempt: {sum(each.attempts > 1 for each in results)}",
        f"  seconds for a sentence: median {statistics.median(took):.1f}, 90 % {took[int(0.9 * len(took))]:.1f}, most {took[-1]:.1f}",
    ]


def main() -> None:
    """Reads the command line and translates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="names of installed models (default: all)")
    parser.add_argument("--show", choices=("bad", "all"), default="bad", help="print these translations")
    parser.add_argument("--sentences", type=Path, default=SENTENCES, help="another file of sentences")
    parser.add_argument("--once", action="store_true", help="take the first attempt, without any check")
    options = parser.parse_args()
    store = ModelStore.default()
    names = options.models or [entry.name for entry in store.installed() if entry.kind == "llm"]
    threads = budget(physical_cores()).llm
    for name in names:
        found = store.resolve("llm", name)
        model = registry.make_chat_model(
            found.path, name=found.name, device="cpu", threads=threads, context_tokens=CONTEXT_TOKENS
        )
        results = [translate(model, sentence, once=options.once) for sentence in read_sentences(options.sentences)]
        model.close()
        print("\n".join(report(name, results)))
        for each in results:
            if options.show == "all" or each.verdict != "kept":
                lost = f" (lost: {', '.join(each.lost)})" if each.lost and not each.failed else ""
                print(f"  {each.verdict:8}{each.sentence.text}\n          {each.text}{lost}")


if __name__ == "__main__":
    main()
