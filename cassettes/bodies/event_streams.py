"""Server-sent events as a list, one line for each, where that gives back every byte.

Fields stay in the order in which the server sent them.
Data that are JSON are written as data, in the one style that all of the stream's events share.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ..data import json_text
from ..data.numbers import Number
from ..data.plain import is_mapping, is_sequence
from ..yaml.writer import Flow

if TYPE_CHECKING:
    from ..secrets.redaction import Redactor

Times = list[tuple[int, float]]
_FIELDS = ("event", "id", "retry", "data")


def parse(content: bytes) -> list[dict[str, str]] | None:
    """Return the events of a stream, or `None` where writing them down would lose a byte."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not text.endswith("\n\n") or "\r" in text:
        return None
    events: list[dict[str, str]] = []
    for block in text[:-2].split("\n\n"):
        event = _event(block)
        if event is None:
            return None
        events.append(event)
    return events


def _event(block: str) -> dict[str, str] | None:
    event: dict[str, str] = {}
    last = ""
    for line in block.split("\n"):
        name, colon, value = line.partition(": ")
        name = name or "comment"
        if not colon or name not in (*_FIELDS, "comment") or (name in event and name != last):
            return None
        if name == last:
            if name != "data":
                return None
            value = f"{event[name]}\n{value}"
        event[name] = value
        last = name
    return event


def to_document(content: bytes, times: Times, redactor: Redactor) -> dict[str, Any] | None:
    """Return the members that say a stream of events, secrets redacted and with the time at which each came."""
    events = parse(content)
    if events is None:
        return None
    parsed = [
        json_text.parse(event["data"].encode()) if event.get("data", "")[:1] in ("{", "[") else None for event in events
    ]
    style = next((found[1] for found in parsed if found is not None), "")
    said: list[Any] = []
    for event, data, at in zip(events, parsed, _times(events, times)):
        line = Flow() if at is None else Flow(at=at)
        for name, value in event.items():
            line[name] = redactor.text(value)
        if data is not None and data[1] == style and data[0]:
            line["data"] = redactor.data(data[0])
        said.append(line)
    return {"sse": said, **({"style": style} if style else {})}


def _times(events: list[dict[str, str]], times: Times) -> list[float | None]:
    """Return when the last byte of each event came."""
    if len({at for _, at in times}) < 2:
        return [None] * len(events)
    ends = [end for end, _ in times]
    sizes = accumulate(len(render([event], "")) for event in events)
    return [times[min(bisect_left(ends, size), len(times) - 1)][1] for size in sizes]


def render(events: Any, style: str) -> bytes:
    """Return the bytes of a stream of events; `ValueError` says what is wrong with them."""
    if not is_sequence(events):
        raise ValueError("`sse:` is a list of events")
    return b"".join(render_event(event, style) for event in events)


def render_event(event: Any, style: str) -> bytes:
    """Return the bytes of one event."""
    if not is_mapping(event):
        raise ValueError("an event of `sse:` is a mapping, such as {event: status, data: ready}")
    lines: list[str] = []
    for name, value in event.items():
        if name == "at":
            continue
        if name not in (*_FIELDS, "comment"):
            raise ValueError(f"an event has no field `{name}:`; known are at, comment, {', '.join(_FIELDS)}")
        text = _spelled(value, style)
        lead = "" if name == "comment" else name
        lines.extend(f"{lead}: {line}\n" for line in (text.split("\n") if name == "data" else [text]))
    return ("".join(lines) + "\n").encode("utf-8")


def _spelled(value: Any, style: str) -> str:
    if isinstance(value, str):
        return value
    return json_text.render(value, style).decode("utf-8")


def pieces(events: list[Any], style: str) -> list[tuple[bytes, float]]:
    """Return what came together, and when: events with one time are one piece."""
    found: list[tuple[list[bytes], float]] = []
    for event in events:
        at: Any = event.get("at")
        if at is not None and (isinstance(at, bool) or not isinstance(at, (int, float, Number))):
            raise ValueError(f"`at:` of an event is a number of seconds, not {at!r}")
        if not found or (at is not None and found[-1][1] != at):
            found.append(([], float(at or 0.0)))
        found[-1][0].append(render_event(event, style))
    return [(b"".join(rendered), at) for rendered, at in found]
