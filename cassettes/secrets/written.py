"""Secrets in texts that are no JSON, form or XML: settings, logs, dumps of messages, tables.

1. A name that sounds secret, then `=`, `:` or `=>`, then a value: `password: x1`, `export TOKEN="x1"`, `'key' => 'x1'`.
2. Texts speak of passwords as well: "password: required". So a value counts only where it can be no word
   and no expression of a program; and where more words follow, only if it is long.
   What a shell sets (`PASSWORD=x` alone on its line) counts whatever it is, and so does what the author has named.
3. In a table the first line has the names, and the lines below have as many values.
4. A body that calls itself settings does not speak of passwords, it has them: there words count as well,
   unless they look like the labels of a translation (`password: Passwort`).
5. Only names that occur are looked at, so that a text without any costs a few searches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .names import secret_kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# One of these is in every name that is looked for. Others sound secret, too; what they hold in texts seldom is.
_STEMS = ("pass", "pwd", "token", "secret", "key", "auth", "sess")
# From a stem on: the rest of its name, a sign, and a value of one word, perhaps the last thing on its line.
# The word is looked at as a whole, in a lookahead first: were it tried at each length, a long one would take minutes.
_ASSIGNED = re.compile(
    r"""(?P<rest>[\w.-]{0,24}) ["'`]? [ \t]* (?P<sign>=>|:=|[:=]) [ \t]*
        (?: (?P<mark>["'`]) (?P<quoted>[^"'`\s]{4,2000}) (?P=mark)
          | (?:(?:[Bb]earer|[Bb]asic|[Tt]oken)[ ])? (?=(?P<bare>[^\s"'`<>(){}\[\],;|&\\]{4,2000})) (?P=bare)
            (?= (?P<end> [,;]?[ \t]*(?:[#].*)?(?:[\r\n"'`)}\]]|\Z) ) | [\s"'`,;)<>}\]|&\\] ) )""",
    re.VERBOSE,
)
_SET = re.compile(
    r"""(?P<rest>[A-Z0-9_]{0,24}) = (?: (?P<mark>["'])(?P<quoted>[^"'\n]+)(?P=mark) | (?P<bare>[^\s"'`$(]\S*) )
        (?=\r?(?:\n|\Z))""",
    re.VERBOSE,
)
_IN_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_MOST_BEFORE = 60
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_BEFORE_VARIABLE = ("", "export", "set")
_NO_WORD = re.compile(r"[0-9]|.[@#$%^&+=~!?*].")
_EXPRESSION = re.compile(r"[$%*!&~./]|\w+://|arn:|projects/|(?:[A-Za-z_]\w{0,19}\.)+[A-Za-z_]\w{0,19}\Z")
_LONG = 16
_SHORTEST = 8
_SHORTEST_OF = {"password": 4, "signature": 20}
_ALSO_WORDS = frozenset({"pass", "auth", "session"})
# Media types of settings, and what stands in these for no text.
_SETTINGS = re.compile(r"[/+.-](?:yaml|toml|ini|properties)\Z")
_CONSTANTS = frozenset({"true", "false", "null", "none"})
_LABEL = re.compile(r"[A-Z][a-z]*\Z|.*[^\x00-\x7f]")
_CELL = re.compile(r'"(?:[^"]|"")*"|[^,;\t"\r\n]*')
_COLUMN = re.compile(r"[\w .:/()#-]{1,80}")
_LONGEST_HEAD = 2000


class Written(NamedTuple):
    """Where a secret stands in a text, and under which name."""

    start: int
    stop: int
    name: str


def are_settings(media: str) -> bool:
    """Return whether a media type is one of settings."""
    return _SETTINGS.search(media) is not None


def written(text: str, names: Collection[str], *, in_settings: bool = False) -> list[Written]:
    """Return where values stand in a text whose names sound secret, or are among these; they do not overlap."""
    lowered = text.lower()
    stems = [stem for stem in (*_STEMS, *names) if stem in lowered]
    if not stems or len(lowered) != len(text):
        return []
    found = {one.start: one for stem in stems for one in _assigned(text, lowered, stem, names, in_settings)}
    found.update((one.start, one) for one in _cells(text, stems, names))
    ordered = [found[start] for start in sorted(found)]
    return [one for number, one in enumerate(ordered) if not number or one.start >= ordered[number - 1].stop]


def _assigned(text: str, lowered: str, stem: str, names: Collection[str], in_settings: bool) -> Iterator[Written]:
    at = lowered.find(stem)
    while at >= 0:
        found = _ASSIGNED.match(text, at) or (_SET.match(text, at) if text[at].isupper() else None)
        if found is not None:
            start = at
            while start and at - start < _MOST_BEFORE and text[start - 1] in _IN_NAME:
                start -= 1
            name = text[start : found.end("rest")]
            if (
                name.lower() in names
                or _is_secret(name, found)
                or (in_settings and _is_password(name, found))
                or _is_set(text, start, name, found.end("rest"))
            ):
                group = "bare" if found["quoted"] is None else "quoted"
                yield Written(found.start(group), found.end(group), name)
        at = lowered.find(stem, at + len(stem))


def _is_secret(name: str, found: re.Match[str]) -> bool:
    """Return whether a value that stands under a name in a text is a secret, and no word about one."""
    kind = secret_kind(name)
    if kind is None or "sign" not in found.re.groupindex:
        return False
    said = found["quoted"] or found["bare"]
    least = _LONG if name.lower() in _ALSO_WORDS else _SHORTEST_OF.get(kind, _SHORTEST)
    if found["quoted"] is None and found["end"] is None and found["sign"] == ":":
        least = max(least, _LONG)
    if len(said) < least or (said.isdigit() and kind != "password"):
        return False
    return _NO_WORD.search(said) is not None and _EXPRESSION.match(said) is None


def _is_password(name: str, found: re.Match[str]) -> bool:
    """Return whether a value of settings is a password, though it may be a word."""
    if secret_kind(name) != "password" or "sign" not in found.re.groupindex:
        return False
    said = found["quoted"] or found["bare"]
    if found["quoted"] is None and (found["end"] is None or said.lower() in _CONSTANTS):
        return False
    return _EXPRESSION.match(said) is None and _LABEL.match(said) is None


def _is_set(text: str, start: int, name: str, end: int) -> bool:
    """Return whether a shell sets a variable here to what stands on the rest of the line."""
    if secret_kind(name) is None or _VARIABLE.match(name) is None or _SET.match(text, end) is None:
        return False
    return text[text.rfind("\n", 0, start) + 1 : start].strip() in _BEFORE_VARIABLE


def _cells(text: str, stems: list[str], names: Collection[str]) -> Iterator[Written]:
    """Yield what stands in the columns of a table whose names are telling."""
    end = text.find("\n", 0, _LONGEST_HEAD)
    first = text[: max(end, 0)].lower()
    mark = max(",;\t", key=first.count)
    if mark not in first or f"{mark} " in first or not any(stem in first for stem in stems):
        return
    head = [text[start:stop].strip('"') for start, stop in _fields(text, 0, mark)]
    kinds = {number: "secret" if name.lower() in names else secret_kind(name) for number, name in enumerate(head)}
    if not any(kinds.values()) or not all(map(_COLUMN.fullmatch, head)):
        return
    while 0 <= end < len(text) - 1:
        cells = list(_fields(text, end + 1, mark))
        if len(cells) != len(head):
            return
        for number, kind in kinds.items():
            start, stop = cells[number]
            if text[start:stop][:1] == '"':
                start, stop = start + 1, stop - 1
            value = text[start:stop]
            if value and kind is not None and (kind in ("password", "secret") or _NO_WORD.search(value) is not None):
                yield Written(start, stop, head[number])
        end = text.find("\n", cells[-1][1])


def _fields(text: str, at: int, mark: str) -> Iterator[tuple[int, int]]:
    """Yield where the fields of one line begin and end."""
    while True:
        found = _CELL.match(text, at)
        stop = at if found is None else found.end()
        while stop < len(text) and text[stop] not in (mark, "\r", "\n"):
            stop += 1  # another of the marks, which is none here
        yield at, stop
        if text[stop : stop + 1] != mark:
            return
        at = stop + 1
