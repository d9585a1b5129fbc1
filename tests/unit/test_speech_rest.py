"""Rare turns in pure logic about speech: where nothing may be cut, what is nothing, and what comes at the very end."""

from __future__ import annotations

import numpy as np
import pytest

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Float, Pcm, samples_of, silence, to_pcm
from voicecli.speech import quantities
from voicecli.speech.action_requests import LONGEST, action_language
from voicecli.speech.answer_rules import Rules, cleaned, kept_to
from voicecli.speech.chunk_backlog import Backlog
from voicecli.speech.clause_breaks import best_cut
from voicecli.speech.faithful import check
from voicecli.speech.last_sounds import last_sounds
from voicecli.speech.reader_events import Word
from voicecli.speech.recording_passages import LONGEST_MS, passages
from voicecli.speech.sentence_chunker import Chunk, ChunkerConfig, Haste, SentenceChunker, as_written, moved, parting
from voicecli.speech.sentence_endings import ending, holds_together, is_over
from voicecli.speech.spoken_phrases import TABLE_SHOWN, table_shown
from voicecli.speech.translation import Direction
from voicecli.speech.utterance_segmenter import Segmenter, SegmenterConfig, SpeechPaused
from voicecli.speech.voice_gate import Voicing
from voicecli.speech.word_timing import aligned, said_words
from voicecli.speech.written_language import has_words_of

# ---- where text is cut


def spoken(text: str) -> list[str]:
    chunker = SentenceChunker()
    return [chunk.text for chunk in (*chunker.feed(text), *chunker.finish())]


@pytest.mark.parametrize(
    ("before", "after", "together"),
    [
        ("Hello.", "There", False),
        ("well,", "5", False),
        ("Dr.", "Smith", True),
        ("5", "km", True),
        ("the", "dog", False),
    ],
)
def test_what_may_be_read_as_one_unit(before: str, after: str, together: bool) -> None:
    assert holds_together(before, after) is together


def test_a_quotation_in_chinese_goes_on_behind_its_mark() -> None:
    assert not is_over(ending("好。”"), "他")
    assert spoken("“好。”他说。") == ["“好。”他说。"]


def test_a_cut_avoids_units_only_if_another_place_is_near() -> None:
    def words(*texts: str) -> list[Word]:
        return [Word(text, 0, 0, glued=False) for text in texts]

    following = words("km")[0]
    assert parting(words("it", "is", "5"), following) == 2
    assert parting(words(*"123456789"), following) == 9


def test_numbers_without_end_are_cut_all_the_same() -> None:
    chunks = spoken("Count: " + " ".join(str(n) for n in range(1000, 1060)) + ".")
    assert len(chunks) > 1
    assert " ".join(chunks) == "Count: " + " ".join(str(n) for n in range(1000, 1060)) + "."


def test_no_place_for_a_cut_lies_inside_a_unit_or_before_a_mark() -> None:
    assert best_cut(["he", "walked", "with", "about", "5"], "km", anywhere=True) != 5
    assert best_cut(["Tell", "me", "more", "about", "Dr."], "Smith", anywhere=True) != 5
    assert best_cut(["We", "watched", "the", "great", "Apollo"], "11", anywhere=True) != 5
    assert best_cut(["We", "watched", "the", "great", "Apollo"], "fly", anywhere=True) == 5
    assert best_cut(["this", "is", "the", "answer", "—"], "(", anywhere=True) != 4


def test_haste_cuts_nothing_where_no_place_is_good() -> None:
    chunker = SentenceChunker()
    assert chunker.feed("Well ", Haste.SOME) == []
    assert chunker.feed("now", Haste.SOME) == []
    assert chunker.feed("", Haste.GREAT) == []
    assert [chunk.text for chunk in chunker.finish()] == ["Well now"]


def test_haste_cuts_nothing_off_a_word_that_follows_without_a_space() -> None:
    chunker = SentenceChunker()
    assert chunker.feed("我们今天要用Python", Haste.GREAT) == []
    assert [chunk.text for chunk in chunker.finish()] == ["我们今天要用Python"]


def test_haste_cuts_behind_the_last_word_and_before_the_words_that_follow_a_joint() -> None:
    chunker = SentenceChunker()
    found = chunker.feed("It looks like that somehow, ", Haste.GREAT)
    assert [chunk.text for chunk in found] == ["It looks like that somehow,"]
    chunker = SentenceChunker()
    found = chunker.feed("It looks like that somehow because the sky above was ", Haste.GREAT)
    assert found[0].text.startswith("It looks like that somehow")


