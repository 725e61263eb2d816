"""Finding the other library, and the counterpart of an error in it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .. import client as ours


def library(name: str) -> Any:
    """Import another client, or say what is missing."""
    try:
        found = import_module(name)
    except ImportError as error:
        raise ImportError(f"a bridge to {name} needs {name}: pip install {name}", name=name) from error
    if getattr(found, "Request", None) is ours.Request:
        # After `alias_httpx()` there are no two sides to build a bridge between.
        raise ImportError(
            f"`import {name}` gives understudy in this process (see alias_httpx): "
            "its transports are ours already, and need no bridge",
            name=name,
        )
    return found


def counterpart(error: BaseException, there: Any, base: type[BaseException]) -> type[Any] | None:
    """Return the class of `there` that says the same as this error: that of its nearest ancestor's name.

    `None` for errors that are none of `base`: those cross as they are.
    """
    if not isinstance(error, base):
        return None
    for kind in type(error).__mro__:
        found = getattr(there, kind.__name__, None)
        if isinstance(found, type) and issubclass(found, Exception) and not issubclass(found, AssertionError):
            return found
        if kind is base:
            break
    return None


def checked(transport: Any, function: str, *methods: str) -> Any:
    """Return what is a transport of ours, or nothing; refuse the rest where the bridge is built."""
    if transport is None or (not isinstance(transport, type) and any(hasattr(transport, method) for method in methods)):
        return transport
    shown = f"the class {transport.__name__}" if isinstance(transport, type) else type(transport).__name__
    raise TypeError(f"{function} takes one of our transports, such as a mock.Router(), not {shown}")
