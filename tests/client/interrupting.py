"""Interrupts where a signal could strike: between any two lines of the library."""

from __future__ import annotations

import contextlib
import functools
import linecache
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


# A test that takes `every` strikes at each fifth line, and in its long form at each.
at_lines = pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow, id="1")])


def first_of(every: int) -> int:
    """Return the line to begin with, so that each Python strikes at others."""
    return 1 + sys.version_info.minor // 2 % every


class Interrupter:
    """Raises an error at the n-th line that a call comes to in files whose path contains `where`; 0 raises nothing."""

    # A line of `with` is seen once more at the end of its block, and one of `try` does nothing: no interrupt can
    # strike at either.
    passed_over = ("with ", "try:")

    def __init__(self, at: int, error: type[BaseException] = KeyboardInterrupt, where: str = "client") -> None:
        self.at = at
        self.error = error
        self.where = where
        self.lines = 0
        self._unwinding: FrameType | None = None
        self._struck_lines: dict[str, frozenset[int] | None] = {}  # by file; `None` where nothing strikes

    @property
    def has_struck(self) -> bool:
        return 0 < self.at <= self.lines

    @contextlib.contextmanager
    def on(self) -> Generator[None, None, None]:
        """Interrupt what happens in this block."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            yield
        finally:
            sys.settrace(before)

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        path = frame.f_code.co_filename
        if path not in self._struck_lines:
            is_ours = self.where in path.replace("\\", "/") and "tests" not in path
            self._struck_lines[path] = _struck_lines(path, self.passed_over) if is_ours else None
        lines = self._struck_lines[path]
        if lines is None:
            return None
        if event == "line":
            if frame is self._unwinding:
                self._unwinding = None
            elif frame.f_lineno in lines:
                self.lines += 1
                if self.lines == self.at:
                    raise self.error
        elif event == "exception":
            # Until Python 3.10, what ends a `with` block after an error is seen as the block's last line.
            self._unwinding = frame
        return self


@functools.cache
def _struck_lines(path: str, passed_over: tuple[str, ...]) -> frozenset[int]:
    """Return the numbers of the lines at which an interrupt can strike."""
    return frozenset(
        number for number, line in enumerate(linecache.getlines(path), 1) if not line.lstrip().startswith(passed_over)
    )
