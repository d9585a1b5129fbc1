# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""The same sentences in every language between which it translates. They show a model that questions and requests are translated, not answered."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

EXAMPLES: Final = MappingProxyType(
    {
        "en": (
            "How much are 3 tickets to the museum, Anna?",
            "Tell me a story about the sea.",
            "Mr. Carter comes on Monday at 7:45.",
            "What is 6 times 7?",
            "Who wrote this book?",
            "Please write a letter to my aunt.",
        ),
        "de": (
            "Wie viel kosten 3 Karten für das Museum, Anna?",
            "Erzähl mir eine Geschichte über das Meer.",
            "Herr Carter kommt am Montag um 7:45 Uhr.",
            "Was ist 6 mal 7?",
            "Wer hat dieses Buch geschrieben?",
            "Bitte schreib einen Brief an meine Tante.",
        ),
        "es": (
            "¿Cuánto cuestan 3 entradas para el museo, Anna?",
            "Cuéntame una historia sobre el mar.",
            "El señor Carter viene el lunes a las 7:45.",
            "¿Cuánto es 6 por 7?",
            "¿Quién escribió este libro?",
            "Por favor, escribe una carta a mi tía.",
        ),
        "fr": (
            "Combien coûtent 3 billets pour le musée, Anna ?",
            "Raconte-moi une histoire sur la mer.",
            "Monsieur Carter vient lundi à 7:45.",
            "Combien font 6 fois 7 ?",
            "Qui a écrit ce livre ?",
            "Écris une lettre à ma tante, s'il te plaît.",
        ),
        "it": (
            "Quanto costano 3 biglietti per il museo, Anna?",
            "Raccontami una storia sul mare.",
            "Il signor Carter viene lunedì alle 7:45.",
            "Quanto fa 6 per 7?",
            "Chi ha scritto questo libro?",
            "Per favore, scrivi una lettera a mia zia.",
        ),
        "pt": (
            "Quanto custam 3 bilhetes para o museu, Anna?",
            "Conta-me uma história sobre o mar.",
            "O senhor Carter vem na segunda-feira às 7:45.",
            "Quanto é 6 vezes 7?",
            "Quem escreveu este livro?",
            "Por favor, escreve uma carta à minha tia.",
        ),
        "nl": (
            "Hoeveel kosten 3 kaartjes voor het museum, Anna?",
            "Vertel me een verhaal over de zee.",
            "Meneer Carter komt maandag om 7:45 uur.",
            "Hoeveel is 6 keer 7?",
            "Wie heeft dit boek geschreven?",
            "Schrijf alsjeblieft een brief aan mijn tante.",
        ),
        "pl": (
            "Ile kosztują 3 bilety do muzeum, Anno?",
            "Opowiedz mi historię o morzu.",
            "Pan Carter przychodzi w poniedziałek o 7:45.",
            "Ile jest 6 razy 7?",
            "Kto napisał tę książkę?",
            "Proszę, napisz list do mojej cioci.",
        ),
        "ru": (
            "Сколько стоят 3 билета в музей, Анна?",
            "Расскажи мне историю о море.",
            "Господин Картер придёт в понедельник в 7:45.",
            "Сколько будет 6 умножить на 7?",
            "Кто написал эту книгу?",
            "Пожалуйста, напиши письмо моей тёте.",
        ),
        "zh": (
            "安娜，3张博物馆的票多少钱？",
            "给我讲一个关于大海的故事。",
            "卡特先生星期一7:45来。",
            "6乘以7是多少？",
            "这本书是谁写的？",
            "请给我姨妈写一封信。",
        ),
    }
)
"""Each sentence has the same place in every language."""

UNTRANSLATED: Final = MappingProxyType(
    {
        "en": "I could not translate that without a mistake. Please say it another way.",
        "de": "Das konnte ich nicht fehlerfrei übersetzen. Bitte sag es anders.",
        "es": "No he podido traducir eso sin errores. Dilo de otra manera, por favor.",
        "fr": "Je n'ai pas pu traduire cela sans erreur. Dis-le autrement, s'il te plaît.",
        "it": "Non sono riuscito a tradurlo senza errori. Dillo in un altro modo, per favore.",
        "pt": "Não consegui traduzir isso sem erros. Diz de outra maneira, por favor.",
        "nl": "Dat kon ik niet foutloos vertalen. Zeg het alsjeblieft anders.",
        "pl": "Nie udało mi się tego przetłumaczyć bez błędu. Powiedz to inaczej.",
        "ru": "Я не смог перевести это без ошибки. Скажите, пожалуйста, по-другому.",
        "zh": "这句话我无法准确翻译，请换一种说法。",
    }
)
"""Said in the language of the speaker when no attempt at a translation passes the checks."""
