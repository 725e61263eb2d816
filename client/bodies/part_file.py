"""The file that a download is written to, until it is complete.

It lies beside its target, on the same file system, so that it takes its place in one step.
Beside it lies a note of what it is a part of, and of the validator with which the server can be asked for the rest.
A lock on it keeps two downloads from writing one file.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, BinaryIO

from ..disk import IS_WINDOWS, lock, replace

WRITE_SIZE = 262_144
_MOST_TRIES = 100
_TAKEN = "another download is writing {}: wait for it, or choose another path"


class PartFile:
    """A file on its way, and what is known about it.

    `identity` says what is being downloaded: what an earlier call left of something else is not used.
    """

    def __init__(self, target: str, identity: str, algorithm: str) -> None:
        self.size: int = 0
        self.kept_from: int = 0
        self._target = target
        self._path = f"{target}.part"
        self._notes = f"{self._path}.json"
        self._identity = identity
        self._algorithm = algorithm
        self._hash: Any = None
        self.validator: str | None = None
        self._file: BinaryIO | None = None
        self._pending: list[bytes] = []
        self._pending_size = 0

    # Called in a worker thread by asynchronous clients: files block.

    def open(self, resume: bool) -> None:
        """Open the part, and keep what an earlier call left where it can be used."""
        file = self._file = _opened_alone(self._path)
        self._hash = new_hash(self._algorithm)
        self.validator = self._noted() if resume else None
        if self.validator is None:
            file.truncate(0)
        else:
            file.seek(0)
            while True:
                data = file.read(WRITE_SIZE)
                if not data:
                    break
                self._hash.update(data)
                self.size += len(data)
        self.kept_from = self.size

    def flush(self) -> None:
        """Write what has been added."""
        pending, self._pending, self._pending_size = b"".join(self._pending), [], 0
        if pending:
            self._open_file.write(pending)

    def finish(self) -> None:
        """Make the part the target."""
        self.flush()
        file = self._open_file
        file.flush()
        os.fsync(file.fileno())
        if os.path.exists(self._target):
            os.chmod(self._path, os.stat(self._target).st_mode & 0o7777)
        if IS_WINDOWS:
            file.close()  # an open file cannot be renamed there
        replace(self._path, self._target)
        _remove(self._notes)
        self._file = None
        file.close()

    # What needs no waiting.

    def add(self, data: bytes) -> bool:
        """Add data; return whether it is time to flush."""
        self._hash.update(data)
        self._pending.append(data)
        self._pending_size += len(data)
        self.size += len(data)
        return self._pending_size >= WRITE_SIZE

    def restart(self) -> None:
        """Throw away what is there."""
        if self.size:
            self._pending, self._pending_size = [], 0
            self._open_file.truncate(0)
            self._hash = new_hash(self._algorithm)
            self.size = 0
        self.kept_from = 0

    def forget(self) -> None:
        """Do not keep the part for another call."""
        self.validator = None

    def note(self, validator: str | None) -> None:
        """Keep what a later request needs to go on from here."""
        if validator != self.validator:
            from json import dumps

            self.validator = validator
            if validator is None:
                _remove(self._notes)
            else:
                with open(self._notes, "w", encoding="utf-8") as notes:
                    notes.write(dumps({"of": self._identity, "validator": validator}))

    def hexdigest(self) -> str:
        """Return the checksum so far."""
        digest: str = self._hash.hexdigest()
        return digest

    def close(self, *, keep: bool) -> None:
        """Close the part, and remove it where it is of no use to another call."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            if keep and self.validator is not None and self.size:
                file.write(b"".join(self._pending))
                return
            if IS_WINDOWS:
                file.close()  # an open file cannot be removed there
            # Elsewhere while it is locked: what comes after is another download's.
            _remove(self._path)
            _remove(self._notes)
        finally:
            file.close()

    @property
    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise RuntimeError("this part is closed")
        return self._file

    def _noted(self) -> str | None:
        """Return the validator that an earlier call has noted for the same URL."""
        from json import loads

        try:
            with open(self._notes, encoding="utf-8") as notes:
                noted: Any = loads(notes.read(4096))
            validator: str = noted["validator"]
            return validator if noted["of"] == self._identity and isinstance(validator, str) else None
        except (OSError, ValueError, LookupError, TypeError):
            return None


def new_hash(algorithm: str) -> Any:
    """Return a hash object of the standard library; `ValueError` for an algorithm that it does not have."""
    import hashlib

    return hashlib.new(algorithm, usedforsecurity=False)


def _opened_alone(path: str) -> BinaryIO:
    """Open a part that no other download has; what one has moved or removed before it let go is opened anew."""
    for _ in range(_MOST_TRIES):
        file = open(path, "a+b")  # noqa: SIM115 - closed by who opens the part
        try:
            _lock(file, path)
            if _is_at(file, path):
                return file
        except BaseException:
            file.close()
            raise
        file.close()
    raise BlockingIOError(_TAKEN.format(path))


def _is_at(file: BinaryIO, path: str) -> bool:
    if IS_WINDOWS:
        return True  # what is open stays where it is
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _lock(file: BinaryIO, path: str) -> None:
    try:
        lock(file)
    except OSError as error:
        raise BlockingIOError(_TAKEN.format(path)) from error


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.remove(path)
