"""Thoughts are not part of a reply, with any family's marks, however the reply is split."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import ChatMessage, Sampling
from voicecli.engines.reasoning_filter import (
    FORMS,
    LONGEST_TOKENS,
    MARK_TOKENS,
    Form,
    ReasoningFilter,
    opened_by,
    without_thought,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

THINK = FORMS[0]


def answer(text: str, begins_in: Form | None = None, size: int = 1) -> str:
    thoughts = ReasoningFilter(begins_in)
    fed = "".join(thoughts.feed(text[at : at + size]) for at in range(0, len(text), size))
    return fed + thoughts.finish()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_every_family_thinks_is_taken_out(form: Form, size: int) -> None:
    assert answer(f"\n{form.opens.upper()}\nThe user asks.\n{form.closes}\n\nParis.", size=size) == "Paris."
    assert answer(f"The user asks.\n{form.closes}\n\nParis.", form, size) == "Paris."
    assert answer(f"{form.opens} It never ends", size=size) == ""


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Paris.", "Paris."),
        ("  Paris. ", "Paris. "),
        ("<thi", "<thi"),
        ("<b>Paris</b>", "<b>Paris</b>"),
        ("The tag <think> opens a thought.", "The tag <think> opens a thought."),
        ("</think>\n\nParis.", "Paris."),
        ("<think></think><think>a</think>Paris.", "Paris."),
        ("<|channel|>final<|message|>Paris.", "Paris."),
        ("Here is my house: it is red.", "Here is my house: it is red."),
    ],
)
def test_only_what_stands_before_the_answer_is_a_thought(text: str, want: str) -> None:
    assert answer(text) == want


@given(
    st.lists(st.sampled_from([*(form.opens for form in FORMS), *(form.closes for form in FORMS), "a", " ", "<", "[t"])),
    st.integers(1, 9),
)
def test_any_chunking_gives_the_same_answer(parts: list[str], size: int) -> None:
    text = "".join(parts)
    assert answer(text, size=size) == answer(text, size=len(text) or 1)


@pytest.mark.parametrize(
    ("end", "want"),
    [
        ("<|im_start|>assistant\n<think>\n", THINK),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", None),
        ("<|im_start|>assistant\n", None),
    ],
)
def test_a_prompt_that_opens_a_thought_is_known_by_its_end(end: str, want: Form | None) -> None:
    assert opened_by(end) == want


def model(tokens: list[str], *, prompt_end: str = "") -> LlamaChatModel:
    """The chat model on a session that writes `tokens`. The tokens of the marks and `<eos>` are special and have no text."""

    def write(*_: Any) -> Iterator[int]:  # noqa: ANN401 - as the real one is called
        return iter(range(len(tokens)))

    def special(token: int) -> bool:
        return tokens[token] in {*MARK_TOKENS, "<eos>"}

    made = object.__new__(LlamaChatModel)
    parts = [SimpleNamespace(text="Hi", content=True), SimpleNamespace(text=prompt_end, content=False)]
    fakes: dict[str, Any] = {
        "_session": SimpleNamespace(
            read=lambda *_: True,
            tokenize=lambda *_, **__: [],
            bos=None,
            write=write,
            piece=lambda token: b"" if special(token) else tokens[token].encode(),
            ends_reply=special,
        ),
        "_template": SimpleNamespace(render=lambda _: parts),
        "_ends": frozenset(at for at, text in enumerate(tokens) if text in {"<|end|>", "<eos>"}),
        "_marks": {at: text for at, text in enumerate(tokens) if text in MARK_TOKENS},
        "_call_marks": {},
        "_files": SimpleNamespace(check=lambda: None),
    }
    for name, fake in fakes.items():
        setattr(made, name, fake)
    return made


def reply(made: LlamaChatModel, max_tokens: int = 320) -> str:
    messages = [ChatMessage(role="user", content="Hi")]
    return "".join(made.reply(messages, sampling=Sampling(max_tokens=max_tokens), is_cancelled=lambda: False))


def test_marks_that_are_special_tokens_do_not_end_the_reply() -> None:
    harmony = ["<|channel|>", "analysis", "<|message|>", "Hm.", "<|end|>", "<|start|>", "assistant", "<|channel|>"]
    assert reply(model([*harmony, "final", "<|message|>", "Paris.", "<|end|>", "x"])) == "Paris."
    assert reply(model(["[THINK]", "Hm.", "[/THINK]", "Paris.", "<eos>", "x"])) == "Paris."


def test_a_template_that_opens_the_thought_hides_the_beginning() -> None:
    made = model(["Hm.", "</think>", "\n\n", "Paris", ".", "<eos>"], prompt_end="<|im_start|>assistant\n<think>\n")
    assert reply(made) == "Paris."
    assert not made.hit_limit


def test_a_thought_does_not_use_up_the_reply_and_one_without_an_end_is_ended() -> None:
    made = model([*["Hm."] * 50, "</think>", "Paris", " it", " is", " there"], prompt_end="<think>")
    assert reply(made, max_tokens=3) == "Paris it is"
    endless = model(["Hm."] * (LONGEST_TOKENS + 10), prompt_end="<think>")
    assert reply(endless) == ""
    assert endless.hit_limit


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Let me see.\n</think>\n\nParis.", "Paris."),
        ("Let me see.</think>\nParis.", "Paris."),
        ("Let me see.\n[/THINK]Paris.", "Paris."),
        ("Hm.\n<|channel|>final<|message|>Paris.", "Paris."),
        ("<think>Hm.</think>Paris.", "Paris."),
        ("The tag </think> closes a thought.", "The tag </think> closes a thought."),
        ("Write <think>\nand then\n</think>\nto the file.", "Write <think>\nand then\n</think>\nto the file."),
        ("Here is my response: no.", "Here is my response: no."),
        ("Paris.", "Paris."),
        ("", ""),
    ],
)
def test_a_whole_text_loses_the_thought_before_its_answer(text: str, answer: str) -> None:
    assert without_thought(text) == answer
