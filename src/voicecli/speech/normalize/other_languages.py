"""The rules of French, Italian, Portuguese, Dutch, Polish and Russian: numbers, dates, times and money. The voice reads acronyms and names itself."""

from __future__ import annotations

import re
from typing import ClassVar

from voicecli.speech.normalize import other_languages_words
from voicecli.speech.normalize.cardinals_slavic import form, russian
from voicecli.speech.normalize.numbers import word_before
from voicecli.speech.normalize.rules import SPACES, Rule
from voicecli.speech.normalize.vocabulary import Money, Noun, noun
from voicecli.speech.normalize.word_rules import Lettered
from voicecli.speech.word_lists import among, listed


class Other(Lettered):
    """The rules that these languages share.

    Attributes:
        first: The word for the first of a month, if it is not the cardinal.
        of: The word between the day, the month and the year.
        hours: The word after the hour of a time.
        cents: The word before the cents.
        hour, minute, second: The nouns that are counted in a time with seconds.
    """

    first: ClassVar[str] = ""
    of: ClassVar[str] = " "
    hours: ClassVar[str] = ""
    cents: ClassVar[str] = ""
    hour: ClassVar[Noun]
    minute: ClassVar[Noun]
    second: ClassVar[Noun]
    digits_of_decimals = False
    one: ClassVar[tuple[str, str]] = ("", "")
    """The word for one before a masculine and before a feminine noun, if it differs from the cardinal."""

    def __init__(self) -> None:
        super().__init__()
        kept = {
            self.amount,
            self.initial,
            self.abbreviation,
            self.dotted,
            self.spaced_dotted,
            self.email,
            self.number_sign,
        }
        self.letters = [*self.first_word_rules(), *(rule for rule in self.letters if rule[1] in kept)]

    def number_of(self, n: int, what: Noun) -> str:
        """Returns a number with the noun that it counts."""
        return f"{self.counted(n, what)} {self.plural(n, what)}"

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        if n == 1 and self.one[0] and (what is not None or following in self.words.scale_words):
            return self.one[what is not None and what.feminine]
        return self.cardinal(n)

    def is_year(self, text: str, start: int, end: int) -> bool:
        return False  # these languages say years as they say other numbers

    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        said = f"{self.first if day == 1 and self.first else self.cardinal(day)}{self.of}{self.words.months[month - 1]}"
        return f"{said}{self.of}{self.cardinal(year)}" if year is not None else said

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        parts = [self.cardinal(hour), self.hours, self.cardinal(minute) if minute else ""]
        if second is not None:
            parts += [self.words.conjunction, self.number_of(second, self.second)]
        return " ".join(part for part in parts if part)

    def money_words(self, whole: int, cents: int, money: Money) -> str:
        said = f"{self.counted(whole, money.unit)} {self.plural(whole, money.unit)}"
        return f"{said} {self.cents}{self.cardinal(cents)}" if cents else said

    def fraction_words(self, n: int, d: int, following: str) -> str | None:
        return None


