"""Tapes of other tools, replayed in place: vcrpy and its relatives, Ruby VCR, cassetter, HAR.

They are read as plain data and never written: tags are dropped, nothing is constructed from them.
"""

from __future__ import annotations

import codecs
import functools
import importlib
import json
import os
import re
import zlib
from typing import TYPE_CHECKING, Any

from ..data.plain import is_mapping, is_sequence
from ..errors import CassetteDamaged, CassetteError, NotACassette
from ..matching.episodes import Episode, ForeignEpisode, Place
from ..yaml.reader import read_foreign
from . import har, vcr
from .templates import is_template, might_be_template, template

if TYPE_CHECKING:
    from ..interactions import Interaction

_MAX_TEXT = 256 * 1024 * 1024
# What such a file has in its first column, and nothing else has there: the list of interactions, or its first element.
_STARTS = re.compile(rb"^(?:interactions|http_interactions|requests)\s*:|\A(?:---[^\n]*\n)?-\s+request:", re.MULTILINE)
# Where an interaction begins, in each language that tapes are written in.
_ENTRIES = {
    "JSON": re.compile(r"()\"request\"\s*:"),
    "TOML": re.compile(r"^()\[\[interactions\]\]", re.MULTILINE),
    "YAML": re.compile(r"^([ \t]*)- ", re.MULTILINE),
}
# What gzip writes, and zlib, of which Ruby VCR makes its compressed tapes.
_COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class ForeignTape:
    """The interactions of a foreign tape, the lines on which they begin, and the text that says them all."""

    def __init__(self, tool: str, interactions: list[Interaction], lines: list[int], text: str) -> None:
        self.tool = tool
        self.text = text
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
    if raw.startswith(b"PK\x03\x04"):
        raise NotACassette(
            "the file is a ZIP archive", path=path, mend="Unpack it, and name the file in it that ends with .har."
        )
    raw = _unzipped(raw, path).removeprefix(codecs.BOM_UTF8)
    if re.search(rb"^cassette\s*:", raw[:4096], re.MULTILINE) is not None:
        return None
    language = _language(raw)
    if language is None:
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    may_be_template = might_be_template(text)
    try:
        data = _read(text, language, path)
    except CassetteDamaged as error:
        if may_be_template:
            raise template(path, text.count("\n", 0, text.index("<%")) + 1) from error
        raise
    entries, tool, convert = _entries(data, path)
    if entries is None:
        return None
    lines = _lines(text, language)
    if may_be_template and is_sequence(entries):
        for entry, line in zip(entries, lines):
            if is_template(entry):
                raise template(path, line)
    return ForeignTape(tool, *_converted(tool, entries, convert, path, lines), text)


def _language(raw: bytes) -> str | None:
    """Return the language that a tape is written in, or `None` where this is none."""
    start = raw.lstrip(b" \t\r\n")[:2]
    if start[:1] in (b"{", b"[") and start != b"[[":
        return "JSON"
    if re.search(rb"^\[\[interactions\]\]", raw, re.MULTILINE) is not None:
        return "TOML"
    return None if _STARTS.search(raw) is None else "YAML"


def _read(text: str, language: str, path: str) -> Any:
    if language == "YAML":
        return read_foreign(text, path)
    return _json(text) if language == "JSON" else _toml(text, path)


def _entries(data: Any, path: str) -> tuple[Any, str, Any]:
    """Return the interactions of a tape, the tool that wrote it, and what understands one of them."""
    if is_sequence(data):
        is_tape = bool(data) and is_mapping(data[0]) and "request" in data[0] and "response" in data[0]
        return (data if is_tape else None), "an early vcrpy, or a relative of it", vcr.interaction
    if not is_mapping(data):
        return None, "", None
    log = data.get("log")
    if is_mapping(log):
        folder = os.path.dirname(os.path.realpath(path))
        return log.get("entries"), "HAR", functools.partial(har.interaction, folder=folder)
    if "requests" in data and "responses" in data and is_sequence(data["requests"]) and is_sequence(data["responses"]):
        pairs = [{"request": one, "response": other} for one, other in zip(data["requests"], data["responses"])]
        return pairs, "LangChain", vcr.interaction
    entries = data.get("interactions", data.get("http_interactions"))
    return entries, vcr.tool_of(data), vcr.interaction


def _unzipped(raw: bytes, path: str) -> bytes:
    if not raw.startswith(_COMPRESSED):
        return raw
    unzipping = zlib.decompressobj(47)
    try:
        text = unzipping.decompress(raw, _MAX_TEXT)
        if unzipping.unconsumed_tail:
            raise NotACassette(
                f"the file is compressed, and holds more than {_MAX_TEXT // 1024**2} MB",
                path=path,
                mend="Split the tape.",
            )
        if not unzipping.eof:
            raise zlib.error("its end is missing")
    except zlib.error as error:
        if raw[:1] == b"x":  # a text may begin like this
            return raw
        raise NotACassette(f"the file is compressed, and damaged: {error}", path=path, line=1) from error
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _toml(text: str, path: str) -> Any:
    for name in ("tomllib", "tomli"):
        try:
            toml: Any = importlib.import_module(name)
        except ImportError:
            continue
        try:
            return toml.loads(text)
        except ValueError as error:
            line = re.search(r"\(at line (\d+)", str(error))
            raise CassetteDamaged(
                f"not valid TOML: {error}",
                path=path,
                line=1 if line is None else int(line[1]),
                mend="Mend the line by hand, or restore the file from version control.",
            ) from error
    raise CassetteError(
        "this tape of cassetter is written in TOML, which Python reads from version 3.11 on",
        path=path,
        mend="Install the package tomli, or use a later Python.",
    )


def _converted(
    tool: str, entries: Any, convert: Any, path: str, lines: list[int]
) -> tuple[list[Interaction], list[int]]:
    """Return the interactions that a cassette can hold, and their lines."""
    if not is_sequence(entries):
        raise CassetteDamaged(f"this tape of {tool} holds no list of interactions", path=path, line=1)
    lines += [1] * (len(entries) - len(lines))
    interactions: list[Interaction] = []
    kept: list[int] = []
    for number, entry in enumerate(entries):
        try:
            interaction = convert(entry)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
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
    return interactions, kept


def _lines(text: str, language: str) -> list[int]:
    """Return the lines on which the interactions begin, as far as they can be told from the text."""
    found = list(_ENTRIES[language].finditer(text))
    lines: list[int] = []
    line, at = 1, 0
    # Elements of the list stand in one column, and everything inside them further to the right.
    for start in (entry.start() for entry in found if entry[1] == found[0][1]):
        line += text.count("\n", at, start)
        at = start
        lines.append(line)
    return lines
