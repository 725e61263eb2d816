"""`import respx` gives the facade, for suites that are to run as they are."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def let_import_give(name: str, facade: ModuleType) -> None:
    """Let `import <name>` give a facade and its modules; and `import httpx` this library, where there is no httpx.

    Raises `RuntimeError` where the real one is installed: with both, nobody could say which of them a test uses.
    """
    if sys.modules.get(name) is facade:
        return
    if name in sys.modules or find_spec(name) is not None:
        raise RuntimeError(
            f"{name} is installed here, and {facade.__name__} stands in for it only where it is not: "
            f"uninstall {name}, or import {facade.__name__} by its own name and leave out `-p {facade.__name__}`"
        )
    sys.modules[name] = facade
    for inner, module in list(sys.modules.items()):
        if inner.startswith(f"{facade.__name__}."):
            sys.modules[name + inner[len(facade.__name__) :]] = module
    if find_spec("httpx") is None:
        from ..client import alias_httpx

        alias_httpx()


def who_passes_by() -> str:
    """Return a line about httpx, where the real one is imported: what it sends meets no route."""
    real = sys.modules.get("httpx")
    if real is None or getattr(real, "__file__", None) is None:
        return ""
    return (
        "\nhttpx itself is imported here. If the code under test sends with it, its requests pass by: "
        "write `import understudy; understudy.alias_httpx()` at the top of the root conftest.py"
    )
