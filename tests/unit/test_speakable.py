# ruff: noqa: RUF001 - other scripts are part of what is tested
from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voicecli.speech.html_tags import Tag, meaning
from voicecli.speech.plain_text import _NOTHING_TO_CLEAN, _cleaned, tidy
from voicecli.speech.speakable import speakable

FRAGMENTS = [
    *(
        "**",
        "*",
        "_",
        "`",
        "```",
        "~~",
        "~",
        "#",
        "# ",
        "- ",
        "1. ",
        "1) ",
        "> ",
        "|",
        "| a |",
        "[",
        "]",
        "(",
        ")",
        "](",
        "![",
        "[[",
        "]]",
    ),
    *(
        "<",
        ">",
        "<b>",
        "</b>",
        "<think>",
        "</think>",
        "<!--",
        "-->",
        "<|",
        "|>",
        "&lt;",
        "&gt;",
        "&amp;",
        "&#42;",
        "{",
        "}",
        "\\",
        "^",
        "$",
        "^2",
    ),
    *(
        "https://",
        "www.",
        "example.org",
        "/a?b",
        "mailto:",
        "a@b.org",
        "😀",
        "👩‍👩‍👧",
        "1️⃣",
        "→",
        "->",
        "=>",
        "<=",
        "--",
        "---",
        "==",
        "..",
        "...",
        "!!",
        "?!",
    ),
    *(
        "word",
        "Word",
        "snake_case",
        "C#",
        "C++",
        "5",
        "3.5",
        " ",
        "  ",
        "\n",
        "\n\n",
        ".",
        ",",
        ":",
        ";",
        '"',
        "'",
        "\u200d",
        "\x1b[31m",
        "\x00",
    ),
    *(
        "\\frac{a}{b}",
        "\\sqrt{",
        "\\(",
        "\\)",
        "$x$",
        "你好",
        "。",
        "नमस्ते",
        "क्‍ष",
        ":)",
        "<3",
        "[1]",
        "[^a]",
        "\u00a0",
        "\ufeff",
        "-",
        "–",
        "—",
        "=",
    ),
]
wild = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=16).map("".join)

ORDINARY = {
    "en": "Don't worry: the well-known café isn't far (about 3.5 km), is it? It's 10:30 a.m. & I'm \"ready\" – 50% sure!",
    "de": "Größe ist z. B. „relativ“, d. h. am 3. Mai kostet's 3,50 €; naïve Menschen glauben's nicht. Oder?",
    "fr": "Aujourd'hui, l'été n'est pas fini : « Ça va ? » dit-elle. Où est Noël ? C'est à 20 °C !",
    "es": "¿Qué tal? ¡Muy bien! El niño comió piña; el señor José, no.",
    "it": "Perché no? L'università è lì: c'è più di un'ora, però va bene.",
    "pl": "Zażółć gęślą jaźń, proszę. Czy to już wszystko? Tak – prawie!",
    "ru": "Съешь же ещё этих мягких французских булок, да выпей чаю. Хорошо?",
    "zh": "你好，世界！今天天气怎么样？我们去公园吧；好的。《红楼梦》是“名著”。",
    "ja": "こんにちは。元気ですか？「はい、元気です。」と言った。コーヒー、飲む！",
    "ko": "안녕하세요? 오늘은 날씨가 좋네요. 같이 갈까요!",
    "ar": "مرحبا، كيف حالك؟ أنا بخير؛ شكرا.",
    "fa": "می‌خواهم به خانه بروم.",
    "hi": "नमस्ते, आप कैसे हैं? मैं ठीक हूँ। क्‍या बात है!",
    "el": "Καλημέρα! Τι κάνεις; Όλα καλά.",
    "he": "שלום, מה שלומך? הכול בסדר.",
    "uk": "Доброго дня! Об'єкт — п'ять кілометрів.",
    "th": "สวัสดีครับ วันนี้อากาศดี",
    "ca": "El col·lega va dir: «Hola!»",
    "signs": "C++ and C# cost $5 or 5 $ or €3, 2 + 2 = 4, ±1, AT&T, #1, a < b, b > a, <5%, and/or, 1/2, §5, 215°F.",
}


