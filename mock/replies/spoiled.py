"""A reply that goes wrong: by its name, on the wire where that is played, else by the error that the wire would raise.

What it spoils is a response of its own, or the one that the route had already:
`.respond(content=b"x" * 1000).fault("truncate", at=400)`.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Any

from ... import client as _client
from ..acts import PROPERLY, Acts
from ..errors import RouteError
from ..values import show
from .bodies import PlayedStream, compressed, piece_factory
from .faults import CONNECTING, HTTP2, Blow, Fault, fault_named
from .kinds import Play, Reply, Respond, fresh_error
from .words import BODIES, check_words, response_reply

if TYPE_CHECKING:
    from ...client import RequestError, Response
    from ..colors import Color
    from .kinds import Performance

_USUAL = 1_000
"""How long a body is of which nothing was said."""
_LONGER = 10
"""How many bytes more than there are a wrong length announces."""

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class Spoiled(Reply):
    """Fails as networks and servers do."""

    __slots__ = ("at", "carrier", "code", "fault", "name")

    def __init__(
        self, name: str, carrier: Respond | Play, *, at: int | None = None, code: int | None = None, delay: float = 0.0
    ) -> None:
        super().__init__(delay)
        self.name: str = name
        self.fault: Fault = fault_named(name)
        self.at: int | None = at
        self.code: int = self.fault.code if code is None else code
        self.carrier: Respond | Play = carrier

    @property
    def version(self) -> str:
        """The version of HTTP in which it goes wrong."""
        said: bytes = self.carrier.extensions["http_version"]
        return said.decode()

    @property
    def acts(self) -> Acts:
        """What a server does to go wrong so."""
        make = self.fault.acts
        return PROPERLY if make is None else make(Blow(self.at, self.version, self.code))

    @property
    def announced(self) -> int | None:
        """How long a head says that the body is which says too much."""
        if not self.fault.is_short or not isinstance(self.carrier, Respond):
            return None
        return len(self.carrier.body) + _LONGER

    def connecting_error(self) -> OSError:
        """Return what the system says where no connection comes to be."""
        return _connecting(self.name)

    def error(self) -> Exception:
        """Return what a client makes of it."""
        fault = self.fault
        kind = fault.error if self.at is None and not fault.must_begin else fault.body_error
        made: Any = getattr(_client, kind)
        said = f"{fault.said} (mocked)"
        if kind != "IncompleteBody":
            error: RequestError = made(said)
            return self._marked(error)
        whole = len(self.carrier.body) if isinstance(self.carrier, Respond) and not fault.is_chunked else None
        received = self.at if self.at is not None else whole
        expected = self.announced or whole
        of = "" if expected is None else f" of {expected}"
        cut: RequestError = made(
            f"the body ended after {received}{of} bytes: {said}", received=received, expected=expected
        )
        return self._marked(cut)

    def _marked(self, error: RequestError) -> RequestError:
        """Return an error that knows how a server would have led to it, and whether it may be sent again."""
        fault = self.fault
        if fault.when != CONNECTING:
            error.request_sent = True
            error.retryable = fault.is_unseen and self.at is None
        error.mocked_acts = self.acts  # type: ignore[attr-defined]  # for a router that is a server
        return error

    async def produce(self, call: Performance, color: Color) -> Response:
        fault = self.fault
        if not fault.spoils_content and (self.at is None and not fault.must_begin):
            raise fresh_error(self.error(), call)
        if fault.spoils_content or call.request.method == "HEAD":
            return await self.carrier.produce(call, color)
        carrier = self.carrier
        stream = PlayedStream(
            piece_factory([carrier.body]) if isinstance(carrier, Respond) else carrier.pieces,
            every=0.0 if isinstance(carrier, Respond) else carrier.every,
            call=call,
            most=self.at,
            ending=fresh_error(self.error(), call),
        )
        call.stream_opened(stream)
        return _client.Response(
            carrier.status,
            headers=_client.Headers.received(list(carrier.fields)),
            stream=stream,
            request=call.request,
            extensions=carrier.extensions,
        )

    def describe(self) -> str:
        return f"fails: {self.name}" + ("" if self.at is None else f" after {self.at} bytes")


def spoiled(name: object, words: dict[str, Any], carrier: Reply | None = None) -> Reply:
    """Return the reply that fails by this name; `words` are those of `respond`, and `at`, `code`, `delay`."""
    fault = fault_named(name)
    words = dict(words)
    check_words(words)
    if fault.drips:
        return _dripping(fault, words, carrier)
    at, code, delay = words.pop("at", None), words.pop("code", None), words.pop("delay", 0.0)
    if code is not None and fault.versions != HTTP2:
        raise RouteError(f"`code` cannot be said beside the fault {name!r}: only HTTP/2 has codes")
    if not fault.may_begin:
        refused = [word for word in ("at", *words) if word in words or (word == "at" and at is not None)]
        refused = [word for word in refused if word != "http_version"]
        if refused:
            raise RouteError(
                f"{', '.join(refused)} cannot be said beside the fault {name!r}: it strikes before any response"
            )
    carried = _carrier(name, fault, words, carrier, at)
    return Spoiled(str(name), carried, at=_checked_at(fault, at, carried), code=code, delay=delay)


def _dripping(fault: Fault, words: dict[str, Any], carrier: Reply | None) -> Play:
    every, delay = words.pop("every", 1.0), words.pop("delay", 0.0)
    whole = _carrier("slow-drip", fault, words, carrier, None)
    if not isinstance(whole, Respond):
        raise RouteError("the fault 'slow-drip' takes a body that is in memory; a stream drips with every=")
    bytes_one_by_one = [whole.body[place : place + 1] for place in range(len(whole.body))]
    return Play(whole.status, whole.fields, piece_factory(bytes_one_by_one), whole.extensions, every=every, delay=delay)


def _carrier(name: object, fault: Fault, words: dict[str, Any], carrier: Reply | None, at: Any) -> Respond | Play:
    """Return the response that goes wrong."""
    if words or not isinstance(carrier, (Respond, Play)):
        if fault.may_begin and not any(word in words for word in BODIES):
            words["content"] = b"x" * max(_USUAL, (at if isinstance(at, int) else 0) + 1)
        words.setdefault("http_version", fault.versions[0])
        carrier = response_reply(**words)
    elif fault.versions == HTTP2:
        carrier = carrier.with_version(b"HTTP/2")
    version = carrier.extensions["http_version"].decode()
    if version not in fault.versions:
        raise RouteError(f"{name!r} is a fault of {fault.versions[0]}, and this reply speaks {version}")
    if fault.may_begin and isinstance(carrier, Respond) and not carrier.body:
        raise RouteError(f"the fault {name!r} strikes in the body, and this response has none: give it content=")
    if fault.is_chunked:
        fields = [
            field for field in carrier.fields if field[0].lower() not in (b"content-length", b"transfer-encoding")
        ]
        return carrier.with_fields([*fields, (b"Transfer-Encoding", b"chunked")])
    return _damaged(name, carrier) if fault.spoils_content else carrier


def _checked_at(fault: Fault, at: Any, carrier: Respond | Play) -> int | None:
    if at is None:
        if not fault.must_begin or fault.is_short or fault.is_chunked or fault.spoils_content:
            return None
        return len(carrier.body) // 2 if isinstance(carrier, Respond) else 0
    if isinstance(at, bool) or not isinstance(at, int) or at < 0:
        raise RouteError(f"`at` takes how many bytes of the body arrive, not {show(at)}")
    if isinstance(carrier, Respond) and at >= len(carrier.body):
        raise RouteError(f"`at` takes how many bytes of the body arrive, fewer than its {len(carrier.body)}")
    return at


def _damaged(name: object, carrier: Respond | Play) -> Respond:
    """Return a compressed response whose body cannot be decompressed."""
    if not isinstance(carrier, Respond):
        raise RouteError(f"the fault {name!r} damages a body that is in memory: give content=, text= or json=")
    if not any(own.lower() == b"content-encoding" for own, _ in carrier.fields):
        body = compressed(carrier.body, "gzip")
        fields = [field for field in carrier.fields if field[0].lower() != b"content-length"]
        fields += [(b"Content-Encoding", b"gzip"), (b"Content-Length", b"%d" % len(body))]
        carrier = carrier.with_fields(fields).with_body(body)
    body = carrier.body
    for start in range(len(body) // 2, -1, -1):
        # Not every codec has a checksum: a change that decodes all the same is no damage.
        damaged = body[:start] + bytes(byte ^ 0xFF for byte in body[start:])
        if not _decodes(carrier.fields, damaged):
            return carrier.with_body(damaged)
    raise RouteError(f"the fault {name!r} finds no way to damage this body")


def _decodes(fields: list[tuple[bytes, bytes]], body: bytes) -> bool:
    headers = _client.Headers.received(list(fields))
    try:
        _client.Response(200, headers=headers, stream=_client.ByteStream(body)).read()
    except _client.DecodingError:
        return False
    return True


def _connecting(name: str) -> OSError:
    if name == "dns":
        return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if name == "tls":
        import ssl

        return ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
    if name == "connect-timeout":
        return TimeoutError("the server does not answer")
    return ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
