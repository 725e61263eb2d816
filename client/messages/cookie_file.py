"""Cookies in a file: JSON, written whole or not at all, readable by its owner alone."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from ..disk import place_of, replace
from .set_cookie import Cookie

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["read_cookies", "write_cookies"]

_VERSION = 1
# Each field with what it may be; the rest of a cookie is the store's own business.
_FIELDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "value": (str,),
    "domain": (str,),
    "host_only": (bool,),
    "dotless": (bool,),
    "path": (str,),
    "secure": (bool,),
    "http_only": (bool,),
    "same_site": (str, type(None)),
    "expires": (int, float, type(None)),
}


def write_cookies(path: str | os.PathLike[str], cookies: Iterable[Cookie]) -> None:
    """Write cookies to a file beside the target, and put that in the target's place."""
    said = {"version": _VERSION, "cookies": [{name: getattr(cookie, name) for name in _FIELDS} for cookie in cookies]}
    place = place_of(path)
    # `mkstemp` makes a file that only its owner may read.
    descriptor, draft = tempfile.mkstemp(dir=os.path.dirname(place), prefix=".cookies-")
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            json.dump(said, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        replace(draft, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise


def read_cookies(path: str | os.PathLike[str]) -> list[Cookie]:
    """Return the cookies of a file; a `ValueError` where it is not one that `write_cookies` wrote."""
    with open(path, encoding="ascii") as file:
        try:
            said: Any = json.load(file)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)} is no file of cookies: {error}") from error
    if not isinstance(said, dict) or cast("dict[str, Any]", said).get("version") != _VERSION:
        raise ValueError(f"{os.fspath(path)} is no file of cookies of version {_VERSION}")
    listed: Any = cast("dict[str, Any]", said).get("cookies")
    if not isinstance(listed, list):
        raise ValueError(f"{os.fspath(path)} has no list of cookies")
    items: list[Any] = cast("Any", listed)
    return [_cookie(path, place, item) for place, item in enumerate(items)]


def _cookie(path: str | os.PathLike[str], place: int, item: Any) -> Cookie:
    where = f"{os.fspath(path)}, cookie {place}"
    if not isinstance(item, dict):
        raise ValueError(f"{where}: it is not an object")
    # Older files say nothing of dots.
    fields: dict[str, Any] = {"dotless": False, **cast("dict[str, Any]", item)}
    for name, kinds in _FIELDS.items():
        value: Any = fields.get(name)
        # `bool` is an `int` to Python, but no date to anybody.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ValueError(f"{where}: {name!r} is missing or of the wrong kind")
    cookie = Cookie(**{name: fields[name] for name in _FIELDS})
    try:
        cookie.check()
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return cookie
