# ruff: noqa: RUF001 - the signs of other scripts are what this is about
"""Tells from the first words of a reply whether it is an answer, a refusal of a stock kind, or the question once more. Pure.

Small models sometimes write a sentence that was trained into them, "I'm sorry, but I can't assist with that.", to a harmless request, or repeat
what was said. Both show in the first clause, before it can be spoken. An answer that cannot become one of these passes at its first word.

A refusal with a reason is no stock refusal: "I cannot know that.", "I'm sorry, I cannot see you."
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["answer", "refusal", "repetition"]

SHORT_WORDS: Final = 3
"""Utterances of at most this many words may be repeated: greetings and thanks are returned."""

SHORT_WIDE: Final = 4
"""The same for Chinese and Japanese, in characters."""

CUT: Final = "\x00"

_ENGLISH: Final = (
    r"(?:(?:i'm|i am) (?:very |really |so )?sorry(?: about that| for that)?|sorry|(?:i )?apologi[sz]e|my apologies|unfortunately)?"
    r"(?: but| however)? ?(?:as an ai(?: language model| assistant)?)? ?"
    r"i(?:'m| am)? ?(?:can't|cannot|can not|won't|unable to|not able to) (?:assist|help|fulfill?|comply|engage|continue)"
    r"(?: (?:you|with|that|this|it|your|the|in|to|request|conversation|further))*"
)
_GERMAN: Final = (
    r"(?:(?:es )?tut mir leid|entschuldigung|leider)?(?: aber)? ?(?:ich kann|kann ich)(?: (?:dir|ihnen|leider|dabei|damit|hierbei|diese|anfrage))*"
    r" nicht(?: dabei| damit)? (?:helfen|weiterhelfen|behilflich sein|unterstützen|bearbeiten|erfüllen)"
)
_SPANISH: Final = (
    r"(?:lo siento|perdón)?(?: pero)? ?no puedo (?:ayudar(?:te|le)?|asistir(?:te|le)?|cumplir|continuar)"
    r"(?: (?:con|en|a|eso|esto|esa|solicitud))*"
)
_FRENCH: Final = (
    r"(?:(?:je suis )?désolée?|excusez-moi)?(?: mais)? ?je ne (?:peux|puis) pas (?:(?:t'|vous )?aider|(?:vous )?assister|répondre)"
    r"(?: (?:avec|à|dans|cela|ça|cette|demande))*"
)
_STOCK: Final = re.compile(f"{_ENGLISH}|{_GERMAN}|{_SPANISH}|{_FRENCH}", re.IGNORECASE)
"""A whole refusal of the stock kind, in its plain words."""

_STOCK_WIDE: Final = re.compile(
    r"(?:很|非常)?(?:抱歉|对不起)?(?:但)?(?:作为一个(?:人工智能|AI)(?:语言模型|助手)?)?我(?:无法|不能|没有办法)"
    r"(?:协助|帮助|满足|提供帮助)(?:您|你)?(?:处理)?(?:这个|该|您的|你的)?(?:请求|要求|问题)?"
)

_WORDS: Final = frozenset(
    """
    i i'm am very really so sorry about that for apologize apologise my apologies unfortunately but however as an ai language model
    assistant can't cannot can not won't unable to able assist help fulfil fulfill comply engage continue you with this it your the in request
    conversation further
    es tut mir leid entschuldigung leider aber ich kann dir ihnen dabei damit hierbei diese anfrage nicht helfen weiterhelfen behilflich sein
    unterstützen bearbeiten erfüllen
    lo siento perdón pero no puedo ayudar ayudarte ayudarle asistir asistirte asistirle cumplir continuar con en a eso esto esa solicitud
    je suis désolé désolée excusez-moi mais ne peux puis pas t'aider aider vous assister répondre avec à dans cela ça cette demande
    """.split()  # noqa: SIM905 - as a list it would be a page
)
"""The words of which refusals of the stock kind consist."""

_FIRST: Final = frozenset(
    "i i'm sorry apologize apologise my unfortunately as es tut entschuldigung leider ich lo perdón no je désolé désolée excusez-moi".split()  # noqa: SIM905 - likewise
)
"""The words with which they begin."""

_NEGATIVE: Final = frozenset({"can't", "cannot", "not", "won't", "unable", "nicht", "no", "pas"})
_VERBS: Final = frozenset(
    [
        "assist",
        "help",
        "fulfil",
        "fulfill",
        "comply",
        "engage",
        "helfen",
        "weiterhelfen",
        "ayudar",
        "ayudarte",
        "ayudarle",
        "aider",
        "t'aider",
    ]
)

_WIDE: Final = frozenset(
    "很非常抱歉对不起但作为一个人工智能语言模型助手我无法不能没有办协助帮满足提供您你处理这该的请求要问题AI"
)
_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_END: Final = re.compile(r"[.!?](?=\s|$)|[。！？\n]")
_WIDE_LETTER: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_PERSONS: Final = (
    ("i", "you"), ("i'm", "you're"), ("am", "are"), ("my", "your"), ("me", "you"), ("mine", "yours"),
    ("ich", "du"), ("bin", "bist"), ("mein", "dein"), ("meine", "deine"), ("meiner", "deiner"), ("mir", "dir"), ("mich", "dich"),
    ("estoy", "estás"), ("mi", "tu"), ("yo", "tú"), ("me", "te"), ("soy", "eres"),
    ("je", "tu"), ("suis", "es"), ("mon", "ton"), ("ma", "ta"), ("mes", "tes"), ("moi", "toi"),
    ("我", "你"), ("我", "您"),
)  # fmt: skip
"""Words that change when another person says a sentence."""

_SAME: Final[dict[str, str]] = {second: first for first, second in _PERSONS}


class FirstWords:
    """Reads a reply as it is written, until it is known what it is.

    Args:
        question: What the person said.
        may_refuse: Whether a refusal of the stock kind counts as an answer.
    """

    def __init__(self, question: str, *, may_refuse: bool = False) -> None:
        self._question = list(_compared(question))
        wide = sum(map(bool, map(_WIDE_LETTER.match, self._question)))
        self._short = len(self._question) <= (SHORT_WIDE if wide else SHORT_WORDS)
        self._may_refuse = may_refuse
        self._text = ""
        self.kind: Kind | None = None
        """What the reply is; None while that is not known."""

    def feed(self, text: str) -> Kind | None:
        """Takes the next piece. Returns what the reply is; None if that is not known yet."""
        if self.kind is None:
            self._text += text
            self.kind = self._judged(over=False)
        return self.kind

    def finish(self) -> Kind:
        """The reply is over. Returns what it is."""
        self.kind = self.kind or self._judged(over=True) or "answer"
        return self.kind

    def _judged(self, *, over: bool) -> Kind | None:
        text = self._text.replace("\u2019", "'")
        repeats, refuses = self._repeats(text, over=over), self._refuses(text, over=over)
        if refuses or repeats:
            return "refusal" if refuses else "repetition"
        return None if repeats is None or refuses is None else "answer"

    def _refuses(self, text: str, *, over: bool) -> bool | None:
        """Whether it begins with a refusal of the stock kind; None while that is not known."""
        if self._may_refuse:
            return False
        end = _END.search(text)
        first = text if end is None else text[: end.start()]
        if not over and end is None and _could_refuse(first):
            return None
        if _WIDE_LETTER.search(first):
            return _STOCK_WIDE.fullmatch(re.sub(r"[\s,，、]", "", first)) is not None
        return _STOCK.fullmatch(" ".join(_WORD.findall(first))) is not None

    def _repeats(self, text: str, *, over: bool) -> bool | None:
        """Whether it is the question and nothing else; None while that is not known."""
        if self._short or not self._question:
            return False
        said = list(_compared(text))
        if over:
            return said == self._question
        whole = said if text[-1:].isspace() or not said or _WIDE_LETTER.match(said[-1]) else said[:-1]
        if whole != self._question[: len(whole)] or len(said) > len(self._question):
            return False
        return None


def _could_refuse(text: str) -> bool:
    """Whether a sentence that is not over may still become a refusal of the stock kind."""
    if _WIDE_LETTER.search(text):
        return all(each in _WIDE for each in re.sub(r"[\s,，、]", "", text))
    words = [word.casefold() for word in _WORD.findall(text)]
    if not words:
        return not text.strip()
    last = words.pop() if text[-1].isalnum() or text[-1] in "'-" else ""
    if any(word not in _WORDS for word in words) or (words and words[0] not in _FIRST):
        return False
    if _VERBS & set(words) and not _NEGATIVE & set(words):  # "I can help you"
        return False
    return not last or any(word.startswith(last) for word in (_WORDS if words else _FIRST))


def _compared(text: str) -> Iterator[str]:
    """Yields the words of a text, or its Chinese and Japanese characters, alike for both persons."""
    for word in _WORD.findall(text.casefold().replace("\u2019", "'")):
        for part in _WIDE_LETTER.split(word) if not _WIDE_LETTER.search(word) else list(word):
            yield _SAME.get(part, part)
