"""What operating systems do differently with files that somebody else may have open.

1. A lock belongs to a descriptor, whichever thread or process has that, and ends when it is closed: `flock`. Windows
   lets nobody read what somebody has locked, so there it is a byte far behind the end of any file (`LockFileEx`).
2. Windows neither removes nor replaces what somebody has open. So nothing stays open there for longer than a write,
   and who replaces a file waits a moment for those who look at it: other tests, editors, virus scanners.
3. Windows opens no folders: where one is to be locked, a file in the folder for temporary files stands for it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from typing import Any

IS_WINDOWS = os.name == "nt"

FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""For every `os.open`: no child inherits the descriptor, and bytes are what they are."""

NO_LINKS = frozenset((errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL))
"""What `os.link` fails with on a file system that has no links; Windows has no better word for it than `EINVAL`."""

_PAUSES = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.4) if IS_WINDOWS else ()


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _EXCLUSIVE, _AT_ONCE = 2, 1
    _TAKEN = (33, 997)  # ERROR_LOCK_VIOLATION, ERROR_IO_PENDING
    _ASKING, _NO_SUCH_PROCESS, _RUNNING = 0x1000, 87, 259

    class _Place(ctypes.Structure):
        _fields_ = (
            ("internal", ctypes.c_void_p),
            ("internal_high", ctypes.c_void_p),
            ("offset", wintypes.DWORD),
            ("offset_high", wintypes.DWORD),
            ("event", wintypes.HANDLE),
        )

    def _behind() -> _Place:
        return _Place(offset_high=0x7FFFFFFF)

    _kernel.LockFileEx.argtypes = (wintypes.HANDLE, *[wintypes.DWORD] * 4, ctypes.POINTER(_Place))
    _kernel.UnlockFileEx.argtypes = (wintypes.HANDLE, *[wintypes.DWORD] * 3, ctypes.POINTER(_Place))
    _kernel.OpenProcess.restype = wintypes.HANDLE
    _kernel.GetExitCodeProcess.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
    _kernel.CloseHandle.argtypes = (wintypes.HANDLE,)

    def lock(descriptor: int, *, is_shared: bool = False, waits: bool = True) -> None:
        flags = (0 if is_shared else _EXCLUSIVE) | (0 if waits else _AT_ONCE)
        handle = msvcrt.get_osfhandle(descriptor)
        if not _kernel.LockFileEx(handle, flags, 0, 1, 0, ctypes.byref(_behind())):
            code = ctypes.get_last_error()
            raise BlockingIOError(errno.EAGAIN, "somebody has it") if code in _TAKEN else ctypes.WinError(code)

    def unlock(descriptor: int) -> None:
        _kernel.UnlockFileEx(msvcrt.get_osfhandle(descriptor), 0, 1, 0, ctypes.byref(_behind()))

    def is_alive(process: int) -> bool:
        if process >= 1 << 32:
            return True
        handle = _kernel.OpenProcess(_ASKING, False, process)
        if not handle:
            return ctypes.get_last_error() != _NO_SUCH_PROCESS
        try:
            code = wintypes.DWORD()
            return not _kernel.GetExitCodeProcess(handle, ctypes.byref(code)) or code.value == _RUNNING
        finally:
            _kernel.CloseHandle(handle)

    def open_folder(folder: str) -> int:
        from hashlib import sha256
        from tempfile import gettempdir

        name = sha256(os.path.normcase(os.path.realpath(folder)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return os.open(os.path.join(gettempdir(), f"understudy-{name}.lock"), os.O_RDWR | os.O_CREAT | FLAGS, 0o666)

else:
    import fcntl

    def lock(descriptor: int, *, is_shared: bool = False, waits: bool = True) -> None:
        """Take the lock of a file; `BlockingIOError` where somebody else has it, `OSError` where there are none."""
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | (0 if waits else fcntl.LOCK_NB))

    def unlock(descriptor: int) -> None:
        """Let others have the lock."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def is_alive(process: int) -> bool:
        """Return whether there is such a process; where nobody knows, there is."""
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except (OSError, OverflowError):
            return True
        return True

    def open_folder(folder: str) -> int:
        """Return a descriptor for the lock of a folder."""
        return os.open(folder, os.O_RDONLY)


def replace(source: str, target: str) -> None:
    """Put a file in the place of another one, in one step."""
    for pause in _PAUSES:
        with contextlib.suppress(PermissionError):
            os.replace(source, target)
            return
        time.sleep(pause)
    os.replace(source, target)


def is_at(descriptor: int, path: str) -> bool:
    """Return whether an open file still has a name."""
    if IS_WINDOWS:
        return True  # which does not take it away while it is open, and numbers files as it likes
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def remove_open(path: str, descriptor: int) -> None:
    """Remove a file, and close it: while its lock is held where that can be, so that it is nobody else's by then."""
    if IS_WINDOWS:
        os.close(descriptor)
    with contextlib.suppress(OSError):
        os.unlink(path)
    if not IS_WINDOWS:
        os.close(descriptor)


def is_closed_pipe(error: OSError) -> bool:
    """Return whether nobody reads any more what is written; Windows calls that an invalid argument."""
    is_invalid = IS_WINDOWS and error.errno == errno.EINVAL and error.filename is None
    return is_invalid or isinstance(error, BrokenPipeError)


def sync_folder(path: str) -> None:
    """Let the name of a file survive a power cut, as its content does."""
    with contextlib.suppress(OSError):  # a system that cannot open folders, or a file system that syncs by itself
        descriptor = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Locked:  # a word of `with`; a generator would take longer than the lock
    """Hold the lock that every recorder of this file takes; it ends with its process, however that ends.

    Gives whether there is such a lock.
    """

    __slots__ = ("_descriptor", "_is_held", "_is_shared")

    def __init__(self, descriptor: int, is_shared: bool = False) -> None:
        self._descriptor = descriptor
        self._is_shared = is_shared
        self._is_held = False

    def __enter__(self) -> bool:
        try:
            lock(self._descriptor, is_shared=self._is_shared)
        except OSError:  # a network file system without locks: one write is the best there is
            return False
        self._is_held = True
        return True

    def __exit__(self, *_: Any) -> None:
        if self._is_held:
            unlock(self._descriptor)
