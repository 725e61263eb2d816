"""What tells one request from another, taken apart into the smallest things that have a name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..bodies.multiparts import Part
from ..data.formats import two_alike
from ..data.plain import is_mapping, is_sequence
from ..secrets.redaction import BLANK
from .keys import stands_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..interactions import RecordedRequest
    from .keys import Matcher

_SHOWN = 8
_WIDEST = 32
_LONGEST = 60
_KEPT = 12
_URL = ("scheme", "host", "port", "path", "query")
_ABSENT: Any = object()


def parts(request: RecordedRequest, matcher: Matcher) -> dict[str, Any]:
    """Return what is compared of a request, part by part."""
    found: dict[str, Any] = {}
    for name in matcher.fields:
        for part in _URL if name == "url" else (name,):
            value = matcher.field(part, request)
            if part == "query":
                for parameter, said in _pairs(value):
                    _add(found, f"query.{parameter}", said)
            elif part.startswith("header"):
                for field, said in _pairs(value):
                    _add(found, f"header.{field}", said)
            elif part == "body":
                _take_apart(value, found)
            elif part.startswith(("query.", "form.")):
                for said in _texts(value):
                    _add(found, part, said)
            elif part.startswith("json."):
                if value is not None:
                    found[part] = json.loads(str(value))
            else:
                found[part] = value
    return found


def _pairs(value: Any) -> list[tuple[str, str]]:
    return list(value)


def _texts(value: Any) -> tuple[str, ...]:
    return value or ()


def _take_apart(body: Any, found: dict[str, Any]) -> None:
    """Add the parts of a body."""
    if isinstance(body, str):  # the digest of one that is too long for memory
        found["body"] = body
    elif body:
        kind, value = body
        if kind == "json":
            _flatten(json.loads(value), "json", found)
        elif kind == "form":
            for name, item in value:
                _add(found, f"form.{name}", item)
        elif kind == "multipart":
            for part in value:
                _add(found, f"form.{part.name}", part)
        else:
            found["body"] = value


def _flatten(data: Any, name: str, found: dict[str, Any]) -> None:
    if is_mapping(data) and data:
        for member, item in data.items():
            _flatten(item, f"{name}.{member}", found)
    elif is_sequence(data) and data:
        for number, item in enumerate(data):
            _flatten(item, f"{name}.{number}", found)
    else:
        found[name] = data


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def names(theirs: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Return the names of the parts that differ."""
    # In Python, true is 1 and NaN is not NaN; what is matched is how they are written.
    pairs = ((name, theirs.get(name, _ABSENT), asked.get(name, _ABSENT)) for name in {**theirs, **asked})
    return [name for name, old, new in pairs if repr(old) != repr(new) and not _is_secret(old, new)]


def _is_secret(old: Any, new: Any) -> bool:
    return isinstance(old, str) and BLANK in old and stands_for(old, new)


def lines(theirs: Mapping[str, Any], asked: Mapping[str, Any], random: Mapping[str, int] | None = None) -> list[str]:
    """Return one line for each part that differs; `random` says of which other recordings differ, too, and how many."""
    different = names(theirs, asked)
    shown = different[:_SHOWN]
    width = min(max(map(len, shown), default=0), _WIDEST)
    said: list[str] = []
    for name in shown:
        old, new = theirs.get(name, _ABSENT), asked.get(name, _ABSENT)
        recorded, now = _told_apart(old, new)
        line = f"    {name:<{width}}  recorded {recorded}  now {now}"
        if random and name in random:
            line += f"  (looks random: another one in each of {random[name]} recordings)"
        elif alike := two_alike(old, new):
            line += f"  (looks random: {alike})"
        said.append(line)
    if len(different) > _SHOWN:
        said.append(f"    ... and {len(different) - _SHOWN} more")
    return said


def _told_apart(old: Any, new: Any) -> tuple[str, str]:
    """Return two values as they are shown: what is long, from where the two begin to differ."""
    if isinstance(old, Part) and isinstance(new, Part):
        one, other = _told_apart(_text_of(old.content), _text_of(new.content))
        return _as_file(old, one), _as_file(new, other)
    if isinstance(old, (str, bytes)) and type(old) is type(new) and old and new:
        same = next((at for at, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
        if isinstance(old, bytes):
            return f"{len(old)} bytes", f"{len(new)} bytes, which differ from byte {same + 1} on"
        if max(len(repr(old)), len(repr(new))) > _LONGEST and same > _KEPT:
            return _shown("..." + str(old)[same - _KEPT :]), _shown("..." + str(new)[same - _KEPT :])
    return _shown(old), _shown(new)


def _as_file(part: Part, content: str) -> str:
    """Return a part of a form: what was typed in, or a file with its name and kind."""
    said = [item for item in (part.filename, part.type) if item is not None]
    return f"{content} ({', '.join(said)})" if said else content


def _text_of(content: bytes) -> str | bytes:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, Part):
        return _as_file(value, _shown(_text_of(value.content)))
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if is_sequence(value) and any(isinstance(item, Part) for item in value):
        return f"{len(value)} parts"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
