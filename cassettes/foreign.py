"""Tapes of other tools, replayed in place: vcrpy and its relatives, Ruby VCR, cassetter, HAR.

They are read as plain data and never written: tags are dropped, nothing is constructed from them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..client import Response
from .episodes import Episode, ForeignEpisode, Place
from .errors import CassetteDamaged, NotACassette
from .interactions import CODINGS, Interaction, RecordedRequest, RecordedResponse
from .plain import is_mapping, is_sequence
from .yaml_reader import read_foreign

if TYPE_CHECKING:
    from .redaction import Fields

_MAX_TEXT = 256 * 1024 * 1024
# Decoded by most recorders, and never true of what they stored.
_DROPPED = ("transfer-encoding",)


class ForeignTape:
    """The interactions of a foreign tape, and the lines on which they begin."""

    def __init__(self, tool: str, interactions: list[Interaction], lines: list[int]) -> None:
        self.tool = tool
        self.interactions = interactions
        self.lines = lines

    def episodes(self, place: Place) -> list[Episode]:
        """Return the interactions as episodes of a cassette."""
        return [
            ForeignEpisode(interaction, line, number, place)
            for number, (interaction, line) in enumerate(zip(self.interactions, self.lines), 1)
        ]


def recognize(raw: bytes, path: str) -> ForeignTape | None:
    """Return what a foreign tape holds, or `None` where this is none that is known."""
    raw = _unzipped(raw, path)
    if re.search(rb"^cassette\s*:", raw[:4096], re.MULTILINE) is not None:
        return None
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start != b"{" and re.search(rb"^(?:interactions|http_interactions|requests)\s*:", raw, re.MULTILINE) is None:
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    data = _json(text) if start == b"{" else read_foreign(text, path)
    if not is_mapping(data):
        return None
    for tool, pick in _TOOLS:
        entries, convert = pick(data)
        if entries is not None:
            return _converted(tool, entries, convert, text, path)
    return None


def _unzipped(raw: bytes, path: str) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        text = zlib.decompressobj(31).decompress(raw, _MAX_TEXT)
    except zlib.error as error:
        raise NotACassette("the file is compressed, and damaged", path=path, line=1) from error
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _converted(tool: str, entries: Any, convert: Any, text: str, path: str) -> ForeignTape:
    if not is_sequence(entries):
        raise CassetteDamaged(f"this tape of {tool} holds no list of interactions", path=path, line=1)
    starts = [found.start() for found in re.finditer(r"^[ \t]*- (?:\? )?request:|\"request\"\s*:", text, re.MULTILINE)]
    lines = [text.count("\n", 0, at) + 1 for at in starts]
    lines += [1] * (len(entries) - len(lines))
    interactions: list[Interaction] = []
    for number, entry in enumerate(entries):
        try:
            interactions.append(convert(entry))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CassetteDamaged(
                f"interaction {number + 1} of this tape of {tool} cannot be understood: {error!r}",
                path=path,
                line=lines[number],
                mend="Mend it by hand, or record it again.",
            ) from error
    return ForeignTape(tool, interactions, lines)


def _mapping(value: Any) -> dict[str, Any]:
    if not is_mapping(value):
        raise ValueError(f"a mapping is missing where {value!r:.40} stands")
    return value


# vcrpy, pytest-recording, Ruby VCR and their relatives.


def _pick_vcr(data: dict[str, Any]) -> tuple[Any, Any]:
    if "requests" in data and "responses" in data:
        pairs = [{"request": one, "response": other} for one, other in zip(data["requests"], data["responses"])]
        return pairs, _vcr
    return data.get("interactions", data.get("http_interactions")), _vcr


def _vcr(entry: Any) -> Interaction:
    request, response = _mapping(_mapping(entry)["request"]), _mapping(entry["response"])
    url = request.get("uri") or request["url"]
    headers = _fields(request.get("headers"))
    sent = RecordedRequest(str(request["method"]).upper(), str(url), headers, _content(request))
    status: Any = response.get("status", response.get("status_code"))
    reason: Any = None
    if is_mapping(status):
        status, reason = status["code"], status.get("message")
    version = str(response.get("http_version") or "1.1").rpartition("/")[2]
    return Interaction(sent, _received(status, _fields(response.get("headers")), _content(response), reason, version))


def _fields(said: Any) -> Fields:
    """Return header fields from a mapping to values or lists of values, or from pairs."""
    if not said:
        return []
    pairs: list[Any] = list(said.items()) if is_mapping(said) else list(said)
    found: Fields = []
    for name, values in pairs:
        found.extend((_word(name), _word(value)) for value in (values if is_sequence(values) else [values]))
    return found


def _word(value: Any) -> str:
    if is_sequence(value):
        value = value[0]
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _content(message: dict[str, Any]) -> bytes:
    """Return the bytes of a body, whichever way this tool's version has said it."""
    body: Any = message.get("body", message.get("content"))
    if "parsed_body" in message and not body:
        return json.dumps(message["parsed_body"]).encode("utf-8")
    if is_mapping(body):
        if "type" in body:
            return _typed(body)
        if "base64_string" in body:
            return base64.b64decode("".join(str(body["base64_string"]).split()))
        body = next((body[name] for name in ("string", "yaml", "text") if name in body), body or None)
    return _bytes(body)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogateescape")
    if is_mapping(body) and is_sequence(body.get("state")):  # a pickled BytesIO
        return _bytes(body["state"][0])
    if is_mapping(body) and is_sequence(body.get("args")):  # a pickled iterator
        return b"".join(map(_bytes, body["args"][0]))
    return json.dumps(body).encode("utf-8")


