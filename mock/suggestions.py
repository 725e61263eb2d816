"""The line that would have answered a request, ready to paste."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .masking import masked_url
from .values import ABSENT

if TYPE_CHECKING:
    from .facts import Facts

_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY"})


def suggestion(facts: Facts) -> str:
    """Return a route for a request, as Python."""
    url = _url(facts)
    verb = facts.method.lower()
    made = f'mock.{verb}("{url}")' if facts.method in _VERBS else f'mock.route("{facts.method} {url}")'
    return f"{made}.respond({'json={...}' if _wants_json(facts) else ''})"


def written(facts: Facts) -> str:
    """Return a route for a request, as YAML."""
    return f"- {facts.method} {_url(facts)}: {'{json: {}}' if _wants_json(facts) else '200'}"


def _url(facts: Facts) -> str:
    url = masked_url(str(facts.request.url)).partition("#")[0]
    return re.sub(r"(?<=//)[^/@]*@", "", url)  # a target has no user in it


def _wants_json(facts: Facts) -> bool:
    return "json" in facts.request.headers.get("Accept", "") or facts.get("json") is not ABSENT
