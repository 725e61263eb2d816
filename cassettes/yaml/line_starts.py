"""What the start of a line of YAML stands for in JSON, by what is open there: a machine that learns as it reads.

1. A state is what is open behind a line: mappings and sequences, each two columns deeper than the last,
   and the names that the innermost mapping has so far.
2. The start of the next line, up to its `: `, leads to another state,
   and to the JSON between the value before it and its own: brackets, a comma, a name.
   Nothing else counts, so each step is worked out once, and looked up from then on.
3. All items of a sequence lead to the same states, however many there are:
   what was learned of one recording reads others of its kind, whatever their length.
4. What is learned has an end: a machine that holds too much begins anew.
5. Several threads may learn at once: what two of them find out twice is the same.
"""

from __future__ import annotations

import re
import threading
from itertools import islice
from typing import Optional

from .fast_values import MAX_DEPTH, UnusualLine

# The JSON in front of a value, the state behind it, and what the start of the line holds of the value itself.
Step = tuple[str, "State", str]

_START = re.compile(r"( *)(- |-\Z)?(?:([A-Za-z_][\w./+@-]*|\"[^\"\\]+\")(:?)\Z)?")
# In characters; what is kept beside them is a few times as long.
_MOST = 300_000
_EACH = 50
_NEVER = "\n"  # which is in no line


class Outside(Exception):
    """A line that does not belong to the block any more."""


class Machine:
    """The states of blocks that begin in one column and become JSON with these separators.

    With `takes_bodies`, somebody else reads what stands below a `json:` in the second column.
    """

    def __init__(self, base: int, comma: str, colon: str, takes_bodies: bool = False) -> None:
        self.base: int = base
        self.comma: str = comma
        self.colon: str = colon
        self.takes_bodies: bool = takes_bodies
        self.size: int = 0
        self.lock: threading.Lock = threading.Lock()  # around what states share
        self._first: State = Waiting(State(self, None, "", base - 2))

    def start(self) -> State:
        """Return the state in front of the first line."""
        if self.size > _MOST:
            self.size = 0
            self._first = Waiting(State(self, None, "", self.base - 2))
        return self._first

    def grow(self, start: str) -> None:
        """Make room for one more step; one document may not take all there is."""
        self.size += len(start) + _EACH
        if self.size > 2 * _MOST:
            raise UnusualLine


