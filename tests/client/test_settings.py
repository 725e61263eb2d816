from __future__ import annotations

import json
import time
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import (
    URL,
    Cookies,
    Headers,
    InvalidURL,
    LimitExceeded,
    LocalProtocolError,
    QueryParams,
    Request,
    Response,
    Timeout,
)
from understudy.client.config import Guards

if TYPE_CHECKING:
    from .conftest import Side


NOTHING: Any = None


def ok(request: Request) -> Response:
    return Response(200, text=f"{request.method} {request.url}")


# base_url


@pytest.mark.parametrize(
    ("base", "url", "merged"),
    [
        ("", "https://api.test/users", "https://api.test/users"),
        ("https://api.test", "/users", "https://api.test/users"),
        ("https://api.test", "users", "https://api.test/users"),
        ("https://api.test/", "users", "https://api.test/users"),
        ("https://api.test/v1", "users", "https://api.test/v1/users"),
        ("https://api.test/v1", "/users", "https://api.test/v1/users"),
        ("https://api.test/v1/", "/users/", "https://api.test/v1/users/"),
        ("https://api.test/v1", "", "https://api.test/v1/"),
        ("https://api.test/v1", "/", "https://api.test/v1/"),
        ("https://api.test/v1", "users?a=1", "https://api.test/v1/users?a=1"),
        ("https://api.test/v1", "?a=1", "https://api.test/v1/?a=1"),
        ("https://api.test/v1", "users#part", "https://api.test/v1/users#part"),
        ("https://api.test/v1", "https://other.test/x", "https://other.test/x"),
        ("https://api.test/v1/a", "../users", "https://api.test/v1/users"),
        ("https://api.test/v1", "/users:batch", "https://api.test/v1/users:batch"),
        ("https://api.test/a%2Fb", "/c%2Fd", "https://api.test/a%2Fb/c%2Fd"),
        ("https://api.test:8443/v1", "/users", "https://api.test:8443/v1/users"),
        ("https://me:secret@api.test/v1", "/users", "https://me:secret@api.test/v1/users"),
        ("https://api.test/v1", "//evil.test/users", "https://api.test/v1/users"),
        ("https://api.test/v1", "///evil.test/users", "https://api.test/v1/evil.test/users"),
        ("/v1", "/users", "/v1/users"),
        ("/v1", "https://other.test/x", "https://other.test/x"),
        ("//api.test/v1", "users", "//api.test/v1/users"),
        ("localhost:8080", "/users", "localhost:8080/users"),
    ],
)
def test_a_relative_url_is_appended_to_the_base(side: Side, base: str, url: str, merged: str) -> None:
    client = side.client(ok, base_url=base)

    try:
        built = client.build_request("GET", url).url
    except InvalidURL:
        # A host that browsers would connect to is never taken for a path.
        assert "evil" in url
    else:
        assert built == merged
        assert built.host == URL(merged).host


@pytest.mark.parametrize("url", ["/\\evil.test/", "\\\\evil.test/"])
def test_a_backslash_leads_nowhere_else(side: Side, url: str) -> None:
    client = side.client(ok, base_url="https://api.test/v1")

    with pytest.raises(InvalidURL):
        client.build_request("GET", url)


def test_the_base_ends_with_a_slash(side: Side) -> None:
    client = side.client(ok, base_url="https://api.test/v1")
    assert client.base_url == "https://api.test/v1/"

    client.base_url = URL("https://api.test/v2")
    assert client.base_url == "https://api.test/v2/"
    assert client.build_request("GET", "users").url == "https://api.test/v2/users"


def test_without_a_base_there_is_none(side: Side) -> None:
    assert str(side.client(ok).base_url) in ("", "/")


def test_an_impossible_base_is_an_error_at_once(side: Side) -> None:
    with pytest.raises(InvalidURL):
        side.client(ok, base_url="https://[oops")


# params


