"""What is said when something is remembered or forgotten, in the language of the request."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from voicecli.tools.definitions import Language

Outcome: TypeAlias = Literal["added", "known", "no-room", "removed", "unknown", "several", "not-written", "failed"]
"""What became of a request: a fact was added, or it was known already, or there is no room for it; facts were removed, or there is none, or more
than one; nothing may be written in this session; writing failed."""

CHANGES: Final[frozenset[Outcome]] = frozenset({"added", "removed"})

_SENTENCES: Final = MappingProxyType(
    {
        "en": {
            "added": "I will remember that.",
            "known": "I remember that already.",
            "no-room": "I have no room left for that. Let me forget something first.",
            "removed": "I have forgotten that.",
            "unknown": "I remember nothing like that.",
            "several": "I remember several things like that. Please say it more exactly.",
            "not-written": "In this session I remember nothing.",
            "failed": "I could not write that down.",
        },
        "de": {
            "added": "Das merke ich mir.",
            "known": "Das habe ich mir schon gemerkt.",
            "no-room": "Dafür ist kein Platz mehr. Lass mich erst etwas anderes vergessen.",
            "removed": "Das habe ich vergessen.",
            "unknown": "So etwas habe ich mir nicht gemerkt.",
            "several": "Davon habe ich mir mehreres gemerkt. Bitte sag es genauer.",
            "not-written": "In dieser Sitzung merke ich mir nichts.",
            "failed": "Das konnte ich nicht aufschreiben.",
        },
        "es": {
            "added": "Lo recordaré.",
            "known": "Ya lo recuerdo.",
            "no-room": "No me queda sitio para eso. Deja que olvide antes otra cosa.",
            "removed": "Lo he olvidado.",
            "unknown": "No recuerdo nada parecido.",
            "several": "Recuerdo varias cosas así. Dilo con más precisión, por favor.",
            "not-written": "En esta sesión no recuerdo nada.",
            "failed": "No he podido anotarlo.",
        },
        "fr": {
            "added": "Je m'en souviendrai.",
            "known": "Je m'en souviens déjà.",
            "no-room": "Je n'ai plus de place pour cela. Laisse-moi d'abord oublier autre chose.",
            "removed": "Je l'ai oublié.",
            "unknown": "Je ne me souviens de rien de tel.",
            "several": "Je me souviens de plusieurs choses de ce genre. Dis-le plus précisément, s'il te plaît.",
            "not-written": "Dans cette session, je ne retiens rien.",
            "failed": "Je n'ai pas pu le noter.",
        },
        "it": {
            "added": "Me ne ricorderò.",
            "known": "Me lo ricordo già.",
            "no-room": "Non ho più posto per questo. Fammi prima dimenticare qualcos'altro.",
            "removed": "L'ho dimenticato.",
            "unknown": "Non ricordo niente del genere.",
            "several": "Ricordo più cose del genere. Dillo con più precisione, per favore.",
            "not-written": "In questa sessione non ricordo nulla.",
            "failed": "Non sono riuscito ad annotarlo.",
        },
    }
)


def told(outcome: Outcome, language: Language) -> str:
    """Returns what is said of an outcome."""
    return _SENTENCES[language][outcome]
