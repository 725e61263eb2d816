from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Callable

import anyio
import pytest

from understudy import (
    AsyncByteStream,
    AsyncClient,
    ChecksumMismatch,
    Client,
    DeadlineExceeded,
    Download,
    HTTPStatusError,
    IncompleteBody,
    MockTransport,
    ReadError,
    RemoteProtocolError,
    Request,
    Response,
    SyncByteStream,
    Timeout,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

URL = "https://api.test/data?key=hidden"
BODY = bytes(range(256)) * 40
SUM = "sha256:" + hashlib.sha256(BODY).hexdigest()


class Clock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def asleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Broken(SyncByteStream, AsyncByteStream):
    """A body that comes in small pieces and breaks off after some of them."""

    def __init__(self, body: bytes, breaks_at: int | None = None) -> None:
        self.body = body
        self.breaks_at = breaks_at

    def __iter__(self) -> Iterator[bytes]:
        end = len(self.body) if self.breaks_at is None else self.breaks_at
        for start in range(0, end, 1000):
            yield self.body[start : min(start + 1000, end)]
        if self.breaks_at is not None:
            raise ReadError("cut")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


class Server(MockTransport):
    """Serves one resource, in ranges too, and breaks off where it is told to."""

    def __init__(self, *breaks: int | None, body: bytes = BODY, **headers: str) -> None:
        super().__init__(self.answer)
        self.clock = Clock()
        self.breaks = list(breaks)
        self.body = body
        self.headers = {"ETag": '"v1"', **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.headers = {name: value for name, value in self.headers.items() if value}
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        breaks_at = self.breaks.pop(0) if self.breaks else None
        asked = request.headers.get("Range")
        validators = (self.headers.get("ETag"), self.headers.get("Last-Modified"))
        if asked is None or request.headers["If-Range"] not in validators:
            length = {"Content-Length": str(len(self.body))}
            return Response(200, headers={**length, **self.headers}, stream=Broken(self.body, breaks_at))
        start = int(asked[len("bytes=") : -1])
        if start >= len(self.body):
            return Response(416, headers={"Content-Range": f"bytes */{len(self.body)}"})
        said = {"Content-Range": f"bytes {start}-{len(self.body) - 1}/{len(self.body)}", **self.headers}
        return Response(206, headers=said, stream=Broken(self.body[start:], breaks_at))

    @property
    def ranges(self) -> list[str | None]:
        return [request.headers.get("Range") for request in self.requests]


Downloads = Callable[..., Download]


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def download(request: pytest.FixtureRequest) -> Downloads:
    def blocking(server: MockTransport, path: Any, **options: Any) -> Download:
        with Client(transport=server) as client:
            return client.download(URL, path, **options)

    def asynchronous(server: MockTransport, path: Any, **options: Any) -> Download:
        async def call() -> Download:
            async with AsyncClient(transport=server) as client:
                return await client.download(URL, path, **options)

        return anyio.run(call, backend=request.param)

    return blocking if request.param == "blocking" else asynchronous


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.bin"


def files(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_a_resource_becomes_a_file(download: Downloads, path: Path) -> None:
    server = Server()

    done = download(server, path, checksum=SUM)

    assert path.read_bytes() == BODY
    assert files(path) == ["data.bin"]
    assert (done.path, done.size, done.resumed_from) == (str(path), len(BODY), 0)
    assert done.response.status_code == 200
    assert done.response.is_closed
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


def test_progress_is_reported(download: Downloads, path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    def note(done: int, total: int | None) -> None:
        seen.append((done, total))

    download(Server(), path, on_progress=note)

    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert seen == sorted(seen)


@pytest.mark.anyio
async def test_progress_may_be_reported_to_an_asynchronous_function(path: Path) -> None:
    seen: list[int] = []

    async def note(done: int, total: int | None) -> None:
        seen.append(done)

    async with AsyncClient(transport=Server()) as client:
        await client.download(URL, path, on_progress=note)

    assert seen[-1] == len(BODY)


def test_a_lost_connection_is_taken_up_where_it_broke(download: Downloads, path: Path) -> None:
    server = Server(3500, 2500)

    done = download(server, path, checksum=SUM)

    assert path.read_bytes() == BODY
    assert server.ranges == [None, "bytes=3500-", "bytes=6000-"]
    assert [request.headers.get("If-Range") for request in server.requests] == [None, '"v1"', '"v1"']
    assert len(server.clock.slept) == 2
    assert (done.resumed_from, done.response.status_code) == (0, 206)


def test_the_log_says_why_a_download_asks_again(
    download: Downloads, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "understudy"):
        download(Server(3500), path)

    (said,) = [line for line in caplog.messages if " in " in line]
    assert re.fullmatch(r"Resuming at byte 3500: GET \S+ in \d\.\d\d s, after attempt 1: ReadError", said)
    assert "hidden" not in said


def test_what_breaks_again_and_again_is_kept_for_the_next_call(download: Downloads, path: Path) -> None:
    path.write_bytes(b"old")
    server = Server(3000, 1000, 500)

    with pytest.raises(ReadError) as failed:
        download(server, path, attempts=3)

    if sys.version_info >= (3, 11):
        assert failed.value.__notes__ == ["after 3 attempts to download it"]
    assert path.read_bytes() == b"old"
    assert files(path) == ["data.bin", "data.bin.part", "data.bin.part.json"]
    assert "hidden" not in (path.parent / "data.bin.part.json").read_text()

    done = download(server, path, checksum=SUM)

    assert server.ranges[-1] == "bytes=4500-"
    assert done.resumed_from == 4500
    assert path.read_bytes() == BODY
    assert files(path) == ["data.bin"]


def test_nothing_is_kept_of_nothing(download: Downloads, path: Path) -> None:
    with pytest.raises(ReadError):
        download(Server(0), path, attempts=1)

    assert files(path) == []


def test_what_is_not_to_be_resumed_is_not_kept(download: Downloads, path: Path) -> None:
    with pytest.raises(ReadError):
        download(Server(3000), path, attempts=1, resume=False)

    assert files(path) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": ""},
        {"ETag": 'W/"v1"'},
        {"ETag": "", "Last_Modified": "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"ETag": "", "Last_Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"ETag": "", "Last_Modified": "yesterday", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"},
    ],
)
def test_without_a_strong_validator_it_starts_anew(
    path: Path, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    server = Server(3000, body=BODY, **headers)

    with Client(transport=server) as client, caplog.at_level(logging.INFO, "understudy"):
        done = client.download(URL, path, checksum=SUM)

    assert server.ranges == [None, None]
    assert done.resumed_from == 0
    assert files(path) == ["data.bin"]
    assert any(line.startswith("Downloading GET https://") for line in caplog.messages)


def test_an_old_last_modified_is_a_strong_validator(path: Path) -> None:
    changed = "Sun, 06 Nov 1994 08:49:37 GMT"
    server = Server(3000, ETag="", Last_Modified=changed, Date="Sun, 06 Nov 1994 08:49:38 GMT")

    with Client(transport=server) as client:
        client.download(URL, path, checksum=SUM)

    assert [request.headers.get("If-Range") for request in server.requests] == [None, changed]


def test_a_resource_that_has_changed_comes_whole(download: Downloads, path: Path) -> None:
    with pytest.raises(ReadError):
        download(Server(3000), path, attempts=1)
    changed = Server(body=b"new", ETag='"v2"')

    done = download(changed, path)

    assert changed.ranges == ["bytes=3000-"]
    assert path.read_bytes() == b"new"
    assert done.resumed_from == 0


def test_a_resource_that_has_changed_and_says_no_more_which_it_is_is_not_kept(path: Path) -> None:
    with Client(transport=Server(3000)) as client, pytest.raises(ReadError):
        client.download(URL, path, attempts=1)
    with Client(transport=Server(2000, body=BODY[::-1], ETag="")) as client, pytest.raises(ReadError):
        client.download(URL, path, attempts=1)

    assert files(path) == []


def test_a_part_of_another_resource_is_not_used(path: Path) -> None:
    with Client(transport=Server(3000)) as client, pytest.raises(ReadError):
        client.download("https://api.test/other", path, attempts=1)
    server = Server()

    with Client(transport=server) as client:
        client.download(URL, path, checksum=SUM)

    assert server.ranges == [None]


@pytest.mark.parametrize("note", ["", "[]", '{"of": 1}', "{", '"x"'])
def test_a_damaged_note_is_not_believed(path: Path, note: str) -> None:
    (path.parent / "data.bin.part").write_bytes(b"junk")
    (path.parent / "data.bin.part.json").write_text(note)

    with Client(transport=Server()) as client:
        client.download(URL, path, checksum=SUM)

    assert path.read_bytes() == BODY


def test_a_part_that_was_complete_is_only_renamed(path: Path) -> None:
    with Client(transport=Server(len(BODY))) as client, pytest.raises(ReadError):
        client.download(URL, path, attempts=1)
    server = Server()

    with Client(transport=server) as client:
        done = client.download(URL, path, checksum=SUM)

    assert server.ranges == [f"bytes={len(BODY)}-"]
    assert (done.size, done.resumed_from) == (len(BODY), len(BODY))
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("world", ["blocking", "asyncio"])
def test_a_client_that_raises_for_every_status_resumes_all_the_same(path: Path, world: str) -> None:
    with Client(transport=Server(len(BODY))) as client, pytest.raises(ReadError):
        client.download(URL, path, attempts=1)

    async def call() -> Download:
        async with AsyncClient(transport=Server(), raise_for_status=True) as client:
            return await client.download(URL, path, checksum=SUM)

    if world == "asyncio":
        done = anyio.run(call)
    else:
        with Client(transport=Server(), raise_for_status=True) as client:
            done = client.download(URL, path, checksum=SUM)

    assert done.response.status_code == 416
    assert path.read_bytes() == BODY


def test_a_part_that_is_longer_than_the_resource_is_thrown_away(path: Path) -> None:
    with Client(transport=Server(3000)) as client, pytest.raises(ReadError):
        client.download(URL, path, attempts=1)
    server = Server(body=b"short")

    with Client(transport=server) as client:
        client.download(URL, path)

    assert server.ranges == ["bytes=3000-", None]
    assert path.read_bytes() == b"short"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": f"bytes 0-99/{len(BODY)}", "ETag": '"v1"'},
        {"Content-Range": f"bytes 3000-{len(BODY) - 1}/{len(BODY)}", "ETag": '"v2"'},
        {"Content-Range": "pages 1-2/3"},
        {},
    ],
)
def test_a_part_that_does_not_fit_is_not_glued_on(path: Path, headers: dict[str, str]) -> None:
    server = Server(3000)

    def answer(request: Request) -> Response:
        if "Range" in request.headers:
            return Response(206, headers=headers, content=b"wrong")
        return server.answer(request)

    with Client(transport=MockTransport(answer)) as client, pytest.raises(ReadError):
        client.download(URL, path, attempts=1)
    with Client(transport=MockTransport(answer)) as client:
        client.download(URL, path, checksum=SUM)

    assert path.read_bytes() == BODY


def test_a_part_where_the_whole_was_asked_for_is_an_error(path: Path) -> None:
    transport = MockTransport(lambda _: Response(206, headers={"Content-Range": "bytes 5-9/10"}, content=b"12345"))

    with Client(transport=transport) as client, pytest.raises(RemoteProtocolError, match="the whole was asked for"):
        client.download(URL, path, attempts=1)


def test_a_wrong_checksum_keeps_the_old_file_and_nothing_else(download: Downloads, path: Path) -> None:
    path.write_bytes(b"old")

    with pytest.raises(ChecksumMismatch, match="gave 3 bytes whose md5 is") as caught:
        download(Server(body=b"new"), path, checksum="md5:" + "0" * 32)

    assert "0" * 32 in str(caught.value)
    assert path.read_bytes() == b"old"
    assert files(path) == ["data.bin"]


@pytest.mark.parametrize("checksum", ["", "sha256", "sha256:12", "what:ff", "md5:" + "g" * 32])
def test_a_checksum_that_makes_no_sense_fails_before_anything_is_sent(path: Path, checksum: str) -> None:
    server = Server()

    with Client(transport=server) as client, pytest.raises(ValueError, match="checksum="):
        client.download(URL, path, checksum=checksum)

    assert server.requests == []


def test_a_status_that_is_no_success_is_raised_with_its_body(download: Downloads, path: Path) -> None:
    transport = MockTransport(lambda _: Response(404, stream=Broken(b"not here")))

    with pytest.raises(HTTPStatusError) as caught:
        download(transport, path)

    assert caught.value.response.text == "not here"
    assert files(path) == []


@pytest.mark.parametrize(("length", "received"), [("20", 10), ("5", 10)])
def test_a_body_of_the_wrong_length_is_not_a_file(path: Path, length: str, received: int) -> None:
    headers = {"Content-Length": length, "ETag": '"v1"'}
    transport = MockTransport(lambda _: Response(200, headers=headers, stream=Broken(b"0123456789")))

    with Client(transport=transport) as client, pytest.raises(IncompleteBody) as caught:
        client.download(URL, path, attempts=1)

    assert (caught.value.received, caught.value.expected) == (received, int(length))
    assert "data.bin" not in files(path)


def test_a_compressed_body_is_decoded_and_never_resumed(path: Path) -> None:
    import gzip

    headers = {"Content-Encoding": "gzip", "ETag": '"v1"'}
    transport = MockTransport(lambda _: Response(200, headers=headers, stream=Broken(gzip.compress(BODY))))

    with Client(transport=transport) as client:
        client.download(URL, path, checksum=SUM)

    assert path.read_bytes() == BODY


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with Client(transport=Server()) as client, pytest.raises(IsADirectoryError, match="say the name of the file"):
        client.download(URL, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes on Windows")
def test_a_download_takes_the_place_of_files_only_and_leaves_links(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.symlink("file", tmp_path / "link")

    with Client(transport=Server()) as client:
        with pytest.raises(FileExistsError, match="pipe is a device, a pipe or a socket"):
            client.download(URL, tmp_path / "pipe")
        done = client.download(URL, tmp_path / "link")

    assert done.path == str(tmp_path / "link")
    assert os.readlink(tmp_path / "link") == "file"
    assert (tmp_path / "file").read_bytes() == BODY
    assert sorted(os.listdir(tmp_path)) == ["file", "link", "pipe"]


def test_two_downloads_do_not_write_one_file(path: Path) -> None:
    seen: list[Exception] = []

    def meanwhile(done: int, total: int | None) -> None:
        if not seen:
            with (
                Client(transport=Server()) as other,
                pytest.raises(BlockingIOError, match="another download") as caught,
            ):
                other.download(URL, path)
            seen.append(caught.value)

    with Client(transport=Server()) as client:
        client.download(URL, path, checksum=SUM, on_progress=meanwhile)

    assert len(seen) == 1
    assert path.read_bytes() == BODY


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_the_new_file_may_be_read_by_those_who_could_read_the_old(path: Path) -> None:
    path.write_bytes(b"old")
    path.chmod(0o640)

    with Client(transport=Server()) as client:
        client.download(URL, path)

    assert path.stat().st_mode & 0o777 == 0o640


def test_the_deadline_of_the_call_covers_all_attempts(path: Path) -> None:
    server = Server(1000, 1000)

    with Client(transport=server) as client:
        client.download(URL, path, timeout=Timeout(5, total=600))

    assert len({request.extensions["deadline"] for request in server.requests}) == 1


def test_no_time_is_spent_on_waiting_that_the_deadline_would_cut(path: Path) -> None:
    server = Server(1000, 1000)

    with Client(transport=server) as client, pytest.raises((ReadError, DeadlineExceeded)):
        client.download(URL, path, timeout=Timeout(5, total=0.0))

    assert server.clock.slept == []


def test_what_was_received_survives_an_exception_of_the_caller(path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done >= 4000:
            raise KeyboardInterrupt

    with Client(transport=Server()) as client, pytest.raises(KeyboardInterrupt):
        client.download(URL, path, on_progress=stop)

    assert (path.parent / "data.bin.part").read_bytes() == BODY[:4000]
    assert json.loads((path.parent / "data.bin.part.json").read_text())["validator"] == '"v1"'


def test_large_bodies_are_written_as_they_come(path: Path) -> None:
    big = b"x" * 1_000_000
    sizes: list[int] = []

    def watch(done: int, total: int | None) -> None:
        sizes.append(os.path.getsize(f"{path}.part"))

    with Client(transport=Server(body=big)) as client:
        client.download(URL, path, on_progress=watch)

    assert max(sizes) > 500_000
    assert path.stat().st_size == len(big)
