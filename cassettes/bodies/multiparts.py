"""Multipart forms as a list of parts, where that gives back every byte; boundaries mean nothing."""

from __future__ import annotations

import re
from typing import NamedTuple

_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"]+)\"|([^\s;\"]+))", re.IGNORECASE)
_DISPOSITION = re.compile(r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?\Z')


class Part(NamedTuple):
    """One part of a form."""

    name: str
    filename: str | None
    type: str | None
    content: bytes


def boundary_of(content_type: str) -> bytes | None:
    """Return the boundary that a Content-Type names."""
    found = _BOUNDARY.search(content_type)
    return None if found is None else (found[1] or found[2]).encode("latin-1")


def parse(content: bytes, content_type: str) -> list[Part] | None:
    """Return the parts of a form, or `None` where writing them down would lose a byte."""
    boundary = boundary_of(content_type)
    if boundary is None or not content.startswith(b"--" + boundary + b"\r\n"):
        return None
    chunks = (b"\r\n" + content).split(b"\r\n--" + boundary)[1:-1]
    parts: list[Part] = []
    for chunk in chunks:
        part = _part(chunk)
        if part is None:
            return None
        parts.append(part)
    return parts if parts and render(parts, content_type) == content else None


def _part(chunk: bytes) -> Part | None:
    head, blank, content = chunk.partition(b"\r\n\r\n")
    try:
        lines = head.decode("utf-8").split("\r\n")[1:]
    except UnicodeDecodeError:
        return None
    fields = [line.partition(": ") for line in lines]
    names = [name.lower() for name, _, _ in fields]
    found = _DISPOSITION.match(fields[0][2]) if fields else None
    if not blank or found is None or names not in (["content-disposition"], ["content-disposition", "content-type"]):
        return None
    return Part(found[1], found[2], fields[1][2] if len(fields) == 2 else None, content)


def render(parts: list[Part], content_type: str) -> bytes:
    """Return the bytes of a form; `ValueError` where its Content-Type names no boundary."""
    boundary = boundary_of(content_type)
    if boundary is None:
        raise ValueError("a `multipart:` body needs a Content-Type that names its boundary")
    said: list[bytes] = []
    for part in parts:
        head = f'Content-Disposition: form-data; name="{part.name}"'
        if part.filename is not None:
            head += f'; filename="{part.filename}"'
        if part.type is not None:
            head += f"\r\nContent-Type: {part.type}"
        said.append(b"--" + boundary + b"\r\n" + head.encode("utf-8") + b"\r\n\r\n" + part.content + b"\r\n")
    return b"".join(said) + b"--" + boundary + b"--\r\n"
