"""Copies of a response: what one call is given may be given again."""

from __future__ import annotations

import gzip

import pytest

import understudy
from understudy import Request, Response
from understudy.compat import respx
from understudy.compat.copies import copy_of
from understudy.compat.pytest_httpx import HTTPXMock, httpx_mock

__all__ = ["httpx_mock"]

URL = "https://api.test/"
ZIPPED = gzip.compress(b"text", mtime=0)
CODED = {"content-encoding": "gzip"}


def test_a_compressed_body_is_decoded_once_however_often_it_is_given() -> None:
    with respx.mock as router:
        router.get(URL).mock(return_value=Response(200, content=ZIPPED, headers=CODED))

        answers = [understudy.get(URL) for _ in range(2)]

    assert [answer.content for answer in answers] == [b"text", b"text"]
    assert answers[0].headers["content-encoding"] == "gzip"


def test_a_compressed_body_of_a_callback_is_decoded_once(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_callback(lambda request: Response(200, content=ZIPPED, headers=CODED))

    assert understudy.get(URL).content == b"text"


def test_a_compressed_body_in_words_is_decoded_once(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(content=ZIPPED, headers=CODED, is_reusable=True)

    assert [understudy.get(URL).content for _ in range(2)] == [b"text", b"text"]


def test_what_was_read_of_an_iterator_is_given_decoded() -> None:
    response = Response(200, content=iter([ZIPPED]), headers=CODED)
    response.read()

    copy = copy_of(response, Request("GET", URL))

    assert copy.read() == b"text"
    assert "content-encoding" not in copy.headers
    assert response.headers["content-encoding"] == "gzip"


def test_what_was_streamed_away_is_an_error() -> None:
    response = Response(200, content=iter([b"a"]))
    list(response.iter_bytes())

    with pytest.raises(understudy.StreamConsumed):
        copy_of(response, Request("GET", URL)).read()
