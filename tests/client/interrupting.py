"""Interrupts where a signal could strike: between any two lines of the library."""

from __future__ import annotations

import contextlib
import linecache
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


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
        if self.where not in path.replace("\\", "/") or "tests" in path:
            return None
        if event == "exception":
            # Until Python 3.10, what ends a `with` block after an error is seen as the block's last line.
            self._unwinding = frame
        elif event == "line" and frame is self._unwinding:
            self._unwinding = None
        elif event == "line" and not linecache.getline(path, frame.f_lineno).lstrip().startswith(self.passed_over):
            self.lines += 1
            if self.lines == self.at:
                raise self.error
        return self
