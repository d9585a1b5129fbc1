"""Finds texts that could be meant as instructions to a language model. Pure logic.

A small model follows whatever it reads last: with 1.5 billion parameters it answered "banana" because a weather report told it to. Such a text is
read out by the program instead. The test is broad on purpose, because a mistake only costs the model's own wording.
"""

from __future__ import annotations

import re
from typing import Final

_ADDRESSED: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|instead|from now on|new rule|rules?|instructions?|prompt|system|assistant|chatbot|ai|user|pretend|"
    r"role ?play|you are|you must|you should|you will|must|please|answer|reply|respond|say|tell|repeat|spell|translate|write|output|print|call|"
    r"use the|open|click|visit|send|delete|run|execute|follow|stop here|begin|end your|important|urgent|warning|attention|password|"
    r"ignoriere?|vergiss|anweisung\w*|regeln?|system|assistent|nutzer|benutzer|du bist|du musst|du sollst|antworte?|sag|sage|bitte|wiederhole?|"
    r"übersetze?|schreibe?|rufe?|öffne|sende|lösche|wichtig|achtung|passwort|ab jetzt|stattdessen)\b"
    r"|https?://|<[|/a-z]|\[/?[A-Z_]{3,}\]|\"role\"|[{}]{2}",
    re.IGNORECASE,
)


def may_instruct(text: str) -> bool:
    """Whether `text` could be meant as an instruction to whoever reads it."""
    return _ADDRESSED.search(text) is not None
