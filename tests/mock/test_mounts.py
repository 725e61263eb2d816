"""Applications and transports answer below a URL."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import AsyncClient, Client, MockTransport, Response, mock
from understudy.mock import RouteError


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]


def test_a_wsgi_application_answers_blocking_clients() -> None:
    router = mock.Router()
    router.mount("https://auth.test/", wsgi)

    assert Client(transport=router).get("https://auth.test/login").text == "/login"


@pytest.mark.anyio
async def test_an_asgi_application_answers_asynchronous_clients() -> None:
    router = mock.Router()
    router.mount("https://auth.test", asgi)

    async with AsyncClient(transport=router) as client:
        assert (await client.get("https://auth.test/login")).text == "/login"


def test_a_transport_answers_and_more_specific_routes_go_before_it() -> None:
    router = mock.Router()
    router.mount("https://auth.test", MockTransport(lambda request: Response(200, text="app")))
    router.get("https://auth.test/health", reply=204)
    client = Client(transport=router)

    assert client.get("https://auth.test/other").text == "app"
    assert client.get("https://auth.test/health").status_code == 204


def test_what_cannot_answer_cannot_be_mounted() -> None:
    with pytest.raises(RouteError, match="`mount` takes a transport or an ASGI or WSGI application, not 5"):
        mock.Router().mount("https://auth.test", 5)


class Deaf:
    """A transport for asynchronous clients alone."""

    async def handle_async_request(self, request: Any) -> Response:
        return Response(200)


def test_a_transport_of_the_other_color_is_told() -> None:
    router = mock.Router(fallback=Deaf())

    with pytest.raises(TypeError, match="Deaf answers asynchronous clients only: use AsyncClient"):
        Client(transport=router).get("https://a.test")
