"""Tapes of other tools, replayed in place: vcrpy and its relatives, Ruby VCR, cassetter, HAR.

They are read as plain data and never written: tags are dropped, nothing is constructed from them.
"""

from __future__ import annotations

import functools
import json
import os
import re
import zlib
from typing import TYPE_CHECKING, Any

from . import foreign_har, foreign_vcr
from .episodes import Episode, ForeignEpisode, Place
from .errors import CassetteDamaged, NotACassette
from .plain import is_mapping, is_sequence
from .yaml_reader import read_foreign

if TYPE_CHECKING:
    from .interactions import Interaction

_MAX_TEXT = 256 * 1024 * 1024
# What such a file has in its first column, and nothing else has there: the list of interactions, or its first element.
_STARTS = re.compile(rb"^(?:interactions|http_interactions|requests)\s*:|\A(?:---[^\n]*\n)?-\s+request:", re.MULTILINE)
_ENTRY = re.compile(r"^([ \t]*)- ", re.MULTILINE)


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
    is_json = start in (b"{", b"[")
    if not is_json and _STARTS.search(raw) is None:
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "<%" in text and "http_interactions" in text and re.search(r"<%.*?%>", text) is not None:
        raise CassetteDamaged(
            "this tape of Ruby VCR is a template (ERB)",
            path=path,
            line=text.count("\n", 0, text.index("<%")) + 1,
            mend="Write out what stands between <% and %>: a cassette runs no code.",
        )
    data = _json(text) if is_json else read_foreign(text, path)
    entries, tool, convert = _entries(data, path)
    return None if entries is None else _converted(tool, entries, convert, text, path, is_json)


def _entries(data: Any, path: str) -> tuple[Any, str, Any]:
    """Return the interactions of a tape, the tool that wrote it, and what understands one of them."""
    if is_sequence(data):
        is_tape = bool(data) and is_mapping(data[0]) and "request" in data[0] and "response" in data[0]
        return (data if is_tape else None), "an early vcrpy, or a relative of it", foreign_vcr.interaction
    if not is_mapping(data):
        return None, "", None
    log = data.get("log")
    if is_mapping(log):
        folder = os.path.dirname(os.path.realpath(path))
        return log.get("entries"), "HAR", functools.partial(foreign_har.interaction, folder=folder)
    if "requests" in data and "responses" in data and is_sequence(data["requests"]) and is_sequence(data["responses"]):
        pairs = [{"request": one, "response": other} for one, other in zip(data["requests"], data["responses"])]
        return pairs, "LangChain", foreign_vcr.interaction
    entries = data.get("interactions", data.get("http_interactions"))
    return entries, foreign_vcr.tool_of(data), foreign_vcr.interaction


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


def _converted(tool: str, entries: Any, convert: Any, text: str, path: str, is_json: bool) -> ForeignTape:
    if not is_sequence(entries):
        raise CassetteDamaged(f"this tape of {tool} holds no list of interactions", path=path, line=1)
    lines = _lines(text, len(entries), is_json)
    interactions: list[Interaction] = []
    kept: list[int] = []
    for number, entry in enumerate(entries):
        try:
            interaction = convert(entry)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            problem = f"`{error.args[0]}:` is missing" if isinstance(error, KeyError) else str(error)
            raise CassetteDamaged(
                f"interaction {number + 1} of this tape of {tool} cannot be understood: {problem}",
                path=path,
                line=lines[number],
                mend="Mend it by hand, or record it again.",
            ) from error
        if interaction is not None:
            interactions.append(interaction)
            kept.append(lines[number])
    return ForeignTape(tool, interactions, kept)


def _lines(text: str, count: int, is_json: bool) -> list[int]:
    """Return the lines on which the interactions begin, as far as they can be told from the text."""
    if is_json:
        starts = [found.start() for found in re.finditer(r"\"request\"\s*:", text)]
    else:
        found = list(_ENTRY.finditer(text))
        # Elements of the list stand in one column, and everything inside them further to the right.
        starts = [entry.start() for entry in found if entry[1] == found[0][1]]
    lines: list[int] = []
    line, at = 1, 0
    for start in starts[:count]:
        line += text.count("\n", at, start)
        at = start
        lines.append(line)
    return lines + [1] * (count - len(lines))
