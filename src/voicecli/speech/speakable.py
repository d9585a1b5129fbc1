"""A whole text made fit to be read aloud: no markup, no code, no addresses, no pictures, no thoughts.

`sentences.Splitter` does the same to a text that is still being written, and cuts it.
"""

from __future__ import annotations

from voicecli.speech.marks import ends_in_mark, is_wide
from voicecli.speech.plain import tidy
from voicecli.speech.reader import Reader
from voicecli.speech.words import Break, Word, joined


def speakable(text: str) -> str:
    """What a voice shall say of `text`, in one line; empty when there is nothing to say.

    Lines that stand for themselves (list items, headings, rows) become sentences. Ordinary text comes back as it was, and so does
    what this function has returned.
    """
    before = None
    while text != before:  # what one pass uncovers ("&amp;amp;") the next one sees; each can only take away
        before, text = text, _read(text)
    return text


def _read(text: str) -> str:
    reader = Reader()
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
