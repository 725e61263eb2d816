"""Bodies too large or too binary for YAML, as files beside the cassette.

1. A file is named after its content: equal bodies share one file, and a file once written never changes.
   One that somebody else has changed is written again with its body.
2. The document says the whole SHA-256, and replaying checks it: an editor that "mended" something is found out. Where
   it was all line ends, as git does it on Windows (`core.autocrlf`), the hash tells, and that is undone.
3. A cassette names files inside its own folder only, whatever it says and wherever links lead.
4. A body is written before the document that names it; a kill in between leaves a file that nobody names.
5. Recording anew removes what the old recordings named and nobody names any more, under a lock of the folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from typing import TYPE_CHECKING, Any

from . import disk

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "_blobs"
MAX_IN_MEMORY = 8 * 1024 * 1024
_PIECE = 64 * 1024
_UNFINISHED = ".tmp"
_NAMED = re.compile(rb"_blobs/[0-9a-f]{16}\.[0-9a-z]+")
_EXTENSIONS = {
    "application/gzip": "gz",
    "application/javascript": "js",
    "application/json": "json",
    "application/pdf": "pdf",
    "application/wasm": "wasm",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "font/woff2": "woff2",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "text/css": "css",
    "text/csv": "csv",
    "text/event-stream": "txt",
    "text/html": "html",
    "text/javascript": "js",
    "text/plain": "txt",
    "text/xml": "xml",
    "video/mp4": "mp4",
}


class Spool:
    """A body while it comes: in memory as long as it is small, then in a file. One reader at a time."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._hash: Any = None
        self._descriptor: int | None = None
        self.size: int = 0
        self.path: str | None = None
        self.digest: str = ""

    def add(self, piece: bytes) -> None:
        """Keep a piece."""
        self.size += len(piece)
        if self._descriptor is None:
            self._pieces.append(piece)
            if self.size > MAX_IN_MEMORY:
                self.open()
        else:
            self._write(piece)

    def open(self) -> None:
        """Go on in a file."""
        folder = os.path.join(self._folder, FOLDER)
        os.makedirs(folder, exist_ok=True)
        _remove_unfinished(folder)
        path = os.path.join(folder, f".{os.getpid()}-{secrets.token_hex(8)}{_UNFINISHED}")
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | disk.FLAGS, 0o666)
        self.path = path
        self._hash = hashlib.sha256()
        for piece in self._pieces:
            self._write(piece)
        self._pieces = []

    def _write(self, piece: bytes) -> None:
        assert self._descriptor is not None
        self._hash.update(piece)
        view = memoryview(piece)
        while view:
            view = view[os.write(self._descriptor, view) :]

    @property
    def content(self) -> bytes:
        """The body, where it is in memory."""
        return b"".join(self._pieces)

    def finish(self) -> str:
        """Close the file and return its hash."""
        if not self.digest:
            assert self._descriptor is not None
            os.close(self._descriptor)
            self.digest = self._hash.hexdigest()
        return self.digest

    def discard(self) -> None:
        """Close and remove the file, unless it is a body of the cassette by now."""
        if self.path is not None and self.path.endswith(_UNFINISHED):
            self.finish()
            with contextlib.suppress(OSError):
                os.unlink(self.path)
            self.path = None


def _remove_unfinished(folder: str) -> None:
    """Remove what a killed process left here before it was a body."""
    for name in os.listdir(folder):
        owner = name[1:].partition("-")[0]
        if name.startswith(".") and name.endswith(_UNFINISHED) and owner.isdigit() and not disk.is_alive(int(owner)):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, name))