def _typed(body: dict[str, Any]) -> bytes:
    """Return the body of a cassetter tape."""
    kind, content = body["type"], body.get("content")
    if kind == "json":
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    if kind == "binary":
        return binascii.unhexlify(str(content))
    return b"" if kind == "none" or content is None else str(content).encode("utf-8")


def _received(status: Any, headers: Fields, content: bytes, reason: Any, version: str) -> RecordedResponse:
    """Return a response: decoded where it is encoded as it says, and without that word where it is not."""
    headers = [(name, value) for name, value in headers if name.lower() not in _DROPPED]
    coding = next((value.strip().lower() for name, value in headers if name.lower() == "content-encoding"), None)
    encoding: str | None = None
    if coding is not None and content:
        try:
            content, encoding = _decoded(content, coding), "gzip" if coding == "x-gzip" else coding
        except Exception:  # whatever a decoder says: the recorder stored the body decoded
            headers = [(name, value) for name, value in headers if name.lower() != "content-encoding"]
    return RecordedResponse(
        status=int(status),
        headers=headers,
        content=content,
        reason=str(reason) if reason else None,
        version=version if version[:1].isdigit() else "1.1",
        encoding=encoding if encoding in CODINGS else None,
    )


def _decoded(content: bytes, coding: str) -> bytes:
    if coding not in (*CODINGS, "x-gzip"):
        raise ValueError(coding)
    return Response(200, headers={"content-encoding": coding}, content=content).content


# HAR 1.2, as browsers and proxies export it.


def _pick_har(data: dict[str, Any]) -> tuple[Any, Any]:
    log = data.get("log")
    return (log.get("entries"), _har) if is_mapping(log) else (None, None)


def _har(entry: Any) -> Interaction:
    request, response = _mapping(_mapping(entry)["request"]), _mapping(entry["response"])
    posted: Any = request.get("postData") or {}
    sent_content = _har_text(posted.get("text"), posted.get("encoding"))
    if not sent_content and posted.get("params"):
        sent_content = urlencode([(pair["name"], pair.get("value", "")) for pair in posted["params"]]).encode()
    stored: Any = response.get("content") or {}
    content = _har_text(stored.get("text"), stored.get("encoding"))
    sent = RecordedRequest(str(request["method"]).upper(), str(request["url"]), _har_fields(request), sent_content)
    took: Any = entry.get("time")
    version = str(response.get("httpVersion") or "HTTP/1.1").lower().replace("h2", "http/2").rpartition("/")[2]
    return Interaction(
        sent,
        _received(response["status"], _har_fields(response), content, response.get("statusText"), version),
        took=round(took / 1000, 3) if isinstance(took, (int, float)) and took > 0 else None,
    )


def _har_text(text: Any, encoding: Any) -> bytes:
    if not text:
        return b""
    return base64.b64decode(text) if encoding == "base64" else str(text).encode("utf-8", "surrogatepass")


def _har_fields(message: dict[str, Any]) -> Fields:
    said: list[Any] = message.get("headers") or []
    fields = [(str(pair["name"]), str(pair["value"])) for pair in said]
    return [(name, value) for name, value in fields if not name.startswith(":")]


_TOOLS: tuple[tuple[str, Any], ...] = (("HAR", _pick_har), ("vcrpy or a relative", _pick_vcr))
