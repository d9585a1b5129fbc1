"""Estimates from the text whether its speaker has finished: by its mark, its last words and its first words.

Recognisers put a full stop after nearly everything, even after "So I went to the.", so a mark alone proves little. The words are better evidence. A
few small tables per language suffice: words that hardly ever end a sentence, question words, words that open a clause that needs another clause.
A language without a table is judged by marks alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from voicecli.speech.punctuation import CLOSERS, DASHES, FULL_STOPS, OPENERS, PAUSES, STOPS

OPEN = 0.02
"""The text breaks off: a comma, an article, a filler, "could you tell me"."""

DOUBTFUL = 0.1
"""The text could end here, but seldom does: "if I leave at seven", "set a timer for five", "my friend gave me a plant", or text without a mark."""

EVEN = 0.5
"""No evidence: "who are you talking to?" is finished, "what is the best way to?" is not."""

CLOSED = 0.8
"""The text ends with a mark, and nothing speaks against it. Nearly all finished sentences look like this, but also one in three unfinished ones."""

ASKED = 0.88
"""The same with a question mark. People seldom pause after a question and go on; after a full stop they do so nearly as often as they finish."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. Every field except `leads` contains words separated by spaces.

    A statement to an assistant is often only the beginning of a question ("My friend gave me a plant."). A statement that is
    complete ("I am tired.") is therefore answered later.

    Attributes:
        never: Articles, conjunctions, possessives, fillers. No sentence ends with them.
        seldom: Prepositions and similar words. At most a question ends with them.
        asks: Words of which one is among the first two words of a question.
        opens: First words of a clause that needs another clause.
        states: First words of a statement: its subject.
        leads: Openings, separated by commas, that are not a complete utterance.
    """

    never: str
    seldom: str
    asks: str
    opens: str
    states: str
    leads: str


_WORDS = {
    "en": Words(
        never="a an the and or but nor because if whether than my your our their its i of um uh uhm er erm hmm mm very every",
        seldom="so to for from with in at by about into like is are was were as his her this these we they he she who which that's",
        asks="who whose what which where when why how what's who's where's how's is are do does did can could will would should",
        opens="if because although though unless while since when whenever before after until once whereas",
        states="i i'm i've i'd i'll my we we're we've our he he's his she she's her they they're their it it's there there's this these those",
        leads="can you tell me, could you tell me, tell me, do you know, i was wondering, i wonder, i want, i want to know, i would like, "
        "i'd like, i need to know, can you, could you, would you, could you please, let me think, how about, what about, "
        "you know, well, okay so, i think, i mean, remind me, is there, is it, explain, explain to me, show me, give me, i have a question, "
        "i need, i would like to know, i'd like to know, i would like to ask, i want to ask, i wanted to ask",
    ),
    "de": Words(
        never="der dem den des eine einen einem einer eines und oder aber sondern weil dass ob wenn denn mein meine dein deine unser unsere "
        "äh ähm öh hm zum zur im vom beim ins sehr",
        seldom="die das für von mit in bei über unter gegen ohne wegen am als ist sind war ich wir wie so",
        asks="wer wen wem was wann wo wie warum wieso weshalb welche welcher welches welchen woher wohin wozu",
        opens="wenn weil obwohl falls während bevor nachdem als sobald solange seit",
        states="ich mein meine wir unser unsere er sie es das dies diese",
        leads="kannst du mir sagen, können sie mir sagen, sag mir, weißt du, ich möchte, ich würde gern, ich würde gerne, ich wollte fragen, "
        "kannst du, könntest du, können sie, erzähl mir, gibt es, ich glaube, ich meine, erklär mir, zeig mir, gib mir, ich brauche, "
        "ich habe eine frage",
    ),
    "fr": Words(
        never="le la les un une des du de d l et ou mais que qu car parce mon ma mes ton ta tes sa ses notre votre leur leurs au aux à euh heu je "
        "ce cet cette très",
        seldom="pour avec dans sur sous chez par en sans entre comme est sont si il elle nous vous",
        asks="qui que quoi quel quelle quels quelles où quand comment pourquoi combien qu'est-ce est-ce",
        opens="si quand lorsque parce comme puisque dès tandis",
        states="je j'ai mon ma mes nous notre nos il elle ils elles on c'est ce",
        leads="peux-tu me dire, pouvez-vous me dire, dis-moi, dites-moi, je voudrais, j'aimerais, je voudrais savoir, sais-tu, savez-vous, "
        "peux-tu, pouvez-vous, est-ce que, est-ce que tu peux, il y a, je pense, explique-moi, montre-moi, donne-moi, je veux, j'ai une question, "
        "j'ai besoin",
    ),
    "es": Words(
        never="el la los las un una unos unas y e o pero que porque de del al mi tu su mis tus sus eh em muy si a en con por sin desde hasta",
        seldom="para sobre entre es son está yo como",
        asks="qué quién quiénes cuál cuáles cuándo dónde cómo cuánto cuánta cuántos cuántas",
        opens="si cuando porque aunque mientras como",
        states="yo mi mis nosotros nuestro nuestra él ella ellos esto eso tengo estoy hay",
        leads="puedes decirme, me puedes decir, podrías decirme, dime, quiero, quiero saber, quisiera, me gustaría, me gustaría saber, sabes, "
        "puedes, podrías, hay, creo que, por favor, explícame, muéstrame, dame, tengo una pregunta, necesito",
    ),
    "it": Words(
        never="il lo la i gli le un uno una e o ma che di del dello della dei delle a al alla ai in nel nella con per da dal dalla tra fra mio mia "
        "tuo tua suo sua se ehm eh",
        seldom="su sul sulla è sono come io perché",
        asks="chi che cosa cos'è quale quali quando dove come perché quanto quanta quanti quante",
        opens="se quando mentre siccome poiché appena",
        states="io mio mia miei noi nostro lui lei loro questo ho sono c'è",
        leads="puoi dirmi, mi puoi dire, potresti dirmi, dimmi, vorrei, vorrei sapere, mi piacerebbe, sai, puoi, potresti, c'è, penso che, "
        "spiegami, mostrami, dammi, ho una domanda, ho bisogno",
    ),
    "pt": Words(
        never="o a os as um uma uns umas e ou mas que porque de do da dos das no na nos nas ao à em com por meu minha seu sua se hum",
        seldom="para pelo pela sobre entre é são está eu como",
        asks="quem que qual quais quando onde como porque por quanto quanta quantos quantas",
        opens="se quando embora enquanto",
        states="eu meu minha nós nosso nossa ele ela eles isto isso tenho estou há",
        leads="pode me dizer, você pode me dizer, podes dizer-me, me diga, diga-me, eu queria, eu gostaria, queria saber, quero saber, você sabe, "
        "pode, você pode, há, eu acho que, explique-me, me explique, me mostre, tenho uma pergunta, preciso",
    ),
    "nl": Words(
        never="de een en of maar want omdat als dan mijn jouw onze hun eh ehm uh te naar ik",
        seldom="het dat zijn haar van met voor over bij door om is was we",
        asks="wie wat waar wanneer hoe waarom welke welk hoeveel",
        opens="als omdat toen terwijl hoewel voordat nadat zodra",
        states="ik mijn wij we ons onze hij zij ze het dit dat er",
        leads="kun je me vertellen, kan je me vertellen, vertel me, weet je, ik wil, ik wil weten, ik zou graag, ik wilde vragen, zeg me, kun je, "
        "kunt u, is er, ik denk, leg me uit, laat me, geef me, ik heb een vraag, ik heb nodig",
    ),
}


@dataclass(frozen=True, slots=True)
class _Table:
    never: frozenset[str]
    seldom: frozenset[str]
    asks: frozenset[str]
    opens: frozenset[str]
    states: frozenset[str]
    leads: frozenset[str]


_TABLES = {
    language: _Table(
        never=frozenset(words.never.split()),
        seldom=frozenset(words.seldom.split()),
        asks=frozenset(words.asks.split()),
        opens=frozenset(words.opens.split()),
        states=frozenset(words.states.split()),
        leads=frozenset(lead.strip() for lead in words.leads.split(",")),
    )
    for language, words in _WORDS.items()
}

_BE = frozenset(["is", "are", "was", "were", "ist", "sind", "war", "waren", "zijn"])
"""Forms of "to be" with which an embedded question ends: "what a rainbow is"."""

_VERBS = frozenset(["is", "are", "do", "does", "did", "can", "could", "will", "would", "should"])
"""Verbs that ask a question only in first position."""

_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_EDGES = "".join(CLOSERS | OPENERS | STOPS | FULL_STOPS | PAUSES | DASHES) + "- "
_CLOSERS = "".join(CLOSERS) + " "
_QUESTION_MARKS = frozenset("?\uff1f\u061f\u037e")
_DOTS = ("..", "…")
_NUMBER = re.compile(r"[\d.,:]*\d")
SHORT_QUESTION_WORDS = 2
"""Utterances with at most this many words are never questions without a question mark: "How many"."""


def looks_finished(text: str, language: str) -> float | None:
    """Returns how likely it is that a person who said `text` and then fell silent has finished.

    Args:
        text: The recognised text, marks included.
        language: ISO 639-1 code.

    Returns:
        0.0 to 1.0, one of a few values that are named in this module; None if there are no words.
    """
    text = text.strip().rstrip(_CLOSERS)
    sentence = _SENTENCE_END.split(text)[-1]
    words = [word for raw in sentence.casefold().split() if (word := raw.strip(_EDGES))]
    if not words:
        return None
    mark = text[-1]
    if mark in PAUSES or mark in DASHES or mark == "-" or text.endswith(_DOTS):
        return OPEN
    marked = mark in STOPS or mark in FULL_STOPS
    asked = mark in _QUESTION_MARKS
    by_mark = ASKED if asked else CLOSED if marked else None
    table = _TABLES.get(language)
    if table is None:
        return by_mark or EVEN  # not every script has marks
    return min(by_mark or DOUBTFUL, _by_words(words, table, asked=asked, comma="," in sentence))


def _by_words(words: list[str], table: _Table, *, asked: bool, comma: bool) -> float:
    """Returns the most that the words allow."""
    last = words[-1]
    if last in table.never or " ".join(words) in table.leads or " ".join(words[1:]) in table.leads:
        return OPEN
    asks = not table.asks.isdisjoint(words[:2])
    if last in table.seldom:
        if last in _BE and _asks_within(words, table):
            return ASKED
        return EVEN if asks and asked else DOUBTFUL
    if asks and not asked and len(words) <= SHORT_QUESTION_WORDS:
        return DOUBTFUL
    if not asked and words[0] in table.opens and not comma:
        return DOUBTFUL
    if not asked and not asks and words[0] in table.states and not _requests(words, table):
        return DOUBTFUL
    if _NUMBER.fullmatch(last) and not asks:
        return DOUBTFUL
    return ASKED


def _asks_within(words: list[str], table: _Table) -> bool:
    """Whether there is an embedded question: "can you explain what a rainbow is", but not "and what is"."""
    return any(word in table.asks and word not in _VERBS for word in words[1:-2])


def _requests(words: list[str], table: _Table) -> bool:
    """Whether the words begin like a request, which counts as a question: "I would like a story"."""
    return any(" ".join(words[:count]) in table.leads for count in range(1, len(words)))