class Blobs:
    """The files beside one cassette."""

    def __init__(self, cassette: str) -> None:
        self.folder: str = os.path.dirname(os.path.realpath(cassette))
        self.waiting: dict[str, bytes | Spool] = {}
        self._texts: dict[str, str] = {}
        self._held: int | None = None

    def keep(self, content: bytes, media_type: str, text: str | None = None) -> dict[str, Any]:
        """Return the members that name a file with this content, to be written by `flush`.

        `text` is what the content says, for those who look through it.
        """
        members = self._named(hashlib.sha256(content).hexdigest(), content, media_type)
        if text is not None:
            self._texts[members["file"]] = text
        return members

    def keep_spool(self, spool: Spool, media_type: str) -> dict[str, Any]:
        """Return the members that name a file with what was spooled."""
        return self._named(spool.finish(), spool, media_type)

    def _named(self, digest: str, content: bytes | Spool, media_type: str) -> dict[str, Any]:
        name = f"{FOLDER}/{digest[:16]}.{_EXTENSIONS.get(media_type, 'bin')}"
        self.waiting[name] = content
        return {"file": name, "sha256": digest}

    def flush(self) -> None:
        """Write the files that wait; those that hold what they should are left alone.

        Nobody removes any of them until `release`: no document names them yet.
        """
        self._texts.clear()
        if self.waiting:
            self._hold()
        for name, content in list(self.waiting.items()):
            target = os.path.join(self.folder, name)
            if not _holds(target, content):
                spool = self._spooled(content) if isinstance(content, bytes) else content
                assert spool.path is not None
                disk.replace(spool.path, target)
                spool.path = target
            elif isinstance(content, Spool):
                content.discard()
                content.path = target
            del self.waiting[name]  # those that could not be written are for `forget`

    def _spooled(self, content: bytes) -> Spool:
        spool = Spool(self.folder)
        try:
            spool.open()
            spool.add(content)
            spool.finish()
        except OSError:
            spool.discard()  # a full disk gets its room back
            raise
        return spool

    def _hold(self) -> None:
        folder = os.path.join(self.folder, FOLDER)
        os.makedirs(folder, exist_ok=True)
        self._held = _locked_folder(folder, is_shared=True)

    def release(self) -> None:
        """Let others tidy up: the documents that name the files are written."""
        if self._held is not None:
            held, self._held = self._held, None
            os.close(held)

    def remove_unnamed(self, old: bytes, new: bytes) -> list[str]:
        """Remove the files that a cassette named before and names no more, and return their names.

        Files that any other cassette in the folder names stay, and all do while somebody may be about to name one.
        """
        gone = {name for name in _NAMED.findall(old) if name not in new}
        if not gone or (lock := _locked_folder(os.path.join(self.folder, FOLDER), is_shared=False)) is None:
            return []
        try:
            for entry in os.scandir(self.folder):
                if gone and entry.is_file():
                    with open(entry.path, "rb") as file:
                        data = file.read()
                    gone = {name for name in gone if name not in data}
            names = sorted(name.decode("ascii") for name in gone)
            for name in names:
                os.unlink(os.path.join(self.folder, name))
        except OSError:
            return []  # tidying up is no reason to fail
        finally:
            os.close(lock)
        return names

    def texts(self) -> list[str]:
        """Return what waits and is text."""
        found: list[str] = []
        for name, content in self.waiting.items():
            if name in self._texts:
                found.append(self._texts[name])
            elif isinstance(content, bytes):
                with contextlib.suppress(UnicodeDecodeError):
                    found.append(content.decode("utf-8"))
        return found

    def forget(self) -> None:
        """Drop what waits."""
        waiting, self.waiting = self.waiting, {}
        self._texts.clear()
        for content in waiting.values():
            if isinstance(content, Spool):
                content.discard()

    def path(self, name: Any) -> str:
        """Return where a named file is; `ValueError` where that is outside the folder of the cassette."""
        if not isinstance(name, str) or not name or "\0" in name:
            raise ValueError(f"`file:` takes the name of a file, not {name!r}")
        path = os.path.realpath(os.path.join(self.folder, name))
        if os.path.isabs(name) or not path.startswith(self.folder + os.sep):
            raise ValueError(f"`file: {name}` leads out of the folder of the cassette")
        if not os.path.isfile(path):
            if os.path.exists(path):
                raise ValueError(f"`file: {name}` names no regular file")
            raise ValueError(f"the file {name} is missing: restore it from version control, or record again")
        return path

    def is_long(self, name: Any) -> bool:
        """Return whether a named file is too long for memory."""
        return os.path.getsize(self.path(name)) > MAX_IN_MEMORY

    def read(self, name: Any, digest: Any) -> bytes:
        """Return the content of a named file, checked against its hash where one is given."""
        with open(self.path(name), "rb") as file:
            content = file.read()
        for was in _with_either_line_ends(content):
            if digest is None or hashlib.sha256(was).hexdigest() == digest:
                return was
        raise _changed(name)

    def stream(self, name: str, digest: Any) -> Iterator[bytes]:
        """Yield the content of a named file; a wrong hash is a `ValueError` at its end."""
        seen = hashlib.sha256()
        path = self.path(name)
        is_other = digest is not None and _has_got_line_ends(path, digest)
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                if is_other:
                    piece = (piece + file.read(1) if piece.endswith(b"\r") else piece).replace(b"\r\n", b"\n")
                seen.update(piece)
                yield piece
        if digest is not None and seen.hexdigest() != digest:
            raise _changed(name)


def _holds(path: str, content: bytes | Spool) -> bool:
    """Return whether a file has this content."""
    size = content.size if isinstance(content, Spool) else len(content)
    try:
        if os.path.getsize(path) != size:
            return False
        with open(path, "rb") as file:
            if isinstance(content, bytes):
                return file.read() == content
            seen = hashlib.sha256()
            while piece := file.read(_PIECE):
                seen.update(piece)
        return bool(seen.hexdigest() == content.digest)
    except FileNotFoundError:
        return False


def _with_either_line_ends(content: bytes) -> Iterator[bytes]:
    """Yield a content as it is, and as it was if somebody has changed the ends of all its lines."""
    yield content
    if b"\r\n" in content:
        yield content.replace(b"\r\n", b"\n")
    elif b"\n" in content:
        yield content.replace(b"\n", b"\r\n")


def _has_got_line_ends(path: str, digest: Any) -> bool:
    """Return whether a file is a text with the line ends of Windows that is not what was recorded."""
    with open(path, "rb") as file:
        first = file.read(_PIECE)
        if b"\r\n" not in first or b"\0" in first or b"\n" in first.replace(b"\r\n", b""):
            return False
        seen = hashlib.sha256(first)
        while piece := file.read(_PIECE):
            seen.update(piece)
    return bool(seen.hexdigest() != digest)


def _changed(name: str) -> ValueError:
    return ValueError(
        f"the file {name} is not what was recorded: restore it from version control, "
        "or remove `sha256:` if it was changed on purpose"
    )


def _locked_folder(folder: str, is_shared: bool) -> int | None:
    """Return a descriptor that holds a lock on a folder; `None` where it cannot be had."""
    try:
        descriptor = disk.open_folder(folder)
    except OSError:
        return None
    try:
        disk.lock(descriptor, is_shared=is_shared, waits=is_shared)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
