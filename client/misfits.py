"""Settings of a client that cannot be what is meant: refused where they are given, not where they are first used."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from .config import Guards


class Wanted(NamedTuple):
    """What a setting is, for a look and in words."""

    fits: Callable[[Any], bool]
    words: str


def _is_charset(value: Any) -> bool:
    return isinstance(value, str) or callable(value)


def _are_hooks(value: Any) -> bool:
    return value is None or (_is_mapping(value) and all(map(_are_functions, value.values())))


def _are_guards(value: Any) -> bool:
    return isinstance(value, Guards)


def _is_codec(value: Any) -> bool:
    return value is None or (_are_functions(value) and len(value) == 2)


def _are_functions(value: Any) -> bool:
    return _are_several(value) and all(map(callable, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_mapping(value: Any) -> bool:
    return hasattr(value, "keys") and hasattr(value, "values")


def _is_mapping_or_none(value: Any) -> bool:
    return value is None or _is_mapping(value)


def _is_function_or_none(value: Any) -> bool:
    return value is None or callable(value)


def _are_names(value: Any) -> bool:
    return _are_several(value) and all(isinstance(name, str) for name in value)


def _are_several(value: Any) -> bool:
    """Whether this is several of something; a text is one thing, and an iterator could be looked at only once."""
    return hasattr(value, "__iter__") and not hasattr(value, "__next__") and not isinstance(value, (str, bytes))


WANTED = {
    "default_encoding": Wanted(_is_charset, "a charset, or a function of the body"),
    "event_hooks": Wanted(_are_hooks, "a mapping of 'request', 'response' and 'error' to lists of functions"),
    "guards": Wanted(_are_guards, "Guards(...), such as Guards(max_response_size=1_000_000)"),
    "json_codec": Wanted(_is_codec, "two functions, (dumps, loads)"),
    "layers": Wanted(_are_functions, "a list of layers, `async def layer(request, send)`"),
    "max_redirects": Wanted(_is_number, "a number"),
    "mounts": Wanted(_is_mapping_or_none, "a mapping of URL patterns to transports, as {'https://': HTTPTransport()}"),
    "redirect_policy": Wanted(_is_function_or_none, "a function of a response and the request that it leads to"),
    "secret_headers": Wanted(_are_names, "a list of names"),
}


def refuse_misfits(**settings: Any) -> None:
    """Raise `TypeError` for the first setting that is not what it should be."""
    for name, value in settings.items():
        wanted = WANTED[name]
        if not wanted.fits(value):
            raise TypeError(f"{name}={value!r}: pass {wanted.words}")
