"""Bodies that are too much, for whoever asks for them and for whoever does not: C30 to C33."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from understudy import DecodingError, DigestAuth, Guards, LimitExceeded, Request, Response, Retry
from understudy.client.callers import DRAIN_LIMIT, DRAIN_SECONDS
from understudy.client.messages.body import ResponseBody

if TYPE_CHECKING:
    from pathlib import Path

    from ..conftest import Side
    from .conftest import Wire

MIB = 1024 * 1024
BOMB = gzip.compress(bytes(4 * MIB))
DEFLATED = zlib.compress(bytes(4 * MIB))
LINES = gzip.compress(b"a line\n" * 200_000)

# Every way to a body.
DOORS = ["get", "read", "iter_bytes", "iter_text", "iter_lines", "download"]


async def take(door: str, side: Side, client: Any, folder: Path) -> int:
    """Take a body through one door; return how much came out before it ended."""
    url = "https://api.test/"
    if door == "get":
        return len((await side.call(client.get, url)).content)
    if door == "download":
        return int((await side.call(client.download, url, folder / "file")).size)
    async with side.stream(client, "GET", url) as response:
        if door == "read":
            return len(await side.read(response))
        return sum([len(piece) for piece in await side.items(response, door)])


def serving(body: bytes, coding: str = "gzip") -> Any:
    def answer(request: Request) -> Response:
        return Response(200, headers={"Content-Encoding": coding}, stream=Response(200, content=[body]).stream)

    return answer


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.anyio
async def test_c32_a_bomb_is_stopped_in_every_door(side: Side, door: str, tmp_path: Path) -> None:
    client = side.client(serving(BOMB), guards=Guards(ratio_floor=MIB))

    with pytest.raises(LimitExceeded, match="more than 200:1") as caught:
        await take(door, side, client, tmp_path)

    assert caught.value.request.url == "https://api.test/"
    assert "file" not in os.listdir(tmp_path)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.anyio
async def test_c32_so_is_a_body_larger_than_allowed(side: Side, door: str, tmp_path: Path) -> None:
    client = side.client(serving(LINES), guards=Guards(max_response_size=MIB))

    with pytest.raises(LimitExceeded, match="max_response_size"):
        await take(door, side, client, tmp_path)


@pytest.mark.anyio
async def test_c32_what_is_a_bomb_is_for_the_client_to_say(side: Side) -> None:
    lenient = side.client(serving(BOMB), guards=Guards(max_ratio=None, ratio_floor=0))
    strict = side.client(serving(gzip.compress(b"ab" * 100)), guards=Guards(max_ratio=2, ratio_floor=0))

    assert len((await side.call(lenient.get, "https://api.test/")).content) == 4 * MIB
    with pytest.raises(LimitExceeded, match="more than 2:1"):
        await side.call(strict.get, "https://api.test/")


@pytest.mark.anyio
async def test_c30_a_bomb_is_decoded_as_far_as_it_is_read(side: Side) -> None:
    client = side.client(serving(BOMB))

    async with side.stream(client, "GET", "https://api.test/") as response:
        if side.is_blocking:
            first = next(response.iter_bytes(4096))
        else:
            first = await response.aiter_bytes(4096).__anext__()

        assert first == bytes(4096)


@pytest.mark.parametrize("codings", [["gzip"] * 6, ["gzip, gzip, gzip", "deflate, gzip, gzip"], ["gzip"] * 1_000])
@pytest.mark.anyio
async def test_c31_six_codings_are_refused_before_the_body_is_read(side: Side, codings: list[str]) -> None:
    body = side.body(b"never read")

    def answer(request: Request) -> Response:
        return Response(200, headers=[("Content-Encoding", coding) for coding in codings], stream=body)

    with pytest.raises(DecodingError, match="codings"):
        await side.call(side.client(answer).get, "https://api.test/")

    assert body.given == 0


def refuse(*arguments: object) -> None:
    pytest.fail("a body that nobody asked for was decoded")


# What nobody asked for: the bodies of redirects, of challenges, and of answers that are tried again

ON_THE_WAY: dict[str, dict[str, Any]] = {
    "302": {"headers": {"Location": "/next"}, "options": {"follow_redirects": True}},
    "401": {"headers": {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}, "options": {}},
    "503": {"headers": {"Retry-After": "0"}, "options": {"retry": Retry(backoff=0, jitter=False)}},
}


def client_on_the_way(side: Side, status: str, body: Any, headers: dict[str, str]) -> Any:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        if len(asked) > 1:
            return Response(200, text="good")
        return Response(int(status), headers={**ON_THE_WAY[status]["headers"], **headers}, stream=body)

    return side.client(answer, auth=DigestAuth("ada", "password"))


@pytest.mark.parametrize("status", ON_THE_WAY)
@pytest.mark.anyio
async def test_c33_an_endless_body_on_the_way_is_closed(side: Side, status: str) -> None:
    body = side.body(*[bytes(16_384)] * 100)
    client = client_on_the_way(side, status, body, {})

    response = await side.call(client.get, "https://api.test/", **ON_THE_WAY[status]["options"])

    assert response.text == "good"
    assert body.given == DRAIN_LIMIT // 16_384 + 1
    assert body.closes == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("status", ON_THE_WAY)
@pytest.mark.anyio
async def test_c33_a_bomb_on_the_way_is_never_decoded(
    side: Side, status: str, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = BOMB if coding == "gzip" else DEFLATED
    body = side.body(bomb)
    client = client_on_the_way(side, status, body, {"Content-Encoding": coding})
    monkeypatch.setattr(ResponseBody, "_decoder_of", refuse)

    response = await side.call(client.get, "https://api.test/", **ON_THE_WAY[status]["options"])

    assert response.status_code == 200


@pytest.mark.anyio
async def test_c33_a_body_on_the_way_that_does_not_come_is_not_waited_for(side: Side, wire: Wire) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 100\r\n\r\n"
    wire.answers[b"/"] = head + b"what there is of it"
    client = wire.client(side, follow_redirects=True, timeout=0.2)

    response = await side.call(client.get, "http://h.test/")

    assert response.status_code == 200
    # The memory network says how long the client was ready to wait, and a wait that is over is over.
    assert wire.patience
    assert all(seconds is not None and seconds <= DRAIN_SECONDS for seconds in wire.patience[:1])
    assert wire.connections == 2
    assert response.history[0].content == b""


def test_the_bombs_are_bombs() -> None:
    assert len(BOMB) * 200 < 4 * MIB
    assert len(gzip.GzipFile(fileobj=io.BytesIO(LINES)).read()) > MIB
