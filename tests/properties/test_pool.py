"""The pool's decisions are those of a model that is too simple to be wrong."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.examples import examples
from understudy.client.config import Limits
from understudy.client.network import pool_state
from understudy.client.network.pool_state import PoolState, Ticket

PATIENCE = 1
PLACES = st.integers(0, 20)


class ModelConnection:
    """A connection, or the permission to make one."""

    def __init__(self, origin: str, opened_at: float) -> None:
        self.origin = origin
        self.name: int | None = None
        self.capacity = 1
        self.tickets: list[int] = []
        self.opened_at = opened_at
        self.expires_at: float | None = None
        self.last_used = 0
        self.retired = False


class Model:
    """Lists, scanned from end to end for every decision."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.connections: list[ModelConnection] = []
        self.waiting: list[tuple[int, str]] = []
        self.closed: list[int] = []
        self.moves = 0

    def connection_of(self, ticket: int) -> ModelConnection | None:
        return next((connection for connection in self.connections if ticket in connection.tickets), None)

    def touch(self, connection: ModelConnection) -> None:
        self.moves += 1
        connection.last_used = self.moves

    def idle(self) -> list[ModelConnection]:
        idle = [c for c in self.connections if c.name is not None and not c.tickets and not c.retired]
        return sorted(idle, key=lambda connection: connection.last_used)

    def available(self, origin: str) -> list[ModelConnection]:
        return sorted(
            [
                c
                for c in self.connections
                if c.origin == origin and c.name is not None and not c.retired and len(c.tickets) < c.capacity
            ],
            key=lambda connection: connection.last_used,
        )

    def expired(self, connection: ModelConnection, now: float) -> bool:
        age = self.limits.max_age
        return (connection.expires_at is not None and now >= connection.expires_at) or (
            age is not None and now >= connection.opened_at + age
        )

    def drop(self, connection: ModelConnection) -> None:
        self.connections.remove(connection)
        if connection.name is not None:
            self.closed.append(connection.name)

    def is_blocked(self, origin: str) -> bool:
        most = self.limits.max_connections_per_host
        return most is not None and sum(c.origin == origin for c in self.connections) >= most

    def has_room(self) -> bool:
        most = self.limits.max_connections
        return most is None or len(self.connections) < most or bool(self.idle())

    def grant(self, ticket: int, origin: str, now: float) -> bool:
        while self.available(origin):
            best = self.available(origin)[-1]
            if not best.tickets and self.expired(best, now):
                self.drop(best)
                continue
            best.tickets.append(ticket)
            self.touch(best)
            return True
        if self.is_blocked(origin) or not self.has_room():
            return False
        most = self.limits.max_connections
        if most is not None and len(self.connections) >= most:
            self.drop(self.idle()[0])
        permission = ModelConnection(origin, now)
        permission.tickets.append(ticket)
        self.connections.append(permission)
        return True

    def could_be_served(self, origin: str) -> bool:
        return bool(self.available(origin)) or not self.is_blocked(origin)

    def serve(self, origin: str, now: float) -> None:
        while True:
            able = [(ticket, home) for ticket, home in self.waiting if self.could_be_served(home)]
            if not able:
                break
            ticket, home = able[0]
            if not self.available(home) and not self.has_room():
                ticket = 1_000_000  # nothing can be done for the oldest: younger ones take nothing away
            local = [waiting for waiting in able if waiting[1] == origin]
            if local and self.available(origin) and local[0][0] - ticket <= PATIENCE:
                ticket, home = local[0]
            if (ticket, home) not in self.waiting:
                break
            self.waiting.remove((ticket, home))
            assert self.grant(ticket, home, now)
        self.limit_idle()

    def limit_idle(self) -> None:
        most = self.limits.max_keepalive_connections
        while most is not None and len(self.idle()) > most:
            self.drop(self.idle()[0])


