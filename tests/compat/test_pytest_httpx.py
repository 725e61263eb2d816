"""The facade of pytest-httpx: what its documentation shows, and what was surprising and is not any more."""

# Callbacks are lambdas here, as in suites.
# pyright: basic

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

import understudy
from understudy import AsyncClient, Client, MockTransport, ReadTimeout, Request, Response, TimeoutException, stand_in
from understudy.compat.pytest_httpx import HTTPXMock, IteratorStream
from understudy.compat.pytest_httpx.registry import Options, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["pytester"]
# A process of its own needs no other plugins, which take most of the time to load.
LEAN = ("-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider")

BASE = "https://api.test"


@pytest.fixture
def httpx_mock() -> Iterator[HTTPXMock]:
    registry = HTTPXMock()
    with stand_in(Stage(registry), everywhere=True):
        yield registry


def answers(registry: HTTPXMock, method: str = "GET", url: str = BASE, **options: Any) -> bool:
    """Whether a request is answered."""
    try:
        Client().request(method, url, **options)
    except TimeoutException:
        return False
    return True


def test_a_response_in_all_its_words(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(201, "HTTP/2", {"X-A": "1"}, json={"id": 7})

    response = understudy.get(BASE)

    assert (response.status_code, response.http_version, response.headers["X-A"]) == (201, "HTTP/2", "1")
    assert response.json() == {"id": 7}


@pytest.mark.parametrize(
    ("words", "content"),
    [
        ({"content": b"raw"}, b"raw"),
        ({"text": "é"}, "é".encode()),
        ({"html": "<p>"}, b"<p>"),
        ({"stream": IteratorStream([b"a", b"b"])}, b"ab"),
        ({}, b""),
    ],
)
def test_bodies(words: dict[str, Any], content: bytes, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(**words)

    assert understudy.get(BASE).content == content


def test_each_answer_is_given_once_in_order(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=201)
    httpx_mock.add_response(status_code=202)

    assert [understudy.get(BASE).status_code for _ in range(2)] == [201, 202]
    with pytest.raises(TimeoutException, match="already sent, and not reusable"):
        understudy.get(BASE)


def test_the_last_reusable_answer_goes_on(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=201)
    httpx_mock.add_response(status_code=202, is_reusable=True)

    assert [understudy.get(BASE).status_code for _ in range(4)] == [201, 202, 202, 202]
    httpx_mock.verify()


def test_all_answers_can_be_made_reusable() -> None:
    registry = HTTPXMock(Options(can_send_already_matched_responses=True))
    registry.add_response(status_code=201)

    with stand_in(Stage(registry)):
        assert [understudy.get(BASE).status_code for _ in range(3)] == [201] * 3


@pytest.mark.parametrize(
    ("wanted", "url", "expected"),
    [
        ("https://api.test", "https://api.test/", True),
        ("https://api.test/?a=1&b=2", "https://api.test/?b=2&a=1", True),
        ("https://api.test/?a=1&a=2", "https://api.test/?a=2&a=1", False),
        ("https://api.test/", "https://api.test/?a=1", False),
        (re.compile(r"https://api\.test/\d+"), "https://api.test/12", True),
        (re.compile("api"), "https://api.test/", False),
        (understudy.URL("https://api.test/a"), "https://api.test/a", True),
    ],
)
def test_urls(wanted: Any, url: str, expected: bool, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=wanted)

    assert answers(httpx_mock, url=url) is expected


@pytest.mark.parametrize(
    ("words", "sent", "expected"),
    [
        ({"method": "post"}, {"method": "POST"}, True),
        ({"method": "PUT"}, {}, False),
        ({"match_headers": {"x-key": "1"}}, {"headers": {"X-Key": "1"}}, True),
        ({"match_headers": {"X-Key": "2"}}, {"headers": {"X-Key": "1"}}, False),
        ({"match_content": b"abc"}, {"method": "POST", "content": b"abc"}, True),
        ({"match_json": {"a": ANY}}, {"method": "POST", "json": {"a": 1}}, True),
        ({"match_json": {"a": ANY}}, {"method": "POST", "content": b"not json"}, False),
        ({"match_data": {"a": 1}}, {"method": "POST", "data": {"a": "1"}}, True),
        ({"match_data": {"a": "2"}}, {"method": "POST", "data": {"a": "1"}}, False),
        (
            {"match_data": {"a": "1"}, "match_files": {"f": ("n.txt", b"text")}},
            {"method": "POST", "data": {"a": "1"}, "files": {"f": ("n.txt", b"text")}},
            True,
        ),
        ({"match_files": {"f": ("n.txt", b"text")}}, {"method": "POST", "files": {"f": ("n.txt", b"no")}}, False),
        ({"match_files": {"f": ("n", b"", "a/b")}}, {"method": "POST", "files": {"f": ("n", b"", "a/b")}}, True),
        ({"match_files": {"f": ("n", b"", "a/b")}}, {"method": "POST", "files": {"f": ("n", b"")}}, False),
        ({"match_files": {"f": ANY}}, {"method": "POST", "files": {"f": ("n", b"", "a/b")}}, True),
        ({"match_extensions": {"mine": 1}}, {"extensions": {"mine": 1}}, True),
        ({"match_extensions": {"mine": 2}}, {"extensions": {"mine": 1}}, False),
        ({"url": BASE, "match_params": {"a": ANY, "b": ["2", "3"]}}, {"params": {"a": 1, "b": [2, 3]}}, True),
        ({"url": BASE, "match_params": {"a": "1"}}, {"params": {"a": 1, "b": 2}}, False),
        ({"proxy_url": "http://proxy.test:3128"}, {}, False),
    ],
)
def test_matching(words: dict[str, Any], sent: dict[str, Any], expected: bool, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(**words)

    assert answers(httpx_mock, **sent) is expected


@pytest.mark.parametrize(
    ("wanted", "proxy", "expected"),
    [
        ("http://proxy.test:3128", "http://proxy.test:3128", 200),
        (re.compile(r"http://proxy\."), "http://proxy.test:3128", 200),
        ("http://proxy.test/?b=1&a=2", "http://proxy.test?a=2&b=1", 200),
        ("http://proxy.test/?b=1&a=2", "http://proxy.test", None),
        ("http://ada:secret@proxy.test", "http://ada:secret@proxy.test", 200),
        ("http://ada:secret@proxy.test", "http://proxy.test", None),
    ],
)
def test_the_proxy_of_the_transport_behind_is_seen(
    wanted: Any, proxy: str, expected: int | None, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(proxy_url=wanted, is_optional=True)
    httpx_mock.add_response(404, is_optional=True)

    with Client(proxy=proxy) as client:
        assert client.get(BASE).status_code == (expected or 404)


def test_what_a_response_is_made_of_may_change_later(httpx_mock: HTTPXMock) -> None:
    users = [1]
    httpx_mock.add_response(json=users)
    users.append(2)

    assert understudy.get(BASE).json() == [1]


def test_what_an_answer_says_of_itself_goes_before_the_marker() -> None:
    lax = HTTPXMock(Options(assert_all_responses_were_requested=False, can_send_already_matched_responses=True))
    lax.add_response(url=f"{BASE}/a")
    lax.verify()
    lax.add_response(url=f"{BASE}/b", is_optional=False, is_reusable=False)

    with pytest.raises(AssertionError, match=r"not requested:\n- Match any request on https://api\.test/b(\n|\Z)"):
        lax.verify()
    assert lax.answer(Request("GET", f"{BASE}/b"), None).status_code == 200
    with pytest.raises(TimeoutException, match="already sent, and not reusable"):
        lax.answer(Request("GET", f"{BASE}/b"), None)


def test_exceptions_are_raised_with_their_request(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(ReadTimeout("planted"))

    with pytest.raises(ReadTimeout, match="planted") as caught:
        understudy.get(BASE)

    assert str(caught.value.request.url) == BASE


def test_callbacks_answer_and_may_refuse(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_callback(lambda request: Response(200, json={"you asked": request.url.path}))
    httpx_mock.add_callback(lambda request: None)

    assert understudy.get(f"{BASE}/a").json() == {"you asked": "/a"}
    assert not answers(httpx_mock)


@pytest.mark.anyio
async def test_callbacks_may_be_asynchronous(httpx_mock: HTTPXMock) -> None:
    async def answer(request: Request) -> Response:
        return Response(200, text="later")

    httpx_mock.add_callback(answer)
    httpx_mock.add_callback(answer)

    async with AsyncClient() as client:
        assert (await client.get(BASE)).text == "later"
    with pytest.raises(TypeError, match="asynchronous callback"):
        understudy.get(BASE)


def test_requests_are_found_again(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(is_reusable=True)
    understudy.get(f"{BASE}/a")
    understudy.post(f"{BASE}/b", json={"n": 1})

    assert [request.url.path for request in httpx_mock.get_requests()] == ["/a", "/b"]
    request = httpx_mock.get_request(method="POST")
    assert request is not None
    assert request.content == b'{"n":1}'
    assert httpx_mock.get_request(url="https://never.test") is None
    with pytest.raises(AssertionError, match=r"More than one request \(2\)(.|\n)*GET https://api.test/a"):
        httpx_mock.get_request()
    httpx_mock.reset()
    assert httpx_mock.get_requests() == []


@pytest.mark.anyio
async def test_what_is_not_to_be_mocked_goes_to_the_transport_behind() -> None:
    behind = MockTransport(lambda request: Response(200, text="behind"))
    registry = HTTPXMock(Options(should_mock=lambda request: request.url.host != "real.test"))

    with stand_in(Stage(registry)):
        with Client(transport=behind) as client:
            assert client.get("https://real.test").text == "behind"
        async with AsyncClient(transport=behind) as other:
            assert (await other.get("https://real.test")).text == "behind"
    assert registry.get_requests() == []


def test_a_request_without_an_answer_says_what_did_not_fit_of_each(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=f"{BASE}/a", method="POST", match_headers={"X": "1"}, is_optional=True)

    with pytest.raises(TimeoutException) as caught:
        understudy.get(f"{BASE}/b", headers={"x": "2"})

    assert str(caught.value) == (
        f"No response can be found for GET request on {BASE}/b with {{'X': '2'}} headers amongst:\n"
        f"- Match POST request on {BASE}/a with {{'X': '1'}} headers (optional): differs in method, URL, headers"
    )


def test_a_request_without_an_answer_shows_what_was_asked_about(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(match_json={"a": 1}, is_optional=True)
    httpx_mock.add_response(match_extensions={"tag": "x"}, proxy_url="http://proxy.test/", is_optional=True)

    with pytest.raises(TimeoutException) as caught:
        understudy.post(f"{BASE}/b", json={"a": 2})

    told = str(caught.value)
    assert f"""POST request on {BASE}/b with b'{{"a":2}}' body and no proxy URL and {{}} extensions amongst:""" in told
    assert "{'a': 1} json body (optional): differs in body" in told


def test_the_end_tells_what_is_left_and_what_was_unexpected(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=f"{BASE}/never")
    httpx_mock.add_response(url=f"{BASE}/perhaps", is_optional=True)
    answers(httpx_mock)

    with pytest.raises(AssertionError) as caught:
        httpx_mock.verify()

    told = str(caught.value)
    assert f"mocked but not requested:\n- Match any request on {BASE}/never" in told
    assert "not expected:\n- No response can be found for GET request on https://api.test" in told
    assert "\n- Match any request on https://api.test/perhaps\n" not in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"match_header": {}}, "unexpected word 'match_header': did you mean 'match_headers'"),
        ({"match_json": 1, "match_content": b""}, "Only one way"),
        ({"match_json": 1, "match_data": {}}, "Only one way"),
        ({"match_params": {}}, "match_params needs a url"),
        ({"match_params": {}, "url": re.compile("")}, "match_params needs a url"),
        ({"match_params": {}, "url": f"{BASE}?a=1"}, "must not contain any query parameter"),
    ],
)
def test_wrong_words_fail_where_they_are_written(words: dict[str, Any], message: str, httpx_mock: HTTPXMock) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        httpx_mock.add_response(**words)


def test_a_callback_that_returns_something_else_is_a_mistake_of_the_test(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_callback(lambda request: {})  # type: ignore[arg-type, return-value]  # the mistake

    with pytest.raises(TypeError, match="returned dict"):
        understudy.get(BASE)


SUITE = """
import httpx, pytest
from pytest_httpx import HTTPXMock

def test_one(httpx_mock: HTTPXMock):
    httpx_mock.add_response(json=[1])
    assert httpx.get("https://api.test").json() == [1]

def test_unused(httpx_mock):
    httpx_mock.add_response(json=[1])

@pytest.mark.httpx_mock(assert_all_responses_were_requested=False)
class TestMarked:
    def test_unused(self, httpx_mock):
        httpx_mock.add_response()

    @pytest.mark.httpx_mock(assert_all_responses_were_requested=True)
    def test_inner(self, httpx_mock):
        httpx_mock.add_response()

def test_swallowed(httpx_mock):
    try:
        httpx.get("https://api.test")
    except httpx.TimeoutException:
        pass
"""


def test_a_suite_of_pytest_httpx_runs_as_it_is(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import understudy; understudy.alias_httpx()\n")
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess(*LEAN, "-p", "understudy.compat.pytest_httpx", "--strict-markers")

    result.assert_outcomes(passed=5, errors=3)


def test_beside_the_real_one_the_plugin_refuses_to_guess(pytester: pytest.Pytester) -> None:
    pytester.mkpydir("pytest_httpx")
    pytester.syspathinsert()

    result = pytester.runpytest_subprocess(*LEAN, "-p", "understudy.compat.pytest_httpx")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*pytest_httpx is installed here*"])


class Counted:
    """Fits everything, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __eq__(self, other: object) -> bool:
        self.asked += 1
        return True

    __hash__ = None  # type: ignore[assignment]  # only compared


def test_no_answer_is_asked_behind_the_one_that_is_given(httpx_mock: HTTPXMock) -> None:
    last = Counted()
    httpx_mock.add_response(url=BASE)
    httpx_mock.add_response(url=BASE, match_headers={"Host": last}, is_optional=True)

    assert answers(httpx_mock)
    assert last.asked == 0
    assert answers(httpx_mock)
    assert last.asked == 1


def test_an_exception_that_is_raised_often_does_not_grow(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(ReadTimeout("late"), is_reusable=True)

    lengths: list[int] = []
    for _ in range(3):
        with pytest.raises(ReadTimeout) as caught:
            understudy.get(BASE)
        lengths.append(len(caught.traceback))

    assert lengths == [lengths[0]] * 3


def test_json_that_is_nested_too_deeply_fits_nothing(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(match_json=[], is_optional=True)

    assert not answers(httpx_mock, "POST", content="[" * 100_000)
    httpx_mock.reset()
