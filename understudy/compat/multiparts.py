"""Reading a multipart body back into its parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from ..client import Request

_NAMED = re.compile(rb'[;\s](name|filename)="((?:[^"\\]|\\.)*)"')
_KIND = re.compile(rb"^content-type:[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')


class Part(NamedTuple):
    """One part of a multipart body."""

    name: str
    filename: str | None
    content: bytes
    kind: str = ""


def parts_of(request: Request) -> list[Part]:
    """Return the parts of a request's body; none where it is no multipart form."""
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    boundary = _BOUNDARY.search(rest)
    if kind.strip().lower() != "multipart/form-data" or boundary is None:
        return []
    found: list[Part] = []
    for piece in (b"\r\n" + request.read()).split(b"\r\n--" + boundary.group(1).encode())[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        names = {key.decode(): unquote(value.decode()) for key, value in _NAMED.findall(head)}
        said = _KIND.search(head.replace(b"\r\n", b"\n"))
        typed = said.group(1).decode("latin-1") if said else ""
        found.append(Part(names.get("name", ""), names.get("filename"), content, typed))
    return found
