"""Bodies as people like to read them, and back into the very same bytes.

1. The key under which a body is stored says its kind, one of `KINDS`; no key is an empty body.
2. Each kind is used only where it gives back every byte; what no other kind can hold is base64.
3. What is long, or binary and not short, is a file beside the cassette.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import parse_qsl, urlencode

from ..data import json_text
from ..data.charsets import encoded, looks_binary, text_of
from ..data.numbers import Number
from ..data.plain import is_mapping, is_sequence
from ..yaml.fast_reader import Rendered
from ..yaml.writer import Checked, Lines
from . import event_streams, multiparts
from .json_blocks import block

if TYPE_CHECKING:
    from ..files.blobs import Blobs
    from ..secrets.redaction import Fields, Redactor
    from .event_streams import Times

KINDS = ("json", "form", "multipart", "sse", "ndjson", "text", "base64", "file")
_KINDS = frozenset(KINDS)
_TEXTS = frozenset({str})
MAX_TEXT = 64 * 1024
MAX_BINARY = 8 * 1024
_LINE = 76
_BLANK_AT_LINE_END = re.compile(r"[ \t]$", re.MULTILINE)
_NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")


def media_type(content_type: str) -> str:
    """Return the media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


class Writer:
    """Says bodies in documents: without secrets, the long ones beside the cassette.

    `makes_blocks` says that the lines of JSON bodies may be made at once, as a `Block` in the place of data.
    """

    def __init__(self, redactor: Redactor, blobs: Blobs, makes_blocks: bool = False) -> None:
        self.redactor = redactor
        self.blobs = blobs
        self._makes_blocks = makes_blocks
        self.last_headers: tuple[Fields, int, dict[str, Any] | list[Any]] | None = None
        """The fields of the last request, how much the redactor had learned before, and what was said of them."""

    def said(self, content: bytes, content_type: str, times: Times) -> dict[str, Any]:
        """Return the members that say this body."""
        if not content:
            return {}
        media = media_type(content_type)
        if media == "text/event-stream" and len(content) <= 16 * MAX_TEXT:
            members = event_streams.to_document(content, times, self.redactor)
            if members is not None:
                return members
        members = (
            self._by_media(content, media, content_type)
            or self._text(content, media, content_type)
            or self._binary(content, media)
        )
        return {**members, **_chunks(times)}

    def _by_media(self, content: bytes, media: str, content_type: str) -> dict[str, Any] | None:
        if media == "application/x-www-form-urlencoded":
            return self._form(content)
        if media == "multipart/form-data":
            return self._multipart(content, content_type)
        if media in _NDJSON:
            return self._ndjson(content)
        if media.endswith(("/json", "+json")) or content[:1] in b"{[":
            return self._json(content, media, content_type)
        return None

    def _json(self, content: bytes, media: str, content_type: str) -> dict[str, Any] | None:
        if self._makes_blocks and len(content) <= MAX_TEXT:
            lines = block(content, self.redactor)
            if lines is not None:
                return {"json": lines, **({"style": lines.style} if lines.style else {})}
        parsed = json_text.parse(content)
        if parsed is None:
            return self._respelled(content, media, content_type)
        data, style = self.redactor.data(parsed[0]), parsed[1]
        if len(content) > MAX_TEXT:
            return self.blobs.keep(json_text.render(data, style), media)
        return {"json": data, **({"style": style} if style else {})}

    def _respelled(self, content: bytes, media: str, content_type: str) -> dict[str, Any] | None:
        """Say JSON of an odd spelling in another one, where it holds a secret that cannot be taken out of its text."""
        data = json_text.loose(content)
        hidden = self.redactor.data(data)
        if hidden == data:
            return None
        found = text_of(content, content_type)
        text = self.redactor.text(content.decode("utf-8", "replace") if found is None else found.text)
        if json_text.loose(text.encode("utf-8")) == hidden:
            return None
        rendered = json_text.rendered_anew(hidden)
        if json_text.parse(rendered) is None:
            return self._text(rendered, media, "")
        return self._json(rendered, media, "")

    def _form(self, content: bytes) -> dict[str, Any] | None:
        try:
            pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
        except ValueError:
            return None
        if urlencode(pairs).encode("ascii") != content:
            return None
        hidden = self.redactor.form(pairs)
        if len(content) > MAX_TEXT:
            return self.blobs.keep(urlencode(hidden).encode("ascii"), "application/x-www-form-urlencoded")
        return {"form": fields_to_document(hidden)}

    def _multipart(self, content: bytes, content_type: str) -> dict[str, Any] | None:
        parts = multiparts.parse(content, content_type)
        if parts is None:
            content = self.redactor.parts(content)
            return self._text(content, "multipart/form-data", content_type) or self._binary(
                content, "multipart/form-data"
            )
        said: list[Any] = []
        for part in parts:
            members: dict[str, Any] = {"name": self.redactor.shown_name(part.name)}
            if part.filename is not None:
                members["filename"] = self.redactor.known(part.filename)
            if part.type is not None:
                members["type"] = part.type
            if part.content:
                kind = part.type or "text/plain"
                media = media_type(kind)
                content = part.content if part.filename is not None else self._field(part, kind)
                members.update(self._text(content, media, kind) or self._binary(content, media))
            said.append(members)
        return {"multipart": said}

    def _field(self, part: multiparts.Part, kind: str) -> bytes:
        """Return what was typed into a form, without what its name says is a secret."""
        found = text_of(part.content, kind)
        if found is None or looks_binary(found.text):
            return part.content
        ((_, text),) = self.redactor.form([(part.name, found.text)])
        return part.content if text == found.text else encoded(text, found.charset)

    def _ndjson(self, content: bytes) -> dict[str, Any] | None:
        if not content.endswith(b"\n") or len(content) > MAX_TEXT:
            return None
        parsed = [json_text.parse(line) for line in content[:-1].split(b"\n")]
        styles = {None if found is None else found[1] for found in parsed}
        style = styles.pop()
        if styles or style is None:
            return None
        data = [self.redactor.data(found[0]) for found in parsed if found is not None]
        return {"ndjson": data, **({"style": style} if style else {})}

    def _text(self, content: bytes, media: str, content_type: str) -> dict[str, Any] | None:
        found = text_of(content, content_type)
        if found is None or looks_binary(found.text):
            return None
        text, charset = self.redactor.body(found.text, media), found.charset
        if len(content) > MAX_TEXT:
            return self.blobs.keep(encoded(text, charset), media, None if charset is None else text)
        if "\r" in text and text.count("\r") == text.count("\r\n") == text.count("\n"):
            members = {"text": text.replace("\r\n", "\n"), "eol": "crlf"}
        else:
            members = {"text": text}
        if charset is not None:
            members["charset"] = charset
        if "\n" in text and _BLANK_AT_LINE_END.search(members["text"]) is not None:
            # Editors strip blanks at line ends; then this tells what happened to the body.
            members["text"] = Checked(members["text"])
            members["sha256"] = hashlib.sha256(encoded(text, charset)).hexdigest()[:16]
        return members

    def _binary(self, content: bytes, media: str) -> dict[str, Any]:
        content = self.redactor.unread(content, media)
        if len(content) > MAX_BINARY:
            return self.blobs.keep(content, media)
        text = base64.b64encode(content).decode("ascii")
        if len(text) <= _LINE:
            return {"base64": text}
        return {"base64": "".join(text[at : at + _LINE] + "\n" for at in range(0, len(text), _LINE))}


