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
# The clients of other projects are there when they ask a router through a bridge.
_BETWEEN = frozenset({"contextlib", "functools", "httpx", "httpx2", "requests"})
_ours: dict[str, bool] = {}


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
        return f"{shortened(self.path)}:{self.line}"

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and (self.path, self.line) == (other.path, other.line)

    def __hash__(self) -> int:
        return hash((self.path, self.line))


NOWHERE = Place("<unknown>", 0)


def here() -> Place:
    """Return the line of the nearest caller outside this library."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        known = _ours.get(code.co_filename)
        if known is None:
            name = frame.f_globals.get("__name__") or ""
            known = name.startswith(_LIBRARY) or name.partition(".")[0] in _BETWEEN
            if len(_ours) < 10_000:
                _ours[code.co_filename] = known
        if not known:
            return Place("", frame.f_lineno, code=code)
        frame = frame.f_back
    return NOWHERE


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