class French(Other):
    """The rules of French."""

    code = "fr"
    words = other_languages_words.FRENCH
    first = "premier"
    one = ("un", "une")
    hour, minute, second = noun("*heure/heures"), noun("*minute/minutes"), noun("*seconde/secondes")

    def first_rules(self) -> list[Rule]:
        return [
            self.behind(
                SPACES + "hH:",
                r"(?P<h>\d{1,2})\s?[hH:]\s?(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?!:?\d)",
                self.french_time,
                spaced="hH:",
            ),
            self.behind(SPACES + "h", r"(?P<h>\d{1,2})\s?h(?!\w)(?P<m>)(?P<s>)", self.french_time, spaced="h"),
            self.behind("e", r"1er(?!\w)", lambda _: "premier"),
            self.behind("eèr", r"1[eè]?re(?!\w)", lambda _: "première"),
            self.behind("eè", r"(?P<n>\d{1,3})(?:e|ème|è)(?!\w)", self.ordinal),
        ]

    def first_word_rules(self) -> list[Rule]:
        titles = {"Mme": "Madame", "Mlle": "Mademoiselle", "Mmes": "Mesdames", "MM": "Messieurs", "Dr": "Docteur"}
        return [self.word("MD", SPACES, r"(?:Mme|Mlle|Mmes|Dr)(?=\s)", lambda found: titles[found[0]])]

    def french_time(self, found: re.Match[str]) -> str | None:
        """Reads `14h30`."""
        if int(found["h"]) > 24:
            return None
        return self.time_words(int(found["h"]), int(found["m"] or 0), int(found["s"]) if found["s"] else None, "")

    def ordinal(self, found: re.Match[str]) -> str | None:
        """Reads `21e`."""
        said = self.cardinal(int(found["n"]))
        if said == "un":
            return "premier"
        stem = said.removesuffix("s") if said.endswith(("vingts", "cents")) else said.removesuffix("e")
        stem = f"{stem}u" if stem.endswith("cinq") else f"{stem[:-1]}v" if stem.endswith("neuf") else stem
        return f"{stem}ième"

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        said = self.number_of(hour, self.hour)
        said = f"{said} {self.counted(minute, self.minute)}" if minute else said
        return f"{said} et {self.number_of(second, self.second)}" if second is not None else said

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        said = super().counted(n, what, following)
        return f"{said}e" if what is not None and what.feminine and said.endswith("un") else said

    def plural(self, n: int, what: Noun) -> str:
        return what.one if n < 2 else what.many


class Italian(Other):
    """The rules of Italian."""

    code = "it"
    words = other_languages_words.ITALIAN
    first = "primo"
    cents = "e "
    one = ("un", "una")
    hour, minute, second = noun("*ora/ore"), noun("minuto/minuti"), noun("secondo/secondi")

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        said = "una" if hour == 1 else self.cardinal(hour)
        if second is not None:
            said = f"{said}, {self.number_of(minute, self.minute)}" if minute else said
            return f"{said} e {self.number_of(second, self.second)}"
        return f"{said} e {self.cardinal(minute)}" if minute else said


_PT_MASCULINE = among(
    "dia problema sistema mapa programa tema planeta idioma clima poema grama quilograma atleta turista dentista"
)


class Portuguese(Other):
    """The rules of Portuguese."""

    code = "pt"
    words = other_languages_words.PORTUGUESE
    first = "primeiro"
    of = " de "
    cents = "e "
    one = ("um", "uma")
    hour, minute, second = noun("*hora/horas"), noun("minuto/minutos"), noun("segundo/segundos")

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        said = self.number_of(hour, self.hour)
        if second is not None:
            said = f"{said}, {self.number_of(minute, self.minute)}" if minute else said
            return f"{said} e {self.number_of(second, self.second)}"
        return f"{said} e {self.cardinal(minute)}" if minute else said

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        said = super().counted(n, what, following)
        looks_feminine = following.endswith("a" if n == 1 else "as") and following.rstrip("s") not in _PT_MASCULINE
        if not (what.feminine if what is not None else looks_feminine):
            return said
        return re.sub(r"\bum$", "uma", re.sub(r"\bdois$", "duas", said.replace("entos", "entas")))


class Dutch(Other):
    """The rules of Dutch."""

    code = "nl"
    words = other_languages_words.DUTCH
    hours = "uur"
    second = noun("seconde/seconden")

    def first_rules(self) -> list[Rule]:
        return [
            self.behind(
                ":.",
                r"(?P<h>\d{1,2})[:.](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?\suur",
                lambda found: self.time_words(
                    int(found["h"]), int(found["m"]), int(found["s"]) if found["s"] else None, ""
                ),
            ),
        ]

    def is_year(self, text: str, start: int, end: int) -> bool:
        return 1100 <= int(text[start:end]) < 2000 and word_before(text, start).lower() in self.words.year_before

    def year(self, n: int) -> str:
        century, rest = divmod(n, 100)
        if not 1100 <= n < 2000:
            return self.cardinal(n)
        return f"{self.cardinal(century)}honderd{self.cardinal(rest) if rest else ''}"

    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        said = f"{self.cardinal(day)} {self.words.months[month - 1]}"
        return f"{said} {self.year(year)}" if year is not None else said


