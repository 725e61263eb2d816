"""Marked tests get their fixtures while they are collected, and mistakes in markers are collection errors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from . import markers
from .network_block import misfit
from .options import blocks_network
from .owners import is_ours, other_plugin

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

_TAPES = pytest.StashKey[dict[str, tuple[str, str, bool]]]()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Give each marked test its fixtures, or turn the report into an error that names every mistake."""
    report = yield
    if report.outcome != "passed":
        return report
    wrong = list(_swallowed(collector))
    for item in report.result:
        if isinstance(item, pytest.Function):
            wrong.extend(f"{item.nodeid}: {complaint}" for complaint in _prepared(item))
    if wrong:
        report.outcome = "failed"
        report.longrepr = "\n".join(wrong)
        report.result = []
    return report


def _swallowed(collector: pytest.Collector) -> Iterator[str]:
    """Yield what is wrong with `@mock.get(...).respond` over a test: without parentheses it makes the test a reply."""
    mock: Any = sys.modules.get("understudy.mock")
    if mock is None or not isinstance(collector, (pytest.Module, pytest.Class)):
        return
    where: object = getattr(collector, "obj", None)
    for name, value in vars(where).items():
        if name.startswith("test") and issubclass(type(value), mock.Route):
            yield f"{collector.nodeid}::{name}: a route took the test's place; call its decorator, as in `.respond()`"


def _prepared(item: pytest.Function) -> Iterator[str]:
    """Give a test the fixtures that its markers ask for; yield what is wrong with them."""
    # A suite may use this word for something of its own; it means something here where the network is blocked.
    if blocks_network(item.config):
        yield from _strange_hosts(item)
    for marker, fixture in markers.FIXTURES.items():
        is_marked = item.get_closest_marker(marker) is not None
        if not is_marked and fixture not in item.fixturenames:
            continue
        complaint = (_elsewhere(item, marker, fixture) or markers.complaint(item, marker)) if is_marked else None
        if complaint is None and marker == "cassette" and is_ours(item, fixture):
            complaint = _collision(item)
        if complaint is not None:
            yield complaint
        elif is_marked:
            _request(item, fixture)


def _elsewhere(item: pytest.Function, marker: str, fixture: str) -> str | None:
    """Return that a marker would ask for what another plugin has under the name of our fixture."""
    other = other_plugin(item, fixture)
    if other is None:
        return None
    distribution, name = other
    return (
        f"@pytest.mark.{marker}: the fixture `{fixture}` is that of {distribution} here, and the requests of this test "
        f"would go to the network; run pytest with -p no:{name}, or uninstall {distribution}"
    )


def _strange_hosts(item: pytest.Function) -> Iterator[str]:
    """Yield what is wrong with the hosts that a test is let through to."""
    for mark in item.iter_markers("network"):
        if mark.kwargs:
            hosts = ", ".join(map(repr, mark.kwargs.values()))
            yield f"@pytest.mark.network takes hosts without names: network({hosts})"
        for host in mark.args:
            is_several = isinstance(host, (list, tuple, set))
            wrong = f"hosts are given one by one, not as {host!r}" if is_several else misfit(str(host))
            if wrong is not None:
                yield f"@pytest.mark.network: {wrong}"


def asks_for_tape(item: pytest.Item) -> bool:
    """Whether a test has a fixture `cassette`, ours or that of the suite or another plugin."""
    return markers.FIXTURES["cassette"] in getattr(item, "fixturenames", ())


def uses_tape(item: pytest.Item) -> bool:
    """Whether a test has a tape that we know of."""
    return asks_for_tape(item) and is_ours(item, markers.FIXTURES["cassette"])


def keeps_tapes_elsewhere(item: pytest.Item) -> bool:
    """Whether a test may have tapes that we do not know of: fixtures say which, and only a test can ask them."""
    return item.get_closest_marker("vcr") is not None or (asks_for_tape(item) and not uses_tape(item))


def tape_of(item: pytest.Item) -> str:
    """Return the path of a test's tape in the folder of tapes."""
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return markers.tape_name(item, [*classes, item.name])


def default_folder(test_file: Path) -> Path:
    """Return the folder of tapes of a test file."""
    return test_file.parent / "cassettes" / test_file.stem


def _collision(item: pytest.Function) -> str | None:
    """Return which other test of the file has the same tape by accident; letter case does not count."""
    module = item.getparent(pytest.Module)
    if module is None:
        return None
    name, is_chosen = tape_of(item), markers.has_chosen_name(item)
    tapes = module.stash.setdefault(_TAPES, {})
    known, other, is_shared = tapes.setdefault(name.lower(), (name, item.nodeid, is_chosen))
    if other == item.nodeid or (known == name and (is_chosen or is_shared)):
        return None
    mend = f"write {known}" if is_chosen else "name one: @pytest.mark.cassette(name=...)"
    return f"its tape {name} would be that of {other} where a file system ignores letter case; {mend}"


def _request(item: pytest.Function, fixture: str) -> None:
    """Let a test use a fixture, first among those of its own scope: later ones may send requests."""
    names = item.fixturenames
    if fixture in names:
        names.remove(fixture)
    # pytest says nowhere else what scope a fixture has; without it this is simply the first fixture.
    definitions: dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    wider = [at for at, name in enumerate(names) if name in definitions and definitions[name][-1].scope != "function"]
    names.insert(wider[-1] + 1 if wider else 0, fixture)
