"""What the author of a cassette wants hidden besides what sounds secret: names, paths, patterns, functions.

    redact:
      - iban                      # every field, parameter and member of this name
      - json.customer.email       # one place, in the words of `ignore:`
      - /cus_[0-9a-z]+/           # a regular expression, wherever it matches

Code may also give compiled patterns, and functions that take a `RecordedRequest` or `RecordedResponse`
and return it changed, or `DO_NOT_RECORD` for a response.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Callable, Final, NamedTuple, Union

from ..data import paths

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(Enum):
    """What a function of `redact` may say in the place of a message."""

    DO_NOT_RECORD = "DO_NOT_RECORD"

    def __repr__(self) -> str:
        return f"cassettes.{self.name}"


DO_NOT_RECORD: Final = Verdict.DO_NOT_RECORD
"""What a function of `redact` returns for a response which leaves its interaction out of the file."""

Scrub = Callable[[Any], Any]
RedactTypes = Union[str, "re.Pattern[str]", Scrub]


class Rules(NamedTuple):
    """What is to be hidden, sorted by kind."""

    names: frozenset[str] = frozenset()
    places: tuple[paths.Path, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    functions: tuple[Scrub, ...] = ()


NO_RULES = Rules()


def rules_from(said: Iterable[RedactTypes]) -> Rules:
    """Return the rules that an author says; `ValueError` says what is wrong with one."""
    names: list[str] = []
    places: list[paths.Path] = []
    patterns: list[re.Pattern[str]] = []
    functions: list[Scrub] = []
    for item in said:
        if isinstance(item, re.Pattern):
            patterns.append(item)
        elif not isinstance(item, str):
            if not callable(item):
                raise ValueError(f"`redact` holds names, paths, patterns and functions, not {item!r}")
            functions.append(item)
        elif len(item) > 2 and item.startswith("/") and item.endswith("/"):
            patterns.append(_pattern(item[1:-1]))
        elif item.partition(".")[0] in (*paths.PLACES, "headers") and "." in item:
            places.append(paths.parse(item))
        elif item.strip():
            _refuse_a_misspelt_place(item)
            names.append(item.lower())
        else:
            raise ValueError("`redact` holds an empty name")
    return Rules(frozenset(names), tuple(places), tuple(patterns), tuple(functions))


def _refuse_a_misspelt_place(item: str) -> None:
    """Refuse what would be the name of nothing, and hide nothing: `jsn.iban`, `JSON.iban`."""
    place, dot, rest = item.partition(".")
    if not dot:
        return
    from difflib import get_close_matches

    for near in get_close_matches(place.lower(), (*paths.PLACES, "headers"), 1, 0.82):
        raise ValueError(f"`redact` holds {item!r}, which names no part of a message; did you mean {near}.{rest}?")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"`redact` holds /{text}/, which is no regular expression: {error}") from error
    if pattern.match("") is not None:
        raise ValueError(f"`redact` holds /{text}/, which matches nothing at all: say at least one character")
    return pattern
