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

from .foreign_bodies import mapping, received
from .interactions import Interaction, RecordedError, RecordedRequest

if TYPE_CHECKING:
    from .redaction import Fields

_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


def interaction(entry: Any, folder: str) -> Interaction | None:
    """Return one interaction, or `None` for a URL that no network was asked for; `folder` is where the HAR file is."""
    request, response = mapping(mapping(entry)["request"]), mapping(entry["response"])
    if str(request["url"]).partition(":")[0].lower() not in ("http", "https"):
        return None  # browsers list `data:`, `blob:` and `ws:` as well
    posted: Any = request.get("postData") or {}
    sent_content = _stored(posted, folder, _sizes(request, request.get("bodySize")))
    if not sent_content and posted.get("params"):
        sent_content = urlencode([(pair["name"], pair.get("value", "")) for pair in posted["params"]]).encode()
    sent = RecordedRequest(str(request["method"]).upper(), str(request["url"]), _fields(request), sent_content)
    time: Any = entry.get("time")
    took = round(time / 1000, 3) if isinstance(time, (int, float)) and time > 0 else None
    if not response["status"] or int(response["status"]) < 0:
        said: Any = next(filter(None, map(response.get, ("_error", "_failureText", "statusText"))), None)
        problem = str(said or "the request failed")
        kind, colon, message = problem.partition(": ")
        if not colon or not kind.isidentifier():
            kind, message = "ConnectError", problem
        return Interaction(sent, error=RecordedError(kind, message), took=took)
    body: Any = response.get("content") or {}
    size: Any = body.get("size") or 0
    content = _stored(body, folder, _sizes(response, size, size + (body.get("compression") or 0)))
    version = str(response.get("httpVersion") or "HTTP/1.1").lower().rpartition("/")[2]
    return Interaction(
        sent,
        received(
            response["status"],
            _fields(response),
            content,
            response.get("statusText"),
            version,
        ),
        took=took,
    )


def _sizes(message: dict[str, Any], *said: Any) -> list[int]:
    """Return how long a body may have been, what is most certain first."""
    fields = {name.lower(): value for name, value in _fields(message)}
    length = "" if "content-encoding" in fields else fields.get("content-length", "")
    return [*([int(length)] if length.isdecimal() else []), *(size for size in said if isinstance(size, int))]


def _stored(said: Any, folder: str, sizes: list[int]) -> bytes:
    """Return the bytes of a body."""
    name = said.get("_file")
    if name:
        path = os.path.realpath(os.path.join(folder, str(name)))
        if not path.startswith(os.path.realpath(folder) + os.sep):
            raise ValueError(f"`_file: {name}` leads out of the folder of the HAR file")
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise ValueError(f"`_file: {name}` cannot be read: {error.strerror}") from error
        try:
            return _encoded(content.decode("utf-8"), str(said.get("mimeType") or ""), sizes)
        except UnicodeDecodeError:
            return content
    text = said.get("text")
    if not text:
        return b""
    if said.get("encoding") == "base64":
        return base64.b64decode(text)
    return _encoded(str(text), str(said.get("mimeType") or ""), sizes)


def _encoded(text: str, media_type: str, sizes: list[int]) -> bytes:
    """Return a text in the charset from which it was decoded: the one that gives as many bytes as there were.

    Exporters take UTF-8, what the server said, or ISO-8859-1 for bytes that are no text, and drop a byte order mark.
    """
    declared = _CHARSET.search(media_type)
    found: list[bytes] = []
    for charset in ("utf-8", "latin-1" if declared is None else declared[1], "latin-1", "cp1252", "utf-8-sig"):
        with contextlib.suppress(LookupError, UnicodeError):
            found.append(text.encode(charset))
    fitting = (content for size in sizes for content in found if len(content) == size)
    return next(fitting, None) or text.encode("utf-8", "surrogatepass")


def _fields(message: dict[str, Any]) -> Fields:
    said: list[Any] = message.get("headers") or []
    # Chromium writes the values of repeated fields as lines of one.
    fields = [(str(pair["name"]), value) for pair in said for value in str(pair["value"]).split("\n")]
    return [(name, value) for name, value in fields if not name.startswith(":")]
