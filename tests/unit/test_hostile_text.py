"""Hostile text is processed in time proportional to its length."""

from __future__ import annotations

import time

import pytest

from voicecli.speech.plain_text import tidy
from voicecli.speech.sentence_chunker import SentenceChunker

SHORT, LONG = 2_000, 16_000
QUADRATIC = (LONG / SHORT) ** 2
"""How much longer a text that is eight times as long takes when the work grows with its square."""


def cost(text: str) -> float:
    """Processor time in seconds."""
    start = time.process_time()
    tidy(text)
    return max(time.process_time() - start, 0.001)


def is_in_proportion(short: str, long: str) -> bool:
    """Whether a text that is eight times as long costs much less than the square. The least of three counts, because of other programs."""
    least = min(cost(short) for _ in range(3))
    return any(cost(long) < least * QUADRATIC / 2 for _ in range(3))


@pytest.mark.parametrize("sign", ["-", "=", "< ", "> ", "|.", "^<", "://<", "-->.", "^[^", "[", "*", "$a", "`", "\\("])
def test_a_repeated_sign_costs_in_proportion(sign: str) -> None:
    assert is_in_proportion(*(sign * (length // len(sign)) for length in (SHORT, LONG)))


@pytest.mark.parametrize(("opens", "closes"), [("(", ")"), ("“", "”"), ("«", "»"), ("\\text{", "}"), ("\\sqrt{", "}")])
def test_what_is_nested_deeply_costs_in_proportion(opens: str, closes: str) -> None:
    depths = (length // len(opens + closes) for length in (SHORT, LONG))
    assert is_in_proportion(*(opens * depth + closes * depth for depth in depths))


@pytest.mark.parametrize("text", ["(" * 90 + "a, b" + ")" * 90, "a" + "(" * 90 + ")" * 90 + "b é नमस्ते"])
def test_hostile_text_is_stable_and_keeps_its_words(text: str) -> None:
    said = tidy(text)
    assert tidy(said) == said
    assert [word for word in ("a", "b") if word not in said] == []


@pytest.mark.parametrize(
    "text", ["\x00\x07\x1b[31mred\x1b[0m [[h@loU]] [\x00[ a ]\x00]", "[[" * 400 + "x", "[\u200b[x]\u200b]"]
)
def test_no_control_character_and_no_double_bracket_reaches_the_voice(text: str) -> None:
    splitter = SentenceChunker()
    for chunk in (*splitter.feed(text), *splitter.finish()):
        assert "[[" not in chunk.text
        assert chunk.text.isprintable()
