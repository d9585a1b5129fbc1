# ruff: noqa: RUF001 - other scripts are what this is about
"""Llama 3's own tokenizer, template and stop tokens, in a file with the model's shape but without its knowledge."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

import llama3_parts
import llama3_shape
from voicecli.engines.chat_template import LLAMA3, ChatTemplate
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import ChatMessage, Sampling

pytestmark = pytest.mark.engines

TODAY = dt.date(2026, 11, 27)
T31, T32 = "meta-llama-Llama-3.1-8B-Instruct.jinja", "meta-llama-Llama-3.2-3B-Instruct.jinja"

SENTENCES = (
    "What is the capital of France?",
    "I'll be back; they've gone, she'd said, we're late.",
    "Die Straßenbahn fährt über die Brücke, nicht wahr?",
    "¿Dónde está la biblioteca? ¡Qué día tan bonito!",
    "L'été dernier, j'ai mangé des crêpes à Besançon.",
    "Perché no? È già l'una e mezza.",
    "Não há nada que não se faça amanhã.",
    "Het ijs is op; de poëzie blijft.",
    "Zażółć gęślą jaźń, proszę bardzo.",
    "Съешь ещё этих мягких французских булок.",
    "今天天气怎么样？我们去公园吧。",
    "今日はいい天気ですね。散歩に行きましょう！",
    "오늘 날씨가 어때요?",
    "ما هي عاصمة مصر؟",
    "मुझे हिन्दी बोलना पसंद है।",
    "Τι ώρα είναι τώρα;",
    "สวัสดีครับ วันนี้อากาศดี",
    "Xin chào, bạn có khỏe không?",
    "שלום, מה שלומך?",
    "def f(x):\n    return x ** 2  # squared",
)
OTHERS = (
    *("1", "12", "123", "1234", "12345678901", "3.14159", "1,000,000", "2026-11-27", "10:45", "$4.99", "50 %", "1/2"),
    *("😀", "👩‍👩‍👧‍👦", "🇩🇪", "❤️", "e\u0301", "ﬁ", "\u00a0", "\u200b", "\ufeff", "ABC" * 40, "a" * 200, " " * 30),
    *(
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        " a",
        "a ",
        "  two  spaces  ",
        "line\nbreak\n\nparagraph",
        "!!!???...",
        "—–-",
        "''\"\"",
    ),
    *("<|eot_id|>", "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>user<|end_header_id|>", "<|eom_id|>"),
    *(
        "<|python_tag|>",
        "say <|eot_id|> aloud",
        "<|reserved_special_token_0|>",
        "<|finetune_right_pad_id|>",
        "<|",
        "|>",
    ),
)
STRINGS = (
    *SENTENCES,
    *OTHERS,
    *(sentence.upper() for sentence in SENTENCES),
    *(f" {sentence} " for sentence in SENTENCES),
    *(sentence.replace(" ", "\n") for sentence in SENTENCES),
    *(sentence[: len(sentence) // 2] for sentence in SENTENCES),
    *(f"{sentence} 😀 {number}" for number, sentence in enumerate(SENTENCES)),
    *(f"{one} {other}" for one, other in pairwise(SENTENCES)),
    *(f"({sentence})..." for sentence in SENTENCES),
    *(sentence.title() + "\n\n1. " for sentence in SENTENCES),
)
SYSTEM = ChatMessage(role="system", content="You are a friendly voice assistant.")
TALK = (
    ChatMessage(role="user", content="What is the capital of France?"),
    ChatMessage(role="assistant", content="Paris."),
    ChatMessage(role="user", content="  And of Spain?\n"),
    ChatMessage(role="assistant", content="Madrid, <|eot_id|> they say."),
    ChatMessage(role="user", content="Wie heißt die Hauptstadt von Österreich?"),
    ChatMessage(role="assistant", content="Wien."),
    ChatMessage(role="user", content="谢谢！"),
    ChatMessage(role="assistant", content="不客气。"),
    ChatMessage(role="user", content="Good bye."),
)
CONVERSATIONS = [(*system, *TALK[:length]) for system in ((), (SYSTEM,)) for length in (1, 3, 9)]


@pytest.fixture(scope="module")
def parts() -> Path:
    return llama3_parts.folder()


@pytest.fixture(scope="module", params=[T31, T32])
def template(request: pytest.FixtureRequest, parts: Path) -> str:
    return Path(parts, request.param).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def model(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaChatModel]:
    """Two narrow layers with the tokenizer, the template and the stop tokens of Llama 3.2."""
    path = tmp_path_factory.mktemp("llama3") / "shape.gguf"
    shape = llama3_shape.shaped("1b", layers=2, width=256)
    template = (parts / T32).read_text(encoding="utf-8")
    llama3_shape.write(parts / "tokenizer.json", template, path, shape, title="shape")
    loaded = LlamaChatModel(path, name="shape", device="cpu", threads=2, context_tokens=1024, today=TODAY)
    yield loaded
    loaded.close()


def test_text_becomes_the_tokens_that_the_published_tokenizer_gives(model: LlamaChatModel, parts: Path) -> None:
    document = json.loads((parts / "tokenizer.json").read_text(encoding="utf-8"))
    document["added_tokens"] = []  # what a person types never becomes a special token
    document["post_processor"] = None
    published = Tokenizer.from_str(json.dumps(document))
    assert len(set(STRINGS)) >= 200
    wrong = [
        text
        for text in STRINGS
        if model._session.tokenize(text, special=False) != published.encode(text, add_special_tokens=False).ids
    ]
    assert wrong == []


def published_prompt(source: str, messages: tuple[ChatMessage, ...]) -> str:
    """The prompt that the published template gives for a conversation, without any code of voicecli."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    prompt = environment.from_string(source).render(
        messages=[{"role": each.role, "content": each.content} for each in messages],
        bos_token="<|begin_of_text|>",  # noqa: S106 - not that kind of token
        add_generation_prompt=True,
        date_string="27 Nov 2026",
    )
    return str(prompt)


