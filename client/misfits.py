"""Settings of a client that cannot be what is meant: refused where they are given, not where they are first used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from .config import Guards


class Wanted(NamedTuple):
    """What a setting is, for a look and in words."""

    fits: Callable[[Any], bool]
    words: str


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """What is several of something; a text is none, although its letters are several."""
    return lambda value: isinstance(value, Iterable) and not isinstance(value, (str, bytes)) and all(map(fits, value))


def _text(value: Any) -> bool:
    return isinstance(value, str)


WANTED = {
    "default_encoding": Wanted(lambda value: isinstance(value, str) or callable(value), "a charset, or a function"),
    "event_hooks": Wanted(
        lambda value: value is None or (isinstance(value, Mapping) and all(map(_each(callable), value.values()))),
        "a mapping of 'request', 'response' and 'error' to lists of functions",
    ),
    "guards": Wanted(
        lambda value: isinstance(value, Guards), "Guards(...), such as Guards(max_response_size=1_000_000)"
    ),
    "json_codec": Wanted(
        lambda value: value is None or (isinstance(value, tuple) and len(value) == 2 and all(map(callable, value))),
        "two functions, (dumps, loads)",
    ),
    "layers": Wanted(_each(callable), "a list of layers, `async def layer(request, send)`"),
    "max_redirects": Wanted(_count, "a number"),
    "mounts": Wanted(
        lambda value: value is None or isinstance(value, Mapping),
        "a mapping of URL patterns to transports, such as {'https://api.test': HTTPTransport()}",
    ),
    "redirect_policy": Wanted(lambda value: value is None or callable(value), "a function of a response and a request"),
    "secret_headers": Wanted(_each(_text), "a list of names"),
}


def refuse_misfits(**settings: Any) -> None:
    """Raise `TypeError` for the first setting that is not what it should be."""
    for name, value in settings.items():
        wanted = WANTED[name]
        if not wanted.fits(value):
            raise TypeError(f"{name}={value!r}: pass {wanted.words}")
