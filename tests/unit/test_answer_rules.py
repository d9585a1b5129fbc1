"""What an answer keeps to, whatever a model writes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.speech.answer_rules import (
    Rules,
    breach,
    cleaned,
    count_words,
    first_question,
    framed,
    is_no_question,
    judging,
    kept_to,
    same,
)

BALL = Rules(
    longest_words=15, shortest_words=3, sentences=1, never_twice=True, never_says=("8 ball", "eight ball", "proverb")
)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "?", "...", "um", "Hello!", "blah blah blah", "test test test", "xx xx xx", "bcdfg hjklm", "x", "🙂"],
)
def test_there_is_nothing_to_be_answered(text: str) -> None:
    assert is_no_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "Why?",
        "Will it rain?",
        "Love?",
        "Will I be rich rich rich?",
        "Hello, will I be rich?",
        "Wird es regnen?",
        "Пойдёт дождь?",
    ],
)
def test_there_is_something_to_be_answered(text: str) -> None:
    assert not is_no_question(text)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('"The river forgets the stone."', "The river forgets the stone."),
        ("“The river forgets.”\n\nThis means that you should go.", "The river forgets."),
        ("Here is a proverb:\nThe river forgets.", "The river forgets."),
        ("**The river** forgets. The stone does not.", "The river forgets."),
        ("Dr. Stone knows 3.5 rivers. And more.", "Dr. Stone knows 3.5 rivers."),
        ("The river forgets", "The river forgets"),
        ("", ""),
    ],
)
def test_one_sentence_is_left_without_anything_around_it(written: str, left: str) -> None:
    assert cleaned(written, BALL) == left


def test_without_a_limit_all_sentences_stay() -> None:
    assert cleaned("One thing.\nAnother thing.", Rules(longest_words=20)) == "One thing. Another thing."


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("The river forgets the stone.", ""),
        ("No.", "short"),
        ("one " * 16, "long"),
        ("The 8-Ball knows everything.", "forbidden"),
        ("The Eight  Ball knows everything.", "forbidden"),
        ("Eighty 8 balloons rise up.", ""),
        ("THE RIVER FORGETS the moon!", "twice"),
        ("", "empty"),
    ],
)
def test_each_rule_is_noticed(text: str, fault: str) -> None:
    assert breach(text, BALL, {same("The river forgets the moon.")}) == fault


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Noted.", ""),
        ("That is good. When did she come? And who?", "When did she come?"),
        ('She asked "why?" and left. Where is she?', "Where is she?"),
        ("Who", ""),
    ],
)
def test_the_first_question_is_found(text: str, question: str) -> None:
    assert first_question(text) == question


def test_an_echo_of_the_question_is_noticed() -> None:
    rules = Rules(never_echoes=True)
    question = "Will I find love this year?"
    assert breach("Will you find love this year?", rules, (), question) == "echo"
    assert breach("You will find love this year.", rules, (), question) == "echo"
    assert breach("Where does the river end?", rules, (), question) == "echo"
    assert breach("The river will find its own bed.", rules, (), question) == ""
    assert breach("Will you find love this year?", Rules(), (), question) == ""


def test_what_breaks_a_rule_is_made_to_keep_to_it() -> None:
    long = "The river that runs past the old mill will forget, as all rivers do, the stone that sings to it."
    kept = kept_to(long, BALL, ())
    assert kept == "The river that runs past the old mill will forget, as all rivers do."
    assert kept_to("The eight ball says: the moon is cold tonight.", BALL, ()) == "The says: the moon is cold tonight."
    assert (
        kept_to("The river forgets the moon.", BALL, {same("The river forgets the moon.")}) == "The river forgets the."
    )
    assert kept_to("Eight ball.", BALL, ()) == ""


@given(st.text(max_size=200), st.lists(st.text(max_size=40), max_size=5))
def test_whatever_is_written_what_is_left_keeps_to_the_rules(text: str, before: list[str]) -> None:
    given_before = {same(each) for each in before} | {same(text)}
    kept = kept_to(cleaned(text, BALL), BALL, given_before)
    assert not kept or (count_words(kept) <= 15 and same(kept) not in given_before)
    assert not re.search(r"\b(8|eight)[\s-]+ball\b|\bproverb\b", kept, re.IGNORECASE)


def test_the_question_is_put_into_its_frame() -> None:
    rules = Rules(frame="{question} Answer about {spark}.", sparks=("a river",))
    assert framed(" Will it {spark}? ", rules, "a river") == "Will it {spark}? Answer about a river."
    assert framed("Will it rain?", Rules(), "") == "Will it rain?"


def test_examples_come_in_turns_a_foolish_one_last() -> None:
    rules = Rules(foolish_like=("f1", "f2", "probe"), serious_like=("s1", "s2"))
    assert judging(rules) == [("s1", False), ("f1", True), ("s2", False), ("f2", True)]
