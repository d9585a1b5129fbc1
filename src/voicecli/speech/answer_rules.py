"""The rules for a persona's answers: their length, no repeated answers, forbidden words. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from voicecli.speech.plain_text import tidy
from voicecli.speech.punctuation import PAUSES
from voicecli.speech.sentence_endings import ending, is_over
from voicecli.speech.speakable import speakable
from voicecli.speech.word_timing import spans

SPARK: Final = "{spark}"
QUESTION: Final = "{question}"

MOST_REPEATS: Final = 3
"""A text that repeats one word at least this many times is not a question: "test test test"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules for a persona's answers.

    Attributes:
        longest_words: Maximum number of words; None for no limit.
        shortest_words: Minimum number of words.
        sentences: Maximum number of sentences; None for no limit.
        never_twice: Whether no answer is given twice in a session.
        never_says: Words that no answer contains, in upper or lower case.
        never_echoes: Whether no answer is a question or takes more than half of its words from the question.
        only_asks: The exact text that replaces an answer without a question; of an answer with one, only its first question is spoken. Empty for
            ordinary answers.
        foolish: The exact answer to a foolish or empty question; empty if no question is treated as foolish.
        foolish_like: Examples of foolish questions. The last one tests whether the model can judge; the others are shown to it as examples.
        serious_like: Examples of serious questions, one fewer than `foolish_like`.
        remembers: Whether the model gets the earlier turns of the conversation.
        frame: The prompt for a question, with `{question}` and optionally `{spark}` in it; empty for the question alone.
        sparks: Texts of which one is put into the frame, a different one each time.
        varies: Whether each answer gets another seed.
        between: The two languages, ISO 639-1, between which everything is translated instead of answered; None for answers.
    """

    longest_words: int | None = None
    shortest_words: int = 1
    sentences: int | None = None
    never_twice: bool = False
    never_says: tuple[str, ...] = ()
    never_echoes: bool = False
    only_asks: str = ""
    foolish: str = ""
    foolish_like: tuple[str, ...] = ()
    serious_like: tuple[str, ...] = ()
    remembers: bool = True
    frame: str = ""
    sparks: tuple[str, ...] = ()
    varies: bool = False
    between: tuple[str, str] | None = None

    @property
    def holds_back(self) -> bool:
        """Whether an answer must be complete before any of it is spoken."""
        held = (
            self.longest_words,
            self.sentences,
            self.never_twice,
            self.never_says,
            self.never_echoes,
            self.only_asks,
        )
        return any(held) or self.shortest_words > 1

    @property
    def read_question(self) -> bool:
        """Whether the rules look at the words of the question, or put them into a frame."""
        return bool(self.foolish or self.frame or self.never_echoes or self.between)


FREE: Final = Rules()

_FILLERS: Final = """
a ah aha ahem blah bla bye ciao er erm goodbye ha haha hallo hello hey hi hm hmm huh la lala mhm mm na no oh ok okay test testing the uh uhm um ummm
well yeah yes yo you
äh ähm hola bonjour salut
"""

_NO_QUESTION: Final = frozenset(_FILLERS.split())
"""Words that alone do not make a question."""

_VOWELS: Final = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôûãõåæøœ]")
_LATIN: Final = re.compile(r"[a-zäöüß]+")


def is_no_question(text: str) -> bool:
    """Whether `text` contains nothing to answer: no words, only greetings and fillers, one repeated word, or random typing."""
    words = re.findall(r"[^\W_]+", text.casefold())
    if not words or all(word in _NO_QUESTION for word in words):
        return True
    if len(set(words)) == 1 and (len(words) >= MOST_REPEATS or len(words[0]) == 1):
        return True
    typed = [word for word in words if _LATIN.fullmatch(word)]
    random = [word for word in typed if len(word) > 3 and _is_random(word)]  # noqa: PLR2004 - "hmm", "why"
    return bool(typed) and len(random) * 2 > len(words)


def _is_random(word: str) -> bool:
    return _VOWELS.search(word) is None or re.search(r"[bcdfghjklmnpqrstvwxz]{6}", word) is not None


def count_words(text: str) -> int:
    """The number of words that a listener hears. A Chinese or Japanese character counts as one."""
    return len(spans(text))


def same(text: str) -> str:
    """A key that is equal for answers that sound the same."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def cleaned(written: str, rules: Rules) -> str:
    """The model's text as one line, without markup and enclosing quotation marks, and with at most the allowed number of sentences."""
    lines = [speakable(line) for line in written.strip().splitlines() if line.strip()]
    told = [line for line in lines if not line.endswith((":", "："))]  # noqa: RUF001 - an announcement: "Here is a proverb:"
    text = " ".join((told if rules.sentences is None else told[:1]) or lines[:1])
    text = _unquoted(text)
    return text if rules.sentences is None else _unquoted(_first_sentences(text, rules.sentences))


