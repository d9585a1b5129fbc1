from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.ui.sanitize import clean, clean_line


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]52;c;Zm9v\x1b\\text", "text"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("\x1bcreset", "reset"),
        ("\x1b(0box", "box"),
        ("a lone \x1b", "a lone "),
        ("never ended \x1b]0;text that must stay\nand more", "never ended 0;text that must stay\nand more"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a\tb", "a    b"),
        ("bell\x07 backspace\x08", "bell backspace"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("\u200fמרחבא\u200e", "\u200fמרחבא\u200e"),
        ("half \ud83d", "half \N{REPLACEMENT CHARACTER}"),
        ("👩\u200d💻 e\u0301 ไทย", "👩\u200d💻 e\u0301 ไทย"),
        ("[bold]not markup[/bold] :smile:", "[bold]not markup[/bold] :smile:"),
    ],
)
def test_what_a_terminal_would_obey_is_removed_and_text_stays(dirty: str, tidy: str) -> None:
    assert clean(dirty) == tidy


@given(st.text(alphabet=st.characters(codec=None) | st.sampled_from("\x1b\x9b[];m\x07\n\u202e")))
def test_clean_text_has_no_control_character_but_the_line_feed(text: str) -> None:
    kept = clean(text)
    assert not [c for c in kept if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
    kept.encode()
    assert clean(kept) == kept


def test_a_line_has_no_line_feeds() -> None:
    assert clean_line(" a\n\n b\tc\x1b[0m ") == "a b c"
