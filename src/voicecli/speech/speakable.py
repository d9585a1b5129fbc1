"""Makes a whole text speakable: no markup, no code, no addresses, no pictures, no thoughts.

`sentences.Splitter` does the same for a text that is still being written, and splits it.
"""

from __future__ import annotations

from voicecli.speech.markdown_reader import MarkdownReader
from voicecli.speech.plain_text import tidy
from voicecli.speech.punctuation import ends_in_mark, is_wide
from voicecli.speech.reader_events import Break, Word, joined


def speakable(text: str) -> str:
    """Returns what a voice says of `text`, in one line; empty if there is nothing to say.

    Independent lines (list items, headings, rows) become sentences. Ordinary text is returned unchanged, and so is
    an earlier result of this function.
    """
    before = None
    while text != before:  # a pass may uncover more ("&amp;amp;") for the next one; each pass only removes text
        before, text = text, _read(text)
    return text


def _read(text: str) -> str:
    reader = MarkdownReader()
    words: list[Word] = []
    last = ""
    for event in (*reader.feed(text), *reader.finish()):
        match event:
            case Word():
                words.append(event)
                last = event.text
            case Break(start=start) if last and not ends_in_mark(last):
                words.append(Word("。" if is_wide(last[-1]) else ".", start, start, glued=True))
                last = ""
            case _:
                pass
    return tidy(joined(words))
