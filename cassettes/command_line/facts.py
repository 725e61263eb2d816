"""An interaction taken apart into the smallest things that have a name: `response.json.items.0.id` is `7`."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ..bodies.kinds import media_type
from ..data.charsets import text_of
from ..data.plain import is_mapping, is_sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..interactions import Interaction, RecordedRequest, RecordedResponse

_BODIES = ("json", "form", "text", "body", "file")
# What there is to be named.
SIDES: dict[str, tuple[str, ...]] = {
    "request": ("method", "url", "headers", *_BODIES),
    "response": ("status", "headers", *_BODIES),
    "error": ("type", "message"),
}


class Written(str):
    """A value that is no text: a number, `true`, `null`, as JSON writes it."""

    __slots__ = ()


def facts(interaction: Interaction) -> Iterator[tuple[str, str]]:
    """Yield every place of an interaction that holds a value, and the value."""
    request, response, error = interaction.request, interaction.response, interaction.error
    yield "request.method", request.method
    yield "request.url", request.url
    yield from _message("request", request)
    if response is not None:
        yield "response.status", Written(str(response.status))
        yield from _message("response", response)
    if error is not None:
        yield "error.type", error.type
        if error.message:
            yield "error.message", error.message


def _message(side: str, message: RecordedRequest | RecordedResponse) -> Iterator[tuple[str, str]]:
    for name, value in message.headers:
        yield f"{side}.headers.{name.lower()}", value
    if message.file is not None:
        yield f"{side}.file", str(message.digest or message.file)
    elif message.content:
        yield from _body(side, message.content, message.header("content-type"))


def _body(side: str, content: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    found = text_of(content, content_type)
    if found is None:
        yield f"{side}.body", f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()[:16]}"
        return
    text, media = found.text, media_type(content_type)
    if media.endswith("json") or text[:1] in ("{", "["):
        try:
            data = json.loads(text, parse_int=Written, parse_float=Written, parse_constant=Written)
        except (ValueError, RecursionError):
            pass
        else:
            yield from _flat(data, f"{side}.json")
            return
    if media == "application/x-www-form-urlencoded":
        for name, value in parse_qsl(text, keep_blank_values=True):
            yield f"{side}.form.{name}", value
        return
    yield f"{side}.text", text


def _flat(data: Any, name: str) -> Iterator[tuple[str, str]]:
    if is_mapping(data) and data:
        for member, item in data.items():
            yield from _flat(item, f"{name}.{member}")
    elif is_sequence(data) and data:
        for number, item in enumerate(data):
            yield from _flat(item, f"{name}.{number}")
    else:
        yield name, data if isinstance(data, str) else Written(json.dumps(data))


def shown(value: str | None, most: int = 70) -> str:
    """Return a value as JSON writes it, cut where it is long."""
    if value is None:
        return "nothing"
    text = str(value) if isinstance(value, Written) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 3]}..."