def _unquoted(text: str) -> str:
    pairs = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "「": "」"}
    while len(text) > 2 and pairs.get(text[0]) == text[-1]:  # noqa: PLR2004 - a mark on both sides
        text = text[1:-1].strip()
    return text


def _first_sentences(text: str, count: int) -> str:
    words = text.split(" ")
    for at, word in enumerate(words):
        following = words[at + 1][:1] if at + 1 < len(words) else ""
        if is_over(ending(word, words[at - 1] if at else ""), following):
            count -= 1
            if not count:
                return " ".join(words[: at + 1])
    return text


def first_question(text: str) -> str:
    """The first sentence of a cleaned `text` that is a question; empty for none."""
    words = text.split(" ")
    begun = 0
    for at, word in enumerate(words):
        following = words[at + 1][:1] if at + 1 < len(words) else ""
        if is_over(ending(word, words[at - 1] if at else ""), following):
            if _asks(word):
                return " ".join(words[begun : at + 1])
            begun = at + 1
    return ""


def _asks(text: str) -> bool:
    return text.rstrip("\"'\u201d\u2019\u00bb) ").endswith(("?", "\uff1f"))


def breach(text: str, rules: Rules, given: Collection[str], question: str = "") -> str:
    """The rule that `text` breaks, as one word; empty if it breaks none.

    Args:
        text: An answer, cleaned.
        rules: The rules.
        given: The earlier answers, as returned by `same`.
        question: The question that it answers.
    """
    words = count_words(text)
    if not words:
        return "empty"
    if rules.longest_words is not None and words > rules.longest_words:
        return "long"
    if words < rules.shortest_words:
        return "short"
    if _forbidden(rules).search(text):
        return "forbidden"
    if rules.never_echoes and _echoes(text, question):
        return "echo"
    return "twice" if rules.never_twice and same(text) in given else ""


def _echoes(text: str, question: str) -> bool:
    said, asked = same(text).split(), set(same(question).split())
    return _asks(text) or sum(word in asked for word in said) * 2 > len(said)


def kept_to(text: str, rules: Rules, given: Collection[str]) -> str:
    """Shortens `text` until it keeps to the rules: removes forbidden words, then words from its end. Used if every attempt broke a rule.

    Empty if nothing is left.
    """
    text = tidy(_forbidden(rules).sub("", text)) if rules.never_says else text
    if rules.longest_words is not None and count_words(text) > rules.longest_words:
        text = _shortened(text, rules.longest_words)
    while count_words(text) and (fault := breach(text, rules, given)) and fault != "short":
        word = spans(text)[-1]
        text = _unfinished(text[: word[0]])
    return text if not breach(text, rules, given) else ""


def _shortened(text: str, longest: int) -> str:
    """The first `longest` words, or fewer if a clause ends before that, because a complete clause is better than a truncated one."""
    words = spans(text)[:longest]
    clauses = [n for n, (a, b) in enumerate(words) if n + 1 >= LEAST_CLAUSE and text[b - 1] in PAUSES]
    if clauses:
        return _unfinished(text[: words[clauses[-1]][1]])
    while len(words) > 1 and text[words[-1][0] : words[-1][1]].casefold() in _LEADING:
        words.pop()
    return _unfinished(text[: words[-1][1]])


LEAST_CLAUSE: Final = 4
"""Minimum number of words of a clause that is used as the whole answer."""

_LEADING: Final = frozenset(
    ("a", "an", "and", "as", "but", "for", "in", "is", "of", "on", "or", "that", "the", "to", "with")
)
"""Words that need a following word, so that no sentence ends with them."""


def _unfinished(text: str) -> str:
    """`text` as a sentence, after its end was removed."""
    core = text.rstrip(" ,;:.!?\u2026\u2013\u2014-")
    return f"{core}." if core else ""


def _forbidden(rules: Rules) -> re.Pattern[str]:
    if not rules.never_says:
        return re.compile(r"(?!)")
    said = (r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", words.strip()))) for words in rules.never_says)
    return re.compile(rf"(?<!\w)(?:{'|'.join(said)})(?!\w)", re.IGNORECASE)


def framed(question: str, rules: Rules, spark: str) -> str:
    """The prompt for the question."""
    return (rules.frame or QUESTION).replace(SPARK, spark).replace(QUESTION, question.strip())


def judging(rules: Rules) -> Sequence[tuple[str, bool]]:
    """Example questions and whether they are foolish, alternately, ending with a foolish one.

    With two examples of each, a model of 1.5 billion weights judged 22 of 24 other questions correctly. One of half a billion called all of them
    serious.
    """
    pairs = zip(rules.serious_like, rules.foolish_like, strict=False)
    return [each for serious, foolish in pairs for each in ((serious, False), (foolish, True))]
