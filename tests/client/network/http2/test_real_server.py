"""A server that others wrote, over TLS: hypercorn in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import trustme

import understudy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

hypercorn_asyncio = pytest.importorskip("hypercorn.asyncio", reason="hypercorn is not installed")
hypercorn_config = pytest.importorskip("hypercorn.config", reason="hypercorn is not installed")

LARGE = 5_000_000


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with as many bytes as the path says, or with how many came."""
    if scope["type"] != "http":
        return
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    path = scope["path"].strip("/")
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"x-version", scope["http_version"].encode())]}
    )
    left = int(path) if path.isdigit() else 0
    while left > 0:
        await send({"type": "http.response.body", "body": b"d" * min(left, 60_000), "more_body": True})
        left -= 60_000
    await send({"type": "http.response.body", "body": b"" if path.isdigit() else b"%d" % size})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ssl.SSLContext]]:
    folder: Path = tmp_path_factory.mktemp("hypercorn")
    authority: Any = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    config = hypercorn_config.Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.certfile, config.keyfile = str(folder / "cert.pem"), str(folder / "key.pem")
    config.errorlog = None
    stopped = threading.Event()
    handles: dict[str, Any] = {}

    async def serve() -> None:
        ending = asyncio.Event()
        handles.update(loop=asyncio.get_running_loop(), end=ending.set)
        await hypercorn_asyncio.serve(app, config, shutdown_trigger=ending.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
            break
        except OSError:
            stopped.wait(0.02)
    yield f"https://localhost:{port}", trusting
    handles["loop"].call_soon_threadsafe(handles["end"])
    thread.join(10)


def test_blocking_code(place: tuple[str, ssl.SSLContext]) -> None:
    base, trusting = place
    with understudy.Client(http2=True, verify=trusting, base_url=base) as client:
        response = client.get("/5")
        assert (response.http_version, response.headers["x-version"], response.content) == ("HTTP/2", "2", b"ddddd")
        assert client.post("/echo", content=b"hello").text == "5"
        assert client.post("/echo", content=b"u" * LARGE).text == str(LARGE)
        assert client.post("/echo", content=(b"u" * 10_000 for _ in range(100))).text == "1000000"
        assert len(client.get(f"/{LARGE}").content) == LARGE
        with client.stream("GET", f"/{LARGE}") as response:
            next(response.iter_bytes())
        sizes: list[int] = []

        def ask(size: int) -> None:
            sizes.append(len(client.get(f"/{size}").content))

        threads = [threading.Thread(target=ask, args=(size,)) for size in range(1, 101)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert sorted(sizes) == list(range(1, 101))


@pytest.mark.anyio
async def test_asynchronous_code(place: tuple[str, ssl.SSLContext]) -> None:
    base, trusting = place
    async with understudy.AsyncClient(http2=True, verify=trusting, base_url=base) as client:
        response = await client.get("/5")
        assert (response.http_version, response.headers["x-version"], response.content) == ("HTTP/2", "2", b"ddddd")
        assert (await client.post("/echo", content=b"hello")).text == "5"
        assert (await client.post("/echo", content=b"u" * LARGE)).text == str(LARGE)
        assert len((await client.get(f"/{LARGE}")).content) == LARGE
        async with client.stream("GET", f"/{LARGE}") as response:
            async for _ in response.aiter_bytes():
                break
        sizes: list[int] = []

        async def ask(size: int) -> None:
            sizes.append(len((await client.get(f"/{size}")).content))

        async with anyio.create_task_group() as tasks:
            for size in range(1, 101):
                tasks.start_soon(ask, size)

        assert sorted(sizes) == list(range(1, 101))
