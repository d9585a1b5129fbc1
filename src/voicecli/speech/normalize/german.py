"""The rules of German."""

from __future__ import annotations

import re
from string import ascii_letters
from types import MappingProxyType
from typing import ClassVar

from voicecli.speech.normalize.cardinals import german
from voicecli.speech.normalize.german_words import WORDS
from voicecli.speech.normalize.numbers import right_of, word_after, word_before
from voicecli.speech.normalize.rules import ANY, ODD, SPACES, Rule
from voicecli.speech.normalize.vocabulary import Money, Noun
from voicecli.speech.normalize.western import keep_stop
from voicecli.speech.normalize.word_rules import WithRulers
from voicecli.speech.word_lists import among

_ORDINALS = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
_BEFORE_ORDINAL = among("""
    der die das den dem des am im zum zur vom beim ein eine einen einem einer eines jeder jede jedes jeden jedem dieser diese dieses
    diesen diesem sein seine seinen seinem seiner ihr ihre ihren ihrem ihrer mein meine meinen meinem meiner unser unsere unseren bis und ab seit mein
""")
_WITH_N = among(
    "am im zum zur vom beim den dem des einem einer eines dieser diesen diesem jeden jedem seinem seinen ihrem ihren meinem meinen unseren bis ab"
    " seit"
)
_BEFORE_DAY = among("am zum vom")
_AFTER_ORDINAL = among("""
    Jahrhundert Jahrhunderts Mal Platz Tag Kapitel Stock Etage Klasse Runde Auflage Liga Geburtstag Jahrestag Weltkrieg Lebensjahr
""")
_BEGINS_SENTENCE = among(
    "ich du er sie es wir ihr das die der und aber in im am auf mit dann danach heute jetzt dort hier wie was wer man so"
)
_WEEKDAYS = MappingProxyType(
    {day[:2]: day for day in ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")}
)
_DAY = "|".join(_WEEKDAYS)
_WOMEN = among("Elisabeth Katharina Maria Viktoria Margarethe Beatrix Isabella Christina Anna Kleopatra")


def ordinal_stem(n: int) -> str:
    """Returns `3` as "dritt" and `20` as "zwanzigst", without an ending."""
    rest = n % 100
    if rest == 0 or rest >= 20:
        return f"{german(n)}st"
    head = german(n - rest) if n > rest else ""
    return head + (_ORDINALS.get(rest) or f"{german(rest)}t")


def before_day(text: str, at: int) -> str:
    """Returns the word before a date that begins at `at`, in lower case, without the day of the week: "am" in "am Montag, 3. Juni"."""
    before = word_before(text, at)
    if before in _WEEKDAYS or before in _WEEKDAYS.values():
        before = word_before(text, text.rfind(before, 0, at))
    return before.lower()


def day_ending(before: str) -> str:
    """Returns the ending of the ordinal of a day after the word `before`."""
    return "en" if before in _WITH_N else "e" if before in {"der", "die", "das"} else "er"


class German(WithRulers):
    """The rules of German."""

    code = "de"
    words = WORDS
    has_verses = False
    rulers: ClassVar[frozenset[str]] = _WOMEN | among("""
        Ludwig Heinrich Karl Friedrich Wilhelm Otto Paul Pius Johannes Benedikt Franziskus Peter Alexander Nikolaus Napoleon Leo Gregor
        Innozenz Clemens Ferdinand Philipp Georg Eduard Franz Joseph Leopold Albrecht Maximilian Rudolf Konrad Charles Louis Ramses Gustav
    """)
    titles: ClassVar[frozenset[str]] = among(
        "König Königin Kaiser Kaiserin Papst Zar Zarin Prinz Prinzessin Herzog Fürst Sultan Pharao"
    )
    common: ClassVar[frozenset[str]] = among("""
        der die das und oder ist ein in im am zu zum es er sie wir ich du nicht nur sehr auf mit von für bei bis aus an so ja nein neu alt alle wo
        was wie wer
    """)

    def first_rules(self) -> list[Rule]:
        return [
            self.behind(".:", r"(?P<h>\d{1,2})[.:](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?\sUhr", self.clock),
            self.behind(SPACES, r"1\sUhr", lambda _: "ein Uhr", spaced="U"),
            self.behind(".", r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?:(?P<y>\d{4}|\d{2})(?!\d)|(?!\d))", self.german_date),
            self.behind("e", r"(?P<n>\d{2}|\d{3}0)er(?!\w)", self.decade),
            self.behind(SPACES, r"(?P<n>\d{1,4})\s(?P<era>[vn])\.\s?Chr\.", self.era, spaced="vn"),
            self.behind(".", r"(?P<n>\d{1,3})\.(?=\s)(?!\s\d)", self.ordinal),
            self.behind(".", r"(?P<n>\d{1,2})\.(?=[\"“”’»)]*$)", self.day_at_end),
        ]

    def first_word_rules(self) -> list[Rule]:
        return [
            self.word("O", ANY, r"OK(?!\w)", lambda _: "okay"),
            self.word(
                "MDFS",
                SPACES + ".–&+-",
                rf"(?P<a>{_DAY})\.?\s?(?P<link>[–&+-])\s?(?P<b>{_DAY})(?!\w)\.?",
                self.weekdays,
            ),
            self.word("MDFS", ".,", rf"(?P<day>{_DAY})(?:\.,?|,)(?=\s\d)", lambda found: f"{_WEEKDAYS[found['day']]},"),
            self.word(ANY, "." + ODD, r"(?P<name>[^\W\d_]{3,30})str\.", lambda found: f"{found['name']}straße"),
            self.word(ascii_letters, "-", r"(?P<name>[A-Za-z]{2,12})-(?=\d)", lambda found: f"{found['name']} "),
        ]

    def weekdays(self, found: re.Match[str]) -> str | None:
        """Reads `Mo–Fr` and `Sa + So`."""
        link = "bis" if found["link"] in "–-" else "und"
        said = f"{_WEEKDAYS[found['a']]} {link} {_WEEKDAYS[found['b']]}"
        return keep_stop(said, found) if found[0].endswith(".") else said

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        if n != 1:
            return german(n)
        if what is not None:
            return "eine" if what.feminine else "ein"
        if not following[:1].isupper():
            return "eins"
        return "eine" if following.endswith("e") else "ein"

    def in_scale(self, n: str, scale: str) -> str:
        if n != "1":
            return super().in_scale(n, scale)
        one = {"Millionen": "Million", "Milliarden": "Milliarde", "Billionen": "Billion"}.get(scale, scale)
        return f"{'ein' if one == 'tausend' else 'eine'} {one}"

    def decimals(self, digits: str) -> str:
        return self.spelled_digits(digits)

    def point(self, text: str) -> str:
        return "Punkt" if "," not in text else "Komma"

    def version_point(self) -> str:
        return "Punkt"

    def ordinal(self, found: re.Match[str]) -> str | None:
        """Reads the ordinal in `am 3. Tag`. At the beginning of a list item it is the number of the item."""
        text, n = found.string, int(found["n"])
        before, after = word_before(text, found.start()), word_after(text, found.end())
        month = after in self.words.months
        if not found.start() and not month:
            return f"{german(n)},"
        if not (month or before.lower() in _BEFORE_ORDINAL or after in _AFTER_ORDINAL):
            return None if n > 99 or after.lower() in _BEGINS_SENTENCE else german(n)
        if not month and not after:
            return german(n)
        if month:
            return ordinal_stem(n) + day_ending(before_day(text, found.start()))
        return ordinal_stem(n) + self.ordinal_ending(before.lower(), after)

    def day_at_end(self, found: re.Match[str]) -> str | None:
        """Reads `3.` at the end of a sentence as an ordinal after `am`, `zum` and `vom`; None after any other word."""
        before = word_before(found.string, found.start()).lower()
        return f"{ordinal_stem(int(found['n']))}en." if before in _BEFORE_DAY else None

    @staticmethod
    def ordinal_ending(before: str, after: str) -> str:
        """Returns the ending of an ordinal between these two words."""
        if before in _WITH_N or (before == "zur"):
            return "en"
        if before in {"ein", "sein", "ihr", "mein"}:
            return "es" if after in {"Mal", "Kapitel"} else "er"
        return "e"

    def german_date(self, found: re.Match[str]) -> str | None:
        """Reads dates such as `15.03.2024` and `24.12`, with a full stop."""
        day, month = int(found["d"]), int(found["m"])
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return None
        end = day_ending(before_day(found.string, found.start()))
        said = f"{ordinal_stem(day)}{end} {self.words.months[month - 1]}"
        if found["y"]:
            return f"{said} {self.year(int(found['y']))}"
        rest = right_of(found).strip()
        return f"{said}." if not rest else said

    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        said = f"{ordinal_stem(day)}{day_ending(before)} {self.words.months[month - 1]}"
        return f"{said} {self.year(year)}" if year is not None else said

    def date_rules(self, months: str) -> list[Rule]:
        return []  # the day is an ordinal, and the month a word

    def decade(self, found: re.Match[str]) -> str | None:
        """Reads `1990er`."""
        n = int(found["n"])
        return f"{self.year(n) if n > 99 else german(n)}er"

    def era(self, found: re.Match[str]) -> str | None:
        """Reads `44 v. Chr`, with a full stop."""
        rest = right_of(found).strip()
        said = f"{self.year(int(found['n']))} {'vor' if found['era'] == 'v' else 'nach'} Christus"
        return f"{said}." if not rest or rest[0].isupper() else said

    def year(self, n: int) -> str:
        century, rest = divmod(n, 100)
        if not 1100 <= n < 2000:
            return german(n)
        return f"{german(century)}hundert{german(rest) if rest else ''}"

    def is_year(self, text: str, start: int, end: int) -> bool:
        after = word_after(text, end)
        if not 1100 <= int(text[start:end]) < 2100:
            return False
        return word_before(text, start).lower() in self.words.year_before or not after[:1].isupper()

    def clock(self, found: re.Match[str]) -> str | None:
        """Reads `14:30 Uhr`."""
        return self.time_words(int(found["h"]), int(found["m"]), int(found["s"]) if found["s"] else None, "")

    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        said = f"{'ein' if hour == 1 else german(hour)} Uhr"
        if minute:
            said += f" {german(minute)}"
        if second is not None:
            said += f" und {'eine Sekunde' if second == 1 else f'{german(second)} Sekunden'}"
        return said

    def money_words(self, whole: int, cents: int, money: Money) -> str:
        said = f"{self.counted(whole, money.unit)} {self.plural(whole, money.unit)}"
        return f"{said} {german(cents)}" if cents else said

    def fraction_words(self, n: int, d: int, following: str) -> str | None:
        if d == 2:
            if n != 1:
                return f"{german(n)} halbe"
            return (
                "eine halbe"
                if following.endswith("e")
                else "ein halber"
                if following in {"Liter", "Tag", "Meter"}
                else "ein halb"
            )
        if d > 100:
            return None
        stem = ordinal_stem(d)
        return f"{'ein' if n == 1 else german(n)} {stem[0].upper()}{stem[1:]}el"

    def mixed(self, whole: int, n: int, d: int) -> str | None:
        if (n, d) == (1, 2):
            return "eineinhalb" if whole == 1 else f"{german(whole)}einhalb"
        return super().mixed(whole, n, d)

    def is_shouted(self, caps: str, text: str, found: re.Match[str]) -> bool:
        return len(caps) > 4 and self.pronounceable(caps)

    def ruler(self, value: int, name: str) -> str:
        return f"{'die' if name in _WOMEN else 'der'} {ordinal_stem(value)}e"

    def abbreviated(self, short: str, before: str, text: str, end: int) -> str | None:
        low = short.lower()
        if low == "s" and before.isdigit():  # "Abs. 1 S. 2"
            return "Satz"
        if low in {"s", "art", "abs", "kap", "abb", "bd"} and not text[end : end + 2].strip()[:1].isdigit():
            return None
        if low in {
            "fr",
            "art",
            "st",
            "hl",
            "mag",
            "gem",
            "max",
            "min",
            "bd",
            "ing",
            "abs",
            "jan",
            "jun",
            "jul",
            "std",
        } and (low not in {"max", "min", "gem", "hl"} and not short[0].isupper()):
            return None
        return super().abbreviated(short, before, text, end)
