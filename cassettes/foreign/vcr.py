"""Interactions as vcrpy, pytest-recording, Ruby VCR, betamax, go-vcr, cassetter and their relatives have written them.

Versions and clients have left many shapes behind; a value is taken for what it can only be.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from ..data.json_text import render
from ..data.plain import is_mapping, is_sequence
from ..interactions import Interaction, RecordedError
from .bodies import mapping, received, sent

if TYPE_CHECKING:
    from ..secrets.redaction import Fields

_DEFAULT_PORTS = {"http": "80", "https": "443"}
# As Go writes durations: 1m2.5s, 120ms, 35.2\u00b5s.
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s|\u00b5s|us|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "\u00b5s": 1e-6, "us": 1e-6, "ns": 1e-9}


def tool_of(data: dict[str, Any]) -> str:
    """Return the name of the tool that wrote a tape."""
    if "http_interactions" in data:
        said = str(data.get("recorded_with") or "")
        return "betamax" if "betamax" in said else "Ruby VCR" if said.startswith("VCR") else said or "Ruby VCR"
    entries = data.get("interactions")
    first = entries[0] if is_sequence(entries) and entries and is_mapping(entries[0]) else {}
    request, response = first.get("request"), first.get("response")
    if is_mapping(response) and "code" in response:
        return "go-vcr"
    body = request.get("body") if is_mapping(request) else None
    is_typed = (is_mapping(request) and "body_type" in request) or (is_mapping(body) and "type" in body)
    return "cassetter" if is_typed else "vcrpy"


def interaction(entry: Any) -> Interaction:
    """Return one interaction."""
    request, response = mapping(mapping(entry)["request"]), entry["response"]
    asked = sent(request["method"], _url(request), _fields(request.get("headers")), _content(request))
    if response is None:  # schemathesis writes down that there was none
        return Interaction(asked, error=RecordedError("ConnectError", "no response was recorded"))
    response = mapping(response)
    status: Any = response.get("code", response.get("status", response.get("status_code")))
    reason: Any = None
    if is_mapping(status):
        status, reason = status["code"], status.get("message")
    elif isinstance(response.get("status"), str):
        status, _, reason = response["status"].partition(" ")
    version = str(response.get("http_version") or response.get("proto") or "1.1").rpartition("/")[2]
    answer = received(status, _fields(response.get("headers")), _content(response), reason, version)
    return Interaction(asked, answer, took=_span(response.get("duration")))


def _url(request: dict[str, Any]) -> str:
    url = request.get("uri") or request.get("url")
    if url:
        return str(url)
    scheme, port = str(request["protocol"]), str(request.get("port") or "")
    port = "" if port in ("", _DEFAULT_PORTS.get(scheme)) else f":{port}"
    return f"{scheme}://{request['host']}{port}{request.get('path') or '/'}"


def _span(said: Any) -> float | None:
    if not isinstance(said, str):
        return None
    return round(sum(float(size) * _SECONDS[unit] for size, unit in _SPAN.findall(said)), 6) or None


def _fields(said: Any) -> Fields:
    """Return header fields from a mapping to values or lists of values, from pairs, or from whole lines."""
    if not said:
        return []
    if is_mapping(said):
        return [(str(name), _word(value)) for name, values in said.items() for value in _listed(values)]
    found: Fields = []
    for item in said:
        if isinstance(item, str):
            name, _, value = item.partition(":")
            found.append((name.strip(), value.strip()))
        elif not item or is_sequence(item[0]):  # a pickled set of pairs
            found.extend(_fields(item))
        else:
            found.extend((_word(item[0]), _word(value)) for value in _listed(item[1]))
    return found


def _listed(values: Any) -> list[Any]:
    return values if is_sequence(values) else [values]


def _word(value: Any) -> str:
    if is_sequence(value):
        value = value[0]
    if value is None or isinstance(value, bool):  # written by hand, without quotes
        return "" if value is None else str(value).lower()
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _content(message: dict[str, Any]) -> bytes:
    """Return the bytes of a body, whichever way this tool's version has said it."""
    body: Any = message.get("body", message.get("content"))
    if "body_type" in message:  # cassetter's TOML, where JSON is a text
        kind = "binary" if message["body_type"] == "binary" else "text"
        return _typed({"type": kind, "content": message.get("body_content")})
    if "parsed_body" in message and not body:
        return render(message["parsed_body"], "python ascii")
    if is_mapping(body):
        if "type" in body:
            return _typed(body)
        if "base64_string" in body:
            return base64.b64decode("".join(str(body["base64_string"]).split()))
        said = next((body[name] for name in ("string", "yaml", "text") if name in body), body or None)
        return _encoded(said, str(body.get("encoding"))) if isinstance(said, str) else _bytes(said)
    return _bytes(body)


def _encoded(text: str, encoding: str) -> bytes:
    """Return a text in the encoding that Ruby VCR and betamax had decoded it from."""
    try:
        return text.encode(encoding)
    except (LookupError, UnicodeError):  # ASCII-8BIT, which is Ruby's word for bytes; or edited by hand
        return _bytes(text)


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
    return render(body, "python ascii")


def _typed(body: dict[str, Any]) -> bytes:
    """Return the body of a cassetter tape."""
    kind, content = body["type"], body.get("content")
    if kind == "json":
        return render(content)
    if kind == "binary":
        return binascii.unhexlify(str(content))
    return b"" if kind == "none" or content is None else str(content).encode("utf-8")
