"""The matcher grammar: keyword arguments, or the keys of a YAML route, become criteria.

    field=value                  headers={"x-key": "a"}, json={"id": 1}, path="/users/{id}", method=["GET", "HEAD"]
    field__lookup=value          path__regex="^/v[12]/", json__has={"currency": "EUR"}, params__eq={"page": "1"}
    field__place__lookup=value   json__items__0__qty__gte=1, headers__x_key__regex="^[a-f0-9]+$"
    not__...=value               not__headers__x_debug=ANY
    when=function                a predicate over the whole request

The last part is a lookup wherever it is the name of one; write `json__type__eq=` for a key that is called "type".
What a plain value means: `json` is exact; `params`, `headers`, `cookies`, `form`, `files`, `extensions` and `graphql`
want at least what is written, and an empty dict wants nothing to be there.
Anything unknown fails here, with the nearest right spelling.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ..errors import RouteError
from ..replies.words import WORDS as REPLY_WORDS
from ..values import (
    ABSENT,
    Condition,
    Step,
    Subset,
    Unordered,
    is_collection,
    is_list,
    is_mapping,
    is_pattern,
    is_predicate,
    show,
)
from .criteria import (
    COST,
    Criterion,
    FieldCriterion,
    HostCriterion,
    LookupCriterion,
    MethodCriterion,
    NamedCriterion,
    Negated,
    PathCriterion,
    PortCriterion,
    SchemeCriterion,
    WhenCriterion,
)
from .facts import canonical_xml, parse_query
from .lookups import LOOKUPS, Equal, compiled
from .targets import HostPattern, Target, parse_methods, parse_url
from .templates import PathTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TEXTS = frozenset({"method", "scheme", "host", "port", "path", "url", "content", "text", "xml", "auth"})
NAMED = frozenset({"params", "headers", "cookies", "form", "files"})
TREES = frozenset({"json", "graphql", "extensions"})
ALIASES = {"data": "form", "query": "params"}
FIELDS = TEXTS | NAMED | TREES | {"when"}


def parse_criteria(given: Mapping[str, Any], options: Iterable[str] = ()) -> list[Criterion]:
    """Return the criteria that keyword arguments say; `options` are words that the caller knows besides."""
    found: list[Criterion] = []
    for word, value in given.items():
        found += _parsed(word, value, options)
    found.sort(key=_cost)
    return found


def target_criteria(target: Target) -> list[Criterion]:
    """Return the criteria that a target says."""
    found: list[Criterion] = []
    if target.methods is not None:
        found.append(MethodCriterion(target.methods))
    if target.scheme is not None:
        found.append(SchemeCriterion(target.scheme))
    if target.host is not None:
        found.append(HostCriterion(target.host))
    if target.port is not None:
        found.append(PortCriterion(target.port))
    if target.path is not None:
        found.append(PathCriterion(target.path))
    if target.query is not None:
        found.append(NamedCriterion("params", target.query, exact=True))
    return found


def _cost(criterion: Criterion) -> int:
    return COST.get(criterion.field, 99)


def _parsed(word: str, value: Any, options: Iterable[str]) -> list[Criterion]:
    field, *places = word.split("__")
    if field == "not" and places:
        return [Negated(_single(_parsed("__".join(places), value, options), word))]
    field = ALIASES.get(field, field)
    if field not in FIELDS:
        raise RouteError(_unknown_field(word, field, options))
    if field == "when":
        if places or not callable(value):
            raise RouteError("`when` takes a function of the request that returns whether it fits")
        return [WhenCriterion(value)]
    lookup = places.pop() if places and places[-1] in LOOKUPS else None
    if field in TEXTS:
        if places:
            raise RouteError(_unknown_lookup(word, field, places[-1]))
        return _text_criteria(field, lookup, value)
    if places and lookup is None:
        _refuse_near_lookup(word, field, places[-1])
    try:
        if field in NAMED:
            return [_named_criterion(word, field, places, lookup, value)]
        return [_tree_criterion(field, places, lookup, value)]
    except RouteError as error:
        raise RouteError(f"{word}: {error}") from error


def _single(criteria: list[Criterion], word: str) -> Criterion:
    if len(criteria) != 1:
        raise RouteError(
            f"{word}: a whole URL cannot be negated; negate `host`, `path` or `params`, or use ~match(url=...)"
        )
    return criteria[0]


# Texts: one value for each request.


def _text_criteria(field: str, lookup: str | None, value: Any) -> list[Criterion]:
    if is_pattern(value) and lookup in (None, "eq"):
        lookup = "regex"
    if lookup in (None, "eq") and not _is_condition(value):
        exact = _EXACT.get(field)
        if exact is not None:
            return exact(value)
    if lookup in ("in", "contains", "ne") and field in ("method", "scheme"):
        value = _cased(field, value)
    if field == "content" and isinstance(value, str) and lookup != "regex":
        value = value.encode()
    if field == "content" and lookup == "regex" and isinstance(value, str):
        value = compiled(value.encode())
    try:
        return [FieldCriterion(field, (), LOOKUPS[lookup or "eq"](value))]
    except RouteError as error:
        raise RouteError(f"{field}__{lookup}: {error}") from error


def _is_condition(value: object) -> bool:
    return (
        isinstance(value, (Condition, type))
        or value is ABSENT
        or is_predicate(value)
        or type(value).__eq__ not in _PLAIN
    )


_PLAIN_KINDS: tuple[type[Any], ...] = (str, bytes, int, float, bool, list, tuple, dict, type(None), object)
_PLAIN: frozenset[Any] = frozenset(getattr(kind, "__eq__") for kind in _PLAIN_KINDS)  # noqa: B009  # typed as Any


def _cased(field: str, value: Any) -> Any:
    change = str.upper if field == "method" else str.lower
    if isinstance(value, str):
        return change(value)
    return [change(item) for item in value] if is_collection(value) else value


def _method(value: Any) -> list[Criterion]:
    if isinstance(value, str):
        methods = parse_methods(value)
    elif is_collection(value) and all(isinstance(item, str) for item in value):
        methods = tuple(item.upper() for item in value)
    else:
        raise RouteError(f"`method` takes a method such as 'GET', or a list of them, not {show(value)}")
    return [] if methods is None else [MethodCriterion(methods)]


def _scheme(value: Any) -> list[Criterion]:
    if not isinstance(value, str):
        raise RouteError(f"`scheme` takes text such as 'https', not {show(value)}")
    return [SchemeCriterion(value.lower())]


def _host(value: Any) -> list[Criterion]:
    if not isinstance(value, str):
        raise RouteError(f"`host` takes text such as 'api.test' or '*.api.test', not {show(value)}")
    return [HostCriterion(HostPattern(value))]


def _port(value: Any) -> list[Criterion]:
    if isinstance(value, bool) or not str(value).isdigit() or not 0 < int(value) < 65536:
        raise RouteError(f"`port` takes a number from 1 to 65535, not {show(value)}")
    return [PortCriterion(int(value))]


def _path(value: Any) -> list[Criterion]:
    if not isinstance(value, str) or not value.startswith("/"):
        raise RouteError(
            f"`path` takes a template that starts with '/', such as '/users/{{id:int}}', not {show(value)}"
        )
    if "?" in value and "{" not in value:
        raise RouteError(f"`path` has no query: write path={value.partition('?')[0]!r} and say the query with `params`")
    return [PathCriterion(PathTemplate(value))]


def _url(value: Any) -> list[Criterion]:
    return target_criteria(parse_url(str(value)))


def _content(value: Any) -> list[Criterion]:
    if not isinstance(value, (str, bytes)):
        raise RouteError(
            f"`content` takes bytes or text, not {show(value)}; use `json` for a document, `form` for a form"
        )
    return [FieldCriterion("content", (), Equal(value.encode() if isinstance(value, str) else value))]


def _auth(value: Any) -> list[Criterion]:
    if is_list(value) and len(value) == 2:
        return [FieldCriterion("auth", (), Equal(tuple(value)))]
    if isinstance(value, str) and " " in value:
        return [FieldCriterion("auth", (), Equal(value))]
    raise RouteError("`auth` takes (user, password), or the whole field such as 'Bearer t0ken'")


def _xml(value: Any) -> list[Criterion]:
    document = canonical_xml(value) if isinstance(value, str) else ABSENT
    if document is ABSENT:
        raise RouteError(f"`xml` takes a well-formed document as text, not {show(value)}")
    return [FieldCriterion("xml", (), Equal(document))]


_EXACT = {
    "auth": _auth,
    "content": _content,
    "host": _host,
    "method": _method,
    "path": _path,
    "port": _port,
    "scheme": _scheme,
    "url": _url,
    "xml": _xml,
}


# Named values: params, headers, cookies, form, files.


def _named_criterion(word: str, field: str, places: list[str], lookup: str | None, value: Any) -> Criterion:
    if places:
        name = "__".join(places)
        if lookup is None:
            return NamedCriterion(field, {_spelled(field, name): _wire(field, value)}, exact=False)
        return LookupCriterion(field, _spelled(field, name), LOOKUPS[lookup](_wire_of(field, lookup, value)))
    if lookup in (None, "contains", "has", "eq"):
        wants = _wants(field, value)
        return NamedCriterion(field, wants, exact=lookup == "eq" or not wants)
    if lookup in ("absent", "exists"):
        wanted = value if lookup == "exists" else not value
        return NamedCriterion(field, {}, exact=True) if not wanted else Negated(NamedCriterion(field, {}, exact=True))
    raise RouteError(f"`{lookup}` asks about one of the {field}: write {field}__<name>__{lookup}=")


def _spelled(field: str, name: str) -> str:
    return name.replace("_", "-").lower() if field == "headers" else name


def _wants(field: str, value: Any) -> dict[str, Any]:
    """Return what is wanted of each name, from a dict, pairs, a query string or the client's own types."""
    if isinstance(value, (str, bytes)) and field in ("params", "form"):
        value = parse_query(value.decode() if isinstance(value, bytes) else value.lstrip("?"))
    given: Any = value
    if hasattr(given, "multi_items"):
        value = given.multi_items()
    if is_mapping(value):
        return {_name(name, field): _wire(field, want) for name, want in value.items()}
    if is_list(value) and all(is_list(pair) and len(pair) == 2 for pair in value):
        found: dict[str, list[Any]] = {}
        for name, want in value:
            found.setdefault(_name(name, field), []).append(_wire(field, want))
        return {name: wants[0] if len(wants) == 1 else wants for name, wants in found.items()}
    raise RouteError(f"`{field}` takes a dict of names and values, not {show(value)}")