_PL_ORDINALS = listed("""
    - pierwszego drugiego trzeciego czwartego piątego szóstego siódmego ósmego dziewiątego dziesiątego jedenastego dwunastego trzynastego
    czternastego piętnastego szesnastego siedemnastego osiemnastego dziewiętnastego
""")
_PL_TENS = listed(
    "- - dwudziestego trzydziestego czterdziestego pięćdziesiątego sześćdziesiątego siedemdziesiątego osiemdziesiątego dziewięćdziesiątego"
)
_PL_TIMES = ("", "dwu", "trzy", "cztero", "pięcio", "sześcio", "siedmio", "ośmio", "dziewięcio")
"""What stands before "tysięcznego" in an ordinal, from 1000 on."""

_PL_HOURS = listed("""
    zerowa pierwsza druga trzecia czwarta piąta szósta siódma ósma dziewiąta dziesiąta jedenasta dwunasta trzynasta czternasta piętnasta
    szesnasta siedemnasta osiemnasta dziewiętnasta dwudziesta
""")


class Polish(Other):
    """The rules of Polish."""

    code = "pl"
    words = other_languages_words.POLISH
    second = noun("*sekunda/sekundy/sekund")
    year_tail = r"(?:\sr\.|\sroku)?"

    def first_rules(self) -> list[Rule]:
        return [
            self.behind(SPACES + "r", r"(?P<y>[12]\d{3})(?P<tail>\s?r\.|(?=\s(?:roku|r\b)))", self.of_year, spaced="r")
        ]

    def of_year(self, found: re.Match[str]) -> str | None:
        """Reads `1945 roku`, or with `r` and a full stop."""
        return self.year(int(found["y"])) + (" roku" if found["tail"] else "")

    def genitive(self, n: int) -> str:
        """Returns the genitive of an ordinal below 100."""
        if n < 20:
            return _PL_ORDINALS[n]
        return f"{_PL_TENS[n // 10]} {_PL_ORDINALS[n % 10]}" if n % 10 else _PL_TENS[n // 10]

    def year(self, n: int) -> str:
        rest = n % 100
        if n and n % 1000 == 0:
            return f"{_PL_TIMES[n // 1000 - 1]}tysięcznego"
        if not rest:
            return f"{self.cardinal(n)}nego"
        head = self.cardinal(n - rest)
        return f"{head} {self.genitive(rest)}"

    def plural(self, n: int, what: Noun) -> str:
        return form(n, (what.one, what.few or what.many, what.many), one_like=False)

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        if what is not None and what.feminine:
            if n == 1:
                return "jedna"
            return re.sub(r"\bdwa$", "dwie", self.cardinal(n))
        return self.cardinal(n)

    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        said = f"{self.genitive(day)} {self.words.months[month - 1]}"
        return f"{said} {self.year(year)} roku" if year is not None else said

    def time(self, found: re.Match[str]) -> str | None:
        said = super().time(found)
        if said and word_before(found.string, found.start()).lower() in {"o", "od", "do", "po", "około"}:
            hours = 2 if int(found["h"]) > 20 else 1
            return re.sub(
                r"\b(\w+?)a\b",
                lambda word: f"{word[1]}{'iej' if word[1].endswith(('g', 'k')) else 'ej'}",
                said,
                count=hours,
            )
        return said

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        said = _PL_HOURS[hour] if hour <= 20 else f"dwudziesta {_PL_HOURS[hour - 20]}"
        said = f"{said} {self.cardinal(minute)}" if minute else said
        return f"{said} i {self.number_of(second, self.second)}" if second is not None else said

    def money_words(self, whole: int, cents: int, money: Money) -> str:
        said = f"{self.counted(whole, money.unit)} {self.plural(whole, money.unit)}"
        if not cents or money.cent is None:
            return said
        return f"{said} {self.counted(cents, money.cent)} {self.plural(cents, money.cent)}"


_RU_ORDINALS = listed("""
    - перв втор трет четвёрт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат шестнадцат семнадцат
    восемнадцат девятнадцат
""")
_RU_TENS = listed("- - двадцат тридцат сороков пятидесят шестидесят семидесят восьмидесят девяност")
_RU_HUNDREDS = listed("- сот двухсот трёхсот четырёхсот пятисот шестисот семисот восьмисот девятисот")


class Russian(Other):
    """The rules of Russian."""

    code = "ru"
    words = other_languages_words.RUSSIAN
    hour, minute, second = (
        noun("час/часа/часов"),
        noun("*минута/минуты/минут"),
        noun("*секунда/секунды/секунд"),
    )
    year_tail = r"(?:\sг\.|\sгода)?"

    def first_rules(self) -> list[Rule]:
        return [
            self.behind(SPACES, r"(?P<y>[12]\d{3})(?=\s(?P<case>году|года|годом|год)\b)", self.of_year, spaced="г"),
            self.behind(
                SPACES, r"(?P<y>[12]\d{3})\sг\.", lambda found: f"{self.year(int(found['y']))} года", spaced="г"
            ),
        ]

    def of_year(self, found: re.Match[str]) -> str | None:
        """Reads `1945 году`."""
        return self.ordinal(int(found["y"]), {"году": "ом", "года": "ого", "годом": "ым", "год": "ый"}[found["case"]])

    def ordinal(self, n: int, end: str) -> str:
        """Returns an ordinal with the ending of its case."""
        rest = n % 100
        if n == 2000:
            return f"двухтысячн{end}"
        if not rest:
            stem = _RU_HUNDREDS[n // 100 % 10] if n % 1000 else "тысячн"
            return f"{f'{russian(n - n % 1000)} ' if n % 1000 and n > 1000 else ''}{stem}{end}"
        head = f"{russian(n - rest)} " if n > rest else ""
        if rest >= 20 and rest % 10:
            head += f"{russian(rest - rest % 10)} "
            rest %= 10
        if rest == 3:
            return head + {"ого": "третьего", "ом": "третьем", "ым": "третьим"}.get(end, "третий")
        stem = _RU_ORDINALS[rest] if rest < 20 else _RU_TENS[rest // 10]
        if end == "ый" and rest in {2, 6, 7, 8, 40}:
            return f"{head}{stem}ой"
        return f"{head}{stem}{end}"

    def year(self, n: int) -> str:
        return self.ordinal(n, "ого")

    def plural(self, n: int, what: Noun) -> str:
        return form(n, (what.one, what.few or what.many, what.many), one_like=True)

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        return russian(n, feminine=what is not None and what.feminine)

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        if second is None:
            return super().time_words(hour, minute, second, suffix)
        counts = ((hour, self.hour), (minute, self.minute), (second, self.second))
        return " ".join(self.number_of(n, what) for n, what in counts)

    def percent(self, found: re.Match[str]) -> str:
        n = self.amount_of(found["b"] or found["n"])
        tail = self.split(found["b"] or found["n"])[1]
        return (
            f"{self.span(found)} {'процента' if tail else form(n, ('процент', 'процента', 'процентов'), one_like=True)}"
        )

    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        said = f"{self.ordinal(day, 'ого')} {self.words.months[month - 1]}"
        return f"{said} {self.year(year)} года" if year is not None else said

    def money_words(self, whole: int, cents: int, money: Money) -> str:
        said = f"{self.counted(whole, money.unit)} {self.plural(whole, money.unit)}"
        if not cents or money.cent is None:
            return said
        return f"{said} {self.counted(cents, money.cent)} {self.plural(cents, money.cent)}"
