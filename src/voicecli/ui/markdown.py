"""Renders the Markdown of a finished reply with rich, without losing a word of it and without trusting it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.padding import Padding
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_CODE: Final[dict[tuple[str, ...], str]] = {
    ("Comment",): "code.comment",
    ("Keyword",): "code.keyword",
    ("Operator", "Word"): "code.keyword",
    ("Name", "Function"): "code.name",
    ("Name", "Class"): "code.name",
    ("Name", "Decorator"): "code.number",
    ("String",): "code.string",
    ("Number",): "code.number",
    ("Generic", "Deleted"): "code.deleted",
    ("Generic", "Inserted"): "code.inserted",
}
"""Styles for kinds of tokens, as Pygments names them."""

_REFERENCE = re.compile(r"^[ >]*\[[^\]\n]+\]:", re.MULTILINE)
_MAX_NESTING = 12  # deeper than any sane reply; rich indents each level until no width is left


def is_plain(text: str) -> bool:
    """Whether `text` is better shown unrendered: it contains link definitions (`[a]: b`), which Markdown hides, or absurd nesting."""
    if _REFERENCE.search(text):
        return True
    return any(len(re.findall(r"[>*+-] |\d[.)] |    ", _indent(line))) > _MAX_NESTING for line in text.splitlines())


def _indent(line: str) -> str:
    """Returns the part of a line that only nests it."""
    match = re.match(r"(?:[>*+\-\s]|\d+[.)])*", line)
    return match.group() if match else ""


class _Heading(Heading):
    """A left-aligned heading. Centred headings suit a page, not a conversation."""

    LEVEL_ALIGN: ClassVar = {}


class _Code(CodeBlock):
    """Code in the terminal's own colours, without a background, and indented instead of boxed, so that it can be copied."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip("\n")
        theme = ANSISyntaxTheme({kind: console.get_style(style) for kind, style in _CODE.items()})
        yield Padding(Syntax(code, self.lexer_name, theme=theme, word_wrap=True), (0, 0, 0, 2))


class ReplyMarkdown(Markdown):
    """Markdown as chat models mean it.

    Line ends stay line ends (verses, lists without signs), HTML is text, and an address is shown, not hidden behind a link that a terminal
    would open.

    Args:
        text: Clean text.
    """

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
    }

    def __init__(self, text: str) -> None:
        super().__init__(text, hyperlinks=False)
        for token in self.parsed:
            if token.type == "html_block":
                token.type, token.info = "fence", "html"
            for child in token.children or ():
                if child.type == "html_inline":
                    child.type = "text"
                elif child.type == "softbreak":
                    child.type = "hardbreak"
                elif child.type == "image":
                    child.type, child.tag, child.children = "text", "", None
                    child.content = f"{child.content} ({child.attrs.get('src', '')})"


def reply_body(text: str) -> Markdown | Text:
    """Returns the rendering of a finished reply: Markdown, or plain text if Markdown would lose something."""
    return Text(text, overflow="fold") if is_plain(text) else ReplyMarkdown(text)
