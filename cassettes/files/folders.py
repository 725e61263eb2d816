"""Tapes in folders: which files are worth reading, which one is meant, and where what is made of them goes."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..errors import CassetteError, CassetteMissing

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
_PLACE = re.compile(r"(.+?):([0-9]+)\Z")


def tapes_within(folder: str) -> Iterator[str]:
    """Yield the files of a folder that look like tapes, in order; hidden folders and `_blobs` hold none."""
    for place, folders, names in os.walk(folder, onerror=_refused):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(names):
            path = os.path.normpath(os.path.join(place, name))
            if name.endswith(_COMPRESSED) or (name.endswith(_ENDS) and _looks_like_a_tape(path)):
                yield path


def expanded(name: str) -> list[str]:
    """Return what a name with `*` or `?` stands for where no shell has said it; any other name as it is."""
    if os.path.exists(name) or not ("*" in name or "?" in name):
        return [name]
    import glob  # most shells have done it

    # Names of tests have brackets, which stand for themselves.
    return sorted(glob.glob(name.replace("[", "[[]"), recursive=True)) or [name]


def _refused(error: OSError) -> None:
    raise CassetteError(
        f"the folder cannot be read: {error.strerror or error}",
        path=error.filename,
        mend="Name another one; or mend its permissions.",
    ) from error


def _looks_like_a_tape(path: str) -> bool:
    """Whether a file that nobody has named is worth reading: folders hold YAML and JSON of many kinds."""
    if os.path.exists(path) and not os.path.isfile(path):
        return False  # a pipe, which might keep us waiting for ever
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


def place_of(argument: str) -> tuple[str, int | None]:
    """Return path and line of `FILE:LINE`; a file that has such a name is meant itself."""
    found = _PLACE.match(argument)
    if found is None or os.path.exists(argument):
        return argument, None
    return found[1], int(found[2])


def no_such_file(path: str) -> CassetteMissing:
    """Return the error for a tape that is to be read and is not there; it says which one may be meant."""
    whole, line = place_of(path)
    if line is not None and os.path.exists(whole):
        return CassetteMissing("a whole file is wanted here, without a line", path=path, mend=f"Say {whole}")
    if path == "-":
        mend = "Write the tape to a file, and name that: bodies may stand beside it."
        return CassetteMissing("no tape is read from standard input", path=path, mend=mend)
    if os.path.islink(path):
        target = os.readlink(path)
        return CassetteMissing(f"the link leads to {target}, which is not there", path=path, mend="Name another file.")
    import difflib  # only those who have mistyped a name need it

    folder, name = os.path.split(path)
    names = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
    near = difflib.get_close_matches(name, names, 1, 0.8)
    hint = f"Did you mean {os.path.join(folder, near[0])}?" if near else "Name another one."
    return CassetteMissing("there is no such file", path=path, mend=hint)


def no_tape_in(folder: str) -> CassetteError:
    """Return the error for a folder that holds no tape."""
    return CassetteError("this folder holds no tape", path=folder, mend="Name the folder in which the tapes are.")
