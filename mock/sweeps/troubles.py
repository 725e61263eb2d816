"""What a sweep does to a call: faults by name, statuses, and bodies that are not what they were."""

from __future__ import annotations

import json
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import RouteError
from ..replies.faults import fault_named
from ..replies.kinds import Reply, Respond
from ..replies.spoiled import spoiled
from ..replies.sugar import reply_from
from ..replies.words import response_reply
from ..values import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...client import Response
    from ..calls.log import Call
    from ..colors import Color
    from ..replies.kinds import Performance

TROUBLES = (
    "connect-refused",
    "connect-timeout",
    "read-timeout",
    "disconnect",
    "reset",
    "truncate",
    429,
    500,
    503,
    "empty",
    "half-json",
)
"""What a sweep does where it is not told: what happens to every server once."""

_OF_BODIES = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class Trouble(NamedTuple):
    """One thing that may happen to a call."""

    name: str
    make: Callable[[Call], Reply | None]
    """Returns what happens to the call of an undisturbed run; `None` where it cannot."""


def troubles(said: Iterable[Any]) -> list[Trouble]:
    """Return what names of faults, statuses and replies stand for."""
    found = [_trouble(each) for each in said]
    if not found:
        raise RouteError("a sweep wants at least one fault")
    return found


def _trouble(said: Any) -> Trouble:
    if isinstance(said, str):
        make = _MAKERS.get(said)
        if make is not None:
            return Trouble(said, make)
        fault = fault_named(said)
        if fault.must_begin:
            return Trouble(said, partial(_in_body, said))
        return Trouble(said, partial(_before, said))
    if isinstance(said, int) and not isinstance(said, bool):
        made = response_reply(said, headers={"Retry-After": "1"} if said in (429, 503) else None)
        return Trouble(str(said), partial(_always, made))
    if isinstance(said, (Reply, tuple)):
        reply = reply_from(said)
        return Trouble(reply.describe(), partial(_always, reply))
    raise RouteError(f"a sweep takes names of faults, statuses and replies, not {show(said)}")


class Silent(Reply):
    """Never answers."""

    __slots__ = ("is_endless",)

    def __init__(self) -> None:
        super().__init__()
        self.is_endless: bool = False
        """Whether a client was met that would have waited for ever."""

    async def produce(self, call: Performance, color: Color) -> Response:
        try:
            await call.pause(inf, color)
        except RuntimeError:
            self.is_endless = True
            raise
        raise AssertionError("unreachable")

    def describe(self) -> str:
        return "never answers"


def carrier_of(call: Call) -> Respond | None:
    """Return what answered a call, to be changed and played once more; `None` where nobody knows its body."""
    response = call.response
    if response is None:
        return None
    try:
        body = response.content
    except RuntimeError:
        return None
    fields = [field for field in response.headers.raw if field[0].lower() not in _OF_BODIES]
    fields.append((b"Content-Length", b"%d" % len(body)))
    return Respond(response.status_code, fields, body, {"http_version": b"HTTP/1.1"}, 0.0)


def _always(reply: Reply, call: Call) -> Reply:
    return reply


def _before(name: str, call: Call) -> Reply:
    return spoiled(name, {})


def _silence(call: Call) -> Reply:
    return Silent()


def _in_body(name: str, call: Call) -> Reply | None:
    carrier = carrier_of(call)
    if carrier is None or not carrier.body:
        return None
    return spoiled(name, {}, carrier)


def _empty(call: Call) -> Reply | None:
    carrier = carrier_of(call)
    if carrier is None or not carrier.body:
        return None
    return _with_body(carrier, b"")


def _half_json(call: Call) -> Reply | None:
    carrier = carrier_of(call)
    if carrier is None or len(carrier.body) < 2:
        return None
    try:
        json.loads(carrier.body)
    except ValueError:
        return None
    return _with_body(carrier, carrier.body[: (len(carrier.body) + 1) // 2])


def _with_body(carrier: Respond, body: bytes) -> Respond:
    fields = [field for field in carrier.fields if field[0].lower() != b"content-length"]
    return carrier.with_fields([*fields, (b"Content-Length", b"%d" % len(body))]).with_body(body)


_MAKERS: dict[str, Callable[[Call], Reply | None]] = {
    "empty": _empty,
    "half-json": _half_json,
    "read-timeout": _silence,
}
