"""What can be asked about a request: every field of the matcher grammar, computed when first asked for.

One `Facts` is made per request and shared by everything that looks at it:
the index, every criterion of every route, the report of a miss, and the queries over calls.
The body must be in memory; nothing here does I/O.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import parse_qsl, unquote

from ..values import ABSENT, is_mapping
from .forms import Upload, multipart_parts

if TYPE_CHECKING:
    from ...client import Request

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

Pairs = list[tuple[str, str]]


class Facts:
    """One request, as matchers see it."""

    __slots__ = ("_cache", "host", "method", "port", "query", "request", "scheme", "segments")

    def __init__(self, request: Request) -> None:
        url = request.url
        self.request: Request = request
        self.method: str = request.method
        self.scheme: str = url.raw_scheme.decode("ascii")
        # RFC 3986, 3.2.2: the root label's dot says nothing about which host is meant.
        self.host: str = url.raw_host.decode("ascii").rstrip(".")
        self.port: int = url.port or _DEFAULT_PORTS.get(self.scheme, 0)
        self.query: str
        path, _, self.query = url.raw_path.decode("ascii").partition("?")
        self.segments: tuple[str, ...] = split_path(path)
        self._cache: dict[str, Any] = {}

    def get(self, field: str) -> Any:
        """Return the value of a field that is computed on demand."""
        cache = self._cache
        if field not in cache:
            compute = _COMPUTED.get(field)
            cache[field] = getattr(self, field) if compute is None else compute(self)
        return cache[field]

    @property
    def path(self) -> str:
        """The path, percent-decoded."""
        return "/" + "/".join(self.segments)

    @property
    def url(self) -> str:
        """The whole URL as it is sent."""
        return str(self.request.url)

    def params(self) -> Pairs:
        """Return the query's pairs, in their order."""
        pairs: Pairs = self.get("params")
        return pairs

    def body(self) -> bytes:
        """Return the body; a request whose body cannot be held in memory has none."""
        return self.request.content

    def content_type(self) -> str:
        """Return the media type of the body, without parameters, in lower case."""
        return self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def split_path(path: str) -> tuple[str, ...]:
    """Return the decoded segments of a path; `/` and the empty path are one empty segment."""
    if "%" not in path:
        return tuple(path[1:].split("/"))
    return tuple([unquote(segment) for segment in path[1:].split("/")])


def parse_query(query: str) -> Pairs:
    """Return the pairs of a query; empty values are kept, `+` is a space."""
    return parse_qsl(query, keep_blank_values=True, max_num_fields=100_000) if query else []


def _params(facts: Facts) -> Pairs:
    return parse_query(facts.query)


def _headers(facts: Facts) -> Pairs:
    return facts.request.headers.multi_items()


def _cookies(facts: Facts) -> Pairs:
    pairs: Pairs = []
    for line in facts.request.headers.get_list("Cookie"):
        for part in line.split(";"):
            name, sign, value = part.strip().partition("=")
            if sign:
                pairs.append((name.strip(), value.strip().strip('"')))
    return pairs


def _auth(facts: Facts) -> object:
    """Return `(user, password)` for Basic, else the field as it stands."""
    from base64 import b64decode

    said = facts.request.headers.get("Authorization")
    if said is None:
        return ABSENT
    scheme, _, credentials = said.partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = b64decode(credentials, validate=True).decode("utf-8").partition(":")
        except ValueError:
            return said
        return (user, password)
    return said


def _json(facts: Facts) -> object:
    try:
        return json.loads(facts.body())
    except (ValueError, RecursionError):
        return ABSENT


def _json_fault(facts: Facts) -> str:
    """Return why a body is no JSON, in a few words."""
    kind = facts.content_type()
    if kind in _FORMS:
        return "the body is a form, not JSON"
    if kind and "json" not in kind:
        return f"the body is {kind}, not JSON"
    try:
        json.loads(facts.body())
    except (ValueError, RecursionError) as error:
        return f"the body is not JSON: {error}"
    return ""


def _text(facts: Facts) -> str:
    charset = "utf-8"
    for parameter in facts.request.headers.get("Content-Type", "").split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            charset = value.strip('"')
    try:
        return facts.body().decode(charset, "replace")
    except LookupError:
        return facts.body().decode("utf-8", "replace")


def _parts(facts: Facts) -> list[tuple[str, str | Upload]]:
    if facts.content_type() != "multipart/form-data":
        return []
    return multipart_parts(facts.request.headers.get("Content-Type", ""), facts.body())


def _form(facts: Facts) -> Pairs:
    if facts.content_type() == "multipart/form-data":
        return [(name, value) for name, value in facts.get("parts") if isinstance(value, str)]
    if facts.content_type() != "application/x-www-form-urlencoded":
        return []
    return parse_query(facts.body().decode("utf-8", "replace"))


def _files(facts: Facts) -> list[tuple[str, Upload]]:
    return [(name, value) for name, value in facts.get("parts") if isinstance(value, Upload)]


def _xml(facts: Facts) -> object:
    return canonical_xml(facts.get("text"))


def canonical_xml(text: str) -> object:
    """Return a document in its canonical form (C14N 2.0, whitespace around text dropped); `ABSENT` if it is not XML."""
    from xml.etree.ElementTree import ParseError, canonicalize

    if "<!DOCTYPE" in text:  # entities can grow without bound, and no API sends them
        return ABSENT
    try:
        return canonicalize(text, strip_text=True)
    except (ParseError, ValueError):
        return ABSENT


def _graphql(facts: Facts) -> object:
    """Return `{"operation":, "query":, "variables":}` of a GraphQL request over POST or GET."""
    body: Any = facts.get("json") if facts.method != "GET" else dict(facts.params())
    if not is_mapping(body) or not isinstance(body.get("query"), str):
        return ABSENT
    variables: Any = body.get("variables") or {}
    if isinstance(variables, str):
        try:
            variables = json.loads(variables)
        except ValueError:
            return ABSENT
    query = " ".join(body["query"].split())
    return {
        "operation": body.get("operationName") or _operation_of(query),
        "query": query,
        "variables": variables,
    }


def _operation_of(query: str) -> str | None:
    for word in ("query ", "mutation ", "subscription "):
        if query.startswith(word):
            name = query[len(word) :].lstrip().partition("(")[0].partition("{")[0].partition("@")[0].strip()
            return name or None
    return None


def _extensions(facts: Facts) -> dict[str, Any]:
    return facts.request.extensions


_COMPUTED: dict[str, Callable[[Facts], Any]] = {
    "auth": _auth,
    "content": Facts.body,
    "cookies": _cookies,
    "extensions": _extensions,
    "files": _files,
    "form": _form,
    "graphql": _graphql,
    "headers": _headers,
    "json": _json,
    "json_fault": _json_fault,
    "params": _params,
    "parts": _parts,
    "text": _text,
    "xml": _xml,
}
