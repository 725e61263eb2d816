"""Where the time of a request goes, hop by hop.

A hop is one request on the wire: the first one, each redirect, each retry, each round of authentication.
Event hooks tell where hops begin and how they end; how long their phases took is what `response.timings` says.
Where there was no response, the `trace` extension has told how far it went.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..messages.request import Request
    from ..messages.response import Response
    from ..network.backends.addresses import Address

_PHASES = {
    "connection.connect_tcp": "connect",
    "connection.connect_unix_socket": "connect",
    "proxy.start_tls": "proxy TLS",
    "connection.start_tls": "TLS",
    "http2.send_connection_init": "HTTP/2",
    "http11.send_request_headers": "send",
    "http11.send_request_body": "send",
    "http2.send_request_headers": "send",
    "http2.send_request_body": "send",
    "http11.receive_response_headers": "first byte",
    "http2.receive_response_headers": "first byte",
    "http11.receive_response_body": "download",
    "http2.receive_response_body": "download",
}


# The phases of `Timings`, in the order in which they follow one another.
_MEASURED = {
    "queue": "queue",
    "dns": "DNS",
    "connect": "connect",
    "tls": "TLS",
    "send": "send",
    "first_byte": "first byte",
    "download": "download",
}


@dataclass
class Phase:
    """One thing that was waited for, from when to when on the clock of the stopwatch."""

    name: str
    start: float
    end: float

    @property
    def took(self) -> float:
        return self.end - self.start


def _no_phases() -> list[Phase]:
    return []


@dataclass
class Hop:
    """One request on the wire and what came of it."""

    method: str
    url: str
    start: float
    traced: list[Phase] = field(default_factory=_no_phases)
    response: Response | None = None
    failure: str = ""
    peer: str = ""
    tls: str = ""

    @property
    def phases(self) -> list[Phase]:
        """What was waited for, in order; nothing where no network was asked."""
        timings = None if self.response is None else self.response.timings
        if timings is None or timings.first_byte is None:
            return self.traced
        start, found = self.start, _no_phases()
        for name, shown in _MEASURED.items():
            took: float | None = getattr(timings, name)
            if took is not None:
                found.append(Phase(shown, start, start + took))
                start += took
        return found

    @property
    def end(self) -> float:
        """When the last thing ended that was waited for."""
        return max([phase.end for phase in self.phases], default=self.start)

    def add(self, name: str, start: float, end: float) -> None:
        """Add to a phase; what belongs to one and the same is one, from its first start to its last end."""
        for phase in self.traced:
            if phase.name == name:
                phase.end = end
                return
        self.traced.append(Phase(name, start, end))


def _silence(_: str) -> None:
    pass


class Stopwatch:
    """Collects hops. `note` is told in a few words what happens, as it happens."""

    def __init__(self, note: Callable[[str], None] = _silence, now: Callable[[], float] = time.perf_counter) -> None:
        self.hops: list[Hop] = []
        self._now = now
        self._note = note
        self._started: dict[str, float] = {}
        self._names: tuple[float, float] | None = None

    @property
    def hooks(self) -> dict[str, list[Callable[..., Any]]]:
        """The event hooks that tell where hops begin and how they ended."""
        return {"request": [self._begin], "response": [self._answered], "error": [self._failed]}

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Ask for the addresses of a name as blocking clients do, and remember how long that took."""
        from ..network.backends import blocking

        start = self._now()
        addresses = await blocking.resolve(host, port)
        self._names = (start, self._now())
        self._note(f"{host} is {', '.join(str(address.sockaddr[0]) for address in addresses)}")
        return addresses

    def trace(self, name: str, info: dict[str, Any]) -> None:
        """Take one event of the `trace` extension."""
        step, _, moment = name.rpartition(".")
        phase = _PHASES.get(step)
        if phase is None or not self.hops:
            return
        hop, now = self.hops[-1], self._now()
        if moment == "started":
            self._started[step] = now
            if not hop.traced:
                hop.add("queue", hop.start, now)
            self._say(step, info)
            return
        start = self._started.pop(step, now)
        if self._names is not None and phase == "connect":
            hop.add("DNS", *self._names)
            start, self._names = self._names[1], None
        hop.add(phase, start, now)
        if moment == "failed":
            self._note(f"{step.partition('.')[2].replace('_', ' ')} failed: {info['exception']}")
        elif step.endswith(("connect_tcp", "start_tls")):
            self._connected(hop, info["return_value"])

    def _say(self, step: str, info: dict[str, Any]) -> None:
        if step == "connection.connect_tcp":
            self._note(f"connecting to {info['host']} port {info['port']}")
        elif step == "connection.connect_unix_socket":
            self._note(f"connecting to {info['path']}")

    def _connected(self, hop: Hop, stream: Any) -> None:
        peer: Any = stream.get_extra_info("server_addr")
        if peer:
            said = f"{peer[0]} port {peer[1]}"
            if said != hop.peer:
                self._note(f"connected to {said}")
            hop.peer = said
        tls: Any = stream.get_extra_info("ssl_object")
        if tls is not None:
            alpn = tls.selected_alpn_protocol()
            hop.tls = f"{tls.version()}, {tls.cipher()[0]}{f', ALPN {alpn}' if alpn else ''}"
            self._note(f"TLS: {hop.tls}")

    def _begin(self, request: Request) -> None:
        self._started.clear()
        self.hops.append(Hop(request.method, request.url.redacted, self._now()))

    def _answered(self, response: Response) -> None:
        self.hops[-1].response = response

    def _failed(self, error: BaseException) -> None:
        self.hops[-1].failure = type(error).__name__