def test_an_opening_is_not_cut_before_a_joint_that_comes_too_soon() -> None:
    chunker = SentenceChunker(ChunkerConfig(opening_joint_chars=12, opening_phrase_chars=12, trusts_tokens=True))
    assert chunker.feed("He and ") == []
    assert [chunk.text for chunk in chunker.feed("she walked home because ")] == ["He and she walked home"]


def test_a_chunk_of_a_part_gets_its_place_in_the_whole() -> None:
    chunk = as_written("Two.")
    assert moved(chunk, chunks=0, characters=0) is chunk
    later = moved(chunk, chunks=3, characters=10)
    assert (later.index, later.start, later.end, later.text) == (3, 10, 14, "Two.")
    assert [(word.start, word.end) for word in later.words] == [(10, 14)]


def test_the_newest_sentence_is_what_waits_where_the_voice_has_nothing() -> None:
    backlog = Backlog("en")
    backlog.add(Chunk(index=n, start=n, end=n + 1, text=f"Number {n}.") for n in range(4))
    assert backlog.skip_to_newest() is None
    found = backlog.next()
    assert found is not None
    assert found.text == "Number 3."


# ---- markup


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("See [this page](http://exa\nmple.org) now.", "See this page mple.org) now."),
        ("| a | b |\nNo table.", "a, b. No table."),
        ("One <i>two</i> three", "One two three"),
    ],
)
def test_markup_that_never_ends_is_text(written: str, said: str) -> None:
    assert " ".join(spoken(written)) == said


@pytest.mark.parametrize("rows", ["| 1 | 2 |\n| 3 | 4 |", "  | 1 | 2 |\n  | 3 | 4 |"])
def test_a_table_is_announced_however_far_its_rows_are_indented(rows: str) -> None:
    chunker = SentenceChunker(ChunkerConfig(announces_in="en"))
    table = f"| a | b |\n|---|---|\n{rows}\n\nThat was it."
    said = " ".join(chunk.text for chunk in (*chunker.feed(table), *chunker.finish()))
    assert said == f"{table_shown(2, 'en')} That was it."


def test_what_only_begins_like_a_table_is_text_also_where_tables_are_announced() -> None:
    chunker = SentenceChunker(ChunkerConfig(announces_in="en"))
    said = [chunk.text for chunk in (*chunker.feed("| a | b |\nNo table."), *chunker.finish())]
    assert " ".join(said) == "a, b. No table."


@pytest.mark.parametrize("language", ["en", "de-at", "xx"])
def test_a_table_is_announced_in_its_language(language: str) -> None:
    assert table_shown(2, language)
    assert (table_shown(2, language) == table_shown(2, "en")) is (
        language.partition("-")[0] not in TABLE_SHOWN or language == "en"
    )


# ---- numbers and names of a translation


@pytest.mark.parametrize(
    ("source", "translation", "way", "gone"),
    [
        ("It costs 5.00 euros.", "Es kostet 5 Euro.", ("en", "de"), ()),
        ("The code is 45:30.", "Der Code ist 45:30.", ("en", "de"), ()),
        ("The code is 45:30.", "Der Code steht fest.", ("en", "de"), ("45:30",)),
        ("It is 1.25 metres.", "Es sind ein paar Meter.", ("en", "de"), ("1.25",)),
        ("There are 3 dogs.", "Są trzy psy.", ("en", "pl"), ("3",)),
        ("Das kostet 150 Euro.", "It costs a hundred and fifty euros.", ("de", "en"), ()),
        ("Das kostet 150 Euro.", "It costs a lot.", ("de", "en"), ("150",)),
        ("I have 3 dogs.", "我有三只狗。", ("en", "zh"), ()),
        ("I have 3 dogs.", "我有狗。", ("en", "zh"), ("3",)),
        ("I have 3 dogs.", "私は犬を飼っています。", ("en", "ja"), ()),
    ],
)
def test_a_number_is_lost_only_if_no_form_of_it_is_there(
    source: str, translation: str, way: tuple[str, str], gone: tuple[str, ...]
) -> None:
    assert quantities.lost(source, translation, *way) == gone


def test_an_article_that_is_written_as_a_number_is_not_added() -> None:
    assert not quantities.added("Ich habe einen Hund.", "I have 1 dog.", "de", "en")
    assert quantities.added("Ich habe einen Hund.", "I have 7 dogs.", "de", "en")
    assert not quantities.added("Um halb drei.", "At 2:30.", "de", "en")  # other numbers, the same time


def test_a_model_that_speaks_of_itself_does_not_translate() -> None:
    way = Direction(source="de", target="en")
    assert "reply" in check("Bitte übersetze das hier.", "As an AI I translate this here.", way).faults
    assert "reply" not in check("Bitte übersetze das hier.", "Please translate this here.", way).faults