def _name(name: Any, field: str) -> str:
    if isinstance(name, bytes):
        return name.decode("latin-1")
    if not isinstance(name, str):
        raise RouteError(f"the names of `{field}` are text, not {show(name)}")
    return name


def _wire(field: str, want: Any) -> Any:  # noqa: PLR0911  # a line a kind
    """Return a wanted value as it comes over the wire: text."""
    if field == "files":
        return want
    if is_list(want):
        return [_wire(field, item) for item in want]
    if isinstance(want, Unordered):
        return Unordered([_wire(field, item) for item in want.items])
    if isinstance(want, bytes):
        return want.decode("latin-1")
    if want is None:
        return ""
    if isinstance(want, bool):
        return "true" if want else "false"
    return str(want) if type(want) in (int, float) else want


def _wire_of(field: str, lookup: str, value: Any) -> Any:
    if lookup in ("eq", "ne", "contains", "any", "all"):
        return _wire(field, value)
    if lookup in ("in", "unordered"):
        return [_wire(field, item) for item in value] if is_collection(value) else value
    return value


# Trees: JSON, GraphQL, extensions.


def _tree_criterion(field: str, places: list[str], lookup: str | None, value: Any) -> Criterion:
    names: tuple[Step, ...] = tuple(places)
    if lookup is None:
        if field == "graphql" and not names and isinstance(value, str):
            value = {"operation": value}
        exact = field == "json" or names or value is ABSENT
        condition: Condition = Equal(value) if exact else Subset(value)
    else:
        condition = LOOKUPS[lookup](value)
    if field == "graphql":
        said = names[:1] or (value if lookup is None and is_mapping(value) else ())
        if any(name not in ("operation", "query", "variables") for name in said):
            raise RouteError("`graphql` has operation, query and variables")
    return FieldCriterion(field, names, condition)


