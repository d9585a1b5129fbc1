# ruff: noqa: RUF001, RUF002 - the signs of other scripts are what this is about
"""Removes signs that are seen but not spoken from one word, or one piece. Anything that needs more context is in `reader`.

The treatment of signs was tried on espeak-ng, which Piper uses, in seven languages. It says "tilde" and "asterisk", reads `snake_case`
as two words, `example.org` and e-mail addresses with "dot" and "at", and knows `%`, `°`, `×`, `&` and currencies. So those stay.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from voicecli.speech.latex import without_latex
from voicecli.speech.punctuation import can_be_said

_ARROWS = ((0x2190, 0x21FF), (0x2794, 0x2794), (0x2798, 0x27BE), (0x27F0, 0x27FF), (0x2900, 0x297F), (0x2B00, 0x2BFF))
_PICTURES = frozenset("\u2139\u24c2\u3030\u303d\u20bf‼⁉")  # drawn as emoji, though not symbols in Unicode
_SAID_SYMBOLS = frozenset("°©№℃℉")  # "other symbols" that every voice can name, unlike emoji
_SIGNS = frozenset("^`")  # modifier symbols that are also ASCII; `tidy` handles them
_INVISIBLE_MARKS = ((0xFE00, 0xFE0F), (0x034F, 0x034F), (0xE0100, 0xE01EF))
_JOINERS = "\u200c\u200d"  # part of the spelling in Persian and Hindi


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _said(char: str) -> str:
    """Returns what remains of one character."""
    code, category = ord(char), unicodedata.category(char)
    if _within(code, _ARROWS):
        return ", "  # "Settings → Privacy" is a path, and a path is read with pauses
    if char in _PICTURES or _within(code, _INVISIBLE_MARKS):
        return "!" if char in "‼⁉" else ""
    if 0x1D400 <= code <= 0x1D7FF or 0x2460 <= code <= 0x24FF:  # noqa: PLR2004 - fancy letters, circled numbers
        return unicodedata.normalize("NFKC", char)
    match category:
        case "So":
            return char if char in _SAID_SYMBOLS else ""
        case "Sk":
            return char if char in _SIGNS else "'" if char == "\u00b4" else ""
        case "Cf":
            return char if char in _JOINERS else ""
        case "Cc":
            return " " if char.isspace() else ""
        case "Co" | "Cs" | "Cn" | "Me":
            return ""
        case "Zs" | "Zl" | "Zp":
            return " "
        case _:
            return ", " if char in "•‣⁃" else "" if char in "¶†‡" else char


class _Table(dict[int, str]):
    """A table for `str.translate`, which computes each character once."""

    def __missing__(self, code: int) -> str:
        self[code] = said = _said(chr(code))
        return said


_SAID = _Table()

_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_SMILEY = re.compile(r"(?:[:;][-'^o]?[()\[\]DPpO|/\\]+|=[()D]+|[xX]D+|<3+|\^_*\^)(?P<mark>[.,!?]*)")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,64}\]:?|\[\d{1,3}(?:[-–,;]\d{1,3})*\]:?|^\[[xX]\]$")
_URL = re.compile(
    r"<?(?:\b(?:[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^\s/@<>]*@)?|mailto:)|(?<![\w.@/])(?=www\.\w))"
    r"(?:www\.)?(?P<host>[^\s/?#:<>()\[\]\"']*)(?P<rest>[^\s<>\"]*)>?"
)
_URL_TAIL = ".,;:!?)]}'”’»*_~`|…"  # signs that may end an address, but mostly follow it


def _host(found: re.Match[str]) -> str:
    """Returns the host of an address, and the marks that follow the address."""
    whole = found["host"] + found["rest"]
    tail = whole[len(whole.rstrip(_URL_TAIL)) :]
    return found["host"].rstrip(_URL_TAIL) + tail


def plain_word(raw: str) -> str:
    """Returns what remains of one word, a run of text without spaces. It may contain addresses, smileys, footnote marks and pictures.

    Signs whose meaning depends on their neighbours stay. `tidy` handles them when the piece is complete.
    """
    text = raw
    if raw.isalpha() and raw.isascii():
        return raw
    if len(raw) == 1 and raw not in _JOINERS:
        return _SAID[ord(raw)].strip(" ")
    if "\x1b" in text:
        text = _ESCAPE_SEQUENCE.sub("", text)
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if smiley := _SMILEY.fullmatch(text):
        return smiley["mark"]
    if "[" in text and "`" not in text:
        text = _FOOTNOTE.sub("", text.replace("![", "["))
    if "://" in text or "www." in text or "mailto:" in text:
        text = _URL.sub(_host, text)
    text = text.translate(_SAID)
    if any(joiner in text for joiner in _JOINERS):
        text = _without_loose_joiners(text)
    is_markup = not text.strip("*_~`#") if len(text) == 2 else not text.strip("*_~`#|:=+-") and len(text) > 2  # noqa: PLR2004
    return "" if is_markup else text.strip(" ")


def _without_loose_joiners(text: str) -> str:
    def spells(at: int) -> bool:
        return 0 <= at < len(text) and unicodedata.category(text[at])[0] in "LM"

    return "".join(char for at, char in enumerate(text) if char not in _JOINERS or (spells(at - 1) and spells(at + 1)))


_ALNUM = r"[^\W_]"
_RULES = tuple(
    (frozenset(needed), re.compile(pattern), replacement)
    for needed, pattern, replacement in (
        (":", r"(?<!\w)\w*://", " "),
        ("$", r"\$\$?(?=[^\s\d$])([^$]*[^\s$])\$\$?(?!\d)", r"\1"),  # a formula
        ("\\", r"\\(?=[^\w\s])", ""),  # an escaped sign
        ("\\", r"\\", " "),
        ("*", r"(?<=\d)( ?)\*\1(?=\d)", r"\1×\1"),
        ("*", r"(?<=\w) \* (?=\w)", " × "),
        ("*", r"\*", ""),
        ("_", rf"(?<={_ALNUM})_+(?={_ALNUM})", " "),  # snake_case
        ("_", r"_", ""),
        ("`", r"`", ""),
        ("~", r"(?<=[\d%‰℃℉])( ?)~\1(?=[-−]?\d)|(?<=°[CF])( ?)~\2(?=[-−]?\d)", "–"),  # a range
        ("~", r"(?<=\d[\u4e00-\u9fff])~(?=\d)|(?<=周[一二三四五六日])~(?=周)", "–"),
        ("~", r"(?<!~)~(?=\d)", "≈"),
        ("~", r"~", ""),
        ("^", r"\^", " "),
        ("|", r" ?\|+ ?", ", "),
        ("<>", r" ?(?:(?<!-)-+>+|(?<!=)=+>+|<-+>?|<=+>) ?", ", "),  # arrows drawn with signs
        ("<>", r"(?!(?<= )[<>]=? |(?<![^\s(])[<>]=?\d)[<>]", " "),  # what stays: "a < b", "<5 %"
        ("#", r"(?!(?<=\b[A-Za-z])#(?!\w)|(?<![\w#])#(?=\w))#", ""),  # what stays: "C#", "#1", "#love"
        ("$", r"(?!\$ ?\d|(?<=\d)\$|(?<=\d )\$)\$", ""),  # what stays: an amount of money
        ("[]{}", r"(?<=\w)[\[\]{}]+(?=\w)", " "),
        ("[]{}", r"[\[\]{}]", ""),
        ('("“«', r"\(\s*\)|\"\"|“\s*”|«\s*»", ""),
        ("!", r"!{2,}", "!"),
        ("！", r"！{2,}", "！"),
        ("?", r"\?{2,}", "?"),
        ("？", r"？{2,}", "？"),
        ("!?", r"[!?]{3,}", "?!"),
        (".", r"\.{4,}", "..."),
        (".", r"(?<![.\w])\.\.(?![./])|(?<=\w)\.\.(?!\.)", "."),
        ("…", r"…{2,}", "…"),
        (":", r"(?<=\w)::(?=\w)", " "),
        (",;:", r"([,;:])(?:\s*\1)+", r"\1"),
        ("=", r"={2,}", "="),
        ("-", r"(?<!\S)-{2,}(?=\w)", ""),  # --flag
        ("-", r" ?-{2,} ?", " – "),
        ("—", r"—{2,}", "—"),
        ("", r"\s+", " "),
        (",.", r" ([,.])(?= |$)", r"\1"),
        ("()", r"(?<=\() | (?=\))", ""),
        (",", r",(?=[.!?;:])", ""),
        ("", r"^[ ,;:]+| $", ""),
    )
)
"""Each rule: the characters of which one must be in the text, or none if it always applies; what it replaces, and by what."""

_NOTHING_TO_CLEAN = re.compile(r"[^\W_](?:[^\W_]|[.,;:!?'’。，！？、-](?=\Z| ?[^\W_])| (?=[^\W_]))*")
"""Matches a text that no rule changes: letters and numbers, with at most one mark and one space between them. Most text is so."""

_MOST_PASSES = 8
"""Ordinary text takes two or three passes. Thousands of nested brackets would take thousands; such a text is reduced to its words without marks."""


def tidy(text: str) -> str:
    """Cleans one or several words joined by spaces: no markup signs, no more than one mark or space in a row, one line.

    Returns an empty text if there is no letter or number in it. `tidy(tidy(text)) == tidy(text)`, because it repeats the rules until nothing changes.
    """
    words = text.strip(" ")
    if not can_be_said(words):
        return ""
    return words if _NOTHING_TO_CLEAN.fullmatch(words) else _cleaned(text)


_NEEDED = frozenset().union(*(needed for needed, _, _ in _RULES))


@lru_cache(1000)
def _rules_for(present: frozenset[str], first: int) -> tuple[tuple[int, re.Pattern[str], str], ...]:
    """Returns the rules from the index `first` on that can apply to a text with these characters, each with its index."""
    return tuple(
        (at, pattern, replacement)
        for at, (needed, pattern, replacement) in enumerate(_RULES)
        if at >= first and (not needed or not needed.isdisjoint(present))
    )


def _applied(text: str) -> str:
    """Applies each rule once, in order."""
    first = 0
    while True:
        for at, pattern, replacement in _rules_for(_NEEDED.intersection(text), first):
            cleaned = pattern.sub(replacement, text)
            if cleaned != text:
                text, first = cleaned, at + 1
                break
        else:
            return text


def _cleaned(text: str) -> str:
    for _ in range(_MOST_PASSES):
        before = text
        text = _applied(without_latex(text))
        if text == before:
            break
    else:
        text = _bare(text)
    return text if can_be_said(text) else ""


def lacks_space(word: Sequence[str]) -> bool:
    """Whether a new sentence begins directly after the characters of `word`, as in "done.Next". Addresses and "e.g.The" or "A.Smith" do not count."""
    return (
        len(word) > 3  # noqa: PLR2004 - no "e.g.The", no "A.Smith"
        and word[-1] in ".!?"
        and word[-2].islower()
        and word[-3].islower()
        and not any(sign in word for sign in "/@:")
        and list(word[:3]) != ["w", "w", "w"]
    )


def _bare(text: str) -> str:
    """Returns the words of `text`, joined by spaces, without marks."""
    return " ".join("".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in text).split())
