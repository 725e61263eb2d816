"""What operating systems do differently with files that somebody else may have open.

Windows neither removes nor replaces such a file. Who does either closes it first, and waits a moment for those who look
at it, as virus scanners do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

IS_WINDOWS = os.name == "nt"

_PAUSES = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.4) if IS_WINDOWS else ()


def place_of(path: str | os.PathLike[str]) -> str:
    """Return where the file is that another one is to replace: behind a link, which stays.

    Refuses, with an `OSError`, what a file would take the place of for good: a folder, a device, a pipe.
    """
    place = os.path.realpath(path) if os.path.islink(path) else os.path.abspath(path)
    try:
        mode = os.stat(place).st_mode
    except FileNotFoundError:
        return place
    name = os.fspath(path)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{name} is a folder: say the name of the file as well")
    if not stat.S_ISREG(mode):
        raise FileExistsError(f"{name} is a device, a pipe or a socket, which a file would replace: say another name")
    return place


def replace(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Put a file in the place of another one, in one step."""
    for pause in _PAUSES:
        with contextlib.suppress(PermissionError):
            os.replace(source, target)
            return
        time.sleep(pause)
    os.replace(source, target)


def lock(file: BinaryIO) -> None:
    """Take the lock of a file, which ends when that is closed; `OSError` where somebody else has it."""
    if sys.platform == "win32":
        import msvcrt

        # Nobody else may touch what is locked: so it is a byte that no one reads.
        file.seek(0x7FFFFFFF)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0, os.SEEK_END)
    else:
        from fcntl import LOCK_EX, LOCK_NB, flock

        flock(file.fileno(), LOCK_EX | LOCK_NB)


def is_closed_pipe(error: BaseException) -> bool:
    """Return whether nobody reads any more what is written; Windows calls that an invalid argument."""
    if isinstance(error, BrokenPipeError):
        return True
    return IS_WINDOWS and isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
