from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.audio.playout import REMEMBERED_TURNS, Playout
from voicecli.audio.playout_reports import (
    ChunkEnded,
    ChunkStarted,
    FirstSound,
    PlayedPosition,
    PlayoutReport,
    TurnPlayed,
    WordStarted,
)
from voicecli.audio.resample import resample
from voicecli.pcm import BLOCK_MS, Pcm, samples_of, silence
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn

RATE_HZ = 16_000
BLOCK = 320
FADE = samples_of(5, RATE_HZ)


def sound(samples: int, level: int = 1_000) -> Pcm:
    """Samples that show their position, and end in zero so that no fade is needed."""
    pcm = (level + np.arange(samples) % 500).astype(np.int16)
    pcm[-1:] = 0
    return pcm


def with_sound(playout: Playout, turn: Turn, *chunks: Pcm, finish: bool = True) -> None:
    for number, pcm in enumerate(chunks):
        playout.add(turn, number, pcm, playout.rate_hz)
        playout.end_chunk(turn, number)
    if finish:
        playout.finish(turn)


@pytest.fixture
def marks() -> list[PlayoutReport]:
    return []


@pytest.fixture
def playout(marks: list[PlayoutReport]) -> Playout:
    return Playout(RATE_HZ, on_report=marks.append)


def test_without_any_turn_there_is_silence(playout: Playout) -> None:
    assert np.array_equal(playout.pull(BLOCK), silence(BLOCK))


