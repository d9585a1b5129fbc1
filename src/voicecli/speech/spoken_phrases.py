# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""What the program itself says aloud, in every language that has a voice."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

Phrase: TypeAlias = Literal["apology", "no-answer", "only-shown"]
"""`apology` for a turn that failed, `no-answer` if the model wrote nothing, `only-shown` if nothing in its answer can be spoken."""

PHRASES: Final[tuple[Phrase, ...]] = get_args(Phrase)

OTHERWISE: Final = "en"
"""The language of a phrase that does not exist in the spoken language, or if that language is unknown."""

_APOLOGY: Final = {
    "de": "Entschuldigung, etwas ist schiefgegangen. Bitte versuche es noch einmal.",
    "en": "Sorry, something went wrong. Please try again.",
    "es": "Perdón, algo salió mal. Inténtalo de nuevo.",
    "fr": "Désolé, quelque chose n'a pas marché. Essaie encore.",
    "it": "Scusa, qualcosa è andato storto. Riprova.",
    "nl": "Sorry, er ging iets mis. Probeer het nog eens.",
    "pl": "Przepraszam, coś poszło nie tak. Spróbuj jeszcze raz.",
    "pt": "Desculpe, algo deu errado. Tente de novo.",
    "ru": "Извините, что-то пошло не так. Попробуйте ещё раз.",
    "zh": "抱歉，出了点问题。请再试一次。",
}
_NO_ANSWER: Final = {
    "de": "Dazu ist mir nichts eingefallen. Frag bitte noch einmal anders.",
    "en": "I have no answer to that. Please ask it another way.",
    "es": "No tengo respuesta para eso. Pregúntalo de otra manera.",
    "fr": "Je n'ai pas de réponse à cela. Pose la question autrement.",
    "it": "Non ho una risposta. Prova a chiederlo in un altro modo.",
    "nl": "Daar heb ik geen antwoord op. Vraag het eens anders.",
    "pl": "Nie mam na to odpowiedzi. Zapytaj inaczej.",
    "pt": "Não tenho resposta para isso. Pergunte de outra forma.",
    "ru": "У меня нет ответа. Спросите, пожалуйста, по-другому.",
    "zh": "我没有答案。请换一种问法。",
}
_ONLY_SHOWN: Final = {
    "de": "Meine Antwort lässt sich nicht vorlesen. Du siehst sie auf dem Bildschirm.",
    "en": "My answer cannot be read aloud. You can see it on the screen.",
    "es": "Mi respuesta no se puede leer en voz alta. La ves en la pantalla.",
    "fr": "Ma réponse ne peut pas être lue. Tu la vois à l'écran.",
    "it": "La mia risposta non si può leggere ad alta voce. La vedi sullo schermo.",
    "nl": "Mijn antwoord kan niet worden voorgelezen. Je ziet het op het scherm.",
    "pl": "Mojej odpowiedzi nie da się przeczytać na głos. Widzisz ją na ekranie.",
    "pt": "Minha resposta não pode ser lida em voz alta. Ela está na tela.",
    "ru": "Мой ответ нельзя прочитать вслух. Он на экране.",
    "zh": "我的回答无法朗读，请看屏幕。",
}

SENTENCES: Final = MappingProxyType({"apology": _APOLOGY, "no-answer": _NO_ANSWER, "only-shown": _ONLY_SHOWN})
"""Each phrase by language, ISO 639-1."""


GO_ON: Final = MappingProxyType(
    {
        "de": "Weiter.",
        "en": "Continue.",
        "es": "Continúa.",
        "fr": "Continue.",
        "it": "Continua.",
        "nl": "Ga door.",
        "pl": "Kontynuuj.",
        "pt": "Continue.",
        "ru": "Продолжай.",
        "zh": "继续。",
    }
)
"""The prompt that makes a model continue its answer. It is a whole sentence: to "continue" alone small models repeat what they have said, and to
"Please go on." they ask what about."""

_GO_ON_WORDS: Final = MappingProxyType({word.rstrip(".。").casefold(): word for word in (*GO_ON.values(), "Go on.")})


CODE_SHOWN: Final = MappingProxyType(
    {
        "de": "Der Code steht auf dem Bildschirm.",
        "en": "The code is on the screen.",
        "es": "El código está en la pantalla.",
        "fr": "Le code est à l'écran.",
        "it": "Il codice è sullo schermo.",
        "nl": "De code staat op het scherm.",
        "pl": "Kod jest na ekranie.",
        "pt": "O código está na tela.",
        "ru": "Код на экране.",
        "zh": "代码在屏幕上。",
    }
)
"""Spoken in place of a code block."""