def _chunks(times: Times) -> dict[str, Any]:
    """Return the member that says in which pieces a body came, and when."""
    if len(times) < 2:
        return {}
    starts = [0, *(end for end, _ in times)]
    return {"chunks": [f"{end - start}@{at:g}" for start, (end, at) in zip(starts, times)]}


class Reader:
    """Understands bodies in documents."""

    def __init__(self, blobs: Blobs | None) -> None:
        self._blobs = blobs

    def content(self, message: dict[str, Any], content_type: str) -> bytes:
        """Return the bytes of the body that a request or response says; `ValueError` says what is wrong with it."""
        said = _KINDS.intersection(message)
        if len(said) > 1:
            raise ValueError(f"a body is said once, not as {' and as '.join(sorted(said, key=KINDS.index))}")
        if not said:
            return b""
        (kind,) = said
        value = message[kind]
        style = str(message.get("style", ""))
        if kind in _STYLED:
            return _STYLED[kind](value, style)
        if kind == "form":
            return urlencode(fields_from_document(value)).encode("ascii")
        if kind == "multipart":
            return self._multipart(value, content_type)
        if kind == "file":
            if self._blobs is None:
                raise ValueError("`file:` needs a cassette beside it")
            return self._blobs.read(value, message.get("sha256"))
        return _plain(kind, value, message)

    def _multipart(self, said: Any, content_type: str) -> bytes:
        if not is_sequence(said):
            raise ValueError("`multipart:` is a list of parts")
        parts: list[multiparts.Part] = []
        for members in said:
            if not is_mapping(members) or not isinstance(members.get("name"), str):
                raise ValueError("a part of `multipart:` is a mapping with a `name:`")
            filename, kind = members.get("filename"), members.get("type")
            content = self.content({name: value for name, value in members.items() if name in _PART_BODIES}, "")
            parts.append(
                multiparts.Part(
                    str(members["name"]),
                    None if filename is None else str(filename),
                    None if kind is None else str(kind),
                    content,
                )
            )
        return multiparts.render(parts, content_type)


