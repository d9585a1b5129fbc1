"""The rules for words: abbreviations, initials, acronyms, roman numerals, names of programs, addresses, file names, capitals."""

from __future__ import annotations

import re
from abc import abstractmethod
from string import ascii_uppercase
from typing import ClassVar

from voicecli.speech.abbreviations import reading
from voicecli.speech.normalize.numbers import left_of, right_of, word_after, word_before
from voicecli.speech.normalize.rules import ANY, DIGITS, NOT_LOWER, ODD, Rule, initials
from voicecli.speech.normalize.western import Western, alternatives, keep_stop, spelled
from voicecli.speech.sentence_endings import ending, is_over
from voicecli.speech.word_lists import among

_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_NO_ROMAN = among("CD DC MD DM MC XL CV CC MI DI DIV MIX LI CI XXL XXX MM CM DL CL ML II") - {"II"}
_SAID_EXTENSIONS = among("zip doc bat log ini exe bin dot tar")
_EXTENSIONS = """
    py js ts md pdf txt csv json xml html css png jpg jpeg gif svg mp3 mp4 wav zip doc docx xls xlsx ppt pptx sh bat c h cpp hpp rs go java
    rb php toml yaml yml ini cfg log exe dll so tar gz bz2 sql db tsx jsx ipynb tex bin iso
"""
_TOP_DOMAINS = "com org net edu gov io de es fr it nl pl ru cn uk eu co info dev app ai me tv us ch at br pt mx ar jp"


_LONGEST_SHORT_FORM = 4
"""In letters. A longer word with a full stop is rarely an abbreviation: it ends a sentence, even if a lower-case name follows."""


def roman_value(text: str) -> int | None:
    """Returns the value of a roman numeral; None if the text is not one."""
    if not text or not _ROMAN.fullmatch(text):
        return None
    values = [_ROMAN_VALUES[char] for char in text]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


