from __future__ import annotations

from typing import Any

import anyio
import pytest

from understudy import AsyncClient
from understudy.client.transports.asgi import ASGITransport

pytestmark = pytest.mark.anyio


class App:
    """Says what happens, and fails where it is told to."""

    def __init__(self, fails: str = "", says: str = "failed") -> None:
        self.log: list[str] = []
        self.fails = fails
        self.says = says

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.log.append(f"request with {scope['state']}")
            scope["state"]["mine"] = True
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        for phase in ("startup", "shutdown"):
            assert await receive() == {"type": f"lifespan.{phase}"}
            await anyio.lowlevel.checkpoint()
            self.log.append(phase)
            scope["state"]["made"] = phase
            if phase == self.fails and self.says == "raise":
                raise ValueError(phase)
            if phase == self.fails and self.says == "return":
                return
            outcome = self.says if phase == self.fails else "complete"
            await send({"type": f"lifespan.{phase}.{outcome}", "message": "no database"})
            if phase == self.fails:
                return


def client_for(app: App) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app, lifespan=True), base_url="http://app.test")


async def test_an_application_is_up_while_its_client_is_open() -> None:
    app = App()

    async with client_for(app) as client:
        assert app.log == ["startup"]
        await client.get("/")
        await client.get("/")

    assert app.log == ["startup", *["request with {'made': 'startup'}"] * 2, "shutdown"]


async def test_the_first_request_starts_the_application_up_once() -> None:
    app = App()
    client = client_for(app)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(client.get, "/")
    await client.aclose()
    await client.aclose()

    assert app.log.count("startup") == app.log.count("shutdown") == 1


async def test_a_transport_can_be_used_anew_after_it_was_closed() -> None:
    app = App()
    transport = ASGITransport(app, lifespan=True)

    for _ in range(2):
        async with AsyncClient(transport=transport, base_url="http://app.test") as client:
            await client.get("/")

    assert app.log == ["startup", "request with {'made': 'startup'}", "shutdown"] * 2


@pytest.mark.parametrize(
    ("says", "error", "complaint"),
    [
        ("failed", RuntimeError, "failed at startup: no database"),
        ("raise", ValueError, "startup"),
        ("return", RuntimeError, "without having started up"),
    ],
)
async def test_a_failed_start_is_raised(says: str, error: type[Exception], complaint: str) -> None:
    app = App("startup", says)
    client = client_for(app)

    for _ in range(2):
        with pytest.raises(error, match=complaint):
            await client.get("/")
    await client.aclose()

    assert app.log == ["startup"]


@pytest.mark.parametrize(("says", "error"), [("failed", RuntimeError), ("raise", ValueError)])
async def test_a_failed_end_is_raised(says: str, error: type[Exception]) -> None:
    client = client_for(App("shutdown", says))
    await client.get("/")

    with pytest.raises(error, match="shutdown"):
        await client.aclose()


async def test_an_application_whose_end_has_failed_can_be_started_up_again() -> None:
    app = App("shutdown")
    transport = ASGITransport(app, lifespan=True)

    for _ in range(2):
        with pytest.raises(RuntimeError, match="failed at shutdown"):
            async with AsyncClient(transport=transport, base_url="http://app.test") as client:
                await client.get("/")

    assert app.log == ["startup", "request with {'made': 'startup'}", "shutdown"] * 2


async def test_an_application_is_not_started_up_unless_asked_for() -> None:
    app = App()
    app.log.append("nothing")

    async with AsyncClient(transport=ASGITransport(app), base_url="http://app.test"):
        pass

    assert app.log == ["nothing"]
