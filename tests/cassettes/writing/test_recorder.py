"""What of a run is written, and when: a server that was down must not be down on every replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from pathlib import Path

    from ..conftest import Stage

Mode = Literal["once", "new_episodes"]
URL = "https://api.test/users"


def is_down(request: understudy.Request) -> understudy.Response:
    raise understudy.ConnectError("refused", request=request)


def meet_a_failure(stage: Stage, text: str) -> None:
    with cassettes.use(stage.path), pytest.raises(understudy.ConnectError, match=text):
        stage.client.get(URL)


def is_up(request: understudy.Request) -> understudy.Response:
    return understudy.Response(200, text="hello")


@pytest.mark.parametrize("mode", ["once", "new_episodes"])
def test_a_block_that_failed_because_a_server_was_down_is_recorded_by_the_next_run(stage: Stage, mode: Mode) -> None:
    stage.server.reply = is_down
    with pytest.raises(understudy.ConnectError), cassettes.use(stage.path, mode) as cassette:
        stage.client.get(URL)
    recorded = cassette.recorded
    is_there = stage.path.exists()

    stage.server.reply = is_up
    with cassettes.use(stage.path, mode):
        stage.client.get(URL)

    assert (recorded, is_there) == ([], False)
    with cassettes.use(stage.path, "none"):
        assert stage.client.get(URL).text == "hello"


def test_a_block_that_is_about_a_server_that_is_down_is_recorded(stage: Stage) -> None:
    stage.server.reply = is_down
    meet_a_failure(stage, "refused")

    stage.server.reply = is_up
    meet_a_failure(stage, r"refused \(as recorded in ")


def test_a_request_that_was_repeated_until_it_reached_a_server_is_recorded_with_its_failures(stage: Stage) -> None:
    replies = iter([is_down, is_down, is_up])
    stage.server.reply = lambda request: next(replies)(request)  # noqa: PLW0108  # another one each time

    with cassettes.use(stage.path) as cassette:
        for _ in range(2):
            with pytest.raises(understudy.ConnectError):
                stage.client.get(URL)
        stage.client.get(URL)

    assert cassette.recorded == ["GET /users -> ConnectError"] * 2 + ["GET /users -> 200"]
    assert [one.summary for one in cassettes.load(stage.path).interactions] == cassette.recorded


def test_what_a_prepared_first_document_says_stays_where_nobody_was_reached(stage: Stage) -> None:
    stage.written(header="cassette: 1\nmatch: [method, path]\n")
    before = stage.text
    stage.server.reply = is_down

    with pytest.raises(understudy.ConnectError), stage.use():
        stage.client.get(URL)

    assert stage.text == before


async def ask(client: understudy.AsyncClient, path: Path) -> None:
    async with cassettes.use(path):
        await client.get(URL)


def test_asynchronous_blocks_that_reached_nobody_leave_no_cassette(stage: Stage) -> None:
    import asyncio

    stage.server.reply = is_down

    with pytest.raises(understudy.ConnectError):
        asyncio.run(ask(stage.async_client, stage.path))

    assert not stage.path.exists()
