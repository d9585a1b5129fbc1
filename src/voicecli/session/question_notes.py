# ruff: noqa: RUF001 - the signs of other scripts are what this is about
"""What is put before a question for the language model alone: an example in its language, and a note that nothing can be done but talk.

A persona's prompt is English, and says only once what is far from the question by then. Small models forget it: told something in Chinese, they
repeat it or say that they cannot know it, and asked to switch on a light, they say that they did. An exchange in the language shows them how such
a conversation goes; sentences about it did not help (docs/decisions/0039-an-example-in-the-language.md). It precedes the first question in
that language only, and stays in the prefix cache.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from voicecli.engines.ports import ChatMessage
from voicecli.speech.action_requests import action_language
from voicecli.speech.writing_systems import LANGUAGE_OF, LATIN, script_of
from voicecli.speech.written_language import written_language


def _exchange(told: str, reaction: str) -> tuple[ChatMessage, ChatMessage]:
    return ChatMessage(role="user", content=told), ChatMessage(role="assistant", content=reaction)


EXAMPLES: Final = MappingProxyType(
    {
        "de": _exchange("Mir ist kalt.", "Dann zieh dir etwas Warmes an. Möchtest du einen Tee?"),
        "es": _exchange("Tengo frío.", "Entonces ponte algo de abrigo. ¿Quieres un té?"),
        "fr": _exchange("J'ai froid.", "Alors mets un pull. Tu veux un thé ?"),
        "it": _exchange("Ho freddo.", "Allora mettiti qualcosa di caldo. Vuoi un tè?"),
        "nl": _exchange("Ik heb het koud.", "Trek dan iets warms aan. Wil je thee?"),
        "pl": _exchange("Zimno mi.", "To ubierz się cieplej. Chcesz herbaty?"),
        "pt": _exchange("Estou com frio.", "Então vista algo quente. Quer um chá?"),
        "ru": _exchange("Мне холодно.", "Тогда оденься потеплее. Хочешь чаю?"),
        "zh": _exchange("我很冷。", "那多穿点衣服吧。要喝杯热茶吗？"),
    }
)
"""A statement and a reaction, by language, ISO 639-1. Personas are written in English, so English needs none."""

ONLY_TALK: Final = MappingProxyType(
    {
        "de": "(Du kannst nur reden. Antworte: Das kann ich nicht tun.)\n",
        "en": "(You can only talk. Answer: I cannot do that.)\n",
        "es": "(Solo puedes hablar. Responde: No puedo hacer eso.)\n",
        "fr": "(Tu peux seulement parler. Réponds : Je ne peux pas faire cela.)\n",
        "zh": "（你做不到这件事，请说“我做不到”。）\n",
    }
)
"""Tells that no tool can do what is asked for."""


def example(language: str) -> tuple[ChatMessage, ...]:
    """Returns the exchange that precedes the first question in a language, ISO 639-1; empty for none."""
    return EXAMPLES.get(language, ())


def note(question: str, language: str, *, can_act: bool) -> str:
    """Returns what is put before a question that asks for what cannot be done; empty for any other.

    Args:
        question: The question.
        language: Its language, ISO 639-1; empty if it is not known.
        can_act: Whether there are tools that the model may call.
    """
    asked_in = "" if can_act else action_language(question)
    return ONLY_TALK.get(language, ONLY_TALK[asked_in]) if asked_in else ""


def language_of(text: str) -> str:
    """Returns the language in which a text is written, by its script or its function words; empty if that is not clear."""
    scripts = [script for script in map(script_of, text) if script is not None]
    other = [script for script in scripts if script != LATIN]
    if 2 * len(other) > len(scripts):
        return "ja" if "Japanese" in other else LANGUAGE_OF.get(other[0], "")
    return written_language(text)
