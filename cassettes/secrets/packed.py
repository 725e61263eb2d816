"""Values in a binary form, read one after the other and said anew without their secrets.

What nobody hides keeps its bytes, whatever its spelling. How values are spelled is known to each form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .members import Hider

DEEPEST = 100


class Packed:
    """Reads value after value; what cannot be read is a `ValueError`."""

    def __init__(self, content: bytes, hider: Hider) -> None:
        self._content = content
        self._hider = hider
        self._at = 0

    def whole(self) -> bytes | None:
        """Return all values without their secrets; `None` where they cannot be read."""
        said: list[bytes] = []
        try:
            while self._at < len(self._content):
                said.append(self.value(None, 0))
        except ValueError:
            return None
        return b"".join(said)

    def value(self, name: str | None, depth: int) -> bytes:
        """Return the next value without its secrets; `name` is that of the member in which it stands."""
        raise NotImplementedError

    def spelled(self, content: bytes) -> bytes:
        """Return a string with its length before it."""
        raise NotImplementedError

    def _text(self, content: bytes, start: int, name: str | None) -> bytes:
        """Return a string, which stands from `start` to here, without its secrets."""
        text = content.decode("utf-8")
        said = self._hider.text(text) if name is None else self._hider.named(name, text)
        return self._content[start : self._at] if said == text else self.spelled(said.encode("utf-8"))

    def _taken(self, size: int) -> bytes:
        start = self._at
        self._at += size
        if self._at > len(self._content):
            raise ValueError("the end is missing")
        return self._content[start : self._at]
