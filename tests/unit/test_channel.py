"""Channels are bounded and closable, and never return cancelled work."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.pipeline.channel import Channel, ChannelClosed
from voicecli.turn import Turn

WAIT_S = 10.0
"""A bound on waiting for another thread; reached only when the test has failed."""


@dataclass(frozen=True)
class Job:
    turn: Turn
    name: str = ""


def test_items_come_out_in_the_order_they_went_in() -> None:
    channel: Channel[int] = Channel("numbers", limit=3)
    for number in range(3):
        assert channel.put(number)
    assert [channel.get() for _ in range(3)] == [0, 1, 2]


def test_a_cancelled_item_is_neither_given_out_nor_taken() -> None:
    channel: Channel[Job] = Channel("jobs", limit=5)
    wanted, unwanted = Turn(1), Turn(2)
    channel.put(Job(unwanted))
    channel.put(Job(wanted, "kept"))
    unwanted.cancel()
    assert channel.put(Job(unwanted)) is False
    assert channel.get().name == "kept"
    with pytest.raises(TimeoutError):
        channel.get(timeout_s=0)
    assert channel.stats().forgotten == 2


def test_whoever_waits_to_put_is_woken_when_its_turn_is_cancelled() -> None:
    channel: Channel[Job] = Channel("jobs", limit=1)
    turn = Turn(1)
    channel.put(Job(Turn(0)))
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(channel.put(Job(turn))))
    thread.start()
    turn.cancel()
    channel.purge()
    thread.join(WAIT_S)
    assert results == [False]


def test_purging_makes_room() -> None:
    channel: Channel[Job] = Channel("jobs", limit=1, when_full="refuse")
    turn = Turn(1)
    channel.put(Job(turn))
    assert channel.put(Job(Turn(2))) is False
    turn.cancel()
    channel.purge()
    assert channel.put(Job(Turn(2), "second"))
    assert channel.get().name == "second"


def test_a_full_channel_that_drops_keeps_the_newest() -> None:
    channel: Channel[int] = Channel("blocks", limit=2, when_full="drop-oldest")
    for number in range(5):
        assert channel.offer(number)
    assert channel.drain() == [3, 4]
    assert channel.stats().dropped == 3


def test_an_offer_never_waits() -> None:
    channel: Channel[int] = Channel("numbers", limit=1)
    assert channel.offer(1)
    assert channel.offer(2) is False
    channel.close()
    assert channel.offer(3) is False


def test_what_must_not_be_lost_is_taken_even_when_the_channel_is_full() -> None:
    channel: Channel[int] = Channel("numbers", limit=1)
    channel.put(1)
    assert channel.insist(2)
    assert channel.insist(0, first=True)
    assert channel.offer(3) is False
    assert channel.drain() == [0, 1, 2]
    channel.close()
    assert channel.insist(4) is False


def test_a_closed_channel_gives_out_what_is_in_it_and_then_ends() -> None:
    channel: Channel[int] = Channel("numbers", limit=3)
    channel.put(1)
    channel.close()
    channel.close()
    with pytest.raises(ChannelClosed):
        channel.put(2)
    assert list(channel) == [1]
    with pytest.raises(ChannelClosed):
        channel.get()


def test_closing_wakes_whoever_waits_to_get() -> None:
    channel: Channel[int] = Channel("numbers", limit=1)
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.extend(channel))
    thread.start()
    channel.put(7)
    channel.close()
    thread.join(WAIT_S)
    assert got == [7]


def test_putting_with_a_time_limit_gives_up() -> None:
    channel: Channel[int] = Channel("numbers", limit=1)
    channel.put(1)
    assert channel.put(2, timeout_s=0) is False


@given(st.lists(st.one_of(st.integers(0, 4).map(lambda n: ("put", n)), st.integers(0, 4).map(lambda n: ("cancel", n)))))
def test_what_comes_out_is_what_went_in_less_the_cancelled_in_order(script: list[tuple[str, int]]) -> None:
    channel: Channel[Job] = Channel("jobs", limit=1000)
    turns = [Turn(number) for number in range(5)]
    put: list[Job] = []
    for word, number in script:
        if word == "cancel":
            turns[number].cancel()
        else:
            job = Job(turns[number], str(len(put)))
            assert channel.put(job) is not turns[number].cancelled
            put.append(job)
    assert channel.drain() == [job for job in put if not job.turn.cancelled]
    stats = channel.stats()
    assert stats.taken + stats.forgotten == len(put)


def test_what_is_offered_at_once_is_counted_like_single_items() -> None:
    channel: Channel[int] = Channel("numbers", limit=3, when_full="drop-oldest")
    assert channel.offer_all([1, 2]) == 0
    assert channel.offer_all([3, 4]) == 1
    assert channel.drain() == [2, 3, 4]
    assert channel.stats().dropped == 1
