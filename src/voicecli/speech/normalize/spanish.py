"""How Spanish says numbers, dates, times, money and ordinals: gender, and words that are shortened before a noun."""

from __future__ import annotations

import re
from string import ascii_letters
from typing import ClassVar

from voicecli.speech.normalize.cardinals import spanish, spanish_before_noun
from voicecli.speech.normalize.numbers import right_of, word_after, word_before
from voicecli.speech.normalize.rules import ANY, DIGITS, SPACES, Rule
from voicecli.speech.normalize.spanish_words import WORDS
from voicecli.speech.normalize.vocabulary import Money, Noun, noun
from voicecli.speech.normalize.western import keep_stop
from voicecli.speech.normalize.word_rules import WithRulers
from voicecli.speech.word_lists import among, listed

_ORDINALS = listed("- primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo")
_HOUR, _MINUTE, _SECOND = noun("*hora/horas"), noun("minuto/minutos"), noun("segundo/segundos")
_BEFORE_DATE = among("el del al día")
_NO_NOUN = among("""
    y o u a al de del por es son era fue la el los las en para con sin se que no más menos hasta desde como pero si ni e ya está hay
""")
_QUEENS = among("Isabel Catalina María Cristina Victoria Beatriz Margarita Ana Cleopatra Juana")
_MASCULINE = among("día mapa problema programa sistema tema planeta idioma clima poema euro poeta atleta turista")
"""Masculine although they end in -a, and the currency."""