@pytest.mark.parametrize(
    ("of_the_client", "of_the_request", "url", "query"),
    [
        (None, None, "https://api.test/?c=3", "c=3"),
        ({"a": "1"}, None, "https://api.test/", "a=1"),
        ({"a": "1"}, {"b": 2}, "https://api.test/", "a=1&b=2"),
        ({"a": "1"}, {"a": "2"}, "https://api.test/", "a=2"),
        ({"a": ["1", "2"]}, None, "https://api.test/", "a=1&a=2"),
        (None, {"b": 2}, "https://api.test/?c=3", "b=2"),
        ({"a": "1"}, {"b": 2}, "https://api.test/?c=3", "a=1&b=2"),
        ({"a": "1", "c": "0"}, None, "https://api.test/?c=3", "a=1&c=3"),
        (None, [("b", "1"), ("b", "2")], "https://api.test/", "b=1&b=2"),
        (None, {"b": True, "c": None}, "https://api.test/", "b=true&c="),
        (None, "b=1", "https://api.test/", "b=1"),
        (None, {"b": "a b&ü"}, "https://api.test/", "b=a+b%26%C3%BC"),
    ],
)
def test_params_are_merged(side: Side, of_the_client: Any, of_the_request: Any, url: str, query: str) -> None:
    client = side.client(ok, params=of_the_client)

    built = client.build_request("GET", url, params=of_the_request)

    assert built.url.params == QueryParams(query)


def test_the_clients_params_can_be_changed(side: Side) -> None:
    client = side.client(ok)

    client.params = {"key": "1"}

    assert client.params == QueryParams("key=1")
    assert client.build_request("GET", "https://api.test/").url == "https://api.test/?key=1"


# headers


def test_every_request_says_who_asks_and_what_is_understood(side: Side) -> None:
    headers = side.client(ok).build_request("GET", "https://api.test/").headers

    assert [name.decode() for name, _ in headers.raw] == [
        "Host",
        "Accept",
        "Accept-Encoding",
        "Connection",
        "User-Agent",
    ]
    assert headers["Accept"] == "*/*"
    assert headers["Accept-Encoding"].startswith("gzip, deflate")
    assert headers["Connection"] == "keep-alive"
    assert headers["User-Agent"] == f"python-understudy/{understudy.__version__}"


def test_headers_are_merged(side: Side) -> None:
    client = side.client(ok, headers={"user-agent": "mine", "X-Client": "1", "X-Both": "client"})

    headers = client.build_request("GET", "https://api.test/", headers={"x-both": "request", "X-Mine": "2"}).headers

    assert headers.get_list("User-Agent") == ["mine"]
    assert (headers["X-Client"], headers["X-Both"], headers["X-Mine"]) == ("1", "request", "2")
    assert headers.get_list("X-Both") == ["request"]


def test_a_request_may_repeat_a_field(side: Side) -> None:
    client = side.client(ok, headers={"X-Many": "0"})

    built = client.build_request("GET", "https://api.test/", headers=[("X-Many", "1"), ("X-Many", "2")])

    assert built.headers.get_list("X-Many") == ["1", "2"]


def test_what_a_request_says_does_not_stay(side: Side) -> None:
    client = side.client(ok)
    before = client.headers.copy()

    client.build_request("GET", "https://api.test/", headers={"X-Once": "1"})

    assert client.headers == before


def test_the_clients_headers_can_be_changed(side: Side) -> None:
    client = side.client(ok, headers={"X-Old": "1"})

    client.headers["X-New"] = "1"
    assert client.build_request("GET", "https://api.test/").headers["X-New"] == "1"

    client.headers = {"X-Newer": "1"}
    assert "X-Old" not in client.headers
    assert client.headers["User-Agent"].startswith("python-understudy/")

    client.headers = NOTHING
    assert {*client.headers} == {"accept", "accept-encoding", "connection", "user-agent"}


