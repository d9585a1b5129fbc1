"""A person who repeats words is distinguished from a decoder that loops."""

from __future__ import annotations

import pytest

from voicecli.engines.whisper_repetitions import copies_said, find_loop, folded, untangle


def tokens(text: str) -> list[str]:
    return [folded(0, f" {word}") for word in text.replace(",", " ,").replace(".", " .").split()]


@pytest.mark.parametrize(
    ("text", "start", "period", "copies"),
    [
        ("Stop, stop, stop, stop.", 0, 2, 4),
        ("Please turn on the light, turn on the light, turn on the light", 1, 5, 3),
        ("What time is it. What time is it.", 0, 5, 2),
        ("I said no no no no to them", 2, 1, 4),
        ("A mountain is so many feet high. A mountain is so many feet", 0, 8, 2),
        ("A mountain is so many feet high. A mountain is so many feet high. A mountain is so much", 0, 8, 3),
        ("It has started. Code is left out. The work is done. Code is left out. The work is done.", 3, 10, 2),
        ("It has started. Code is left out. The work is done. Code is left out. The work is", 3, 10, 2),
        ("One came in. Two people have come in now. Two people have come in now. One has left.", 3, 7, 2),
    ],
)
def test_a_repetition_is_found_whole(text: str, start: int, period: int, copies: int) -> None:
    loop = find_loop(tokens(text))
    assert loop is not None
    assert (loop.start, loop.period, loop.copies) == (start, period, copies)


@pytest.mark.parametrize(
    "text", ["", "stop", "It is very very cold in here", "Ask not what your country can do for you"]
)
def test_ordinary_sentences_repeat_nothing(text: str) -> None:
    assert find_loop(tokens(text)) is None


@pytest.mark.parametrize(
    ("starts_s", "end_s", "said"),
    [
        ([0.0], 1.0, 1),
        ([0.0, 1.1, 2.0, 2.8, 2.9, 2.9], 4.2, 4),  # four commands of the starter voice, of which base wrote six
        ([0.0, 0.8, 1.4, 1.8, 2.4, 3.0, 3.3, 3.7, 4.0, 4.3, 4.4], 5.3, 8),
        ([0.0, 0.9, 1.6, 2.2, 2.2, 2.2, 2.2], 2.5, 3),  # the rest is on one and the same moment
        ([0.0, 0.0, 0.0, 0.0], 3.0, 1),
        ([2.0, 2.0, 2.0, 2.0], 2.0, 1),
    ],
)
def test_only_copies_with_sound_of_their_own_were_said(starts_s: list[float], end_s: float, said: int) -> None:
    assert copies_said(starts_s, end_s) == said


def test_the_surplus_is_taken_out_and_what_came_after_it_stays() -> None:
    said = tokens("Stop, stop, stop, stop, stop, now")
    loop = find_loop(said)
    assert loop is not None
    begins_s = {0: 0.0, 2: 1.3, 4: 2.6, 6: 2.6, 8: 2.6, 10: 3.4}
    found = untangle(loop, said, [0.8, 0.5, *[0.99] * 8, 0.9], begins_s, 4.0)
    assert found.surplus
    assert [said[at] for at in found.kept] == tokens("stop, stop, stop, now")
    assert found.first_copy == pytest.approx(-0.22, abs=0.01)
    assert found.mean_log_probability is not None
    assert found.mean_log_probability < -0.2  # the copies, each of them likely, do not make it sure


def test_a_loop_on_noise_is_known_by_its_first_copy() -> None:
    said = tokens("x y x y x y x y")
    loop = find_loop(said)
    assert loop is not None
    found = untangle(loop, said, [0.1, 0.2, *[0.99] * 6], dict.fromkeys(range(8), 0.0), 3.0)
    assert found.first_copy is not None
    assert found.first_copy < -1.9
    assert found.kept == (0, 1)


def test_words_that_come_one_soon_after_the_other_were_said_however_unlikely_the_first_one_was() -> None:
    said = tokens("go go go go go go go go go go")
    loop = find_loop(said)
    assert loop is not None
    spoken = untangle(loop, said, [0.1, *[0.9] * 9], {n: 0.5 * min(n, 5) for n in range(10)}, 3.2)
    assert len(spoken.kept) == 6
    assert spoken.first_copy is None
    syllables = untangle(loop, ["go"] * 10, [0.1, *[0.9] * 9], {n: 0.5 * min(n, 5) for n in range(10)}, 3.2)
    assert syllables.first_copy is not None
    noise = untangle(loop, said, [0.1, *[0.9] * 9], {n: 2.0 * n for n in range(10)}, 20.0)
    assert noise.first_copy is not None


def test_three_copies_with_sound_of_their_own_were_said() -> None:
    said = tokens("stop stop stop")
    loop = find_loop(said)
    assert loop is not None
    assert untangle(loop, said, [0.1, 0.9, 0.9], {n: 0.6 * n for n in range(3)}, 1.8).first_copy is None
    one_moment = untangle(loop, said, [0.1, 0.9, 0.9], dict.fromkeys(range(3), 0.6), 1.8)
    assert one_moment.first_copy is not None


def test_a_word_that_is_said_twice_is_as_likely_as_the_decoder_thinks() -> None:
    said = tokens("bye bye")
    loop = find_loop(said)
    assert loop is not None
    assert untangle(loop, said, [0.3, 0.9], {0: 0.0, 1: 0.6}, 1.4).first_copy is None


def test_letters_of_several_tokens_are_told_apart() -> None:
    assert find_loop([folded(token, "\ufffd") for token in range(100, 120)]) is None


def test_a_sentence_that_the_decoder_begins_anew_behind_the_sound_is_written_once() -> None:
    said = tokens("A mountain is so many feet high. A mountain is so many feet")
    loop = find_loop(said)
    assert loop is not None
    surplus = untangle(loop, said, [0.9] * len(said), {0: 0.0, 8: 3.9}, 4.0)
    assert [said[at] for at in surplus.kept] == tokens("A mountain is so many feet high.")
    spoken = untangle(loop, said, [0.9] * len(said), {0: 0.0, 8: 2.1}, 3.6)
    assert not spoken.surplus
    assert len(spoken.kept) == len(said)


def test_half_a_sentence_said_again_is_kept_where_there_is_sound_for_it() -> None:
    assert copies_said([0.0, 4.0], 6.1) == 1
    assert copies_said([0.0, 4.0], 6.1, last=0.5) == 2


def test_the_last_sentences_are_written_once_if_there_is_no_sound_for_them_again() -> None:
    """As Whisper base wrote 6.6 s of the starter voice: the surplus is aligned with the last moment."""
    said = tokens("One has left. Code left out. The work is done. Code left out. The work is")
    loop = find_loop(said)
    assert loop is not None
    begins_s = {n: 3.2 + 0.22 * n for n in range(14)} | dict.fromkeys(range(13, len(said)), 6.3)
    found = untangle(loop, said, [0.9] * len(said), begins_s, 6.6)
    assert [said[at] for at in found.kept] == tokens("One has left. Code left out. The work is done")
    spoken = untangle(loop, said, [0.9] * len(said), {n: 3.2 + 0.22 * n for n in range(len(said))}, 8.4)
    assert not spoken.surplus
