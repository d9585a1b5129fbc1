# ruff: noqa: RUF001 - sentences in other scripts are among the examples
"""A finished question is answered soon, an unfinished one is waited for, and every wait has a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.speech.endpoint import Evidence, Patience, looks_finished, wait
from voicecli.speech.last_sounds import LastSounds
from voicecli.speech.turn_completeness import ASKED, CLOSED, DOUBTFUL, EVEN, OPEN

NORMAL = Patience()

FINISHED = [
    ("en", "What is the capital of France?"),
    ("en", "Turn off the lights in the kitchen."),
    ("en", "Stop!"),
    ("en", "Yes, please."),
    ("en", "What is two plus 2?"),
    ("en", "If it rains, tell me."),
    ("en", "When was the first telephone built?"),
    ("en", "Why not?"),
    ("en", "Tell them to “stop.”"),
    ("en", "I would like to hear a story."),
    ("en", "Can you explain what a rainbow is?"),
    ("en", "Do you know where the children are?"),
    ("de", "Kannst du mir sagen, was ein Regenbogen ist?"),
    ("en", "I know her. What is her name?"),
    ("de", "Ich möchte eine Geschichte hören."),
    ("de", "Schalte das Wohnzimmerlicht ein."),
    ("de", "Wie spät ist es?"),
    ("fr", "Comment t'appelles-tu ?"),
    ("fr", "Baisse le son."),
    ("es", "Enciende la luz del salón."),
    ("es", "¿Qué hora es ahora?"),
    ("it", "Accendi la luce."),
    ("pt", "Que horas são agora?"),
    ("nl", "Doe het licht aan."),
    ("ja", "今何時ですか？"),
    ("xx", "No table for this one."),
]

UNFINISHED = [
    ("en", "So I went to the."),
    ("en", "Could you tell me?"),
    ("en", "What is the, um,"),
    ("en", "I was wondering..."),
    ("en", "I was wondering…"),
    ("en", "It was red and"),
    ("en", "Okay. Remind me."),
    ("en", "Well —"),
    ("de", "Ich bleibe zu Hause, weil."),
    ("de", "Kannst du mir sagen?"),
    ("fr", "Je cherche le."),
    ("fr", "Est-ce que tu peux ?"),
    ("es", "¿Puedes decirme?"),
    ("es", "Voy a comprar pan y."),
    ("it", "Vorrei sapere."),
    ("pt", "Eu moro em."),
    ("nl", "Ik ga naar de."),
    ("xx", "Even without a table,"),
]

DOUBTED = [
    ("en", "If I leave at seven."),
    ("en", "Set a timer for 5."),
    ("en", "I am looking for a present for."),
    ("en", "How many"),
    ("en", "I see what is"),
    ("en", "My sister has a dog."),
    ("en", "Good. I live in the north."),
    ("en", "Before we go out."),
    ("de", "Ich wohne im Norden."),
    ("nl", "Mijn hond is oud."),
    ("en", "Is there a good"),
    ("de", "Wenn ich morgen komme."),
]


@pytest.mark.parametrize(("language", "text"), FINISHED)
def test_a_whole_sentence_looks_finished(language: str, text: str) -> None:
    assert looks_finished(text, language) == (ASKED if text.rstrip("”").endswith(("?", "？")) else CLOSED)


@pytest.mark.parametrize(("language", "text"), UNFINISHED)
def test_a_text_that_breaks_off_looks_open_whatever_its_mark(language: str, text: str) -> None:
    assert looks_finished(text, language) == OPEN


@pytest.mark.parametrize(("language", "text"), DOUBTED)
def test_what_seldom_ends_a_turn_is_doubted(language: str, text: str) -> None:
    assert looks_finished(text, language) == DOUBTFUL


@pytest.mark.parametrize("text", ["Who are you talking to?", "What is the best way to?"])
def test_what_may_be_either_says_nothing(text: str) -> None:
    assert looks_finished(text, "en") == EVEN


@pytest.mark.parametrize("text", ["", "  ", "...", "?", "“”"])
def test_without_words_nothing_is_known(text: str) -> None:
    assert looks_finished(text, "en") is None


def test_a_language_that_may_have_no_marks_is_not_doubted_for_it() -> None:
    assert looks_finished("วันนี้อากาศเป็นอย่างไร", "th") == EVEN


def test_only_the_last_sentence_counts() -> None:
    assert looks_finished("It was the. Never mind.", "en") == CLOSED


def test_a_question_is_surer_to_be_over_than_a_statement_and_no_evidence_alone_is_enough() -> None:
    asked, stated = (wait(Evidence(text=text), NORMAL).ms for text in ("Where is the key?", "Switch it off."))
    assert NORMAL.shortest_ms < asked < stated < NORMAL.end_silence_ms


def test_a_high_probability_counts_for_less_than_a_very_high_one() -> None:
    got = [wait(Evidence(turn_probability=probability), NORMAL).ms for probability in (0.8, 0.9, 0.97)]
    assert got == sorted(got, reverse=True)
    assert len(set(got)) == 3


def test_what_both_witnesses_call_finished_waits_the_shortest() -> None:
    got = wait(Evidence(turn_probability=0.97, text="What is the capital of France?"), NORMAL)
    assert got.ms == NORMAL.shortest_ms
    assert got.reason == "finished-sentence"


def test_it_does_so_also_after_a_pause_for_thought() -> None:
    got = wait(Evidence(turn_probability=0.97, text="Where is the station?", pauses_before=1), NORMAL)
    assert got.ms < 1.25 * NORMAL.shortest_ms


def test_nothing_known_is_the_users_own_silence() -> None:
    got = wait(Evidence(), NORMAL)
    assert (got.ms, got.reason) == (NORMAL.end_silence_ms, "silence")


def test_sound_without_words_is_the_users_own_silence() -> None:
    got = wait(Evidence(text=""), NORMAL)
    assert (got.ms, got.reason) == (NORMAL.end_silence_ms, "silence")


def test_an_article_outweighs_a_falling_voice() -> None:
    got = wait(Evidence(turn_probability=0.99, text="So I went to the."), NORMAL)
    assert got.ms > 700
    assert got.reason == "unfinished-text"


def test_a_voice_that_stays_up_outweighs_a_mark() -> None:
    assert wait(Evidence(turn_probability=0.02, text="I like coffee."), NORMAL).ms > 900


def test_the_turn_model_alone_is_not_enough_for_the_shortest_wait() -> None:
    got = wait(Evidence(turn_probability=1.0), NORMAL)
    assert NORMAL.shortest_ms < got.ms < NORMAL.end_silence_ms
    assert got.reason == "turn-model"


def test_the_turn_model_may_also_ask_for_more_time() -> None:
    got = wait(Evidence(turn_probability=0.02), NORMAL)
    assert got.ms > NORMAL.end_silence_ms
    assert got.reason == "turn-model"


def test_witnesses_that_balance_are_called_undecided() -> None:
    assert wait(Evidence(turn_probability=0.1, text="Switch it off."), NORMAL).reason == "undecided"


def test_the_longest_wait_is_named_when_it_stops_a_longer_one() -> None:
    patient = Patience(patience=3.0)
    got = wait(Evidence(turn_probability=0.01, text="So I went to the"), patient)
    assert (got.ms, got.reason) == (patient.longest_ms, "limit")


def test_patience_scales_every_wait() -> None:
    done = Evidence(turn_probability=0.97, text="Stop.")
    assert wait(done, replace(NORMAL, patience=0.5)).ms == NORMAL.shortest_ms / 2
    assert wait(Evidence(), replace(NORMAL, patience=2.0)).ms == NORMAL.end_silence_ms * 2


def test_a_silence_shorter_than_the_shortest_wait_is_kept() -> None:
    hasty = Patience(end_silence_ms=150.0)
    assert wait(Evidence(turn_probability=1.0, text="Stop."), hasty).ms == 150.0


TEXTS = st.sampled_from([text for _, text in FINISHED + UNFINISHED + DOUBTED] + ["", "word", "word?"]) | st.text(
    max_size=40
)
PROBABILITIES = st.floats(0.0, 1.0)
EVIDENCE = st.builds(
    Evidence,
    turn_probability=st.none() | PROBABILITIES,
    text=st.none() | TEXTS,
    language=st.sampled_from(["en", "de", "fr", "es", "it", "pt", "nl", "ja", "xx"]),
    pauses_before=st.integers(0, 8),
)
PATIENCE = st.builds(
    Patience,
    end_silence_ms=st.floats(100.0, 2000.0),
    shortest_ms=st.floats(100.0, 400.0),
    longest_ms=st.floats(500.0, 3000.0),
    patience=st.floats(0.5, 2.0),
)


@given(EVIDENCE, PATIENCE, PROBABILITIES, PROBABILITIES)
def test_more_probability_never_waits_longer(evidence: Evidence, patience: Patience, one: float, other: float) -> None:
    less, more = sorted((one, other))
    sooner = wait(replace(evidence, turn_probability=more), patience).ms
    assert sooner <= wait(replace(evidence, turn_probability=less), patience).ms


@given(EVIDENCE, PATIENCE)
def test_text_moves_the_wait_only_the_way_it_speaks(evidence: Evidence, patience: Patience) -> None:
    without = wait(replace(evidence, text=None), patience).ms
    finished = looks_finished(evidence.text, evidence.language) if evidence.text is not None else None
    ms = wait(evidence, patience).ms
    if finished is None:
        assert ms == without
    elif finished < 0.5:
        assert ms >= without
    else:
        assert ms <= without


@given(EVIDENCE, PATIENCE)
def test_another_pause_never_waits_less(evidence: Evidence, patience: Patience) -> None:
    again = replace(evidence, pauses_before=evidence.pauses_before + 1)
    assert wait(again, patience).ms >= wait(evidence, patience).ms


@given(EVIDENCE, PATIENCE, st.floats(0.5, 2.0))
def test_more_patience_never_waits_less(evidence: Evidence, patience: Patience, other: float) -> None:
    less, more = sorted((patience.patience, other))
    longer = wait(evidence, replace(patience, patience=more)).ms
    assert longer >= wait(evidence, replace(patience, patience=less)).ms - 1e-9


@given(EVIDENCE, PATIENCE)
def test_every_wait_lies_between_the_shortest_and_the_longest(evidence: Evidence, patience: Patience) -> None:
    own = patience.end_silence_ms * patience.patience
    shortest = min(patience.shortest_ms * patience.patience, own, patience.longest_ms)
    assert shortest - 1e-9 <= wait(evidence, patience).ms <= patience.longest_ms


@given(TEXTS, st.sampled_from(["en", "de", "ja", "xx"]))
def test_any_text_gets_a_verdict(text: str, language: str) -> None:
    verdict = looks_finished(text, language)
    assert verdict is None or 0.0 <= verdict <= 1.0


def test_a_last_sound_that_is_held_is_waited_for() -> None:
    usual = wait(Evidence(turn_probability=0.9, text="I looked into it."), NORMAL)
    held = wait(
        Evidence(turn_probability=0.9, text="I looked into it.", last=LastSounds(held_ms=400, change_db_s=-60)), NORMAL
    )
    assert held.ms > usual.ms + 300


def test_a_voice_that_fades_slowly_is_waited_for_less() -> None:
    waits = [
        wait(Evidence(turn_probability=0.6, text="So be it.", last=LastSounds(held_ms=150, change_db_s=change)), NORMAL)
        for change in (-100, -40, 0)
    ]
    assert waits[0].ms > waits[1].ms > waits[2].ms


def test_a_short_last_sound_says_little() -> None:
    usual = wait(Evidence(turn_probability=0.6, text="Switch it off."), NORMAL)
    short = wait(
        Evidence(turn_probability=0.6, text="Switch it off.", last=LastSounds(held_ms=10, change_db_s=0)), NORMAL
    )
    assert usual.ms - 60 < short.ms < usual.ms


def test_without_the_words_no_wait_is_the_shortest() -> None:
    got = wait(Evidence(turn_probability=1.0, last=LastSounds(held_ms=10, change_db_s=20)), NORMAL)
    assert got.ms > NORMAL.shortest_ms
    assert got.reason == "turn-model"


@given(
    st.floats(0.0, 1.0),
    st.sampled_from([None, "So I went to the.", "What time is it?"]),
    st.floats(0.0, 2000.0),
    st.floats(0.0, 2000.0),
)
def test_a_longer_last_sound_never_shortens_the_wait(
    probability: float, text: str | None, a_ms: float, b_ms: float
) -> None:
    def waited(held_ms: float) -> float:
        last = LastSounds(held_ms=held_ms, change_db_s=-40)
        return wait(Evidence(turn_probability=probability, text=text, last=last), NORMAL).ms

    assert waited(min(a_ms, b_ms)) <= waited(max(a_ms, b_ms))


def test_usual_last_sounds_say_nothing() -> None:
    for text in (None, "What time is it?"):
        alone = wait(Evidence(turn_probability=0.7, text=text), NORMAL)
        assert (
            wait(Evidence(turn_probability=0.7, text=text, last=LastSounds(held_ms=80, change_db_s=-40)), NORMAL)
            == alone
        )