class State(dict[str, Step]):
    """What is open behind a line; as a mapping, the steps of lines `start: value` from here.

    `end` and `column` are those of the innermost mapping or sequence, `outer` is the state to which its end leads back,
    and `name` is the last name in it.
    Where `is_body`, that name has a value on the lines below, which somebody else reads.
    """

    __slots__ = (
        "_alone",
        "_closed",
        "_count",
        "_item",
        "_names",
        "column",
        "end",
        "is_body",
        "last",
        "machine",
        "name",
        "outer",
    )

    def __init__(self, machine: Machine, outer: Optional[State], end: str, column: int) -> None:  # noqa: UP045
        super().__init__()
        if column >= machine.base + 2 * MAX_DEPTH:
            raise UnusualLine
        self.machine: Machine = machine
        self.outer: State | None = outer
        self.end: str = end
        self.column: int = column
        self.name: str = ""
        self.is_body: bool = False
        self._alone: dict[str, Step] = {}
        # The start of the line that came last from here, and where it led: most often the next one is the same.
        self.last: tuple[str, str, State] = (_NEVER, "", self)
        self._item: State | None = None
        self._closed: str | None = None
        # The names of the mapping, and how many of them have come so far: states that follow share them.
        self._names: dict[str, int] = {}
        self._count = 0

    def __missing__(self, start: str) -> Step:
        self.machine.grow(start)
        self[start] = step = self._learned(start, True)
        return step

    def next(self, start: str) -> Step:
        """Return the step of a line `start: value` that is not the one which came `last`."""
        step = self[start]
        if not step[2]:
            # One assignment, because another thread may look at it in this moment.
            self.last = start, step[0], step[1]
        return step

    def alone(self, line: str) -> Step:
        """Return the step of a line that holds no `: `: a name or a dash with lines below it, or an item."""
        step = self._alone.get(line)
        if step is None:
            step = self._learned(line, False)
            if not step[2]:  # an item hardly comes again
                self.machine.grow(line)
                self._alone[line] = step
        return step

    def closed(self) -> str:
        """Return the JSON that ends all that is open."""
        closed = self._closed
        if closed is None:
            closed = self._closed = self.end if self.outer is None else self.end + self.outer.closed()
        return closed

    def step(self, start: str, has_value: bool) -> Step:
        """Return the step of a line that holds a `: ` behind this start, or does not."""
        return self[start] if has_value else self.alone(start)

    def _learned(self, start: str, has_value: bool) -> Step:
        indent, dash, name, colon = _parts(start)
        column, comma = len(indent), self.machine.comma
        if self.outer is None:
            raise Outside
        if column < self.column:
            lead, behind, begun = self.outer.step(start, has_value)
            return self.end + lead, behind, begun
        if column > self.column or self.end != ("]" if dash else "}"):
            raise UnusualLine
        is_named = bool(name) and has_value == (not colon)
        if dash and is_named:
            lead, behind, begun = self._items().step(f"{indent}  {start[column + 2 :]}", has_value)
            return f"{comma}{{{lead[len(comma) :]}", behind, begun
        if dash:
            return self._item_step(start[column + 2 :], has_value)
        if not is_named:
            raise UnusualLine
        key = name if name[0] == '"' else f'"{name}"'
        return self._member_step(key, comma + key + self.machine.colon, has_value)

    def _items(self) -> State:
        """Return the state in front of the first name of an item."""
        if self._item is None:
            self._item = State(self.machine, self, "}", self.column + 2)
        return self._item

    def _item_step(self, text: str, has_value: bool) -> Step:
        comma = self.machine.comma
        if has_value and text[:1] != "{":
            raise UnusualLine
        if not text:
            return comma, Waiting(self), ""
        return comma, self, f"{text}: " if has_value else text

    def _member_step(self, key: str, lead: str, has_value: bool) -> Step:
        behind = self._with(key)
        if has_value:
            return lead, behind, ""
        if key == '"json"' and self.column == 2 and self.machine.takes_bodies:
            behind.is_body = True
            return f"{lead}null", behind, ""
        return lead, Waiting(behind), ""

    def _with(self, key: str) -> State:
        """Return the state with one more name."""
        count = self._count
        with self.machine.lock:
            names = self._names
            if names.get(key, count) < count:
                raise UnusualLine
            if len(names) > count:  # another line has followed here before
                names = dict(islice(names.items(), count))
            names[key] = count
        behind = State(self.machine, self.outer, self.end, self.column)
        behind.name = key
        behind._names, behind._count = names, count + 1
        return behind


class Waiting(State):
    """The state behind a line whose value begins on the next one, two columns deeper."""

    __slots__ = ("_behind",)

    def __init__(self, behind: State) -> None:
        super().__init__(behind.machine, behind, "", behind.column)
        self._behind = behind

    def closed(self) -> str:
        raise UnusualLine

    def _learned(self, start: str, has_value: bool) -> Step:
        indent, dash, _, _ = _parts(start)
        if len(indent) != self.column + 2:
            raise UnusualLine
        opened = State(self.machine, self._behind, "]" if dash else "}", len(indent))
        lead, behind, begun = opened.step(start, has_value)
        return f"{'[' if dash else '{'}{lead[len(self.machine.comma) :]}", behind, begun


def _parts(start: str) -> tuple[str, str, str, str]:
    """Return indentation, dash, name and the colon behind it: what of these there is."""
    found = _START.match(start)
    assert found is not None  # everything in it is optional
    indent, dash, name, colon = found.groups("")
    return indent, dash, name, colon
