"""Sentences of a file that are addressed to an assistant are left out of what the model is told; ordinary ones stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voicecli.documents.addressed import LEFT_OUT, without_orders
from voicecli.documents.text import tidy

DATA = Path(__file__).parents[1] / "data"
PLANTED = json.loads((DATA / "documents" / "planted.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("planted", [each for each in PLANTED if "late" not in each], ids=lambda each: each["name"])
def test_a_planted_instruction_is_left_out_and_the_rest_stays(planted: dict[str, str]) -> None:
    told = without_orders(tidy(planted["text"]))
    assert any(fact in told.casefold() for fact in planted["fact"].split("|"))
    assert LEFT_OUT in told or planted["name"] == "garden.md"  # a call loses its marks instead
    assert "tool_call>" not in told


@pytest.mark.parametrize(
    "text",
    [
        "The assistant manager should call the AI lab on Monday.",
        "Users must answer all questions in the form.",
        "She said only that the words were hard. Start the machine with the green button.",
        "My new task is to water the plants. Your role in the team is important.",
        "Die KI soll in Zukunft helfen. Der Assistent der Geschäftsführung muss den Vertrag prüfen.",
        "The user must enter a password. When asked, answer truthfully.",
        "Start the engine only when it is cold. End the day with a walk. You are now ready to print.",
        "System requirements: 8 GB of memory.\nAnswer the phone within three rings.",
    ],
)
def test_an_ordinary_sentence_stays(text: str) -> None:
    assert without_orders(text) == text
