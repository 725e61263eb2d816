"""The pool's rules, one example each; tests/properties/test_pool.py judges all of them together."""

from __future__ import annotations

import pytest

from understudy.client.config import Limits
from understudy.client.network import pool_state
from understudy.client.network.pool_state import PoolState, Ticket


def pool(**limits: float | None) -> PoolState[str]:
    return PoolState(Limits(**{"keepalive_expiry": None, **limits}))  # type: ignore[arg-type]  # ints where ints belong


def holding(state: PoolState[str], key: str, connection: str, *, capacity: int = 1) -> Ticket[str]:
    """Return a ticket that has made a connection."""
    ticket: Ticket[str] = Ticket(key)
    assert state.acquire(ticket, 0)
    state.connected(ticket, connection, 0, capacity=capacity)
    return ticket


def waiting(state: PoolState[str], key: str) -> Ticket[str]:
    ticket: Ticket[str] = Ticket(key)
    assert not state.acquire(ticket, 0)
    return ticket


def connection_of(ticket: Ticket[str]) -> str | None:
    assert ticket.entry is not None
    return ticket.entry.connection


def test_the_connection_used_last_is_used_next() -> None:
    state = pool()
    first, second = holding(state, "a", "one"), holding(state, "a", "two")
    state.release(first, 0, reusable=True)
    state.release(second, 0, reusable=True)

    ticket: Ticket[str] = Ticket("a")
    state.acquire(ticket, 0)

    assert connection_of(ticket) == "two"


def test_a_freed_connection_goes_to_who_waited_longest() -> None:
    state = pool(max_connections=1)
    holder = holding(state, "a", "one")
    first, second = waiting(state, "a"), waiting(state, "a")

    state.release(holder, 0, reusable=True)

    assert connection_of(first) == "one"
    assert second.entry is None
    assert state.woken == [first]


def test_a_connection_of_another_origin_makes_room() -> None:
    state = pool(max_connections=1)
    state.release(holding(state, "a", "one"), 0, reusable=True)

    ticket: Ticket[str] = Ticket("b")

    assert state.acquire(ticket, 0)
    assert connection_of(ticket) is None
    assert state.closed == ["one"]


def test_a_ticket_is_overtaken_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_state, "PATIENCE", 2)
    state = pool(max_connections=1)
    holder = holding(state, "a", "one")
    other = waiting(state, "b")
    same = [waiting(state, "a") for _ in range(4)]

    state.release(holder, 0, reusable=True)
    assert connection_of(same[0]) == "one"
    state.release(same[0], 0, reusable=True)
    assert connection_of(same[1]) == "one"
    state.release(same[1], 0, reusable=True)

    assert other.entry is not None, "overtaken by a third"
    assert connection_of(other) is None
    assert state.closed == ["one"]


def test_a_host_at_its_limit_does_not_hold_up_others() -> None:
    state = pool(max_connections=3, max_connections_per_host=1)
    holding(state, "a", "one")
    waiting(state, "a")

    ticket: Ticket[str] = Ticket("b")

    assert state.acquire(ticket, 0)


def test_an_expired_connection_is_closed_instead_of_used() -> None:
    state = pool()
    state.release(holding(state, "a", "one"), 0, reusable=True, expires_at=5)

    ticket: Ticket[str] = Ticket("a")
    state.acquire(ticket, 5)

    assert connection_of(ticket) is None
    assert state.closed == ["one"]
    assert state.open == 1


def test_a_connection_beyond_its_age_is_not_kept() -> None:
    state = pool(max_age=10)
    holder = holding(state, "a", "one")

    state.release(holder, 10, reusable=True)

    assert state.closed == ["one"]
    assert not state.origins


def test_only_so_many_connections_are_kept_idle() -> None:
    state = pool(max_keepalive_connections=1)
    first, second = holding(state, "a", "one"), holding(state, "b", "two")

    state.release(first, 0, reusable=True)
    state.release(second, 0, reusable=True)

    assert state.closed == ["one"]


def test_a_dead_connection_is_renewed_in_its_place() -> None:
    state = pool(max_connections=1)
    holder = holding(state, "a", "one")
    line = waiting(state, "a")

    assert state.renew(holder, 0)

    assert connection_of(holder) is None
    assert line.entry is None
    assert state.closed == ["one"]
    assert state.open == 1


