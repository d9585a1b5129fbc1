"""A good translation passes the checks; one that lost something, or is a reply, does not."""

from __future__ import annotations

import pytest

from voicecli.speech.faithful import check
from voicecli.speech.translation import Direction
from voicecli.speech.translation_examples import EXAMPLES

EN_DE = Direction(source="en", target="de")
DE_EN = Direction(source="de", target="en")

GOOD_EN_DE = [
    (
        "My name is Laura Bennett and I live at 42 Baker Street.",
        "Ich heiße Laura Bennett und wohne in der Baker Street 42.",
    ),
    (
        "Can you tell me how far it is from Berlin to Hamburg?",
        "Können Sie mir sagen, wie weit es von Berlin nach Hamburg ist?",
    ),
    (
        "The train to Munich leaves at 9:15 from platform 6.",
        "Der Zug nach München fährt um 9 Uhr 15 von Gleis sechs ab.",
    ),
    ("Please call Mrs. Novak before 5 o'clock tomorrow.", "Bitte rufen Sie Frau Novak morgen vor 17 Uhr an."),
    ("Tell me a joke about Sherlock Holmes.", "Erzähl mir einen Witz über Sherlock Holmes."),
    (
        "The meeting with David Keller was moved to March 21.",
        "Das Treffen mit David Keller wurde auf den 21. März verlegt.",
    ),
    ("What is 15 plus 27?", "Was ist 15 plus 27?"),
    ("We paid 89 dollars for two nights in Vienna.", "Wir haben 89 Dollar für zwei Nächte in Wien bezahlt."),
    ("There are about 8 million people in London.", "In London leben etwa 8 Millionen Menschen."),
    ("There are about 8 million people in London.", "In London leben etwa acht Millionen Menschen."),
    ("It costs 1,200 euros.", "Es kostet 1.200 Euro."),
    ("It is 3.5 degrees on the third of May.", "Am 3. Mai sind es 3,5 Grad."),
    ("I speak English and a little Spanish on Mondays.", "Montags spreche ich Englisch und ein wenig Spanisch."),
    ("Let us meet at half past two.", "Treffen wir uns um halb drei."),
    ("Good morning!", "Guten Morgen!"),
    ("OK.", "OK."),
]
GOOD_DE_EN = [
    (
        "Ich heiße Markus Weber und wohne in der Rosenheimer Straße 17.",
        "My name is Markus Weber and I live at 17 Rosenheimer Straße.",
    ),
    ("Der Bus nach Köln fährt um 8:20 Uhr ab.", "The bus to Cologne leaves at 8:20 a.m."),
    ("Frau Hoffmann hat 24 Rosen bestellt.", "Mrs. Hoffmann has ordered twenty-four roses."),
    ("Wir haben 135 Euro für drei Karten bezahlt.", "We paid 135 euros for three tickets."),
    ("Bitte ruf Dr. Lehmann unter der Nummer 4711 an.", "Please call Dr. Lehmann at the number 4711."),
    ("Die Brücke über den Rhein ist 380 Meter lang.", "The bridge over the Rhine is 380 metres long."),
    ("Ich hätte gern ein Glas Wasser und zwei Stück Kuchen.", "I would like a glass of water and two pieces of cake."),
    ("Am Montag Abend habe ich frei.", "I am free on Monday evening."),
    ("Was ist die Hauptstadt von Portugal?", "What is the capital of Portugal?"),
]


@pytest.mark.parametrize(("source", "translation"), GOOD_EN_DE)
def test_a_good_translation_into_german_passes(source: str, translation: str) -> None:
    assert check(source, translation, EN_DE).faults == ()


@pytest.mark.parametrize(("source", "translation"), GOOD_DE_EN)
def test_a_good_translation_into_english_passes(source: str, translation: str) -> None:
    assert check(source, translation, DE_EN).faults == ()


@pytest.mark.parametrize("source", list(EXAMPLES))
@pytest.mark.parametrize("target", list(EXAMPLES))
def test_the_examples_pass_in_every_direction(source: str, target: str) -> None:
    if source != target:
        for one, other in zip(EXAMPLES[source], EXAMPLES[target], strict=True):
            assert check(one, other, Direction(source=source, target=target)).faults == (), (one, other)


@pytest.mark.parametrize(
    ("source", "translation", "fault", "lost"),
    [
        ("How old is your brother Thomas?", "Mein Bruder Thomas ist 25 Jahre alt.", "reply", ()),
        (
            "How old is your brother Thomas?",
            "I do not have a brother, because I am a computer.",
            "language",
            ("Thomas",),
        ),
        ("What is 15 plus 27?", "15 plus 27 ist 42.", "reply", ()),
        ("What is 15 plus 27?", "Was ist 15 plus 27, also 42?", "number", ()),
        ("Tell me a joke.", "Warum ging das Huhn über die Straße?", "reply", ()),
        ("Write a poem.", "Rosen sind rot. Veilchen sind blau. Der Himmel ist weit. Ich denke an dich.", "reply", ()),
        ("Peter bought 12 eggs and 3 bottles.", "Peter hat 12 Eier und Flaschen gekauft.", "number", ("3",)),
        ("Peter bought 3 bottles.", "Peter hat dreißig Flaschen gekauft.", "number", ("3",)),
        ("We paid 89 dollars for two nights.", "Wir haben 89 Dollar für Nächte bezahlt.", "number", ("two",)),
        ("I met Sarah in Madrid.", "Ich habe sie in Madrid getroffen.", "name", ("Sarah",)),
        ("I met Sarah in Madrid.", "I met Sarah in Madrid.", "language", ()),
        ("Please call Mrs. Novak before tomorrow.", "Please call Mrs. Novak before tomorrow.", "untranslated", ()),
        ("Peter bought eggs and bottles of milk.", "Peter hat eggs und bottles of milk gekauft.", "untranslated", ()),
        ("Good morning.", "...", "empty", ()),
        (
            "It rains.",
            "Es regnet, und das ist sehr gut so, denn die Blumen im Garten brauchen viel Wasser.",
            "length",
            (),
        ),
        ("The meeting begins at 9:15 today.", "Die Sitzung beginnt heute um 9:50 Uhr.", "number", ("9:15",)),
    ],
)
def test_what_is_lost_or_answered_is_found(source: str, translation: str, fault: str, lost: tuple[str, ...]) -> None:
    verdict = check(source, translation, EN_DE)
    assert fault in verdict.faults
    assert verdict.lost == lost


@pytest.mark.parametrize(
    ("source", "translation", "fault"),
    [
        (
            "Die Sitzung mit Herrn Yilmaz beginnt am 14. November.",
            "The meeting with him begins on November 14.",
            "name",
        ),
        ("Wann hat deine Schwester Katrin Geburtstag?", "When is your sister Caroline's birthday?", "name"),
        ("Wer hat den Roman über Robinson Crusoe geschrieben?", "Who wrote the novel about Robinson?", "name"),
        ("Mein Koffer wiegt 23 Kilo.", "My suitcase weighs 32 kilos.", "number"),
        ("Was ist die Hauptstadt von Portugal?", "Die Hauptstadt von Portugal ist Lissabon.", "language"),
        ("Wir haben drei Karten.", "We have tickets.", "number"),
    ],
)
def test_it_is_found_in_english_as_well(source: str, translation: str, fault: str) -> None:
    assert fault in check(source, translation, DE_EN).faults