def test_a_header_that_cannot_be_sent_is_an_error_at_once(side: Side) -> None:
    with pytest.raises(LocalProtocolError):
        side.client(ok, headers={"X-Field": "a\r\nb"})
    with pytest.raises(LocalProtocolError):
        side.client(ok).build_request("GET", "https://api.test/", headers={"X-Field": "a\r\nb"})


# cookies


@pytest.mark.anyio
async def test_cookies_are_merged(side: Side) -> None:
    client = side.client(lambda request: Response(200, text=request.headers.get("Cookie", "")), cookies={"a": "1"})

    assert (await side.call(client.get, "https://api.test/")).text == "a=1"
    assert (await side.call(client.get, "https://api.test/", cookies={"b": "2"})).text in ("a=1; b=2", "b=2; a=1")
    assert (await side.call(client.get, "https://api.test/")).text == "a=1"


@pytest.mark.anyio
async def test_a_cookie_of_the_request_takes_the_place_of_the_clients(side: Side) -> None:
    client = side.client(lambda request: Response(200, text=request.headers.get("Cookie", "")), cookies={"a": "1"})

    assert (await side.call(client.get, "https://api.test/", cookies={"a": "2"})).text == "a=2"
    assert (await side.call(client.get, "https://api.test/")).text == "a=1"


@pytest.mark.anyio
async def test_cookies_that_a_server_sets_come_back(side: Side) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/set":
            return Response(200, headers={"Set-Cookie": "a=1"})
        return Response(200, text=request.headers.get("Cookie", "none"))

    client = side.client(handler)
    await side.call(client.get, "https://api.test/set")

    assert client.cookies["a"] == "1"
    assert (await side.call(client.get, "https://api.test/")).text == "a=1"
    assert (await side.call(client.get, "https://other.test/")).text == "none"


@pytest.mark.anyio
async def test_a_client_may_keep_no_cookies(side: Side) -> None:
    def handler(request: Request) -> Response:
        return Response(200, headers={"Set-Cookie": "a=1"}, text=request.headers.get("Cookie", "none"))

    client = side.client(handler, cookies=False)
    await side.call(client.get, "https://api.test/")

    assert (await side.call(client.get, "https://api.test/")).text == "none"
    assert (await side.call(client.get, "https://api.test/", cookies={"b": "2"})).text == "b=2"


def test_the_clients_cookies_can_be_replaced(side: Side) -> None:
    client = side.client(ok, cookies={"a": "1"})

    client.cookies = {"b": "2"}

    assert isinstance(client.cookies, Cookies)
    assert dict(client.cookies) == {"b": "2"}


# timeout


@pytest.mark.parametrize(
    ("of_the_client", "options", "expected"),
    [
        ({}, {}, Timeout(5.0)),
        ({"timeout": 3}, {}, Timeout(3)),
        ({"timeout": None}, {}, Timeout(None)),
        ({"timeout": (1, 2, 3, 4)}, {}, Timeout((1, 2, 3, 4))),
        ({"timeout": 3}, {"timeout": 4}, Timeout(4)),
        ({"timeout": 3}, {"timeout": None}, Timeout(None)),
        ({"timeout": 3}, {"timeout": Timeout(9, read=1)}, Timeout(9, read=1)),
        ({"timeout": 3}, {"extensions": {"timeout": {"read": 1}}}, None),
    ],
)
def test_how_long_to_wait(side: Side, of_the_client: Any, options: Any, expected: Timeout | None) -> None:
    client = side.client(ok, **of_the_client)

    extensions = client.build_request("GET", "https://api.test/", **options).extensions

    assert extensions["timeout"] == ({"read": 1} if expected is None else expected.as_dict())


def test_the_clients_timeout_can_be_changed(side: Side) -> None:
    client: Any = side.client(ok)

    setattr(client, "timeout", 7)  # noqa: B010 - what is set is not what is read
    assert client.timeout == Timeout(7)

    client.timeout.read = 60
    assert client.build_request("GET", "https://api.test/").extensions["timeout"]["read"] == 60
    assert side.client(ok).timeout == Timeout(5.0)