def test_a_shared_connection_that_died_is_renewed_beside_those_that_still_use_it() -> None:
    state = pool()
    first = holding(state, "a", "one", capacity=2)
    second: Ticket[str] = Ticket("a")
    state.acquire(second, 0)
    assert connection_of(second) == "one"

    assert state.renew(second, 0)

    assert connection_of(second) is None
    assert connection_of(first) == "one"
    assert state.closed == []
    state.release(first, 0, reusable=True)
    assert state.closed == ["one"]


def test_tickets_wait_for_a_connection_that_may_serve_them_all() -> None:
    state = pool()
    first: Ticket[str] = Ticket("a")
    others: list[Ticket[str]] = [Ticket("a") for _ in range(3)]
    assert state.acquire(first, 0, may_share=True)
    assert [state.acquire(other, 0, may_share=True) for other in others] == [False] * 3

    state.connected(first, "shared", 0, capacity=3)

    assert [connection_of(other) for other in others[:2]] == ["shared", "shared"]
    assert connection_of(others[2]) is None, "one more connection, as this one is full"


def test_a_connection_that_cannot_be_shared_lets_the_others_connect() -> None:
    state = pool()
    first: Ticket[str] = Ticket("a")
    others: list[Ticket[str]] = [Ticket("a") for _ in range(3)]
    state.acquire(first, 0, may_share=True)
    for other in others:
        state.acquire(other, 0, may_share=True)

    state.connected(first, "alone", 0, capacity=1)

    assert [connection_of(other) for other in others] == [None, None, None]


def test_when_the_first_attempt_fails_the_next_in_line_tries() -> None:
    state = pool()
    first: Ticket[str] = Ticket("a")
    second: Ticket[str] = Ticket("a")
    state.acquire(first, 0, may_share=True)
    state.acquire(second, 0, may_share=True)

    state.abandon(first, 0)

    assert connection_of(second) is None


def test_who_hurries_makes_a_connection_beside_the_one_that_is_being_made() -> None:
    state = pool(max_connections=3, max_connections_per_host=3)
    state.release(holding(state, "b", "idle"), 0, reusable=True)
    first: Ticket[str] = Ticket("a")
    others: list[Ticket[str]] = [Ticket("a") for _ in range(4)]
    for ticket in (first, *others):
        state.acquire(ticket, 0, may_share=True)

    assert not state.hurry(others[0], beside=0), "one is being made"
    assert state.hurry(others[0], beside=1)
    assert not state.hurry(others[0], beside=None), "it waits no more"
    assert not state.hurry(others[1], beside=1), "two are being made"
    assert state.hurry(others[1], beside=None)
    assert state.closed == ["idle"], "it made room"
    assert not state.hurry(others[2], beside=None), "there is no room"

    state.connected(others[0], "shared", 0, capacity=5)
    assert [connection_of(other) for other in others] == ["shared", None, "shared", "shared"]
    assert not state.hurry(Ticket("a"), beside=None), "nothing is waited for"


def test_capacity_may_grow_and_shrink() -> None:
    state = pool(max_connections=1)
    first = holding(state, "a", "one", capacity=1)
    second = waiting(state, "a")
    assert first.entry is not None

    state.set_capacity(first.entry, 2, 0)
    assert connection_of(second) == "one"

    state.set_capacity(first.entry, 1, 0)
    third = waiting(state, "a")
    state.release(second, 0, reusable=True)
    assert third.entry is None, "still one too many"


def test_a_connection_that_serves_one_from_now_on_is_idle_when_the_last_has_left() -> None:
    state = pool(max_connections=1)
    first = holding(state, "a", "one", capacity=2)
    second = Ticket[str]("a")
    assert state.acquire(second, 0)
    assert first.entry is not None

    state.set_capacity(first.entry, 1, 0)
    state.release(second, 0, reusable=True)

    assert not state.idle
    third = waiting(state, "a")
    state.release(first, 0, reusable=True)
    assert connection_of(third) == "one"


def test_a_connection_that_serves_nobody_more_is_not_used_again() -> None:
    state = pool()
    first = holding(state, "a", "one", capacity=100)
    assert first.entry is not None

    # The server has said so while the first was served.
    state.set_capacity(first.entry, 0, 0)
    state.release(first, 0, reusable=True)

    second = Ticket[str]("a")
    assert state.acquire(second, 0)
    assert connection_of(second) is None


def test_a_retired_connection_serves_those_it_has() -> None:
    state = pool()
    first = holding(state, "a", "one", capacity=2)
    assert first.entry is not None

    state.retire(first.entry, 0)
    state.set_capacity(first.entry, 5, 0)
    second: Ticket[str] = Ticket("a")
    state.acquire(second, 0)

    assert connection_of(second) is None
    assert state.closed == []
    state.release(first, 0, reusable=True)
    assert state.closed == ["one"]


