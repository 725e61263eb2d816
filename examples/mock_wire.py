"""Wire mode: replies as bytes through the client's real stack, and faults to the byte. Run with pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import mock

if TYPE_CHECKING:
    from collections.abc import Iterator

BIG = "https://api.test/big"


def test_a_body_is_cut_and_another_is_damaged() -> None:
    with mock.Router(base_url="https://api.test", mode="wire") as api:
        api.get("/big").respond(content=b"x" * 1000).fault("truncate", at=400)
        api.get("/zip").respond(json={}, encoding="gzip").fault("corrupt-body")

        with pytest.raises(understudy.IncompleteBody) as caught:
            understudy.get(BIG)
        with pytest.raises(understudy.DecodingError):
            understudy.get("https://api.test/zip")

    assert (caught.value.received, caught.value.expected) == (400, 1000)


@pytest.mark.parametrize("fault", ["bad-chunk", "two-lengths", "header-flood", "garbage", "rst-stream"])
def test_whatever_a_server_breaks_is_an_error_of_the_protocol(fault: str) -> None:
    with mock.get(BIG, mode="wire").fault(fault), pytest.raises(understudy.RemoteProtocolError):
        understudy.get(BIG)


def test_what_a_server_has_not_looked_at_is_sent_again_by_itself() -> None:
    with mock.get(BIG, mode="wire").fault("goaway").then(text="here", http_version="HTTP/2") as big:
        response = understudy.get(BIG)

    assert (response.text, response.http_version) == ("here", "HTTP/2")
    assert big.call_count == 2


def test_an_upload_ends_with_an_early_answer() -> None:
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        for number in range(1_000_000):
            sent.append(number)
            yield b"x" * 100_000

    with mock.post(BIG, mode="wire").respond(413, early=True):
        assert understudy.post(BIG, content=endless()).status_code == 413

    assert len(sent) < 10
