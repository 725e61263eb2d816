"""The fixtures: a tape and a router for one test, and what a suite may override."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from .collection import default_folder, tape_of
from .markers import settings
from .network_block import Block, start, stop
from .options import record_mode
from .session import block_of, failure_of, tally_of
from .tally import Use

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from ..cassettes import Cassette
    from ..mock import Router

Entered = TypeVar("Entered")


@pytest.fixture
def http_mock(request: pytest.FixtureRequest, http_mock_settings: dict[str, Any]) -> Iterator[Router]:
    """A fresh router in front of every client, for this test.

    When the test has passed, a route that was never called fails it, and so does a request that no route answered.
    """
    from ..mock import Router

    with around(request, Router(**{**http_mock_settings, **settings(test_of(request), "mock")})) as router:
        yield router


@pytest.fixture
def http_mock_settings() -> dict[str, Any]:
    """Keywords of `mock.Router` for every `http_mock`. Override it for a suite; `@pytest.mark.mock` adds to it."""
    return {}


@pytest.fixture
def cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of tapes: `cassettes/<name of the test file>` beside the test file. Override it to choose another."""
    return default_folder(request.path)


@pytest.fixture
def cassette_name(request: pytest.FixtureRequest) -> str:
    """The path of this test's tape inside `cassette_dir`. Override it to choose another."""
    try:
        return tape_of(test_of(request))
    except ValueError as error:
        raise pytest.UsageError(f"@pytest.mark.cassette: {error}") from error


@pytest.fixture
def cassette_settings() -> dict[str, Any]:
    """Keywords of `cassettes.use` for every tape. Override it for a suite; markers add to it."""
    return {}


@pytest.fixture
def cassette(
    request: pytest.FixtureRequest, cassette_dir: Path, cassette_name: str, cassette_settings: dict[str, Any]
) -> Iterator[Cassette]:
    """This test's tape, in front of every client; `@pytest.mark.cassette` asks for it as well."""
    from ..cassettes import use

    said = {**cassette_settings, **settings(test_of(request), "cassette")}
    mode: Any = record_mode(request.config, said.pop("mode", None))
    with around(request, use(cassette_dir / cassette_name, mode=mode, **said)) as tape:
        yield tape
    use_of_it = Use(tape.play_count, len(tape.recorded))
    if failure_of(test_of(request)) is None and mode != "all":
        use_of_it.unplayed = [(getattr(found, "line", 0), found.summary) for found in tape.unplayed]
    tally_of(request.config).add(tape.path, use_of_it)


@pytest.fixture
def network_ledger(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What this test asked of the network, one line for each connection, datagram and question to DNS.

    `assert network_ledger == []` says that it asked nothing; what `--block-network` stopped is listed too.
    """
    block = block_of(request.config)
    if block is not None:
        yield block.uses
        return
    block = Block(("*",))
    start(block)
    try:
        yield block.uses
    finally:
        stop(block)


def test_of(request: pytest.FixtureRequest) -> pytest.Item:
    node: Any = request.node
    if not isinstance(node, pytest.Item):
        raise TypeError(f"{node!r} is not a test")
    return node


@contextmanager
def around(request: pytest.FixtureRequest, inner: AbstractContextManager[Entered]) -> Generator[Entered]:
    """Enter a context for the time of a test, and leave it by what the test raised.

    A context that checks something at its end then leaves a failed test's own failure alone.
    """
    entered = inner.__enter__()
    try:
        yield entered
    finally:
        failure = failure_of(test_of(request))
        inner.__exit__(None if failure is None else type(failure), failure, None)
