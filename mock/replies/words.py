"""What the words of a reply mean for the message: `json=`, `cookies=`, `encoding=`, `rate=`, one function each."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Callable, Union
from urllib.parse import urlencode

from ...client import Headers, HTTPError
from ..errors import RouteError
from ..values import is_mapping, show
from .bodies import PieceFactory, as_bytes, compressed, dumped, event_bytes, piece_factory
from .kinds import UNSET, Play, Respond

if TYPE_CHECKING:
    from collections.abc import Iterable

_WITHOUT_BODY = frozenset({204, 205, 304})
_VERSIONS = {"HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"}
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kM]?)B/s\s*\Z")

WORDS = (
    "at",
    "code",
    "content",
    "content_type",
    "cookies",
    "delay",
    "early",
    "encoding",
    "error",
    "every",
    "fault",
    "file",
    "form",
    "headers",
    "html",
    "http_version",
    "json",
    "pass_through",
    "rate",
    "reason",
    "redirect",
    "sse",
    "status",
    "stream",
    "text",
    "trailers",
)

Body = Union[bytes, PieceFactory]


def check_words(words: Iterable[str]) -> None:
    """Refuse words that no reply has, and name the nearest one that they have."""
    for word in words:
        if word not in WORDS:
            near = get_close_matches(word, WORDS, 1)
            hint = f", did you mean {near[0]!r}?" if near else f"; known are {', '.join(WORDS)}"
            if word == "body":
                hint = ": write text=, content= or json="
            raise RouteError(f"a reply has no {word!r}{hint}")


def checked_status(status: Any) -> None:
    """Refuse what is no final status code."""
    if isinstance(status, bool) or not isinstance(status, int):
        raise RouteError(f"a status is a number such as 200, not {show(status)}")
    if not (200 <= status <= 999 or status == 101):
        raise RouteError(f"{status} is no status of a final response: those go from 200 to 999")


def body_of(words: dict[str, Any], folder: str | None) -> tuple[Body, str]:
    """Return the body and its content type; at most one word may say it."""
    said = [word for word, value in words.items() if (value is not UNSET if word == "json" else value is not None)]
    if len(said) > 1:
        raise RouteError(
            f"a response has one body, and this one has {len(said)}: {', '.join(f'`{word}=`' for word in said)}"
        )
    return BODIES[said[0]](words[said[0]], folder) if said else (b"", "")


def _json(value: Any, _: str | None) -> tuple[Body, str]:
    return dumped(value), "application/json"


def _text(value: Any, _: str | None) -> tuple[Body, str]:
    if not isinstance(value, str):
        raise RouteError(f"`text` takes text, not {show(value)}")
    return value.encode(), "text/plain; charset=utf-8"


def _html(value: Any, _: str | None) -> tuple[Body, str]:
    if not isinstance(value, str):
        raise RouteError(f"`html` takes text, not {show(value)}")
    return value.encode(), "text/html; charset=utf-8"


def _content(value: Any, _: str | None) -> tuple[Body, str]:
    if isinstance(value, (str, bytes, bytearray)):
        return as_bytes(value), ""
    if is_mapping(value):
        raise RouteError(f"`content` takes bytes, text or a list of pieces; say JSON with json=, not {show(value)}")
    return piece_factory(value), ""


def _stream(value: Any, _: str | None) -> tuple[Body, str]:
    return piece_factory(value), ""


def _sse(value: Any, _: str | None) -> tuple[Body, str]:
    if isinstance(value, (str, bytes)) or is_mapping(value):
        raise RouteError(f"`sse` takes a list of events, not {show(value)}")
    return piece_factory([event_bytes(event) for event in value]), "text/event-stream"


def _form(value: Any, _: str | None) -> tuple[Body, str]:
    try:
        return urlencode(value, doseq=True).encode(), "application/x-www-form-urlencoded"
    except TypeError as error:
        raise RouteError(f"`form` takes a dict or pairs of names and values, not {show(value)}") from error


def _file(value: Any, folder: str | None) -> tuple[Body, str]:
    from mimetypes import guess_type

    path_like: os.PathLike[str] | str = value
    name = os.fspath(path_like)
    tried = [name] if os.path.isabs(name) or folder is None else [os.path.join(folder, name), name]
    for path in tried:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read(), guess_type(path)[0] or "application/octet-stream"
    raise RouteError(f"there is no file {' and no file '.join(map(repr, tried))}")


BODIES: dict[str, Callable[..., Any]] = {
    "content": _content,
    "file": _file,
    "form": _form,
    "html": _html,
    "json": _json,
    "sse": _sse,
    "stream": _stream,
    "text": _text,
}


def fields_of(
    status: int,
    body: Body,
    *,
    headers: Any,
    cookies: Any,
    content_type: str,
    encoding: str | None,
) -> list[tuple[bytes, bytes]]:
    """Return the header fields that go with a body."""
    fields = sendable(headers, "the headers of this reply cannot be sent")
    if status in _WITHOUT_BODY and body != b"":
        raise RouteError(f"a response with status {status} has no body (RFC 9110): leave it out, or use another status")
    if content_type:
        fields.setdefault("Content-Type", _checked_value("content_type", content_type))
    if encoding is not None:
        fields["Content-Encoding"] = encoding
    said = fields.get("Content-Length")
    if not isinstance(body, bytes):
        if said is None and "Transfer-Encoding" not in fields:
            fields["Transfer-Encoding"] = "chunked"
    elif said is not None and said != str(len(body)) and body:
        raise RouteError(f"Content-Length says {said}, and the body has {len(body)} bytes")
    elif said is None and "Transfer-Encoding" not in fields and status not in _WITHOUT_BODY:
        fields["Content-Length"] = str(len(body))
    raw = fields.raw
    raw += [(b"Set-Cookie", line) for line in cookie_lines(cookies)]
    return raw


def sendable(fields: Any, complaint: str) -> Headers:
    """Return header fields; a `RouteError` that begins with the complaint where the network would refuse them."""
    try:
        return Headers(fields)
    except (HTTPError, TypeError, ValueError, AttributeError) as error:
        raise RouteError(f"{complaint}: {error}") from error


def _checked_value(word: str, value: str) -> str:
    sendable({"X": value}, f"`{word}` cannot be sent as a header field")
    return value


def cookie_lines(cookies: Any) -> list[bytes]:
    """Return Set-Cookie values, from a dict of names and values, or from whole lines."""
    if cookies is None:
        return []
    if isinstance(cookies, str):
        cookies = [cookies]
    lines = [f"{name}={value}; Path=/" for name, value in cookies.items()] if is_mapping(cookies) else list(cookies)
    for line in lines:
        if not isinstance(line, str) or "=" not in line:
            raise RouteError(f"`cookies` takes a dict, or whole lines such as 'sid=1; Path=/', not {show(line)}")
        _checked_value("cookies", line)
    return [line.encode() for line in lines]


def extensions_of(http_version: str | None, reason: str | None, trailers: Any) -> dict[str, Any]:
    """Return what travels beside the message."""
    extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
    if http_version is not None:
        if http_version not in _VERSIONS:
            raise RouteError(f"`http_version` is one of {', '.join(sorted(_VERSIONS))}, not {show(http_version)}")
        extensions["http_version"] = http_version.encode()
    if reason is not None:
        extensions["reason_phrase"] = _checked_value("reason", reason).encode()
    if trailers is not None:
        extensions["trailers"] = sendable(trailers, "the trailers of this reply cannot be sent")
    return extensions


def paced(body: bytes, rate: Any) -> tuple[PieceFactory, float]:
    """Return a body in pieces, a tenth of a second each, for a rate in bytes per second."""
    if isinstance(rate, str):
        said = _RATE.match(rate)
        if said is None:
            raise RouteError(f"`rate` takes bytes per second, or text such as '10kB/s', not {show(rate)}")
        rate = float(said[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[said[2]]
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not rate > 0:
        raise RouteError(f"`rate` takes bytes per second, more than 0, not {show(rate)}")
    size = max(1, int(rate / 10))
    return piece_factory([body[start : start + size] for start in range(0, len(body), size)]), size / rate


def response_reply(
    status: int = 200,
    *,
    headers: Any = None,
    cookies: Any = None,
    content_type: str | None = None,
    encoding: str | None = None,
    trailers: Any = None,
    delay: float = 0.0,
    rate: Any = None,
    every: float = 0.0,
    http_version: str | None = None,
    reason: str | None = None,
    early: bool = False,
    folder: str | None = None,
    **bodies: Any,
) -> Respond | Play:
    """Return the reply that these words describe; one of `BODIES` says its body."""
    _refuse_words_of_others(bodies)
    checked_status(status)
    body, kind = body_of(bodies, folder)
    if encoding is not None:
        body = _encoded(body, encoding)
    extensions = extensions_of(http_version, reason, trailers)
    kind = content_type or kind
    fields = fields_of(status, body, headers=headers, cookies=cookies, content_type=kind, encoding=encoding)
    if rate is not None and isinstance(body, bytes):
        body, every = paced(body, rate)
    made: Respond | Play
    if isinstance(body, bytes):
        made = Respond(status, fields, body, extensions, delay)
    else:
        made = Play(status, fields, body, extensions, every=every, delay=delay)
    made.is_early = early
    return made


def _refuse_words_of_others(words: Iterable[str]) -> None:
    """Refuse words of other replies."""
    others = [word for word in words if word not in BODIES]
    if others:
        raise RouteError(
            f"{', '.join(f'`{word}=`' for word in others)} cannot be said of a plain response: "
            "`at` and `code` go with `fault=`, and faults, errors and redirects are replies of their own"
        )


def _encoded(body: Body, encoding: str) -> bytes:
    if not isinstance(body, bytes):
        raise RouteError("`encoding` compresses a body that is in memory: give content=, text= or json=")
    return compressed(body, encoding)