def test_an_idle_connection_that_is_retired_is_closed() -> None:
    state = pool()
    holder = holding(state, "a", "one")
    entry = state.entry_of("one")
    state.release(holder, 0, reusable=True)
    assert entry is not None

    state.retire(entry, 0)

    assert state.closed == ["one"]
    assert state.entry_of("one") is None


def test_closing_everything_closes_what_is_in_use() -> None:
    state = pool()
    holder = holding(state, "a", "one")
    state.release(holding(state, "b", "two"), 0, reusable=True)

    state.close_all()

    assert sorted(state.closed) == ["one", "two"]
    state.release(holder, 0, reusable=True)
    assert state.open == 0


def test_a_connection_made_for_a_pool_that_was_closed_meanwhile_is_not_kept() -> None:
    state = pool()
    ticket: Ticket[str] = Ticket("a")
    state.acquire(ticket, 0)
    state.close_all()

    state.connected(ticket, "late", 0)
    state.release(ticket, 0, reusable=True)

    assert state.closed == ["late"]
    assert state.open == 0


@pytest.mark.parametrize("dies", [False, True])
def test_nothing_is_kept_of_those_who_waited_when_a_pool_was_closed(dies: bool) -> None:
    state = pool(max_connections=1)
    holder = holding(state, "a", "one")
    late = waiting(state, "a")
    state.close_all()
    state.release(holder, 0, reusable=True)
    state.connected(late, "two", 0)
    if dies:
        state.renew(late, 0)
        state.connected(late, "three", 0)

    state.release(late, 0, reusable=True)

    assert state.open == 0
    state.release(holding(state, "a", "four"), 0, reusable=True)
    assert [entry.connection for entry in state.idle] == ["four"]


def test_a_ticket_that_holds_nothing_can_be_released_and_not_renewed() -> None:
    state = pool()
    ticket: Ticket[str] = Ticket("a")

    state.release(ticket, 0, reusable=True)
    state.abandon(ticket, 0)

    with pytest.raises(RuntimeError, match="holds no"):
        state.renew(ticket, 0)
    with pytest.raises(RuntimeError, match="holds no"):
        state.connected(ticket, "one", 0)


def test_those_who_wait_are_known() -> None:
    state = pool(max_connections=1)
    holding(state, "a", "one")
    line = [waiting(state, "a"), waiting(state, "b")]

    assert list(state.waiting_tickets()) == line
    assert state.waiting == 2


def test_what_the_server_has_begun_holds_the_connection_like_any_other() -> None:
    state = pool(max_connections=1)
    state.release(holding(state, "a", "one", capacity=2), 0, reusable=True)
    entry = state.entry_of("one")
    assert entry is not None
    first, second, third = Ticket[str]("a"), Ticket[str]("a"), Ticket[str]("a")

    for ticket in (first, second, third):
        state.join(ticket, entry)

    assert not state.idle
    assert list(state.holders) == [first, second, third]
    waits = waiting(state, "a")
    state.release(first, 0, reusable=True)
    assert waits.entry is None, "still full"
    state.release(second, 0, reusable=True)
    assert connection_of(waits) == "one"
    state.release(third, 0, reusable=True)
    state.release(waits, 0, reusable=True)
    assert list(state.idle) == [entry]


def test_a_connection_that_serves_one_at_a_time_counts_one() -> None:
    state = pool()
    holder = holding(state, "a", "one")
    assert holder.entry is not None
    ticket = Ticket[str]("a")

    state.join(ticket, holder.entry)

    assert ticket.entry is None
    assert list(state.holders) == [holder]


@pytest.mark.parametrize("is_idle", [False, True])
def test_a_connection_that_may_serve_nobody_is_not_kept(is_idle: bool) -> None:
    # Nobody would hear when it may again, and it would stand in the way of another one for ever.
    state = pool(max_connections_per_host=1)
    holder = holding(state, "a", "one", capacity=2)
    entry = holder.entry
    assert entry is not None

    if is_idle:
        state.release(holder, 0, reusable=True)
        state.set_capacity(entry, 0, 0)
    else:
        state.set_capacity(entry, 0, 0)
        assert state.closed == []
        state.release(holder, 0, reusable=True)

    assert state.closed == ["one"]
    assert state.acquire(Ticket("a"), 0)
