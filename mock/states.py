"""States: what a mocked service is in, so that one call can change what the next one gets.

`state="open -> paid"` on a route needs "open" and sets "paid"; `"open"` only needs, `"-> paid"` only sets.
A service with several independent states names them: `state={"cart": "full", "payment": "open -> paid"}`.
A state starts as what the first route that mentions it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, NamedTuple

from .errors import RouteError
from .values import is_mapping, show

UNNAMED = "state"


class Transition(NamedTuple):
    """What a route needs of one state, and what it makes of it."""

    name: str
    needs: str | None
    sets: str | None

    def __str__(self) -> str:
        said = f"{self.needs} -> {self.sets}" if self.sets else str(self.needs)
        said = said if self.needs else f"-> {self.sets}"
        return said if self.name == UNNAMED else f"{self.name}: {said}"


def transitions(state: Any) -> tuple[Transition, ...]:
    """Return what `state=` says."""
    if state is None:
        return ()
    if isinstance(state, str):
        return (_transition(UNNAMED, state),)
    if is_mapping(state) and state:
        return tuple(_transition(str(name), said) for name, said in state.items())
    raise RouteError(
        f"`state` takes 'open', 'open -> paid', '-> paid', or a dict of names and these; not {show(state)}"
    )


def _transition(name: str, said: Any) -> Transition:
    if not isinstance(said, str) or not said.strip():
        raise RouteError(f"a state is text such as 'open -> paid', not {show(said)}")
    needs, arrow, sets = (part.strip() for part in said.partition("->"))
    if (arrow and not sets) or ">" in needs + sets:
        raise RouteError(f"{said!r} is no change of state: write 'open -> paid', or '-> paid'")
    return Transition(name, needs or None, sets or None)


class States(MutableMapping[str, "str | None"]):
    """The current states, by name; the one without a name is `"state"`."""

    def __init__(self) -> None:
        self._initial: dict[str, str | None] = {}
        self._current: dict[str, str | None] = {}
        self._before: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str | None:
        return self._current.get(name, self._initial[name]) if name in self._initial else self._current[name]

    def __setitem__(self, name: str, value: str | None) -> None:
        self._current[name] = value

    def __delitem__(self, name: str) -> None:
        self._current.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._initial, **self._current})

    def __len__(self) -> int:
        return len({**self._initial, **self._current})

    def mention(self, transition: Transition) -> None:
        """Let a state begin as what the first route that mentions it needs."""
        self._initial.setdefault(transition.name, transition.needs)

    def allow(self, wanted: tuple[Transition, ...]) -> bool:
        """Whether every needed state is the current one."""
        return all(transition.needs is None or self.get(transition.name) == transition.needs for transition in wanted)

    def enter(self, wanted: tuple[Transition, ...]) -> None:
        """Make of the states what a route says."""
        for transition in wanted:
            if transition.sets is not None:
                self._before[transition.name] = self.get(transition.name)
                self._current[transition.name] = transition.sets

    def leave(self, wanted: tuple[Transition, ...]) -> None:
        """Go back to what was before a route was entered, where nothing else has changed it since."""
        for transition in wanted:
            if transition.sets is not None and self.get(transition.name) == transition.sets:
                self._current[transition.name] = self._before[transition.name]

    def reset(self) -> None:
        """Go back to the beginning."""
        self._current.clear()

    def __repr__(self) -> str:
        return f"States({dict(self)!r})"
