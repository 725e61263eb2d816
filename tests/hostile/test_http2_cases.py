"""Every case of the table of HTTP/2, through each kind of client and over sockets, with the invariants after it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from .cases import Fails
from .http2_cases import ALL, Http2Case, react_with
from .http2_server import Http2Server, ListeningServer
from .invariants import CREDENTIALS, IN_QUERY, Stopwatch, check_error, check_log, check_pool, in_time

pytestmark = pytest.mark.anyio


@in_time
@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.number} {case.name}"[:60])
async def test_a_hostile_http2_server_gets_what_it_deserves(
    case: Http2Case, side: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "understudy")
    tasks = side.tasks()
    server = Http2Server(on_request=react_with(case))
    with ListeningServer(server) as url:
        transport = side.transport(trust_env=False, http1=False, http2=True)
        async with side.client(transport=transport, timeout=5.0, **CREDENTIALS) as client:
            with Stopwatch(5.0):
                got = await outcome(side, client, case.method, f"{url}/case?token={IN_QUERY}")

            expected = case.expected
            if isinstance(expected, Fails):
                assert type(got) is expected.error, repr(got)
                assert expected.words in str(got)
                check_error(got)
            else:
                assert got == (expected.status, expected.body)
            check_pool(transport.snapshot())
            assert side.tasks() == tasks

            assert (await side.call(client.get, f"{url}/again")).content == b"good"
            check_pool(transport.snapshot())
            check_log(caplog)
    assert len(server.peers) == (1 if case.keeps else 2)
    assert server.peers[0].requests[1].reset_code == case.reset
    assert {request[":path"] for peer in server.peers for request in peer.requests.values()} == {
        f"/case?token={IN_QUERY}",
        "/again",
    }


async def outcome(side: Any, client: Any, method: str, url: str) -> Any:
    """Return the status and body that a case ends with, or its error."""
    try:
        response = await side.call(client.request, method, url, content=b"x" if method == "POST" else None)
    except Exception as error:
        return error
    return response.status_code, response.content
