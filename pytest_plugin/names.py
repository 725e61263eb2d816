"""The file name of each test's tape: readable, reversible, and inside its folder.

1. Letters, digits and `_-.,=+@()[]` stay, a space too; everything else becomes `%` and two hexadecimal digits per byte,
   as in a URL, so that two names never become one and `urllib.parse.unquote` gives the name back.
2. A name that would be hidden, or that Windows keeps for a device, has its first character escaped.
3. What a file system would cut is cut here, and 16 hexadecimal digits of a hash keep it apart from its neighbors.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

LONGEST = 200  # bytes; file systems take 255, and a suffix or a temporary name must still fit
SUFFIX = ".yaml"

_KEPT = re.compile(r"[A-Za-z0-9_\-.,=+@()\[\] ]")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")


def escape(name: str) -> str:
    """Return a name as one file name, without suffix."""
    escaped = "".join(letter if _KEPT.match(letter) else _percent(letter) for letter in name)
    if escaped[:1] in ("", ".", " ") or _DEVICES.match(escaped):
        escaped = _percent(escaped[:1]) + escaped[1:]
    if escaped[-1:] in (".", " "):
        escaped = escaped[:-1] + _percent(escaped[-1])
    if len(escaped) > LONGEST:
        from hashlib import sha256

        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        escaped = f"{escaped[: LONGEST - 17].rstrip('%. ')}~{digest}"
    return escaped


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))


def automatic(names: list[str]) -> str:
    """Return the file name for a test, given the names of its classes and its own, parameters included."""
    return escape(".".join(names)) + SUFFIX


def chosen(name: str) -> str:
    """Return the path of a tape that a marker names, relative to the folder of tapes.

    Raises `ValueError` where that would leave the folder.
    """
    path = PurePosixPath(name)
    if (
        not name
        or "\\" in name
        or "\0" in name
        or path.is_absolute()
        or ".." in path.parts
        or re.match("[A-Za-z]:", name)
    ):
        raise ValueError(f"{name!r} is not a path inside the folder of tapes, with / between its parts")
    return name if path.suffix in (".yaml", ".yml") else name + SUFFIX
