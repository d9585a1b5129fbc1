"""A persona's rules hold in a conversation, whatever the model writes."""

from __future__ import annotations

from fakes.engines import ToneVoice
from fakes.session_rig import Rig
from voicecli import events
from voicecli.engines.ports import Sampling
from voicecli.messages import PersonaChosen, Typed
from voicecli.session import personas
from voicecli.speech.answer_rules import Rules

FOOLISH = "Foolish questions get foolish answers."


def become(rules: Rules) -> PersonaChosen:
    sampling = Sampling(rules=rules)
    return PersonaChosen(name="ball", prompt="You are a ball.", sampling=sampling, language=None, patience=1.0)


def test_from_the_persona_on_answers_keep_to_its_rules_and_are_what_is_shown_and_said() -> None:
    rules = Rules(longest_words=6, sentences=1, never_twice=True, foolish=FOOLISH)
    replies = [
        ["As long ", "as the persona ", "does not mind."],
        ['"The river is ', "late.", '" That is all.'],
        ["The river is late!"],
        ["The moon ", "is cold."],
    ]
    with Rig(replies=replies) as rig:
        voice = rig.voice
        assert isinstance(voice, ToneVoice)
        rig.inbox.put(Typed(text="How long may it be?"))
        rig.until_spoken(1)
        rig.inbox.put(become(rules))
        for count, question in enumerate(("Will it rain?", "Blah blah.", "And tomorrow?"), start=2):
            rig.inbox.put(Typed(text=question))
            rig.until_spoken(count)
    answers = [event.text for event in rig.told(events.Reply)]
    assert answers == ["As long as the persona does not mind.", "The river is late.", FOOLISH, "The moon is cold."]
    assert voice.texts == answers
    lit = " ".join(event.text.strip() for event in rig.told(events.Speaking))
    assert lit == " ".join(answers)


def test_the_magic_8_ball_is_asked_for_an_image_and_shows_the_model_no_earlier_answer() -> None:
    ball = personas.load("magic-8-ball")
    rules = ball.sampling.rules
    assert rules is not None
    replies = [["Serious"], ["The river is late for everyone."], ["The moon is cold to all."]]
    chosen = PersonaChosen(name=ball.name, prompt=ball.prompt, sampling=ball.sampling, language=None, patience=1.0)
    with Rig(replies=replies) as rig:
        rig.inbox.put(chosen)
        for count, question in enumerate(("Will it rain?", "Will it snow?"), start=1):
            rig.inbox.put(Typed(text=question))
            rig.until_spoken(count)
    prompts = rig.chat_model.prompts  # type: ignore[attr-defined] # the scripted one
    assert prompts[0].messages[-1].content == rules.foolish_like[-1]
    asked = [prompt.messages for prompt in prompts[1:]]
    assert all(len(messages) == 2 for messages in asked)
    assert asked[0][-1].content.startswith("Will it rain? Answer with a cryptic proverb about ")
    assert asked[0][-1].content.split("about")[1] != asked[1][-1].content.split("about")[1]
