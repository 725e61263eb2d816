"""vcrpy's settings in ours: what `vcr_config` and the marker `vcr` say, as `cassettes.use` understands it.

| vcrpy | here |
|---|---|
| `record_mode` | the mode; `rewrite` is `update`, `any` is `once` |
| `match_on` | `match`; `uri` is `url`; a matcher of one's own is a function |
| `filter_headers`, `filter_query_parameters`, `filter_post_data_parameters` | `redact`, and `ignore` where they match |
| `before_record_request`, `before_record_response` | functions of `redact`; a request that is dropped is `live` |
| `ignore_hosts`, `ignore_localhost` | `live` |
| `allow_playback_repeats` | `repeats: first`, else `never` |

Settings that are about vcrpy's own machinery change nothing here.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, cast

from .filters import filters_of
from .requests import VCRRequest, response_shown, response_taken_back, shown, taken_back

if TYPE_CHECKING:
    from ...cassettes import RecordedRequest, RecordedResponse
    from .filters import Filter

MODES = {
    "none": "none",
    "once": "once",
    "new_episodes": "new_episodes",
    "all": "all",
    "any": "once",
    "rewrite": "update",
    "update": "update",
}
MATCHERS = {
    "method": "method",
    "uri": "url",
    "url": "url",
    "scheme": "scheme",
    "host": "host",
    "port": "port",
    "path": "path",
    "query": "query",
    "headers": "headers",
    "body": "body",
}
DEFAULT_MATCH = ("method", "scheme", "host", "port", "path", "query")
TRANSLATED = (
    "record_mode",
    "match_on",
    "filter_headers",
    "filter_query_parameters",
    "filter_post_data_parameters",
    "before_record_request",
    "before_record",
    "before_record_response",
    "ignore_hosts",
    "ignore_localhost",
    "allow_playback_repeats",
    "cassette_library_dir",
    "path_transformer",
)
WITHOUT_EFFECT = (
    "allowed_hosts",  # the fixture of that name reads it
    "custom_patches",
    "decode_compressed_response",
    "drop_unused_requests",
    "func_path_generator",
    "inject_cassette",
    "persister",
    "record_on_exception",
    "serializer",
)

Matcher = Callable[[VCRRequest, VCRRequest], object]


class Said(NamedTuple):
    """What vcrpy's settings come to."""

    mode: str | None
    options: dict[str, Any]
    folder: str | None
    path_transformer: Callable[[str], str] | None


def translated(said: dict[str, Any], matchers: dict[str, Matcher] | None = None) -> Said:
    """Return vcrpy's settings as ours; raises `ValueError` or `TypeError` for what vcrpy does not know."""
    for name in said:
        if name not in TRANSLATED and name not in WITHOUT_EFFECT:
            near = get_close_matches(name, (*TRANSLATED, *WITHOUT_EFFECT), 1)
            raise TypeError(f"vcr knows no setting {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
    redact: list[Any] = []
    ignore: list[str] = []
    _filters(said, redact, ignore)
    live: list[Any] = ["localhost"] if said.get("ignore_localhost") else []
    live += list(said.get("ignore_hosts") or ())
    before = said.get("before_record_request") or said.get("before_record")
    if before is not None:
        functions = _listed(before)
        redact.append(partial(_before_request, functions))
        live.append(partial(_is_dropped, functions))
    after = said.get("before_record_response")
    if after is not None:
        redact.append(partial(_before_response, _listed(after)))
    filters = filters_of(said)
    match = [_matcher(name, matchers or {}, filters) for name in said.get("match_on", DEFAULT_MATCH)]
    lists = {"redact": redact, "ignore": ignore, "live": live}
    options: dict[str, Any] = {"match": match, **{name: value for name, value in lists.items() if value}}
    options["repeats"] = "first" if said.get("allow_playback_repeats") else "never"
    mode = mode_of(said.get("record_mode"))
    return Said(mode, options, said.get("cassette_library_dir"), said.get("path_transformer"))


def _listed(said: Any) -> list[Callable[..., Any]]:
    """Return one function or several as a list."""
    return cast("list[Callable[..., Any]]", said if isinstance(said, (list, tuple)) else [said])


def mode_of(said: Any) -> str | None:
    """Return one of our modes for one of vcrpy's, which may be a member of its enumeration."""
    if said is None:
        return None
    word = str(getattr(said, "value", said))
    if word not in MODES:
        raise ValueError(f"record mode {word!r}: one of {', '.join(MODES)}")
    return MODES[word]


def _filters(said: dict[str, Any], redact: list[Any], ignore: list[str]) -> None:
    for setting, places in (
        ("filter_headers", ("header",)),
        ("filter_query_parameters", ("query",)),
        ("filter_post_data_parameters", ("form", "json")),
    ):
        for entry in said.get(setting) or ():
            # A pair says what to write in its place: here every secret becomes a mark.
            name = entry if isinstance(entry, str) else entry[0]
            for place in places:
                redact.append(f"{place}.{name}")
                ignore.append(f"{place}.{name}")


def _matcher(name: Any, matchers: dict[str, Matcher], filters: list[Filter]) -> Any:
    if name in matchers:
        return update_wrapper(partial(_agree, matchers[name], filters), matchers[name])
    if name == "raw_body":
        return _same_bytes
    if name not in MATCHERS:
        near = get_close_matches(str(name), (*MATCHERS, "raw_body", *matchers), 1)
        raise ValueError(f"no matcher is called {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
    return MATCHERS[name]


def _agree(matcher: Matcher, filters: list[Filter], recorded: RecordedRequest, sent: RecordedRequest) -> bool:
    """Return what a matcher of vcrpy says: it returns a truth, or returns nothing and fails by an assertion."""
    one, other = shown(sent), shown(recorded)
    for change in filters:
        change(one)
        change(other)
    try:
        return matcher(one, other) in (True, None)
    except AssertionError:
        return False


def _same_bytes(recorded: RecordedRequest, sent: RecordedRequest) -> bool:
    return recorded.content == sent.content


def _passed(functions: list[Callable[..., Any]], request: VCRRequest) -> VCRRequest | None:
    for function in functions:
        changed = function(request)
        if changed is None:
            return None
        request = changed
    return request


def _before_request(functions: list[Callable[..., Any]], message: Any) -> Any:
    from ...cassettes import RecordedRequest

    if not isinstance(message, RecordedRequest):
        return message
    changed = _passed(functions, shown(message))
    return message if changed is None else taken_back(changed, message)


def _is_dropped(functions: list[Callable[..., Any]], request: Any) -> bool:
    from ...client import ByteStream

    content = b"".join(request.stream) if isinstance(request.stream, ByteStream) else b""
    return _passed(functions, VCRRequest(request.method, str(request.url), content or None, request.headers)) is None


def _before_response(functions: list[Callable[..., Any]], message: Any) -> Any:
    from ...cassettes import DO_NOT_RECORD, RecordedResponse

    if not isinstance(message, RecordedResponse):
        return message
    response: RecordedResponse = message
    changed: Any = response_shown(response)
    for function in functions:
        changed = function(changed)
        if changed is None:
            return DO_NOT_RECORD
    return response_taken_back(changed, response)
