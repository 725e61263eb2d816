from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from understudy import URL, Auth, BasicAuth, Request, Response
from understudy.client.auth.accept import auth_from, auth_in_url

if TYPE_CHECKING:
    from ..conftest import Side


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def echo(request: Request) -> Response:
    return Response(200, text=request.headers.get("Authorization", "nothing"))


def token(request: Request) -> Request:
    request.headers["Authorization"] = "Token"
    return request


def test_nothing_stands_for_nothing() -> None:
    assert auth_from(None) is None


def test_an_auth_stands_for_itself() -> None:
    auth = Auth()

    assert auth_from(auth) is auth


def test_a_pair_stands_for_basic() -> None:
    assert isinstance(auth_from(("me", "secret")), BasicAuth)


@pytest.mark.parametrize("auth", [("me",), ("me", "secret", "more"), ()])
def test_a_tuple_of_another_length_is_an_error(auth: Any) -> None:
    with pytest.raises(TypeError, match=f"not {len(auth)} values") as caught:
        auth_from(auth)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("auth", ["hunter2", 1, ["me", "hunter2"], {"me": "hunter2"}])
def test_anything_else_is_an_error_that_shows_no_secret(auth: Any) -> None:
    with pytest.raises(TypeError, match="invalid 'auth' argument of type") as caught:
        auth_from(auth)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://me:secret@api.test/", basic("me", "secret")),
        ("https://me@api.test/", basic("me", "")),
        ("https://:secret@api.test/", basic("", "secret")),
        ("https://m%40e:se%3Acret@api.test/", basic("m@e", "se:cret")),
    ],
)
def test_a_url_may_carry_credentials(url: str, said: str) -> None:
    auth = auth_in_url(URL(url))

    assert auth is not None
    assert next(auth.auth_flow(Request("GET", url))).headers["Authorization"] == said


def test_a_url_mostly_carries_none() -> None:
    assert auth_in_url(URL("https://api.test/")) is None


# Who is heard: the request, then the client, then the URL


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("of_the_client", "options", "url", "said"),
    [
        (None, {}, "https://api.test/", "nothing"),
        (None, {}, "https://me:secret@api.test/", basic("me", "secret")),
        (("client", "secret"), {}, "https://api.test/", basic("client", "secret")),
        (("client", "secret"), {}, "https://me:secret@api.test/", basic("client", "secret")),
        (("client", "secret"), {"auth": ("request", "secret")}, "https://api.test/", basic("request", "secret")),
        (None, {"auth": ("request", "secret")}, "https://me:secret@api.test/", basic("request", "secret")),
        (("client", "secret"), {"auth": token}, "https://api.test/", "Token"),
        (("client", "secret"), {"auth": None}, "https://api.test/", "nothing"),
        (("client", "secret"), {"auth": None}, "https://me:secret@api.test/", basic("me", "secret")),
        (None, {"headers": {"Authorization": "Mine"}}, "https://api.test/", "Mine"),
    ],
)
async def test_who_is_heard(side: Side, of_the_client: Any, options: Any, url: str, said: str) -> None:
    client = side.client(echo, auth=of_the_client)

    assert (await side.call(client.get, url, **options)).text == said
    async with side.stream(client, "GET", url, **options) as response:
        assert await side.read(response) == said.encode()


@pytest.mark.anyio
async def test_a_request_that_is_sent_by_hand_is_authenticated_too(side: Side) -> None:
    client = side.client(echo, auth=("client", "secret"))
    request = client.build_request("GET", "https://api.test/")

    assert (await side.send(client, request, auth=None)).text == "nothing"
    assert (await side.send(client, request)).text == basic("client", "secret")


@pytest.mark.anyio
async def test_the_clients_auth_can_be_changed(side: Side) -> None:
    client = side.client(echo)
    assert client.auth is None

    client.auth = ("me", "secret")

    assert isinstance(client.auth, BasicAuth)
    assert (await side.call(client.get, "https://api.test/")).text == basic("me", "secret")
    with pytest.raises(TypeError):
        client.auth = "hunter2"


@pytest.mark.anyio
async def test_an_impossible_auth_is_an_error_at_once(side: Side) -> None:
    with pytest.raises(TypeError, match="invalid 'auth' argument"):
        side.client(echo, auth="Bearer hunter2")
    with pytest.raises(TypeError, match="invalid 'auth' argument"):
        await side.call(side.client(echo).get, "https://api.test/", auth="Bearer hunter2")


@pytest.mark.anyio
@pytest.mark.parametrize("base", ["https://me:secret@api.test", "https://me:secret@api.test/v1/"])
async def test_a_base_url_may_carry_credentials(side: Side, base: str) -> None:
    client = side.client(echo, base_url=base)

    assert (await side.call(client.get, "/users")).text == basic("me", "secret")
