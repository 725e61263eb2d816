"""Secrets planted in every place where people put them, looked for in everything that is shown."""

from __future__ import annotations

import logging
import traceback
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from understudy import (
    Auth,
    BearerAuth,
    Client,
    ConnectError,
    DigestAuth,
    HTTPError,
    InvalidURL,
    MockTransport,
    Request,
    Response,
    Retry,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "hunter2S3cret"
SPELLINGS = (
    SECRET,
    b64encode(f"user:{SECRET}".encode()).decode(),
    b64encode(f"{SECRET}:".encode()).decode(),
)
URL = "http://h.test/p"

PLACES: dict[str, dict[str, Any]] = {
    "a password in the URL": {"url": f"http://user:{SECRET}@h.test/p?x=1"},
    "a token for a user": {"url": f"http://{SECRET}@h.test/p"},
    "a token for a user with an empty password": {"url": f"http://{SECRET}:@h.test/p"},
    "an access token in the query": {"url": f"{URL}?access_token={SECRET}&page=2"},
    "a key in the query": {"url": f"{URL}?key={SECRET}"},
    "a signature in the query": {"url": f"{URL}?X-Amz-Signature={SECRET}"},
    "a password in the query": {"url": f"{URL}?password={SECRET}"},
    "params": {"params": {"api_key": SECRET}},
    "Authorization": {"headers": {"Authorization": f"Bearer {SECRET}"}},
    "Proxy-Authorization": {"headers": {"Proxy-Authorization": f"Bearer {SECRET}"}},
    "Cookie": {"headers": {"Cookie": f"a={SECRET}"}},
    "cookies": {"cookies": {"a": SECRET}},
    "X-Api-Key": {"headers": {"X-Api-Key": SECRET}},
    "Referer": {"headers": {"Referer": f"https://user:{SECRET}@x.test/"}},
    "a token in Referer": {"headers": {"Referer": f"https://x.test/?token={SECRET}"}},
    "several URLs in one field": {"headers": {"X-Callback": f"https://a:{SECRET}@x.test/, https://{SECRET}@y.test/"}},
    "a field that the client was told of": {"headers": {"X-Of-This-Test": SECRET}},
    "Basic": {"auth": ("user", SECRET)},
    "Digest": {"auth": DigestAuth("user", SECRET)},
    "Bearer": {"auth": BearerAuth(SECRET)},
}


def raises(error: Exception) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        raise error

    return answer


def answers(status: int, *headers: tuple[str, str], body: bytes = b"") -> Callable[[Request], Response]:
    return lambda request: Response(status, headers=list(headers), stream=Response(status, content=[body]).stream)


OUTCOMES: dict[str, Callable[[Request], Response]] = {
    "200": answers(200, ("Set-Cookie", f"s={SECRET}")),
    "404": answers(404),
    "503": answers(503),
    "no connection": raises(ConnectError("no way")),
    "a loop": answers(302, ("Location", "/p")),
    "a password in Location": answers(302, ("Location", f"http://user:{SECRET}@h.test/p")),
    "a token in Location": answers(302, ("Location", f"http://{SECRET}@h.test/p?token={SECRET}")),
    "a Location that is no URL": answers(302, ("Location", f"http://user:{SECRET}@h.test:port/p")),
    "a Location out of HTTP": answers(302, ("Location", f"ftp://{SECRET}@h.test/p")),
    "two Locations": answers(302, ("Location", f"http://user:{SECRET}@h.test/p"), ("Location", "/x")),
    "a body that is no gzip": answers(200, ("Content-Encoding", "gzip"), body=b"nope"),
    "a challenge that is none": answers(401, ("WWW-Authenticate", "Digest algorithm=ROT13")),
    "a challenge": answers(401, ("WWW-Authenticate", 'Digest realm="r", nonce="n"')),
}


def looks(place: str, outcome: str, follow: bool) -> list[tuple[str, str]]:
    """Return everything that a call shows, each with its name."""
    options: dict[str, Any] = {"url": URL, **PLACES[place]}
    auth: Any = options.pop("auth", None)
    client = Client(
        transport=MockTransport(OUTCOMES[outcome]),
        follow_redirects=follow,
        retry=Retry(attempts=2, backoff=0),
        secret_headers=["X-Of-This-Test"],
    )
    shown: list[tuple[str, Any]] = [("auth", auth if isinstance(auth, Auth) else "")]
    try:
        request = client.build_request("GET", options.pop("url"), **options)
        shown += [("request", request), ("url", request.url), ("headers", request.headers)]
        response = client.send(request, auth=auth)
        shown += [("response", response), ("fields", response.headers), ("next", response.next_request)]
        shown += [("sent", response.request), ("sent fields", response.request.headers), ("history", response.history)]
        response.raise_for_status()
    except HTTPError as error:
        shown += [("error", str(error)), ("its request", error.request), ("its fields", error.request.headers)]
        shown += [("traceback", "".join(traceback.format_exception(type(error), error, error.__traceback__)))]
    shown += [("client", client), ("cookies", client.cookies), ("defaults", client.headers)]
    return [(name, what if isinstance(what, str) else repr(what)) for name, what in shown]


def leaks(shown: list[tuple[str, str]]) -> Iterator[str]:
    for name, text in shown:
        for spelling in SPELLINGS:
            if spelling in text:
                place = text.index(spelling)
                yield f"{name}: {text[max(0, place - 60) : place + 20]}"


# With a blocking client only: what is shown is the same code for all.
@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_shown(place: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for outcome in OUTCOMES:
            for follow in (False, True):
                assert list(leaks(looks(place, outcome, follow))) == [], outcome

    assert list(leaks([("log", caplog.text)])) == []


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@h.te st/",
        f"http://user:{SECRET}@h.test:99999/",
        f"http://user:{SECRET}@/",
        f"http://user:{SECRET}@h.test:port/?token={SECRET}",
        f"http://{SECRET}@\\evil.test/",
    ],
)
def test_no_secret_is_in_an_error_about_a_url(url: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        Request("GET", url)

    assert list(leaks([("error", str(caught.value))])) == []
