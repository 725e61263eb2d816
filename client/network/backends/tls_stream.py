"""TLS over any stream of bytes: `ssl.MemoryBIO` between the plain text and the stream that carries it.

Used by every backend that OpenSSL cannot read a socket for: the asynchronous ones, the one in memory, and TLS inside
TLS.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

from .base import UncleanEOF
from .sessions import keep_session, session_for

if TYPE_CHECKING:
    from .base import NetworkStream

_READ_SIZE = 65_536
# One record holds 16 KiB; more than a few at once only makes a slow peer's backlog larger. What another TLS inside this
# one makes of 64 KiB is taken as a whole.
_WRITE_SIZE = 67_584


class TLSStream:
    """A stream whose bytes travel encrypted inside another one."""

    __slots__ = (
        "_ahead",
        "_end",
        "_flushing",
        "_incoming",
        "_inner",
        "_is_broken",
        "_outgoing",
        "_sealed",
        "_tls",
    )

    def __init__(self, inner: NetworkStream, context: ssl.SSLContext, hostname: str | None) -> None:
        self._inner = inner
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        session = session_for(context, hostname)
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname, session=session)
        self._ahead = b""  # read while writing, and not asked for yet
        # How reading ended. OpenSSL says it once, and something else when asked again.
        self._end: ssl.SSLError | None = None
        self._sealed = b""  # encrypted, and not taken by the inner stream yet
        self._flushing = threading.Lock()  # held by whoever writes to the inner stream
        self._is_broken = False

    @classmethod
    async def client(
        cls, inner: NetworkStream, context: ssl.SSLContext, hostname: str | None, timeout: float | None
    ) -> TLSStream:
        """Return the stream with the handshake done; `timeout` bounds all of it."""
        try:
            stream = cls(inner, context, hostname)
            deadline = None if timeout is None else time.monotonic() + timeout
            while True:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError
                if await stream._step(stream._tls.do_handshake, left):
                    await stream._flush(left)
                    return stream
        except BaseException as error:
            inner.close()
            if isinstance(error, TimeoutError):
                raise TimeoutError("the TLS handshake does not end") from error
            raise

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead[:max_bytes], self._ahead[max_bytes:]
            return data
        tls = self._tls
        while self._end is None:
            try:
                data = tls.read(max_bytes)
            except ssl.SSLWantReadError:
                await self._flush(timeout)
                await self._take_in(timeout)
            except ssl.SSLError as error:
                self._end = error
            else:
                return self._gathered(data, max_bytes) if self._incoming.pending and len(data) < max_bytes else data
        if isinstance(self._end, ssl.SSLZeroReturnError):
            return b""
        if not is_unclean(self._end):
            raise self._end
        raise clear(self._end) from self._end

    async def write(self, data: bytes, timeout: float | None) -> None:
        if self._is_broken:
            raise ConnectionAbortedError("an earlier write was interrupted in the middle")
        if len(data) <= _WRITE_SIZE:
            self._tls.write(data)
            await self._flush(timeout)
            return
        rest = memoryview(data)
        while rest:
            self._tls.write(rest[:_WRITE_SIZE])
            await self._flush(timeout)
            rest = rest[_WRITE_SIZE:]

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> int:
        taken = 0
        if self._ahead or self._end is not None or (self._incoming.pending and self._decrypt_ahead()):
            return taken
        while True:
            sealed = self._sealed + self._outgoing.read()
            count = await self._inner.write_until_readable(memoryview(sealed), timeout)
            # What is sealed was counted as taken already, and goes before anything else.
            self._sealed = sealed[count:]
            if self._inner.is_readable():
                await self._take_in(timeout)
                if self._decrypt_ahead():
                    return taken
            if not self._sealed:
                if taken == len(data):
                    return taken
                taken += self._tls.write(data[taken : taken + _WRITE_SIZE])

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> NetworkStream:
        return await TLSStream.client(self, context, hostname, timeout)

    def close(self) -> None:
        keep_session(self._tls)
        self._say_goodbye()
        self._inner.close()

    def send_now(self, data: bytes) -> None:
        """Send what can be sent without waiting; see `_say_goodbye`."""
        send_now = getattr(self._inner, "send_now", None)
        if send_now is None or self._is_broken or self._sealed or self._flushing.locked():
            return
        with contextlib.suppress(OSError, ValueError):
            if data:
                self._tls.write(data)
            else:
                self._tls.unwrap()
        sealed = self._outgoing.read()
        if sealed:
            send_now(sealed)

    def _say_goodbye(self) -> None:
        """Send TLS's closing message, if the inner stream can do that without waiting, and nothing is half sent.

        Nobody waits for the answer, nor misses the message: the peer's connection ends either way.
        """
        self.send_now(b"")

    @property
    def takes_at_once(self) -> bool:
        """Whether what is handed to the inner stream goes out, even if nobody waits for that."""
        return getattr(self._inner, "takes_at_once", False)

    def is_readable(self) -> bool:
        # What came in the same segment as the last bytes that were read may be encrypted still.
        if self._ahead or self._end is not None:
            return True
        return self._tls.pending() > 0 or self._incoming.pending > 0 or self._inner.is_readable()

    def get_extra_info(self, name: str) -> Any:
        if name == "ssl_object":
            return self._tls
        if name == "is_readable":
            return self.is_readable()
        return self._inner.get_extra_info(name)

    def __repr__(self) -> str:
        return f"<TLSStream over {self._inner!r}>"

    async def _step(self, operation: Callable[[], Any], timeout: float | None) -> bool:
        """Try `operation` once; return whether it succeeded, after moving bytes if it needs more of them."""
        try:
            operation()
        except ssl.SSLWantReadError:
            await self._flush(timeout)
            await self._take_in(timeout)
            return False
        except ssl.SSLError:
            # The alert that says why goes out; that it arrives matters less than the error.
            with contextlib.suppress(OSError):
                await self._flush(timeout)
            raise
        return True

    async def _flush(self, timeout: float | None) -> None:
        """Send what is sealed. One caller at a time, who also sends what others have sealed meanwhile.

        Somebody reads while somebody writes, and TLS may have something to say while it reads. Records of two callers
        would run into each other where the inner stream sends in pieces.
        """
        while self._outgoing.pending or self._sealed:
            if not self._flushing.acquire(blocking=False):
                return
            is_done = self.takes_at_once
            try:
                sealed, self._sealed = self._sealed + self._outgoing.read(), b""
                await self._inner.write(sealed, timeout)
                is_done = True
            finally:
                self._flushing.release()
                # Half a record may have gone out: nothing that comes after it would be understood.
                self._is_broken = self._is_broken or not is_done

    async def _take_in(self, timeout: float | None) -> None:
        """Let OpenSSL have what has arrived, or the end."""
        data = await self._inner.read(_READ_SIZE, timeout)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _decrypt_ahead(self) -> bool:
        """Decrypt what is here; return whether that is something to read, or the end."""
        try:
            self._ahead += self._tls.read(_READ_SIZE)
        except ssl.SSLWantReadError:
            # TLS has messages of its own, which are nothing to read.
            return False
        except ssl.SSLError as error:
            self._end = error
        return True

    def _gathered(self, data: bytes, max_bytes: int) -> bytes:
        """Return `data` and whatever else is decrypted already: several records may have come at once."""
        pieces = [data]
        size = len(data)
        while size < max_bytes:
            try:
                piece = self._tls.read(max_bytes - size)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError as error:
                self._end = error
                break
            if not piece:
                # The closing message: it is read as nothing, again and again.
                break
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)


def is_unclean(error: OSError) -> bool:
    """Whether OpenSSL says that the connection ended without TLS's closing message."""
    return isinstance(error, ssl.SSLEOFError) or getattr(error, "reason", None) == "UNEXPECTED_EOF_WHILE_READING"


def clear(error: OSError) -> OSError:
    """Return the error that tells an end without TLS's closing message from other failures."""
    return UncleanEOF("the connection ended without the closing message of TLS") if is_unclean(error) else error