class Spanish(WithRulers):
    """Overrides the rules of languages with Latin letters where Spanish differs."""

    code = "es"
    words = WORDS
    digits_of_decimals = False
    rulers: ClassVar[frozenset[str]] = _QUEENS | among("""
        Felipe Carlos Alfonso Fernando Luis Enrique Pedro Juan Pablo Pío Benedicto Francisco Napoleón Jorge Eduardo Guillermo Alejandro Nicolás
        León Gregorio Clemente Federico Ramsés Jaime Sancho Ricardo Ramiro Constantino
    """)
    titles: ClassVar[frozenset[str]] = among(
        "Rey rey Reina reina Papa papa Emperador emperador Zar zar Príncipe príncipe Faraón"
    )
    common: ClassVar[frozenset[str]] = among("""
        el la los las un una y o de en no sí si es con por para que se al del lo su mi tu muy más ya yo este esta solo
    """)

    def first_rules(self) -> list[Rule]:
        return [
            self.behind(":.", r"(?P<h>\d{1,2})[:.](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?\s?h(?!\w)\.?", self.clock),
            self.behind(
                ".ºªoaerdtvmn",
                r"(?P<n>\d{1,2})(?:\.?(?P<end>[ºªoa])|\.?(?P<er>er|ro|do|to|vo|mo|no|ra|da|ta|va|ma|na))(?!\w)",
                self.ordinal,
            ),
            self.behind(
                SPACES + ":",
                r"(?P<a>\d{1,2}:\d\d)?(?<!\d)(?P<n>\d{1,4})\s(?P<era>[ad])\.\s?(?:de\s)?C\.",
                self.era,
                spaced="ad",
            ),
            self.behind(" .-", r"(?:[6-9]\d{2})(?:[ .-]\d{3}){2}(?!\d)", self.plain_phone, spaced=DIGITS),
            self.behind(" ", r"(?:9\d \d{3}|[6-9]\d{2} \d{2})(?: \d{2}){2}(?! ?\d)", self.plain_phone, spaced=DIGITS),
            self.behind("/", r"(?P<d>\d{1,2})/(?P<m>\d{1,2})(?![\d/]| de\b)", self.day_of_month),
        ]

    def first_word_rules(self) -> list[Rule]:
        return [
            self.word("E", ANY, r"EE\.?\s?UU\.?", lambda _: "Estados Unidos"),
            self.word("s", ".", r"s\.\s?(?=[IVX])", lambda _: "siglo "),
            self.word("p", ".", r"p\.\s?ej\.", lambda _: "por ejemplo"),
            self.word("cC", "/", r"[cC]/\s?(?=[^\W\d_a-zß-ÿ])", lambda _: "calle "),
            self.word("O", ANY, r"OK(?!\w)", lambda _: "okey"),
            self.word(ascii_letters, "-", r"(?P<name>[A-Za-z]{2,12})-(?=\d)", lambda found: f"{found['name']} "),
        ]

    def clock(self, found: re.Match[str]) -> str | None:
        """Reads `14:30 h`."""
        said = self.time_words(int(found["h"]), int(found["m"]), int(found["s"]) if found["s"] else None, "")
        return keep_stop(said, found) if found[0].endswith(".") else said

    def plain_phone(self, found: re.Match[str]) -> str | None:
        """Reads `612 345 678`."""
        if "." in found[0]:
            return None
        return ", ".join(self.spelled_digits(group) for group in re.findall(r"\d+", found[0]))

    def day_of_month(self, found: re.Match[str]) -> str | None:
        """Reads the date in `el 3/5`."""
        before = word_before(found.string, found.start()).lower()
        is_date = before in _BEFORE_DATE and right_of(found)[:1] not in {"%", "="}
        return self.checked_date(int(found["d"]), int(found["m"]), None, found) if is_date else None

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        said = spanish(n)
        feminine = (
            what.feminine
            if what is not None
            else following.endswith(("as", "a")) and following.rstrip("s") not in _MASCULINE
        )
        is_noun = what is not None or (bool(following) and following not in _NO_NOUN)
        if not is_noun:
            return said
        if feminine:
            said = re.sub(r"cientos\b", "cientas", said) if what is not None or following.endswith("as") else said
            said = said.replace("quinientos", "quinientas") if what is not None or following.endswith("as") else said
            if said.endswith("uno"):
                return said[:-1] + "a"
            return said
        return spanish_before_noun(said)

    def decimals(self, digits: str) -> str:
        zeros = len(digits) - len(digits.lstrip("0"))
        if len(digits) - zeros > 3 or (zeros and zeros == len(digits)):
            return self.spelled_digits(digits)
        return " ".join(["cero"] * zeros + [spanish(int(digits))])

    def point(self, text: str) -> str:
        return "coma" if "," in text else "punto"

    def version_point(self) -> str:
        return "punto"

    def split(self, text: str) -> tuple[str, str]:
        text = text.strip()
        if re.fullmatch(r"[1-9]\d{0,2},\d{3}", text):  # as in Mexico
            return text.replace(",", ""), ""
        return super().split(text)

    def ordinal(self, found: re.Match[str]) -> str | None:
        """Reads `1.º` and `3er`."""
        n, end = int(found["n"]), found["end"] or found["er"]
        if not 1 <= n <= 10:
            return None
        if end in {"o", "a"} and "." not in found[0]:
            return None
        said = _ORDINALS[n]
        if end in {"ª", "a", "ra", "da", "ta", "va", "ma", "na"}:
            return said[:-1] + "a"
        following = word_after(found.string, found.end())
        before_noun = bool(following) and following.lower() not in _NO_NOUN
        return said[:-1] if n in {1, 3} and (end == "er" or before_noun) else said

    def era(self, found: re.Match[str]) -> str | None:
        """Reads `44 a. C.`; its full stop stays only at the end of a sentence."""
        rest = right_of(found).strip()
        said = f"{spanish(int(found['n']))} {'antes' if found['era'] == 'a' else 'después'} de Cristo"
        return f"{said}." if not rest or rest[0].isupper() else said

    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        said = f"{spanish(day)} de {self.words.months[month - 1]}"
        return f"{said} de {spanish(year)}" if year is not None else said

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        if second is not None:
            parts = [(hour, _HOUR), *([(minute, _MINUTE)] if minute else []), (second, _SECOND)]
            *most, last = [f"{self.counted(n, what)} {self.plural(n, what)}" for n, what in parts]
            return f"{' '.join(most)} y {last} {suffix}".strip()
        said = "una" if hour == 1 else spanish(hour)
        if minute:
            said += f" y {spanish(minute)}" if minute < 10 or suffix else f" {spanish(minute)}"
        return f"{said} {suffix}".strip()

    def money_words(self, whole: int, cents: int, money: Money) -> str:
        said = f"{self.counted(whole, money.unit)} {self.plural(whole, money.unit)}"
        return f"{said} con {spanish(cents)}" if cents else said

    def of_scale(self, unit: str) -> str:
        return f"de {unit}"

    def fraction_words(self, n: int, d: int, following: str) -> str | None:
        if (n, d) == (1, 2):
            if following.endswith("a") and following not in _MASCULINE:
                return "media"
            return "medio" if following.islower() and following != "de" else "un medio"
        names = {2: "medio", 3: "tercio", 10: "décimo", 100: "centésimo", **{k: _ORDINALS[k] for k in range(4, 10)}}
        if d not in names:
            return None
        return f"{'un' if n == 1 else spanish(n)} {names[d]}{'' if n == 1 else 's'}"

    def mixed(self, whole: int, n: int, d: int) -> str | None:
        if (n, d) == (1, 2):
            return f"{spanish(whole)} y media"
        return super().mixed(whole, n, d)

    def ruler(self, value: int, name: str) -> str:
        if value > 10:
            return spanish(value)
        return _ORDINALS[value][:-1] + "a" if name in _QUEENS else _ORDINALS[value]

    def roman_words(self, value: int, numeral: str, before: str, after: str, left: str) -> str | None:
        if before.lower() in {"siglo", "siglos", "s"}:
            return spanish(value)
        return super().roman_words(value, numeral, before, after, left) or (
            spanish(value) if left.endswith("(") and len(numeral) > 1 else None
        )

    def abbreviated(self, short: str, before: str, text: str, end: int) -> str | None:
        low = short.lower()
        if low in {"d", "c", "av", "min", "art", "cap", "fig", "ing", "lic", "sta", "sto", "vol"} and not (
            short[0].isupper() or text[end : end + 2].strip()[:1].isdigit()
        ):
            return None
        if low == "d" and not word_after(text, end)[:1].isupper():
            return None
        return super().abbreviated(short, before, text, end)

    def is_year(self, text: str, start: int, end: int) -> bool:
        return word_before(text, start).lower() in self.words.year_before
