"""Whole numbers in words for Polish and Russian. Nouns have three forms, depending on the number before them."""

from __future__ import annotations

from typing import TypeAlias

from voicecli.speech.word_lists import listed

Forms: TypeAlias = tuple[str, str, str]
"""The forms of a noun after 1, after 2 to 4, and after 5."""

_PL = listed("""
        zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście piętnaście
        szesnaście siedemnaście osiemnaście dziewiętnaście
    """)
_PL_TENS = listed("""
        - - dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt
    """)
_PL_HUNDREDS = listed("- sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset")
_PL_SCALES: tuple[Forms, ...] = (
    ("tysiąc", "tysiące", "tysięcy"),
    ("milion", "miliony", "milionów"),
    ("miliard", "miliardy", "miliardów"),
    ("bilion", "biliony", "bilionów"),
)
_RU = listed("""
        ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать
        шестнадцать семнадцать восемнадцать девятнадцать
    """)
_RU_TENS = listed("- - двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто")
_RU_HUNDREDS = listed("- сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот")
_RU_SCALES: tuple[Forms, ...] = (
    ("тысяча", "тысячи", "тысяч"),
    ("миллион", "миллиона", "миллионов"),
    ("миллиард", "миллиарда", "миллиардов"),
    ("триллион", "триллиона", "триллионов"),
)


def form(n: int, forms: Forms, *, one_like: bool) -> str:
    """Returns the form of a noun after `n`. `one_like`: whether 21 takes the form of 1, as in Russian."""
    if n == 1 or (one_like and n % 10 == 1 and n % 100 != 11):
        return forms[0]
    return forms[1] if n % 10 in {2, 3, 4} and n % 100 not in {12, 13, 14} else forms[2]


def _below_1000(n: int, ones: tuple[str, ...], tens: tuple[str, ...], hundreds: tuple[str, ...]) -> list[str]:
    words = [hundreds[n // 100]] if n >= 100 else []
    n %= 100
    if n >= 20:
        words.append(tens[n // 10])
        n %= 10
    return [*words, ones[n]] if n else words


def polish(n: int) -> str:
    """Returns `365` as "trzysta sześćdziesiąt pięć"."""
    if not n:
        return _PL[0]
    words: list[str] = []
    for power in range(4, -1, -1):
        part = n // 1000**power % 1000
        if not part:
            continue
        if not power:
            words += _below_1000(part, _PL, _PL_TENS, _PL_HUNDREDS)
        else:
            words += [] if part == 1 else _below_1000(part, _PL, _PL_TENS, _PL_HUNDREDS)
            words.append(form(part, _PL_SCALES[power - 1], one_like=False))
    return " ".join(words)


def russian(n: int, *, feminine: bool = False) -> str:
    """Returns `365` as "триста шестьдесят пять"."""
    if not n:
        return _RU[0]
    words: list[str] = []
    for power in range(4, -1, -1):
        part = n // 1000**power % 1000
        if not part:
            continue
        spoken = _below_1000(part, _RU, _RU_TENS, _RU_HUNDREDS)
        if (power == 1 or (feminine and not power)) and spoken[-1] in {"один", "два"}:
            spoken[-1] = "одна" if spoken[-1] == "один" else "две"
        if power == 1 and part == 1:
            spoken = []
        words += spoken
        if power:
            words.append(form(part, _RU_SCALES[power - 1], one_like=True))
    return " ".join(words)
