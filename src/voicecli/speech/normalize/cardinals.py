"""Whole numbers in words, for the languages that have a voice. Each function takes a number from 0 to below `TOO_LARGE`."""

from __future__ import annotations

from collections.abc import Callable

from voicecli.speech.word_lists import listed

TOO_LARGE = 10**15
"""Numbers from here on are read digit by digit: nobody says "quadrillion"."""


def _scaled(n: int, scales: tuple[tuple[int, Callable[[int], str]], ...], below: Callable[[int], str]) -> list[str]:
    """Returns the words of `n`, the largest scale first. `scales` puts the count of each scale into words, `below` the rest."""
    parts = []
    for size, words in scales:
        if n >= size:
            parts.append(words(n // size))
            n %= size
    if n:
        parts.append(below(n))
    return parts


# English

_EN = listed("""
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
    """)
_EN_TENS = listed("- - twenty thirty forty fifty sixty seventy eighty ninety")


def _english_below_1000(n: int) -> str:
    if n >= 100:
        rest = f" {_english_below_1000(n % 100)}" if n % 100 else ""
        return f"{_EN[n // 100]} hundred{rest}"
    if n < 20:
        return _EN[n]
    return _EN_TENS[n // 10] + (f"-{_EN[n % 10]}" if n % 10 else "")


def english(n: int) -> str:
    """Returns `365` as "three hundred sixty-five"."""
    scales = tuple(
        (10**power, lambda k, name=name: f"{_english_below_1000(k)} {name}")
        for power, name in ((12, "trillion"), (9, "billion"), (6, "million"), (3, "thousand"))
    )
    return " ".join(_scaled(n, scales, _english_below_1000)) or _EN[0]


# German

_DE = listed("""
        null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn
    """)
_DE_TENS = listed("- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")


def _german_below_1000(n: int) -> str:
    if n >= 100:
        head = "" if n < 200 else _DE[n // 100]
        return head + "hundert" + (_german_below_1000(n % 100) if n % 100 else "")
    if n < 20:
        return _DE[n]
    one = "ein" if n % 10 == 1 else _DE[n % 10]
    return (f"{one}und" if n % 10 else "") + _DE_TENS[n // 10]


def _german_below_million(n: int) -> str:
    thousands, rest = divmod(n, 1000)
    head = "" if thousands <= 1 else _german_before_noun(_german_below_1000(thousands))
    return (f"{head}tausend" if thousands else "") + (_german_below_1000(rest) if rest else "")


def _german_before_noun(words: str) -> str:
    return words[:-1] if words.endswith("eins") else words


def german(n: int) -> str:
    """Returns `365` as "dreihundertfünfundsechzig"."""
    scales = tuple(
        (
            10**power,
            lambda k, name=name: (
                f"eine {name}"
                if k == 1
                else f"{_german_before_noun(_german_below_1000(k))} {name}{'n' if name[-1] == 'e' else 'en'}"
            ),
        )
        for power, name in ((12, "Billion"), (9, "Milliarde"), (6, "Million"))
    )
    return " ".join(_scaled(n, scales, _german_below_million)) or _DE[0]


# Dutch

_NL = listed("""
        nul één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien
    """)
_NL_TENS = listed("- - twintig dertig veertig vijftig zestig zeventig tachtig negentig")


def _dutch_below_1000(n: int) -> str:
    if n >= 100:
        head = "" if n < 200 else _NL[n // 100]
        return head + "honderd" + (_dutch_below_1000(n % 100) if n % 100 else "")
    if n < 20:
        return _NL[n]
    one = "een" if n % 10 == 1 else _NL[n % 10]
    link = "ën" if one.endswith("e") else "en"
    return (f"{one}{link}" if n % 10 else "") + _NL_TENS[n // 10]


def dutch(n: int) -> str:
    """Returns `365` as "driehonderdvijfenzestig"."""

    def thousands(k: int) -> str:
        return ("" if k == 1 else _dutch_below_1000(k)) + "duizend"

    scales = (
        *(
            (10**p, lambda k, name=name: f"{_dutch_below_1000(k)} {name}")
            for p, name in ((12, "biljoen"), (9, "miljard"), (6, "miljoen"))
        ),
        (1000, thousands),
    )
    return " ".join(_scaled(n, scales, _dutch_below_1000)) or _NL[0]


# Spanish

_ES = listed("""
        cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve
        veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve
    """)
_ES_TENS = listed("- - - treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_ES_HUNDREDS = listed("""
        - ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos
    """)


def _spanish_below_1000(n: int) -> str:
    if n == 100:
        return "cien"
    if n > 100:
        return _ES_HUNDREDS[n // 100] + (f" {_spanish_below_1000(n % 100)}" if n % 100 else "")
    if n < 30:
        return _ES[n]
    return _ES_TENS[n // 10] + (f" y {_ES[n % 10]}" if n % 10 else "")


def spanish_before_noun(words: str) -> str:
    """Changes "veintiuno" to "veintiún" and "ciento uno" to "ciento un"."""
    if words.endswith("veintiuno"):
        return words[:-3] + "ún"
    return words[:-1] if words.endswith("uno") else words


def _spanish_below_million(n: int) -> str:
    thousands, rest = divmod(n, 1000)
    head = (
        "mil" if thousands == 1 else f"{spanish_before_noun(_spanish_below_1000(thousands))} mil" if thousands else ""
    )
    return " ".join(part for part in (head, _spanish_below_1000(rest) if rest else "") if part)


def spanish(n: int) -> str:
    """Returns `365` as "trescientos sesenta y cinco"."""
    scales = tuple(
        (
            10**power,
            lambda k, name=name: (
                f"un {name}"
                if k == 1
                else f"{spanish_before_noun(_spanish_below_million(k))} {name.replace('ó', 'o')}es"
            ),
        )
        for power, name in ((12, "billón"), (6, "millón"))
    )
    return " ".join(_scaled(n, scales, _spanish_below_million)) or _ES[0]


# Portuguese

_PT = listed("""
        zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove
    """)
_PT_TENS = listed("- - vinte trinta quarenta cinquenta sessenta setenta oitenta noventa")
_PT_HUNDREDS = listed("""
        - cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos
    """)


def _portuguese_below_1000(n: int) -> str:
    if n == 100:
        return "cem"
    if n > 100:
        return _PT_HUNDREDS[n // 100] + (f" e {_portuguese_below_1000(n % 100)}" if n % 100 else "")
    if n < 20:
        return _PT[n]
    return _PT_TENS[n // 10] + (f" e {_PT[n % 10]}" if n % 10 else "")


def portuguese(n: int) -> str:
    """Returns `365` as "trezentos e sessenta e cinco"."""
    scales = (
        *(
            (10**power, lambda k, one=one, many=many: f"{_portuguese_below_1000(k)} {one if k == 1 else many}")
            for power, one, many in ((12, "trilhão", "trilhões"), (9, "bilhão", "bilhões"), (6, "milhão", "milhões"))
        ),
        (1000, lambda k: "mil" if k == 1 else f"{_portuguese_below_1000(k)} mil"),
    )
    parts = _scaled(n, scales, _portuguese_below_1000)
    last = n % 1000
    if len(parts) > 1 and last and (last < 100 or last % 100 == 0):
        parts[-1] = f"e {parts[-1]}"
    return " ".join(parts) or _PT[0]


# French

_FR = listed("""
        zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf
    """)
_FR_TENS = listed("- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt")


def _french_below_100(n: int) -> str:
    if n < 20:
        return _FR[n]
    tens, one = divmod(n, 10)
    if tens in {7, 9}:
        one += 10
    if n == 80:
        return "quatre-vingts"
    if one == 0:
        return _FR_TENS[tens]
    link = " et " if one in {1, 11} and tens < 8 else "-"
    return f"{_FR_TENS[tens]}{link}{_FR[one]}"


def _french_below_1000(n: int) -> str:
    hundreds, rest = divmod(n, 100)
    if not hundreds:
        return _french_below_100(rest)
    head = "cent" if hundreds == 1 else f"{_FR[hundreds]} cent" + ("" if rest else "s")
    return f"{head} {_french_below_100(rest)}" if rest else head


def french(n: int) -> str:
    """Returns `365` as "trois cent soixante-cinq"."""

    def thousands(k: int) -> str:
        if k == 1:
            return "mille"
        words = _french_below_1000(k)
        return f"{words.removesuffix('s') if words.endswith(('cents', 'vingts')) else words} mille"

    scales = (
        *(
            (10**power, lambda k, name=name: f"{_french_below_1000(k)} {name}{'s' if k > 1 else ''}")
            for power, name in ((12, "billion"), (9, "milliard"), (6, "million"))
        ),
        (1000, thousands),
    )
    return " ".join(_scaled(n, scales, _french_below_1000)) or _FR[0]


# Italian

_IT = listed("""
        zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto
        diciannove
    """)
_IT_TENS = listed("- - venti trenta quaranta cinquanta sessanta settanta ottanta novanta")


def _italian_below_1000(n: int) -> str:
    if n >= 100:
        head = "" if n < 200 else _IT[n // 100]
        return f"{head}cento" + (_italian_below_1000(n % 100) if n % 100 else "")
    if n < 20:
        return _IT[n]
    tens, one = _IT_TENS[n // 10], n % 10
    if one in {1, 8}:
        tens = tens[:-1]
    return tens + (_IT[one] if one else "")


def italian(n: int) -> str:
    """Returns `365` as "trecentosessantacinque"."""
    scales = (
        *(
            (10**power, lambda k, one=one, many=many: f"un {one}" if k == 1 else f"{_italian_below_1000(k)} {many}")
            for power, one, many in ((12, "bilione", "bilioni"), (9, "miliardo", "miliardi"), (6, "milione", "milioni"))
        ),
        (1000, lambda k: "mille" if k == 1 else f"{_italian_below_1000(k)}mila"),
    )
    parts = _scaled(n, scales, _italian_below_1000)
    if n % 10**6 >= 1000 and len(parts) > 1 and n % 1000:
        parts[-2:] = ["".join(parts[-2:])]
    words = " ".join(parts) or _IT[0]
    return words[:-1] + "é" if words.endswith("tre") and words != "tre" else words
