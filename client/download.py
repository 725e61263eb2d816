"""Downloads: a response streamed to a file that appears when it is complete, and is taken up again where it was lost.

Theory of operation

1. The body goes to `NAME.part` beside the target, on the same file system. When it is complete, and its checksum right,
   it is flushed to the disk and renamed: the target is the old file, or none, until it is the new one.
2. The body is asked for as it is (`Accept-Encoding: identity`), so that bytes of the file are bytes of the resource.
3. To go on, the server must have told a strong validator: an ETag that is not weak, or a Last-Modified that is older
   than its Date. It is kept in `NAME.part.json` beside the part, with a hash of the URL, and sent as If-Range
   (RFC 9110, section 13.1.5): where the resource has changed, the server sends it whole.
4. What comes with 206 must begin where the part ends; anything else is started anew, without Range.
5. A connection lost in the middle is taken up again within the call, `attempts` times in all. After that the part stays
   for the next call, where it can be resumed, and is removed where it cannot.
6. One download at a time owns a part, by a lock on it where the system has such locks.
"""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from .bodies.part_file import PartFile, new_hash
from .bridge import run
from .callers import BLOCKING
from .disk import place_of
from .errors import (
    DeadlineExceeded,
    HTTPStatusError,
    IncompleteBody,
    LimitExceeded,
    NetworkError,
    RemoteProtocolError,
    RequestError,
    TimeoutException,
)
from .journal import log_again
from .layers.deadline import deadline_for
from .messages.headers import Headers
from .messages.request import Request
from .retry import Retry, http_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .messages.response import Response

    Progress = Callable[[int, "int | None"], Any]

_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)\Z", re.IGNORECASE)
_PASSING = (NetworkError, TimeoutException, RemoteProtocolError)
_FINAL = (DeadlineExceeded, LimitExceeded)


class ChecksumMismatch(RequestError):
    """What was downloaded is not what its checksum says."""


class Download(NamedTuple):
    """A finished download."""

    path: str
    """Where the file is."""
    size: int
    """How many bytes it has."""
    resumed_from: int
    """How many of them were there before this call."""
    response: Response
    """The last response, closed; its body is in the file."""


class Plan:
    """One call of `client.download`: checked when it is made, performed for either kind of client."""

    def __init__(
        self,
        client: Any,
        url: Any,
        path: str | os.PathLike[str],
        *,
        resume: bool,
        checksum: str | None,
        on_progress: Progress | None,
        attempts: int,
        send_options: dict[str, Any],
        request_options: dict[str, Any],
    ) -> None:
        self.path: str = os.fspath(path)
        self.place: str = place_of(path)
        self.client = client
        self.caller: Any = client._caller
        self.retry: Retry = Retry(attempts)
        self.resume = resume
        self.algorithm: str
        self.digest: str | None
        self.algorithm, self.digest = _checksum(checksum)
        self.on_progress = on_progress
        self.send_options = send_options
        headers = Headers({"Accept-Encoding": "identity"})
        headers.update(request_options.get("headers"))
        self.first: Request = client.build_request("GET", url, **{**request_options, "headers": headers})
        self.body: _BlockingBody | _AsynchronousBody = (
            _BlockingBody() if self.caller is BLOCKING else _AsynchronousBody()
        )

    def perform(self) -> Download:
        """Download for a blocking client."""
        return run(self.aperform())

    async def aperform(self) -> Download:
        """Download for an asynchronous client."""
        at = deadline_for(self.client, self.first)
        if at is not None:
            self.first.extensions["deadline"] = at
        part = PartFile(self.place, _identity(self.first), self.algorithm)
        try:
            await self.body.work(part.open, self.resume)
            resumed_from = part.size
            response = await self._fetch(part)
            if self.digest is not None and part.hexdigest() != self.digest:
                part.forget()
                raise ChecksumMismatch(
                    f"{self.first.method} {self.first.url.redacted} gave {part.size} bytes whose {self.algorithm} is "
                    f"{part.hexdigest()}, not {self.digest}: nothing was kept",
                    request=self.first,
                )
            await self.body.work(part.finish)
        finally:
            part.close(keep=self.resume)
        return Download(self.path, part.size, min(resumed_from, part.kept_from), response)

    async def _fetch(self, part: PartFile) -> Response:
        """Send requests until the part is complete; return the last response."""
        made = 0
        clock = self.client._clock_for(self.first.url)
        while True:
            made += 1
            response: Response | None = None
            try:
                response = await self.body.send(self.client, self._request(part), self.send_options)
                if await self._take(part, response):
                    return response
                # What was there is of no use: once more from the beginning, which is no failure.
                made -= 1
            except _PASSING as error:
                await self.body.work(part.flush)
                if isinstance(error, _FINAL) or made >= self.retry.attempts:
                    if made > 1 and sys.version_info >= (3, 11):
                        error.add_note(f"after {made} attempts to download it")
                    raise
                wait = self.retry.wait(made) or 0.0
                deadline = self.first.extensions.get("deadline")
                if deadline is not None and time.monotonic() + wait >= deadline:
                    raise
                doing = "Downloading" if part.validator is None else f"Resuming at byte {part.size}:"
                log_again(doing, self.first, wait, f"attempt {made}: {type(error).__name__}")
                await self.caller.sleep(clock, wait)
            finally:
                if response is not None:
                    await self.caller.close(response)

    def _request(self, part: PartFile) -> Request:
        """Return the request for what is missing."""
        if part.validator is None:
            part.restart()
        first = self.first
        headers = Headers(first.headers)
        if part.size and part.validator is not None:
            headers["Range"] = f"bytes={part.size}-"
            headers["If-Range"] = part.validator
        return Request(first.method, first.url, headers=headers, stream=first.stream, extensions=first.extensions)

    async def _take(self, part: PartFile, response: Response) -> bool:
        """Write what the response brings; return whether the part is complete, not to be started anew."""
        begins_at, total = _place(response)
        if response.status_code == 416 and part.size:
            if total == part.size:
                return True
            part.restart()
            return False
        if not response.is_success:
            await self.caller.read(response)
            response.raise_for_status()
        validator = _strong_validator(response)
        is_other = begins_at != part.size or (validator is not None and validator != part.validator)
        if response.status_code == 206 and is_other:
            if not part.size:
                raise RemoteProtocolError("a part was sent where the whole was asked for", request=response.request)
            part.restart()
            return False
        if response.status_code != 206:
            part.restart()
        part.note(part.validator if response.status_code == 206 else validator)
        await self._report(part, total)
        async with self.body.parts(response) as parts:
            while True:
                data = await parts.next()
                if not data:
                    break
                if part.add(data):
                    await self.body.work(part.flush)
                await self._report(part, total)
        await self.body.work(part.flush)
        if total is not None and part.size != total:
            received = part.size
            if received > total:
                part.restart()
            raise IncompleteBody(
                f"{self.first.method} {self.first.url.redacted} gave {received} bytes where it said {total}",
                request=self.first,
                received=received,
                expected=total,
            )
        return True

    async def _report(self, part: PartFile, total: int | None) -> None:
        if self.on_progress is not None:
            await self.caller.call(self.on_progress, part.size, total)


