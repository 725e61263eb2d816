"""A router is a transport: given to a client, it needs no activation at all. Run with pytest."""

from __future__ import annotations

import asyncio

import understudy
from understudy import mock


def test_a_client_with_a_router() -> None:
    router = mock.Router(unmatched=404)
    router.get("/a", reply={"ok": True})

    async def main() -> tuple[object, int]:
        async with understudy.AsyncClient(transport=router, base_url="https://any.test") as client:
            return (await client.get("/a")).json(), (await client.get("/b")).status_code

    assert asyncio.run(main()) == ({"ok": True}, 404)


def test_one_host_is_mocked_and_the_rest_is_left_to_another_transport() -> None:
    rest = understudy.MockTransport(lambda request: understudy.Response(200, text=f"from {request.url.host}"))
    router = mock.Router(fallback=rest)
    router.get("https://pay.test/**", reply=503)

    with understudy.Client(transport=router) as client:
        assert client.get("https://pay.test/charge").status_code == 503
        assert client.get("https://other.test").text == "from other.test"


def test_a_live_answer_is_patched() -> None:
    live = understudy.MockTransport(lambda request: understudy.Response(200, json={"beta": False, "name": "Ada"}))
    router = mock.Router(fallback=live)
    router.get("/me").pass_through(patch=lambda response: {**response.json(), "beta": True})

    assert understudy.Client(transport=router).get("https://api.test/me").json() == {"beta": True, "name": "Ada"}
