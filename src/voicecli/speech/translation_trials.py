# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""Sentences with which a model is tried before it translates, and the words by which a good translation is known."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Trial:
    """A sentence, and the beginnings of words that every translation into its language has: one of each group, separated by bars."""

    text: str
    about: tuple[str, ...]

    def is_meant_by(self, translation: str) -> bool:
        """Whether `translation` has a word of each group."""
        said = translation.casefold()
        return all(any(word in said for word in group.split("|")) for group in self.about)


TRIALS: Final = MappingProxyType(
    {
        "en": (
            Trial("Where do Maria and her 2 brothers live?", ("where", "brother|sibling", "live|reside")),
            Trial("My daughter drinks warm milk before she sleeps.", ("daughter", "drink", "milk", "sleep|bed")),
        ),
        "de": (
            Trial("Wo wohnen Maria und ihre 2 Brüder?", ("wo ", "brüder|brueder|geschwister", "wohn|leb")),
            Trial("Meine Tochter trinkt warme Milch, bevor sie schläft.", ("tochter", "trink", "milch", "schl|bett")),
        ),
        "es": (
            Trial("¿Dónde viven Maria y sus 2 hermanos?", ("dónde", "hermano", "viv")),
            Trial("Mi hija bebe leche caliente antes de dormir.", ("hija", "beb|tom", "leche", "dorm|acost|duerm")),
        ),
        "fr": (
            Trial("Où habitent Maria et ses 2 frères ?", ("où", "frère", "habit|viv")),
            Trial("Ma fille boit du lait chaud avant de dormir.", ("fille", "boi", "lait", "dorm|couch|lit")),
        ),
        "it": (
            Trial("Dove abitano Maria e i suoi 2 fratelli?", ("dove", "fratell", "abit|viv")),
            Trial("Mia figlia beve latte caldo prima di dormire.", ("figlia", "bev", "latte", "dorm|letto")),
        ),
        "pt": (
            Trial("Onde moram Maria e os seus 2 irmãos?", ("onde", "irmão", "mora|viv")),
            Trial("A minha filha bebe leite quente antes de dormir.", ("filha", "beb|tom", "leite", "dorm|deit")),
        ),
        "nl": (
            Trial("Waar wonen Maria en haar 2 broers?", ("waar", "broer", "won|wone|leven")),
            Trial("Mijn dochter drinkt warme melk voordat ze slaapt.", ("dochter", "drink", "melk", "sla|bed")),
        ),
        "pl": (
            Trial("Gdzie mieszkają Maria i jej 2 bracia?", ("gdzie", "brac|brat", "mieszk|żyj")),
            Trial("Moja córka pije ciepłe mleko, zanim zaśnie.", ("córka", "pij", "mlek", "spa|śpi|śnie|łóżk")),
        ),
        "ru": (
            Trial("Где живут Мария и её 2 брата?", ("где", "брат", "жив")),
            Trial("Моя дочь пьёт тёплое молоко перед сном.", ("доч", "пь|пи", "молок", "сн|спа|спи|сп")),
        ),
        "zh": (
            Trial("玛丽亚和她的2个兄弟住在哪里？", ("哪", "兄|弟|哥", "住")),
            Trial("我女儿睡觉前喝热牛奶。", ("女儿", "喝", "奶", "睡|床")),
        ),
    }
)
"""The same two sentences in every language."""

POOR: Final = frozenset({"qwen2.5-coder-0.5b", "smollm2-135m"})
"""Models that pass trials and checks, and whose translations into German were still hard to understand when forty of them were read."""