def test_a_client_that_changes_its_default_changes_nobody_elses(side: Side) -> None:
    side.client(ok).timeout.read = 60

    assert side.client(ok).timeout == Timeout(5.0)


@pytest.mark.anyio
async def test_a_request_that_was_built_by_hand_waits_no_longer_than_the_others(side: Side) -> None:
    seen: list[Any] = []

    def handler(request: Request) -> Response:
        seen.append(request.extensions)
        return Response(200)

    client = side.client(handler, timeout=Timeout(3.0, total=60))
    await side.send(client, Request("GET", "https://api.test/"))
    await side.send(client, Request("GET", "https://api.test/", extensions={"timeout": {"read": 1}}))

    assert seen[0]["timeout"] == Timeout(3.0).as_dict()
    assert "deadline" in seen[0]
    assert seen[1]["timeout"] == {"read": 1}
    assert "deadline" not in seen[1]


@pytest.mark.anyio
async def test_a_total_becomes_a_deadline_when_the_call_starts(side: Side) -> None:
    seen: list[Any] = []

    def handler(request: Request) -> Response:
        seen.append(request.extensions.get("deadline"))
        return Response(302, headers={"Location": "/b"}) if request.url.path == "/a" else Response(200)

    client = side.client(handler, timeout=Timeout(5.0, total=60), follow_redirects=True)
    built = client.build_request("GET", "https://api.test/a")
    assert "deadline" not in built.extensions

    await side.send(client, built)
    await side.call(client.get, "https://api.test/b", timeout=1)

    assert seen[0] == seen[1]
    assert seen[2] is None


# extensions


def test_extensions_of_the_caller_are_kept_and_not_changed(side: Side) -> None:
    given = {"trace": print}

    built = side.client(ok).build_request("GET", "https://api.test/", extensions=given)

    assert built.extensions["trace"] is print
    assert "timeout" in built.extensions
    assert given == {"trace": print}


# Beyond httpx


@pytest.mark.anyio
async def test_json_is_written_and_read_by_a_codec_of_the_users(side: Side) -> None:
    def dumps(value: Any) -> bytes:
        return json.dumps({"wrapped": value}).encode()

    def loads(data: bytes) -> Any:
        return ("parsed", json.loads(data))

    client = side.client(lambda request: Response(200, content=request.content), json_codec=(dumps, loads))
    response = await side.call(client.post, "https://api.test/", json=1)

    assert response.request.headers["Content-Type"] == "application/json"
    assert response.json() == ("parsed", {"wrapped": 1})


def test_a_codec_leaves_the_clients_own_content_type(side: Side) -> None:
    kind = "application/vnd.api+json"
    client = side.client(ok, headers={"Content-Type": kind}, json_codec=(json.dumps, json.loads))

    assert client.build_request("POST", "https://api.test/", json={}).headers["Content-Type"] == kind
    given = client.build_request("POST", "https://api.test/", json={}, headers={"Content-Type": "application/json"})
    assert given.headers["Content-Type"] == "application/json"


@pytest.mark.anyio
async def test_guards_bound_what_a_server_may_send(side: Side) -> None:
    body = side.body(b"x" * 100, b"x" * 100)
    client = side.client(lambda _: Response(200, stream=body), guards=Guards(max_response_size=150))

    with pytest.raises(LimitExceeded):
        await side.call(client.get, "https://api.test/")
    assert body.closes == 1


# Default encoding


@pytest.mark.anyio
async def test_where_a_server_says_no_charset_the_clients_counts(side: Side) -> None:
    def detect(content: bytes) -> str:
        return "iso-8859-1"

    for encoding in ("iso-8859-1", detect):
        client = side.client(
            lambda _: Response(200, content=b"gr\xfcn", headers={"Content-Type": "text/plain"}),
            default_encoding=encoding,
        )

        assert (await side.call(client.get, "https://api.test/")).text == "grün"


