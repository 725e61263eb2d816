"""Bodies as people like to read them, and back into the very same bytes.

The key under which a body is stored says its kind: `json`, `text`, `form`, `base64`; no key is an empty body.
Each kind is used only where it gives back every byte; what no other kind can hold is base64.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from . import json_text
from .plain import is_mapping, is_sequence

if TYPE_CHECKING:
    from .redaction import Redactor

KINDS = ("json", "form", "text", "base64")
MAX_INLINE = 4 * 1024 * 1024
_LINE = 76


def media_type(content_type: str) -> str:
    """Return the media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def _is_json(media: str) -> bool:
    return media.endswith(("/json", "+json")) or media == "text/json"


def to_document(content: bytes, content_type: str, redactor: Redactor) -> dict[str, Any]:
    """Return the members that say this body in a document, secrets redacted."""
    if not content:
        return {}
    media = media_type(content_type)
    if media == "application/x-www-form-urlencoded":
        stored = _form(content, redactor)
        if stored is not None:
            return stored
    if _is_json(media) or content[:1] in b"{[":
        parsed = json_text.parse(content)
        if parsed is not None:
            value, style = parsed
            return {"json": redactor.data(value), **({"style": style} if style else {})}
    return _text(content, content_type, redactor) or _base64(content)


def _form(content: bytes, redactor: Redactor) -> dict[str, Any] | None:
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return None
    if urlencode(pairs).encode("ascii") != content:
        return None
    return {"form": fields_to_document(redactor.form(pairs))}


def _text(content: bytes, content_type: str, redactor: Redactor) -> dict[str, Any] | None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if _looks_binary(text):
        return None
    text = redactor.text(text)
    if "\r" in text and text.count("\r") == text.count("\r\n") == text.count("\n"):
        return {"text": text.replace("\r\n", "\n"), "eol": "crlf"}
    return {"text": text}


def _looks_binary(text: str) -> bool:
    sample = text[:4096]
    odd = sum(1 for character in sample if character < " " and character not in "\t\n\r\x1b")
    return odd * 20 > len(sample)


def _base64(content: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(content).decode("ascii")
    if len(encoded) <= _LINE:
        return {"base64": encoded}
    return {"base64": "".join(encoded[at : at + _LINE] + "\n" for at in range(0, len(encoded), _LINE))}


def from_document(message: dict[str, Any]) -> bytes:
    """Return the bytes of the body that this request or response says; `ValueError` says what is wrong with it."""
    said = [kind for kind in KINDS if kind in message]
    if len(said) > 1:
        raise ValueError(f"a body is said once, not as {' and as '.join(said)}")
    if not said:
        return b""
    kind = said[0]
    value = message[kind]
    if kind == "json":
        return json_text.render(value, str(message.get("style", "")))
    if kind == "form":
        return urlencode(fields_from_document(value)).encode("ascii")
    if not isinstance(value, str):
        raise ValueError(f"`{kind}:` takes text, not {type(value).__name__}: put it in quotes")
    if kind == "base64":
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except binascii.Error as error:
            raise ValueError(f"`base64:` holds no base64: {error}") from error
    eol = message.get("eol")
    if eol not in (None, "crlf"):
        raise ValueError(f"`eol:` is crlf or absent, not {eol!r}")
    return (value.replace("\n", "\r\n") if eol else value).encode("utf-8")


def fields_to_document(pairs: list[tuple[str, str]]) -> dict[str, Any] | list[Any]:
    """Return names and values as a mapping, with a list where a name repeats; as pairs where that loses their order."""
    mapping: dict[str, Any] = {}
    last: str | None = None
    lowered: set[str] = set()
    for name, value in pairs:
        if name == last:
            held = mapping[name]
            mapping[name] = [*held, value] if is_sequence(held) else [held, value]
        elif name.lower() in lowered:
            return [[name, value] for name, value in pairs]
        else:
            mapping[name] = value
            lowered.add(name.lower())
            last = name
    return mapping


def fields_from_document(fields: Any) -> list[tuple[str, str]]:
    """Return names and values in order; `ValueError` where they are written in no known way."""
    if fields is None:
        return []
    if is_mapping(fields):
        pairs: list[tuple[str, str]] = []
        for name, value in fields.items():
            pairs.extend((name, _as_text(item)) for item in (value if is_sequence(value) else [value]))
        return pairs
    if is_sequence(fields) and all(is_sequence(pair) and len(pair) == 2 for pair in fields):
        return [(_as_text(name), _as_text(value)) for name, value in fields]
    raise ValueError("fields are a mapping of names to values, or a list of [name, value] pairs")


def _as_text(value: Any) -> str:
    """Return a value of a header field or form as text: a person may have forgotten the quotes."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise ValueError(f"a field has a text as its value, not {type(value).__name__}")
