"""One run of pytest: markers registered, the network blocked around it, each test's outcome remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .network_block import Block, start, stop
from .options import allowed_hosts, blocks_network, record_mode

if TYPE_CHECKING:
    from collections.abc import Generator

MARKERS = (
    "cassette(name=None, *, mode=None, ...): answer this test's requests from a tape; "
    "keywords are those of understudy.cassettes.use",
    "network(*hosts): let this test use the network despite --block-network; without hosts, all of it",
)

_BLOCK = pytest.StashKey[Block]()
_FAILURE = pytest.StashKey[BaseException]()


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    record_mode(config)  # a wrong mode in the configuration file stops the run before its first test
    if blocks_network(config):
        block = Block(allowed_hosts(config))
        config.stash[_BLOCK] = block
        start(block)


def pytest_unconfigure(config: pytest.Config) -> None:
    block = config.stash.get(_BLOCK, None)
    if block is not None:
        stop(block)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tell the block whose turn it is."""
    block = item.config.stash.get(_BLOCK, None)
    if block is None:
        return (yield)
    hosts = [marker.args or ("*",) for marker in item.iter_markers("network")]
    block.begin(item.nodeid, tuple(str(host) for some in hosts for host in some))
    try:
        return (yield)
    finally:
        block.finish()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how a test failed, for the fixtures that are torn down after it."""
    if call.when != "teardown" and call.excinfo is not None:
        item.stash[_FAILURE] = call.excinfo.value
    return (yield)


def failure_of(item: pytest.Item) -> BaseException | None:
    """Return what a test raised, if it did."""
    return item.stash.get(_FAILURE, None)
