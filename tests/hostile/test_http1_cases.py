"""Every case of the table, through each kind of client, with the invariants after it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from understudy import Timeout

from .cases import ALL, Case, Fails
from .invariants import CREDENTIALS, IN_QUERY, Stopwatch, check_error, check_log, check_pool, in_time
from .server import HostileServer

pytestmark = pytest.mark.anyio


@in_time
@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.number} {case.name}"[:60])
async def test_a_hostile_server_gets_what_it_deserves(case: Case, side: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tasks = side.tasks()
    timeout = Timeout(2.0, read=case.read, total=case.total)
    with HostileServer(case.script) as server:
        async with side.client(timeout=timeout, **CREDENTIALS) as client:
            with Stopwatch(case.total or case.read):
                got = await outcome(side, client, case, server.url(f"/case?token={IN_QUERY}"))

            expected = case.expected
            if isinstance(expected, Fails):
                assert type(got) is expected.error, repr(got)
                assert expected.words in str(got)
                check_error(got)
            else:
                assert not isinstance(got, BaseException), repr(got)
                assert got == (expected.status, expected.body)
            check_pool(client._transport.snapshot())
            assert side.tasks() == tasks
            assert case.most_sent is None or server.sent <= case.most_sent

            again = await side.call(client.get, server.url("/again"), timeout=2.0)

            assert (again.status_code, again.content) == (200, b"good")
            check_log(caplog)
        assert len(server.connections) == (1 if case.keeps else 2)
        assert [line.split(b" ")[:2] for line in server.requests] == [
            [case.method.encode(), b"/case?token=" + IN_QUERY.encode()],
            [b"GET", b"/again"],
        ]


async def outcome(side: Any, client: Any, case: Case, url: str) -> Any:
    """Return the status and body that a case ends with, or its error."""
    content = side.upload(iter([case.sends])) if case.streams else case.sends
    try:
        response = await side.call(client.request, case.method, url, content=content, headers=dict(case.headers))
    except Exception as error:
        return error
    return response.status_code, response.content
