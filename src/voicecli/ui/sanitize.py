r"""Makes text from models and recognisers safe to write to a terminal.

What a model writes is untrusted: an escape sequence in it could recolour the screen, move the cursor, set the clipboard or fake
a prompt. This module removes whole escape sequences (ECMA-48: CSI `ESC [ … final`, string sequences `ESC ] … BEL`, two-character ones), every
other control character except the line feed, and the characters that reorder text across a line (Unicode bidirectional embeddings, overrides
and isolates; the harmless marks U+200E, U+200F and U+061C, which right-to-left text needs, stay).
"""

from __future__ import annotations

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


def clean(text: str) -> str:
    """Removes from `text` everything that a terminal would interpret. The only control characters left are line feeds."""
    if text.isascii() and text.isprintable():
        return text
    return _LINE_ENDS.sub("\n", _ESCAPE.sub("", text)).translate(_DROPPED)


def clean_line(text: str) -> str:
    """Returns `text` as one clean line. Every run of white space becomes a space."""
    return " ".join(clean(text).split())


def encodable(text: str, encoding: str) -> str:
    """Replaces each character that `encoding` lacks by a question mark."""
    return text.encode(encoding, errors="replace").decode(encoding)
