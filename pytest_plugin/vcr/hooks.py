"""When the two plugins are absent: their markers known, their options understood, marked tests given their tapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..session import block_of
from . import fixtures

if TYPE_CHECKING:
    from collections.abc import Generator

MARKERS = (
    "vcr(*cassettes, **settings): answer this test's requests from a tape, with the settings of vcrpy",
    "default_cassette(name): the name of this test's tape",
    "block_network(allowed_hosts=None): block the network in this test",
    "allowed_hosts(hosts): what the blocked network lets through in this test",
)


class Hooks:
    """What is registered beside the fixtures."""

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give marked tests the fixtures that their markers mean."""
        names: list[str] = getattr(item, "fixturenames", [])
        for name in ("block_network", "vcr"):
            is_marked = item.get_closest_marker(name) is not None
            if name not in names and (is_marked or (name == "block_network" and block_of(item.config) is not None)):
                names.insert(0, name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """With `--block-network`, let through what a marker names, and everything to a test that records its tape."""
        block = block_of(item.config)
        if block is not None:
            block.let_through(("*",) if fixtures.may_record(item) else tuple(fixtures.hosts_of(item)))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Turn mistakes in markers into collection errors."""
        report = yield
        if report.outcome == "passed":
            found = [(item, fixtures.check(item)) for item in report.result if isinstance(item, pytest.Function)]
            wrong = [f"{item.nodeid}: {complaint}" for item, complaint in found if complaint is not None]
            if wrong:
                report.outcome, report.longrepr, report.result = "failed", "\n".join(wrong), []
        return report


def register(config: pytest.Config) -> None:
    """Add markers, fixtures and hooks to a run."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(fixtures, "understudy.vcr.fixtures")
    config.pluginmanager.register(Hooks(), "understudy.vcr.hooks")
