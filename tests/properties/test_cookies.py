"""No line a server can send breaks the cookies, and no cookie goes where it must not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from understudy.client.messages.cookies import Cookies
from understudy.client.messages.headers import Headers
from understudy.client.messages.request import Request
from understudy.client.messages.response import Response
from understudy.client.messages.set_cookie import Target, parse_date, received_cookie
from understudy.client.urls import URL

HOSTS = st.sampled_from(["example.org", "www.example.org", "a.www.example.org", "other.org", "127.0.0.1", "localhost"])
PATHS = st.sampled_from(["/", "/a", "/a/", "/a/b", "/ab"])
SCHEMES = st.sampled_from(["http", "https"])
URLS = st.builds("{}://{}{}".format, SCHEMES, HOSTS, PATHS)
ATTRIBUTES = st.one_of(
    st.sampled_from(["Secure", "HttpOnly", "Path=/", "Path=/a", "Max-Age=0", "Max-Age=99", "SameSite=Lax", ""]),
    st.builds("Domain={}".format, HOSTS),
    st.text(max_size=10),
)
NAMES = st.sampled_from(["a", "b", "__Host-a", "__Secure-b"])


def line_of(name: str, value: str, attributes: list[str]) -> str:
    return "; ".join([f"{name}={value}", *attributes])


LINES = st.builds(line_of, NAMES, st.text(max_size=4), st.lists(ATTRIBUTES, max_size=4))


def answered(url: str, line: str) -> Response:
    fields = [(b"Set-Cookie", line.encode("utf-8", "surrogatepass"))]
    return Response(200, headers=Headers.received(fields), request=Request("GET", url))


@given(st.text(max_size=60), URLS)
def test_no_line_raises(line: str, url: str) -> None:
    cookie = received_cookie(line, Target(URL(url)), 0.0)

    if cookie is not None:
        assert cookie.name
        assert cookie.path.startswith("/")
        assert cookie.domain


@given(st.one_of(st.text(max_size=40), st.text("0123456789: -/JanFebGMTx", max_size=40)))
def test_no_date_raises(text: str) -> None:
    date = parse_date(text)

    assert date is None or date >= -11_644_473_600


@given(st.lists(st.tuples(URLS, LINES), max_size=6), URLS)
def test_no_cookie_goes_where_it_must_not(answers: list[tuple[str, str]], url: str) -> None:
    cookies = Cookies(now=lambda: 0.0)
    for origin, line in answers:
        cookies.extract_cookies(answered(origin, line))
    request = Request("GET", url)

    cookies.set_cookie_header(request)

    target = Target(request.url)
    sent = dict(request.headers.raw).get(b"Cookie", b"").decode("utf-8", "surrogateescape")
    allowed = [
        cookie
        for cookie in cookies._held()  # pyright: ignore[reportPrivateUsage]
        if (target.host == cookie.domain or (not cookie.host_only and target.host.endswith("." + cookie.domain)))
        and (target.is_secure or not cookie.secure)
        and (target.path + "/").startswith(cookie.path.rstrip("/") + "/")
    ]
    assert sorted(sent.split("; ") if sent else []) == sorted(f"{cookie.name}={cookie.value}" for cookie in allowed)
    assert not set(sent) & {chr(code) for code in (*range(9), *range(10, 32), 127)}


@given(st.lists(st.tuples(URLS, LINES), max_size=6))
def test_copies_send_the_same(answers: list[tuple[str, str]]) -> None:
    cookies = Cookies(now=lambda: 0.0)
    for origin, line in answers:
        cookies.extract_cookies(answered(origin, line))
    twin = Cookies(cookies)

    for origin, _ in answers:
        requests = [Request("GET", origin), Request("GET", origin)]
        cookies.set_cookie_header(requests[0])
        twin.set_cookie_header(requests[1])
        assert requests[0].headers.raw == requests[1].headers.raw
