"""Where one document of a cassette ends and the next begins, found without parsing YAML.

A cassette is a stream of YAML documents: first the author's, then one for each interaction.

1. A line that starts with `---` begins a document, a line that starts with `...` ends one.
   YAML allows neither at the start of a line inside any scalar, so looking at bytes is not a heuristic.
2. The recorder ends every document it writes with `...`.
   A literal block cut by a crash is still valid YAML with a shorter text: only the end mark proves completeness.
   Formatters take all of these lines away at once, which no crash does (`contents`).
3. Documents tile the file: comments between two of them belong to the one that follows.
   Copying byte ranges therefore loses nothing that a person wrote.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..errors import CassetteDamaged, NotACassette, unmerged

# A URL up to its query that says what it means in the one way in which every client would say it.
_NUMBER = rb"(?:0|[1-9][0-9]{0,2})"
_NEEDED = rb"%(?:[0189A-F][0-9A-F]|2[0235F]|3[CEF]|5[CE]|60|7[BDF])"
_USUAL = rb"""https?://(?:(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|(?:%s\.){3}%s)(?::(?!80/|443/)[1-9][0-9]*)?
    (?:/(?!\.{1,2}[/?\n])(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%s)*)+(?=[?\n])""" % (_NUMBER, _NUMBER, _NEEDED)
_ASKED = rb"(?:[ ]\#[^\n]*)?\nrequest:\n[ ]{2}method:[ ]([A-Z]+)\n[ ]{2}url:[ ](%s)[^\n #]*(?=\n)" % _USUAL
_START = re.compile(rb"---" + _ASKED, re.VERBOSE)
# What stands between two documents as the recorder writes it, the next request included; else one mark.
_MARKS = re.compile(rb"\n(?:\.\.\.(?:\n---%s|(?![^ \t\n]))|---(?![^ \t\n]))" % _ASKED, re.VERBOSE)
_DOT = ord(".")
_BEGINNINGS = (b"-", b"--")  # all that a crash may have left of a document
_NOT_BLANK = re.compile(rb"^(?![ \t]*(?:#|$))", re.MULTILINE)


class Document(NamedTuple):
    """The place of one document in the bytes of its file.

    `start` is where it begins, comments in front of it included; `mark` is where its `---` line begins;
    `body_end` is where its text ends, and `stop` where the next document may start.
    `asked` is the method and the URL up to its query, where they are written as the recorder writes them.
    """

    start: int
    mark: int
    body_end: int
    stop: int
    is_closed: bool
    asked: tuple[bytes, bytes] | None = None

    def text(self, data: bytes) -> bytes:
        """Return what the document says, without its end mark."""
        return data[self.mark : self.body_end]

    def whole(self, data: bytes) -> bytes:
        """Return everything between the documents before and after, byte for byte."""
        return data[self.start : self.stop]

    def ended(self, data: bytes) -> bytes:
        """Return the same with an end mark, also where a formatter has taken it away."""
        whole = self.whole(data)
        if self.is_closed:
            return whole
        return whole + (b"...\n" if whole.endswith(b"\n") else b"\n...\n")

    def line(self, data: bytes) -> int:
        """Return the number of the line on which the document begins, counted from 1."""
        return data.count(b"\n", 0, self.mark) + 1


def normalized(raw: bytes, path: str) -> bytes:
    """Return the text of a cassette as UTF-8 without byte order mark and with `\\n` as line end.

    What a crash has left of a last character is left out: it belongs to a document that has no end.
    Raises `CassetteDamaged` for what is empty, and `NotACassette` for what is no such text.
    """
    data = raw[3:] if raw.startswith(b"\xef\xbb\xbf") else raw
    if not data or data.isspace():
        raise CassetteDamaged(
            "the file is empty",
            path=path,
            line=1,
            mend="Delete the file to record it anew, or restore it from version control.",
        )
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            if not _is_cut(data, error):
                raise NotACassette(
                    f"byte 0x{data[error.start]:02x} is not UTF-8 text",
                    path=path,
                    line=data.count(b"\n", 0, error.start) + 1,
                    mend="A cassette is a YAML file in UTF-8: save it with that encoding, or name another file.",
                ) from error
            data = data[: error.start]
    if b"\0" in data:
        raise NotACassette(
            "the file holds NUL bytes",
            path=path,
            line=data.count(b"\n", 0, data.index(b"\0")) + 1,
            mend="A cassette is a YAML file in UTF-8: save it with that encoding, or name another file.",
        )
    return data


def _is_cut(data: bytes, error: UnicodeDecodeError) -> bool:
    """Return whether a text ends within a character of a document that has no end, behind one that has."""
    is_last = error.end == len(data) and error.reason == "unexpected end of data"
    return is_last and 0 <= data.rfind(b"\n...") < data.rfind(b"\n---")


def scan(data: bytes, path: str) -> list[Document]:
    """Return the documents of a normalized cassette, the author's first."""
    documents: list[Document] = []
    start = mark = 0
    is_open = True
    asked: tuple[bytes, bytes] | None = None
    if data.startswith(b"...") and data[3:4] in (b"", b"\n", b" ", b"\t"):
        documents.append(Document(0, 0, 0, _line_end(data, 0), True))
        start, is_open = documents[0].stop, False
    for found in _MARKS.finditer(data):
        position = found.start() + 1
        following: Any = found.group(1, 2)
        is_pair = following[0] is not None
        if is_pair or data[position] == _DOT:
            line_end = position + 4 if is_pair else _line_end(data, position)
            if is_open:
                documents.append(Document(start, mark, position, line_end, True, asked))
            else:
                _refuse_text_outside(data, start, position, path)
                documents[-1] = documents[-1]._replace(stop=line_end)
            start, is_open = line_end, is_pair
            mark, asked = start, following if is_pair else None
            continue
        if not is_open:
            _refuse_text_outside(data, start, position, path)
        elif documents or _NOT_BLANK.search(data, mark, position) is not None:
            documents.append(Document(start, mark, position, position, False, asked))
            start = position
        mark, is_open, asked = position, True, _asked(data, position)
    if is_open:
        documents.append(Document(start, mark, len(data), len(data), False, asked))
    elif data[start:] in _BEGINNINGS:
        documents.append(Document(start, start, len(data), len(data), False))
    elif start < len(data):
        _refuse_text_outside(data, start, len(data), path)
        documents[-1] = documents[-1]._replace(stop=len(data))
    return documents


def _line_end(data: bytes, position: int) -> int:
    return data.find(b"\n", position) + 1 or len(data)


def _asked(data: bytes, mark: int) -> tuple[bytes, bytes] | None:
    found = _START.match(data, mark)
    return None if found is None else (found[1], found[2])


def _refuse_text_outside(data: bytes, start: int, end: int, path: str) -> None:
    stray = _NOT_BLANK.search(data, start, end)
    if stray is not None and stray.start() < end:
        if data.startswith((b"<<<<<<< ", b"=======\n", b">>>>>>> ", b"||||||| "), stray.start()):
            raise unmerged(path, data.count(b"\n", 0, stray.start()) + 1)
        raise CassetteDamaged(
            "text between two interactions",
            path=path,
            line=data.count(b"\n", 0, stray.start()) + 1,
            mend="Start each interaction with a line `---`, and end it with a line `...`.",
        )
