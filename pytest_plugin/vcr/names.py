"""Where pytest-recording and pytest-vcr keep the tape of a test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 255
_NOT_IN_NAMES = re.compile(r"[<>?%*:|\"'/\\]")


def default_name(classes: list[str], test: str) -> str:
    """Return the name of a test's tape, without suffix: `Class.test[parameter]`."""
    name = _NOT_IN_NAMES.sub("-", ".".join([*classes, test]))
    longest = LONGEST - len(".yaml")
    if len(name.encode()) <= longest:
        return name
    from hashlib import md5

    digest = md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name.encode()[: longest - len(digest) - 3].decode(errors='ignore')}...{digest}"


def with_suffix(name: str) -> str:
    """Return the name of a file."""
    return name if name.endswith((".yaml", ".yml", ".json")) else f"{name}.yaml"


def found(folder: Path, name: str) -> Path:
    """Return the path of a tape: in the folder, or, where pytest-vcr has left it, beside the folder."""
    path = folder / with_suffix(name)
    flat = folder.parent / with_suffix(name)
    return flat if not path.exists() and flat.is_file() else path
