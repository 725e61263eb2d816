"""What a hostile server does with one connection, as data: a script is a tuple of these steps.

When a script has ended, the connection is closed properly. Waiting is for events, or for a client that hangs up;
a step that lets time pass stops at once when the server is closed.
"""

from __future__ import annotations

from typing import NamedTuple, Union


class Read(NamedTuple):
    """Read one request: its head, and the body that its head announces."""


class ReadHead(NamedTuple):
    """Read one request's head, and leave its body where it is."""


class ReadBody(NamedTuple):
    """Read `size` bytes of a body."""

    size: int


class Send(NamedTuple):
    """Send bytes."""

    data: bytes


class Slices(NamedTuple):
    """Send bytes in packets of `size`."""

    data: bytes
    size: int = 1


class Drip(NamedTuple):
    """Send one byte every `every` seconds, until all is said or the client hangs up."""

    data: bytes
    every: float = 0.02


class Flood(NamedTuple):
    """Send the same piece again and again, until `most` bytes are sent or the client hangs up."""

    piece: bytes
    most: int


class Reset(NamedTuple):
    """Close with RST instead of FIN."""


class Cut(NamedTuple):
    """Close at once, inside TLS without its closing message."""


class CloseNotify(NamedTuple):
    """Send the closing message of TLS, and leave the connection below it open."""


class HalfClose(NamedTuple):
    """Send FIN, and go on reading."""


class Tell(NamedTuple):
    """Set an event that the test waits for."""

    event: str


class WaitFor(NamedTuple):
    """Wait for an event that the test sets."""

    event: str


class Listen(NamedTuple):
    """Read and note whatever comes, until the client hangs up."""


class Stall(NamedTuple):
    """Keep the connection open, neither reading nor writing, until the server is closed."""


class Echo(NamedTuple):
    """Answer some requests, each with its own target as the body."""

    times: int


class BeGood(NamedTuple):
    """Answer every request properly, until the client hangs up."""


Step = Union[
    Read,
    ReadHead,
    ReadBody,
    Send,
    Slices,
    Drip,
    Flood,
    Reset,
    Cut,
    CloseNotify,
    HalfClose,
    Tell,
    WaitFor,
    Listen,
    Stall,
    Echo,
    BeGood,
]
Script = tuple[Step, ...]
