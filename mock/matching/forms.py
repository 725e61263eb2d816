"""Reading the parts of a multipart/form-data body (RFC 7578), as far as matchers ask."""

from __future__ import annotations

import re
from typing import ClassVar

from ..values import is_list

_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


class Upload:
    """One file of a form; equal to its content, or to `(filename, content)`, or to `(filename, content, type)`."""

    __slots__ = ("content", "content_type", "filename")

    def __init__(self, filename: str, content: bytes, content_type: str) -> None:
        self.filename: str = filename
        self.content: bytes = content
        self.content_type: str = content_type

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Upload):
            return self.as_tuple() == other.as_tuple()
        if isinstance(other, bytes):
            return self.content == other
        if isinstance(other, str):
            return self.content == other.encode()
        if is_list(other) and 1 <= len(other) <= 3:
            return all(self._has(want, have) for want, have in zip(other, self.as_tuple()))
        return NotImplemented

    __hash__: ClassVar[None]  # type: ignore[assignment]  # compared by what it holds

    @staticmethod
    def _has(want: object, have: object) -> bool:
        if isinstance(want, str) and isinstance(have, bytes):
            want = want.encode()
        return bool(want == have)

    def as_tuple(self) -> tuple[str, bytes, str]:
        """Return `(filename, content, content type)`."""
        return (self.filename, self.content, self.content_type)

    def __repr__(self) -> str:
        return f"<file {self.filename!r}, {self.content_type}, {len(self.content)} bytes>"


def multipart_parts(content_type: str, body: bytes) -> list[tuple[str, str | Upload]]:
    """Return the named parts of a form in their order: text as `str`, files as `Upload`.

    A body that is not what its content type announces has no parts.
    """
    boundary = _parameters(content_type).get("boundary", "")
    if not boundary:
        return []
    found: list[tuple[str, str | Upload]] = []
    # Every delimiter starts a line; the first may do without the line before it.
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))[1:]:
        if piece.startswith(b"--"):
            break
        head, blank, content = piece.lstrip(b" \t").partition(b"\r\n\r\n")
        if not blank:
            continue
        fields = _head(head)
        about = _parameters(fields.get("content-disposition", ""))
        if "name" not in about:
            continue
        if "filename" in about:
            kind = fields.get("content-type", "application/octet-stream")
            found.append((about["name"], Upload(about["filename"], content, kind)))
        else:
            found.append((about["name"], content.decode("utf-8", "replace")))
    return found


def _head(head: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in head.split(b"\r\n"):
        name, sign, value = line.decode("utf-8", "replace").partition(":")
        if sign:
            fields[name.strip().lower()] = value.strip()
    return fields


def _parameters(value: str) -> dict[str, str]:
    return {
        name.lower(): (quoted.replace('\\"', '"').replace("%22", '"') if quoted else plain)
        for name, quoted, plain in _PARAMETER.findall(value)
    }