@pytest.mark.parametrize("language", ORDINARY)
def test_ordinary_text_comes_back_as_it_was(language: str) -> None:
    assert speakable(ORDINARY[language]) == ORDINARY[language]


@given(wild)
@example("&amp;amp;lt;b&gt;")
@settings(max_examples=250, deadline=None)
def test_what_was_made_speakable_stays_as_it_is(text: str) -> None:
    once = speakable(text)
    assert speakable(once) == once


@given(wild)
@settings(max_examples=250, deadline=None)
def test_no_markup_address_picture_or_control_character_is_left(text: str) -> None:
    said = speakable(text)
    assert not set(said) & set("*_`~^|[]{}\\")
    assert "://" not in said
    assert "  " not in said
    assert said == said.strip()
    assert all(
        char == " " or unicodedata.category(char) not in {"Cc", "Co", "Cs", "Cn", "Zl", "Zp", "Zs"} for char in said
    )
    assert all(unicodedata.category(char) != "So" or char in "°©№℃℉" for char in said)


@given(wild)
@settings(max_examples=200, deadline=None)
def test_signs_with_two_meanings_stay_only_in_the_one_that_is_said(text: str) -> None:
    said = speakable(text)
    for found in re.finditer("[<>]", said):
        rest = said[found.start() :]
        assert re.match(r"[<>]=?\d|[<>]=? ", rest), said
    for found in re.finditer("#", said):
        assert re.match(r"#\w", said[found.start() :]) or re.search(
            r"(?<!\w)[A-Za-z]#(?!\w)", said[max(0, found.start() - 2) : found.end() + 1]
        ), said


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_at_all_is_taken(text: str) -> None:
    said = speakable(text)
    assert said == "" or any(map(str.isalnum, said))


@given(st.text(max_size=60).filter(lambda text: "</think" not in text.lower()))
@settings(deadline=None)
def test_nothing_of_a_thought_is_said(thought: str) -> None:
    assert speakable(f"<think>{thought}</think>Done.") == "Done."
    assert speakable(f"<think>{thought}") == ""