def _json(value: Any, style: str) -> bytes:
    return value.content(style) if isinstance(value, Rendered) else json_text.render(value, style)


def _lines(value: Any, style: str) -> bytes:
    if not is_sequence(value):
        raise ValueError("`ndjson:` is a list")
    return b"".join(json_text.render(item, style) + b"\n" for item in value)


_STYLED: dict[str, Callable[[Any, str], bytes]] = {
    "json": _json,
    "sse": event_streams.render,
    "ndjson": _lines,
}
_PART_BODIES = ("text", "eol", "charset", "base64", "file", "sha256", "json", "style")


def _plain(kind: str, value: Any, message: dict[str, Any]) -> bytes:
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
    charset = message.get("charset")
    content = encoded(value.replace("\n", "\r\n") if eol else value, None if charset is None else str(charset))
    digest = message.get("sha256")
    if digest is not None and not hashlib.sha256(content).hexdigest().startswith(str(digest)):
        raise ValueError(
            "the text is not what was recorded (an editor may have stripped blanks at line ends): "
            "restore it, or remove `sha256:` if it was changed on purpose"
        )
    return content


def times_from_document(message: dict[str, Any]) -> Times:
    """Return in which pieces a body came, and when; `ValueError` says what is wrong with it."""
    times: Times = []
    end = 0
    if "sse" in message:
        for piece, at in event_streams.pieces(message["sse"], str(message.get("style", ""))):
            end += len(piece)
            times.append((end, at))
        return times if len(times) > 1 else []
    chunks = message.get("chunks", [])
    if not is_sequence(chunks):
        raise ValueError("`chunks:` is a list such as [8192@0.02, 4097@0.05]")
    for chunk in chunks:
        found = re.fullmatch(r"([0-9]+)(?:@([0-9]+(?:\.[0-9]+)?(?:e-[0-9]+)?))?", str(chunk))
        if found is None:
            raise ValueError(f"`chunks:` says size and time as in 8192@0.02, not {chunk!r}")
        end += int(found[1])
        times.append((end, float(found[2] or 0.0)))
    return times


def fields_to_document(pairs: Fields) -> dict[str, Any] | list[Any]:
    """Return names and values as a mapping, with a list where a name repeats; as pairs where that loses their order."""
    mapping: dict[str, Any] = {}
    last: str | None = None
    lowered: set[str] = set()
    for name, value in pairs:
        if name == last:
            held = mapping[name]
            values = [*held, value] if is_sequence(held) else [held, value]
            # Each cookie is a list of its own.
            mapping[name] = Lines(values) if name.lower() == "set-cookie" else values
        elif name.lower() in lowered:
            return [[name, value] for name, value in pairs]
        else:
            mapping[name] = value
            lowered.add(name.lower())
            last = name
    return mapping


def fields_from_document(fields: Any) -> Fields:
    """Return names and values in order; `ValueError` where they are written in no known way."""
    if fields is None:
        return []
    if is_mapping(fields):
        if _TEXTS.issuperset(map(type, fields.values())):
            return list(fields.items())
        pairs: Fields = []
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
    if isinstance(value, (int, float, Number)):
        return repr(value)
    raise ValueError(f"a field has a text as its value, not {type(value).__name__}")
