"""Routes written by hand in the first document of a cassette, in the words of `mock`.

    routes:
      - GET /users/{id:int}: {json: {name: Ada}}        # short: one reply, or a list of them
      - POST /orders: [503, {status: 201, json: {id: 1}}]
      - route: GET /search                              # long: with what it asks for, and how often it may be used
        match: {params: {q: tea}}
        respond: {json: [tea]}
        times: 2

`{name}` stands for what `vars:` says of it, in targets and in replies.
They answer first; what no route answers goes on to the recordings.
`file:` names a file beside the cassette or below; `base64:` is a short binary body, as in recordings.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from ..mock import Place, RouteError, Router, reply
from .bodies.kinds import Reader, fields_from_document
from .data.plain import is_mapping, is_sequence
from .errors import CassetteDamaged
from .files.blobs import Blobs
from .playing.replaying import error_types
from .yaml.positions import positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .settings import Settings

_LONG = ("route", "match", "respond", "name", "priority", "times", "optional", "state")


def router_of(
    settings: Settings, text: str, path: str, at: tuple[str, ...] = ("routes",), unmatched: str = "pass"
) -> Router:
    """Return the router that the settings describe; `text` is the document in which they stand, `at` where in it."""
    base_url = None if settings.base_url is None else _filled(settings.base_url, settings.vars)
    # Delays take their time where the recordings do, and no time otherwise.
    clock: Any = "virtual" if not settings.speed else (settings.clock or "real")
    try:
        router = Router(base_url, unmatched=unmatched, clock=clock)
    except RouteError as error:
        line, column = positions(text, [(*at[:-1], "base_url")])[0]
        raise CassetteDamaged(str(error), path=path, line=line, column=column, mend="Mend that line.") from error
    blobs = Blobs(path)
    places = positions(text, [(*at, number) for number in range(len(settings.routes))])
    for written, (line, column) in zip(settings.routes, places):
        target = _target(written)
        entry = _filled(written, settings.vars)
        try:
            _add(router, entry, Place(path, line), blobs)
        except (RouteError, TypeError, ValueError) as error:
            raise CassetteDamaged(
                f"the route {target!r} is wrong: {error}", path=path, line=line, column=column, mend="Mend that route."
            ) from error
    return router


def _filled(said: Any, values: Mapping[str, str]) -> Any:
    """Return what the author says with `{name}` replaced, wherever `vars:` has that name."""
    if not values:
        return said
    if is_mapping(said):
        return {_filled(name, values): _filled(item, values) for name, item in said.items()}
    if is_sequence(said):
        return [_filled(item, values) for item in said]
    if isinstance(said, str):
        for name, value in values.items():
            said = said.replace(f"{{{name}}}", value)
    return said


def _target(entry: Any) -> str:
    if not is_mapping(entry):
        return str(entry)
    return str(entry["route"] if "route" in entry else next(iter(entry), ""))


def _add(router: Router, entry: Any, place: Place, blobs: Blobs) -> None:
    if not is_mapping(entry):
        raise ValueError("a route is `GET /path: reply`, or a mapping with `route:` and `respond:`")
    if "route" not in entry:
        if len(entry) != 1:
            raise ValueError(f"one route has one target, not {', '.join(entry)}; or write `route:` and `respond:`")
        target, said = next(iter(entry.items()))
        _say(router.route(target, place=place), said, blobs)
        return
    options = dict(entry)
    target, said = options.pop("route"), options.pop("respond", None)
    criteria: Any = options.pop("match", None) or {}
    for name in options:
        if name not in _LONG:
            near = difflib.get_close_matches(name, _LONG, 1)
            raise ValueError(f"a route has no `{name}:`" + (f", did you mean `{near[0]}:`?" if near else ""))
    if not is_mapping(criteria):
        raise ValueError("`match:` is a mapping of what to ask for, such as {params: {q: tea}}")
    _say(router.route(target, place=place, **options, **criteria), said, blobs)


def _say(route: Any, said: Any, blobs: Blobs) -> None:
    """Give a route its replies."""
    replies: list[Any] = said if is_sequence(said) and said else [said]
    for number, one in enumerate(replies):
        made = reply(**_words(one, blobs))
        if number == 0:
            route.reply(made)
        else:
            route.then(made)


def _words(said: Any, blobs: Blobs) -> dict[str, Any]:
    """Return the words of one reply; a text alone is a body, a number alone a status."""
    if isinstance(said, str):
        return {"text": said}
    if not is_mapping(said):
        return {"status": 200 if said is None else said}
    words = dict(said)
    if "error" in words:
        words["error"] = _error(words["error"])
    if "file" in words:
        words["file"] = blobs.path(words["file"])
    if "base64" in words:
        words["content"] = Reader(None).content({"base64": words.pop("base64")}, "")
    if "headers" in words:
        words["headers"] = fields_from_document(words["headers"])
    return words


def _error(said: Any) -> Exception:
    """Return the error that a name says, or a mapping with `type:` and `message:`, as in a recording."""
    name, message = (said.get("type"), said.get("message")) if is_mapping(said) else (said, None)
    kinds = error_types()
    if not isinstance(name, str) or name not in kinds:
        near = difflib.get_close_matches(str(name), kinds, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(kinds))}"
        raise ValueError(f"`error: {name}` is no error of a transport; {hint}")
    error: Exception = kinds[name](str(message or "as the route says"))
    return error
