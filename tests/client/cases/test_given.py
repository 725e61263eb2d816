"""What callers give, without any malice of a server: C01 to C06."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from understudy import Headers, InvalidURL, LocalProtocolError, Request

if TYPE_CHECKING:
    from ..conftest import Side
    from .conftest import Wire


class Given(NamedTuple):
    """What a caller gives to `Request`, and what becomes of it."""

    number: str
    name: str
    options: dict[str, Any]
    becomes: type[Exception] | bytes


def _urls() -> list[Given]:
    cases: list[Given] = []
    for name, text in {"CR": "\r", "LF": "\n", "NUL": "\0", "TAB": "\t", "space": " ", "DEL": "\x7f"}.items():
        escaped = f"%{ord(text):02X}".encode()
        cases += [
            Given("C01", f"{name} in a host", {"url": f"http://h{text}.test/"}, InvalidURL),
            Given("C01", f"{name} in a port", {"url": f"http://h.test:8{text}0/"}, InvalidURL),
            Given("C01", f"{name} in a path", {"url": f"http://h.test/a{text}b"}, b"GET /a" + escaped + b"b HTTP/1.1"),
            Given(
                "C01", f"{name} in a query", {"url": f"http://h.test/?a{text}b"}, b"GET /?a" + escaped + b"b HTTP/1.1"
            ),
            Given("C01", f"{name} in a fragment", {"url": f"http://h.test/#a{text}b"}, b"GET / HTTP/1.1"),
            Given(
                "C01",
                f"{name} in params",
                {"url": "http://h.test/", "params": {"a": f"{text}b"}},
                b"GET /?a=" + (b"+" if text == " " else escaped) + b"b HTTP/1.1",
            ),
        ]
        if text != "\x7f":
            cases.append(Given("C01", f"{name} in a scheme", {"url": f"ht{text}tp://h.test/"}, InvalidURL))
    return cases


def _fields() -> list[Given]:
    cases: list[Given] = []
    for name, text in {"CR": "\r", "LF": "\n", "CRLF and a field": "\r\nX-Evil: 1", "NUL": "\0"}.items():
        cases += [
            Given("C03", f"{name} in a name", {"headers": {f"X-A{text}": "1"}}, LocalProtocolError),
            Given("C03", f"{name} in a value", {"headers": {"X-A": f"1{text}2"}}, LocalProtocolError),
            Given("C03", f"{name} in Host", {"headers": {"Host": f"h.test{text}"}}, LocalProtocolError),
            Given("C03", f"{name} in the value of a cookie", {"cookies": {"a": f"1{text}2"}}, LocalProtocolError),
            Given("C03", f"{name} in the name of a cookie", {"cookies": {f"a{text}": "1"}}, LocalProtocolError),
        ]
    return cases


def _bodies() -> list[Given]:
    body = {"method": "POST", "content": b"body"}
    stream = {"method": "POST", "content": "a stream"}
    both = {"Content-Length": "4", "Transfer-Encoding": "chunked"}
    refused: list[tuple[str, dict[str, Any], Any]] = [
        ("a length and a coding", body, both),
        ("both for a stream", stream, both),
        ("both for no body", {}, {**both, "Content-Length": "0"}),
        ("too long a length", body, {"Content-Length": "5"}),
        ("too short a length", body, {"Content-Length": "3"}),
        ("a length of no body", {"method": "POST"}, {"Content-Length": "3"}),
        ("a length with a sign", body, {"Content-Length": "+4"}),
        ("a length twice", body, [("Content-Length", "4"), ("Content-Length", "4")]),
        ("a length of a stream that is none", stream, {"Content-Length": "four"}),
        ("a length of 5 000 digits", body, {"Content-Length": "4" * 5_000}),
        ("the length of other JSON", {"method": "POST", "json": {"a": 1}}, {"Content-Length": "9"}),
        ("the length of other files", {"method": "POST", "files": {"a": b"x"}}, {"Content-Length": "9"}),
    ]
    return [
        *[Given("C06", name, {**options, "headers": said}, LocalProtocolError) for name, options, said in refused],
        *[
            Given("C06", f"{method} with a body", {"method": method, "content": b"body"}, b"Content-Length: 4")
            for method in ("GET", "HEAD", "DELETE", "OPTIONS", "QUERY")
        ],
        Given("C06", "the right length", {**body, "headers": {"Content-Length": "4"}}, b"Content-Length: 4"),
        Given("C06", "a coding", {**body, "headers": {"Transfer-Encoding": "chunked"}}, b"4\r\nbody\r\n0\r\n\r\n"),
        Given("C06", "a stream of a length", {**stream, "headers": {"Content-Length": "4"}}, b"Content-Length: 4"),
    ]


NO_METHODS = ("", " ", "GET ", "G ET", "GET\r\n", "GET\0", "GÉT", "GET / HTTP/1.1\r\nX-Evil: 1", "G:T", "(GET)")
CASES = [
    *_urls(),
    *[Given("C02", f"the method {method!r}", {"method": method}, LocalProtocolError) for method in NO_METHODS],
    Given("C02", "a method in lower case", {"method": "get"}, b"GET / HTTP/1.1"),
    Given("C02", "a method of one's own", {"method": "m-search"}, b"M-SEARCH / HTTP/1.1"),
    *_fields(),
    Given("C03", "a space before a value", {"headers": {"X-A": " 1"}}, LocalProtocolError),
    Given("C03", "a space after a value", {"headers": {"X-A": "1 "}}, LocalProtocolError),
    Given("C03", "a space after a name", {"headers": {"X-A ": "1"}}, LocalProtocolError),
    Given("C03", "text that is not Latin-1", {"headers": {"X-A": "€"}}, LocalProtocolError),
    Given("C03", "text that has an encoding", {"headers": Headers({"X-A": "€"}, encoding="utf-8")}, "X-A: €".encode()),
    Given("C03", "a semicolon in a cookie", {"cookies": {"a": "1; b=2"}}, LocalProtocolError),
    *_bodies(),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number} {case.name}")
@pytest.mark.anyio
async def test_what_http_cannot_say_is_refused_where_it_is_given(case: Given, side: Side, wire: Wire) -> None:
    options: dict[str, Any] = {"method": "GET", "url": "http://h.test/", **case.options}
    if options.get("content") == "a stream":
        options["content"] = side.pieces(b"body")

    if isinstance(case.becomes, bytes):
        await side.call(wire.client(side).request, **options)
        head = wire.received.partition(b"\r\n\r\n")[0]
        assert case.becomes in wire.received
        assert re.fullmatch(rb"[A-Z-]+ [!-~]+ HTTP/1\.1(\r\n[!-9;-~]+: [\t -~\x80-\xff]*)+", head)
        assert b"Evil" not in head
    else:
        with pytest.raises(case.becomes) as caught:
            Request(**options)
        assert len(str(caught.value)) < 400
        with pytest.raises(case.becomes):
            await side.call(wire.client(side).request, **options)
        assert wire.connections == 0
