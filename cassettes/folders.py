"""Tapes in folders: which files are worth reading, and where what is made of them goes."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDS = (".yaml", ".yml", ".json", ".har", ".toml")
# The latter is how Ruby VCR calls what it has compressed.
_COMPRESSED = (*(f"{end}.gz" for end in _ENDS), ".zz")
# What stands near the beginning of a cassette, of vcrpy's and its relatives' tapes, and of a HAR file.
_SIGN = re.compile(
    rb"""^["']?cassette["']?\s*:|["']?(?:http_)?interactions["']?\s*:|^requests\s*:|^-\s+request:|["']log["']\s*:"""
    rb"""|^\[\[interactions\]\]""",
    re.MULTILINE,
)
_LOOKED_AT = 65_536


def tapes_within(folder: str) -> Iterator[str]:
    """Yield the files of a folder that look like tapes, in order; hidden folders and `_blobs` hold none."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(names):
            path = os.path.normpath(os.path.join(place, name))
            if name.endswith(_COMPRESSED) or (name.endswith(_ENDS) and _looks_like_a_tape(path)):
                yield path


def _looks_like_a_tape(path: str) -> bool:
    """Whether a file that nobody has named is worth reading: folders hold YAML and JSON of many kinds."""
    try:
        with open(path, "rb") as file:
            return _SIGN.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return True  # whoever reads it will say what is wrong


def converted_name(relative: str, taken: set[str]) -> str:
    """Return what a converted tape is called, and take that name; `a.json` beside `a.yaml` keeps its own in it."""
    name = os.path.splitext(relative)[0] + ".yaml"
    if name in taken:
        name = f"{relative}.yaml"
    taken.add(name)
    return name