class PoolMachine(RuleBasedStateMachine):
    """Does the same to both, and compares."""

    @initialize(
        total=st.sampled_from([1, 2, 3, None]),
        per_host=st.sampled_from([1, 2, None]),
        keepalive=st.sampled_from([0, 1, 2, None]),
        age=st.sampled_from([5.0, None]),
    )
    def start(self, total: int | None, per_host: int | None, keepalive: int | None, age: float | None) -> None:
        limits = Limits(
            max_connections=total,
            max_connections_per_host=per_host,
            max_keepalive_connections=keepalive,
            max_age=age,
        )
        self.state: PoolState[str] = PoolState(limits)
        self.model = Model(limits)
        self.now = 0.0
        self.made = 0
        self.live: dict[int, Ticket[str]] = {}
        self.names: dict[str, int] = {}
        self.closed: list[str] = []

    def pick(self, place: int, *, connected: bool) -> int | None:
        """Return one of the tickets that hold a connection, or of those that hold the permission to make one."""
        held = [
            number
            for number, ticket in self.live.items()
            if ticket.entry is not None and (ticket.entry.connection is not None) == connected
        ]
        return held[place % len(held)] if held else None

    @rule(origin=st.sampled_from("aab"), repeat=st.sampled_from([1, 1, 2, 4]))
    def acquire(self, origin: str, repeat: int) -> None:
        for _ in range(repeat):
            self.acquire_one(origin)

    def acquire_one(self, origin: str) -> None:
        ticket: Ticket[str] = Ticket(origin)
        granted = self.state.acquire(ticket, self.now)
        number = ticket.order
        self.live[number] = ticket

        expected = self.model.grant(number, origin, self.now)
        if not expected:
            self.model.waiting.append((number, origin))

        assert granted == expected == (ticket.entry is not None)

    @rule(place=PLACES, capacity=st.sampled_from([1, 1, 1, 3]))
    def connect(self, place: int, capacity: int) -> None:
        ticket = self.pick(place, connected=False)
        if ticket is None:
            return
        found = self.live[ticket]
        self.made += 1
        name = f"connection {self.made}"
        self.names[name] = self.made
        self.state.connected(found, name, self.now, capacity=capacity)

        permission = self.model.connection_of(ticket)
        assert permission is not None
        permission.name = self.made
        permission.capacity = capacity
        permission.opened_at = self.now
        self.model.touch(permission)
        self.model.serve(permission.origin, self.now)

    @rule(place=PLACES, expiry=st.sampled_from([None, None, 1.0, 3.0]))
    def release(self, place: int, expiry: float | None) -> None:
        ticket = self.pick(place, connected=True)
        if ticket is None:
            return
        found = self.live.pop(ticket)
        expires_at = None if expiry is None else self.now + expiry
        self.state.release(found, self.now, reusable=True, expires_at=expires_at)

        connection = self.model.connection_of(ticket)
        assert connection is not None
        connection.tickets.remove(ticket)
        connection.expires_at = expires_at
        age = self.model.limits.max_age
        if connection.retired or (age is not None and self.now >= connection.opened_at + age):
            connection.retired = True
            if not connection.tickets:
                self.model.drop(connection)
        else:
            self.model.touch(connection)
        self.model.serve(connection.origin, self.now)

    @rule(place=PLACES)
    def abandon(self, place: int) -> None:
        if not self.live:
            return
        ticket = list(self.live)[place % len(self.live)]
        found = self.live.pop(ticket)
        self.state.abandon(found, self.now)

        self.model.waiting = [waiting for waiting in self.model.waiting if waiting[0] != ticket]
        connection = self.model.connection_of(ticket)
        if connection is not None:
            connection.tickets.remove(ticket)
            connection.retired = True
            if not connection.tickets:
                self.model.drop(connection)
            self.model.serve(connection.origin, self.now)

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def close_expired(self) -> None:
        self.state.close_idle(self.now)

        for connection in self.model.idle():
            if self.model.expired(connection, self.now):
                self.model.drop(connection)

    @invariant()
    def both_agree(self) -> None:
        if not hasattr(self, "state"):
            return
        self.closed += self.state.closed
        self.state.closed.clear()
        self.state.woken.clear()
        assert sorted(self.names[name] for name in self.closed) == sorted(self.model.closed)
        assert self.state.open == len(self.model.connections)
        assert len(self.state.idle) == len(self.model.idle())
        assert self.state.waiting == len(self.model.waiting)
        waiting = {ticket for ticket, _ in self.model.waiting}
        for number, ticket in self.live.items():
            connection = self.model.connection_of(number)
            assert (ticket.entry is None) == (number in waiting) == (connection is None)
            if ticket.entry is not None and connection is not None:
                name = ticket.entry.connection
                assert (None if name is None else self.names[name]) == connection.name

    @invariant()
    def the_limits_hold(self) -> None:
        if not hasattr(self, "state"):
            return
        limits = self.state.limits
        assert limits.max_connections is None or self.state.open <= limits.max_connections
        most = limits.max_connections_per_host
        assert most is None or all(origin.open <= most for origin in self.state.origins.values())

    @invariant()
    def nobody_waits_who_need_not(self) -> None:
        if not hasattr(self, "state"):
            return
        for _, origin in self.model.waiting:
            assert not self.model.available(origin)
            assert self.model.is_blocked(origin) or not self.model.has_room()

    def teardown(self) -> None:
        if not hasattr(self, "state"):
            return
        for ticket in self.live.values():
            self.state.abandon(ticket, self.now)
        self.state.close_all()
        assert self.state.open == 0
        assert not self.state.origins
        assert not self.state.holders
        assert not self.state.entries


PoolMachine.TestCase.settings = settings(examples(80), stateful_step_count=30)


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_state, "PATIENCE", PATIENCE)


TestPool = PoolMachine.TestCase
