"""Where something was written: the first frame outside this library.

Reports name the line of the route and the line of the call, so both are noted while they are on the stack.
Noting costs a walk over a few frames; file names are looked at only when a report is printed.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType, FrameType

_LIBRARY = __name__.partition(".")[0] + "."
# What stands between a test and its own call, and is nobody's idea of "where".
# The clients of other projects are there when they ask a router through a bridge; `asyncio.wait_for` awaits by itself.
_BETWEEN = frozenset({"anyio", "asyncio", "contextlib", "functools", "httpx", "httpx2", "requests", "trio"})
# Below these there is no line that called: `gather(client.get(url))` hands a coroutine of ours to the event loop.
_BOTTOM = frozenset({"asyncio.events", "asyncio.runners", "concurrent.futures.thread", "threading", "trio._core._run"})
# Behind a transport that hands requests on, what called is looked for in front of the client.
_NETWORK, _CLIENT = f"{_LIBRARY}client.transports.network", f"{_LIBRARY}client.calls"
_FOREIGN, _PASSED, _LAST, _HANDED_ON, _CALLED = range(5)
_kinds: dict[str, int] = {}


class Place:
    """A line of a file, and the function around it."""

    __slots__ = ("_code", "_function", "_path", "line")

    def __init__(self, path: str, line: int, function: str = "", *, code: CodeType | None = None) -> None:
        self._path = path
        self._function = function
        self._code = code
        self.line: int = line

    @property
    def path(self) -> str:
        """The file, as Python or the author of a YAML file named it."""
        return self._path if self._code is None else self._code.co_filename

    @property
    def function(self) -> str:
        """The function around the line; empty at the top of a module."""
        name = self._function if self._code is None else self._code.co_name
        return "" if name == "<module>" else name

    def __str__(self) -> str:
        return f"{shortened(self.path)}:{self.line}" if self.line else self.path

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and (self.path, self.line) == (other.path, other.line)

    def __hash__(self) -> int:
        return hash((self.path, self.line))


NOWHERE = Place("<unknown>", 0)
ALONE = Place("a task or thread of its own", 0)


def here() -> Place:
    """Return the line of the nearest caller outside this library."""
    frame: FrameType | None = sys._getframe(1)
    found: Place | None = None
    is_handed_on = False
    while frame is not None:
        code = frame.f_code
        kind = _kinds.get(code.co_filename)
        if kind is None:
            kind = _kind(frame.f_globals.get("__name__") or "")
            if len(_kinds) < 10_000:
                _kinds[code.co_filename] = kind
        if kind == _FOREIGN:
            if not is_handed_on:
                return Place("", frame.f_lineno, code=code)
            found = found or Place("", frame.f_lineno, code=code)
        elif kind == _HANDED_ON:
            is_handed_on = True
        elif kind == _CALLED:
            is_handed_on, found = False, None
        elif kind == _LAST:
            return found or ALONE
        frame = frame.f_back
    return found or NOWHERE


def _kind(module: str) -> int:
    if module in _BOTTOM:
        return _LAST
    if module == _NETWORK:
        return _HANDED_ON
    if module == _CLIENT:
        return _CALLED
    return _PASSED if module.startswith(_LIBRARY) or module.partition(".")[0] in _BETWEEN else _FOREIGN


def raised_at(error: BaseException) -> Place | None:
    """Return the innermost line that an error came through outside this library, what is installed and Python itself.

    That is the line that somebody can change; `None` where there is none.
    """
    found: Place | None = None
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        name = step.tb_frame.f_globals.get("__name__") or ""
        if not name.startswith(_LIBRARY) and not code.co_filename.startswith(_installed()):
            found = Place("", step.tb_lineno, code=code)
        step = step.tb_next
    return found


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """Return where Python keeps its own files and those of packages."""
    from sysconfig import get_paths

    paths = get_paths()
    return (*{paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}, "<frozen ")


def shortened(path: str) -> str:
    """Return a path relative to the current folder, where that is shorter."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return relative if not relative.startswith("..") and len(relative) < len(path) else path
