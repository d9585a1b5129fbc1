# ruff: noqa: RUF001 - the signs of other scripts are what this is about
"""What looks like a date, a time, an ordinal or an abbreviation and is none, and the rare forms of what is one."""

from __future__ import annotations

import pytest

from voicecli.speech.normalize import read_aloud

READINGS = {
    "it": [
        ("alle 14:30:05", "alle quattordici, trenta minuti e cinque secondi"),
        ("alle 9:01:01", "alle nove, un minuto e un secondo"),
        ("§ 5 e §§ 7-9", "paragrafo cinque e paragrafi sette a nove"),
        ("1,000,000 di euro", "un milione di euro"),
        ("1'000'000 di euro", "un milione di euro"),
    ],
    "de": [
        ("um 9:00:05 Uhr", "um neun Uhr und fünf Sekunden"),
        ("§§ 3–5 UWG", "Paragrafen drei bis fünf U.W.G"),
        ("1\u2009000\u2009000 Menschen", "eine Million Menschen"),
        ("1,234 Liter", "eins Komma zwei drei vier Liter"),
        ("Sein 3. Kapitel", "Sein drittes Kapitel"),
        ("zur 2. Auflage", "zur zweiten Auflage"),
        ("ihre 4. Frage", "ihre vierte Frage"),
        ("am 32.13.2024", "am zweiunddreißig Punkt dreizehn Punkt zweitausendvierundzwanzig"),
        ("Am 24.12. kommt er", "Am vierundzwanzigsten Dezember kommt er"),
        ("um 14:30:05 Uhr", "um vierzehn Uhr dreißig und fünf Sekunden"),
        ("3/2 Liter", "drei halbe Liter"),
        ("1/128 Zoll", "eins durch hundertachtundzwanzig Zoll"),
        ("Seite s. oben", "Seite s oben"),
    ],
    "es": [
        ("a las 9:01:01", "a las nueve horas un minuto y un segundo"),
        ("a la 1:00:05", "a la una hora y cinco segundos"),
        ("1\u2009000\u2009000 de personas", "un millón de personas"),
        ("612 345 678", "seis uno dos, tres cuatro cinco, seis siete ocho"),
        ("1/7 de la tarta", "un séptimo de la tarta"),
        ("1/30 parte", "uno sobre treinta parte"),
        ("2 1/3 tazas", "dos y un tercio tazas"),
        ("art. 5", "artículo cinco"),
        ("D. Juan", "don Juan"),
    ],
    "en": [
        ("1\u2009000\u2009000 people", "one million people"),
        ("1.234 liters", "one point two three four liters"),
        ("1.234,5678 and", "one point two three four,five thousand six hundred seventy-eight and"),
        ("10.0.17763.1000", "ten point zero point seventeen thousand seven hundred sixty-three point one thousand"),
        ("March 45, 2024", "March forty-five, twenty twenty-four"),
        ("45 March 2024", "forty-five March twenty twenty-four"),
        ("15 March", "the fifteenth of March"),
        ("the year 2005", "the year two thousand five"),
        ("17 am", "seventeen am"),
        ("2 1/3 cups", "two and a third cups"),
        ("2 1/2 cups", "two and a half cups"),
        ("3 101 students", "three thousand one hundred one students"),
        ("ft. Worth", "ft. Worth"),
    ],
    "fr": [
        ("à 14:30:05", "à quatorze heures trente et cinq secondes"),
        ("à 9:00:01", "à neuf heures et une seconde"),
        ("à 21:00", "à vingt et une heures"),
        ("à 14h01", "à quatorze heures une"),
        ("§ 5 et §§ 7 à 9", "paragraphe cinq et paragraphes sept à neuf"),
        ("1,000,000 de francs", "un million de francs"),
        ("1'000'000 de francs", "un million de francs"),
        ("1\u2009000\u2009000 de francs", "un million de francs"),
        ("1,234.56 €", "mille deux cent trente-quatre euros cinquante-six"),
        ("le 1e jour", "le premier jour"),
        ("200000 personnes", "deux cent mille personnes"),
    ],
    "nl": [
        ("om 14:30:05", "om veertien uur dertig en vijf seconden"),
        ("om 14:30:05 uur", "om veertien uur dertig en vijf seconden"),
        ("om 14:30:01", "om veertien uur dertig en één seconde"),
        ("§ 5 en §§ 7 en 8", "paragraaf vijf en paragrafen zeven en acht"),
        ("1,000,000 euro", "één miljoen euro"),
        ("in 1900", "in negentienhonderd"),
        ("in 2005", "in tweeduizend vijf"),
        ("1000 mensen", "duizend mensen"),
    ],
    "pl": [
        ("14:30:05", "czternasta trzydzieści i pięć sekund"),
        ("14:30:02", "czternasta trzydzieści i dwie sekundy"),
        ("§ 5 i §§ 7 i 8", "paragraf pięć i paragrafy siedem i osiem"),
        ("1,000,000 ludzi", "milion ludzi"),
        ("2000 r.", "dwutysięcznego roku"),
        ("1900 r.", "tysiąc dziewięćsetnego roku"),
        ("o 21:30", "o dwudziestej pierwszej trzydzieści"),
    ],
    "pt": [
        ("às 14:30:05", "às catorze horas, trinta minutos e cinco segundos"),
        ("às 21:00", "às vinte e uma horas"),
        ("às 22:15", "às vinte e duas horas e quinze"),
        ("§ 5 e §§ 7 e 8", "parágrafo cinco e parágrafos sete e oito"),
        ("1,000,000 de reais", "um milhão de reais"),
        ("100 pessoas", "cem pessoas"),
        ("115 pessoas", "cento e quinze pessoas"),
    ],
    "ru": [
        ("14:30:05", "четырнадцать часов тридцать минут пять секунд"),
        ("21:02:01", "двадцать один час две минуты одна секунда"),
        ("§ 5 и §§ 7 и 8", "параграф пять и параграфы семь и восемь"),
        ("1,000,000 человек", "один миллион человек"),
        ("2000 г.", "двухтысячного года"),
        ("1900 г.", "тысяча девятисотого года"),
        ("в 2003 году", "в две тысячи третьем году"),
        ("5 ₽", "пять рублей"),
    ],
    "zh": [
        ("1\u2009000\u2009000人", "一百万人"),
        ("§§ 3-5", "第三到五节"),
        ("3-5 kg", "三到五公斤"),
        ("2:00", "两点"),
        ("电话：13800138000", "电话：幺三八零零幺三八零零零"),
    ],
}


@pytest.mark.parametrize("language", READINGS)
def test_rare_forms_are_read_and_what_only_looks_like_one_is_not(language: str) -> None:
    read = {written: read_aloud(written, language).text for written, _ in READINGS[language]}
    assert read == dict(READINGS[language])
