from __future__ import annotations

import copy
import enum
import pickle
import threading
from typing import TYPE_CHECKING

import anyio
import pytest

from understudy import AsyncClient, Client, MockTransport, Request, Response
from understudy.client.auth.bearer import BearerAuth

if TYPE_CHECKING:
    from collections.abc import Iterator


def says(request: Request) -> Response:
    return Response(200, text=request.headers["Authorization"])


def wants(token: str) -> MockTransport:
    def answer(request: Request) -> Response:
        return Response(200 if request.headers["Authorization"] == f"Bearer {token}" else 401)

    return MockTransport(answer)


def test_a_fixed_token_goes_with_every_request() -> None:
    with Client(transport=MockTransport(says), auth=BearerAuth("abc")) as client:
        assert client.get("https://api.test/").text == "Bearer abc"


def test_a_token_may_be_a_member_of_an_enumeration() -> None:
    class Token(str, enum.Enum):
        TEST = "abc"

    with Client(transport=MockTransport(says), auth=BearerAuth(Token.TEST)) as client:
        assert client.get("https://api.test/").text == "Bearer abc"


def fetched() -> str:
    return "abc"


def test_a_copy_sends_the_same_token() -> None:
    for auth in (BearerAuth("abc"), BearerAuth(fetched)):
        for copied in (copy.deepcopy(auth), pickle.loads(pickle.dumps(auth))):
            with Client(transport=MockTransport(says), auth=copied) as client:
                assert client.get("https://api.test/").text == "Bearer abc"


def test_a_fixed_token_is_not_tried_twice() -> None:
    with Client(transport=wants("other"), auth=BearerAuth("abc")) as client:
        response = client.get("https://api.test/")

    assert response.status_code == 401
    assert response.history == []


def test_a_function_is_called_once_and_again_after_a_401() -> None:
    tokens: Iterator[str] = iter(["old", "new", "never"])
    auth = BearerAuth(lambda: next(tokens))

    with Client(transport=wants("new"), auth=auth) as client:
        first = client.post("https://api.test/", content=b"body")
        second = client.get("https://api.test/")

    assert first.status_code == second.status_code == 200
    assert [old.request.headers["Authorization"] for old in first.history] == ["Bearer old"]
    assert first.request.content == b"body"
    assert second.history == []


def test_a_function_that_waits_for_its_own_token_is_told_so() -> None:
    with Client(transport=MockTransport(lambda _: Response(200, text="new"))) as client:
        client.auth = BearerAuth(lambda: client.get("https://api.test/token").text)
        with pytest.raises(RuntimeError, match="send its request with auth=None"):
            client.get("https://api.test/")

        client.auth = BearerAuth(lambda: client.get("https://api.test/token", auth=None).text)
        assert client.get("https://api.test/").request.headers["Authorization"] == "Bearer new"


def test_a_second_401_is_the_answer() -> None:
    calls: list[int] = []

    def fetch() -> str:
        calls.append(1)
        return f"token{len(calls)}"

    with Client(transport=wants("other"), auth=BearerAuth(fetch)) as client:
        response = client.get("https://api.test/")

    assert response.status_code == 401
    assert len(calls) == 2


def test_the_401_of_another_origin_refreshes_nothing() -> None:
    def answer(request: Request) -> Response:
        if request.url.host == "api.test":
            return Response(302, headers={"Location": "https://evil.test/"})
        assert "Authorization" not in request.headers
        return Response(401)

    calls: list[int] = []

    def fetch() -> str:
        calls.append(1)
        return "abc"

    with Client(transport=MockTransport(answer), auth=BearerAuth(fetch), follow_redirects=True) as client:
        response = client.get("https://api.test/")

    assert response.status_code == 401
    assert calls == [1]


def test_threads_that_fail_together_share_one_new_token() -> None:
    calls: list[int] = []
    together = threading.Barrier(4)

    def fetch() -> str:
        calls.append(1)
        return "old" if len(calls) == 1 else "new"

    def answer(request: Request) -> Response:
        if request.headers["Authorization"] == "Bearer old":
            together.wait(5)
            return Response(401)
        return Response(200)

    with Client(transport=MockTransport(answer), auth=BearerAuth(fetch)) as client:
        threads = [threading.Thread(target=client.get, args=("https://api.test/",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)

    assert len(calls) == 2


@pytest.mark.anyio
async def test_tasks_that_fail_together_share_one_new_token() -> None:
    calls: list[int] = []

    async def fetch() -> str:
        calls.append(1)
        await anyio.lowlevel.checkpoint()
        return "old" if len(calls) == 1 else "new"

    async with AsyncClient(transport=wants("new"), auth=BearerAuth(fetch)) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(client.get, "https://api.test/")
        assert (await client.get("https://api.test/")).status_code == 200

    assert len(calls) == 2


@pytest.mark.anyio
async def test_an_asynchronous_client_takes_a_plain_function() -> None:
    async with AsyncClient(transport=MockTransport(says), auth=BearerAuth(lambda: "abc")) as client:
        assert (await client.get("https://api.test/")).text == "Bearer abc"


def test_a_blocking_client_refuses_an_asynchronous_function() -> None:
    async def fetch() -> str:
        return "abc"

    with (
        Client(transport=MockTransport(says), auth=BearerAuth(fetch)) as client,
        pytest.raises(TypeError, match="plain"),
    ):
        client.get("https://api.test/")


@pytest.mark.parametrize("token", ["", "a b", "abc\n", "\u00e4"])
def test_what_is_no_token_fails_at_once_and_unseen(token: str) -> None:
    with pytest.raises(ValueError, match="one word of ASCII"):
        BearerAuth(token)


def test_a_function_that_returns_no_text_is_refused() -> None:
    auth = BearerAuth(lambda: None)  # type: ignore[arg-type]  # pyright: ignore  # on purpose

    with Client(transport=MockTransport(says), auth=auth) as client, pytest.raises(TypeError, match="not NoneType"):
        client.get("https://api.test/")


def test_the_token_is_not_shown() -> None:
    assert repr(BearerAuth("hidden")) == "BearerAuth(...)"
