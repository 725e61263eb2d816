"""What a server does with one request on the wire, as data: a script is a tuple of acts."""

from __future__ import annotations

from typing import NamedTuple, Union

Fields = list[tuple[bytes, bytes]]


class SayHead(NamedTuple):
    """Send the head of the response, with fields of other names added to its own."""

    more: tuple[tuple[bytes, bytes], ...] = ()


class SayBody(NamedTuple):
    """Send the body, or its first `most` bytes."""

    most: int | None = None


class End(NamedTuple):
    """Say that the response is complete, as its framing has it."""


class Say(NamedTuple):
    """Send bytes as they are."""

    data: bytes


class Frame(NamedTuple):
    """Send a frame of HTTP/2, for the request's stream or for the whole connection."""

    kind: int
    payload: bytes = b""
    flags: int = 0
    is_for_stream: bool = True


class Flood(NamedTuple):
    """Send the same piece for as long as the client reads, up to `most` bytes."""

    piece: bytes | Frame
    most: int = 64 * 1024 * 1024


class Silence(NamedTuple):
    """Say nothing more, and keep the connection open."""


class Close(NamedTuple):
    """Close the connection in order."""


class Reset(NamedTuple):
    """Break the connection."""


Act = Union[SayHead, SayBody, End, Say, Flood, Frame, Silence, Close, Reset]
Acts = tuple[Act, ...]

PROPERLY: Acts = (SayHead(), SayBody(), End())


class Message(NamedTuple):
    """A response as it is going to stand on the wire."""

    status: int
    reason: bytes
    fields: Fields
    trailers: Fields
    is_bodiless: bool
    """Whether HTTP allows it no body: an answer to HEAD, a 204, a 304."""

    def has(self, name: bytes) -> bool:
        """Whether there is a field of that name, in lower case."""
        return any(own.lower() == name for own, _ in self.fields)

    def without(self, *names: bytes) -> Message:
        """Return it without the fields of these names, in lower case."""
        return self._replace(fields=[field for field in self.fields if field[0].lower() not in names])

    def chunked(self) -> Message:
        """Return it with a body that goes in chunks."""
        bare = self.without(b"content-length", b"transfer-encoding")
        return bare._replace(fields=[*bare.fields, (b"Transfer-Encoding", b"chunked")])
