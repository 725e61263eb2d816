"""A step of the pool that is broken off between any two lines loses nothing, once the state is mended."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from understudy.client.config import Limits
from understudy.client.network import mending, pool_state
from understudy.client.network.mending import mend
from understudy.client.network.pool_state import PoolState, Ticket

if TYPE_CHECKING:
    from types import FrameType

FILES = {pool_state.__file__, mending.__file__}
STEPS = [*["acquire"] * 3, "connect", "release", "abandon", "renew", "join", "set_capacity", "retire", "close_idle"]


class Interrupted(BaseException):
    """What a signal handler raises."""


class Interrupter:
    """Raises at the n-th line that the pool's decisions come to."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            self.left -= 1
            if not self.left:
                raise Interrupted
        return self


def broken_off(step: Callable[[], object], at: int) -> bool:
    """Run a step until its n-th line; return whether it was longer than that."""
    before = sys.gettrace()
    sys.settrace(Interrupter(at))
    try:
        step()
    except Interrupted:
        return True
    finally:
        sys.settrace(before)
    return False


Step = tuple[Callable[[], object], "Ticket[object] | None"]


def _can(ticket: Ticket[object], name: str) -> bool:
    """Whether a ticket holds what a step is about: a connection, or the permission to make one."""
    return ticket.entry is not None and (ticket.entry.connection is None) == (name == "connect")


class Crowd:
    """A pool, and those who use it."""

    def __init__(self, limits: Limits) -> None:
        self.state: PoolState[object] = PoolState(limits)
        self.live: list[Ticket[object]] = []
        self.made: list[object] = []
        self.unfit: set[int] = set()
        self.now = 0.0

    def step(self, name: str, place: int, key: str) -> Step:
        """Return a step, and whose it is; one that nobody can make now does nothing."""
        if name == "acquire":
            return self.acquire(place, key)
        if name == "close_idle":
            return (lambda: self.state.close_idle(self.now if place % 2 else None)), None
        return self.step_of_one(name, place)

    def acquire(self, place: int, key: str) -> Step:
        ticket: Ticket[object] = Ticket(key)
        self.live.append(ticket)
        return (lambda: self.state.acquire(ticket, self.now, may_share=place % 3 == 0)), ticket

    def step_of_one(self, name: str, place: int) -> Step:
        able = [ticket for ticket in self.live if name == "abandon" or _can(ticket, name)]
        if not able:
            return (lambda: None), None
        one = able[place % len(able)]
        if name == "abandon":
            return (lambda: self.state.abandon(one, self.now)), one
        if name == "connect":
            connection = object()
            self.made.append(connection)
            return (lambda: self.state.connected(one, connection, self.now, capacity=1 + place % 2 * 2)), one
        if name == "renew":
            return (lambda: self.state.renew(one, self.now)), one
        return self.step_of_connection(name, place, one)

    def step_of_connection(self, name: str, place: int, one: Ticket[object]) -> Step:
        entry = one.entry
        assert entry is not None
        if name == "release":
            is_fit = place % 4 > 0
            if not is_fit:
                self.unfit.add(id(entry.connection))
            return (lambda: self.state.release(one, self.now, reusable=is_fit, expires_at=self.now + place % 5)), one
        if name == "join":
            ticket: Ticket[object] = Ticket(entry.origin.key)
            self.live.append(ticket)
            return (lambda: self.state.join(ticket, entry)), ticket
        if name == "set_capacity":
            return (lambda: self.state.set_capacity(entry, place % 4, self.now)), None
        return (lambda: self.state.retire(entry, self.now)), None

    def left(self) -> list[Ticket[object]]:
        """Return those who still hold something or wait for it."""
        return [ticket for ticket in self.live if ticket.entry is not None or ticket in self.in_line()]

    def in_line(self) -> set[Ticket[object]]:
        return set(self.state.waiting_tickets())

    def check(self) -> None:
        """Fail unless all that is counted is there, and the other way round."""
        state = self.state
        held = [ticket for ticket in self.live if ticket.entry is not None]
        assert set(state.holders) == set(held)
        users = Counter(ticket.entry for ticket in held)
        entries = {entry for entry in users if entry is not None} | set(state.idle)
        assert all(entry.users == users[entry] for entry in entries)
        assert not any(users[entry] for entry in state.idle)
        assert state.open == len(entries)
        connections = {id(entry.connection): entry for entry in entries if entry.connection is not None}
        assert state.entries == connections
        gone = {id(connection) for connection in state.closed}
        assert {id(connection) for connection in self.made} - gone == set(connections)
        assert not self.unfit & {id(entry.connection) for entry in state.idle}
        assert set(state.origins) == {entry.origin.key for entry in entries} | {one.key for one in self.in_line()}
        for origin in state.origins.values():
            its = [entry for entry in entries if entry.origin is origin]
            assert origin.open == len(its)
            assert all(entry in its and entry.users < entry.capacity for entry in origin.available)
            assert {entry for entry in its if entry in state.idle} <= set(origin.available)
            if origin.waiting:
                assert not origin.available
                assert state._is_blocked(origin) or not state._has_room()
        most = state.limits.max_connections
        assert most is None or state.open <= most


