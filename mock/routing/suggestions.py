"""The line that would have answered a request, ready to paste."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..matching.masking import masked_url
from ..values import ABSENT

if TYPE_CHECKING:
    from ..matching.facts import Facts

_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY"})


def suggestion(facts: Facts, written_as: str) -> str:
    """Return a route for a request, as Python; `written_as` is what adds routes where the test has its own."""
    url = _url(facts)
    call = f'{facts.method.lower()}("{url}")' if facts.method in _VERBS else f'route("{facts.method} {url}")'
    reply = f"respond({'json={}' if _wants_json(facts) else ''})"
    return f"{written_as}.{call}.{reply}{':' if written_as.startswith('with ') else ''}"


def written(facts: Facts) -> str:
    """Return a route for a request, as YAML."""
    return f"- {facts.method} {_url(facts)}: {'{json: {}}' if _wants_json(facts) else '200'}"


def _url(facts: Facts) -> str:
    url = re.sub(r"(?<=//)[^/@]*@", "", str(facts.request.url).partition("#")[0])  # a target has no user in it
    # With a mask in it the query would answer nothing; without a query a target answers any.
    return url if masked_url(url) == url else url.partition("?")[0]


def _wants_json(facts: Facts) -> bool:
    return "json" in facts.request.headers.get("Accept", "") or facts.get("json") is not ABSENT
