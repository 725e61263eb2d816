"""Entries of HAR 1.2, as browsers, proxies and Playwright export them.

Their bodies are decoded although the header fields still speak of a coding, long ones may be in files beside the HAR,
and a request that failed has the status 0.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .foreign_bodies import mapping, received
from .interactions import Interaction, RecordedError, RecordedRequest

if TYPE_CHECKING:
    from .redaction import Fields


def interaction(entry: Any, folder: str) -> Interaction | None:
    """Return one interaction, or `None` for a URL that no network was asked for; `folder` is where the HAR file is."""
    request, response = mapping(mapping(entry)["request"]), mapping(entry["response"])
    if str(request["url"]).partition(":")[0].lower() not in ("http", "https"):
        return None  # browsers list `data:`, `blob:` and `ws:` as well
    posted: Any = request.get("postData") or {}
    sent_content = _stored(posted, folder)
    if not sent_content and posted.get("params"):
        sent_content = urlencode([(pair["name"], pair.get("value", "")) for pair in posted["params"]]).encode()
    sent = RecordedRequest(str(request["method"]).upper(), str(request["url"]), _fields(request), sent_content)
    time: Any = entry.get("time")
    took = round(time / 1000, 3) if isinstance(time, (int, float)) and time > 0 else None
    if not response["status"]:
        problem = str(response.get("_error") or response.get("statusText") or "the request failed")
        kind, colon, message = problem.partition(": ")
        if not colon or not kind.isidentifier():
            kind, message = "ConnectError", problem
        return Interaction(sent, error=RecordedError(kind, message), took=took)
    content = _stored(response.get("content") or {}, folder)
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


def _stored(said: Any, folder: str) -> bytes:
    """Return the bytes of a body."""
    name = said.get("_file")
    if name:
        path = os.path.realpath(os.path.join(folder, str(name)))
        if not path.startswith(os.path.realpath(folder) + os.sep):
            raise ValueError(f"`_file: {name}` leads out of the folder of the HAR file")
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            raise ValueError(f"`_file: {name}` cannot be read: {error.strerror}") from error
    text = said.get("text")
    if not text:
        return b""
    return base64.b64decode(text) if said.get("encoding") == "base64" else str(text).encode("utf-8", "surrogatepass")


def _fields(message: dict[str, Any]) -> Fields:
    said: list[Any] = message.get("headers") or []
    # Chromium writes the values of repeated fields as lines of one.
    fields = [(str(pair["name"]), value) for pair in said for value in str(pair["value"]).split("\n")]
    return [(name, value) for name, value in fields if not name.startswith(":")]
