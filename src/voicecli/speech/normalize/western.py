"""The rules that most languages with an alphabet share: their order, and money, units, times, dates and telephone numbers.

The first rule that returns words wins. Patterns have a bounded length, so the work grows linearly with the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase

from voicecli.speech.normalize.grouping import is_address, is_grouped
from voicecli.speech.normalize.numbers import left_of, right_of, word_before
from voicecli.speech.normalize.rule_engine import Key, Trial
from voicecli.speech.normalize.rules import DIGITS, SECOND, SPACES, Rule, initials
from voicecli.speech.normalize.symbols import VULGAR, Signs
from voicecli.speech.normalize.vocabulary import Money
from voicecli.speech.sentence_endings import ending, goes_on, is_over

_PHONE = re.compile(r"\+?\(?\d{1,4}\)?(?:[-. /\u00a0](?:\(0\)[ \u00a0]?)?\(?\d{2,8}\)?){1,5}(?!\d)")
_AMOUNT_BEFORE = re.compile(r"(?:\d|[^\w\s.,;:!?)\]}/\"'-]|\d[ \u00a0]?[^\W\d_]{1,12}\.?)$")
"""What stands before the slash of a rate: a number, a sign such as "€", or a number with the word that is counted."""


def alternatives(signs: Sequence[str]) -> str:
    """Returns a pattern for any of `signs`, the longest first."""
    return "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))


class Western(Signs):
    """Reads one language. Instances hold patterns and no state; any thread may use them."""

    def __init__(self) -> None:
        super().__init__()
        number = self.grouping.pattern
        self.number_pattern = number
        words = self.words
        self.currency_pattern = alternatives(list(words.currencies))
        signs = alternatives([sign for sign in words.currencies if not sign.isalpha()])
        units = alternatives(list(self.units))
        scale_words = "|".join(words.scale_words) or "(?!)"
        scale = rf"(?P<scale>\s?(?:{scale_words})(?!\w)|(?:{alternatives(list(words.scales)) or '(?!)'})(?![\w]))"
        unit_behind = rf"(?:\s(?P<unit>{units})(?![\w²³/]))?"
        rates = alternatives(list(words.rates)) or "(?!)"
        months = "|".join(
            [*(re.escape(m) for m in words.months), *(rf"{re.escape(s)}\b\.?" for s in words.short_months)]
        )
        n = number
        self.narrowed: dict[Key, list[Trial]] = {}
        dash, vulgar = "–-", "".join(VULGAR)
        of_units = initials(*self.units)
        of_scales = initials(*words.scale_words)
        of_money = initials(*words.currencies)
        of_sums = of_money | of_scales | initials(*words.scales) | set(SPACES + dash)
        sums = frozenset("-−+") | {sign[0] for sign in words.currencies if not sign.isalpha()}

        self.numbers: list[Rule] = [
            *self.first_rules(),
            self.behind("-", r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?!\d)", self.date, dashed=DIGITS),
            self.behind(
                "/.-",
                r"(?P<a>\d{1,2})(?P<sep>[/.-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4})(?!\d)",
                self.numeric_date,
                dashed=DIGITS,
            ),
            *self.date_rules(months),
            self.behind("-. /\u00a0)", _PHONE, self.phone, spaced="(" + DIGITS, dashed="(" + DIGITS),
            self.behind(".", r"\d{1,5}(?:\.\d{1,5}){2,5}(?![\d])", self.version),
            self.behind(
                ":",
                r"(?P<h>\d{1,2})[:](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?!\d)(?P<suffix>\s?(?:[ap]\.\s?m\.?|[apAP][mM]\b|[AP]\.M\.?))?",
                self.time,
            ),
            self.behind(
                " ",
                rf"(?P<whole>\d{{1,3}}) (?P<n>\d{{1,3}})[/⁄](?P<d>\d{{1,3}})(?![\d/]){unit_behind}",
                self.mixed_fraction,
                spaced=DIGITS,
            ),
            self.behind("/⁄", rf"(?P<n>\d{{1,4}})[/⁄](?P<d>\d{{1,4}})(?![\d/]){unit_behind}", self.fraction),
            self.behind(": ", r"(?P<a>\d{1,4})(?: : |:)(?P<b>\d{1,4})(?![\d:])", self.ratio, spaced=":"),
            self.behind(
                " " + vulgar, rf"(?P<whole>\d{{0,4}}) ?(?P<v>[{vulgar}]){unit_behind}", self.vulgar, spaced=vulgar
            ),
            self.beside(
                of_sums,
                rf"(?P<n>{n})(?:\s?[–-]\s?(?P<b>{n}))?{scale}?\s?(?P<cur>{self.currency_pattern})(?![\w])",
                self.amount_behind,
                spaced=of_money | of_scales | set(dash),
                dashed=SECOND,
            ),
            self.beside("%" + SPACES, rf"(?P<a>{n})\s?%\s?[–-]\s?(?P<b>{n})\s?%", self.percent_range, spaced="%"),
            self.beside(
                "%‰–-" + SPACES,
                rf"(?P<n>{n})(?:[–-](?P<b>{n}))?\s?(?P<sign>[%‰])",
                self.percent,
                spaced="%‰",
                dashed=SECOND,
            ),
            self.beside(
                of_units | set(SPACES),
                rf"(?P<n>{n})[ \u00a0\u202f]?(?P<unit>{units})\s?[–-]\s?(?P<minus>[-−]?)(?P<b>{n})[ \u00a0\u202f]?(?P=unit)(?![\w²³/])",
                self.measures,
                spaced=of_units,
            ),
            self.beside(
                of_units | set(SPACES + dash),
                rf"(?P<n>{n})(?:\s?[–-]\s?(?P<b>{n}))?(?P<gap>[ \u00a0\u202f-]?)(?P<unit>{units})(?![\w²³'’]|/(?!\d|(?:{rates})(?!\w)))(?!-\w)",
                self.measure,
                spaced=of_units | set(dash),
                dashed=of_units | set(SECOND),
            ),
            self.beside(
                "^" + SPACES,
                rf"(?P<n>{n})\s?\^\s?\(?(?P<e>[-−]?(?:\d{{1,6}}|[a-z]\b))\)?{unit_behind}",
                self.power,
                spaced="^",
            ),
            self.beside("⁻⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ", rf"(?P<n>{n})(?P<e>[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ]{{1,5}}){unit_behind}", self.power),
            self.beside("×x" + SPACES, rf"(?P<a>{n})\s?[×x]\s?(?P<b>{n})", self.times, spaced="×x"),
            self.beside(
                "–—−-" + SPACES,
                rf"(?P<a>{n})(?P<sep>\s?[–—−-]\s?)(?P<b>{n})(?![\w])",
                self.range,
                spaced="–—−-",
                dashed=SECOND,
            ),
            *self.more_rules(),
            self.beside(
                of_scales | set(SPACES),
                rf"(?P<n>{n})(?P<scale>\s?(?:{scale_words})(?!\w))",
                self.scaled,
                spaced=of_scales,
            ),
            self.beside(ascii_uppercase, rf"(?P<n>{n})(?P<letters>[A-Z]{{1,2}})(?!\w)", self.number_and_letters),
            (self.number, self.plain_number),
        ]
        self.glued: list[Rule] = [
            (re.compile(r"\d{1,5}(?:\.\d{1,5}){2,5}(?![\d])"), self.version),
            (re.compile(r"\d{1,40}(?:[.,]\d{1,20})?"), self.glued_number),
        ]
        self.signs: list[Rule] = [
            self.begins("+(", _PHONE, self.phone, then="(" + DIGITS),
            self.begins(
                sums,
                rf"(?P<minus>[-−+]?)(?P<cur>{signs})\s?(?P<n>{n})(?:\s?[–-]\s?(?:{signs})?\s?(?P<b>{n}))?{scale}?",
                self.amount,
                then=sums | set(SPACES + DIGITS + "."),
            ),
            self.begins("-−", rf"[-−](?P<n>\.?(?={n}))(?=[\d.])", self.negative, then="." + DIGITS),
            self.begins("-−", r"(?<=[=(] )[-−](?=[a-z]\b)|(?<=[=(])[-−](?=[a-z]\b)", lambda _: f"{words.minus} "),
            self.begins("+", r"\+(?=\d)", self.positive, then=DIGITS),
            self.begins("#№", r"[#№]\s?(?=\d)", lambda _: f"{words.number} "),
            self.begins("§", r"(?P<signs>§{1,9})[ \u00a0\u202f]?", self.paragraph),
            self.begins(
                "/",
                rf"/[ \u00a0]?(?P<rate>{rates})(?![\w²³/])",
                self.rate,
                then=initials(*words.rates) | set(SPACES),
            ),
            self.begins("." if self.decimal == "." else "", rf"(?={n})\.\d{{1,20}}", self.plain_number),
            self.begins("'’", r"['’](?=\d0s\b)", lambda _: "", then=DIGITS),
            self.begins("#@", r"(?P<hash>[#@])(?P<tag>[^\W\d_]\w{0,60})", self.tag),
            self.begins(vulgar, rf"(?P<whole>)(?P<v>[{vulgar}]){unit_behind}", self.vulgar),
            self.begins("⁻⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ", rf"(?P<e>[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ]{{1,5}}){unit_behind}", self.lone_exponent),
            self.begins("^", r"\^\s?\(?(?P<e>[-−]?(?:\d{1,6}|[a-zA-Z]\b))\)?", self.exponent),
            self.begins("√", r"√\s?", lambda _: f"{words.root} "),
            self.begins("<>!=≤≥≠≈±~+×*÷/−·-", r"(?P<op><=|>=|!=|[=<>≤≥≠≈±~+×*÷/−·-])\s?", self.operator),
            self.begins("&", r"&(?!\w+;)", self.ampersand),
            self.begins("%", r"%", lambda _: words.percent),
        ]

    def date_rules(self, months: str) -> list[Rule]:
        """Returns the rules for dates with the name of a month."""
        pattern = rf"(?P<d>\d{{1,2}})(?:\.|er|º|°)?\s(?:de\s|di\s)?(?P<month>{months})(?:,?\s(?:de\s)?(?P<y>\d{{4}})(?!\d){self.year_tail})?"
        of_months = initials(*self.words.months, *self.words.short_months, "de")
        return [self.behind(SPACES + ".eEº°", re.compile(pattern, re.IGNORECASE), self.day_month, spaced=of_months)]

    def glued_number(self, found: re.Match[str]) -> str:
        """Reads `MP3`."""
        return self.say(found[0])

    def number_and_letters(self, found: re.Match[str]) -> str:
        """Reads `3D` and `221B`."""
        return f"{self.say(found['n'])} {spelled(found['letters'])}"

    def amount(self, found: re.Match[str]) -> str | None:
        """Reads `$5.99`."""
        sign = {"-": f"{self.words.minus} ", "−": f"{self.words.minus} ", "+": f"{self.words.plus} "}.get(
            found["minus"], ""
        )
        return sign + self.sum_of(found)

    def amount_behind(self, found: re.Match[str]) -> str | None:
        """Reads `5,99 €` and `50 USD`."""
        return self.sum_of(found)

    def sum_of(self, found: re.Match[str]) -> str:
        """Returns a sum, or a range of two sums, in words."""
        money = self.words.currencies[found["cur"]]
        n, b, scale = found["n"], found["b"], self.scale(found["scale"])
        if b and not scale and (self.split(n)[1] or self.split(b)[1]):
            return f"{self.one_sum(n, money)} {self.words.to} {self.one_sum(b, money)}"
        if b:
            return f"{self.say(n)} {self.words.to} {self.say(b)} {f'{scale} ' if scale else ''}{money.unit.many}"
        if scale:
            unit = money.unit.one if self.is_adjective(found) else money.unit.many
            return f"{self.in_scale(n, scale)} {self.of_scale(unit)}"
        if self.is_adjective(found) and not self.split(n)[1].strip("0"):
            return f"{self.say(n, money.unit)} {money.unit.one}"
        return self.one_sum(n, money)

    def one_sum(self, n: str, money: Money) -> str:
        """Returns `5.99` of a currency in words."""
        whole, tail = self.split(n)
        if len(whole) > 15:
            return f"{self.spelled_digits(whole)} {money.unit.many}"
        if tail and (len(tail) != 2 or money.cent is None):
            return f"{self.say(n)} {self.plural(5, money.unit)}"
        if tail and not int(whole or 0) and int(tail) and money.cent is not None:
            return f"{self.counted(int(tail), money.cent)} {self.plural(int(tail), money.cent)}"
        return self.money_words(int(whole or 0), int(tail or 0), money)

    def measure(self, found: re.Match[str]) -> str | None:
        """Reads `3 kg`."""
        unit = self.units[found["unit"]]
        if len(found["unit"]) == 1 and found["unit"].isalpha() and found["gap"] == "-":
            return None
        if found["unit"] == "K" and not found["gap"]:  # a run of "5K", not five kelvin
            return None
        said = self.span(found, unit)
        last = found["b"] or found["n"]
        name = unit.one if self.is_adjective(found) else self.plural(self.amount_of(last), unit)
        return keep_stop(f"{said} {name}", found) if found["unit"].endswith(".") else f"{said} {name}"

    def measures(self, found: re.Match[str]) -> str:
        """Reads `20 °C–25 °C`, in which the unit stands twice."""
        unit = self.units[found["unit"]]
        minus = f"{self.words.minus} " if found["minus"] else ""
        last = f"{minus}{self.say(found['b'], unit)} {self.plural(self.amount_of(found['b']), unit)}"
        return f"{self.say(found['n'])} {self.words.to} {last}"

    def rate(self, found: re.Match[str]) -> str | None:
        """Reads the end of `$5/month`, `24 hours/day` and `9 €/m²`."""
        return f" {self.words.rates[found['rate']]}" if _AMOUNT_BEFORE.search(left_of(found)) else None

    def time(self, found: re.Match[str]) -> str | None:
        """Reads `14:30`."""
        hour, minute = int(found["h"]), int(found["m"])
        if hour > 24:
            return None
        suffix = (found["suffix"] or "").strip().lower()
        half = f"{suffix[0].upper()}.M" if suffix else ""
        said = self.time_words(hour, minute, int(found["s"]) if found["s"] else None, half)
        return keep_stop(said, found) if suffix.endswith(".") else said

    def date(self, found: re.Match[str]) -> str | None:
        """Reads `2024-03-15`."""
        return self.checked_date(int(found["d"]), int(found["m"]), int(found["y"]), found)

    def numeric_date(self, found: re.Match[str]) -> str | None:
        """Reads `15/03/2024`."""
        a, b = int(found["a"]), int(found["b"])
        day, month = (a, b) if ((self.day_first or found["sep"] == ".") and b <= 12) or a > 12 else (b, a)
        return self.checked_date(day, month, int(found["y"]), found)

    def day_month(self, found: re.Match[str]) -> str | None:
        """Reads `15 March 2024`."""
        return self.checked_date(
            int(found["d"]), self.month_of(found["month"]), int(found["y"]) if found["y"] else None, found
        )

    def month_of(self, name: str) -> int:
        """Returns the number of a month."""
        low = name.lower().rstrip(".")
        if low in self.words.short_months:
            return self.words.short_months[low]
        return [month.lower() for month in self.words.months].index(low) + 1

    def checked_date(self, day: int, month: int, year: int | None, found: re.Match[str]) -> str | None:
        """Returns a date in words; None if there is no such day."""
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return None
        return self.date_words(day, month, year, word_before(found.string, found.start()).lower())

    def phone(self, found: re.Match[str]) -> str | None:
        """Reads a telephone number digit by digit, with a pause between groups."""
        text = found[0].rstrip(" -./")
        groups = re.findall(r"\d+", text)
        digits = sum(map(len, groups))
        before = word_before(found.string, found.start()).lower()
        if not self.is_phone(text, groups, digits, before):
            return None
        said = ", ".join(self.phone_group(group) for group in groups)
        return f"{self.words.plus} {said}" if text.startswith("+") else said

    def is_phone(self, text: str, groups: list[str], digits: int, before: str) -> bool:
        """Whether `text` is a telephone number. `groups` are its groups, `digits` the number of its digits, `before` the word before it."""
        if text.startswith("+"):
            return digits >= 8
        if digits < 7 or ("/" in text and "-" not in text and groups[0][0] != "0"):
            return False
        if re.match(r"\(\d{2,4}\)", text) or re.fullmatch(r"(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}", text):
            return True
        if re.fullmatch(r"\d{3}-\d{4}", text):
            return before in self.words.phone_before or not text.endswith("0")
        return groups[0].startswith("0") or before in self.words.phone_before

    def version(self, found: re.Match[str]) -> str | None:
        """Reads `1.2.3`, or an address of four numbers."""
        parts = found[0].split(".")
        if is_grouped(parts) and ("." in self.groups or not is_address(parts)):
            return None
        if is_address(parts):
            return f" {self.words.dot} ".join(self.spelled_digits(part) for part in parts)
        return f" {self.version_point()} ".join(self.cardinal(int(part)) for part in parts)


def spelled(letters: str) -> str:
    """Returns the letters one by one, separated by dots.

    A dot between two letters makes espeak-ng name them; it reads a lone "A" as an article. The dot does not end a sentence there.
    """
    return ".".join(letters)


def keep_stop(said: str, found: re.Match[str]) -> str:
    """Returns `said`, with a full stop if a sentence ends after the abbreviation that was found."""
    rest = right_of(found).lstrip("\"'”’)»")
    words = found[0].split()
    before = words[-2] if len(words) > 1 else word_before(found.string, found.start())
    end, after = ending(words[-1], before), rest.lstrip("\"'“‘«¿¡( ")
    over = rest[:1].isspace() and is_over(end, after[:1]) and not goes_on(end, after.partition(" ")[0])
    ends = over or not rest.strip()
    return f"{said}." if ends else said
