"""Whose fixture a test gets under a name that is ours: another plugin, or the suite, may have one of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

_OURS = __package__ or ""


def is_ours(item: pytest.Item, fixture: str) -> bool:
    """Return whether ours is set up for a test, if only by another one of the same name that asks for it."""
    definition = _reached(item, fixture)
    return definition is None or _module(definition).startswith(_OURS)


def other_plugin(item: pytest.Item, fixture: str) -> tuple[str, str] | None:
    """Return the distribution and the name of an installed plugin whose fixture a test gets in the place of ours."""
    if is_ours(item, fixture):
        return None
    package = _module(_reached(item, fixture)).partition(".")[0]
    manager = item.config.pluginmanager
    for plugin, distribution in manager.list_plugin_distinfo():
        if getattr(plugin, "__name__", "").partition(".")[0] == package:
            return distribution.project_name, str(manager.get_name(plugin))
    return None


def _reached(item: pytest.Item, fixture: str) -> Any:
    """Return the first definition that asks for no other one of its name; ours, where it is among those before."""
    definition = None
    for definition in reversed(_definitions(item, fixture)):
        if _module(definition).startswith(_OURS) or fixture not in definition.argnames:
            break
    return definition


def _definitions(item: pytest.Item, fixture: str) -> Sequence[Any]:
    """Return all that a test may get under a name, the last one first in line. pytest says this nowhere publicly."""
    known: dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    if fixture in known:
        found: Sequence[Any] = known[fixture]
        return found
    manager = getattr(item.session, "_fixturemanager", None)
    if manager is None:
        return ()
    try:
        return manager.getfixturedefs(fixture, item) or ()
    except (AttributeError, TypeError):  # before pytest 8.1, a test was asked for by its name
        return manager.getfixturedefs(fixture, item.nodeid) or ()


def _module(definition: Any) -> str:
    return str(getattr(definition.func, "__module__", ""))
