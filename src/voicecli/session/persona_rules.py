"""The section `[answers]` of a persona's file: the rules for its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from voicecli.session.persona_file import PersonaFile
from voicecli.speech.answer_rules import QUESTION, SPARK, Rules

_SECTION: Final = "answers"
_FLAGS: Final = ("never_twice", "never_echoes", "remembers")
_NUMBERS: Final = {"longest_words": (int, 3, 400), "shortest_words": (int, 1, 50), "sentences": (int, 1, 20)}
_TEXTS: Final = {"foolish": 200, "only_asks": 200, "frame": 500}
_LISTS: Final = {"never_says": 50, "foolish_like": 8, "serious_like": 8, "sparks": 200}
"""Maximum number of texts in each list."""

_LONGEST: Final = 200
"""The longest text that a list of a persona may contain, in characters."""

ANSWER_KEYS: Final = (*_NUMBERS, *_FLAGS, *_TEXTS, *_LISTS)


def rules_of(file: PersonaFile, answers: Mapping[str, object], *, varies: bool) -> Rules | None:
    """Returns the rules of a persona; None if it has none.

    Args:
        file: The file, for error messages.
        answers: The section.
        varies: Whether each answer gets another seed. The key for it is in another section.

    Raises:
        ConfigError: A value is wrong.
    """
    if not answers and not varies:
        return None
    numbers = {
        key: None if key not in answers else int(file.number(_SECTION, key, answers[key], (kind, low, high)))
        for key, (kind, low, high) in _NUMBERS.items()
    }
    texts = {key: file.text(_SECTION, key, answers.get(key, ""), longest=longest) for key, longest in _TEXTS.items()}
    lists = {
        key: file.texts(_SECTION, key, answers.get(key, []), most=most, longest=_LONGEST)
        for key, most in _LISTS.items()
    }
    if (numbers["shortest_words"] or 1) > (numbers["longest_words"] or 50):
        raise file.wrong(_SECTION, "shortest_words", "answers.shortest_words is above answers.longest_words")
    _check_together(file, texts["frame"], lists)
    return Rules(
        longest_words=numbers["longest_words"],
        shortest_words=numbers["shortest_words"] or 1,
        sentences=numbers["sentences"],
        only_asks=texts["only_asks"],
        never_twice=file.flag(_SECTION, "never_twice", answers.get("never_twice", False)),
        never_echoes=file.flag(_SECTION, "never_echoes", answers.get("never_echoes", False)),
        remembers=file.flag(_SECTION, "remembers", answers.get("remembers", True)),
        foolish=texts["foolish"],
        frame=texts["frame"],
        never_says=lists["never_says"],
        foolish_like=lists["foolish_like"],
        serious_like=lists["serious_like"],
        sparks=lists["sparks"],
        varies=varies,
    )


def _check_together(file: PersonaFile, frame: str, lists: Mapping[str, Sequence[str]]) -> None:
    """Checks values that depend on each other."""
    if frame and QUESTION not in frame:
        raise file.wrong(_SECTION, "frame", f"answers.frame must have {QUESTION} in it")
    if lists["sparks"] and SPARK not in frame:
        raise file.wrong(_SECTION, "sparks", f"answers.sparks need {SPARK} in answers.frame")
    if SPARK in frame and not lists["sparks"]:
        raise file.wrong(_SECTION, "frame", f"answers.frame has {SPARK} in it, but there are no answers.sparks")
    if len(lists["foolish_like"]) not in {0, len(lists["serious_like"]) + 1}:
        raise file.wrong(
            _SECTION, "foolish_like", "answers.foolish_like must have one question more than answers.serious_like"
        )
