"""What a server asks for: the challenges of WWW-Authenticate (RFC 9110, section 11.6.1).

One field may hold several challenges, and a comma stands between challenges as well as between their parameters.
The parser goes over the text once, from left to right, and never back:
a word followed by `=` is a parameter of the challenge before it, any other word starts a new challenge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CHARACTERS = 16_384

_BETWEEN = re.compile(r"[ \t,]*")
_WORD = re.compile(r"[^\s,=\"]+")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_TOKEN68 = re.compile(r"[ \t]+([A-Za-z0-9\-._~+/]+=*)[ \t]*(?=,|\Z)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)', re.DOTALL)
_BARE = re.compile(r"[^\s,]*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Challenge(NamedTuple):
    """One way in: the scheme in lower case, and its parameters by their names in lower case, or its token."""

    scheme: str
    parameters: dict[str, str]
    token: str = ""


def parse_challenges(fields: Iterable[str]) -> list[Challenge]:
    """Return the challenges of WWW-Authenticate fields, in order; what makes no sense is left out.

    Raises `ValueError` for more than `MOST_CHARACTERS`.
    """
    challenges: list[Challenge] = []
    length = 0
    for field in fields:
        length += len(field)
        if length > MOST_CHARACTERS:
            raise ValueError(f"more than {MOST_CHARACTERS} characters of WWW-Authenticate")
        _parse(field, challenges)
    return challenges


def _parse(text: str, challenges: list[Challenge]) -> None:
    current: Challenge | None = None
    at = 0
    while True:
        at = _end(_BETWEEN, text, at)
        word = _WORD.match(text, at)
        if word is None:
            if at >= len(text):
                return
            # A lone quote or equals sign belongs to nothing.
            at += 1
            continue
        at = word.end()
        equals = _EQUALS.match(text, at)
        if equals is not None and current is not None:
            value, at = _value(text, equals.end())
            current.parameters.setdefault(word.group().lower(), value)
            continue
        token = _TOKEN68.match(text, at)
        current = Challenge(word.group().lower(), {}, token.group(1) if token else "")
        challenges.append(current)
        if token:
            at = token.end()


def _value(text: str, at: int) -> tuple[str, int]:
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        # The closing quote is missing where the field ends too early.
        return _ESCAPED.sub(r"\1", quoted.group(1)), quoted.end() + 1
    bare = _BARE.match(text, at)
    return (bare.group(), bare.end()) if bare else ("", at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
