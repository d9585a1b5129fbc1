"""How the splitter splits replies: a table that documents its behaviour, one heading after the other."""

# ruff: noqa: RUF001, E501 - other scripts are part of what is shown; a reply stands in one line
from __future__ import annotations

import pytest

from voicecli.speech.sentence_chunker import SentenceChunker

TABLE: dict[str, list[tuple[str, list[str]]]] = {
    "A sentence ends where the next letter says so": [
        ("Hello there, my friend. How are you today?", ["Hello there, my friend.", "How are you today?"]),
        ("It costs 3.50 euros today. That is not much.", ["It costs 3.50 euros today.", "That is not much."]),
        ("Pi is 3.14159. Most people round it.", ["Pi is 3.14159.", "Most people round it."]),
        (
            "The train leaves at 10.30 from platform 4b. Be there on time.",
            ["The train leaves at 10.30 from platform 4b.", "Be there on time."],
        ),
        (
            "The server is 192.168.1.1 and runs version 1.2.3 of it. Try it.",
            ["The server is 192.168.1.1", "and runs version 1.2.3 of it.", "Try it."],
        ),
        (
            "Dr. Smith and Mrs. Jones met Prof. Lee there. They talked for hours.",
            ["Dr. Smith and Mrs. Jones met Prof. Lee there.", "They talked for hours."],
        ),
        (
            "Bring something warm, e.g. a coat, i.e. what you wear in winter. It is cold.",
            ["Bring something warm,", "e.g. a coat, i.e. what you wear in winter.", "It is cold."],
        ),
        (
            "She works for the U.S. Army in Berlin. He does not.",
            ["She works for the U.S. Army in Berlin.", "He does not."],
        ),
        (
            "J. R. R. Tolkien wrote it. It took him twelve years.",
            ["J. R. R. Tolkien wrote it.", "It took him twelve years."],
        ),
        (
            "It opens at 9 a.m. on Mondays. It closes at 5 p.m. Nobody knows why.",
            ["It opens at 9 a.m. on Mondays.", "It closes at 5 p.m.", "Nobody knows why."],
        ),
        (
            "See No. 5 on p. 12 of Vol. 3 for more. There you find it.",
            ["See No. 5 on p. 12 of Vol. 3 for more.", "There you find it."],
        ),
        ("No. I do not think that it works that way.", ["No. I do not think that it works that way."]),
        (
            "My birthday is on Jan. 5, 1980. I am an old machine.",
            ["My birthday is on Jan. 5, 1980.", "I am an old machine."],
        ),
        (
            "Visit www.example.org or example.org/help for help. They know more.",
            ["Visit example.org or example.org/help for help.", "They know more."],
        ),
        (
            "Well... I am not so sure about it... perhaps tomorrow… Or never.",
            ["Well...", "I am not so sure about it... perhaps tomorrow…", "Or never."],
        ),
        (
            "You did what?! I do not believe it!!! Tell me more.",
            ["You did what?!", "I do not believe it!", "Tell me more."],
        ),
        ('He shouted "Stop!" and ran away. She did not run.', ['He shouted "Stop!" and ran away.', "She did not run."]),
        ('She said: "It is over." Then she left the room.', ['She said: "It is over."', "Then she left the room."]),
        (
            "(This is an aside, more or less.) This is not one at all.",
            ["(This is an aside,", "more or less.) This is not one at all."],
        ),
        (
            "One thing is done.Another one is not. That is life.",
            ["One thing is done.", "Another one is not.", "That is life."],
        ),
        (
            "Buy milk, bread etc. and come home. Do not forget the eggs.",
            ["Buy milk, bread etc. and come home.", "Do not forget the eggs."],
        ),
    ],
    "Other languages": [
        (
            "Am 3. Mai 2020 war es so weit. Das war ein Sonntag.",
            ["Am 3. Mai 2020 war es so weit.", "Das war ein Sonntag."],
        ),
        (
            "Das ist z. B. ein Test, d.h. nichts Ernstes. Er dauert ca. 5 Minuten.",
            ["Das ist z. B. ein Test,", "d.h. nichts Ernstes.", "Er dauert ca. 5 Minuten."],
        ),
        (
            "„Komm her!“ rief er ihr zu. „Ich kann nicht.“ Sie blieb stehen.",
            ["„Komm her!“ rief er ihr zu.", "„Ich kann nicht.“ Sie blieb stehen."],
        ),
        (
            "« Bonjour ! » dit-elle en souriant. Comment ça va ? Très bien.",
            ["« Bonjour ! » dit-elle en souriant.", "Comment ça va ? Très bien."],
        ),
        (
            "¿Qué hora es? ¡Ya es muy tarde! Vámonos a casa ahora.",
            ["¿Qué hora es?", "¡Ya es muy tarde! Vámonos a casa ahora."],
        ),
        (
            "Он живёт на ул. Ленина, т.е. недалеко. Это хорошо.",
            ["Он живёт на ул. Ленина,", "т.е. недалеко. Это хорошо."],
        ),
        (
            "Poczekaj, np. do jutra rano. Potem zobaczymy, co dalej.",
            ["Poczekaj, np. do jutra rano.", "Potem zobaczymy, co dalej."],
        ),
        (
            "你好！我是你的助手。今天天气很好，我们一起去公园散步吧。",
            ["你好！", "我是你的助手。", "今天天气很好，我们一起去公园散步吧。"],
        ),
        (
            "他说：“你好。”然后他就走了。我们都很惊讶，不知道为什么。",
            ["他说：“你好。”然后他就走了。", "我们都很惊讶，不知道为什么。"],
        ),
        (
            "こんにちは。「元気ですか？」と彼は言った。はい、とても元気です。",
            ["こんにちは。", "「元気ですか？」と彼は言った。", "はい、とても元気です。"],
        ),
        (
            "안녕하세요. 저는 당신의 비서입니다. 무엇을 도와드릴까요?",
            ["안녕하세요.", "저는 당신의 비서입니다.", "무엇을 도와드릴까요?"],
        ),
        ("नमस्ते। आप कैसे हैं? मैं बिल्कुल ठीक हूँ। धन्यवाद।", ["नमस्ते।", "आप कैसे हैं?", "मैं बिल्कुल ठीक हूँ।", "धन्यवाद।"]),
        (
            "مرحبا! كيف حالك اليوم؟ أنا بخير، شكرا لك يا صديقي.",
            ["مرحبا!", "كيف حالك اليوم؟", "أنا بخير، شكرا لك يا صديقي."],
        ),
        ("Τι κάνεις σήμερα; Είμαι πολύ καλά, ευχαριστώ.", ["Τι κάνεις σήμερα;", "Είμαι πολύ καλά, ευχαριστώ."]),
    ],
    "The first piece is short": [
        (
            "Sure! I can help you with that. What do you need?",
            ["Sure!", "I can help you with that.", "What do you need?"],
        ),
        (
            "If you ask me nicely, I can tell you. Otherwise I will not.",
            ["If you ask me nicely,", "I can tell you. Otherwise I will not."],
        ),
        ("The capital of France, as you may know, is Paris.", ["The capital of France,", "as you may know, is Paris."]),
        ("Well, that depends on what you mean by it.", ["Well, that depends on what you mean by it."]),
        ("There are three kinds: solid, liquid and gas.", ["There are three kinds:", "solid, liquid and gas."]),
        ("It is simple — you press the red button.", ["It is simple —", "you press the red button."]),
        (
            "He left the house—without a word—and never came back.",
            ["He left the house—", "without a word—and never came back."],
        ),
        (
            "This opening has no comma and no other mark in it and so it goes on and on until it is over.",
            ["This opening has no comma", "and no other mark in it and so it goes on and on until it is over."],
        ),
        (
            "Apples pears plums cherries grapes melons figs dates lemons limes bananas peaches oranges nuts kiwis mangos.",
            [
                "Apples pears plums cherries grapes melons figs dates lemons limes bananas peaches oranges nuts kiwis",
                "mangos.",
            ],
        ),
        (
            "The sky looks blue to us because air scatters it.",
            ["The sky looks blue to us", "because air scatters it."],
        ),
        ("It is blue because air scatters light.", ["It is blue because air scatters light."]),
        ("A. Hi. OK.", ["A. Hi.", "OK."]),
    ],
    "Short sentences are said together, long ones in parts": [
        (
            "That is a good question. Yes. No. Maybe. It depends on you.",
            ["That is a good question.", "Yes. No. Maybe. It depends on you."],
        ),
        (
            "Here is what I know about it. First there was nothing, or so they say, then there was something, which nobody had expected, and after that there was more of it, which surprised even those who had seen it coming, and so it went on.",
            [
                "Here is what I know about it.",
                "First there was nothing, or so they say, then there was something, which nobody had expected, and after that there was more of it, which surprised even those who had seen it coming,",
                "and so it went on.",
            ],
        ),
    ],
    "Markup": [
        (
            "**Note:** this is *very* important. Do __not__ forget it.",
            ["Note: this is very important.", "Do not forget it."],
        ),
        ("# Making tea\n\nYou need water. It must be hot.", ["Making tea.", "You need water. It must be hot."]),
        (
            "You need three things:\n\n- a cup of water\n- a bag of black tea\n- time",
            ["You need three things:", "a cup of water. a bag of black tea.", "time"],
        ),
        ("1. Open the **door**.\n2. Go *in*.\n3. Close it.", ["1. Open the door.", "2. Go in. 3. Close it."]),
        (
            "> To be or not to be,\n> that is the question.\n\nSo said Hamlet.",
            ["To be or not to be,", "that is the question.", "So said Hamlet."],
        ),
        (
            "| Name | Age |\n|------|-----|\n| Ann  | 30  |\n| Bob  | 31  |\n\nThat is all I have.",
            ["Name, Age.", "Ann, 30.", "Bob, 31. That is all I have."],
        ),
        (
            "Use `git commit -m` or the `<div>` element. Both work.",
            ["Use git commit -m or the div element.", "Both work."],
        ),
        (
            "Run this command first:\n```bash\nrm -rf build. Then.\n```\nThen you are done with it.",
            ["Run this command first:", "Then you are done with it."],
        ),
        (
            "See [the manual](https://www.example.org/a.b?c=d) first. It is at https://example.org/manual.html too.",
            ["See the manual first.", "It is at example.org too."],
        ),
        ("Mail jane.doe@example.org for help. She is kind.", ["Mail jane.doe@example.org for help.", "She is kind."]),
        ("Great job! 🎉🎉 Keep it up :) and have fun 😀", ["Great job!", "Keep it up and have fun"]),
        ("Water boils at 100 °C.[1] That is known.[^2]", ["Water boils at 100 °C.", "That is known."]),
        (
            "<think>\nThe user wants a joke. Okay.\n</think>\n\nHere is one for you. Ready?",
            ["Here is one for you.", "Ready?"],
        ),
        ("<p>First part of it.</p><p>Second part &amp; last.</p>", ["First part of it.", "Second part & last."]),
        (
            "Go to Settings → Privacy → Location. Turn it off.",
            ["Go to Settings,", "Privacy, Location.", "Turn it off."],
        ),
        (
            "The area is \\(\\pi r^2\\) or about $3.14 \\times r^2$. It costs $5.",
            ["The area is π r² or about $3.14 × r².", "It costs $5."],
        ),
        (
            "5 * 3 is 15, and snake_case is C++ or C#. That is that.",
            ["5 × 3 is 15,", "and snake case is C++ or C#.", "That is that."],
        ),
        ("Say [[ h@l'oU ]] to everybody here. Thank you.", ["Say to everybody here.", "Thank you."]),
        ("Roses are red\nViolets are blue\nSugar is sweet", ["Roses are red.", "Violets are blue. Sugar is sweet"]),
        ("```python\nprint('nothing to say')\n```", []),
        ("👍", []),
    ],
}
EXAMPLES = [example for examples in TABLE.values() for example in examples]


@pytest.mark.parametrize(("reply", "chunks"), EXAMPLES)
def test_a_reply_is_said_in_these_pieces(reply: str, chunks: list[str]) -> None:
    splitter = SentenceChunker()
    heard = [chunk.text for char in reply for chunk in splitter.feed(char)]
    heard += [chunk.text for chunk in splitter.finish()]
    assert heard == chunks
