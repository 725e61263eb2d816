"""Entries of HAR 1.2, as browsers, proxies and Playwright export them.

Their bodies are decoded although the header fields still speak of a coding, long ones may be in files beside the HAR,
and a request that failed has the status 0, or -1.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..interactions import Interaction, RecordedError
from ..playing.replaying import error_types
from .bodies import mapping, received, sent

if TYPE_CHECKING:
    from ..secrets.redaction import Fields

_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
# A browser calls it a failure, too, that there is nothing to show.
_BODILESS = (204, 205, 304)
_TEXTUAL = re.compile(r"^text/|json|xml|script|urlencoded", re.IGNORECASE)


def interaction(entry: Any, folder: str) -> Interaction | None:
    """Return one interaction, or `None` for a URL that no network was asked for; `folder` is where the HAR file is."""
    request, response = mapping(mapping(entry)["request"]), mapping(entry["response"])
    if str(request["url"]).partition(":")[0].lower() not in ("http", "https"):
        return None  # browsers list `data:`, `blob:` and `ws:` as well
    posted: Any = request.get("postData") or {}
    sent_content = _stored(posted, folder, _numbers(request, "bodySize"), _length(request))
    if not sent_content and posted.get("params"):
        sent_content = urlencode([(pair["name"], pair.get("value", "")) for pair in posted["params"]]).encode()
    asked = sent(request["method"], request["url"], _fields(request), sent_content)
    time: Any = entry.get("time")
    took = round(time / 1000, 3) if isinstance(time, (int, float)) and time > 0 else None
    failure: Any = response.get("_error") or response.get("_failureText")
    if not response["status"] or int(response["status"]) < 0:
        problem = failure or response.get("statusText") or "the request failed"
        return Interaction(asked, error=_error(str(problem), "ConnectError"), took=took)
    body: Any = response.get("content") or {}
    sizes = _numbers(body, "size", "compression")
    content = _stored(body, folder, [*sizes[:1], sum(sizes)], _length(response))
    version = str(response.get("httpVersion") or "HTTP/1.1").lower().rpartition("/")[2]
    answer = received(response["status"], _fields(response), content, response.get("statusText"), version)
    error = None
    if failure and asked.method != "HEAD" and answer.status not in _BODILESS:
        error = _error(str(failure), "IncompleteBody")
    return Interaction(asked, answer, error, took)


def _error(problem: str, usual: str) -> RecordedError:
    """Return the error that a text names, else the usual one."""
    kind, colon, message = problem.partition(": ")
    if not colon or kind not in error_types():
        kind, message = usual, problem
    return RecordedError(kind, message)


def _numbers(said: dict[str, Any], *names: str) -> list[int]:
    return [said[name] for name in names if isinstance(said.get(name), int)]


def _length(message: dict[str, Any]) -> int | None:
    """Return how long the body was, where the message itself has said so."""
    fields = {name.lower(): value for name, value in _fields(message)}
    length = "" if "content-encoding" in fields else fields.get("content-length", "")
    return int(length) if length.isdecimal() else None


def _stored(said: Any, folder: str, sizes: list[int], length: int | None) -> bytes:
    """Return the bytes of a body; `sizes` is how long it may have been, and `length` how long it was."""
    name = said.get("_file")
    if name:
        path = os.path.realpath(os.path.join(folder, str(name)))
        if not path.startswith(os.path.realpath(folder) + os.sep):
            raise ValueError(f"`_file: {name}` leads out of the folder of the HAR file")
        if os.path.exists(path) and not os.path.isfile(path):
            raise ValueError(f"`_file: {name}` names no regular file")
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise ValueError(f"`_file: {name}` cannot be read: {error.strerror}") from error
        try:
            return _encoded(content.decode("utf-8"), str(said.get("mimeType") or ""), sizes, length)
        except UnicodeDecodeError:
            return content
    text = said.get("text")
    if not text:
        return b""
    if said.get("encoding") == "base64":
        return base64.b64decode(text)
    return _encoded(str(text), str(said.get("mimeType") or ""), sizes, length)


def _encoded(text: str, media_type: str, sizes: list[int], length: int | None) -> bytes:
    """Return a text in the charset from which it was decoded: the one that gives as many bytes as there were.

    Exporters take UTF-8, what the server said, or ISO-8859-1 for bytes that are no text, and drop a byte order mark.
    Some count characters: what they say of a text is not enough to take it for anything but what it says itself.
    """
    found = _CHARSET.search(media_type)
    declared = "" if found is None else found[1].lower()
    usual = ["utf-8", declared or "utf-8", "utf-8-sig"]
    if not declared and _TEXTUAL.search(media_type) is None:
        usual.append("latin-1")
    certain = usual if declared == "utf-8" else [*usual, "latin-1", "cp1252"]
    tried = [(length, name) for name in certain] + [(size, name) for size in sizes for name in usual]
    for size, charset in tried:
        with contextlib.suppress(LookupError, UnicodeError):
            content = text.encode(charset)
            if len(content) == size:
                return content
    return text.encode("utf-8", "surrogatepass")


def _fields(message: dict[str, Any]) -> Fields:
    said: list[Any] = message.get("headers") or []
    # Chromium writes the values of repeated fields as lines of one.
    fields = [(str(pair["name"]), value) for pair in said for value in _bytewise(str(pair["value"])).split("\n")]
    return [(name, value) for name, value in fields if not name.startswith(":")]


def _bytewise(text: str) -> str:
    """Return a text in which mitmproxy has kept bytes that are no UTF-8 as Python does, one character for each byte."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    return text
