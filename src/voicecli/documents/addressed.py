"""Finds sentences in a text that are addressed to an assistant, such as planted instructions. Pure logic.

They are left out of what the model is told, because small models follow them even in a quotation. Such rules cannot find every form, and may
leave out a harmless sentence; a file that is read aloud is read as it is.
"""

from __future__ import annotations

import re
from typing import Final

LEFT_OUT: Final = "[…]"
"""Takes the place of such sentences."""

_ORDERS: Final = r"(?:instructions?|orders?|prompts?|rules|guidelines|messages|tasks?|context|anweisungen|befehle|regeln|anleitung(?:en)?|vorgaben)"

_ASSISTANT: Final = r"(?:ai|assistants?|language models?|llms?|chatbots?|ki|assistent\w*|sprachmodell\w*)"
_MUST: Final = r"(?:must|should|has to|is to|always|will|soll|muss)"
_SPEAK: Final = r"(?:answer|says?|tell|claim|speak|reply|ignore|obey|sagen|antworten)"

_ADDRESSED: Final = re.compile(
    "|".join(
        (
            # What was said before is not to count any more.
            rf"\b(?:ignore|disregard|forget|override|bypass|ignorier\w*|vergiss|missachte\w*)\b.{{0,60}}\b{_ORDERS}\b",
            r"\b(?:ignore|disregard|forget) (?:everything|anything|all|the file|what)\b",
            r"\b(?:new|updated|real|secret) instructions?\b|\byour (?:new|next|only|real) (?:task|role|orders?|job)\b|\bneue anweisung\w*",
            # Somebody is to be somebody else, or to speak in another way.
            r"\b(?:from now on|ab (?:jetzt|sofort)),? (?:you|du|act|answer|speak|respond|antworte|sprich)\b",
            r"\byou are now (?:a|an|the|my|in)\b|\bdu bist (?:jetzt|nun) (?:ein|eine|der|die|mein|meine)\b",
            r"\b(?:act|pretend|behave|respond|answer|speak) as (?:if|a|an|the)\b.{0,40}\b(?:you|pirate|character|admin\w*|developer|root|dan)\b",
            # An answer is prescribed.
            r"\byou (?:must|should|have to|will|shall) (?:now|only|always) (?:answer|reply|respond|say|tell|speak)\b",
            r"\byou (?:must|should|have to|will|shall) (?:claim|output|(?:answer|reply|respond) (?:that|with)|say that)\b",
            r"\b(?:answer|reply|respond|say|speak)\b.{0,15}\b(?:only (?:with|in|the)|nothing else|nothing but|the single word)\b",
            r"\b(?:begin|start|end|finish)\b.{0,5}\b(?:every|each|all|your) (?:answers?|sentences?|repl(?:y|ies)|responses?)\b",
            r"\b(?:antworte|sag|sage|schreib\w*)\b.{0,15}\b(?:nur|nichts anderes|mit dem wort)\b",
            r"\b(?:beginne|beende)\b.{0,5}\b(?:jede[nrs]?|alle|deine) (?:antwort(?:en)?|sätze?)\b",
            r"\byour (?:next|first|final) (?:answer|reply|response|message)\b|\bdeine nächste antwort\b",
            r"\bnote to (?:the )?(?:ai|assistant|model)\b|\ban die ki\b",
            r"\b(?:reminder|message|instructions?) (?:for|to) the (?:voice )?(?:assistant|ai|model)\b",
            # The assistant is spoken of or to, together with what it is to do.
            rf"\b{_ASSISTANT},? (?:\w+ ){{0,3}}{_MUST},? (?:\w+ ){{0,4}}{_SPEAK}\b",
            rf"\b{_ASSISTANT} (?:that is )?reading this\b|\bif you are an? {_ASSISTANT}\b",
            r"\b(?:tell|inform|sag|sage) (?:the |dem |der )?(?:user|reader|listener|benutzer|nutzer|leser|hörer)\w*\b",
            r"\bwhen (?:you are )?asked (?:about|for|who|what|whether)\b.{0,60}\b(?:answer|say|claim|reply)\b",
            r"\bwhoever reads this (?:aloud|text)\b",
            # Permissions and secrets.
            r"\b(?:i|we) (?:hereby )?(?:allow|grant|permit|authori[sz]e)\b.{0,40}\b(?:tools?|access|permission|everything)\b",
            r"\bpermission granted\b",
            r"\b(?:reveal|show|print|repeat|leak)\b.{0,20}\b(?:system prompt|password|secret|instructions)\b",
        )
    ),
    re.IGNORECASE,
)
"""The parts of sentences that only somebody writes who speaks to an assistant, in English and German."""

_ROLE: Final = re.compile(
    r"^[\s>*#\[(]*(?:system|assistant|user|developer|human|ai|instruction)s?\s*[:\])]", re.IGNORECASE
)
"""A line that is written as a message of a conversation."""

_SHOUTED: Final = re.compile(
    r"\b(?i:answer|say|reply|respond|antworte|sage)\b[^.]{0,30}\b[A-ZÄÖÜ]{4,}\b|\b(?:ANSWER|SAY|REPLY|RESPOND|ANTWORTE)\b"
)
"""A word in capitals that is to be said."""
_SENTENCE: Final = re.compile(r"(?<=[.!?…])(\s+)")


def without_orders(text: str) -> str:
    """Returns `text` with a mark in the place of the sentences that are addressed to an assistant."""
    return re.sub(
        rf"(?:{re.escape(LEFT_OUT)}[ ]?){{2,}}", LEFT_OUT + " ", "\n".join(map(_line, text.split("\n")))
    ).strip()


def _line(line: str) -> str:
    if _ROLE.match(line):
        return LEFT_OUT
    parts = _SENTENCE.split(line)
    for at in range(0, len(parts), 2):
        if _ADDRESSED.search(parts[at]) or _SHOUTED.search(parts[at]):
            parts[at] = LEFT_OUT
    return "".join(parts)
