"""The rules of English as Americans read it. `en-gb` has the day before the month."""

from __future__ import annotations

import re
from string import ascii_letters, ascii_uppercase
from types import MappingProxyType
from typing import ClassVar

from voicecli.speech.abbreviations import TITLES, is_street
from voicecli.speech.normalize.cardinals import english
from voicecli.speech.normalize.english_words import WORDS
from voicecli.speech.normalize.grouping import APOSTROPHES, GROUP_SPACES
from voicecli.speech.normalize.numbers import left_of, right_of, word_after, word_before
from voicecli.speech.normalize.rules import ANY, SECOND, SPACES, Rule, initials
from voicecli.speech.normalize.vocabulary import Money
from voicecli.speech.normalize.western import keep_stop
from voicecli.speech.normalize.word_rules import WithRulers
from voicecli.speech.sentence_endings import STREETS
from voicecli.speech.word_lists import among

_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

_SPELLED = among("UCLA ACLU AARP IEEE YMCA OECD USAF ESPN USSR IUCN AMOLED EULA ICBM")
"""Acronyms of at least four letters that could be pronounced as a word but are spelled."""

_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_WEEKDAYS = MappingProxyType({day[:3]: day for day in _DAYS.split("|")})
_DAY = r"(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)"
_HALF = r"[ap]\.\s?m\.?|[apAP][mM]\b|[AP]\.M\.?"
_COMPASS = MappingProxyType({"NW": "Northwest", "NE": "Northeast", "SW": "Southwest", "SE": "Southeast"})
_STREETS = among("Avenue Street Road Boulevard Drive Dr Lane Ln Highway Way Court Ct Place Pl")
_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|PR|RI|SC|SD|TN|TX|UT|VT|VA|WA"
    "|WV|WI|WY"
)
_SYSTEMS = MappingProxyType({"iOS": "I.O.S", "macOS": "mac O.S", "iPadOS": "iPad O.S"})
_NO_NOUN = among("""
        and or in on of for to a an the per is are was were at with from each by as but if it that than when will would can could more
        less off every until into about over under after before now today so then which who we i you he she they has have had
    """)


def ordinal(n: int) -> str:
    """Returns `21` as "twenty-first"."""
    words = english(n)
    head, mark, last = words.rpartition("-") if "-" in words.rpartition(" ")[2] else words.rpartition(" ")
    ending = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return f"{head}{mark}{_ORDINALS.get(last, ending)}"


_COUNTED = among("people men women children feet percent more fewer")
"""Words after a number of four digits that is no year, besides plurals with "s"."""
_NUMBERED = among("room route highway flight")
"""Words after which 101 is said digit by digit."""