@pytest.mark.parametrize("messages", CONVERSATIONS, ids=range(len(CONVERSATIONS)))
def test_prompts_are_those_of_the_published_template(template: str, messages: tuple[ChatMessage, ...]) -> None:
    ours = ChatTemplate(template, bos="<|begin_of_text|>", today=TODAY).render(messages)
    text = "".join(part.text for part in ours)
    assert text == published_prompt(template, messages)
    assert "Cutting Knowledge Date: December 2023\nToday Date: 27 Nov 2026\n\n" in text


def test_a_prompt_looks_as_meta_describes_it(template: str) -> None:
    ours = ChatTemplate(template, bos="<|begin_of_text|>", today=TODAY).render((SYSTEM, TALK[0]))
    assert "".join(part.text for part in ours) == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
        "Cutting Knowledge Date: December 2023\nToday Date: 27 Nov 2026\n\n"
        "You are a friendly voice assistant.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nWhat is the capital of France?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


@pytest.mark.parametrize("messages", CONVERSATIONS, ids=range(len(CONVERSATIONS)))
def test_prompts_of_3_0_have_nothing_added(messages: tuple[ChatMessage, ...]) -> None:
    ours = ChatTemplate(LLAMA3, bos="<|begin_of_text|>", today=TODAY).render(messages)
    expected = "<|begin_of_text|>" + "".join(
        f"<|start_header_id|>{each.role}<|end_header_id|>\n\n{each.content.strip()}<|eot_id|>" for each in messages
    )
    assert "".join(part.text for part in ours) == f"{expected}<|start_header_id|>assistant<|end_header_id|>\n\n"


@pytest.mark.parametrize("messages", CONVERSATIONS, ids=range(len(CONVERSATIONS)))
def test_a_prompt_in_parts_has_the_tokens_of_the_whole(
    model: LlamaChatModel, parts: Path, messages: tuple[ChatMessage, ...]
) -> None:
    plain = tuple(ChatMessage(role=each.role, content=each.content.replace("<|eot_id|>", "mark")) for each in messages)
    whole = published_prompt((parts / T32).read_text(encoding="utf-8"), plain)
    assert model._tokens(model._template.render(plain)) == model._session.tokenize(whole, special=True)


def test_a_special_token_that_is_typed_stays_text(model: LlamaChatModel) -> None:
    tokens = model._tokens(model._template.render([ChatMessage(role="user", content="a <|eot_id|> b")]))
    assert tokens.count(128_009) == 2  # of the system message and of the user's, and none that was typed


@pytest.mark.parametrize("stop", [128_001, 128_008, 128_009])
def test_every_stop_token_ends_the_reply(model: LlamaChatModel, stop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [
        *model._session.tokenize("Hello there.", special=False),
        stop,
        *model._session.tokenize("No.", special=False),
    ]
    monkeypatch.setattr(model._session, "write", lambda *_: iter(said))
    reply = model.reply(TALK[:1], sampling=Sampling(), is_cancelled=lambda: False)
    assert "".join(reply) == "Hello there."


def test_the_cache_survives_midnight(model: LlamaChatModel, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in model.reply((SYSTEM, *TALK[:1]), sampling=Sampling(max_tokens=2), is_cancelled=lambda: False):
        pass
    before = model._tokens(model._template.render((SYSTEM, *TALK[:3])))
    cached = list(model._session._cached)

    class Tomorrow(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return dt.datetime(2026, 11, 28, tzinfo=tz)

    monkeypatch.setattr("voicecli.engines.llama_cpp.dt.datetime", Tomorrow)
    after = model._tokens(model._template.render((SYSTEM, *TALK[:3])))
    assert after == before
    first = model._tokens(model._template.render((SYSTEM, *TALK[:1])))
    assert cached[: len(first)] == first == after[: len(first)]
