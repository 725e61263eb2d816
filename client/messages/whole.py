"""The body of a message once it is in memory, by the name that libraries built on httpx look for."""

from __future__ import annotations


class WholeBody:
    """A message whose body may be in memory as a whole."""

    _whole: bytes | None = None

    @property
    def _content(self) -> bytes:
        # As in httpx, where `hasattr(message, "_content")` asks whether the body has been read.
        if self._whole is None:
            raise AttributeError("_content")
        return self._whole

    @_content.setter
    def _content(self, content: bytes) -> None:
        self._whole = content

    @_content.deleter
    def _content(self) -> None:
        self._whole = None
