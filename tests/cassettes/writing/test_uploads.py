"""Bodies that are sent: once only, or too long for memory."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes.files import blobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ..conftest import Stage


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory of few bytes, so that a short body is a long one."""
    monkeypatch.setattr(blobs, "MAX_IN_MEMORY", 10)


def once(*pieces: bytes) -> Iterator[bytes]:
    yield from pieces


async def asynchronously(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def echo(request: understudy.Request) -> understudy.Response:
    return understudy.Response(200, content=request.read())


def files(stage: Stage) -> list[str]:
    folder = stage.path.parent / "_blobs"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_compressed_body_is_readable_holds_no_secret_and_matches_however_it_is_compressed(stage: Stage) -> None:
    def send(token: str, level: int) -> None:
        body = gzip.compress(json.dumps({"sku": "tea", "token": token}).encode(), level, mtime=level)
        fields = {"content-encoding": "gzip", "content-type": "application/json"}
        stage.client.post("https://api.test/", content=body, headers=fields)

    with stage.use("once"):
        send("a-secret-of-today", 1)
    with stage.use("none"):
        send("another one", 9)
    with stage.use("none", ignore=["json.token"]):
        send("another one", 9)
    cassettes.verify(
        stage.path, client=stage.client, methods="POST", secrets={"__REDACTED_token_1__": "a-secret-of-tomorrow"}
    )

    assert "sku: tea" in stage.text
    assert "wire: {encoding: gzip}" in stage.text
    assert gzip.decompress(stage.server.asked[0].read()) == b'{"sku": "tea", "token": "a-secret-of-today"}'
    assert gzip.decompress(stage.server.asked[1].read()) == b'{"sku": "tea", "token": "a-secret-of-tomorrow"}'


def test_a_compressed_body_that_was_recorded_as_it_came_is_matched(stage: Stage) -> None:
    body = base64.b64encode(gzip.compress(b"tea", mtime=1)).decode()
    stage.written(
        "---\nrequest:\n  method: POST\n  url: https://api.test/\n  headers: {Content-Encoding: gzip}\n"
        f"  base64: {body}\nresponse:\n  status: 201\n...\n"
    )

    with stage.use("none"):
        content = gzip.compress(b"tea", mtime=2)
        sent = stage.client.post("https://api.test/", content=content, headers={"content-encoding": "gzip"})

    assert sent.status_code == 201


def test_a_body_that_is_not_compressed_as_it_says_is_kept(stage: Stage) -> None:
    for mode in ("once", "none"):
        with stage.use(mode):
            stage.client.post("https://api.test/", content=b"tea", headers={"content-encoding": "gzip"})

    assert "text: tea" in stage.text
    assert "wire:" not in stage.text


def test_a_body_that_can_be_streamed_once_is_sent_and_recorded(stage: Stage) -> None:
    stage.server.reply = echo

    with stage.use("once"):
        assert stage.client.post("https://api.test/", content=once(b"a", b"b")).content == b"ab"
    with stage.use("none"):
        assert stage.client.post("https://api.test/", content=once(b"ab")).content == b"ab"

    assert files(stage) == []


@pytest.mark.usefixtures("short")
def test_a_long_body_goes_through_a_file_and_is_matched_by_its_hash(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(201, text=str(len(request.read())))

    with stage.use("once") as cassette:
        assert stage.client.post("https://api.test/", content=once(b"0123456789", b"abc")).text == "13"
    with stage.use("none"):
        assert stage.client.post("https://api.test/", content=once(b"0123", b"456789abc")).text == "13"
        with pytest.raises(cassettes.NoMatch, match="body"):
            stage.client.post("https://api.test/", content=once(b"0123456789", b"abd"))

    assert cassette.recorded == ["POST / -> 201"]
    assert len(files(stage)) == 1
    assert "file: _blobs/" in stage.text
    assert cassettes.load(stage.path).interactions[0].request.file is not None


@pytest.mark.anyio
@pytest.mark.usefixtures("short")
async def test_tasks_stream_long_bodies_as_well(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(201, text=str(len(request.read())))

    with stage.use("once"):
        response = await stage.async_client.post("https://api.test/", content=asynchronously(b"0123456789", b"abc"))
    with stage.use("none"):
        again = await stage.async_client.post("https://api.test/", content=asynchronously(b"0123456789abc"))

    assert (response.text, again.text) == ("13", "13")
    assert len(files(stage)) == 1


@pytest.mark.usefixtures("short")
def test_a_redirected_upload_is_sent_again(stage: Stage) -> None:
    stage.server.reply = lambda request: (
        understudy.Response(307, headers={"location": "/there"})
        if request.url.path == "/"
        else understudy.Response(201, text=str(len(request.read())))
    )

    with stage.use("once"):
        sent = stage.client.post("https://api.test/", content=once(b"0123456789", b"abc"), follow_redirects=True)

    assert sent.text == "13"
    assert len(files(stage)) == 1
    assert len(cassettes.load(stage.path)) == 2


@pytest.mark.usefixtures("short")
def test_what_is_not_recorded_leaves_no_file(stage: Stage) -> None:
    def refuse(request: understudy.Request) -> understudy.Response:
        raise understudy.PoolTimeout("no room", request=request)

    def stop() -> Iterator[bytes]:
        yield b"0123456789abc"
        raise RuntimeError("the disk is gone")

    stage.server.reply = refuse

    with stage.use("new_episodes"):
        with pytest.raises(understudy.PoolTimeout):
            stage.client.post("https://api.test/", content=once(b"0123456789", b"abc"))
        with pytest.raises(RuntimeError, match="the disk is gone"):
            stage.client.post("https://api.test/", content=stop())

    assert files(stage) == []


@pytest.mark.usefixtures("short")
def test_what_a_function_of_the_author_fails_to_look_at_leaves_no_file(stage: Stage) -> None:
    def failing(message: object) -> object:
        raise RuntimeError("a mistake")

    with stage.use():
        stage.client.get("https://api.test/")

    with stage.use("none", redact=[failing]), pytest.raises(cassettes.CassetteError, match="a mistake"):
        stage.client.post("https://api.test/", content=once(b"0123456789", b"abc"))

    assert files(stage) == []


@pytest.mark.anyio
@pytest.mark.usefixtures("short")
async def test_an_upload_that_breaks_off_leaves_no_file_behind_a_task(stage: Stage) -> None:
    async def stop() -> AsyncIterator[bytes]:
        yield b"0123456789abc"
        raise RuntimeError("the disk is gone")

    with stage.use("once"), pytest.raises(RuntimeError, match="the disk is gone"):
        await stage.async_client.post("https://api.test/", content=stop())

    assert files(stage) == []