class Lettered(Western):
    """The rules of a language with an alphabet."""

    common: ClassVar[frozenset[str]] = frozenset()
    """Short words that are words in capitals, too: "DO NOT"."""

    also_acronyms: ClassVar[frozenset[str]] = frozenset()
    """The ones among `common` that are acronyms if nothing around them is in capitals: "IT"."""

    def __init__(self) -> None:
        super().__init__()
        letter = r"[^\W\d_]"
        domains = "|".join(_TOP_DOMAINS.split())
        extensions = "|".join(_EXTENSIONS.split())
        starting = [sign for sign in self.words.currencies if sign[0].isalpha() and not sign.isalpha()]
        n = self.number_pattern
        of_hosts = "." + "-" + DIGITS
        self.letters: list[Rule] = [
            self.word(
                initials(*starting),
                ANY,
                rf"(?P<minus>)(?P<cur>{alternatives(starting) or '(?!)'})\s?(?P<n>{n})(?P<b>)(?P<scale>)",
                self.amount,
            ),
            *self.first_word_rules(),
            self.word("nN", ANY, r"[nN]\.?[º°]\s?(?=\d)", self.number_sign),
            self.word(
                ANY,
                "@+_" + of_hosts + ODD,
                r"(?P<user>[\w.+-]{1,64}+)@(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})",
                self.email,
            ),
            self.word(
                ANY,
                of_hosts,
                rf"(?![A-Z]\.[A-Z]\b)(?:[a-zA-Z0-9-]{{1,63}}+\.){{1,4}}(?:{domains})(?![\w@-]|\.\w)",
                self.domain,
            ),
            self.word(
                ANY,
                "_" + of_hosts + ODD,
                rf"(?![A-Z]\.[A-Z]\b)(?P<name>[\w-]{{1,80}}+)\.(?P<ext>{extensions}|{extensions.upper()})(?!\w)(?!\.\w)",
                self.file,
            ),
            self.word("IVXLCDM", ANY, r"[IVXLCDM]{1,12}(?![\w'’])\.?", self.roman),
            self.word(ascii_uppercase, "+#", r"[A-Z]\+\+|[A-GJ]#(?!\w)", self.program),
            self.word(ANY, ".", rf"(?:{letter}\.){{2,6}}", self.dotted),
            self.word(ANY, ".", rf"(?:{letter}\.[ \u00a0]){{1,3}}{letter}\.(?=[ \u00a0]|$)", self.spaced_dotted),
            self.word(ANY, ".", rf"{letter}\.(?=\s+[^\W\d_a-zß-ÿ])", self.initial),
            self.word(
                ANY, ".-" + ODD, rf"(?P<short>{letter}{{1,8}}(?:[.-]{letter}{{1,3}}){{0,3}})\.", self.abbreviation
            ),
            self.word("vV", DIGITS, r"(?P<v>[vV])(?=\d)", self.version_letter),
            self.word(ANY, "^²³", rf"{letter}\^|{letter}(?=[²³])", self.symbol),
            self.word(NOT_LOWER, ANY, r"(?P<caps>[^\W\d_a-zß-ÿ]{2,12})(?P<tail>['’]?s\b)?(?![a-zß-ÿ])", self.capitals),
        ]

        self.signs = [self.begins(".", r"\.NET\b", lambda _: f"{self.words.dot} net"), *self.signs]

    def first_word_rules(self) -> list[Rule]:
        """Returns the rules that are tried before all others."""
        return []

    def number_sign(self, found: re.Match[str]) -> str:
        """Reads `n.º 5` and `N° 5`."""
        return f"{self.words.number} "

    def abbreviation(self, found: re.Match[str]) -> str | None:
        """Reads `Dr.` and `etc.`."""
        text, short = found.string, found["short"]
        said = self.abbreviated(short, word_before(text, found.start()), text, found.end())
        if said is None:
            return self.stopped(found)
        if short[0].isupper() and said and short.lower() not in {"e.g", "i.e"}:
            said = said[0].upper() + said[1:]
        return keep_stop(said, found)

    def abbreviated(self, short: str, before: str, text: str, end: int) -> str | None:
        """Returns the words for an abbreviation."""
        return reading(short.lower(), self.code)

    code: ClassVar[str]

    def stopped(self, found: re.Match[str]) -> str | None:
        """Removes a full stop that does not end a sentence: the voice would pause there."""
        text = found.string
        after = text[found.end() : found.end() + 1]
        if not after.isspace():
            return None
        if len(found["short"]) > _LONGEST_SHORT_FORM and "." not in found["short"]:
            return None
        before = word_before(text, found.start())
        over = is_over(ending(found[0], before), right_of(found).lstrip("\"'“‘«¿¡( ")[:1])
        return None if over else found[0][:-1]

    def dotted(self, found: re.Match[str]) -> str | None:
        """Reads `U.S.`, `J.K.` and `e.g.`."""
        known = self.abbreviated(found[0][:-1].lower(), "", found.string, found.end())
        if known:
            return keep_stop(known, found)
        if not found[0].isupper() and len(found[0]) > 4:
            return None
        return keep_stop(self.spell(found[0].replace(".", "").upper()), found)

    def spaced_dotted(self, found: re.Match[str]) -> str | None:
        """Reads `z. B.` and `J. R. R.`."""
        letters = found[0].replace(" ", "").replace("\u00a0", "")
        known = reading(letters[:-1].lower(), self.code)
        if known:
            return keep_stop(known, found)
        return self.spell(letters.replace(".", "")) if letters.isupper() else None

    def initial(self, found: re.Match[str]) -> str | None:
        """Reads `George W. Bush`."""
        known = self.abbreviated(found[0][:-1], word_before(found.string, found.start()), found.string, found.end())
        return known or found[0][:-1]

    def spell(self, letters: str) -> str:
        """Returns letters by their names."""
        return spelled(letters)

    def email(self, found: re.Match[str]) -> str | None:
        """Reads `jane@example.com`."""
        host = found["host"].rstrip(".")
        words = self.words
        user = re.sub(r"\.", f" {words.dot} ", found["user"])
        user = re.sub(r"_", " ", user)
        return f"{self.digits_in(user)} {words.at} {self.host(host)}"

    def digits_in(self, text: str) -> str:
        """Replaces the numbers in a name by words."""
        return re.sub(
            r"\d+",
            lambda digits: (
                f" {self.spelled_digits(digits[0]) if len(digits[0]) > 4 else self.cardinal(int(digits[0]))} "
            ),
            text,
        ).strip()

    def host(self, text: str) -> str:
        """Returns the name of a host in words."""
        parts = text.split(".")
        if parts[0] == "www" and len(parts) > 2:
            parts = parts[1:]
            return self.host(".".join(parts))
        return f" {self.words.dot} ".join(self.digits_in(part) for part in parts)

    def domain(self, found: re.Match[str]) -> str | None:
        """Reads `example.org`."""
        text = found[0]
        return self.host(text) if text.islower() or text.startswith("www.") else None

    def file(self, found: re.Match[str]) -> str | None:
        """Reads `main.py`."""
        name, ext = found["name"], found["ext"]
        name = re.sub(r"[_-]", " ", name)
        if name.isupper() and len(name) > 3:
            name = name.lower()
        if name in {"Node", "Vue", "Next", "React"}:
            return f"{name} {self.spell(ext.upper())}"
        said = (
            ext
            if ext.lower() in _SAID_EXTENSIONS
            else self.spell(ext.upper())
            if not any(char.isdigit() for char in ext)
            else self.letters_and_digits(ext.upper())
        )
        return f"{self.digits_in(name)} {self.words.dot} {said}"

    def letters_and_digits(self, text: str) -> str:
        """Reads `MP3`."""
        return " ".join(
            self.spell(part) if part.isalpha() else self.cardinal(int(part)) for part in re.findall(r"\d+|[^\d]+", text)
        )

    def program(self, found: re.Match[str]) -> str | None:
        """Reads `C#`, `C++` and `.NET`."""
        text = found[0]
        if text.endswith("#"):
            return f"{text[0]} {self.words.sharp}"
        return f"{text[0]} {self.words.plus} {self.words.plus}"

    def version_letter(self, found: re.Match[str]) -> str | None:
        """Reads `v1.2`."""
        before = found.string[found.start() - 1 : found.start()]
        return "version " if before in {"", " ", "(", "\u00a0"} else None

    def symbol(self, found: re.Match[str]) -> str | None:
        """Reads the letter of `x^2`. The rule for powers reads the rest."""
        return None

    def roman(self, found: re.Match[str]) -> str | None:
        """Reads `Louis XIV` and `Chapter IV`."""
        text, numeral = found.string, found[0].rstrip(".")
        value = roman_value(numeral)
        if value is None or text[found.start() - 1 : found.start()] not in {" ", "\u00a0", "("}:
            return None
        before = word_before(text, found.start())
        has_stop = found[0].endswith(".")
        said = self.roman_words(value, numeral, before, word_after(text, found.end()), left_of(found))
        if said is None:
            return None
        if has_stop:
            rest = right_of(found).strip()
            return f"{said}." if not rest or (rest[0].isupper() and self.code != "de") else said
        return said

    def roman_words(self, value: int, numeral: str, before: str, after: str, left: str) -> str | None:
        """Returns the words for a numeral. `before` and `after` are the words around it."""
        if before.lower() in self.words.chapters and (len(numeral) > 1 or before[0].isupper() or not after):
            return self.cardinal(value)
        is_name = before[:1].isupper() and not before.isupper()
        if len(numeral) < 2 or numeral in _NO_ROMAN or not is_name or (set(numeral) - set("IVX") and len(numeral) < 4):
            return None
        return self.cardinal(value)

    def capitals(self, found: re.Match[str]) -> str | None:
        """Reads `FBI` by its letters, `NASA` as a word, and `STOP` as a word in capitals."""
        text, caps, tail = found.string, found["caps"], found["tail"] or ""
        if not caps.isalpha() or not caps.isupper():
            return None
        after = text[found.end() : found.end() + 1]
        if text[found.start() - 1 : found.start()].isalnum():
            return None
        if after.isdigit() or (after == "-" and text[found.end() + 1 : found.end() + 2].isdigit()):
            said = caps if caps in self.words.said or len(caps) > 3 else self.spell(caps)
            return f"{said} " if after != "-" else said
        if caps in self.words.said:
            return caps.capitalize() if len(caps) > 5 else None
        in_capitals = word_before(text, found.start())[1:].isupper() or word_after(text, found.end())[1:].isupper()
        if caps.lower() in self.common and (in_capitals or caps.lower() not in self.also_acronyms):
            return caps.lower() + tail
        if len(caps) >= 4 and self.is_shouted(caps, text, found):
            return caps.lower() + tail
        tail = "'s" if tail in {"s", "’s", "'s"} else ""
        return self.spell(caps) + tail if len(caps) <= 5 or not self.pronounceable(caps) else caps.lower() + tail

    def is_shouted(self, caps: str, text: str, found: re.Match[str]) -> bool:
        """Whether a word of at least four letters is a word in capitals and not an acronym."""
        return self.pronounceable(caps)

    @staticmethod
    def pronounceable(caps: str) -> bool:
        """Whether letters can be pronounced as a word: they contain vowels, and at most three consonants in a row at the start or four elsewhere."""
        return bool(re.search("[AEIOUYÄÖÜÁÉÍÓÚ]", caps)) and not re.search(
            "^[^AEIOUYÄÖÜÁÉÍÓÚ]{4}|[^AEIOUYÄÖÜÁÉÍÓÚ]{5}", caps
        )


class WithRulers(Lettered):
    """The rules of a language in which the number of a ruler is an ordinal: "Louis the fourteenth"."""

    rulers: ClassVar[frozenset[str]]
    """Names of rulers: "Louis XIV"."""

    titles: ClassVar[frozenset[str]]
    """Words before any other name that make it one of a ruler: "King Olaf V"."""

    after_i: ClassVar[frozenset[str]] = among("am have had will would think know was can could want")
    """Words after "I" that make it a pronoun."""

    @abstractmethod
    def ruler(self, value: int, name: str) -> str:
        """Returns the number of a ruler in words."""

    def roman_words(self, value: int, numeral: str, before: str, after: str, left: str) -> str | None:
        is_ruler = before in self.rulers and not (numeral == "I" and after in self.after_i)
        said = super().roman_words(value, numeral, before, after, left)
        if before.lower() in self.words.chapters:
            return said
        titled = any(word in self.titles for word in re.findall(r"\w+", left[-40:])[-4:])
        return self.ruler(value, before) if is_ruler or (said is not None and titled) else said