def test_whether_the_environment_is_trusted_cannot_be_changed(side: Side) -> None:
    client = side.client(ok, trust_env=False)

    assert client.trust_env is False
    assert side.client(ok).trust_env is True
    with pytest.raises(AttributeError):
        client.trust_env = True


def test_headers_given_as_headers_are_copied(side: Side) -> None:
    headers = Headers({"X-Field": "1"})

    client = side.client(ok, headers=headers)
    client.headers["X-Field"] = "2"

    assert headers["X-Field"] == "1"


def test_a_cookie_of_a_request_replaces_the_clients_of_that_name() -> None:
    client = understudy.Client(cookies={"theme": "dark"})
    client.cookies.set("session", "stored", domain="api.test")

    request = client.build_request("GET", "https://api.test/", cookies={"session": "given"})

    assert sorted(request.headers["Cookie"].split("; ")) == ["session=given", "theme=dark"]


@pytest.mark.parametrize("extensions", [5, "trace", ["timeout"]])
def test_extensions_that_are_no_mapping_are_a_type_error(extensions: Any) -> None:
    with pytest.raises(TypeError, match="extensions are a mapping of names to values"):
        understudy.Client().build_request("GET", "https://api.test/", extensions=extensions)


def test_many_cookies_are_merged_in_linear_time() -> None:
    client = understudy.Client(cookies={f"n{number}": "1" for number in range(5_000)})
    given = {f"n{number}": "2" for number in range(5_000)}

    started = time.process_time()
    request = client.build_request("GET", "https://api.test/", cookies=given)

    assert time.process_time() - started < 1
    assert request.headers["Cookie"] == "; ".join(f"{name}={value}" for name, value in given.items())


def test_a_cookie_jar_that_is_given_empty_is_kept() -> None:
    jar = CookieJar()
    client = understudy.Client(
        cookies=jar, transport=understudy.MockTransport(lambda _: Response(200, headers={"Set-Cookie": "a=1"}))
    )

    client.get("https://api.test/")

    assert [cookie.name for cookie in jar] == ["a"]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("users", "https://api.test/v1/users"),
        ("/users?page=2", "https://api.test/v1/users?page=2"),
        ("", "https://api.test/v1/"),
        ("?page=2", "https://api.test/v1/?page=2"),
        ("./users/..users", "https://api.test/v1/users/..users"),
        ("@evil.test/", "https://api.test/v1/@evil.test/"),
        ("?to=//evil.test/../..", "https://api.test/v1/?to=//evil.test/../.."),
    ],
)
@pytest.mark.anyio
async def test_what_is_relative_stays_below_the_base(side: Side, url: str, target: str) -> None:
    client = side.client(ok, base_url="https://api.test/v1", allow_absolute_urls=False)

    assert str(client.build_request("GET", url).url) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test/v1/users",
        "https://evil.test/",
        "//evil.test/",
        "//api.test/v1/",
        "//user@api.test/",
        "https:/users",
        "file:///etc/passwd",
        "mailto:jo@evil.test",
        "\\\\evil.test",
        "/\\evil.test",
        "..",
        "../admin",
        "/users/../../admin",
        "/%2e%2e/admin",
        "..%2fadmin",
        "..%5cadmin",
        "users/..\\..\\admin",
    ],
)
@pytest.mark.anyio
async def test_what_leaves_the_base_is_refused_where_that_is_asked_for(side: Side, url: str) -> None:
    client = side.client(ok, base_url="https://api.test/v1", allow_absolute_urls=False)

    with pytest.raises(InvalidURL):
        await side.call(client.get, url)


def test_staying_below_the_base_needs_one() -> None:
    with pytest.raises(InvalidURL, match="needs an absolute base_url"):
        understudy.Client(allow_absolute_urls=False).build_request("GET", "/users")


def test_by_default_dots_lead_where_they_lead_in_httpx() -> None:
    client = understudy.Client(base_url="https://api.test/some/path")

    assert str(client.build_request("GET", "../testing/123").url) == "https://api.test/some/testing/123"