@pytest.mark.parametrize(
    ("language", "text", "found"), [("en", "of the dog", True), ("en", "Hund", False), ("xx", "", True)]
)
def test_function_words_tell_a_language(language: str, text: str, found: bool) -> None:
    assert has_words_of(language, text) is found


def test_a_text_that_only_begins_like_a_request_is_none() -> None:
    assert action_language("Turn on the light.") == "en"
    assert action_language("Turn on the light. " + "And so the story begins. " * LONGEST) == ""


# ---- rules for answers


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("You will find it in the house of the rising sun.", "You will find it"),
        ("Be calm and wait, then you will find it.", "Be calm and wait"),
    ],
)
def test_an_answer_that_is_too_long_ends_with_a_word_that_can_end_it(text: str, kept: str) -> None:
    assert kept_to(text, Rules(longest_words=6), ()).rstrip(".…") == kept


def test_only_so_many_sentences_of_an_answer_are_taken() -> None:
    assert cleaned("One is here. Two is there. Three is gone.", Rules(sentences=2)) == "One is here. Two is there."


# ---- which written word a spoken one is


def test_letters_without_a_likeness_are_mapped_in_proportion_or_nowhere() -> None:
    assert aligned("x" * 400, "") == [None] * 400
    places = aligned("x" * 400, "y" * 200)
    assert (places[0], places[-1]) == (0, 199)


def test_a_word_of_which_no_letter_was_written_gets_a_place_between_its_neighbours() -> None:
    words = [Word("red", 0, 3, glued=False), Word("+", 4, 5, glued=False), Word("blue", 6, 10, glued=False)]
    found = said_words("red plus blue", words, start=0, end=10)
    assert [found[0].start, found[0].end, found[2].end] == [0, 5, 10]
    assert found[0].end <= found[1].start <= found[1].end <= found[2].start


def test_no_source_of_a_word_leaves_its_chunk() -> None:
    words = [Word("red", 0, 3, glued=False), Word("blue", 4, 8, glued=False)]
    found = said_words("red blue", words, start=1, end=6)
    assert [(word.start, word.end) for word in found] == [(1, 3), (4, 6)]


# ---- sound


def buzz(duration_ms: float, hz: float = 120.0) -> Float:
    at = np.arange(samples_of(duration_ms)) / RATE_HZ
    sound = np.zeros(len(at))
    for n in range(1, 20):
        sound += np.sin(2 * np.pi * hz * n * at) / n
    scaled: Float = (0.2 * sound).astype(np.float32)
    return scaled


def test_a_sound_that_fills_all_that_is_looked_at_is_held_all_that_time() -> None:
    found = last_sounds(to_pcm(buzz(2500)))
    assert found is not None
    assert found.held_ms > 1800


def test_of_a_short_sound_after_a_gap_no_fall_is_told() -> None:
    quiet: Float = np.zeros(samples_of(600), dtype=np.float32)
    found = last_sounds(to_pcm(np.concatenate([buzz(500), quiet, buzz(70)])))
    assert found is not None
    assert found.change_db_s == 0.0


class Loud:
    """Scores loud blocks as speech."""

    def score(self, block: Pcm) -> float:
        return 1.0 if np.abs(block).max() > 500 else 0.0

    def reset(self) -> None:
        pass


def test_a_passage_may_end_with_the_last_part_of_a_block() -> None:
    whole = np.full(LONGEST_MS // 20 * BLOCK_SAMPLES - BLOCK_SAMPLES // 2, 1000, dtype=np.int16)
    found = list(passages([whole], Loud()))
    assert sum(len(each.samples) for each in found) >= len(whole)
    assert found[0].from_sample == 0
    assert list(passages([silence(BLOCK_SAMPLES + 1)], Loud())) == []


def test_speech_whose_end_is_noticed_late_is_cut_where_it_ended() -> None:
    segmenter = Segmenter(SegmenterConfig(pre_roll_ms=0, end_silence_ms=2000, shortest_speech_ms=20))
    block = np.full(BLOCK_SAMPLES, 1000, dtype=np.int16)
    paused: list[SpeechPaused] = []
    for n in range(60):
        stops = n >= 50
        voicing = Voicing.STOPPING if stops else Voicing.SPEAKING
        found = segmenter.step(block, n * BLOCK_SAMPLES, voicing, 20 if stops else 0)
        paused += [each for each in found if isinstance(each, SpeechPaused)]
    assert len(paused) == 1
    assert paused[0].utterance.speech_end_sample < 50 * BLOCK_SAMPLES
    assert len(paused[0].utterance.samples) < 50 * BLOCK_SAMPLES
