"""Secrets in XML and HTML: which parts of elements, attributes, hidden fields and lists of properties are values.

Each function gives the name and the value of what it finds to `named`, and puts what that returns in its place.
"""

from __future__ import annotations

import html
import re
from typing import Callable

Named = Callable[[str, str], str]

_ELEMENT = re.compile(r"(<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>(?:<!\[CDATA\[)?)([^<>]+?)((?:\]\]>)?</\2>)")
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([A-Za-z][\w:.-]*)=(["'])((?:(?!\2)[^<>\n])+)\2""")
# The last one of a text that broke off.
_CUT = re.compile(r"<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>([^<>]+)\Z")
# A hidden field of a form and its like: one attribute says the name, another one the value.
_FIELD = re.compile(
    r"""<(?:input|meta|add|param|property|entry|button)\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""", re.IGNORECASE
)
_NAMED = re.compile(r"""\s(?:name|key)\s*=\s*(["']?)([^\s"'<>]+)\1""", re.IGNORECASE)
_IDENTIFIED = re.compile(r"""\sid\s*=\s*(["']?)([^\s"'<>]+)\1""", re.IGNORECASE)
_VALUED = re.compile(
    r"""(\s(?:value|content)\s*=\s*(?:(["'])|(?=[^\s"'])))((?(2)[^"'<>]+|[^\s"'<>]+))""", re.IGNORECASE
)
# One element says the name, the next one the value, as in lists of properties.
_ELEMENTS = re.compile(
    r"<((?:\w+:)?(?:key|name))>([^<>]{1,80})</\1>(\s*<[^<>/]+>\s*(?:<[^<>/]+>)?)([^<>]+)(?=</)", re.IGNORECASE
)
# The same in an attribute of HTML, and in base64, which begins like this where the first name does with a letter.
_QUOTED_MEMBER = re.compile(r"&quot;([\w.-]{1,80})&quot;(\s*:\s*&quot;)([^\"<>]*?)(?=&quot;)")


def _said(named: Named, name: str, value: str) -> str:
    """Return what stands under a name, where signs are written as entities: a secret is known without them."""
    plain = html.unescape(value) if "&" in value else value
    if plain == value:
        return named(name, value)
    said = named(name, plain)
    return value if said == plain else html.escape(said)


def in_elements(text: str, named: Named) -> str:
    """Look at elements, whose names are those of their values or stand in the element before."""

    def element(found: re.Match[str]) -> str:
        said = _said(named, found[2].rpartition(":")[2], found[3])
        return found[0] if said == found[3] else f"{found[1]}{said}{found[4]}"

    def pair(found: re.Match[str]) -> str:
        return f"{found[0][: found.start(4) - found.start()]}{_said(named, found[2], found[4])}"

    text = _ELEMENT.sub(element, text)
    last = _CUT.match(text, max(0, text.rfind("<")))
    if last is not None:
        text = text[: last.start(2)] + _said(named, last[1].rpartition(":")[2], last[2])
    return _ELEMENTS.sub(pair, text) if "ey>" in text or "ame>" in text else text


def in_attributes(text: str, named: Named) -> str:
    """Look at attributes."""

    def attribute(found: re.Match[str]) -> str:
        name, mark, value = found.groups()
        if name.lower().startswith("xmlns"):
            return found[0]
        return f"{name}={mark}{_said(named, name.rpartition(':')[2], value)}{mark}"

    return _ATTRIBUTE.sub(attribute, text)


def in_fields(text: str, named: Named) -> str:
    """Look at elements of which one attribute says the name and another one the value."""

    def field(found: re.Match[str]) -> str:
        name = _NAMED.search(found[0]) or _IDENTIFIED.search(found[0])
        if name is None:
            return found[0]
        return _VALUED.sub(lambda value: f"{value[1]}{_said(named, name[2], value[3])}", found[0])

    return _FIELD.sub(field, text)


def in_quoted_json(text: str, named: Named) -> str:
    """Look at JSON in an attribute, where its quotation marks are entities."""

    def member(found: re.Match[str]) -> str:
        return f"&quot;{found[1]}&quot;{found[2]}{named(found[1], found[3])}"

    return _QUOTED_MEMBER.sub(member, text)