@pytest.mark.once
@examples(150)
@given(st.data())
def test_what_is_broken_off_anywhere_is_mended(data: st.DataObject) -> None:
    limits = Limits(
        max_connections=data.draw(st.sampled_from([1, 2, 3, None])),
        max_connections_per_host=data.draw(st.sampled_from([1, 2, None])),
        max_keepalive_connections=data.draw(st.sampled_from([0, 1, None])),
        max_age=data.draw(st.sampled_from([5.0, None])),
    )
    crowd = Crowd(limits)
    for _ in range(data.draw(st.integers(1, 25))):
        name, place = data.draw(st.sampled_from(STEPS)), data.draw(st.integers(0, 20))
        at, again = data.draw(st.integers(1, 60)), data.draw(st.sampled_from([0, 0, 7, 30]))
        others = crowd.left()
        step, whose = crowd.step(name, place, data.draw(st.sampled_from("aab")))
        crowd.now += 1

        if broken_off(step, at):
            # Mending may be broken off as well.
            broken_off(lambda: mend(crowd.state, crowd.now), again)
            mend(crowd.state, crowd.now)
            crowd.live = [ticket for ticket in crowd.live if ticket is whose or ticket in others]
            assert [ticket for ticket in crowd.left() if ticket is not whose] == [
                ticket for ticket in others if ticket is not whose
            ]
            if name == "connect" and id(crowd.made[-1]) not in crowd.state.entries:
                # The state has not heard of it: the driver closes it.
                crowd.state.closed.append(crowd.made[-1])
            if whose is not None:
                crowd.state.abandon(whose, crowd.now)
        crowd.live = crowd.left()
        crowd.check()

    for ticket in crowd.live:
        crowd.state.abandon(ticket, crowd.now)
    crowd.state.close_idle()
    assert (crowd.state.open, crowd.state.origins, crowd.state.holders) == (0, {}, {})
    assert {id(one) for one in crowd.made} == {id(one) for one in crowd.state.closed}


def test_whoever_was_given_something_by_a_step_that_broke_off_is_woken() -> None:
    for at in range(1, 200):
        state: PoolState[str] = PoolState(Limits(max_connections=1))
        holder, waits = Ticket[str]("a"), Ticket[str]("a")
        state.acquire(holder, 0)
        state.connected(holder, "one", 0)
        state.acquire(waits, 0)

        is_longer = broken_off(lambda: state.release(holder, 0, reusable=True), at)  # noqa: B023  # runs at once
        if not is_longer:
            assert at > 10
            return
        mend(state, 0)
        state.abandon(holder, 0)

        assert waits.entry is not None
        assert waits in state.woken
