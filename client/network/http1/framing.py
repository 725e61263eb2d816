"""Where a response's body ends, and whether the connection may carry another request (RFC 9112, sections 6 and 9).

1. Content-Length and Transfer-Encoding together, two different lengths, a length that is not plain digits, a
   transfer coding other than chunked, a transfer coding in HTTP/1.0: each is an error. The RFC allows some of it to
   be repaired; repairing is how two programs come to disagree.
2. A response to HEAD, a 1xx, 204 or 304, and a 2xx to CONNECT have no body, whatever their fields say.
3. With neither length nor coding the body ends with the connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from ...errors import RemoteProtocolError
from .plain_codec import shown

if TYPE_CHECKING:
    from .heads import Head

CHUNKED = -1
UNTIL_CLOSE = -2

_LONGEST_LENGTH = 18  # digits: below 2**60, which nobody sends


Framing = tuple[int, bool, Optional[float]]
"""How many bytes of body there are, or `CHUNKED`, or `UNTIL_CLOSE`; whether the connection may be used again; and for
how many seconds the server says it keeps it idle."""


def framing(head: Head, method: str) -> Framing:
    """Return the framing of the response that begins with `head`.

    Raises `RemoteProtocolError` where it contradicts itself.
    """
    said = head.by_name
    keep_alive = head.version == b"HTTP/1.1"
    if "connection" in said:
        keep_alive = said["connection"] == b"keep-alive" or _keeps_alive(said["connection"], keep_alive)
    idle_timeout = _idle_timeout(said["keep-alive"]) if "keep-alive" in said else None
    length = _length(said["content-length"]) if "content-length" in said else UNTIL_CLOSE
    if "transfer-encoding" in said:
        if "content-length" in said:
            raise RemoteProtocolError("the response has both Content-Length and Transfer-Encoding")
        _check_chunked(said["transfer-encoding"], head.version)
        length = CHUNKED
    status = head.status
    if method == "HEAD" or status == 304:
        return 0, keep_alive, idle_timeout
    if status == 204 or status < 200 or (method == "CONNECT" and status < 300):
        # A length or coding here announces bytes that are not the next response either.
        return 0, keep_alive and length in (0, UNTIL_CLOSE), idle_timeout
    return length, keep_alive and length != UNTIL_CLOSE, idle_timeout


def _length(said: bytes | list[bytes]) -> int:
    if isinstance(said, bytes) and said.isdigit() and len(said) <= _LONGEST_LENGTH:
        return int(said)
    lengths = set(_items(said))
    if len(lengths) > 1:
        raise RemoteProtocolError(f"the response has several lengths: {shown(b', '.join(sorted(lengths)))}")
    length = lengths.pop()
    if not length.isdigit() or len(length) > _LONGEST_LENGTH:
        raise RemoteProtocolError(f"not a Content-Length: {shown(length)}")
    return int(length)


def _check_chunked(said: bytes | list[bytes], version: bytes) -> None:
    coding = said if isinstance(said, bytes) else b", ".join(said)
    if coding.lower() != b"chunked":
        raise RemoteProtocolError(f"a transfer coding that nobody asked for: {shown(coding)}")
    if version != b"HTTP/1.1":
        raise RemoteProtocolError("Transfer-Encoding in an HTTP/1.0 response")


def _keeps_alive(said: bytes | list[bytes], by_default: bool) -> bool:
    tokens = {token.lower() for token in _items(said)}
    if b"close" in tokens:
        return False
    return by_default or b"keep-alive" in tokens


def _idle_timeout(said: bytes | list[bytes]) -> float | None:
    for item in _items(said):
        name, _, value = item.partition(b"=")
        value = value.strip(b' \t"')
        if name.rstrip(b" \t").lower() == b"timeout" and value.isdigit() and len(value) <= 9:
            return float(value)
    return None


def _items(said: bytes | list[bytes]) -> list[bytes]:
    """Return what a field lists, on one line or on several (RFC 9110, section 5.6.1)."""
    lines = said if isinstance(said, bytes) else b",".join(said)
    return [item.strip(b" \t") for item in lines.split(b",")]
