"""Guesses how a reply goes on: answers like to begin with the words of the question.

"What is the capital of France?" is answered "The capital of France is Paris." Reading four tokens at once takes a language model little longer than
reading one, since either way all its weights come from memory; so where the next ones can be guessed, they are read together, and what was guessed
wrong is forgotten again. What is written stays the same, it is only written sooner (Saxena 2023, prompt lookup decoding; Leviathan et al. 2023,
arXiv:2211.17192).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

MOST_GUESSED = 3
"""Tokens at a time: with one that is known, a batch of four takes 1.6 times as long as one alone (0.5B, two cores), one of five twice."""

BEGINNING_TOKENS = 12
"""So far into a reply its question is restated; later a guess is seldom right, and nobody waits for a first sound any more."""

PHRASE_TOKENS = 2
"""So many words in a row have to be the question's, so that more of it is expected. The first word of all will do alone: after "The", the
guess is right more often than not."""


class Restating:
    """What of a question a reply to it may go on with.

    Args:
        question: Its tokens.
        text_of: The text of a token.
    """

    def __init__(self, question: Sequence[int], text_of: Callable[[int], str]) -> None:
        self._question = tuple(question)
        self._text_of = text_of
        self._words = [_folded(text_of(token)) for token in question]

    def guess(self, reply: Sequence[int]) -> Sequence[int]:
        """What may follow `reply`, at most `MOST_GUESSED` tokens; nothing where there is no sign of it.

        Args:
            reply: All tokens of the reply so far.
        """
        if not 0 < len(reply) <= BEGINNING_TOKENS:
            return ()
        words = [_folded(self._text_of(token)) for token in reply]
        ends = range(1, len(self._words))
        length, end = max(((self._in_common(words, end), -end) for end in ends), default=(0, 0))
        if length < min(PHRASE_TOKENS, len(reply)):
            return ()
        following = range(-end, min(-end + MOST_GUESSED, len(self._words)))
        stop = next((at for at in following if not self._words[at]), following.stop)
        return self._question[-end:stop]

    def _in_common(self, words: Sequence[str], end: int) -> int:
        """How many of the last `words` are those of the question that end before `end`."""
        count = 0
        while count < min(len(words), end) and words[-1 - count] and words[-1 - count] == self._words[end - 1 - count]:
            count += 1
        return count


def _folded(text: str) -> str:
    """Without case and without what is no word; empty for a mark."""
    return "".join(character for character in text.casefold() if character.isalnum())