def test_a_draft_is_not_heard_until_it_is_opened(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    with_sound(playout, turn, sound(BLOCK))

    assert not playout.pull(BLOCK).any()
    assert marks == []
    playout.open(turn)
    assert np.array_equal(playout.pull(BLOCK), sound(BLOCK))


def test_a_turn_may_be_opened_before_it_has_any_sound(playout: Playout) -> None:
    turn = Turn(1)
    playout.open(turn)
    assert not playout.pull(BLOCK).any()
    with_sound(playout, turn, sound(BLOCK))
    assert np.array_equal(playout.pull(BLOCK), sound(BLOCK))


def test_marks_come_in_order_and_with_the_block_they_belong_to(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    with_sound(playout, turn, sound(BLOCK), sound(BLOCK + 1))
    playout.open(turn)

    playout.pull(BLOCK)
    assert marks == [FirstSound(turn=turn), ChunkStarted(turn=turn, chunk=0), ChunkEnded(turn=turn, chunk=0)]
    marks.clear()
    playout.pull(BLOCK)
    assert marks == [ChunkStarted(turn=turn, chunk=1)]
    marks.clear()
    playout.pull(BLOCK)
    assert marks == [ChunkEnded(turn=turn, chunk=1), TurnPlayed(turn=turn)]
    marks.clear()
    playout.pull(BLOCK)
    assert marks == []


def timed(*spans: tuple[int, int], first: int = 0) -> list[TimedWord]:
    return [TimedWord(word=n, from_sample=a, to_sample=b) for n, (a, b) in enumerate(spans, first)]


def words_told(marks: list[PlayoutReport]) -> list[tuple[int, int]]:
    """Chunk and word of the words reported since the last call."""
    told = [(mark.chunk, mark.word) for mark in marks if isinstance(mark, WordStarted)]
    marks.clear()
    return told


@pytest.mark.parametrize("held_blocks", [0, 2])
def test_a_word_is_told_of_when_its_first_sample_is_heard(marks: list[PlayoutReport], held_blocks: int) -> None:
    playout, turn = Playout(RATE_HZ, on_report=marks.append, held_ms=held_blocks * BLOCK_MS), Turn(1)
    playout.time_words(turn, 0, timed((0, 100), (BLOCK, 500), (3 * BLOCK - 1, 4 * BLOCK)), RATE_HZ)
    playout.add(turn, 0, sound(5 * BLOCK), RATE_HZ)
    playout.open(turn)
    playout.pull(BLOCK // 2)
    playout.pull(BLOCK // 2)
    for _ in range(held_blocks):
        assert words_told(marks) == []
        playout.pull(BLOCK)
    told = [words_told(marks)]
    for _ in range(4):
        playout.pull(BLOCK)
        told.append(words_told(marks))
    assert told == [[(0, 0)], [(0, 1)], [(0, 2)], [], []]


def test_words_of_the_next_piece_are_counted_from_its_beginning(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    for chunk in (0, 1):
        playout.add(turn, chunk, sound(BLOCK + BLOCK // 2), RATE_HZ)
        playout.time_words(turn, chunk, timed((BLOCK // 4, BLOCK), (BLOCK, BLOCK + 9)), RATE_HZ)
        playout.end_chunk(turn, chunk)
    playout.open(turn)
    told = []
    for _ in range(3):
        playout.pull(BLOCK)
        told.append(words_told(marks))
    assert told == [[(0, 0)], [(0, 1), (1, 0)], [(1, 1)]]


def test_words_that_become_known_late_are_told_of_at_once(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(4 * BLOCK), RATE_HZ)
    playout.pull(2 * BLOCK)
    playout.time_words(turn, 0, timed((0, 9), (BLOCK, 2 * BLOCK), (3 * BLOCK, 4 * BLOCK)), RATE_HZ)
    assert words_told(marks) == []
    playout.pull(BLOCK)
    assert words_told(marks) == [(0, 0), (0, 1)]
    playout.time_words(turn, 0, timed((3 * BLOCK + 9, 4 * BLOCK), first=3), RATE_HZ)
    playout.pull(BLOCK)
    assert words_told(marks) == [(0, 2), (0, 3)]


def test_words_wait_while_the_sound_is_paused_and_are_never_told_of_a_dropped_turn(marks: list[PlayoutReport]) -> None:
    playout, turn = Playout(RATE_HZ, on_report=marks.append, held_ms=BLOCK_MS), Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(9 * BLOCK), RATE_HZ)
    playout.time_words(turn, 0, timed((0, 9), (BLOCK, 2 * BLOCK), (2 * BLOCK, 3 * BLOCK)), RATE_HZ)
    playout.pull(BLOCK)
    playout.pause()
    playout.pull(BLOCK)
    assert words_told(marks) == [(0, 0)]  # had been handed out before, and is heard now
    playout.pull(5 * BLOCK)
    assert words_told(marks) == []
    playout.resume()
    playout.pull(BLOCK)
    playout.drop(turn)
    playout.pull(5 * BLOCK)
    assert words_told(marks) == [(0, 1)]
    playout.time_words(turn, 0, timed((0, 9)), RATE_HZ)
    playout.pull(BLOCK)
    assert words_told(marks) == []


def test_words_are_counted_as_heard_at_their_end_and_by_what_has_left_the_device() -> None:
    playout, turn = Playout(RATE_HZ, held_ms=BLOCK_MS), Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(5 * BLOCK), RATE_HZ)
    playout.time_words(turn, 0, timed((0, BLOCK), (BLOCK + 50, 3 * BLOCK)), RATE_HZ)
    heard = []
    for _ in range(5):
        playout.pull(BLOCK)
        position = playout.position(turn)
        heard.append(position.words_heard if position else None)
    assert heard == [0, 1, 1, 2, 2]


def test_what_the_device_held_is_heard_while_the_sound_is_paused() -> None:
    playout, turn = Playout(RATE_HZ, held_ms=2 * BLOCK_MS), Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(9 * BLOCK), RATE_HZ)
    playout.time_words(turn, 0, timed((0, BLOCK), (BLOCK, 2 * BLOCK), (2 * BLOCK, 3 * BLOCK)), RATE_HZ)
    playout.pull(2 * BLOCK)
    playout.pause()
    heard = []
    for _ in range(4):
        position = playout.position(turn)
        heard.append(position.words_heard if position else None)
        playout.pull(BLOCK)
    assert heard == [0, 1, 2, 2]


def test_words_are_counted_at_the_rate_of_the_voice(marks: list[PlayoutReport]) -> None:
    playout, turn = Playout(48_000, on_report=marks.append), Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(22_050), 22_050)
    playout.time_words(turn, 0, timed((11_025, 22_050)), 22_050)
    playout.end_chunk(turn, 0)
    playout.pull(24_000)
    assert words_told(marks) == []
    playout.pull(1)
    assert words_told(marks) == [(0, 0)]


def test_a_turn_that_has_nothing_to_say_is_played_at_once(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    playout.finish(turn)
    playout.open(turn)
    playout.pull(BLOCK)

    assert marks == [TurnPlayed(turn=turn)]
    assert playout.position(turn) is None


def test_a_piece_without_sound_is_marked_but_is_no_first_sound(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    playout.end_chunk(turn, 0)
    playout.open(turn)
    playout.pull(BLOCK)

    assert marks == [ChunkStarted(turn=turn, chunk=0), ChunkEnded(turn=turn, chunk=0)]


def test_a_turn_that_is_not_finished_is_not_played_to_its_end(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    with_sound(playout, turn, sound(10), finish=False)
    playout.open(turn)
    playout.pull(BLOCK)
    assert TurnPlayed(turn=turn) not in marks

    playout.finish(turn)
    playout.pull(BLOCK)
    assert TurnPlayed(turn=turn) in marks


def test_turns_are_played_in_the_order_of_opening_and_without_a_gap(playout: Playout) -> None:
    first, second = Turn(1), Turn(2)
    with_sound(playout, second, sound(50, level=5_000))
    with_sound(playout, first, sound(70))
    playout.open(first)
    playout.open(second)
    block = playout.pull(BLOCK)

    assert np.array_equal(block[:70], sound(70))
    assert np.array_equal(block[70:120], sound(50, level=5_000))


def test_a_turn_waits_for_the_one_before_it_to_be_finished(playout: Playout) -> None:
    first, second = Turn(1), Turn(2)
    with_sound(playout, second, sound(50))
    playout.open(first)
    playout.open(second)
    assert not playout.pull(BLOCK).any()

    playout.finish(first)
    assert playout.pull(BLOCK).any()


def test_nothing_but_a_fade_follows_the_block_in_flight_when_a_turn_is_cancelled(playout: Playout) -> None:
    turn = Turn(1)
    with_sound(playout, turn, np.full(10 * BLOCK, 8_000, dtype=np.int16))
    playout.open(turn)
    playout.pull(BLOCK)
    turn.cancel()
    block = playout.pull(BLOCK)

    assert not block[FADE:].any()
    steps = np.abs(np.diff(np.concatenate([[8_000], block[:FADE]]).astype(int)))
    assert steps.max() <= 8_000 / FADE + 1, "a jump would be heard as a click"
    assert not playout.pull(BLOCK).any()


def test_a_fade_goes_on_over_short_pulls(playout: Playout) -> None:
    turn = Turn(1)
    with_sound(playout, turn, np.full(BLOCK, 8_000, dtype=np.int16))
    playout.open(turn)
    playout.pull(100)
    playout.drop(turn)
    fade = np.concatenate([playout.pull(7) for _ in range(20)])

    assert np.all(np.diff(fade.astype(int)) <= 0)
    assert fade[FADE - 2] > 0
    assert fade[FADE - 1] == 0


def test_a_dropped_turn_takes_no_more_sound(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    playout.open(turn)
    playout.drop(turn)
    with_sound(playout, turn, sound(BLOCK))

    assert not playout.pull(BLOCK).any()
    assert playout.buffered_ms(turn) == 0
    assert marks == []


def test_flush_frees_cancelled_turns_and_no_others(playout: Playout) -> None:
    gone, kept = Turn(1), Turn(2)
    with_sound(playout, gone, sound(BLOCK))
    with_sound(playout, kept, sound(BLOCK))
    gone.cancel()
    playout.flush()
    playout.open(gone)
    playout.open(kept)

    assert np.array_equal(playout.pull(BLOCK), sound(BLOCK))


def test_a_pause_fades_out_and_resuming_loses_no_sample(playout: Playout) -> None:
    turn = Turn(1)
    level = np.full(4 * BLOCK, 8_000, dtype=np.int16)
    with_sound(playout, turn, level)
    playout.open(turn)
    playout.pull(BLOCK)

    playout.pause()
    paused = playout.pull(BLOCK)
    assert playout.paused
    assert paused[0] > 7_000
    assert not paused[FADE:].any()
    assert not playout.pull(BLOCK).any()
    position = playout.position(turn)
    assert position is not None
    assert position.samples_into_chunk == BLOCK

    playout.resume()
    resumed = playout.pull(BLOCK)
    assert resumed[0] == 0
    assert np.all(np.diff(resumed[: FADE + 1].astype(int)) > 0)
    assert np.array_equal(resumed[FADE:], level[FADE:BLOCK])
    assert np.array_equal(playout.pull(BLOCK), level[:BLOCK])


def test_a_turn_that_is_opened_in_a_pause_waits_for_its_end(playout: Playout) -> None:
    turn = Turn(1)
    playout.pause()
    with_sound(playout, turn, sound(BLOCK))
    playout.open(turn)

    assert not playout.pull(BLOCK).any()


def test_sound_that_is_not_made_in_time_breaks_off_and_goes_on_softly(
    playout: Playout, marks: list[PlayoutReport]
) -> None:
    turn = Turn(1)
    playout.open(turn)
    playout.add(turn, 0, np.full(BLOCK, 8_000, dtype=np.int16), RATE_HZ)
    playout.pull(BLOCK)
    starved = playout.pull(BLOCK)
    playout.add(turn, 0, np.full(BLOCK, 8_000, dtype=np.int16), RATE_HZ)
    again = playout.pull(BLOCK)

    assert 7_000 < starved[0] < 8_000
    assert again[0] == 0
    assert again[FADE] == 8_000
    assert ChunkEnded(turn=turn, chunk=0) not in marks


def test_the_position_is_known_after_the_turn_was_cancelled(playout: Playout) -> None:
    turn = Turn(1)
    with_sound(playout, turn, sound(BLOCK), sound(1_000))
    playout.open(turn)
    playout.pull(BLOCK + 250)
    turn.cancel()
    playout.flush()
    playout.pull(BLOCK)
    position = playout.position(turn)

    assert position == PlayedPosition(chunk=1, samples_into_chunk=250, chunk_samples_so_far=1_000, chunk_complete=True)
    assert position is not None
    assert position.fraction == 0.25


def test_the_position_tells_when_a_piece_is_still_growing(playout: Playout) -> None:
    turn = Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(100), RATE_HZ)
    playout.pull(BLOCK)

    assert playout.position(turn) == PlayedPosition(
        chunk=0, samples_into_chunk=100, chunk_samples_so_far=100, chunk_complete=False
    )


def test_old_turns_are_forgotten(playout: Playout) -> None:
    turns = [Turn(number) for number in range(1, 3 * REMEMBERED_TURNS)]
    for turn in turns:
        with_sound(playout, turn, sound(BLOCK))
        playout.open(turn)
        playout.pull(BLOCK)

    assert playout.position(turns[0]) is None
    assert playout.position(turns[-1]) is not None
    assert len(playout._lines) <= REMEMBERED_TURNS + 1


def test_beginning_the_next_piece_ends_the_one_before(playout: Playout, marks: list[PlayoutReport]) -> None:
    turn = Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(10), RATE_HZ)
    playout.add(turn, 1, sound(10), RATE_HZ)
    playout.pull(BLOCK)

    assert ChunkEnded(turn=turn, chunk=0) in marks
    assert ChunkEnded(turn=turn, chunk=1) not in marks


def test_the_tap_gets_every_block_and_cannot_change_it() -> None:
    tapped: list[Pcm] = []
    playout = Playout(RATE_HZ, tap=tapped.append)
    turn = Turn(1)
    playout.pull(BLOCK)
    with_sound(playout, turn, sound(BLOCK))
    playout.open(turn)
    pulled = playout.pull(BLOCK)

    assert len(tapped) == 2
    assert np.array_equal(tapped[1], pulled)
    assert not tapped[1].flags.writeable


def test_what_waits_is_told_in_milliseconds(playout: Playout) -> None:
    turn = Turn(1)
    assert playout.buffered_ms(turn) == 0
    playout.add(turn, 0, sound(RATE_HZ), RATE_HZ)
    assert playout.buffered_ms(turn) == 1_000
    playout.open(turn)
    playout.pull(RATE_HZ // 4)
    assert playout.buffered_ms(turn) == 750


@pytest.mark.parametrize("wake", ["pull", "drop", "flush", "cancel"])
def test_whoever_waits_for_room_is_woken(playout: Playout, wake: str) -> None:
    turn = Turn(1)
    playout.open(turn)
    playout.add(turn, 0, sound(RATE_HZ), RATE_HZ)
    waiting = threading.Thread(target=playout.wait_room, args=(turn, 500))
    waiting.start()
    match wake:
        case "pull":
            playout.pull(RATE_HZ * 3 // 4)
        case "drop":
            playout.drop(turn)
        case "flush":
            turn.cancel()
            playout.flush()
        case _:
            turn.cancel()
    waiting.join(timeout=20)
    assert not waiting.is_alive()


def test_waiting_for_room_can_be_given_up(playout: Playout) -> None:
    turn = Turn(1)
    playout.add(turn, 0, sound(RATE_HZ), RATE_HZ)
    playout.wait_room(turn, 500, timeout_s=0)

    assert playout.buffered_ms(turn) == 1_000


CHUNKS = st.lists(st.integers(0, 700), min_size=1, max_size=6)


@given(st.lists(CHUNKS, min_size=1, max_size=4), st.lists(st.integers(1, 1_500), min_size=1, max_size=40))
def test_any_chunking_of_what_is_added_and_pulled_gives_the_same_samples(
    chunks: list[list[int]], pulls: list[int]
) -> None:
    marks: list[PlayoutReport] = []
    playout, turn, expected = Playout(48_000, on_report=marks.append), Turn(1), []
    for number, parts in enumerate(chunks):
        pcm = sound(sum(parts), level=2_000 * (number + 1))
        for part in np.split(pcm, np.cumsum(parts)[:-1]):
            playout.add(turn, number, part, 22_050)
        playout.end_chunk(turn, number)
        expected.append(resample(pcm, 22_050, 48_000))
    playout.finish(turn)
    playout.open(turn)
    pulled = np.concatenate([playout.pull(samples) for samples in pulls])
    whole = np.concatenate(expected)

    heard = min(len(whole), len(pulled))
    assert np.array_equal(pulled[:heard], whole[:heard])
    assert not pulled[len(whole) + samples_of(5, 48_000) :].any()
    assert (TurnPlayed(turn=turn) in marks) == (len(pulled) >= len(whole))


@given(st.data())
def test_however_things_fall_out_a_cancelled_turn_is_not_heard_and_the_rest_is_whole(data: st.DataObject) -> None:
    """Each turn has its own level, which no fade between zero and the other levels contains, so that every sample shows its turn."""
    playout = Playout(RATE_HZ)
    turns = [Turn(number) for number in (1, 2, 3)]
    levels = dict(zip(turns, (31_001, 31_511, 32_003), strict=True))
    added = dict.fromkeys(turns, 0)
    heard = dict.fromkeys(turns, 0)
    steps = ("add", "open", "cancel", "pull", "pause", "resume", "finish", "flush")
    for action in data.draw(st.lists(st.sampled_from(steps), max_size=60)):
        turn = data.draw(st.sampled_from(turns))
        match action:
            case "add":
                samples = data.draw(st.integers(0, 600))
                if not turn.cancelled:
                    added[turn] += samples
                playout.add(turn, 0, np.full(samples, levels[turn], dtype=np.int16), RATE_HZ)
            case "open":
                playout.open(turn)
            case "finish":
                playout.end_chunk(turn, 0)
            case "cancel":
                turn.cancel()
            case "pause":
                playout.pause()
            case "resume":
                playout.resume()
            case "flush":
                playout.flush()
            case _:
                before = {turn: playout.position(turn) for turn in turns}
                block = playout.pull(data.draw(st.integers(1, 800)))
                for turn in turns:
                    here = int(np.count_nonzero(block == levels[turn]))
                    if turn.cancelled or playout.paused:
                        assert here == 0
                        assert playout.position(turn) == before[turn]
                    heard[turn] += here
    for turn in turns:
        assert heard[turn] <= added[turn]


def test_who_waits_for_the_first_sound_waits_no_longer_than_for_that() -> None:
    playout, turn, silent = Playout(RATE_HZ), Turn(1), Turn(2)
    waited = threading.Event()

    def wait() -> None:
        playout.wait_sound(turn, 20)
        waited.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not waited.wait(0.05)
    playout.add(turn, 0, silence(320), RATE_HZ)
    assert waited.wait(10)
    thread.join()
    playout.finish(silent)
    playout.wait_sound(silent, 20)  # there will be none
    dropped = Turn(3)
    dropped.cancel()
    playout.wait_sound(dropped, 20)


def test_a_piece_that_waits_can_be_replaced_and_one_that_sounds_cannot(
    playout: Playout, marks: list[PlayoutReport]
) -> None:
    turn = Turn(1)
    with_sound(playout, turn, sound(2 * BLOCK, 1000), sound(2 * BLOCK, 2000))
    playout.open(turn)
    playout.pull(BLOCK)
    assert [playout.waits(turn, chunk) for chunk in (0, 1, 2)] == [False, True, False]
    assert not playout.replace(turn, 0, sound(BLOCK, 3000), [], RATE_HZ)
    assert playout.replace(turn, 1, sound(BLOCK, 3000), timed((100, BLOCK)), RATE_HZ)
    assert playout.buffered_ms(turn) == 2 * BLOCK_MS
    assert np.array_equal(playout.pull(BLOCK), sound(2 * BLOCK, 1000)[BLOCK:])
    marks.clear()
    assert np.array_equal(playout.pull(BLOCK), sound(BLOCK, 3000))
    assert words_told(marks) == [(1, 0)]
    turn.cancel()
    assert not playout.waits(turn, 1)


def test_what_replaces_a_piece_may_have_another_rate(playout: Playout) -> None:
    turn = Turn(1)
    with_sound(playout, turn, sound(2 * BLOCK, 1000))
    assert playout.replace(turn, 0, sound(3 * BLOCK), [], 3 * RATE_HZ)
    assert playout.buffered_ms(turn) == BLOCK_MS


def test_a_piece_that_is_still_being_made_cannot_be_replaced(playout: Playout) -> None:
    turn = Turn(1)
    playout.add(turn, 0, sound(BLOCK), RATE_HZ)
    assert not playout.waits(turn, 0)