class English(WithRulers):
    """The rules of English."""

    code = "en"
    words = WORDS
    decimal = "."
    groups = f",{APOSTROPHES}{GROUP_SPACES}"
    day_first = False
    rulers: ClassVar[frozenset[str]] = among("""
        Louis Henry Elizabeth Charles George Edward William Richard James Philip Paul Pius John Benedict Francis Peter Catherine Alexander
        Nicholas Napoleon Leo Gregory Innocent Clement Frederick Ferdinand Alfonso Isabella Mary Ramses Ramesses Thutmose Amenhotep
        Cleopatra Ptolemy Darius Xerxes Wilhelm Otto Ivan Felipe Carlos Juan Edmund Malcolm Robert David Constantine Theodosius Leopold
        Albert Harald Christian Gustav Umberto Victor Emmanuel Mehmed Suleiman Selim Murad Akihito Rama Haakon Olav Baldwin Urban Julius
        Sixtus Boniface
    """) - {"Malcolm"}
    titles: ClassVar[frozenset[str]] = among(
        "King Queen Pope Emperor Empress Tsar Czar Prince Princess Duke Kaiser Sultan Pharaoh"
    )
    common: ClassVar[frozenset[str]] = among("""
        the and not do in is of or to be at by my we he she you all no yes if so up on off an as any are was has had for but can may now
        new old one two out see use who why how its our your this that with must go stop it very set key end day way big bad let put
        get run add ask top low hot cut man men us it ok more will only never
    """) - {"ok"}

    also_acronyms: ClassVar[frozenset[str]] = among("it us who")

    def first_rules(self) -> list[Rule]:
        return [
            self.behind("/", r"24/7|9/11", lambda found: "nine eleven" if found[0] == "9/11" else "twenty-four seven"),
            self.behind(",snrt", r"(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?P<end>st|nd|rd|th)(?!\w)", self.ordinal),
            self.behind(
                ",",
                r"(?P<n>\d{1,3}(?:,000){1,3})s(?!\w)",
                lambda found: f"{self.say(found['n']).removeprefix('one ')}s",
            ),
            self.behind("'’s", r"(?P<n>\d{1,2}0)['’]?s(?!\w)", self.decade),
            self.behind(ascii_uppercase, r"(?P<n>\d{1,5})(?P<letters>[A-Z])(?= [A-Z])", self.house),
            self.behind("'’s", r"(?P<n>\d{2}00|\d{3}0)['’]?s(?!\w)", self.decade),
            self.behind(
                SPACES + ":–-apAP",
                rf"(?P<a>\d{{1,2}}(?::[0-5]\d)?)(?:\s?(?P<first>{_HALF}))?\s?[–-]\s?(?P<b>\d{{1,2}}(?::[0-5]\d)?)(?:\s?(?P<half>{_HALF}))?(?![\d:])",
                self.hours,
                spaced="–-apAP",
                dashed=SECOND,
            ),
            self.behind(
                SPACES + "–-apAP",
                rf"(?P<a>\d{{1,2}})(?:\s?[–-]\s?(?P<b>\d{{1,2}}))?\s?(?P<half>{_HALF})",
                self.hour,
                spaced="–-apAP",
                dashed=SECOND,
            ),
            self.behind(
                SPACES + "–-",
                r"(?P<a>\d{1,4})(?:\s?[–-]\s?(?P<b>\d{1,4}))?\s(?P<era>BCE|BC|AD|CE|B\.C\.E\.|B\.C\.|A\.D\.)(?!\w)",
                self.era,
                spaced="–-BAC",
                dashed=SECOND,
            ),
            self.behind(
                SPACES + "f",
                r"(?P<ft>\d{1,2})\s?(?:ft\.?|feet),?\s(?P<in>\d{1,2})\s?(?:in\.|in(?!\w| \d)|inch(?:es)?)",
                self.feet,
                spaced="f",
            ),
            self.behind("'′’", r"(?P<ft>\d{1,2})['′’](?:\s?(?P<in>\d{1,2})(?:[\"″”]|''))?(?![\w])", self.feet),
        ]

    def date_rules(self, months: str) -> list[Rule]:
        pattern = (
            rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{months})(?:,?\s(?P<y>\d{{4}})(?![\d,]))?(?!\w)"
        )
        of_months = initials(*self.words.months, *self.words.short_months, "of")
        return [self.behind(SPACES + "snrt", pattern, self.day_month, spaced=of_months)]

    def first_word_rules(self) -> list[Rule]:
        months = "|".join([*WORDS.months, *(rf"{m.capitalize()}\b\.?" for m in WORDS.short_months)])
        of_months = initials(*WORDS.months)
        day = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?(?![\d:/.,]\d|\w|%)"
        return [
            self.word(of_months, SPACES + ".", rf"(?P<month>{months})\s{day}(?:,?\s(?P<y>\d{{4}})(?![\d,]))?", self.month_day),
            self.word(of_months, SPACES + ".", rf"(?P<month>{months})\s(?P<y>\d{{4}})(?![\d,])", self.month_year),
            self.word("MTWFS", ".,", r"(?P<day>Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)(?:\.|(?=,))", self.weekday),
            self.word("MTWFS", SPACES + "–-", rf"(?P<a>{_DAYS})\s?[–-]\s?(?P<b>{_DAYS})", lambda found: f"{found['a']} to {found['b']}"),
            self.word("MTWFS", SPACES + ".–&-", rf"(?P<a>{_DAY})\.?\s?(?P<link>[–&-])\s?(?P<b>{_DAY})(?!\w)\.?", self.weekdays),
            self.word("NS", ANY, r"(?P<way>NW|NE|SW|SE)(?!\w)", self.quarter),
            self.word(ascii_uppercase, SPACES, rf"(?P<state>{_STATES})\s(?P<zip>\d{{5}})(?:-(?P<more>\d{{4}}))?(?!\d)", self.zip_code),
            self.word("W", ANY, r"WW(?P<n>II?)(?!\w)", lambda found: f"World War {'one' if found['n'] == 'I' else 'two'}"),
            self.word("c", ".", r"c\.\s?(?=\d{3,4})", lambda _: "circa "),
            self.word("a", "/", r"and/or\b", lambda _: "and or"),
            self.word("w", "/", r"w/o?\s", lambda found: "without " if "o" in found[0] else "with "),
            self.word(ascii_uppercase, "&", r"(?P<a>[A-Z])&(?P<b>[A-Z])(?!\w)", lambda found: f"{found['a']} and {found['b']}"),
            self.word("im", ANY, r"(?:iOS|macOS|iPadOS)(?!\w)", lambda found: _SYSTEMS[found[0]]),
            self.word(ascii_letters, "-", r"(?P<name>[A-Za-z]{2,12})-(?=\d)", self.hyphenated),
            self.word("O", ANY, r"OK(?!\w)", lambda _: "okay"),
        ]  # fmt: skip

    def plain_number(self, found: re.Match[str]) -> str | None:
        if found[0] == "101" and word_before(found.string, found.start()).lower() in _NUMBERED:
            return "one oh one"
        return super().plain_number(found)

    def hyphenated(self, found: re.Match[str]) -> str | None:
        """Reads `COVID-19`."""
        name = found["name"]
        return (
            f"{self.spell(name)} " if name.isupper() and name not in self.words.said and len(name) < 4 else f"{name} "
        )

    def weekday(self, found: re.Match[str]) -> str | None:
        """Reads `Mon, Oct 3`."""
        return (
            _WEEKDAYS[found["day"][:3]]
            if found["day"] not in {"Sun", "Sat"} or found[0].endswith(".") or right_of(found)[:1] == ","
            else None
        )

    def weekdays(self, found: re.Match[str]) -> str | None:
        """Reads `Mon–Fri` and `Sat & Sun`."""
        link = "and" if found["link"] == "&" else "to"
        said = f"{_WEEKDAYS[found['a'][:3]]} {link} {_WEEKDAYS[found['b'][:3]]}"
        return keep_stop(said, found) if found[0].endswith(".") else said

    def quarter(self, found: re.Match[str]) -> str | None:
        """Reads the end of `Pennsylvania Ave. NW`."""
        before = word_before(found.string, found.start())
        is_address = before.lower() in STREETS or before in _STREETS
        return _COMPASS[found["way"]] if is_address else None

    def zip_code(self, found: re.Match[str]) -> str | None:
        """Reads `Beverly Hills, CA 90210`."""
        if not left_of(found).endswith(", ") and not word_before(found.string, found.start())[:1].isupper():
            return None
        said = f"{self.spell(found['state'])} {self.spelled_digits(found['zip'])}"
        return f"{said}, {self.spelled_digits(found['more'])}" if found["more"] else said

    def month_day(self, found: re.Match[str]) -> str | None:
        """Reads `March 15, 2024`."""
        month, day = self.month_of(found["month"]), int(found["d"])
        if not 1 <= day <= 31:
            return None
        year = f", {self.year(int(found['y']))}" if found["y"] else ""
        return f"{self.words.months[month - 1]} {ordinal(day)}{year}"

    def month_year(self, found: re.Match[str]) -> str | None:
        """Reads `May 2024`."""
        return f"{self.words.months[self.month_of(found['month']) - 1]} {self.year(int(found['y']))}"

    def ordinal(self, found: re.Match[str]) -> str | None:
        """Reads `21st`."""
        return ordinal(int(found["n"].replace(",", "")))

    def decade(self, found: re.Match[str]) -> str | None:
        """Reads `1990s` and `80s`."""
        words = self.year(int(found["n"])) if len(found["n"]) == 4 else english(int(found["n"]))
        return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"

    def hours(self, found: re.Match[str]) -> str | None:
        """Reads `9:00–17:00` and `9 a.m.–5:30 p.m.`: two times, each with minutes or a half of the day. `hour` reads `9–11 am`."""
        a, b, first, half = found["a"], found["b"], found["first"], found["half"]
        if not (first or (":" in a and (":" in b or half)) or (":" in b and half)):
            return None
        if not (half or ":" in b) or (":" not in a and int(a) > 12):
            return None
        (hour, minute), (end_hour, end_minute) = (
            (int(h), int(m or 0)) for h, _, m in (a.partition(":"), b.partition(":"))
        )
        if max(hour, end_hour) > 24:
            return None
        early = f"{first[0].upper()}.M" if first else ""
        late = f"{half[0].upper()}.M" if half else ""
        if half and half.endswith("."):
            late = self.with_half(late, found)
        said = self.time_words(hour, minute, None, early or late)
        return f"{said if early else said.removesuffix(late).rstrip()} to {self.time_words(end_hour, end_minute, None, late)}"

    def hour(self, found: re.Match[str]) -> str | None:
        """Reads `9–11 am`."""
        if int(found["a"]) > 12:
            return None
        said = english(int(found["a"])) + (f" to {english(int(found['b']))}" if found["b"] else "")
        half = f"{found['half'][0].upper()}.M"
        if found["half"].endswith("."):
            half = self.with_half(half, found)
        return f"{said} {half}"

    @staticmethod
    def with_half(half: str, found: re.Match[str]) -> str:
        """Returns `half`, "A.M" or "P.M", with a full stop if a sentence ends there."""
        rest = right_of(found).strip()
        return f"{half}." if not rest or rest[0].isupper() else half

    def era(self, found: re.Match[str]) -> str | None:
        """Reads `44 BC`."""
        names = [
            self.year(int(n)) if len(n) == 4 else english(int(n)) if len(n) < 3 else self.year(int(n))
            for n in (found["a"], found["b"])
            if n
        ]
        return f"{' to '.join(names)} {self.spell(found['era'].replace('.', ''))}"

    def feet(self, found: re.Match[str]) -> str | None:
        """Reads `5'10"`."""
        if not found["in"]:
            return None
        foot = "foot" if found["ft"] == "1" else "feet"
        said = f"{english(int(found['ft']))} {foot} {english(int(found['in']))} {'inch' if found['in'] == '1' else 'inches'}"
        return keep_stop(said, found) if found[0].endswith(".") else said

    def year(self, n: int) -> str:
        century, rest = divmod(n, 100)
        if n % 1000 < 10 and n >= 1000:
            return english(n)
        if not century:
            return english(n)
        if not rest:
            return f"{english(century)} hundred"
        return f"{english(century)} {'oh ' if rest < 10 else ''}{english(rest)}"

    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        tail = f", {self.year(year)}" if year is not None else ""
        return f"{self.words.months[month - 1]} {ordinal(day)}{tail}"

    def day_month(self, found: re.Match[str]) -> str | None:
        day = int(found["d"])
        if not 1 <= day <= 31:
            return None
        the = "" if word_before(found.string, found.start()).lower() == "the" else "the "
        year = f", {self.year(int(found['y']))}" if found["y"] else ""
        return f"{the}{ordinal(day)} of {self.words.months[self.month_of(found['month']) - 1]}{year}"

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        if second is not None and suffix:
            said = f"{self.time_words(hour, minute, None, '') if minute else english(hour)} and {english(second)}"
            return f"{said} second{'' if second == 1 else 's'} {suffix}"
        if second is not None:
            parts = [
                f"{english(n)} {name}{'' if n == 1 else 's'}"
                for n, name in ((hour, "hour"), (minute, "minute"), (second, "second"))
            ]
            return f"{parts[0]}, {parts[1]} and {parts[2]}"
        if minute:
            said = f"{english(hour)}{' oh ' if minute < 10 else ' '}{english(minute)}"
        elif suffix:
            said = english(hour)
        else:
            oclock = "hundred" if hour > 12 or hour == 0 else "o'clock"
            said = f"{english(hour)} {oclock}"
        return f"{said} {suffix}".strip()

    def money_words(self, whole: int, cents: int, money: Money) -> str:
        said = f"{english(whole)} {self.plural(whole, money.unit)}"
        if not cents or money.cent is None:
            return said
        if money.unit.one == "pound":
            return f"{said} {english(cents)}"
        return f"{said} and {english(cents)} {self.plural(cents, money.cent)}"

    def fraction_words(self, n: int, d: int, following: str) -> str | None:
        if d not in {*range(2, 13), 16, 20, 25, 32, 50, 64, 100, 1000}:
            return None
        if d == 2:
            noun = following.islower() and following not in _NO_NOUN
            return ("half a" if noun else "one half") if n == 1 else f"{english(n)} halves"
        name = "quarter" if d == 4 else ordinal(d)
        return f"{english(n)} {name}{'' if n == 1 else 's'}"

    def mixed(self, whole: int, n: int, d: int) -> str | None:
        part = "a half" if (n, d) == (1, 2) else self.fraction_words(n, d, "")
        if part and n == 1 and d != 2:
            part = f"a {part.partition(' ')[2]}"
        return f"{english(whole)} and {part}" if part else None

    def is_adjective(self, found: re.Match[str]) -> bool:
        text = found.string
        before, after = word_before(text, found.start()).lower(), word_after(text, found.end())
        return before in {"a", "an"} and after.islower() and after not in _NO_NOUN

    def is_year(self, text: str, start: int, end: int) -> bool:
        if not 1000 < int(text[start:end]) < 2100:
            return False
        if word_before(text, start).lower().rstrip(".") in self.words.year_before:
            return True
        after = word_after(text, end)
        return not (after.islower() and len(after) > 3 and (after.endswith("s") or after in _COUNTED))

    def house(self, found: re.Match[str]) -> str | None:
        """Reads `221B Baker St`."""
        n = self.spelled_digits(found["n"]) if len(found["n"]) > 2 else english(int(found["n"]))
        return f"{n} {found['letters']}"

    def abbreviated(self, short: str, before: str, text: str, end: int) -> str | None:
        low = short.lower()
        if low == "st" and not is_street(before):
            return "Saint"
        if low in TITLES["en"] and not short[0].isupper():
            return None
        if low == "dr" and before[:1].isupper() and not word_after(text, end)[:1].isupper():
            return "Drive"
        if (
            low in {"no", "p", "ch", "ex", "art", "par", "fig", "sec", "vol", "pp", "figs", "nos"}
            and not text[end : end + 2].strip()[:1].isdigit()
        ):
            return None
        if (
            low in {"mar", "co", "min", "max", "est", "ca", "ft", "gen", "col", "hon", "sen"}
            and not short[0].isupper()
            and low not in {"min", "max", "est"}
        ):
            return None
        if low == "ft" or (low in {"jan", "mar", "dec", "sep"} and not short[0].isupper()):
            return None
        return super().abbreviated(short, before, text, end)

    def is_shouted(self, caps: str, text: str, found: re.Match[str]) -> bool:
        return self.pronounceable(caps) and caps not in _SPELLED

    def ruler(self, value: int, name: str) -> str:
        return f"the {ordinal(value)}"

    def roman_words(self, value: int, numeral: str, before: str, after: str, left: str) -> str | None:
        if after == "century":
            return ordinal(value)
        return super().roman_words(value, numeral, before, after, left)


class BritishEnglish(English):
    """The rules of English with the day before the month."""

    day_first = True
