"""Failures: exceptions, faults by name, bodies that end too early or are damaged. Run with pytest."""

from __future__ import annotations

import pytest

import understudy
from understudy import mock

BIG = "https://api.test/big"


def test_a_connection_is_refused_and_reset() -> None:
    with mock.get(BIG).fault("connect-refused").then(understudy.ReadError("reset by peer")).then(200):
        with pytest.raises(understudy.ConnectError):
            understudy.get(BIG)
        with pytest.raises(understudy.ReadError):
            understudy.get(BIG)
        assert understudy.get(BIG).status_code == 200


def test_a_body_ends_after_400_bytes() -> None:
    with mock.Router() as api:
        api.get(BIG).fault("truncate", at=400, content=b"x" * 1000)

        with pytest.raises(understudy.IncompleteBody) as caught:
            understudy.get(BIG)

    assert (caught.value.received, caught.value.expected) == (400, 1000)


def test_a_compressed_body_is_no_compressed_body() -> None:
    with mock.Router() as api:
        api.get(BIG).respond(content=b"not gzip", headers={"content-encoding": "gzip"})

        with pytest.raises(understudy.DecodingError):
            understudy.get(BIG)
