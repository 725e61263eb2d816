"""Entry points: how the command line finds what other folders, and other packages, add to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def entries(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by their names, in alphabetical order."""
    from importlib import metadata

    if sys.version_info >= (3, 10):
        found = list(metadata.entry_points(group=group))
    else:
        found = list(metadata.entry_points().get(group, ()))
    return {entry.name: entry for entry in sorted(found, key=lambda entry: entry.name)}