class _BlockingBody:
    """How a blocking client sends, reads and writes."""

    async def send(self, client: Any, request: Request, options: dict[str, Any]) -> Response:
        try:
            response: Response = client.send(request, stream=True, **options)
        except HTTPStatusError as error:
            # A client with `raise_for_status=True`; which status is an error is decided here.
            return error.response
        return response

    async def work(self, function: Callable[..., Any], *arguments: Any) -> None:
        function(*arguments)

    def parts(self, response: Response) -> _BlockingParts:
        return _BlockingParts(response)


class _BlockingParts:
    def __init__(self, response: Response) -> None:
        self._parts: Iterator[bytes] = response.iter_bytes()

    async def next(self) -> bytes:
        # An empty piece means nothing in a stream, but here it is the end.
        for data in self._parts:
            if data:
                return data
        return b""

    async def __aenter__(self) -> _BlockingParts:
        return self

    async def __aexit__(self, *error: object) -> None:
        self._parts.close()  # type: ignore[attr-defined]  # pyright: ignore  # a generator


class _AsynchronousBody:
    """How an asynchronous client sends, reads and writes."""

    async def send(self, client: Any, request: Request, options: dict[str, Any]) -> Response:
        try:
            response: Response = await client.send(request, stream=True, **options)
        except HTTPStatusError as error:
            return error.response
        return response

    async def work(self, function: Callable[..., Any], *arguments: Any) -> None:
        from anyio.to_thread import run_sync

        await run_sync(function, *arguments)

    def parts(self, response: Response) -> _AsynchronousParts:
        return _AsynchronousParts(response)


class _AsynchronousParts:
    def __init__(self, response: Response) -> None:
        self._parts: Any = response.aiter_bytes()

    async def next(self) -> bytes:
        async for data in self._parts:
            if data:
                part: bytes = data
                return part
        return b""

    async def __aenter__(self) -> _AsynchronousParts:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._parts.aclose()


def _checksum(said: str | None) -> tuple[str, str | None]:
    """Return the algorithm and the digest of `"sha256:..."`."""
    if said is None:
        return "sha256", None
    algorithm, _, digest = said.partition(":")
    digest = digest.strip().lower()
    try:
        expected = new_hash(algorithm).digest_size * 2
    except ValueError:
        raise ValueError(f"checksum={said[:40]!r}: write it as 'sha256:...', with an algorithm of hashlib") from None
    if len(digest) != expected or not all(character in "0123456789abcdef" for character in digest):
        raise ValueError(f"checksum={said[:40]!r}: a {algorithm} digest has {expected} hexadecimal digits")
    return algorithm, digest


def _identity(request: Request) -> str:
    """Return what is downloaded, in a form that holds no secret of its URL."""
    from hashlib import sha256

    return sha256(str(request.url).encode("utf-8")).hexdigest()


def _place(response: Response) -> tuple[int | None, int | None]:
    """Return where the body begins and how long the whole is, as far as the response says."""
    if response.status_code in (206, 416):
        said = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if said is None:
            return None, None
        return (
            None if said.group(1) is None else int(said.group(1)),
            None if said.group(3) == "*" else int(said.group(3)),
        )
    length = response.headers.get("Content-Length", "")
    is_plain = "Content-Encoding" not in response.headers
    return 0, int(length) if is_plain and length.isascii() and length.isdigit() else None


def _strong_validator(response: Response) -> str | None:
    """Return what If-Range may name (RFC 9110, section 8.8.1), `None` where nothing will do."""
    headers = response.headers
    if "Content-Encoding" in headers:
        return None
    tag = headers.get("ETag", "")
    if tag.startswith('"') and tag.isascii():
        return tag
    changed, date = headers.get("Last-Modified"), headers.get("Date")
    if tag or changed is None or date is None:
        return None
    then, now = http_timestamp(changed), http_timestamp(date)
    return changed if then is not None and now is not None and now - then >= 1 else None
