"""Why a stream or a connection was ended: the codes of RFC 9113, section 7, and what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...errors import RemoteProtocolError

NO_ERROR = 0x0
PROTOCOL_ERROR = 0x1
INTERNAL_ERROR = 0x2
FLOW_CONTROL_ERROR = 0x3
SETTINGS_TIMEOUT = 0x4
STREAM_CLOSED = 0x5
FRAME_SIZE_ERROR = 0x6
REFUSED_STREAM = 0x7
CANCEL = 0x8
COMPRESSION_ERROR = 0x9
CONNECT_ERROR = 0xA
ENHANCE_YOUR_CALM = 0xB
INADEQUATE_SECURITY = 0xC
HTTP_1_1_REQUIRED = 0xD

_UNSAFE = "it may have processed the request: send it again only where that is safe"

# Code -> (its name, what to do).
_TABLE: dict[int, tuple[str, str]] = {
    NO_ERROR: ("NO_ERROR", _UNSAFE),
    PROTOCOL_ERROR: ("PROTOCOL_ERROR", "it objects to how the request was sent; compare with http2=False"),
    INTERNAL_ERROR: ("INTERNAL_ERROR", f"the fault is the server's; {_UNSAFE}"),
    FLOW_CONTROL_ERROR: ("FLOW_CONTROL_ERROR", "it counts bytes differently; compare with http2=False"),
    SETTINGS_TIMEOUT: ("SETTINGS_TIMEOUT", "it waited too long for this client; try again"),
    STREAM_CLOSED: ("STREAM_CLOSED", _UNSAFE),
    FRAME_SIZE_ERROR: ("FRAME_SIZE_ERROR", "it objects to how the request was sent; compare with http2=False"),
    REFUSED_STREAM: ("REFUSED_STREAM", "it has not looked at the request: send it again"),
    CANCEL: ("CANCEL", f"it has lost interest; {_UNSAFE}"),
    COMPRESSION_ERROR: ("COMPRESSION_ERROR", "it could not read the header; compare with http2=False"),
    CONNECT_ERROR: ("CONNECT_ERROR", "the tunnel behind it has broken"),
    ENHANCE_YOUR_CALM: ("ENHANCE_YOUR_CALM", "it gets too much: send less at once"),
    INADEQUATE_SECURITY: ("INADEQUATE_SECURITY", "it wants better TLS than was agreed; check verify=ssl_context"),
    HTTP_1_1_REQUIRED: ("HTTP_1_1_REQUIRED", "it wants HTTP/1.1 for this: use http2=False"),
}


def named(code: int) -> str:
    """Return a code's name; codes without a name mean INTERNAL_ERROR, and are shown as they are."""
    known = _TABLE.get(code)
    return known[0] if known else f"code {code:#x}"


def advice(code: int, *, is_unseen: bool = False) -> str:
    """Return what to do when a server ends something with `code`, perhaps before it has looked at it."""
    said = _TABLE.get(code, _TABLE[INTERNAL_ERROR])[1]
    return said.replace(_UNSAFE, "send it again") if is_unseen else said


class ConnectionFailure(Exception):
    """The server broke a rule in a way that ends the connection; `error` is what the callers see, if not the usual."""

    def __init__(self, code: int, said: str, error: RemoteProtocolError | None = None) -> None:
        super().__init__(said)
        self.code = code
        self.error = error


class StreamFailure(Exception):
    """The server broke a rule in a way that ends one stream; `error` is what its caller sees, if not the usual."""

    def __init__(self, code: int, said: str, error: RemoteProtocolError | None = None) -> None:
        super().__init__(said)
        self.code = code
        self.error = error
