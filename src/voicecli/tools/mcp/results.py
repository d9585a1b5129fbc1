"""Turns the result of an MCP tool into text. A result is data: it is cleaned and limited, and nothing in it is followed. Pure logic."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from voicecli.tools.definitions import LONGEST_RESULT, Language, Result, cleaned

MOST_PARTS: Final = 50
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\S)")
"""A moment as ISO 8601 writes it, which nobody wants to hear with its seconds and its zone."""

DEEPEST: Final = 4
"""How deep a result is put into words. An ellipsis stands for deeper values."""

_KINDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {"image": "an image", "audio": "a sound", "resource": "a file", "resource_link": "a link", "": "something"},
    "de": {"image": "ein Bild", "audio": "ein Ton", "resource": "eine Datei", "resource_link": "ein Verweis", "": "etwas"},
}  # fmt: skip


def result_of(answer: Mapping[str, object], title: str, language: Language, *, changes: bool) -> Result:
    """Returns the result of a call.

    Args:
        answer: The `CallToolResult` as JSON. Nothing about it is trusted.
        title: The tool in a sentence.
        language: The language of what the program itself says about it.
        changes: Whether the tool may change something.
    """
    parts = answer.get("content")
    blocks = parts[:MOST_PARTS] if isinstance(parts, list) else []
    texts = [text for each in blocks if isinstance(each, Mapping) and (text := _block(each, language))]
    structured = answer.get("structuredContent")
    if not texts and isinstance(structured, Mapping) and structured:
        texts = [in_sentences(structured)]
    text = cleaned("\n".join(texts))
    failed = answer.get("isError") is True
    if not text:
        text = _nothing(title, language, failed=failed)
    elif failed:
        text = f"{_upper(title)} {'meldet einen Fehler' if language == 'de' else 'reports an error'}: {text}"
    return Result(text=text, failed=failed, changed=changes and not failed)


def _nothing(title: str, language: Language, *, failed: bool) -> str:
    if language == "de":
        return f"{_upper(title)} {'ist fehlgeschlagen' if failed else 'hat nichts zurückgegeben'}."
    return f"{_upper(title)} {'failed' if failed else 'returned nothing'}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _block(block: Mapping[str, object], language: Language) -> str:
    """One part of a result: its text, or a remark that says what is there."""
    kind = str(block.get("type", ""))
    text = block.get("text")
    if kind == "text":
        return _readable(text) if isinstance(text, str) else ""
    resource = block.get("resource")
    if kind == "resource" and isinstance(resource, Mapping) and isinstance(resource.get("text"), str):
        return _readable(str(resource["text"]))
    holder = resource if isinstance(resource, Mapping) else block
    what = _KINDS[language].get(kind, _KINDS[language][""])
    details = [str(holder[key]) for key in ("name", "mimeType") if isinstance(holder.get(key), str)]
    size = _size(holder.get("data", holder.get("blob")))
    details = [cleaned(each, 80) for each in [*details, size] if each]
    return f"({what}: {', '.join(details)})" if details else f"({what})"


def _size(data: object) -> str:
    """The size of data in base64, in words; empty if it is none."""
    if not isinstance(data, str):
        return ""
    try:
        count = len(base64.b64decode(data, validate=True)) if len(data) < 4096 else len(data) * 3 // 4
    except (binascii.Error, ValueError):
        return ""
    return f"{count} bytes" if count < 1000 else f"{count / 1000:.0f} kB"


def _readable(text: str) -> str:
    """`text`; if it is JSON, as sentences that can be read aloud."""
    shown = text[: 2 * LONGEST_RESULT].strip()
    if not shown.startswith(("{", "[")) or len(text) > 2 * LONGEST_RESULT:
        return text[: 2 * LONGEST_RESULT]
    try:
        return in_sentences(json.loads(shown)) or shown
    except (ValueError, RecursionError):
        return shown


def in_sentences(value: object, depth: int = 0) -> str:
    """A value of JSON in words: `timezone: Asia/Tokyo; day of week: Saturday`."""
    if isinstance(value, Mapping):
        parts = [
            f"{str(name).replace('_', ' ')}: {text}" for name, each in value.items() if (text := _inner(each, depth))
        ]
        return "; ".join(parts)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(text for each in value if (text := _inner(each, depth)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else _MOMENT.sub(r"\1, \2", str(value))


def _inner(value: object, depth: int) -> str:
    if isinstance(value, Mapping | list) and depth >= DEEPEST:
        return "…"
    text = in_sentences(value, depth + 1)
    return f"({text})" if text and isinstance(value, Mapping) and value else text
