"""The magic 8 ball with a real model: its rules hold, and its answers are its own."""

from __future__ import annotations

import json

import pytest

from fakes.program import run

pytestmark = pytest.mark.engines

FOOLISH = "Foolish questions get foolish answers."
QUESTIONS = (
    "Will I find love this year?",
    "Blah blah blah.",
    "Should I quit my job?",
    "Will it rain on my wedding?",
    "Will it rain on my wedding?",
    "???",
    "Who are you?",
    "Are you a magic 8 ball?",
)


def test_eight_questions_to_the_magic_8_ball_two_of_them_foolish() -> None:
    done = run(
        "chat",
        "--text",
        "--no-save",
        "--speaker",
        "none",
        "--persona",
        "magic-8-ball",
        "--json",
        stdin="\n".join(QUESTIONS),
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    greeting, *answers = [event["text"] for event in told if event["event"] == "reply"]
    assert greeting == "Ask."
    assert len(answers) == len(QUESTIONS)
    assert [answers[1], answers[5]] == [FOOLISH] * 2
    proverbs = [answer for answer in answers if answer != FOOLISH]
    assert len({answer.casefold() for answer in proverbs}) == len(proverbs)
    assert all(3 <= len(answer.split()) <= 15 for answer in proverbs)
    assert not any("8 ball" in answer.casefold() or "eight ball" in answer.casefold() for answer in proverbs)
