"""The markers `cassette` and `mock`: which settings a test has from them, and what is wrong with those."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from .names import automatic, chosen
from .options import meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Each marker asks for the fixture that it configures.
FIXTURES = {"cassette": "cassette", "mock": "http_mock"}


def settings(item: pytest.Item, marker: str) -> dict[str, Any]:
    """Return what the markers of a test, of its class and of its module say together; the nearest one wins."""
    merged: dict[str, Any] = {}
    for found in reversed(list(item.iter_markers(marker))):
        merged.update(found.kwargs)
    if marker == "cassette":
        merged.pop("name", None)
    return merged


def given(item: pytest.Item, marker: str) -> list[str]:
    """Return what the markers of a test name besides their keywords, the outermost first."""
    return [str(argument) for found in reversed(list(item.iter_markers(marker))) for argument in found.args]


def known_settings(marker: str) -> frozenset[str]:
    """Return the keywords that a marker hands on: those of `cassettes.use`, or those of `mock.Router`."""
    if marker == "mock":
        from ..mock import Router

        return frozenset(inspect.signature(Router).parameters)
    from .. import cassettes

    options = getattr(cassettes, "Options", cassettes.Settings)
    return frozenset({"mode", *options.__annotations__})


def has_chosen_name(item: pytest.Item) -> bool:
    """Whether the nearest marker names the tape of a test."""
    marker = item.get_closest_marker("cassette")
    return marker is not None and _named(marker) is not None


def tape_name(item: pytest.Item, names: list[str]) -> str:
    """Return the path of a test's tape in the folder of tapes; raises `ValueError` where its marker cannot be.

    `names` are those of its classes and its own.
    """
    marker = item.get_closest_marker("cassette")
    name = None if marker is None else _named(marker)
    return automatic(names) if name is None else chosen(name)


def _named(marker: pytest.Mark) -> str | None:
    names = [*marker.args, *(marker.kwargs[name] for name in ("name",) if name in marker.kwargs)]
    if len(names) > 1:
        raise ValueError(f"one name for one tape, not {', '.join(map(repr, names))}")
    name = names[0] if names else None
    if name is not None and not isinstance(name, str):
        raise ValueError(f"the name of a tape is a string, not {name!r}")
    return name


def complaint(item: pytest.Item, marker: str) -> str | None:
    """Return what is wrong with the settings that the markers of this name give a test, or None."""
    said = settings(item, marker)
    known = known_settings(marker)
    unknown = sorted(set(said) - known)
    if unknown:
        return f"@pytest.mark.{marker} {strange(unknown, known | {'name'} if marker == 'cassette' else known)}"
    try:
        if marker == "mock":
            _check_mock(item, said)
        else:
            _check_cassette(item, said)
    except (ValueError, TypeError) as error:
        return f"@pytest.mark.{marker}: {error}"
    return None


def _check_mock(item: pytest.Item, said: dict[str, Any]) -> None:
    from ..mock import Router

    for name in given(item, "mock"):
        if not (item.path.parent / name).is_file():
            raise ValueError(f"there is no file of routes {item.path.parent / name}")
    Router(**said)


def _check_cassette(item: pytest.Item, said: dict[str, Any]) -> None:
    from ..cassettes import use

    tape_name(item, [item.name])
    options: Any = {**said, "mode": said.get("mode") or "none"}
    use("a tape", **options)


def strange(words: Sequence[str], known: Iterable[str]) -> str:
    """Return what is wrong with words that are none of those known, with what was meant by each."""
    hints = [meant(word, known) for word in words]
    listed = "" if all(hints) else f"; it knows {', '.join(sorted(known))}"
    return f"knows no {', '.join(words)}{listed}{''.join(hints)}"


def refuse_strange(said: Iterable[str], marker: str, fixture: str) -> None:
    """Raise `UsageError` where a fixture sets what its marker could not."""
    known = known_settings(marker)
    unknown = sorted(set(said) - known)
    if unknown:
        raise pytest.UsageError(f"the fixture {fixture} {strange(unknown, known)}")