TABLE_SHOWN: Final = MappingProxyType(
    {
        "de": (
            "Eine Tabelle",
            "Eine Tabelle mit einer Zeile",
            "Eine Tabelle mit {} Zeilen",
            "steht auf dem Bildschirm.",
        ),
        "en": ("A table", "A table with one row", "A table with {} rows", "is on the screen."),
        "es": ("Una tabla", "Una tabla con una fila", "Una tabla con {} filas", "está en la pantalla."),
        "fr": ("Un tableau", "Un tableau d'une ligne", "Un tableau de {} lignes", "est à l'écran."),
        "it": ("Una tabella", "Una tabella con una riga", "Una tabella con {} righe", "è sullo schermo."),
        "nl": ("Een tabel", "Een tabel met één rij", "Een tabel met {} rijen", "staat op het scherm."),
        "pl": ("Tabela", "Tabela z jednym wierszem", "Tabela, liczba wierszy: {},", "jest na ekranie."),
        "pt": ("Uma tabela", "Uma tabela com uma linha", "Uma tabela com {} linhas", "está na tela."),
        "ru": ("Таблица", "Таблица с одной строкой", "Таблица, число строк: {},", "на экране."),
        "zh": ("表格", "一个一行的表格", "一个{}行的表格", "在屏幕上。"),
    }
)
"""Spoken in place of a table: without rows, with one row, with more rows, and the end of the sentence."""

CODE_LEFT_OUT: Final = MappingProxyType(
    {
        "de": "Code ausgelassen.",
        "en": "Code left out.",
        "es": "Código omitido.",
        "fr": "Code omis.",
        "it": "Codice omesso.",
        "nl": "Code weggelaten.",
        "pl": "Kod pominięty.",
        "pt": "Código omitido.",
        "ru": "Код пропущен.",
        "zh": "代码已略过。",
    }
)
"""Spoken in place of a code block that is not shown on a screen."""

_TABLE_LEFT_OUT: Final = MappingProxyType(
    {
        "de": "ausgelassen.",
        "en": "left out.",
        "es": "omitida.",
        "fr": "omis.",
        "it": "omessa.",
        "nl": "weggelaten.",
        "pl": "pominięta.",
        "pt": "omitida.",
        "ru": "пропущена.",
        "zh": "已略过。",
    }
)
"""The end of the sentence for a table that is not shown on a screen."""

_SENTENCES_LEFT_OUT: Final = MappingProxyType(
    {
        "de": ("Ein Satz ausgelassen.", "{} Sätze ausgelassen."),
        "en": ("One sentence left out.", "{} sentences left out."),
        "es": ("Una frase omitida.", "{} frases omitidas."),
        "fr": ("Une phrase omise.", "{} phrases omises."),
        "it": ("Una frase omessa.", "{} frasi omesse."),
        "nl": ("Eén zin weggelaten.", "{} zinnen weggelaten."),
        "pl": ("Pominięto jedno zdanie.", "Pominięte zdania: {}."),
        "pt": ("Uma frase omitida.", "{} frases omitidas."),
        "ru": ("Пропущено одно предложение.", "Пропущено предложений: {}."),
        "zh": ("略过一句。", "略过{}句。"),
    }
)
"""Spoken in place of one sentence, and of several, that were left out because text arrived too fast."""

_NUMBERS: Final = MappingProxyType(
    {
        "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "en": "two three four five six seven eight nine ten eleven twelve",
    }
)
"""Number words from two on, as style guides use them in running text. Other numbers stay digits, which the normalizer reads."""


def _known(tag: str) -> str:
    language = tag.partition("-")[0]
    return language if language in CODE_SHOWN else OTHERWISE


def code_shown(language: str) -> str:
    """Returns the announcement of a code block on the screen in `language` ("de", "en-us"), or in English."""
    return CODE_SHOWN[_known(language)]


def table_shown(rows: int, language: str) -> str:
    """Returns the announcement of a table on the screen with `rows` rows. `language` as in `code_shown`."""
    return _told_of_table(rows, _known(language), TABLE_SHOWN[_known(language)][-1])


def code_left_out(language: str) -> str:
    """Returns the announcement of a code block that is left out."""
    return CODE_LEFT_OUT[_known(language)]


def table_left_out(rows: int, language: str) -> str:
    """Returns the announcement of a table that is left out."""
    return _told_of_table(rows, _known(language), _TABLE_LEFT_OUT[_known(language)])


def sentences_left_out(count: int, language: str) -> str:
    """Returns the announcement that `count` sentences are left out, because newer ones have arrived."""
    one, more = _SENTENCES_LEFT_OUT[_known(language)]
    return one if count == 1 else more.format(count)


def _told_of_table(rows: int, known: str, rest: str) -> str:
    subjects = TABLE_SHOWN[known][:-1]
    number = dict(enumerate(_NUMBERS.get(known, "").split(), 2)).get(rows, str(rows))
    subject = subjects[min(rows, 2)].format(number)
    return f"{subject}{rest}" if known == "zh" else f"{subject} {rest}"


def spelled_out(question: str) -> str:
    """Replaces a typed word that only asks to continue by the sentence that models understand. Any other `question` is returned unchanged."""
    return _GO_ON_WORDS.get(question.strip(" .!。").casefold(), question)


def sentence(phrase: Phrase, language: str | None) -> str:
    """Returns `phrase` in `language`, an ISO 639-1 code, or in English if it does not exist in that language."""
    spoken = SENTENCES[phrase]
    return spoken.get(language or OTHERWISE, spoken[OTHERWISE])
