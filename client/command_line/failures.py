"""How a command ends: one exit status for each kind of end, and one line for each error.

0   the server answered, and not with an error status
1   it answered with 4xx or 5xx; for other commands: something was found to be wrong
2   the command was not understood
3   there was no way to the server: its name, the connection, TLS, a proxy
4   the time was up
5   what the server sent was broken, or led in circles
6   a file or a tape: not readable, not writable, or without an answer
"""

from __future__ import annotations

import re

from ..errors import (
    DecodingError,
    HTTPStatusError,
    InvalidURL,
    LocalProtocolError,
    NetworkError,
    ProxyError,
    RemoteProtocolError,
    RequestError,
    TimeoutException,
    TooManyRedirects,
    UnsupportedProtocol,
)

SUCCESS = 0
ERROR_STATUS = 1
WRONG_USE = 2
NO_CONNECTION = 3
TIME_IS_UP = 4
BROKEN_ANSWER = 5
FILE_TROUBLE = 6


class Missing(Exception):
    """Something that the command needs is not installed."""


# From the most special to the most general: the first that fits decides.
_STATUSES: tuple[tuple[type[BaseException], int], ...] = (
    (Missing, WRONG_USE),
    (HTTPStatusError, ERROR_STATUS),
    (TimeoutException, TIME_IS_UP),
    (ProxyError, NO_CONNECTION),
    (LocalProtocolError, WRONG_USE),
    (UnsupportedProtocol, WRONG_USE),
    (InvalidURL, WRONG_USE),
    (RemoteProtocolError, BROKEN_ANSWER),
    (DecodingError, BROKEN_ANSWER),
    (TooManyRedirects, BROKEN_ANSWER),
    (NetworkError, NO_CONNECTION),
    (RequestError, BROKEN_ANSWER),
    (OSError, FILE_TROUBLE),
)


def exit_status(error: BaseException) -> int | None:
    """Return the status with which an error ends a command; `None` for what is a bug, and deserves its traceback."""
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    # The errors of tapes are no business of the client, but say what would mend them.
    return FILE_TROUBLE if getattr(error, "mend", None) is not None else None


def described(error: BaseException) -> str:
    """Return what to say about an error: one line, unless it explains itself at length."""
    if getattr(error, "mend", None) is not None:
        return str(error)
    if isinstance(error, OSError) and not isinstance(error, (RequestError, HTTPStatusError)) and error.filename:
        return f"{error.filename}: {error.strerror}"
    # Here it is an option that allows more.
    said = re.sub(r"\bTimeout\(\w+=\.\.\.\)", "--timeout SECONDS", " ".join(str(error).split()))
    if isinstance(error, Missing):
        return said
    name = type(error).__name__
    return f"{name}: {said}" if said else name
