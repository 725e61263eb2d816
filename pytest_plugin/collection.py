"""What markers ask for, checked while tests are collected: a mistake is a collection error, not a late failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .names import automatic, chosen
from .options import RECORD_MODES

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

MARKER = FIXTURE = "cassette"
_Tapes = dict[str, str]
_TAPES = pytest.StashKey[_Tapes]()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Give each marked test the fixture `cassette`, or turn the report into an error that names every mistake."""
    report = yield
    if report.outcome != "passed":
        return report
    complaints: list[str] = []
    for item in report.result:
        if not isinstance(item, pytest.Function):
            continue
        is_marked = item.get_closest_marker(MARKER) is not None
        complaint = check(item) if is_marked or FIXTURE in item.fixturenames else None
        if complaint:
            complaints.append(f"{item.nodeid}: {complaint}")
        elif is_marked:
            request_fixture(item, FIXTURE)
    if complaints:
        report.outcome = "failed"
        report.longrepr = "\n".join(complaints)
        report.result = []
    return report


def default_folder(test_file: Path) -> Path:
    """Return the folder of tapes of a test file."""
    return test_file.parent / "cassettes" / test_file.stem


def class_and_test(item: pytest.Item) -> list[str]:
    """Return the names of a test's classes and its own, from the outside in."""
    return [*(node.name for node in item.listchain() if isinstance(node, pytest.Class)), item.name]


def tape_name(item: pytest.Item) -> str:
    """Return the path of a test's tape relative to the folder of tapes; raises `ValueError` for a bad name."""
    marker = item.get_closest_marker(MARKER)
    name = named(marker) if marker is not None else None
    return automatic(class_and_test(item)) if name is None else chosen(name)


def named(marker: pytest.Mark) -> str | None:
    """Return the name that a marker gives its tape."""
    names = [*marker.args, *(marker.kwargs[name] for name in ("name",) if name in marker.kwargs)]
    if len(names) > 1:
        raise ValueError(f"one name for one tape, not {', '.join(map(repr, names))}")
    name = names[0] if names else None
    if name is not None and not isinstance(name, str):
        raise ValueError(f"the name of a tape is a string, not {name!r}")
    return name


def settings(item: pytest.Item) -> dict[str, Any]:
    """Return what the markers of a test, of its class and of its module say of its tape; the nearest one wins."""
    merged: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers(MARKER))):
        merged.update(marker.kwargs)
    merged.pop("name", None)
    return merged


def known_settings() -> frozenset[str]:
    """Return the keywords of `cassettes.use`, which are those of the marker."""
    import inspect

    from ..cassettes import use

    return frozenset(inspect.signature(use).parameters) - {"path"}


def check(item: pytest.Function) -> str | None:
    """Return what is wrong with the markers of a test, or None."""
    said = settings(item)
    unknown = sorted(set(said) - known_settings())
    if unknown:
        known = ", ".join(sorted({"name", *known_settings()}))
        return f"@pytest.mark.cassette knows no {', '.join(unknown)}; it knows {known}"
    mode = said.get("mode")
    if mode is not None and mode not in RECORD_MODES:
        return f"@pytest.mark.cassette(mode={mode!r}): one of {', '.join(RECORD_MODES)}"
    try:
        name = tape_name(item)
    except ValueError as error:
        return f"@pytest.mark.cassette: {error}"
    return collision(item, name)


def collision(item: pytest.Function, name: str) -> str | None:
    """Return which other test of the file has the same tape, unless its marker chose it; letter case does not count."""
    marker = item.get_closest_marker(MARKER)
    module = item.getparent(pytest.Module)
    if module is None or (marker is not None and named(marker) is not None):
        return None
    other = module.stash.setdefault(_TAPES, {}).setdefault(name.lower(), item.nodeid)
    if other == item.nodeid:
        return None
    return (
        f"its tape {name} would be that of {other} where a file system ignores letter case; "
        f"name one: @pytest.mark.cassette(name=...)"
    )


def request_fixture(item: pytest.Function, fixture: str) -> None:
    """Let a test use a fixture, first among those of its own scope: later ones may send requests."""
    names = item.fixturenames
    if fixture in names:
        names.remove(fixture)
    # pytest says nowhere else what scope a fixture has; without it the tape is simply the first fixture.
    definitions: dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    wider = [at for at, name in enumerate(names) if name in definitions and definitions[name][-1].scope != "function"]
    names.insert(wider[-1] + 1 if wider else 0, fixture)
