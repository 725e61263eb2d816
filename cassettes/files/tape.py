"""The file of a cassette: read whole, created in one step, appended to with one write each.

1. A cassette appears complete or not at all: its first bytes go into a file beside it, which is then linked in.
2. What follows is appended by one `write` on a descriptor opened with `O_APPEND`, under a lock between processes.
3. A write that fails halfway is undone, so that the file is byte for byte what it was.
4. Editors, git and recorders put another file in the place of this one: what is appended meanwhile goes into that, too.

What systems do differently with files is in `disk`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from typing import TYPE_CHECKING

from ..errors import CassetteError, CassetteLocked, CassetteNotWritten
from . import disk
from .disk import Locked

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Callable

_ENDINGS = (b"...\n", b"...\r\n")


class Tape:
    """One cassette file on disk. Its owner holds a lock around every call."""

    def __init__(self, path: str) -> None:
        check_name(path)
        self.path = path
        # A linked cassette stays a link: what it points to is written.
        self._target = os.path.realpath(path)
        self._descriptor: int | None = None
        self._process = 0
        self._identity = (0, 0)  # of the file behind the descriptor
        self._line_end = b"\n"
        self._size = 0
        self._end = 0  # where the last document ended that was written here
        self.is_locked: bool = True

    def read(self) -> bytes | None:
        """Return the bytes of the file, or `None` where there is none."""
        try:
            self._refuse_others()
            # Another process may be in the middle of a write: half of it would look like damage.
            with open(self._target, "rb") as file, Locked(file.fileno(), is_shared=True):
                data = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CassetteError(
                f"the file cannot be read: {error.strerror or error}",
                path=self.path,
                mend="Name a file that can be read; or mend its permissions.",
            ) from error
        self._size = len(data)
        first = data.find(b"\n")
        self._line_end = b"\r\n" if first > 0 and data[first - 1 : first] == b"\r" else b"\n"
        return data

    def _refuse_others(self) -> None:
        """Refuse a folder; and a pipe, a socket or a device, which would keep a reader waiting, perhaps for ever."""
        mode = os.stat(self._target).st_mode
        if stat.S_ISDIR(mode):
            raise CassetteError(
                "this is a folder, and one tape is wanted here", path=self.path, mend="Name a file in it."
            )
        if not stat.S_ISREG(mode):
            raise CassetteError(
                "this is a pipe, a socket or a device, and no file", path=self.path, mend="Name a regular file."
            )

    def with_its_line_ends(self, data: bytes) -> bytes:
        """Return bytes with the line ends that the file had when it was read."""
        return data if self._line_end == b"\n" else data.replace(b"\n", self._line_end)

    def has_grown(self) -> bool:
        """Return whether somebody has written to the file since it was read."""
        with contextlib.suppress(OSError):
            return os.stat(self._target).st_size > self._size
        return False

    def write(self, header: Callable[[], bytes], document: bytes, whole: Callable[[bytes], int] = len) -> None:
        """Append a document; create the file with the header in front of it where there is none.

        `whole` says how many bytes of a file are whole: what a crash has left behind them is cut.
        """
        try:
            if self._descriptor is None or self._process != os.getpid():
                if not os.path.exists(self._target) and self._create(header() + document):
                    return
                self._open()
            self._append(document, whole)
            while not self._is_in_place():
                self.close()
                if self._is_there(header, document):
                    return
                self._open()
                self._append(document, whole)
            if disk.IS_WINDOWS:
                self.close()  # or nobody could put another file in its place
        except OSError as error:
            raise not_written(self.path, error) from error

    def _is_there(self, header: Callable[[], bytes], document: bytes) -> bool:
        """Return whether the file that stands now where the written one stood holds a document; without any, make it.

        Whoever put it there may have known of the document.
        """
        try:
            with open(self._target, "rb") as file:
                return document in file.read().replace(b"\r\n", b"\n")
        except FileNotFoundError:
            return self._create(header() + document)

    def _is_in_place(self) -> bool:
        if disk.IS_WINDOWS:
            return True  # as everything that somebody has open
        try:
            found = os.stat(self._target)
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def change(self, changed: Callable[[bytes], bytes]) -> None:
        """Put what a function makes of the bytes of the file in its place, while nobody else writes there."""
        # Where the file is gone, nothing is left to be changed.
        with self._blamed(), contextlib.suppress(FileNotFoundError):
            while not self._has_changed(changed):
                pass  # somebody has put another file there meanwhile

    def _has_changed(self, changed: Callable[[bytes], bytes]) -> bool:
        with open(self._target, "rb") as file, Locked(file.fileno()):
            if not os.path.samestat(os.fstat(file.fileno()), os.stat(self._target)):
                return False
            data = file.read()
            new = changed(data)
            if disk.IS_WINDOWS:
                file.close()  # or nothing could be put in its place
            if new != data:
                self.replace(new)
        return True

    def replace(self, data: bytes) -> None:
        """Put a file with other bytes in the place of this one, in one step."""
        with self._blamed():
            self.close()
            temporary = self._written_beside(data, keep_mode=True)
            try:
                disk.replace(temporary, self._target)
            except BaseException:
                os.unlink(temporary)
                raise
            disk.sync_folder(self._target)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            if self._process == os.getpid():
                os.close(descriptor)

    def _create(self, data: bytes) -> bool:
        """Write a new file; `False` when another process was faster."""
        os.makedirs(os.path.dirname(self._target) or ".", exist_ok=True)
        temporary = self._written_beside(data)
        try:
            os.link(temporary, self._target)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in disk.NO_LINKS:
                raise
            disk.replace(temporary, self._target)
            return True
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        disk.sync_folder(self._target)
        return True

    def _written_beside(self, data: bytes, keep_mode: bool = False) -> str:
        folder, name = os.path.split(self._target)
        self._remove_leftovers()
        temporary = os.path.join(folder, f".{name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | disk.FLAGS
        descriptor = os.open(temporary, flags, 0o666)
        try:
            if keep_mode:
                with contextlib.suppress(FileNotFoundError):
                    os.chmod(temporary, os.stat(self._target).st_mode & 0o7777)
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            os.unlink(temporary)
            raise
        os.close(descriptor)
        return temporary

    def _remove_leftovers(self) -> None:
        """Remove what a killed process left behind here."""
        folder, name = os.path.split(self._target)
        prefix = f".{name}."
        with contextlib.suppress(OSError):
            for other in os.listdir(folder or "."):
                if other.startswith(prefix) and other.endswith(".tmp"):
                    owner = other[len(prefix) :].partition("-")[0]
                    if owner.isdigit() and not disk.is_alive(int(owner)):
                        os.unlink(os.path.join(folder, other))

    def _open(self) -> None:
        self._descriptor = os.open(self._target, os.O_RDWR | os.O_APPEND | disk.FLAGS)
        if not self._process:
            self._remove_leftovers()  # one that was killed when the cassette had just appeared
        self._process = os.getpid()
        found = os.fstat(self._descriptor)
        self._identity = (found.st_dev, found.st_ino)

    def _append(self, document: bytes, whole: Callable[[bytes], int]) -> None:
        descriptor = self._descriptor
        assert descriptor is not None
        if self._line_end != b"\n":
            document = document.replace(b"\n", self._line_end)
        with Locked(descriptor) as is_locked:
            self.is_locked = self.is_locked and is_locked
            size = os.fstat(descriptor).st_size
            if size not in (0, self._end) and not _read_from(descriptor, max(size - 5, 0)).endswith(_ENDINGS):
                data = _read_from(descriptor, 0)
                size = whole(data)
                if size < len(data):
                    os.ftruncate(descriptor, size)
                if data[:size][-1:] != b"\n":
                    document = self._line_end + document
            try:
                written = os.write(descriptor, document)
                if written != len(document):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._end = size + written
            except OSError:
                os.ftruncate(descriptor, size)
                raise

    @contextlib.contextmanager
    def _blamed(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise not_written(self.path, error) from error


class SideTape:
    """The file beside a cassette that recordings go to until the block that makes them has succeeded.

    It belongs to one process at a time, and starts empty.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = os.path.realpath(path) + ".new"
        self._descriptor: int | None = None

    def open(self) -> None:
        """Take the file; `CassetteLocked` where another process has it."""
        try:
            os.makedirs(os.path.dirname(self._file) or ".", exist_ok=True)
            descriptor = self._opened()
        except OSError as error:
            raise not_written(self.path, error) from error
        if descriptor is None:
            raise CassetteLocked(
                "this cassette is being recorded anew already, by another block, thread or process",
                path=self.path,
                mend="Wait until that has finished; or record this cassette in one place only.",
            )
        os.ftruncate(descriptor, 0)
        self._descriptor = descriptor

    def _opened(self) -> int | None:
        """Open the file and take its lock; `None` where another process has it."""
        while True:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND | disk.FLAGS, 0o666)
            try:
                disk.lock(descriptor, waits=False)
            except BlockingIOError:
                os.close(descriptor)
                return None
            except OSError:  # nobody can lock here
                pass
            # Whoever had it may have removed it in between: then this is a file without a name.
            if disk.is_at(descriptor, self._file):
                return descriptor
            os.close(descriptor)

    def append(self, document: bytes) -> None:
        """Append a document."""
        assert self._descriptor is not None
        try:
            size = os.fstat(self._descriptor).st_size
            if os.write(self._descriptor, document) != len(document):
                os.ftruncate(self._descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise not_written(self.path, error) from error

    def remove(self) -> None:
        """Remove the file, and let others have the cassette."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            disk.remove_open(self._file, descriptor)


def check_name(path: str) -> None:
    """Refuse what no file can be called."""
    if "\0" in path:
        raise CassetteError("no file can have this name: it holds a NUL", path=path, mend="Name another file.")
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        strange, encoding = path[error.start : error.end], sys.getfilesystemencoding()
        raise CassetteError(
            f"no file can have this name here: {encoding}, the encoding of names, has no {strange!r}",
            path=path,
            mend="Name another file"
            + ("." if encoding == "utf-8" else "; or set a locale of UTF-8, as in LC_ALL=C.UTF-8."),
        ) from error


def not_written(path: str, error: OSError) -> CassetteNotWritten:
    """Return the error for a cassette that the disk refused."""
    return CassetteNotWritten(
        f"the cassette could not be written: {error.strerror or error}",
        path=path,
        mend="The file is as it was before. Mend the disk or its permissions, and run this again.",
    )


def _read_from(descriptor: int, start: int) -> bytes:
    os.lseek(descriptor, start, os.SEEK_SET)
    with open(descriptor, "rb", closefd=False) as file:
        return file.read()
