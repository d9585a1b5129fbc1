"""Facts that the user wants remembered: requests, limits, and removal without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.histories import traces
from voicecli.app.fact_commands import Facts
from voicecli.memory.database import open_database
from voicecli.messages import Report
from voicecli.session.remembered_facts import LONGEST_CHARACTERS, as_prompt, call, fits, request
from voicecli.tuning import FactsChanged


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Remember that my sister is called Ana.", "my sister is called Ana"),
        ("please remember that my sister is called Ana", "my sister is called Ana"),
        ("Please, keep in mind that I am allergic to nuts. What can I eat?", "I am allergic to nuts"),
        ("Don't forget that I was born on 3.5.1980!", "I was born on 3.5.1980"),
        ("Remember that I live at 5 St. James Street.", "I live at 5 St"),  # short rather than a wrong second sentence
        ("Merk dir bitte, dass meine Schwester Ana heißt.", "meine Schwester Ana heißt"),
        ("Souviens-toi que ma sœur s'appelle Ana.", "ma sœur s'appelle Ana"),
        ("Retiens qu'elle habite Lisbonne.", "elle habite Lisbonne"),
        ("Recuerda que mi hermana se llama Ana.", "mi hermana se llama Ana"),
        ("Ricordati che mia sorella si chiama Ana.", "mia sorella si chiama Ana"),
        ("Do you remember that my sister is called Ana?", ""),
        ("Remember that song we heard?", ""),
        ("Remember when we met.", ""),
        ("I remember that well.", ""),
        ("Remember that ", ""),
        ("", ""),
    ],
)
def test_only_what_is_asked_for_is_remembered(text: str, fact: str) -> None:
    asked = request(text)
    assert (asked.fact if asked is not None else "") == fact
    assert asked is None or asked.tool == "remember"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Forget that my door code is 1234.", "my door code is 1234"),
        ("Please forget about my door code.", "my door code"),
        ("Vergiss bitte, dass ich Nüsse nicht mag.", "ich Nüsse nicht mag"),
        ("Forget about it.", ""),
        ("Don't forget that I like tea.", ""),
        ("Vergiss nicht, dass ich Tee mag.", ""),
        ("I forget that every time.", ""),
    ],
)
def test_only_what_is_asked_for_is_forgotten(text: str, fact: str) -> None:
    asked = request(text)
    assert (asked.fact if asked is not None and asked.tool == "forget" else "") == fact


@pytest.mark.parametrize(
    ("text", "tool", "language"),
    [
        ("Remember that I like tea.", "remember", "en"),
        ("Merk dir, dass ich Tee mag.", "remember", "de"),
        ("Retiens que j'aime le thé.", "remember", "fr"),
        ("Recuerda que me gusta el té.", "remember", "es"),
        ("Ricorda che mi piace il tè.", "remember", "it"),
        ("Vergiss, dass ich Tee mag.", "forget", "de"),
        ("Remember that I like tea. What is tea?", "", ""),  # the model answers the rest
        ("What is tea?", "", ""),
    ],
)
def test_a_tool_answers_a_request_that_asks_for_nothing_else(text: str, tool: str, language: str) -> None:
    found = call(text)
    assert ((found.name, found.language) if found is not None else ("", "")) == (tool, language)


def test_the_facts_stand_behind_the_persona() -> None:
    assert as_prompt("Be brief.\n", ()) == "Be brief.\n"
    assert as_prompt("Be brief.\n", ("I am Ann", "I like tea")).startswith("Be brief.\n\nThe user asked you")
    assert as_prompt("Be brief.\n", ("I am Ann", "I like tea")).endswith(":\n- I am Ann\n- I like tea\n")


def test_there_is_room_for_a_short_list() -> None:
    assert fits(["my sister is called Ana and lives in Lisbon"] * 15)
    assert not fits(["my sister is called Ana and lives in Lisbon"] * 25)
    assert not fits(["x" * (LONGEST_CHARACTERS + 1)])
    assert not fits(["我的姐姐叫安娜"] * 40)


class Told:
    """The facts of a session, and the reports and notices they caused."""

    def __init__(self, where: Path, *, writes: bool = True) -> None:
        self.reports: list[Report] = []
        self.notices: list[str] = []
        self.facts = Facts(
            where, writes=writes, offer=self.reports.append, notice=lambda _code, message: self.notices.append(message)
        )

    def last(self) -> FactsChanged:
        self.facts.close()
        assert isinstance(self.reports[-1], FactsChanged)
        return self.reports[-1]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    told = Told(tmp_path / "history")
    yield told
    told.facts.close()


def test_facts_are_added_listed_and_forgotten(told: Told, tmp_path: Path) -> None:
    told.facts.remember("my sister is called Zwetschgenkuchen.")
    assert told.last() == FactsChanged(
        facts=("my sister is called Zwetschgenkuchen",), added="my sister is called Zwetschgenkuchen"
    )
    told.facts.remember("I like tea")
    told.facts.close()
    told.facts.remember("I LIKE tea")  # it is there already
    told.facts.close()
    assert told.notices == ["That is remembered already."]
    assert told.facts.listing() == "1. my sister is called Zwetschgenkuchen\n2. I like tea"
    assert Told(tmp_path / "history").facts.texts() == ("my sister is called Zwetschgenkuchen", "I like tea")
    told.facts.forget("sister")
    assert told.last() == FactsChanged(facts=("I like tea",), removed="my sister is called Zwetschgenkuchen")
    assert traces(tmp_path, ["Zwetschgenkuchen"]) == []
    told.facts.forget("1")
    assert told.last() == FactsChanged(facts=(), removed="I like tea")
    told.facts.forget("all")
    told.facts.close()
    assert told.notices[-1] == "Nothing of that is remembered. /memory shows what is."
    assert told.facts.listing() == ""


def test_what_a_tool_asks_for_is_done_when_it_returns(told: Told) -> None:
    assert told.facts.remember_now("I like tea.") == "added"
    assert told.reports[-1] == FactsChanged(facts=("I like tea",), added="I like tea")
    assert told.facts.remember_now("I like tea") == "known"
    assert told.facts.remember_now("x" * 400) == "no-room"
    assert told.facts.remember_now("I like teapots") == "added"
    assert told.facts.forget_now("coffee") == "unknown"
    assert told.facts.forget_now("I like") == "several"
    assert told.facts.forget_now("I like tea") == "removed"
    assert told.facts.texts() == ("I like teapots",)


def test_a_tool_is_told_that_nothing_can_be_written(tmp_path: Path) -> None:
    assert Told(tmp_path / "history", writes=False).facts.remember_now("I like tea") == "not-written"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "history").write_text("a file")
    told = Told(tmp_path / "history")
    assert told.facts.remember_now("I like tea") == "failed"
    assert len(told.notices) == 1


def test_only_the_question_besides_a_request_is_left_to_the_model(told: Told) -> None:
    told.facts.take("Remember that I like tea.")  # a tool does it
    told.facts.take("What is tea?")
    told.facts.close()
    assert told.reports == []
    told.facts.take("Remember that I like tea. What is tea?")
    assert told.last().added == "I like tea"


def test_what_is_too_long_is_refused_without_its_words(told: Told) -> None:
    told.facts.remember("x" * 400)
    told.facts.close()
    assert told.reports == []
    assert told.notices == [
        "There is no room for that: what is to be remembered is too long. /memory shows it, and /forget N makes room."
    ]


def test_nothing_is_written_without_leave(tmp_path: Path) -> None:
    told = Told(tmp_path / "history", writes=False)
    told.facts.remember("I like tea")
    told.facts.close()
    assert told.notices == ["With --no-save nothing is remembered."]
    assert list(tmp_path.iterdir()) == []
    assert told.facts.texts() == ()


@pytest.mark.parametrize("which", ["0", "3", "coffee"])
def test_what_is_not_there_cannot_be_forgotten(told: Told, which: str) -> None:
    told.facts.remember("I like tea")
    told.facts.close()
    told.facts.forget(which)
    told.facts.close()
    assert told.notices == ["Nothing of that is remembered. /memory shows what is."]
    assert told.facts.texts() == ("I like tea",)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file")
    told = Told(tmp_path / "history")
    told.facts.remember("I like tea")
    told.facts.close()
    assert len(told.notices) == 1
    assert told.facts.texts() == ()  # and a session begins without them


def test_facts_are_no_conversations(told: Told, tmp_path: Path) -> None:
    told.facts.remember("I like tea")
    told.facts.close()
    database = open_database(tmp_path / "history")
    assert database.execute("SELECT COUNT(*) FROM conversations").fetchone() == (0,)
    database.close()


def test_several_facts_with_a_word_are_not_forgotten_together(told: Told) -> None:
    for fact in ("I am allergic to nuts", "my cat is called Tom", "my dog is called Rex"):
        told.facts.remember(fact)
        told.facts.close()
    told.facts.forget("a")  # only a part of words
    told.facts.close()
    assert told.notices[-1] == "Nothing of that is remembered. /memory shows what is."
    told.facts.forget("called")
    told.facts.close()
    assert told.notices[-1] == (
        "Several things with that are remembered: 2. my cat is called Tom, 3. my dog is called Rex. Say which by its number: /forget N"
    )
    told.facts.forget("is called tom")
    told.facts.close()
    assert told.facts.texts() == ("I am allergic to nuts", "my dog is called Rex")