# Words that are not known.

# What other libraries call what is said of a reply.
_OF_OTHERS = {
    "exc": "error(...)",
    "exception": "error(...)",
    "payload": "respond(json=...)",
    "return_value": "respond(...)",
    "side_effect": "mock(side_effect=...)",
    "status_code": "respond(status=...)",
}


def _unknown_field(word: str, field: str, options: Iterable[str]) -> str:
    known = [*FIELDS, *ALIASES, *options, "not"]
    singular = {"header": "headers", "param": "params", "cookie": "cookies", "file": "files", "body": "content"}
    if field not in singular and (field in REPLY_WORDS or field in _OF_OTHERS):
        said = _OF_OTHERS.get(field, f"respond({field}=...)")
        return f"`{word}=` says nothing of a request; where it is meant for the reply, write `.{said}` after the route"
    near = [singular[field]] if field in singular else get_close_matches(field, known, 1, 0.5)
    if near:
        return f"unknown field {field!r} in `{word}=`, did you mean {near[0]!r}?"
    return f"unknown field {field!r} in `{word}=`; known are {', '.join(sorted(FIELDS))}"


def _unknown_lookup(word: str, field: str, lookup: str) -> str:
    near = get_close_matches(lookup, LOOKUPS, 1, 0.5)
    if near:
        return f"unknown lookup {lookup!r} in `{word}=`, did you mean `{field}__{near[0]}=`?"
    return f"unknown lookup {lookup!r} in `{word}=`; known are {', '.join(sorted(LOOKUPS))}"


def _refuse_near_lookup(word: str, field: str, place: str) -> None:
    """Refuse a name that is surely a lookup gone wrong; `__eq` says that it is a name after all."""
    near = get_close_matches(place, LOOKUPS, 1, 0.82)
    if near and len(place) > 2:
        raise RouteError(
            f"`{word}=` ends in {place!r}, which looks like the lookup {near[0]!r}; "
            f"write `{word.rpartition('__')[0]}__{near[0]}=`, or `{word}__eq=` where it is a name in {field}"
        )
