"""Splits streamed text into speakable chunks. The first one is short, so that the first sound comes early.

A sentence is released when the first letter after it confirms that it is over. That costs nothing, because models write the space and
the letter as one token. Waiting for the whole next word would cost a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final, assert_never

from voicecli.speech.clause_breaks import ClauseBreak, best_cut, joint
from voicecli.speech.markdown_reader import MarkdownReader
from voicecli.speech.plain_text import tidy
from voicecli.speech.punctuation import can_be_said, ends_in_mark, is_tail, is_wide
from voicecli.speech.reader_events import Break, Event, Glance, LineEnd, Word, joined
from voicecli.speech.sentence_endings import NO_ENDING, Ending, ending, goes_on, holds_together, is_over, may_go_on
from voicecli.speech.word_timing import SaidWord, said_words, spans

_LONGEST = 1_000_000
_LONGEST_LAST = 300
"""In characters. More of a word and the marks behind it is not looked at again with each mark that follows."""

_LONGEST_UNIT = 8
"""In words. What is read as one unit is not longer, as in "on March 15, 2024 at 10 a.m."."""

_WIDE_CHARS = 3
"""A Chinese or Japanese character takes about as long to say as three letters."""


class Cut(Enum):
    """What is at the end of a chunk."""

    PART = auto()
    """The end of a paragraph, a list item, a heading or the reply."""
    SENTENCE = auto()
    CLAUSE = auto()
    """A comma, colon or dash. The sentence continues after a pause."""
    JOINT = auto()
    """No mark. The chunk was cut so that the voice can start, and the sentence continues without a pause."""


_PART: Final = Cut.PART
_SENTENCE: Final = Cut.SENTENCE
_CLAUSE: Final = Ending.CLAUSE
"""Names for members that are needed for each word. Looking them up takes a tenth of the time of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What the voice says in one go.

    The spans of a reply's chunks are contiguous, from 0 on. Silent text (thoughts, code, spaces) belongs to the chunk
    after it. Silent text at the end of a reply belongs to no chunk if the last one was already released.

    Attributes:
        index: Counts the chunks of a reply from 0.
        start: Offset of the first character in the raw reply.
        end: Offset behind the last character.
        text: The text for the voice; never empty, one line, no markup.
        cut: What it ends with. A voice lowers its tone only at the end of a sentence.
        words: The words of `text`, and where each was written. They are derived from the rest, so they are not compared.
    """

    index: int
    start: int
    end: int
    text: str
    cut: Cut = field(default=Cut.SENTENCE, compare=False)
    words: tuple[SaidWord, ...] = field(default=(), compare=False, repr=False)


def moved(chunk: Chunk, *, chunks: int, characters: int) -> Chunk:
    """Returns a chunk of a part of a reply as a chunk of the whole reply.

    Args:
        chunk: The chunk, counted in its part.
        chunks: How many chunks there are before the part.
        characters: How many characters there are before the part.
    """
    if not chunks and not characters:
        return chunk
    words = tuple(word._replace(start=word.start + characters, end=word.end + characters) for word in chunk.words)
    return replace(
        chunk, index=chunk.index + chunks, start=chunk.start + characters, end=chunk.end + characters, words=words
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkerConfig:
    """Where a reply is cut. All lengths are in letters as they are spoken, marks and spaces included, except `opening_clause_words`.

    Attributes:
        opening_chars: The reply is in its opening until this many letters were released; until then a chunk may end with a clause. It is at most the
            shortest clause, so that two successive clauses are not separated, but longer than "Sure!", which ends before a long sentence is written.
        opening_clause_words: The least words of such a clause. "Well," alone leaves a gap after it that sounds like a fault.
        opening_clause_chars: The same in letters.
        opening_sentence_chars: The least for a whole sentence in the opening: "Yes." may stand alone, "A." may not.
        opening_joint_chars: The least before a conjunction for a cut without a mark: "The sky appears to be blue" may be spoken before it
            is known what follows "because". Twenty tokens until the first comma are nearly a second of silence on a slow machine.
        opening_phrase_chars: The least before a preposition. It is higher, because that cut is audible. Most whole sentences end before it.
        trusts_tokens: Whether fed text that ends with a conjunction or preposition is taken to end with a whole word. Models write such
            words whole, and waiting for the next one takes a token. Only then do the chunks depend on how the reply is split.
        opening_longest_chars: A longer clause is cut at a space, where a voice stumbles; 100 letters are about 20 tokens.
        shortest_chars: Later sentences that are shorter are spoken together with the next one. One-word utterances sound clipped.
        longest_chars: A chunk is cut at a clause, or else at a space, before it grows longer; 200 letters are about 13 s of speech, and the history
            and the highlight on the screen work by chunks.
        announces_in: As for the `Reader`.
    """

    opening_chars: int = 12
    opening_clause_words: int = 3
    opening_clause_chars: int = 12
    opening_sentence_chars: int = 4
    opening_joint_chars: int = 24
    opening_phrase_chars: int = 44
    trusts_tokens: bool = False
    opening_longest_chars: int = 100
    shortest_chars: int = 20
    longest_chars: int = 200
    announces_in: str = ""


class Haste(Enum):
    """How long a listener has been waiting for the voice to start, or to continue."""

    NONE = auto()
    """There is time for the end of a clause."""
    SOME = auto()
    """A good joint is better than silence."""
    GREAT = auto()
    """Any place between two words that do not belong together is better than silence."""


HASTY = ChunkerConfig(opening_joint_chars=12, opening_phrase_chars=12, trusts_tokens=True)
"""For a model so slow that waiting for a sentence would be noticed: "The capital of Japan," may be spoken while "is Tokyo" is written."""


class SentenceChunker:
    """Splits one reply. However the reply is fed, its chunks are the same, and each is released at the same character.

    Thread: the one that feeds it; not to be shared.
    """

    def __init__(self, cuts: ChunkerConfig | None = None) -> None:
        self._cuts = cuts or ChunkerConfig()
        self._reader = MarkdownReader(self._cuts.announces_in)
        self._chunks: list[Chunk] = []
        self._count = 0  # of the released chunks
        self._start = 0  # where the next chunk starts
        self._said = 0  # released letters
        self._is_opening = self._cuts.opening_chars > 0
        self._words: list[Word] = []
        self._chars = 0  # of `_words`
        self._spoken = 0  # how many of `_words` have letters
        self._last = ""  # the last word, with the marks that followed it
        self._before = ""  # the word before that
        self._pending = NO_ENDING  # of the last word, until the next letter is known
        self._clause = 0  # how many of `_words` come before the last good place for a cut

    def feed(self, delta: str, haste: Haste = Haste.NONE) -> list[Chunk]:
        """Takes the next characters of the raw reply. Returns the chunks that are now complete, mostly none.

        Args:
            delta: The characters.
            haste: Whether the text so far must be cut because the voice has nothing to say. The chunks depend on it.
        """
        chunks = self._handle(self._reader.feed(delta))
        following = self._reader.unfinished
        if self._cuts.trusts_tokens and not self._said and following is not None:
            self._draw_breath(following)
            chunks += self._drain()
        if haste is not Haste.NONE and not chunks:
            self._hurry(following, haste)
            chunks = self._drain()
        return chunks

    def finish(self) -> list[Chunk]:
        """Completes the reply. Returns what is left, at most two chunks. The last one ends at the end of the reply."""
        chunks = self._handle(self._reader.finish())
        self._release(self._reader.length, _PART)
        return chunks + self._drain()

    def _handle(self, events: Iterable[Event]) -> list[Chunk]:
        for event in events:
            match event:
                case Word():
                    self._add(event)
                case Glance():
                    if self._pending is not NO_ENDING:
                        self._decide(event.letter, event.start)
                case LineEnd():
                    if self._pending is not _CLAUSE and self._pending is not NO_ENDING:
                        self._decide("", event.end)
                case Break():
                    self._stop(event.start)
                case _:
                    assert_never(event)
        return self._drain()

    def _drain(self) -> list[Chunk]:
        chunks, self._chunks = self._chunks, []
        return chunks

    def _add(self, word: Word) -> None:
        text = word.text
        length = _length(word)
        if is_tail(text) and self._words:
            self._last = (self._last + text)[-_LONGEST_LAST:]
        else:
            if self._pending is not NO_ENDING:
                if goes_on(self._pending, text):
                    self._pending = NO_ENDING
                self._decide(text if is_wide(text[0]) else "", word.start)
            if not self._said:
                self._draw_breath(word)
            longest = self._cuts.opening_longest_chars if self._is_opening else self._cuts.longest_chars
            if self._chars + length > longest and self._spoken:
                self._make_room(word)
            self._before, self._last = self._last, text
        self._words.append(word)
        self._chars += length
        self._spoken += can_be_said(text)
        self._pending = NO_ENDING if text[-1].isalnum() else ending(self._last, self._before)

    def _decide(self, letter: str, at: int) -> None:
        """Decides whether the text so far is a chunk, after a mark. The next word starts at `at` with `letter`."""
        end, cuts = self._pending, self._cuts
        if may_go_on(end, letter):
            return  # the whole word is needed
        self._pending = NO_ENDING
        if is_over(end, letter):
            self._end_sentence(at, _SENTENCE)
        elif end is _CLAUSE and self._chars >= cuts.opening_clause_chars and not letter.isdigit():  # not "Jan. 5, 1980"
            self._clause = len(self._words)
            if self._is_opening and self._spoken >= cuts.opening_clause_words:
                self._release(at, Cut.CLAUSE)

    def _end_sentence(self, at: int, cut: Cut) -> None:
        """Makes the text so far a chunk if it is long enough. The next word starts at `at`; the sentence ends with `cut`."""
        self._clause = len(self._words)
        least = self._cuts.opening_sentence_chars if self._is_opening else self._cuts.shortest_chars
        if self._chars >= least:
            self._release(at, cut)

    def _stop(self, at: int) -> None:
        """Ends a part of the text, and adds a full stop for the voice if there is no mark."""
        if self._last and not ends_in_mark(self._last):
            mark = "。" if is_wide(self._last[-1]) else "."
            self._words.append(Word(mark, at, at, True))
            self._chars += 1
        self._last = ""
        self._pending = NO_ENDING
        self._end_sentence(at, _PART)
        if not self._words and self._chunks and self._chunks[-1].cut is not _PART:
            self._chunks[-1] = replace(self._chunks[-1], cut=_PART)

    def _draw_breath(self, word: Word) -> None:
        """In the very first chunk, cuts before a word that begins a clause or a phrase, once there is enough text."""
        cuts = self._cuts
        is_announcement = word.start == word.end
        if self._said or not self._words or word.glued or is_announcement:
            return
        least = {ClauseBreak.CLAUSE: cuts.opening_joint_chars, ClauseBreak.PHRASE: cuts.opening_phrase_chars}.get(
            joint(word.text)
        )
        if least is None or self._chars < least:
            return
        self._release(word.start, self._cut_here)

    def _hurry(self, following: Word | None, haste: Haste) -> None:
        """Cuts at the best joint, if there is one. `following` is the word that is being read."""
        texts = [word.text for word in self._words]
        if following is not None and following.glued:
            return
        cut = best_cut(texts, following.text if following is not None else "", anywhere=haste is Haste.GREAT)
        if cut is None:
            return
        rest = self._words[cut:]
        if rest:
            self._release_before(cut)
        else:
            self._release(self._words[-1].end if following is None else following.start, self._cut_here)

    @property
    def _cut_here(self) -> Cut:
        """What a chunk ends with if it ends with the last word."""
        return Cut.JOINT if ending(self._last, self._before) is Ending.NONE else Cut.CLAUSE

    def _release_before(self, cut: int) -> None:
        """Releases the first `cut` words and keeps the others, at least one."""
        rest = self._words[cut:]
        del self._words[cut:]
        self._release(rest[0].start, Cut.CLAUSE if ends_in_mark(self._words[-1].text) else Cut.JOINT)
        for kept in rest:
            self._words.append(kept)
            self._chars += _length(kept)
            self._spoken += can_be_said(kept.text)

    def _make_room(self, word: Word) -> None:
        """Cuts before `word`, which would make the chunk too long, or at a better place before it."""
        cut = self._clause or parting(self._words, word)
        if cut < len(self._words):
            self._release_before(cut)
        else:
            self._release(word.start, self._cut_here)

    def _release(self, end: int, cut: Cut) -> None:
        said, self._words = self._words, []
        text = tidy(joined(said)) if self._spoken else ""
        chars = self._chars
        self._chars = self._spoken = self._clause = 0
        self._pending = NO_ENDING
        if not text:
            return
        words = said_words(text, said, start=self._start, end=end)
        self._chunks.append(Chunk(index=self._count, start=self._start, end=end, text=text, cut=cut, words=words))
        self._count += 1
        self._start = end
        self._said += chars
        self._is_opening = self._said < self._cuts.opening_chars


_WHOLE_SENTENCES = ChunkerConfig(
    opening_chars=0,
    opening_joint_chars=_LONGEST,
    opening_phrase_chars=_LONGEST,
    shortest_chars=1,
    longest_chars=_LONGEST,
)
_FENCES = ("```", "~~~")


def finished_end(text: str) -> int:
    """Returns where an interrupted reply should end: after its last whole sentence, or line of code; without either, at its end.

    Returns:
        An offset into `text`.
    """
    words = text.split()
    if words and is_over(ending(words[-1]), ""):
        return len(text)
    ends = [chunk.end for chunk in SentenceChunker(_WHOLE_SENTENCES).feed(text)]
    end = ends[-1] if ends else 0
    if any(fence in text[end:] for fence in _FENCES):  # half a code block is more useful than none
        end = max(end, text.rfind("\n") + 1)
    return end or len(text)


def whole_sentences(text: str) -> list[str]:
    """Returns the sentences of `text`, without markup."""
    splitter = SentenceChunker(_WHOLE_SENTENCES)
    return [chunk.text for chunk in (*splitter.feed(text), *splitter.finish())]


def as_written(text: str, *, index: int = 0, start: int = 0) -> Chunk:
    """Returns a text that is spoken unchanged, as one chunk. `start` is its place in the reply."""
    words = tuple(
        SaidWord(said_start=first, said_end=end, start=start + first, end=start + end) for first, end in spans(text)
    )
    return Chunk(index=index, start=start, end=start + len(text), text=text, words=words)


def parting(words: Sequence[Word], following: Word) -> int:
    """Returns where to cut before `following`, as an index into `words`. It avoids places inside "Dr. Smith" or "5 km" if another place is near."""
    for cut in range(len(words), max(0, len(words) - _LONGEST_UNIT), -1):
        if not holds_together(words[cut - 1].text, (words[cut] if cut < len(words) else following).text):
            return cut
    return len(words)


def _length(word: Word) -> int:
    text, _, _, glued = word
    spaces = not glued
    if len(text) == 1:
        return (_WIDE_CHARS if is_wide(text) else 1) + spaces
    if text.isascii():
        return len(text) + spaces
    return sum(_WIDE_CHARS if is_wide(char) else 1 for char in text) + spaces