@given(st.text(max_size=60).filter(lambda text: "`" not in text))
@settings(deadline=None)
def test_nothing_of_a_block_of_code_is_said(code: str) -> None:
    assert speakable(f"Look.\n```\n{code}\n```\nDone.") == "Look. Done."


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("**bold**, *italic*, ***both***, __bold__, _italic_, ~~gone~~", "bold, italic, both, bold, italic, gone"),
        ("run `git commit -m x` now", "run git commit -m x now"),
        ("the `<div>` element and `List[int]`", "the div element and List int"),
        ("![a cat](http://x.org/cat.png) sleeps", "a cat sleeps"),
        ("[a [nested] one](http://x.org/a_(b)) here", "a nested one here"),
        ("[![badge](http://a)](http://b) text", "badge text"),
        ("see [the docs][ref] now", "see the docs now"),
        ("a fact[1][2] and another.[^3]", "a fact and another."),
        ("[^1]: The source.", "The source."),
        ("https://www.example.org/a/b?c=d#e is it", "example.org is it"),
        ("(see http://user:pw@example.org:8080/x).", "(see example.org)."),
        ("<https://example.org/path> or www.example.org/x.", "example.org or example.org."),
        ("mailto:jane.doe@example.org or jane.doe@example.org", "jane.doe@example.org or jane.doe@example.org"),
        ("file:///etc/passwd", ""),
        ("Great 😀👍🏽 👩‍👩‍👧 🇩🇪 ❤️ ✓ 1️⃣!", "Great 1!"),
        ("Nice :) and :-P, really ;) <3", "Nice and, really"),
        ("Settings → Privacy -> Location", "Settings, Privacy, Location"),
        ("5 * 3 = 15 and 2*3 and a * b", "5 × 3 = 15 and 2×3 and a × b"),
        ("snake_case, __init__, x^2, ~5 km", "snake case, init, x², ≈5 km"),
        ("3~5 days, 20°C ~ 25°C, ~~5~~ 4", "3–5 days, 20°C–25°C, 5 4"),
        ("std::vector, --flag, wait -- what", "std vector, flag, wait – what"),
        ("Stop!!! Why??? What?!?! Hmm..... a==b", "Stop! Why? What?! Hmm... a=b"),
        ("Tom &amp; Jerry&nbsp;&lt;5&#33;", "Tom & Jerry <5!"),
        ("<p>One</p><p>Two</p> <b>three</b><br/>four", "One. Two. three. four"),
        ("<your name> at List<String>", "your name at List String"),
        ("x <!-- hidden. --> y<|im_end|>", "x y"),
        ("<｜end▁of▁sentence｜>Hi.", "Hi."),
        ('<tool_call>{"name": 1}</tool_call>Done.', "Done."),
        ("say [[ h@l'oU ]] now", "say now"),
        ("\x1b[1mbold\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07", "bold link"),
        ("zero\u200bwidth so\u00adft \ufeffx", "zerowidth soft x"),
        ("\\(\\frac{1}{2}\\) is $x^2$ or \\$5", "1 ÷ 2 is x² or $5"),
        ("\\[ x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a} \\]", "x = -b ± √ b² - 4ac ÷ 2a"),
        ("𝐁𝐨𝐥𝐝 ① it´s", "Bold 1 it's"),
        ("# Title\ntext", "Title. text"),
        ("- one\n- two,\n- three!", "one. two, three!"),
        ("- [ ] open\n- [x] done", "open. done"),
        ("1. one\n2) two", "1. one. 2. two"),
        ("> quoted\n> text\n\nnot", "quoted text. not"),
        ("a\n\n---\n\nb", "a. b"),
        ("Title\n=====\ntext", "Title. text"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a, b. 1, 2"),
        ("标题\n\n正文", "标题。 正文"),
        (
            "A line that is as wide as a page was ended by its\nwidth. A short one\nwas not",
            "A line that is as wide as a page was ended by its width. A short one was not",
        ),
        ("Roses are red\nViolets are blue", "Roses are red. Violets are blue"),
        ("~~~\ncode\n~~~\nafter", "after"),
        ("````md\n```\ninner\n```\n````\nafter", "after"),
        ("> ```\n> code\n> ```\n> after", "after"),
        ("``` one line ``` after", "after"),
        ("", ""),
        ("...", ""),
    ],
)
def test_markup_becomes_speech(raw: str, said: str) -> None:
    assert speakable(raw) == said


def test_tidy_leaves_nothing_where_there_is_nothing_to_say() -> None:
    assert tidy("*** — !") == ""


@pytest.mark.parametrize(
    ("tag", "what"),
    [
        ("<b>", Tag.SILENT),
        ("<a href=\"http://x.org\" title='x y'>", Tag.SILENT),
        ("<b and c>", Tag.UNKNOWN),
        ("<String>", Tag.UNKNOWN),
        ("<br />", Tag.PART),
        ("</LI>", Tag.PART),
        ("<Think>", Tag.HIDES),
        ("</think>", Tag.SILENT),
        ("<|eot_id|>", Tag.SILENT),
    ],
)
def test_a_tag_means_something_to_a_voice(tag: str, what: Tag) -> None:
    assert meaning(tag) is what


@given(st.text(st.sampled_from("aB1é你。，.,;:!?'’- _*"), max_size=20))
def test_text_that_is_taken_for_clean_is_what_the_rules_leave(text: str) -> None:
    if _NOTHING_TO_CLEAN.fullmatch(text):
        assert _cleaned(text) == text
    assert tidy(text) == _cleaned(text)
