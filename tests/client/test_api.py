from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import MockTransport, Request, Response, stand_in
from understudy.client import api

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://api.test/"
VERBS = ["get", "head", "options", "post", "put", "patch", "delete", "query"]


@pytest.fixture(autouse=True)
def requests() -> Iterator[list[Request]]:
    """Answer every request of the test, and remember it."""
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        if request.url.path == "/redirects":
            return Response(302, headers={"Location": "/"})
        return Response(200, text=request.method)

    with stand_in(MockTransport(handler)):
        yield seen


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_function(verb: str) -> None:
    response = getattr(understudy, verb)(URL)

    assert response.text == verb.upper()


def test_any_method_can_be_sent() -> None:
    assert understudy.request("PURGE", URL).text == "PURGE"


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_takes_what_makes_a_request(requests: list[Request], verb: str) -> None:
    getattr(understudy, verb)(
        URL, params={"a": 1}, headers={"X-Field": "1"}, cookies={"b": "2"}, timeout=3, json=[], auth=("me", "secret")
    )

    (request,) = requests
    assert request.url == "https://api.test/?a=1"
    assert (request.headers["X-Field"], request.headers["Cookie"]) == ("1", "b=2")
    assert request.extensions["timeout"]["read"] == 3
    assert request.content == b"[]"
    assert request.headers["Authorization"].startswith("Basic ")


def test_redirects_are_followed_when_asked() -> None:
    assert understudy.get("https://api.test/redirects").status_code == 302
    assert understudy.get("https://api.test/redirects", follow_redirects=True).status_code == 200


def test_auth_none_means_that_none_was_given(requests: list[Request]) -> None:
    understudy.get("https://me:secret@api.test/", auth=None)
    understudy.get("https://api.test/", auth=None)

    assert requests[0].headers["Authorization"] == f"Basic {b64encode(b'me:secret').decode()}"
    assert "Authorization" not in requests[1].headers


def test_a_stream_is_closed_at_the_end() -> None:
    with understudy.stream("POST", URL, content=b"body", auth=None) as response:
        assert response.read() == b"POST"

    assert response.is_closed


@pytest.mark.parametrize("verb", VERBS)
def test_a_misspelt_option_is_an_error(verb: str) -> None:
    with pytest.raises(TypeError, match="heders"):
        getattr(understudy, verb)(URL, heders={})
    with pytest.raises(TypeError, match="heders"), understudy.stream("GET", URL, heders={}):  # type: ignore[call-arg]  # misspelt
        raise AssertionError("never entered")


def test_what_belongs_to_the_client_goes_to_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []

    class Noting(understudy.Client):
        def __init__(self, **options: Any) -> None:
            told.append(options)
            super().__init__(timeout=options.get("timeout", 5))

    monkeypatch.setattr(api, "Client", Noting)
    understudy.get(URL, verify=False, cert="cert.pem", trust_env=False, proxy=None, timeout=3, cookies={"a": "1"})
    understudy.get(URL)

    assert told == [
        {"cookies": {"a": "1"}, "proxy": None, "verify": False, "cert": "cert.pem", "timeout": 3, "trust_env": False},
        {},
    ]


def test_the_client_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[understudy.Client] = []

    class Noting(understudy.Client):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            made.append(self)

    monkeypatch.setattr(api, "Client", Noting)
    understudy.get(URL)
    with understudy.stream("GET", URL):
        assert not made[1].is_closed

    assert [client.is_closed for client in made] == [True, True]
