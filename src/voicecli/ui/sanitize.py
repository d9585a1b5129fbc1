r"""Makes text safe to write to a terminal. Nothing reaches a terminal without it; `app/console.py` is where commands write.

What a model writes is untrusted, and so are names of files, devices, models, personas, conversations and settings. An escape sequence in
them could recolour the screen, move the cursor, set the clipboard or fake a prompt. This module removes whole escape sequences (ECMA-48:
CSI `ESC [ … final`, string sequences `ESC ] … BEL`, two-character ones), every other control character except the line feed, and the
characters that reorder text across a line (Unicode bidirectional embeddings, overrides and isolates; the harmless marks U+200E, U+200F and
U+061C, which right-to-left text needs, stay).
"""

from __future__ import annotations

import json
import re

# A string sequence (title, clipboard, hyperlink) counts only if it ends soon and on its line, so that a lone `ESC ]` cannot hide a reply.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,512}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_REORDERING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SOFT_HYPHEN = 0xAD  # terminals disagree on whether it takes a cell
_DROPPED: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *_REORDERING, _SOFT_HYPHEN)),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),  # lone surrogates cannot be written at all
    ord("\n"): "\n",
    ord("\t"): "    ",
}
_TABS_STAY = {**_DROPPED, ord("\t"): "\t"}

# `json.dumps` escapes only U+0000 to U+001F. The characters below are control characters for terminals, line ends for many line readers,
# reorder text, or are not encodable at all (lone surrogates). In JSON text they occur inside strings only.
_TO_ESCAPE = re.compile("[\x7f-\x9f\xad\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str, *, tabs: bool = False) -> str:
    """Removes from `text` everything that a terminal would interpret.

    Args:
        text: Any text.
        tabs: Whether tabs stay; otherwise each becomes four spaces. The only other control characters left are line feeds.
    """
    if text.isascii() and text.isprintable():
        return text
    return _LINE_ENDS.sub("\n", _ESCAPE.sub("", text)).translate(_TABS_STAY if tabs else _DROPPED)


def clean_line(text: str) -> str:
    """Returns `text` as one clean line. Every run of white space becomes a space."""
    return " ".join(clean(text).split())


def json_text(value: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Returns `value` as JSON that holds no control character, no character that reorders text and no lone surrogate, but their escapes."""
    return escaped_json(json.dumps(value, ensure_ascii=ascii_only, indent=indent))


def escaped_json(text: str) -> str:
    """Escapes what `json.dumps` has left as it is in `text`, which is JSON."""
    return _TO_ESCAPE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def encodable(text: str, encoding: str) -> str:
    """Replaces each character that `encoding` lacks by a question mark."""
    return text.encode(encoding, errors="replace").decode(encoding)
