"""The headers of a client, changed by one thread while others send."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from understudy import Client, Headers, MockTransport, Request, Response

if TYPE_CHECKING:
    from types import FrameType

Change = Callable[[Headers], object]
CHANGES: dict[str, Change] = {
    "set": lambda headers: headers.__setitem__("X-Token", "new"),
    "updated": lambda headers: headers.update({"X-Token": "new"}),
    "merged": lambda headers: headers.update(Headers({"X-Token": "new"})),
    "set where there was none": lambda headers: headers.setdefault("X-Token", "new"),
}


def between_lines(act: Callable[[], object], other: Callable[[], object]) -> None:
    """Do something, and something else at each line that it comes to, as another thread might."""

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            sys.settrace(None)
            other()
            sys.settrace(trace)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)


@pytest.fixture
def client() -> Client:
    return Client(transport=MockTransport(lambda request: Response(200, text=request.headers.get("X-Token", ""))))


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_was_replaced_is_not_sent_again(client: Client, change: str) -> None:
    if change != "set where there was none":
        client.headers["X-Token"] = "old"
    seen: list[str] = []

    def send() -> None:
        # What comes for the third time is remembered.
        seen.extend(client.get("https://api.test", headers={"X-Other": "1"}).text for _ in range(3))

    send()
    between_lines(lambda: CHANGES[change](client.headers), send)

    assert set(seen) <= {"old", "", "new"}
    assert sorted(seen, key=lambda token: token == "new") == seen
    assert client.get("https://api.test", headers={"X-Other": "1"}).text == "new"


def test_what_was_taken_away_is_not_sent_again(client: Client) -> None:
    client.headers["X-Token"] = "old"

    between_lines(
        lambda: client.headers.__delitem__("X-Token"),
        lambda: [client.get("https://api.test", headers={"X-Other": "1"}) for _ in range(3)],
    )

    assert client.get("https://api.test", headers={"X-Other": "1"}).text == ""


def test_they_are_headers_like_others(client: Client) -> None:
    headers = client.headers
    headers["X-Token"] = "abc"
    headers.update([("X-Two", "1"), ("X-Two", "2")])
    request = Request("GET", "https://api.test", headers=headers)

    assert isinstance(headers, Headers)
    assert request.headers["X-Token"] == headers["x-token"] == headers.copy()["X-Token"] == "abc"
    assert headers.get_list("X-Two") == ["1", "2"]
    assert {"A": "1"} | headers == Headers({"A": "1"}) | headers
    assert headers == copy.deepcopy(headers) == pickle.loads(pickle.dumps(headers)) == Headers(headers)
    assert headers.remembered(lambda fields, _: len(fields)) == len(headers)
    assert repr(headers) == repr(Headers(headers))


def test_copies_go_their_own_ways(client: Client) -> None:
    copied = client.headers.copy()
    copied["X-Token"] = "mine"
    client.headers.encoding = "utf-8"

    assert client.get("https://api.test").text == ""
    assert "X-Token" not in client.headers
    assert client.headers.copy().encoding == client.headers.encoding == "utf-8"
